//! What becomes in the cluster of an object that leaves Git: what deletes it, and why nothing does.

use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::Node;

use crate::finding::Location;
use crate::fleet::{Deployable, Deployment, Fleet, Object, keeps};
use crate::kinds::flux::{LEFT_ALONE, is_helm_release, is_kustomization, mark};

/// Flux Kustomizations apply Flux Kustomizations; a chain of more is a circle.
const DEEPEST: usize = 8;

/// Why an object runs on that Git no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// What its ApplicationSet says.
    Set(String),
    /// What the object itself says: a label or an annotation.
    Own(String),
    /// What the Flux object says that stays and applied it.
    By(ObjectId, String),
    /// What the Flux object says that goes and applied it.
    Leaves(ObjectId, String),
    /// The Flux object that applied it is suspended and stays: nothing goes before it is resumed.
    Waits(ObjectId),
}

/// What becomes of an object that left Git.
pub(super) struct Fate {
    /// The Application or Flux object that deployed it, where that is gone too.
    pub(super) deployment: Option<ObjectId>,
    /// The one that deployed it and is still there.
    pub(super) still: Option<ObjectId>,
    /// Why it runs on, if it does.
    pub(super) kept: Option<Kept>,
    /// Where what is gone stood: the Flux object, where that went with all it deployed.
    pub(super) at: Option<Location>,
}

/// What becomes of an object of one fleet that the next has no more.
pub(super) fn fate(object: &Object, before: &Fleet, after: &Fleet) -> Fate {
    let own = object.manifest.place(object.manifest.root.origin).map(Location::from);
    let Some(by) = deployed_by(object, before) else {
        return Fate { deployment: None, still: None, kept: None, at: own };
    };
    if !is_of_flux(&by.id) {
        let mut all = after.deployables.iter().filter_map(|one| one.deployment.as_ref());
        let is_gone = !all.any(|one| one.id.name == by.id.name);
        // The Application alone is gone: its folder may be there as it was.
        let kept = keeps(by, before).filter(|_| is_gone).map(Kept::Set);
        let (deployment, still) = if is_gone { (Some(by.id.clone()), None) } else { (None, None) };
        return Fate { deployment, still, kept, at: own };
    }
    let fleets = Fleets { before, after, cluster: cluster_of(object, before) };
    let kept = kept(object, by, &fleets, 0);
    match fleets.after_of(by) {
        Some(head) => Fate { deployment: None, still: Some(head.id.clone()), kept, at: own },
        None => Fate { deployment: Some(by.id.clone()), still: None, kept, at: top_of(by, &fleets).or(own) },
    }
}

/// Both sides of a change, and the cluster that is looked at.
struct Fleets<'f> {
    before: &'f Fleet,
    after: &'f Fleet,
    cluster: Option<&'f str>,
}

impl<'f> Fleets<'f> {
    /// The same Flux object after the change. Clusters may have one of the same name each; and one
    /// that only lies in a folder which nothing applies any more is gone as well.
    fn after_of(&self, by: &Manifest) -> Option<&'f Manifest> {
        let is_same = |one: &&Deployment| {
            let other = one.place.and_then(|place| self.after.place(place)?.cluster.as_deref());
            one.manifest.id == by.id && (other == self.cluster || other.is_none() || self.cluster.is_none())
        };
        let found = self.after.deployments.iter().find(is_same)?;
        let is_applied = |fleet: &Fleet| {
            let mut all = fleet.objects.iter().filter(|one| one.manifest.id == by.id);
            all.any(|one| deployed_by(one, fleet).is_some())
        };
        (is_applied(self.after) || !is_applied(self.before)).then_some(&found.manifest)
    }
}

/// Why Flux does not delete an object (kustomize-controller v1.9, `prune` and
/// `finalizerShouldDeleteResources`; helm-controller v1.6, `reconcileDelete`).
fn kept(object: &Object, by: &Manifest, fleets: &Fleets<'_>, depth: usize) -> Option<Kept> {
    if depth >= DEEPEST {
        return None;
    }
    if let Some(own) = own_wish(&object.manifest, &by.id) {
        return Some(Kept::Own(own));
    }
    let does_not_prune = |manifest: &Manifest| {
        (is_kustomization(&manifest.id) && spec_is(manifest, "prune", false))
            .then(|| "prune: false".to_owned())
    };
    if let Some(head) = fleets.after_of(by) {
        if let Some(says) = does_not_prune(head) {
            return Some(Kept::By(by.id.clone(), says));
        }
        return spec_is(head, "suspend", true).then(|| Kept::Waits(by.id.clone()));
    }
    // What applied it may itself stay behind, and go on applying.
    let above = fleets.before.objects.iter().filter(|one| one.manifest.id == by.id);
    let mut above = above.filter_map(|one| Some((one, deployed_by(one, fleets.before)?)));
    if let Some((own, parent)) = above.next()
        && is_of_flux(&parent.id)
        && let Some(kept) = kept(own, parent, fleets, depth + 1)
    {
        return Some(kept);
    }
    if spec_is(by, "suspend", true) {
        return Some(Kept::Leaves(by.id.clone(), "suspend: true".to_owned()));
    }
    let policy = by.root.get("spec").get("deletionPolicy").text().filter(|text| !text.is_empty());
    let says = match policy.filter(|_| is_kustomization(&by.id)) {
        None | Some("MirrorPrune") => does_not_prune(by)?,
        Some("Orphan") => "deletionPolicy: Orphan".to_owned(),
        Some(_) => return None,
    };
    Some(Kept::Leaves(by.id.clone(), says))
}

/// The label or the annotation that keeps what applied an object from deleting it. Helm reads its
/// own annotation (helm v3.18 `pkg/kube/resource_policy.go`).
fn own_wish(manifest: &Manifest, by: &ObjectId) -> Option<String> {
    let metadata = manifest.root.get("metadata");
    if is_helm_release(by) {
        let policy = metadata.get("annotations").get("helm.sh/resource-policy").text()?;
        return policy
            .trim()
            .eq_ignore_ascii_case("keep")
            .then(|| format!("helm.sh/resource-policy: {policy}"));
    }
    // `deleteObjects` of the Kustomization's controller.
    mark(&manifest.root, &[("prune", "disabled")]).or_else(|| mark(&manifest.root, &LEFT_ALONE))
}

/// Where the first stood of the Flux objects that went one with the other.
fn top_of(by: &Manifest, fleets: &Fleets<'_>) -> Option<Location> {
    let mut top = None;
    let mut id = by.id.clone();
    for _ in 0..DEEPEST {
        let Some(object) = fleets.before.objects.iter().find(|one| one.manifest.id == id) else { break };
        top = object.manifest.place(object.manifest.root.origin).map(Location::from);
        match deployed_by(object, fleets.before) {
            Some(parent) if is_of_flux(&parent.id) && fleets.after_of(parent).is_none() => {
                id = parent.id.clone();
            }
            _ => break,
        }
    }
    top.or_else(|| by.place(by.root.origin).map(Location::from))
}

fn deployed_by<'f>(object: &Object, fleet: &'f Fleet) -> Option<&'f Manifest> {
    fleet.deployables.get(object.deployable).and_then(|one: &Deployable| one.deployment.as_ref())
}

fn cluster_of<'f>(object: &Object, fleet: &'f Fleet) -> Option<&'f str> {
    fleet.place(object.place)?.cluster.as_deref()
}

fn is_of_flux(id: &ObjectId) -> bool {
    is_kustomization(id) || is_helm_release(id)
}

/// Whether a field of the spec is known to be this.
fn spec_is(manifest: &Manifest, field: &str, value: bool) -> bool {
    manifest.root.get("spec").get(field).present().and_then(Node::as_bool) == Some(value)
}
