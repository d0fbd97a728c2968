//! `schema/yaml-syntax`: where a file cannot be read.

use mlgitops_yaml::{ConvertErrorKind, Origins, Role, SyntaxError, SyntaxErrorKind};

use super::super::{Check, Context, Violations};
use crate::discover::{FileKind, Found};
use crate::finding::{Code, Label, Location, NotChecked, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Tree(check)];

fn check(found: &Found, context: &Context<'_>, out: &mut Violations) {
    let is_bound = context.is_bound(&found.path);
    for error in found.tree.errors().iter().filter(|error| error.kind == SyntaxErrorKind::Syntax) {
        // What fills it in makes YAML of it, unless something applies it as it stands.
        if !is_bound && is_hole(found.tree.text().as_str(), error.at as usize) {
            out.not_checked(filled_in(found, error));
            return;
        }
        let message = format!("`{}` cannot be read here: {}", found.path, error.message);
        out.push(said("syntax", found, error.at..error.at.saturating_add(1), message, is_bound));
    }
    if found.tree.text().as_str().contains("<<") || found.tree.text().as_str().contains('?') {
        unmergeable(found, is_bound, out);
    }
}

/// What is a manifest only once somebody filled it in.
fn filled_in(found: &Found, error: &SyntaxError) -> NotChecked {
    let at = Location::new(&found.file, error.at..error.at.saturating_add(1), Role::Source);
    let what = format!("`{}` from line {} on", found.path, at.position().line);
    let reason = "no YAML before something fills in its placeholders";
    NotChecked::new(Code::Encoding, what, reason).at(Some(at))
}

/// What only converting finds: merges and keys that JSON cannot hold.
fn unmergeable(found: &Found, is_bound: bool, out: &mut Violations) {
    for root in found.tree.documents().iter().filter_map(|document| document.root) {
        let mut origins = Origins::default();
        let file = origins.add_file(&found.file);
        if let Err(error) = found.tree.node_of(root, file, Role::Source, &mut origins)
            && matches!(error.kind, ConvertErrorKind::Merge | ConvertErrorKind::Key)
            && !is_action(found.tree.text().as_str(), error.range.start as usize)
        {
            let message = format!("`{}` cannot be read here: {}", found.path, error.kind);
            out.push(said("merge", found, error.range, message, is_bound));
        }
    }
}

/// Whether an action of a template stands at a byte, `{{.Name}}`: without quotes it is a map whose
/// key is a map, and something fills it in before anybody reads it as YAML.
fn is_action(text: &str, at: usize) -> bool {
    let around = text.get(at.saturating_sub(1)..).unwrap_or("");
    around.starts_with("{{") || around.get(1..).is_some_and(|rest| rest.starts_with("{{"))
}

/// Whether reading stops at the line of a placeholder, or at the one below it: `${LABELS}`, `{% if %}`,
/// `<% … %>`. Of those a script makes YAML.
fn is_hole(text: &str, at: usize) -> bool {
    let start = |at: usize| text.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
    let line = start(at.min(text.len()));
    let above = start(line.saturating_sub(1));
    let end = text.get(line..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| line + length);
    let lines = text.get(above..end).unwrap_or_default();
    ["${", "{%", "<%", "{#"].iter().any(|mark| lines.contains(mark))
}

fn said(
    case: &'static str,
    found: &Found,
    range: std::ops::Range<u32>,
    message: String,
    is_bound: bool,
) -> Violation {
    let at = Location::new(&found.file, range, Role::Source);
    let note = if is_bound || found.kind != FileKind::Manifests {
        "the Application or Kustomization that holds it deploys nothing more"
    } else {
        "whatever applies it is refused, and so is the build of a kustomization that names it"
    };
    Violation::in_file(case, Label::new(at, "reading stops here"), message)
        .note(note)
        .help("mend the line, or the one above it; the other documents of the file were checked")
}
