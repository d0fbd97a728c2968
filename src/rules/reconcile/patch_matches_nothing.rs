//! `reconcile/patch-matches-nothing`: a patch finds what it is for.

use std::collections::BTreeMap;

use mlgitops_files::RepoPath;
use mlgitops_kustomize::{Mismatch, PatchTarget};

use super::super::{Check, Context, Violations};
use crate::config::nearest;
use crate::finding::{Label, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// Names that are compared with a misspelt one.
const KNOWN: usize = 256;

fn check(context: &Context<'_>, out: &mut Violations) {
    // A patch of a base or a component is for whoever has the object.
    let mut targets: BTreeMap<(&str, u32, u32), (&PatchTarget, bool)> = BTreeMap::new();
    for target in &context.fleet.targets {
        let key = (&**target.at.file.path(), target.at.start, target.at.end);
        let entry = targets.entry(key).or_insert((target, false));
        entry.1 |= target.has_found;
    }
    for (target, has_found) in targets.into_values() {
        if !has_found && !is_to_be_filled(target, context) {
            out.push(judge(target, context));
        }
    }
}

/// What `flux bootstrap` writes: in a repository that nobody has run it on it is an empty file.
const COMPONENTS: &str = "gotk-components.yaml";

/// Whether a patch is for the controllers of Flux, which are not written yet.
fn is_to_be_filled(target: &PatchTarget, context: &Context<'_>) -> bool {
    let file = &target.at.file;
    if !file.text().contains(COMPONENTS) {
        return false;
    }
    let folder = RepoPath::parse(file.path()).ok().and_then(|path| path.parent());
    let components = folder.and_then(|folder| folder.join(COMPONENTS).ok());
    let found = components.and_then(|path| context.discovery.files.get(&path));
    found.is_none_or(|found| found.objects.is_empty())
}

fn judge(target: &PatchTarget, context: &Context<'_>) -> Option<Violation> {
    let name = target.name.as_deref().filter(|name| is_literal(name));
    let (case, what) = match (&target.kind, name) {
        (Some(kind), Some(name)) => ("named", format!("{kind} {name}")),
        (None, Some(name)) => ("named", format!("object {name}")),
        (Some(kind), None) => ("selected", format!("{kind} that it selects")),
        (None, None) => ("selected", "object that it selects".to_owned()),
    };
    const NOTE: &str = "kustomize is silent about a target that selects nothing, and builds the rest";
    if let (Some(name), Some(first)) = (name, target.mismatches.first()) {
        let message = format!("a patch changes nothing: {}", differs(name, target, first));
        let label = Label::new(first.at.clone(), "selects nothing");
        let found = Violation::in_file(case, label, message).note(NOTE).help(correction(&target.mismatches));
        return Some(found.word(what));
    }
    let message = format!("a patch changes nothing: there is no {what}");
    let found = Violation::in_file(case, Label::new(target.at.clone(), "selects nothing"), message);
    let found = found.note(NOTE);
    let known = target.kind.iter().flat_map(|kind| context.fleet.of_kind(kind)).take(KNOWN);
    let near = name.and_then(|name| nearest(name, known.map(|object| object.manifest.id.name.as_str())));
    let found = found.word(what);
    Some(match near {
        Some(near) if Some(near) == name => found.help(match renames(target) {
            Some(field) => format!("name what it is called before `{field}`, which comes after the patches"),
            None => format!(
                "`{near}` is no part of this build: add its file to `resources`, or take the patch out"
            ),
        }),
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found.help("name what is there, or take the patch out"),
    })
}

/// How the object of this name differs from what the target asks for.
fn differs(name: &str, target: &PatchTarget, by: &Mismatch) -> String {
    let what = target.kind.as_deref().map_or_else(|| name.to_owned(), |kind| format!("{kind} {name}"));
    let has = &by.has;
    match by.field {
        "kind" => format!("{name} is of the kind `{has}`"),
        "namespace" if has.is_empty() => format!("{what} has no namespace of its own"),
        "namespace" => format!("{what} lies in the namespace `{has}`"),
        "group" if has.is_empty() => format!("{what} is of the core group"),
        "group" | "version" => format!("{what} is of the {} `{has}`", by.field),
        "annotationSelector" => format!("{what} lacks the annotations that are asked for"),
        _ => format!("{what} lacks the labels that are asked for"),
    }
}

/// What to write instead of the fields that differ.
fn correction(mismatches: &[Mismatch]) -> String {
    let fields: Vec<String> = mismatches
        .iter()
        .map(|one| match (one.field, &*one.has) {
            ("namespace", "") => {
                "take `namespace` out (that of the kustomization is set after its patches)".to_owned()
            }
            (field, "") => format!("take `{field}` out"),
            (field, has) => format!("write `{field}: {has}`"),
        })
        .collect();
    fields.join(", ")
}

/// The field of a kustomization that gives its objects other names when its patches are done.
fn renames(target: &PatchTarget) -> Option<&'static str> {
    let has = |field: &str| {
        let values = target.at.file.text().lines().filter_map(|line| line.strip_prefix(field));
        values.into_iter().any(|rest| rest.trim_start().starts_with(':'))
    };
    ["namePrefix", "nameSuffix"].into_iter().find(|field| has(field))
}

/// Whether a name is one, and no regular expression.
fn is_literal(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':'))
        && !name.contains("..")
}
