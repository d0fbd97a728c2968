//! `schema/yaml-syntax`: where a file cannot be read.

use mlgitops_yaml::{ConvertErrorKind, Origins, Role, SyntaxErrorKind};

use super::super::{Check, Context, Violations};
use crate::discover::Found;
use crate::finding::{Label, Location, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Tree(check)];

fn check(found: &Found, _: &Context<'_>, out: &mut Violations) {
    for error in found.tree.errors().iter().filter(|error| error.kind == SyntaxErrorKind::Syntax) {
        let message = format!("`{}` cannot be read here: {}", found.path, error.message);
        out.push(said("syntax", found, error.at..error.at.saturating_add(1), message));
    }
    if found.tree.text().as_str().contains("<<") || found.tree.text().as_str().contains('?') {
        unmergeable(found, out);
    }
}

/// What only converting finds: merges and keys that JSON cannot hold.
fn unmergeable(found: &Found, out: &mut Violations) {
    for root in found.tree.documents().iter().filter_map(|document| document.root) {
        let mut origins = Origins::default();
        let file = origins.add_file(&found.file);
        if let Err(error) = found.tree.node_of(root, file, Role::Source, &mut origins)
            && matches!(error.kind, ConvertErrorKind::Merge | ConvertErrorKind::Key)
            && !is_hole(found.tree.text().as_str(), error.range.start as usize)
        {
            let message = format!("`{}` cannot be read here: {}", found.path, error.kind);
            out.push(said("merge", found, error.range, message));
        }
    }
}

/// Whether an action of a template stands at a byte, `{{.Name}}`: without quotes it is a map whose
/// key is a map, and something fills it in before anybody reads it as YAML.
fn is_hole(text: &str, at: usize) -> bool {
    let around = text.get(at.saturating_sub(1)..).unwrap_or("");
    around.starts_with("{{") || around.get(1..).is_some_and(|rest| rest.starts_with("{{"))
}

fn said(case: &'static str, found: &Found, range: std::ops::Range<u32>, message: String) -> Violation {
    let at = Location::new(&found.file, range, Role::Source);
    Violation::in_file(case, Label::new(at, "reading stops here"), message)
        .note("the Application or Kustomization that holds it deploys nothing more")
        .help("mend the line, or the one above it; the other documents of the file were checked")
}
