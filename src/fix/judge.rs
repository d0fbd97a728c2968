//! What edits really did: the repository before and after them, object by object.
//!
//! Exactly the fields that were meant may differ. A field that differs elsewhere is blamed, by its
//! origins, on the edits that fed it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Node, OriginId, Pointer, Step};

use super::edited::Edited;
use super::expect::{differences, expected, fields};
use crate::finding::{Intent, PlaceIndex, Wanted};
use crate::fleet::Fleet;

/// What became of the edits of one fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They did what was meant; the things they changed, each with the fields.
    Good(Vec<(usize, Vec<Pointer>)>),
    /// They did something else, or not what was meant.
    Bad,
}

/// What a fix wants, by its number.
pub(super) struct Attempt<'a> {
    pub(super) number: usize,
    pub(super) wanted: &'a [Wanted],
}

/// Everything of a fleet that edits may change: its objects, then what deploys them.
pub(super) struct Things<'f> {
    objects: Vec<(&'f Manifest, Option<PlaceIndex>)>,
    deployments: usize,
    /// The things by their object itself.
    roots: HashMap<*const Node, Vec<usize>>,
}

impl<'f> Things<'f> {
    pub(super) fn of(fleet: &'f Fleet) -> Self {
        let mut objects: Vec<_> =
            fleet.objects.iter().map(|object| (&object.manifest, Some(object.place))).collect();
        let deployments = objects.len();
        objects.extend(fleet.deployments.iter().map(|one| (&one.manifest, one.place)));
        let mut roots: HashMap<*const Node, Vec<usize>> = HashMap::new();
        for (index, (manifest, _)) in objects.iter().enumerate() {
            roots.entry(Arc::as_ptr(&manifest.root)).or_default().push(index);
        }
        Self { objects, deployments, roots }
    }

    /// The thing a violation is about: a deployment rather than the object it stands in.
    pub(super) fn find(&self, wanted: &Wanted) -> Option<usize> {
        let same = self.roots.get(&Arc::as_ptr(&wanted.root)).map_or(&[][..], Vec::as_slice);
        let is_there = |index: &&usize| self.get(**index).is_some_and(|(_, at)| at == wanted.place);
        let is_deployment = |index: &&usize| self.is_deployment(**index);
        let there = same.iter().filter(is_there);
        let best = there.clone().find(is_deployment).or(there.clone().next());
        // What a model runs on may be placed elsewhere than the model.
        best.or(same.iter().find(is_deployment)).or(same.first()).copied()
    }

    pub(super) fn get(&self, index: usize) -> Option<(&'f Manifest, Option<PlaceIndex>)> {
        self.objects.get(index).copied()
    }

    pub(super) fn is_deployment(&self, index: usize) -> bool {
        index >= self.deployments
    }

    /// Whether it is the same things, in the same order.
    fn is_same(&self, other: &Self) -> bool {
        let ids = |things: &Self| {
            things.objects.iter().map(|(manifest, _)| manifest.id.clone()).collect::<Vec<_>>()
        };
        self.deployments == other.deployments && ids(self) == ids(other)
    }
}

/// Judges fixes that were made together; `None` where it cannot be told which of them is to blame.
pub(super) fn judge(
    attempts: &[Attempt<'_>],
    edited: &Edited,
    before: &Things<'_>,
    after: &Things<'_>,
) -> Option<Vec<Verdict>> {
    if !before.is_same(after) {
        return None;
    }
    let fed = vec![Vec::new(); attempts.len()];
    let mut judge = Judge { attempts, edited, meant: meant(attempts, before), bad: BTreeSet::new(), fed };
    for (index, ((was, _), (is, _))) in before.objects.iter().zip(&after.objects).enumerate() {
        judge.thing(index, was, is)?;
    }
    let verdict = |(at, fed): (usize, Vec<_>)| match judge.bad.contains(&at) {
        true => Verdict::Bad,
        false => Verdict::Good(fed),
    };
    Some(judge.fed.into_iter().enumerate().map(verdict).collect())
}

/// What is meant to change in each thing, and by which attempts.
fn meant<'j>(attempts: &'j [Attempt<'j>], things: &Things<'_>) -> HashMap<usize, Vec<(usize, &'j Intent)>> {
    let mut meant: HashMap<usize, Vec<(usize, &Intent)>> = HashMap::new();
    for (at, attempt) in attempts.iter().enumerate() {
        for wanted in attempt.wanted {
            let Some(index) = things.find(wanted) else { continue };
            let intents = wanted.remedy.intents.iter().map(|intent| (at, intent));
            meant.entry(index).or_default().extend(intents);
        }
    }
    meant
}

struct Judge<'j> {
    attempts: &'j [Attempt<'j>],
    edited: &'j Edited,
    /// What is meant to change in a thing, and by which attempts.
    meant: HashMap<usize, Vec<(usize, &'j Intent)>>,
    /// The attempts, by their place in the list, that are to blame for something.
    bad: BTreeSet<usize>,
    fed: Vec<Vec<(usize, Vec<Pointer>)>>,
}

impl<'j> Judge<'j> {
    fn thing(&mut self, index: usize, was: &Manifest, is: &Manifest) -> Option<()> {
        let changed = differences(&was.root, &is.root);
        let meant = self.meant.remove(&index).unwrap_or_default();
        if changed.is_empty() {
            // What was meant to change did not.
            self.bad.extend(meant.iter().map(|(at, _)| *at));
            return Some(());
        }
        let mut intents: Vec<&Intent> = Vec::new();
        for (_, intent) in &meant {
            if !intents.contains(intent) {
                intents.push(intent);
            }
        }
        let Some(expected) = expected(&was.root, &intents) else {
            self.bad.extend(meant.iter().map(|(at, _)| *at));
            return Some(());
        };
        for (at, intent) in &meant {
            self.feeds(*at, index, fields(intent));
        }
        for field in differences(&expected, &is.root) {
            self.unexpected(index, &field, was, is, &meant)?;
        }
        Some(())
    }

    /// A field that differs though nobody meant it to, here: another place the same bytes feed, or
    /// a failure.
    fn unexpected(
        &mut self,
        index: usize,
        field: &Pointer,
        was: &Manifest,
        is: &Manifest,
        meant: &[(usize, &Intent)],
    ) -> Option<()> {
        let touching: Vec<usize> = self.touching(was, is, field);
        let allowed: Vec<usize> =
            touching.iter().copied().filter(|at| self.may_change(*at, was, field)).collect();
        let related = meant
            .iter()
            .filter(|(_, intent)| fields(intent).iter().any(|own| own.covers(field) || field.covers(own)));
        let related: Vec<usize> = related.map(|(at, _)| *at).collect();
        if related.is_empty() && !allowed.is_empty() {
            for at in allowed {
                self.feeds(at, index, vec![field.clone()]);
            }
            return Some(());
        }
        let blamed: BTreeSet<usize> = touching.into_iter().chain(related).collect();
        match blamed.is_empty() {
            true if self.attempts.len() > 1 => return None,
            true => self.bad.extend(0..self.attempts.len()),
            false => self.bad.extend(blamed),
        }
        Some(())
    }

    /// Whether a fix may change a field of an object that it is not about: the same field of an
    /// object of the kind, or the field of a deployment that holds the edited values.
    fn may_change(&self, at: usize, was: &Manifest, field: &Pointer) -> bool {
        let id = &was.id;
        // What was not there may come with what stands above it.
        let is_new = was.at(field).is_absent();
        let Some(attempt) = self.attempts.get(at) else { return false };
        let carries = is_carrier(id) && attempt.wanted.iter().all(|wanted| wanted.object.kind != id.kind);
        let same = attempt.wanted.iter().any(|wanted| {
            wanted.object.kind == id.kind
                && wanted.object.group() == id.group()
                && wanted
                    .remedy
                    .intents
                    .iter()
                    .flat_map(fields)
                    .any(|own| own.covers(field) || is_new && field.covers(&own))
        });
        carries || same
    }

    fn feeds(&mut self, at: usize, index: usize, fields: Vec<Pointer>) {
        let Some(fed) = self.fed.get_mut(at) else { return };
        match fed.iter_mut().find(|(have, _)| *have == index) {
            Some((_, known)) => known.extend(fields),
            None => fed.push((index, fields)),
        }
    }

    /// The attempts whose edits are where a field comes from, before or after them; where neither
    /// tells, where what stands above it comes from.
    fn touching(&self, was: &Manifest, is: &Manifest, field: &Pointer) -> Vec<usize> {
        let (before, was_there) = origins_at(&was.root, field);
        let (after, is_there) = origins_at(&is.root, field);
        let exact = self.touched(was, &before, was_there, is, &after, is_there);
        let numbers = match exact.is_empty() {
            true => self.touched(was, &before, true, is, &after, true),
            false => exact,
        };
        let numbered = self.attempts.iter().enumerate();
        numbered.filter(|(_, one)| numbers.contains(&one.number)).map(|(at, _)| at).collect()
    }

    fn touched(
        &self,
        was: &Manifest,
        before: &[OriginId],
        ask_before: bool,
        is: &Manifest,
        after: &[OriginId],
        ask_after: bool,
    ) -> BTreeSet<usize> {
        let mut numbers = BTreeSet::new();
        for span in before.iter().filter(|_| ask_before).flat_map(|origin| was.origins.content(*origin)) {
            numbers.extend(self.edited.before(span.file.path(), span.start, span.end));
        }
        for span in after.iter().filter(|_| ask_after).flat_map(|origin| is.origins.content(*origin)) {
            numbers.extend(self.edited.after(span.file.path(), span.start, span.end));
        }
        numbers
    }
}

/// Objects that hold what other objects are made of: Argo CD's and Flux's.
fn is_carrier(id: &ObjectId) -> bool {
    id.group() == "argoproj.io" || id.group().ends_with("fluxcd.io")
}

/// The origins of a field and of its key, and whether it is there; else those of the innermost one
/// above it that is.
fn origins_at(root: &Node, field: &Pointer) -> (Vec<OriginId>, bool) {
    let mut node = root;
    let mut found = vec![root.origin];
    for step in &field.0 {
        let next = match (&node.value, step) {
            (mlgitops_yaml::Value::Map(map), Step::Key(name)) => {
                map.entry(name).map(|(key, value)| (Some(key.origin), value))
            }
            (_, step) => {
                let index = step.to_string().parse::<usize>().ok();
                index.and_then(|index| node.items().get(index)).map(|item| (None, item))
            }
        };
        let Some((key, value)) = next else { return (found, false) };
        node = value;
        found = key.into_iter().chain([value.origin]).collect();
    }
    (found, true)
}
