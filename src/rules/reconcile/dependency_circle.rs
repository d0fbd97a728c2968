//! `reconcile/dependency-circle`: objects of Flux that wait for each other, so that none ever goes on.

use std::collections::BTreeMap;

use mlgitops_yaml::Pointer;

use super::super::flux::cluster_of;
use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;
use crate::kinds::flux::{is_helm_release, is_kustomization};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// Cluster, kind, namespace and name.
type Name<'f> = (Option<String>, &'f str, Option<&'f str>, &'f str);

/// The objects of Flux, and what each waits for: the index of its entry and the index of the other.
struct Graph<'f> {
    objects: Vec<&'f Object>,
    edges: Vec<Vec<(usize, usize)>>,
}

/// Objects that wait for each other, each with how many of its edges were followed; and the entry of the
/// last that leads to the first.
type Closes<'c> = dyn FnMut(&[(usize, usize)], usize) + 'c;

impl<'f> Graph<'f> {
    fn of(context: &'f Context<'_>) -> Self {
        let fleet = context.fleet;
        let mut objects: Vec<&Object> = Vec::new();
        let mut names: BTreeMap<Name<'_>, usize> = BTreeMap::new();
        for object in &fleet.objects {
            let id = &object.manifest.id;
            if !is_kustomization(id) && !is_helm_release(id) {
                continue;
            }
            let name =
                (cluster_of(object, fleet), id.kind.as_str(), id.namespace.as_deref(), id.name.as_str());
            names.entry(name).or_insert_with(|| {
                objects.push(object);
                objects.len() - 1
            });
        }
        let waits = |object: &&Object| {
            let id = &object.manifest.id;
            let own = cluster_of(object, fleet);
            let entries = object.manifest.root.get("spec").get("dependsOn").items().iter().enumerate();
            let other = |(index, entry): (usize, &mlgitops_yaml::Node)| {
                let namespace = entry.get("namespace").text().filter(|text| !text.is_empty());
                let namespace = namespace.or(id.namespace.as_deref());
                let name = (own.clone(), id.kind.as_str(), namespace, entry.get("name").text()?);
                names.get(&name).map(|other| (index, *other))
            };
            entries.filter_map(other).collect()
        };
        let edges = objects.iter().map(waits).collect();
        Self { objects, edges }
    }

    /// Calls `closes` with each path that leads back to its beginning, each way back once. Depth first
    /// without a stack of calls: a chain may be as long as there are objects.
    fn circles(&self, closes: &mut Closes<'_>) {
        let mut done = vec![false; self.objects.len()];
        let mut on_path = vec![None; self.objects.len()];
        for start in 0..self.objects.len() {
            // An object, and how many of its edges were followed.
            let mut path: Vec<(usize, usize)> = Vec::new();
            self.enter(start, &mut path, &mut done, &mut on_path);
            while let Some((at, followed)) = path.last_mut() {
                let from = *at;
                let next = self.edges.get(from).and_then(|edges| edges.get(*followed)).copied();
                *followed += 1;
                match next {
                    None => {
                        path.pop();
                        if let Some(slot) = on_path.get_mut(from) {
                            *slot = None;
                        }
                    }
                    Some((entry, to)) => match on_path.get(to).copied().flatten() {
                        Some(first) => closes(path.get(first..).unwrap_or_default(), entry),
                        None => self.enter(to, &mut path, &mut done, &mut on_path),
                    },
                }
            }
        }
    }

    fn enter(
        &self,
        at: usize,
        path: &mut Vec<(usize, usize)>,
        done: &mut [bool],
        on_path: &mut [Option<usize>],
    ) {
        if let (Some(done), Some(slot)) = (done.get_mut(at), on_path.get_mut(at))
            && !*done
        {
            (*done, *slot) = (true, Some(path.len()));
            path.push((at, 0));
        }
    }

    fn name(&self, at: usize) -> &'f str {
        self.objects.get(at).map_or("", |object| object.manifest.id.name.as_str())
    }
}

fn check(context: &Context<'_>, out: &mut Violations) {
    let graph = Graph::of(context);
    graph.circles(&mut |path, entry| out.push(violation(&graph, path, entry)));
}

/// The last object of a path waits, by one of its entries, for the first.
fn violation(graph: &Graph<'_>, path: &[(usize, usize)], entry: usize) -> Option<Violation> {
    const SHOWN: usize = 4;
    let ((first, _), (last, _)) = (path.first()?, path.last()?);
    let object = graph.objects.get(*last)?;
    let manifest = &object.manifest;
    let node = manifest.root.get("spec").get("dependsOn").items().get(entry)?;
    let (name, waits) = (graph.name(*last), graph.name(*first));
    let message = if first == last {
        format!("{name}{{places}} is never applied: it waits for itself")
    } else {
        format!("{name} and {waits}{{places}} are never applied: each waits for the other to be ready")
    };
    let way = path.iter().take(SHOWN).map(|(at, _)| graph.name(*at));
    let more = if path.len() > SHOWN { " → …" } else { "" };
    let way = format!("{}{more} → {waits}", way.collect::<Vec<_>>().join(" → "));
    let at = Pointer::of(&["spec", "dependsOn"]).index(entry);
    let found = Violation::in_object("circle", manifest, at, node.origin, "closes the circle", message)?;
    let found = found
        .note(format!(
            "{way}; Flux says `DependencyNotReady` at every interval, and what waits for them waits too"
        ))
        .help("take the entry out that is not needed; what both need goes into one they depend on");
    Some(found.at_place(object.place))
}
