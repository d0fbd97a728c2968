//! What a build lacks here because somebody makes it where the build runs.

use crate::finding::{Code, Location, NotChecked};
use crate::render::Rendered;
use crate::source::IgnoreFiles;

/// What `.gitignore` names is made where a build runs, and nothing here says that a clone is built. A
/// deployment builds one: there it is an error.
pub(super) fn leave_to_others(rendered: &mut Rendered, ignored: &mut IgnoreFiles<'_>) {
    let Some(first) = rendered.missing.first().cloned() else { return };
    if !rendered.missing.iter().all(|path| ignored.ignores(path)) {
        return;
    }
    let problems = std::mem::take(&mut rendered.problems).into_iter();
    let (made, other): (Vec<_>, Vec<_>) = problems.partition(|one| one.problem.kind == "missing-file");
    rendered.problems = other;
    let at = made.into_iter().find_map(|one| one.problem.at).map(Location::from);
    let what = format!("what `{}` builds", rendered.job.path);
    let reason = format!("`{first}` is made by who builds it: `.gitignore` names it");
    rendered.not_checked.push(NotChecked::new(Code::Remote, what, reason).at(at));
}
