//! Which ApplicationSet an Application was made of, and what becomes of it when the set makes it no
//! more.

use mlgitops_manifest::Manifest;

use super::Fleet;
use crate::kinds::argocd::GROUP;

/// The policies under which Applications that a set makes no more stay (argo-cd v3.5
/// `pkg/apis/application/v1alpha1/applicationset_types.go`, `AllowDelete`).
const NEVER_DELETES: [&str; 2] = ["create-only", "create-update"];

/// Why what an Application deployed goes on running once its set makes it no more, as the set says
/// it; `None` where it goes away with it, or stands for itself.
pub(crate) fn keeps(application: &Manifest, fleet: &Fleet) -> Option<String> {
    let set = set_of(application, fleet)?;
    let policy = set.root.get("spec").get("syncPolicy");
    let sync = policy.get("applicationsSync").text().filter(|text| NEVER_DELETES.contains(text));
    if let Some(sync) = sync {
        return Some(format!("applicationsSync: {sync}"));
    }
    let preserves = policy.get("preserveResourcesOnDeletion").present().and_then(|node| node.as_bool());
    (preserves == Some(true)).then(|| "preserveResourcesOnDeletion: true".to_owned())
}

/// The set whose template the spec of an Application was written in.
fn set_of<'f>(application: &Manifest, fleet: &'f Fleet) -> Option<&'f Manifest> {
    let own = spans(application, &["spec"]);
    let sets = fleet.objects.iter().map(|object| &object.manifest);
    let mut sets = sets.filter(|manifest| manifest.id.is(GROUP, "ApplicationSet"));
    sets.find(|set| spans(set, &["spec", "template", "spec"]).iter().any(|span| own.contains(span)))
}

/// The bytes a map was written in.
fn spans(manifest: &Manifest, path: &[&str]) -> Vec<(String, u32, u32)> {
    let Some(node) = manifest.root.find(path).present() else { return Vec::new() };
    let content = manifest.origins.content(node.origin).into_iter();
    content.map(|span| (span.file.path().to_string(), span.start, span.end)).collect()
}
