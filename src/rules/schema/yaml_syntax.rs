//! `schema/yaml-syntax`: where a file cannot be read.

use mlgitops_yaml::{ConvertErrorKind, Origins, Role, Shape, SyntaxErrorKind, Tree};

use super::super::{Check, Context, Violations};
use crate::discover::{FileKind, Found};
use crate::finding::{Code, Label, Location, NotChecked, Violation};
use crate::render::{RenderProblem, ToolKind};

pub(super) const CHECKS: &[Check] = &[Check::Tree(check)];

fn check(found: &Found, context: &Context<'_>, out: &mut Violations) {
    let is_applied = is_applied(found, context);
    let text = found.tree.text().as_str();
    let mut is_told = false;
    for error in found.tree.errors().iter().filter(|error| error.kind == SyntaxErrorKind::Syntax) {
        // What fills it in makes YAML of it, unless something applies it as it stands.
        if !is_applied && is_hole(text, error.at as usize) {
            if !std::mem::replace(&mut is_told, true) {
                out.not_checked(filled_in(found, error.at));
            }
            continue;
        }
        let message = format!("`{}` cannot be read here: {}", found.path, error.message);
        out.push(said("syntax", found, error.at..error.at.saturating_add(1), message, is_applied));
    }
    if text.contains("<<") || has_odd_key(&found.tree) {
        unmergeable(found, is_applied, out);
    }
}

/// Whether something applies a file as it stands, as far as is known here: a deployment, or the build
/// of a kustomization that ends at it.
fn is_applied(found: &Found, context: &Context<'_>) -> bool {
    let ends_here = |one: &RenderProblem| {
        let at = one.problem.at.as_ref();
        one.job.kind() == ToolKind::Kustomize && at.is_some_and(|at| *at.file.path() == *found.file.path())
    };
    context.is_bound(&found.path)
        || !found.tree.errors().is_empty() && context.fleet.problems.iter().any(ends_here)
}

/// What is a manifest only once somebody filled it in.
fn filled_in(found: &Found, at: u32) -> NotChecked {
    let at = Location::new(&found.file, at..at.saturating_add(1), Role::Source);
    let what = format!("`{}` from line {} on", found.path, at.position().line);
    let reason = "no YAML before something fills in its placeholders";
    NotChecked::new(Code::Encoding, what, reason).at(Some(at))
}

/// Whether a map of a tree has a map or a list for a key.
fn has_odd_key(tree: &Tree) -> bool {
    let mut open: Vec<_> = tree.documents().iter().filter_map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        let is_odd = |key| matches!(tree.shape(tree.follow(key)), Shape::Map | Shape::Sequence);
        if tree.entries(node).any(|(key, _)| is_odd(key)) {
            return true;
        }
        open.extend(tree.children(node));
    }
    false
}

/// What only converting finds: merges and keys that JSON cannot hold.
fn unmergeable(found: &Found, is_applied: bool, out: &mut Violations) {
    for root in found.tree.documents().iter().filter_map(|document| document.root) {
        let mut origins = Origins::default();
        let file = origins.add_file(&found.file);
        let Err(error) = found.tree.node_of(root, file, Role::Source, &mut origins) else { continue };
        if !matches!(error.kind, ConvertErrorKind::Merge | ConvertErrorKind::Key) {
            continue;
        }
        if !is_applied && is_action(found.tree.text().as_str(), error.range.start as usize) {
            out.not_checked(filled_in(found, error.range.start));
            continue;
        }
        let message = format!("`{}` cannot be read here: {}", found.path, error.kind);
        out.push(said("merge", found, error.range, message, is_applied));
    }
}

/// Whether an action of a template stands at a byte, `{{.Name}}`: without quotes it is a map whose
/// key is a map, and something fills it in before anybody reads it as YAML.
fn is_action(text: &str, at: usize) -> bool {
    let around = text.get(at.saturating_sub(1)..).unwrap_or("");
    around.starts_with("{{") || around.get(1..).is_some_and(|rest| rest.starts_with("{{"))
}

/// Whether reading stops at the line of a placeholder, or at the one below it: a variable alone on its
/// line, or a tag of another language: `${LABELS}`, `{% if gpu %}`, `<% end %>`. Of those a script makes
/// YAML.
fn is_hole(text: &str, at: usize) -> bool {
    let start = |at: usize| text.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
    let line = start(at.min(text.len()));
    let above = start(line.saturating_sub(1));
    let end = text.get(line..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| line + length);
    let lines = text.get(above..end).unwrap_or_default();
    lines.lines().map(str::trim).any(|line| {
        let is_variable = line.starts_with("${") && line.ends_with('}');
        is_variable || ["{%", "<%", "{#"].iter().any(|mark| line.starts_with(mark))
    })
}

fn said(
    case: &'static str,
    found: &Found,
    range: std::ops::Range<u32>,
    message: String,
    is_applied: bool,
) -> Violation {
    let at = Location::new(&found.file, range, Role::Source);
    let note = if is_applied || found.kind != FileKind::Manifests {
        "the Application or Kustomization that holds it deploys nothing more"
    } else {
        "whatever applies it is refused, and so is the build of a kustomization that names it"
    };
    Violation::in_file(case, Label::new(at, "reading stops here"), message)
        .note(note)
        .help("mend the line, or the one above it; the other documents of the file were checked")
}
