//! `schema/list-replaced`: a patch of a custom resource that loses items of a list.

use mlgitops_kustomize::Effect;
use mlgitops_manifest::fields::dotted;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::Object;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

fn check(object: &Object, _: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    for effect in &object.effects {
        let Effect::ListReplaced { path, patch, lost } = effect else { continue };
        let names: Vec<String> = lost.iter().map(|(name, _)| format!("`{name}`")).collect();
        let field = dotted(path);
        let message = format!("{}{{places}} loses {} of `{field}`", manifest.id.name, names.join(", "));
        let violation =
            Violation::in_object("dropped", manifest, path.clone(), *patch, "replaces the list", message);
        out.push(violation.map(|violation| {
            let places = lost.iter().filter_map(|(_, origin)| manifest.place(*origin));
            places
                .take(3)
                .fold(violation, |violation, place| violation.also_at(Label::new(place, "is lost")))
                .note(format!("kustomize merges no lists of a custom resource: a {} is one", manifest.id.kind))
                .help("repeat the whole list in the patch, or add to it by a JSON patch: `op: add`, `path: …/-`")
        }));
    }
}
