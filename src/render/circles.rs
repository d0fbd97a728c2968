//! Which rendering deploys which: Applications that are met twice, and those that lead back to
//! where they are rendered.

use std::collections::{BTreeMap, HashSet};

use mlgitops_manifest::{Manifest, ObjectId, Problem};
use mlgitops_yaml::OriginSpan;

use crate::deploy::{Deployment, Refused};
use crate::kinds::argocd::GROUP;
use crate::kinds::flux::is_kustomization;
use crate::render::Job;
use crate::render::run::Rendered;

/// What renders what, by the indices of renderings.
#[derive(Debug, Default)]
pub(super) struct Circles {
    /// The deployments each rendering holds, each with one of its renderings.
    edges: BTreeMap<usize, Vec<(Manifest, usize)>>,
    known: HashSet<Known>,
    /// What first brought a rendering: the rendering that holds the deployment, and the object.
    brought: BTreeMap<usize, (usize, ObjectId)>,
}

/// What makes a deployment the one that was met before: the object, where it stands, and what it
/// renders. A folder of Applications that one of them deploys shows each of them twice.
type Known = (ObjectId, Option<OriginSpan>, Vec<usize>);

impl Circles {
    /// Notes that rendering `from` holds a deployment, and what that renders. Whether it was met
    /// before.
    pub(super) fn add(&mut self, from: usize, deployment: &Deployment, indices: &[usize]) -> bool {
        let manifest = &deployment.manifest;
        let known = indices.to_vec();
        // To apply itself is what Flux is set up to do, and nothing is deployed twice for it.
        let leads = |to: &&usize| manifest.id.group() == GROUP || **to != from;
        let leading = indices.iter().filter(leads).map(|&to| (manifest.clone(), to));
        self.edges.entry(from).or_default().extend(leading);
        // Nothing is brought by what came later, so that the way back has an end.
        for &to in indices.iter().filter(|to| **to > from) {
            self.brought.entry(to).or_insert_with(|| (from, manifest.id.clone()));
        }
        let key = (manifest.id.clone(), manifest.place(manifest.root.origin), known);
        !self.known.insert(key)
    }

    /// Takes out the Kustomizations that build a folder again from which they come, in another way and
    /// by another name: where variables make the names, each of them brings more, without end.
    pub(super) fn without_end(
        &self,
        found: &mut Vec<(usize, Deployment)>,
        rendered: &[Rendered],
    ) -> Vec<Refused> {
        let is_endless = |(from, deployment): &mut (usize, Deployment)| {
            is_kustomization(&deployment.manifest.id) && self.builds_again(*from, deployment, rendered)
        };
        let endless = found.extract_if(.., is_endless);
        endless.map(|(_, one)| refused(&one.manifest, false, one.jobs.first().map(|job| &**job))).collect()
    }

    fn builds_again(&self, from: usize, deployment: &Deployment, rendered: &[Rendered]) -> bool {
        let own = &deployment.manifest.id;
        let Some(job) = deployment.jobs.first() else { return false };
        let mut at = Some(from);
        while let Some(index) = at {
            let brought = self.brought.get(&index);
            let is_again = |earlier: &Rendered| earlier.job.path == job.path && earlier.job != *job;
            // What applies itself, changed by its own build, is one object and brings one more.
            if brought.is_some_and(|(_, id)| is_kustomization(id) && id != own)
                && rendered.get(index).is_some_and(is_again)
            {
                return true;
            }
            at = brought.map(|(from, _)| *from);
        }
        false
    }

    /// The deployments that close a circle, in order: each leads back to a rendering that it is, or
    /// follows from.
    pub(super) fn found(&self, rendered: &[Rendered]) -> Vec<Refused> {
        let mut found = Vec::new();
        let (mut done, mut said) = (HashSet::new(), HashSet::new());
        for &start in self.edges.keys() {
            self.walk(start, &mut done, &mut |manifest, from, to| {
                if said.insert(manifest.id.clone()) {
                    found.push(refused(manifest, from == to, rendered.get(to).map(|to| &*to.job)));
                }
            });
        }
        found
    }

    /// Depth first, without a stack of calls: a chain may be as long as there are jobs.
    fn walk(&self, start: usize, done: &mut HashSet<usize>, closes: &mut dyn FnMut(&Manifest, usize, usize)) {
        let mut on_path = HashSet::new();
        // A rendering, and how many of its edges were followed.
        let mut path: Vec<(usize, usize)> = Vec::new();
        if done.insert(start) {
            on_path.insert(start);
            path.push((start, 0));
        }
        while let Some((at, followed)) = path.last_mut() {
            let from = *at;
            let next = self.edge(from, *followed);
            *followed += 1;
            match next {
                Some((manifest, to)) if on_path.contains(&to) => closes(manifest, from, to),
                Some((_, to)) => {
                    if done.insert(to) {
                        on_path.insert(to);
                        path.push((to, 0));
                    }
                }
                None => {
                    on_path.remove(&from);
                    path.pop();
                }
            }
        }
    }

    fn edge(&self, from: usize, number: usize) -> Option<(&Manifest, usize)> {
        self.edges.get(&from)?.get(number).map(|(manifest, to)| (manifest, *to))
    }
}

fn refused(manifest: &Manifest, is_itself: bool, to: Option<&Job>) -> Refused {
    let path = to.map_or_else(String::new, |to| to.path.to_string());
    let spec = manifest.root.get("spec");
    let written = spec.get("source").get("path").present().or(spec.get("path").present());
    let at = written.map_or(manifest.root.origin, |node| node.origin);
    let kind = if is_itself { "itself" } else { "circle" };
    let problem = Problem { kind, message: path.clone(), at: manifest.place(at), also: None };
    let deployment = Deployment {
        manifest: manifest.clone(),
        jobs: Vec::new(),
        cluster: None,
        namespace: None,
        folder: None,
        setting: None,
    };
    Refused { deployment, path, problem }
}
