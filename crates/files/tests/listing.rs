//! The listing against a model that has nothing clever in it: a map of paths, read segment by
//! segment as a kernel would.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::{Entry, EntryKind, Listing, ReadError, RepoPath};
use proptest::prelude::*;

/// A tree as a plain map; what lies below another entry was never put in.
struct Model(BTreeMap<String, EntryKind>);

impl Model {
    fn new(entries: &[Entry]) -> Self {
        let mut first: BTreeMap<String, EntryKind> = BTreeMap::new();
        for entry in entries {
            if !entry.path.is_root() && entry.kind != EntryKind::Folder {
                first.entry(entry.path.as_str().to_owned()).or_insert_with(|| entry.kind.clone());
            }
        }
        let all: BTreeSet<String> = first.keys().cloned().collect();
        first.retain(|path, _| !ancestors(path).any(|above| all.contains(above)));
        Self(first)
    }

    fn exact(&self, path: &str) -> Option<EntryKind> {
        let below = format!("{path}/");
        let is_folder = path.is_empty() || self.0.keys().any(|key| key.starts_with(&below));
        self.0.get(path).cloned().or(is_folder.then_some(EntryKind::Folder))
    }

    /// Segment by segment from the root, each link replaced by its target as soon as it is met.
    fn resolve(&self, path: &str) -> Result<String, ReadError> {
        let mut left: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut at = String::new();
        let mut links = 0;
        while let Some(segment) = left.pop() {
            if segment.is_empty() {
                continue;
            }
            let next = if at.is_empty() { segment } else { format!("{at}/{segment}") };
            match self.exact(&next) {
                Some(EntryKind::Link(target)) => {
                    links += 1;
                    if links > 40 {
                        return Err(ReadError::Circle);
                    }
                    left.extend(target.segments().rev().map(str::to_owned));
                    at = String::new();
                }
                Some(EntryKind::Outside(target)) => return Err(ReadError::Outside(target)),
                Some(EntryKind::Submodule) => return Err(ReadError::Submodule),
                Some(_) | None => at = next,
            }
        }
        self.exact(&at).map(|_| at).ok_or(ReadError::Missing)
    }

    fn list(&self, folder: &str) -> Vec<(String, EntryKind)> {
        let Ok(folder) = self.resolve(folder) else { return Vec::new() };
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let names: BTreeSet<String> = self
            .0
            .keys()
            .filter_map(|key| key.strip_prefix(&prefix))
            .filter_map(|rest| rest.split('/').next())
            .map(|name| format!("{prefix}{name}"))
            .collect();
        names.into_iter().filter_map(|path| self.exact(&path).map(|kind| (path, kind))).collect()
    }

    fn kind(&self, path: &str) -> Option<EntryKind> {
        let Some((parent, name)) = path.rsplit_once('/') else { return self.exact(path) };
        let parent = self.resolve(parent).ok()?;
        self.exact(&if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") })
    }
}

fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(slash, _)| &path[..slash])
}

/// Few short names that sort on both sides of `/`, so that everything collides.
fn any_path() -> impl Strategy<Value = RepoPath> {
    let segment = prop_oneof![Just("a"), Just("b"), Just("a-b"), Just("a.b"), Just("a0"), Just("é\n")];
    prop::collection::vec(segment, 1..4).prop_map(|segments| RepoPath::parse(&segments.join("/")).unwrap())
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let kind = prop_oneof![
        4 => Just(EntryKind::File),
        3 => any_path().prop_map(EntryKind::Link),
        1 => Just(EntryKind::Link(RepoPath::root())),
        1 => Just(EntryKind::Outside("/etc".into())),
        1 => Just(EntryKind::Submodule),
        1 => Just(EntryKind::Folder),
    ];
    (any_path(), kind).prop_map(|(path, kind)| Entry { path, kind })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_listing_answers_as_the_model_does(
        entries in prop::collection::vec(any_entry(), 0..12),
        asked in prop::collection::vec(any_path(), 1..12),
    ) {
        let model = Model::new(&entries);
        let listing = Listing::new(entries);
        let all: Vec<(String, EntryKind)> =
            listing.all().iter().map(|entry| (entry.path.as_str().to_owned(), entry.kind.clone())).collect();
        prop_assert_eq!(all, model.0.clone().into_iter().collect::<Vec<_>>());
        for path in asked.iter().chain([&RepoPath::root()]) {
            let text = path.as_str();
            let resolved = listing.resolve(path).map(|end| end.as_str().to_owned());
            prop_assert_eq!(resolved, model.resolve(text), "resolve {}", path);
            prop_assert_eq!(listing.kind(path), model.kind(text), "kind {}", path);
            let listed: Vec<(String, EntryKind)> =
                listing.list(path).into_iter().map(|entry| (entry.path.as_str().to_owned(), entry.kind)).collect();
            prop_assert_eq!(listed, model.list(text), "list {}", path);
        }
    }
}
