//! `reconcile/floating-revision`: a deployment of models that follows a branch.

#[path = "floating_revision/flux.rs"]
mod flux;

use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Deployment;

pub(super) const CHECKS: &[Check] =
    &[Check::Deployment(check), Check::Flux(flux::check), Check::Manifest(flux::object)];

const NOTE: &str = "every change there is a new version here, and no line of this file says which one runs";

/// Branches that everything is merged into. A branch of another name may be an environment's own,
/// and a name may be a tag.
const TRUNKS: [&str; 7] = ["HEAD", "main", "master", "trunk", "develop", "development", "default"];

fn check(deployment: &Deployment, _context: &Context<'_>, out: &mut Violations) {
    let spec = deployment.manifest.root.get("spec");
    let at = Pointer::of(&["spec"]);
    let sources = spec.get("sources").items();
    if sources.is_empty() {
        if let Some(source) = spec.get("source").present() {
            out.push(judge(deployment, source, at.key("source")));
        }
        return;
    }
    for (index, source) in sources.iter().enumerate() {
        out.push(judge(deployment, source, at.key("sources").index(index)));
    }
}

fn judge(deployment: &Deployment, source: &Node, at: Pointer) -> Option<Violation> {
    let is_chart = source.get("chart").present().is_some();
    let (field, node, what) = moving(source, is_chart)?;
    // One line of a set makes many Applications: one finding.
    let message = format!("every model this deploys{{places}} is whatever {what} holds");
    let label =
        if field == "repoURL" { "no `targetRevision` beside it" } else { "moves without a change here" };
    let found =
        Violation::in_object("moves", &deployment.manifest, at.key(field), node.origin, label, message)?;
    let help = if is_chart {
        "name one version of the chart"
    } else {
        "name a tag or a commit, and promote by changing it; or leave it, where folders are promoted by pull request"
    };
    Some(found.note(NOTE).help(help))
}

/// The field of a source that lets its revision move, its value, and what it follows.
fn moving(source: &Node, is_chart: bool) -> Option<(&'static str, &Node, String)> {
    let revision = source.get("targetRevision");
    let stated = revision.present().filter(|node| node.text().is_some_and(|text| !text.is_empty()));
    if let Some(node) = stated {
        let text = node.text()?;
        let moves = if is_chart { is_range(text) } else { TRUNKS.contains(&text) };
        return moves.then(|| ("targetRevision", node, format!("`{text}`")));
    }
    // An empty one is as good as none; one that cannot be known is passed over.
    let is_known = revision.is_absent() || revision.present().is_some();
    let what = if is_chart { "the newest chart" } else { "the default branch" };
    Some(("repoURL", source.get("repoURL").present().filter(|_| is_known)?, what.to_owned()))
}

/// A version of a chart that more than one may match (argo-cd v3.5 `util/helm`: a constraint of
/// Masterminds/semver).
fn is_range(version: &str) -> bool {
    let core = version.strip_prefix('v').unwrap_or(version);
    version.contains(['*', '^', '~', '>', '<', '|', ',', ' '])
        || core.split('.').any(|part| part.eq_ignore_ascii_case("x"))
        || (core.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && core.split('.').count() < 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_versions_is_none_of_them() {
        for (version, is_one) in [
            ("1.2.3", false),
            ("v1.2.3", false),
            ("1.2.3-rc.1", false),
            ("1.2.x", true),
            ("1.2", true),
            ("1", true),
            ("*", true),
            ("^1.2.3", true),
            ("~1.2.3", true),
            (">=1.0.0 <2.0.0", true),
        ] {
            assert_eq!(is_range(version), is_one, "{version}");
        }
    }
}
