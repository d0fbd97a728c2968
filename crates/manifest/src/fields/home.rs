//! Where a field that stands at the wrong level belongs, and which one a misspelt name meant.

use std::fmt::Write as _;

use mlgitops_yaml::{Pointer, Step};

use super::{Availability, FieldRef, ReleaseSet};

/// Names longer than this are no misspelling of a field, and are not worth comparing.
const LONGEST: usize = 64;

/// The levels nearest to `level` that have a field of this name in one of the releases: its
/// ancestors, closest first; then the objects directly in it, then those directly in its ancestors,
/// closest first; then, in the same order, the items of the lists there. All that are equally near,
/// in the order of the table; a list stands for its first item.
///
/// `level` is where the unknown field stands. The empty pointer is the object itself.
#[must_use]
pub fn nearest_homes(root: FieldRef, level: &Pointer, name: &str, releases: &ReleaseSet) -> Vec<Pointer> {
    let has = |home: FieldRef| {
        home.field(name).is_some_and(|field| field.availability(releases) != Availability::Never)
    };
    let levels = levels(root, level);
    if let Some((pointer, _)) = levels.iter().rev().find(|(_, home)| has(*home)) {
        return vec![pointer.clone()];
    }
    let objects = levels.iter().rev().map(|(pointer, parent)| {
        let homes = parent.fields().filter(|(_, child)| has(*child));
        homes.map(|(key, _)| pointer.key(key)).collect()
    });
    let items = levels.iter().rev().map(|(pointer, parent)| {
        let homes = parent.fields().filter(|(_, child)| child.items().is_some_and(has));
        homes.map(|(key, _)| pointer.key(key).index(0)).collect()
    });
    objects.chain(items).find(|homes: &Vec<_>| !homes.is_empty()).unwrap_or_default()
}

/// The one level a field belongs to, of [`nearest_homes`]: the only one, or else the only one that
/// is `present` in the object. `None` where nothing decides.
#[must_use]
pub fn nearest_home(
    root: FieldRef,
    level: &Pointer,
    name: &str,
    releases: &ReleaseSet,
    present: impl Fn(&Pointer) -> bool,
) -> Option<Pointer> {
    let mut homes = nearest_homes(root, level, name, releases);
    if homes.len() > 1 {
        homes.retain(present);
    }
    if homes.len() == 1 { homes.pop() } else { None }
}

/// The levels a pointer leads through as far as the table knows them, the object itself first.
fn levels(root: FieldRef, pointer: &Pointer) -> Vec<(Pointer, FieldRef)> {
    let mut levels = vec![(Pointer::default(), root)];
    let mut here = (Pointer::default(), root);
    for step in &pointer.0 {
        let Some(next) = here.1.step(step) else { break };
        here.0.0.push(step.clone());
        here.1 = next;
        levels.push(here.clone());
    }
    levels
}

/// The field of this level whose name was probably meant, among those some of the releases have:
/// one that differs in case only, else the one closest in spelling, at most two edits and a third of
/// its length away; of equally close ones the first in order. An edit inserts, drops, replaces or
/// swaps neighbours.
#[must_use]
pub fn did_you_mean(parent: FieldRef, name: &str, releases: &ReleaseSet) -> Option<&'static str> {
    if name.len() > LONGEST {
        return None;
    }
    let known = || {
        let fields = parent.fields().filter(|(_, f)| f.availability(releases) != Availability::Never);
        fields.map(|(known, _)| known)
    };
    known().find(|known| known.eq_ignore_ascii_case(name)).or_else(|| {
        let close = known().map(|known| (strsim::osa_distance(known, name), known));
        close.filter(|&(edits, known)| edits <= 2 && edits * 3 <= known.len()).min().map(|(_, known)| known)
    })
}

/// A pointer as people write a path: `spec.predictor.containers[0].env`, and
/// `metadata.annotations["serving.kserve.io/x"]` for keys with other characters.
#[must_use]
pub fn dotted(pointer: &Pointer) -> String {
    let mut path = String::new();
    for step in &pointer.0 {
        // Writing to a String cannot fail.
        let _ = match step {
            Step::Index(index) => write!(path, "[{index}]"),
            Step::Key(key) if !is_plain(key) => write!(path, "[{key:?}]"),
            Step::Key(key) if path.is_empty() => write!(path, "{key}"),
            Step::Key(key) => write!(path, ".{key}"),
        };
    }
    path
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte))
}
