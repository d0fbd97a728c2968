//! Fixes are made together, in a copy in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};

use super::edited::Edited;
use crate::finding::{Finding, Safety};

/// Files with fixes made in them.
#[derive(Debug, Default)]
pub struct Made {
    /// The bytes of every file that is another one now.
    pub files: BTreeMap<RepoPath, Arc<[u8]>>,
    /// Their bytes as they were read: whoever replaces them compares with these, for a file may have
    /// changed since.
    pub read: BTreeMap<RepoPath, Arc<[u8]>>,
    /// What was done, in the order of the findings: the place of each, and the title of its fix.
    pub done: Vec<(String, String)>,
}

/// Makes the fixes of some findings: the safe ones, or all. Of two that touch the same bytes the
/// first is made; the other one may have a fix again once the result was linted.
#[must_use]
pub fn make(findings: &[Finding], also_unsafe: bool) -> Made {
    let mut edited = Edited::default();
    let mut done = Vec::new();
    for (number, finding) in findings.iter().enumerate() {
        let Some(fix) = finding.fix.as_ref().filter(|fix| also_unsafe || fix.safety == Safety::Safe) else {
            continue;
        };
        if edited.add(number, &fix.edits) {
            let at = &finding.primary.location;
            done.push((format!("{}:{}", at.path(), at.position().line), fix.title.clone()));
        }
    }
    match edited.contents() {
        Some(files) if !files.is_empty() => Made { files, read: edited.originals(), done },
        _ => Made::default(),
    }
}

/// A tree with other content in some of its files.
#[must_use]
pub fn over(files: &Arc<dyn Files>, contents: &BTreeMap<RepoPath, Arc<[u8]>>) -> Arc<dyn Files> {
    Arc::new(crate::source::Overlay::new(Arc::clone(files), contents.clone()))
}
