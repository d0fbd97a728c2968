//! Whether origins are right: the causality test and the recall test of design.md.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails without its files")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use mlgitops_files::{Files, RepoPath};
use mlgitops_helm::RenderOptions;
use mlgitops_yaml::{Node, OriginId, OriginSpan, Origins, Role, SourceFile, parse_file};

use crate::change::{another, candidates, with_key};
use crate::rendering::{Bench, Fate, Place, Rendering};

/// A chart with options, read from the files each time.
pub(crate) struct Subject<'s> {
    pub(crate) name: String,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) chart: RepoPath,
    pub(crate) options: &'s (dyn Fn(&Arc<dyn Files>, &mut Origins) -> RenderOptions + Sync),
    /// The values files among the options.
    pub(crate) values: Vec<String>,
    /// Where other values stand that recall changes.
    pub(crate) parameters: Vec<Place>,
    /// Most places of template text that are tried; those of values, Chart.yaml and files all are.
    pub(crate) most_of_templates: usize,
}

/// What the tests found.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) scalars: usize,
    pub(crate) without_origin: usize,
    pub(crate) causal: usize,
    pub(crate) tested: usize,
    /// Of those tested, the ones whose first span is in values, parameters, Chart.yaml or a file,
    /// and how many passed.
    pub(crate) sourced: usize,
    pub(crate) sourced_causal: usize,
    /// Of those that passed, names whose change made another object or item beside the old one.
    pub(crate) split: usize,
    /// Of those that passed, the ones whose change the chart refused.
    pub(crate) refused: usize,
    /// Scalars whose first span cannot be changed by a program: it is in no file, or holds others.
    pub(crate) untried: usize,
    /// Scalars of template text that were left out by number.
    pub(crate) passed_over: usize,
    pub(crate) effects: usize,
    pub(crate) missed: usize,
    /// Fields that a change of a list's length moved.
    pub(crate) shifted: usize,
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// What both found.
    pub(crate) fn add(&mut self, other: Self) {
        self.scalars += other.scalars;
        self.without_origin += other.without_origin;
        self.causal += other.causal;
        self.tested += other.tested;
        self.sourced += other.sourced;
        self.sourced_causal += other.sourced_causal;
        self.split += other.split;
        self.refused += other.refused;
        self.untried += other.untried;
        self.passed_over += other.passed_over;
        self.effects += other.effects;
        self.missed += other.missed;
        self.shifted += other.shifted;
        self.notes.extend(other.notes);
    }
}

/// Replaces the first span of each field and looks whether the field changes.
pub(crate) fn causality(subject: &Subject<'_>, report: &mut Report) {
    let bench = Bench::new(subject);
    let Some(before) = bench.render(None) else { return };
    let mut by_place: BTreeMap<Place, (Role, Vec<usize>)> = BTreeMap::new();
    for (at, field) in before.fields.iter().enumerate() {
        report.scalars += 1;
        match before.origins.first(field.origin) {
            None => {
                report.without_origin += 1;
                let note = format!("{}: no origin: {}", subject.name, before.words(at));
                report.notes.push(note);
            }
            Some(span) => by_place.entry(place(&span)).or_insert((span.role, Vec::new())).1.push(at),
        }
    }
    let mut tasks: Vec<(Place, Role, Vec<usize>)> =
        by_place.into_iter().map(|(place, (role, fields))| (place, role, fields)).collect();
    let of_templates = tasks.iter().filter(|(_, role, _)| !is_sourced(*role)).count();
    let step = of_templates.div_ceil(subject.most_of_templates.max(1)).max(1);
    let mut number = 0;
    tasks.retain(|(_, role, fields)| {
        number += usize::from(!is_sourced(*role));
        let kept = is_sourced(*role) || number % step == 0;
        report.passed_over += if kept { 0 } else { fields.len() };
        kept
    });
    for found in in_threads(&tasks, |(place, role, fields)| try_place(&bench, &before, place, *role, fields))
    {
        report.add(found);
    }
}

fn is_sourced(role: Role) -> bool {
    !matches!(role, Role::Template | Role::Literal)
}

fn place(span: &OriginSpan) -> Place {
    (Arc::clone(span.file.path()), span.start, span.end)
}

/// Changes one place, in one way after another, until every field it is said to decide has changed.
fn try_place(bench: &Bench<'_>, before: &Rendering, place: &Place, role: Role, fields: &[usize]) -> Report {
    let mut report = Report::default();
    let is_head = |at: &usize| {
        let path = before.path(*at);
        path.ends_with("\n/kind") || path.ends_with("\n/apiVersion")
    };
    let mut left: Vec<usize> = fields.iter().copied().filter(|at| !is_head(at)).collect();
    let count = left.len();
    let Some(old) = bench.written(place) else {
        return Report { untried: count, ..report };
    };
    let mut news = candidates(&old);
    if news.is_empty() {
        return Report { untried: count, ..report };
    }
    // What a map lacks is put into it.
    let keys: BTreeSet<String> = left.iter().filter_map(|at| with_key(&old, &before.path(*at))).collect();
    news.extend(keys);
    for new in &news {
        if left.is_empty() {
            break;
        }
        let Some(after) = bench.render(Some((place, new))) else {
            // What is refused is an effect.
            report.refused = left.len();
            left.clear();
            break;
        };
        let fates = before.fates(&after);
        left.retain(|&at| match fates.get(at) {
            Some(Fate::Changed | Fate::Gone | Fate::Shifted { is_same: false }) => false,
            // The list the container made an item of has lost it.
            Some(Fate::Shifted { .. }) if old.starts_with(['{', '[']) => false,
            // A name that the template looks things up by: there is one more of them now.
            Some(fate) if splits(*fate, &before.path(at)) && before.is_more(&after, at) => {
                report.split += 1;
                false
            }
            _ => true,
        });
    }
    let passed = count - left.len();
    report.tested = count;
    report.causal = passed;
    if is_sourced(role) {
        report.sourced = count;
        report.sourced_causal = passed;
    }
    for at in left {
        let words = before.words(at);
        let (name, line) = (&bench.subject.name, bench.line(place));
        report.notes.push(format!("{name}: not causal: {words} by {old:?} of {}:{line} ({role:?})", place.0));
    }
    report
}

/// Whether a field that has not changed is a name whose change may have made another object, or
/// another item of its list.
fn splits(fate: Fate, path: &str) -> bool {
    match fate {
        Fate::Same => path.ends_with("\n/metadata/name"),
        Fate::Shifted { .. } => path.ends_with("/name"),
        _ => false,
    }
}

/// Changes each scalar of the values files and looks whether the fields that move, or go, name it.
pub(crate) fn recall(subject: &Subject<'_>, report: &mut Report) {
    let bench = Bench::new(subject);
    let Some(before) = bench.render(None) else { return };
    let named = Named::default();
    let mut all: Vec<String> =
        subject.chart.join("values.yaml").map(|path| path.to_string()).into_iter().collect();
    all.extend(subject.values.iter().cloned());
    let mut places: Vec<Place> = all.iter().flat_map(|path| leaves(&subject.files, path)).collect();
    places.extend(subject.parameters.iter().cloned());
    let found = in_threads(&places, |place| {
        let mut report = Report::default();
        if let Some(new) = bench.written(place).and_then(|old| another(&old))
            && let Some(after) = bench.render(Some((place, &new)))
        {
            compare(&bench, place, (&before, &named), &after, &mut report);
        }
        report
    });
    for found in found {
        report.add(found);
    }
}

/// The spans of the fields that were asked for; equal origins have one list.
#[derive(Default)]
struct Named {
    lists: Mutex<HashMap<OriginId, Arc<[Place]>>>,
}

impl Named {
    fn names(&self, origins: &Origins, origin: OriginId, place: &Place) -> bool {
        let mut lists = self.lists.lock().unwrap();
        let list =
            lists.entry(origin).or_insert_with(|| origins.all(origin).iter().map(self::place).collect());
        let list = Arc::clone(list);
        drop(lists);
        list.iter().any(|have| have.0 == place.0 && have.1 < place.2 && place.1 < have.2)
    }
}

/// Every field that a change moved or took away has to name its place.
fn compare(
    bench: &Bench<'_>,
    place: &Place,
    (before, named): (&Rendering, &Named),
    after: &Rendering,
    report: &mut Report,
) {
    for (at, (field, fate)) in before.fields.iter().zip(before.fates(after)).enumerate() {
        match fate {
            Fate::Same | Fate::Elsewhere => {}
            Fate::Shifted { .. } => report.shifted += 1,
            Fate::Changed | Fate::Gone => {
                report.effects += 1;
                if !named.names(&before.origins, field.origin, place) {
                    report.missed += 1;
                    let (name, line) = (&bench.subject.name, bench.line(place));
                    let words = before.words(at);
                    report.notes.push(format!("{name}: not named: {}:{line} in {words} ({fate:?})", place.0));
                }
            }
        }
    }
}

/// The scalars of a values file.
fn leaves(files: &Arc<dyn Files>, path: &str) -> Vec<Place> {
    let mut origins = Origins::default();
    let Ok(path) = RepoPath::parse(path) else { return Vec::new() };
    let Ok(blob) = files.read(&path) else { return Vec::new() };
    let Ok(file) = SourceFile::new(path.as_str(), &blob.bytes) else { return Vec::new() };
    let file = Arc::new(file);
    let tree = parse_file(&file);
    let id = origins.add_file(&file);
    let Some(root) = tree.documents().first().and_then(|document| document.root) else { return Vec::new() };
    let Ok(node) = tree.node_of(root, id, Role::Values, &mut origins) else { return Vec::new() };
    let mut found = Vec::new();
    scalars(&node, &origins, &mut found);
    found
}

fn scalars(node: &Node, origins: &Origins, found: &mut Vec<Place>) {
    if let Some(map) = node.as_map().filter(|map| !map.is_empty()) {
        map.iter().for_each(|(_, value)| scalars(value, origins, found));
    } else if !node.items().is_empty() {
        node.items().iter().for_each(|item| scalars(item, origins, found));
    } else {
        found.extend(origins.first(node.origin).map(|span| place(&span)));
    }
}

/// The work in two threads, its results in order.
fn in_threads<T: Sync, R: Send>(tasks: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (even, odd): (Vec<R>, Vec<R>) = std::thread::scope(|scope| {
        let all = |first: usize| tasks.iter().skip(first).step_by(2).map(&work).collect::<Vec<R>>();
        let odd = std::thread::Builder::new().stack_size(16 << 20).spawn_scoped(scope, move || all(1));
        (tasks.iter().step_by(2).map(&work).collect(), odd.unwrap().join().unwrap())
    });
    let mut odd = odd.into_iter();
    even.into_iter().flat_map(|one| [Some(one), odd.next()]).flatten().collect()
}
