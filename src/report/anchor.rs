//! Where a finding is shown by what knows only the files of the change: GitHub's annotations and
//! code scanning. A file of another tree would be taken for the one of that name here; what names
//! the tree stands in for it.

use super::display::shown;
use crate::finding::{Finding, Location, ReadTree};

/// A location, or what stands in for it.
pub(super) struct Anchor<'r> {
    /// Bytes of a file of the tree under review; `None` where nothing of it is to blame.
    pub at: Option<&'r Location>,
    /// The place itself, `v1:/models/a.yaml:9`, where it lies in another tree.
    pub elsewhere: Option<String>,
}

/// Where to show a location.
pub(super) fn of<'r>(at: &'r Location, trees: &'r [ReadTree]) -> Anchor<'r> {
    match ReadTree::of(trees, at.path()) {
        None => Anchor { at: Some(at), elsewhere: None },
        Some((read, _)) => Anchor { at: read.named_at.as_ref(), elsewhere: Some(written(at)) },
    }
}

/// Where to show a finding: what names the tree of its place to edit, else the first line of this
/// tree that takes part in it.
pub(super) fn of_finding<'r>(finding: &'r Finding, trees: &'r [ReadTree]) -> Anchor<'r> {
    let Anchor { at, elsewhere } = of(&finding.primary.location, trees);
    let related = finding.related.iter().map(|label| &label.location);
    let here = related.into_iter().find(|at| is_here(at, trees));
    Anchor { at: at.or(here), elsewhere }
}

/// Whether a location lies in the tree under review.
pub(super) fn is_here(at: &Location, trees: &[ReadTree]) -> bool {
    ReadTree::of(trees, at.path()).is_none()
}

/// `file:line`, for people.
pub(super) fn written(at: &Location) -> String {
    format!("{}:{}", shown(at.path()), at.position().line)
}
