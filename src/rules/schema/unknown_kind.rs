//! `schema/unknown-kind`: a kind, or a version of one, that the API server does not know.

use mlgitops_manifest::fields::{KindLookup, Project, tables};
use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

fn check(object: &Object, _context: &Context<'_>, out: &mut Violations) {
    let id = &object.manifest.id;
    let group = id.api_version.split_once('/').map_or("", |(group, _)| group);
    if !matches!(Project::of(group, &id.kind), Project::KServe | Project::ArgoCd) {
        return;
    }
    match tables().lookup(&id.api_version, &id.kind) {
        KindLookup::Known(_) => {}
        KindLookup::OtherVersion { known } => {
            let known: Vec<String> = known.iter().map(|version| format!("`{group}/{version}`")).collect();
            let known = known.join(" or ");
            let message = format!("`{}` has no {}: {{name}}{{places}} is refused", id.api_version, id.kind);
            out.push(report("version", object, "apiVersion", format!("it is {known}"), message));
        }
        KindLookup::UnknownKind => {
            let Some(meant) = meant(group, &id.kind) else { return };
            let message = format!("there is no kind `{}`: {{name}}{{places}} is refused", id.kind);
            out.push(report("kind", object, "kind", format!("did you mean `{meant}`?"), message));
        }
    }
}

fn report(
    case: &'static str,
    object: &Object,
    field: &str,
    label: String,
    message: String,
) -> Option<Violation> {
    let manifest = &object.manifest;
    let node: &Node = manifest.root.get(field).present()?;
    let message = message.replace("{name}", &manifest.id.name);
    let found =
        Violation::in_object(case, manifest, Pointer::default().key(field), node.origin, label, message)?;
    let note = "the API server has no such resource: the sync fails, with everything in it";
    let help = match case {
        "version" => "write the version that the cluster serves",
        _ => "write the kind that was meant; no other rule looks at this object",
    };
    Some(found.note(note).help(help))
}

/// The kind of the group that differs by a slip of the pen: a name of its own is none, for the
/// tables do not hold every kind.
fn meant(group: &str, kind: &str) -> Option<&'static str> {
    const LONGEST: usize = 64;
    if kind.len() > LONGEST {
        return None;
    }
    let known = tables().kinds_of(group).map(|table| table.kind);
    let close = known.map(|known| (strsim::osa_distance(known, kind), known));
    close.filter(|&(edits, known)| edits <= 2 && edits * 3 <= known.len()).min().map(|(_, known)| known)
}
