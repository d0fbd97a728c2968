//! Files with edits made in them, and the way from their bytes to those before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};
use mlgitops_yaml::SourceFile;
use mlgitops_yaml::edit::{TextEdit, apply};

use crate::finding::Edit;
use crate::source::Overlay;

/// Edits of several fixes, made together: of two that are the same one is made.
#[derive(Debug, Default)]
pub(super) struct Edited {
    files: BTreeMap<String, File>,
}

#[derive(Debug)]
struct File {
    file: Arc<SourceFile>,
    /// In order; none overlaps another.
    edits: Vec<Merged>,
}

/// One edit and the numbers of the fixes that make it.
#[derive(Debug)]
struct Merged {
    edit: TextEdit,
    by: BTreeSet<usize>,
    /// Where its text begins in the edited file.
    after: u32,
}

impl Edited {
    /// Adds the edits of a fix; `false`, and nothing added, where they overlap those of another.
    pub(super) fn add(&mut self, number: usize, edits: &[Edit]) -> bool {
        if edits.iter().any(|edit| self.overlaps(edit)) {
            return false;
        }
        for edit in edits {
            let at = &edit.location;
            let file = self
                .files
                .entry(at.path().to_owned())
                .or_insert_with(|| File { file: Arc::clone(&at.file), edits: Vec::new() });
            let edit = TextEdit { range: at.start..at.end, text: edit.text.clone() };
            match file.edits.iter_mut().find(|have| have.edit == edit) {
                Some(same) => {
                    same.by.insert(number);
                }
                None => file.edits.push(Merged { edit, by: BTreeSet::from([number]), after: 0 }),
            }
            file.edits.sort_by_key(|merged| (merged.edit.range.start, merged.edit.range.end));
        }
        true
    }

    fn overlaps(&self, edit: &Edit) -> bool {
        let Some(file) = self.files.get(edit.location.path()) else { return false };
        let (start, end) = (edit.location.start, edit.location.end);
        file.edits.iter().any(|Merged { edit: have, .. }| {
            let same = have.range == (start..end) && have.text == edit.text;
            let apart = end < have.range.start || have.range.end < start;
            // Two insertions at one place have no order.
            !same && !apart && (have.range.end > start && end > have.range.start || start == have.range.start)
        })
    }

    /// The edited files, by path; `None` where one cannot be.
    pub(super) fn contents(&mut self) -> Option<BTreeMap<RepoPath, Arc<[u8]>>> {
        let mut contents = BTreeMap::new();
        for (path, file) in &mut self.files {
            let mut shift: i64 = 0;
            for merged in &mut file.edits {
                merged.after = u32::try_from(i64::from(merged.edit.range.start) + shift).ok()?;
                shift += i64::try_from(merged.edit.text.len()).ok()?
                    - i64::try_from(merged.edit.range.len()).ok()?;
            }
            let edits: Vec<TextEdit> = file.edits.iter().map(|merged| merged.edit.clone()).collect();
            let text = apply(file.file.text(), &edits)?;
            contents.insert(RepoPath::parse(path).ok()?, Arc::from(file.file.encode(&text)));
        }
        Some(contents)
    }

    /// The same files as they were read, by path.
    pub(super) fn originals(&self) -> BTreeMap<RepoPath, Arc<[u8]>> {
        let original = |(path, file): (&String, &File)| {
            Some((RepoPath::parse(path).ok()?, Arc::from(file.file.encode(file.file.text()))))
        };
        self.files.iter().filter_map(original).collect()
    }

    /// The tree with the edits made.
    pub(super) fn overlay(&mut self, files: &Arc<dyn Files>) -> Option<Arc<dyn Files>> {
        Some(Arc::new(Overlay::new(Arc::clone(files), self.contents()?)))
    }

    /// The fixes whose edits touch some bytes of a file as it was.
    pub(super) fn before(&self, path: &str, start: u32, end: u32) -> BTreeSet<usize> {
        let range = |merged: &Merged| merged.edit.range.clone();
        self.touching(path, start, end, &range)
    }

    /// The fixes whose new text touches some bytes of a file as it is after them.
    pub(super) fn after(&self, path: &str, start: u32, end: u32) -> BTreeSet<usize> {
        let range = |merged: &Merged| {
            merged.after..merged.after + u32::try_from(merged.edit.text.len()).unwrap_or(u32::MAX)
        };
        self.touching(path, start, end, &range)
    }

    fn touching(
        &self,
        path: &str,
        start: u32,
        end: u32,
        range: &dyn Fn(&Merged) -> std::ops::Range<u32>,
    ) -> BTreeSet<usize> {
        let edits = self.files.get(path).map_or(&[][..], |file| &file.edits);
        let touches = |merged: &&Merged| {
            let range = range(merged);
            range.start <= end && start <= range.end
        };
        edits.iter().filter(touches).flat_map(|merged| merged.by.iter().copied()).collect()
    }
}
