//! `schema/duplicate-key`: a key that stands in one map twice, as written or as a chart prints it.

use mlgitops_helm::RepeatedKey;
use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::dotted;
use mlgitops_yaml::Role;

use super::super::{Check, Context, Violations};
use crate::discover::{FileKind, Found};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;

pub(super) const CHECKS: &[Check] = &[Check::Tree(check), Check::Manifest(printed)];

fn check(found: &Found, _: &Context<'_>, out: &mut Violations) {
    let tree = &found.tree;
    let note = match found.kind {
        FileKind::Kustomization => "kustomize keeps the last one of a kustomization in silence",
        _ => {
            "kubectl, Argo CD and Helm keep the last one in silence; Kustomize refuses such a resource, and of a patch it keeps the first"
        }
    };
    for duplicate in tree.duplicates() {
        let at = |key| Location::new(&found.file, tree.range(key), Role::Source);
        let name = tree.scalar(duplicate.key).unwrap_or_default();
        let first = at(duplicate.first);
        let message =
            format!("`{name}` stands here twice: the one in line {} is lost", first.position().line);
        out.push(
            Violation::in_file("duplicate", Label::new(at(duplicate.key), "this one counts"), message)
                .also_at(Label::new(first, "lost"))
                .note(note)
                .help("keep one; where both hold a map, merge them")
                .word(name),
        );
    }
}

fn printed(object: &Object, _: &Context<'_>, out: &mut Violations) {
    for one in &object.repeated {
        out.push(repeated(&object.manifest, one));
    }
}

fn repeated(manifest: &Manifest, one: &RepeatedKey) -> Option<Violation> {
    let (name, field) = (&manifest.id.name, dotted(&one.path));
    let (case, message) = if one.same {
        ("same", format!("the chart prints `{field}` of {name}{{places}} twice, alike"))
    } else {
        ("duplicate", format!("the chart prints `{field}` of {name}{{places}} twice: the first is lost"))
    };
    let found = Violation::in_object(case, manifest, one.path.clone(), one.last, "this one counts", message)?;
    let lost = manifest.place(one.lost).map(|at| Label::new(at, if one.same { "the same" } else { "lost" }));
    let found = lost.into_iter().fold(found, Violation::also_at);
    Some(found.note("Argo CD keeps the last one in silence; Flux runs Kustomize over what a chart prints, which refuses it").help(
        "print it once: take it out of the template, or out of the values that repeat it",
    ))
}
