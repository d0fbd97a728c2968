//! `artifact/image-not-rewritten`: an entry of `images` that does not reach a model's image.

use mlgitops_kustomize::Effect;
use mlgitops_manifest::fields::dotted;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Violation};
use crate::fleet::Object;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

fn check(object: &Object, _: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    for effect in &object.effects {
        let Effect::ImageNotRewritten { path, entry, wanted } = effect else { continue };
        let Some(node) = manifest.at(path).present() else { continue };
        let (field, have) = (dotted(path), node.text().unwrap_or_default());
        let message =
            format!("{}{{places}} keeps `{have}`: `images` does not reach `{field}`", manifest.id.name);
        let violation = Violation::in_object(
            "missed",
            manifest,
            path.clone(),
            *entry,
            format!("means `{wanted}`"),
            message,
        );
        out.push(violation.map(|violation| {
            let violation = match manifest.place(node.origin) {
                Some(place) => violation.also_at(Label::new(place, "stays as it is")),
                None => violation,
            };
            let slashed = field.replace('.', "/");
            match image_of_uri(have) {
                Some(image) => violation
                    .note("kustomize rewrites the images of containers only, and compares a URI whole, `oci://` included")
                    .help(format!(
                        "set it by a patch; or call the entry `oci://{image}`, and add `{slashed}` to the image fields of a `configurations` file"
                    )),
                None => violation
                    .note("kustomize rewrites the images of containers only; no field of a model is one")
                    .help(format!(
                        "add `{slashed}` to the image fields of a `configurations` file, or set it by a patch"
                    )),
            }
        }));
    }
}

/// The image of an `oci://` URI, without its tag and its digest.
fn image_of_uri(uri: &str) -> Option<&str> {
    let image = uri.strip_prefix("oci://")?;
    let image = image.split_once('@').map_or(image, |(image, _)| image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => Some(name),
        _ => Some(image),
    }
}
