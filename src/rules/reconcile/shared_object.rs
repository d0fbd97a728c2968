//! `reconcile/shared-object`: one object that two deployments own.

use std::collections::{BTreeMap, HashMap};

use super::super::{Check, Context, Violations};
use crate::config::Config;
use crate::finding::{Label, Violation};
use crate::fleet::{Deployment, Identity, Object};
use crate::kinds::argocd::GROUP;
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// An object and the deployment that owns it.
type Owned<'f> = (&'f Deployment, &'f Object);

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let mut owners: HashMap<Identity<'_>, Vec<Owned<'_>>> = HashMap::default();
    for deployment in &fleet.deployments {
        for object in fleet.objects_of(deployment) {
            let Some(identity) = fleet.identity(object) else { continue };
            let cluster = identity.cluster.map(|cluster| one_name(cluster, context.config));
            let all = owners.entry(Identity { cluster, ..identity }).or_default();
            // Twice in one deployment is another matter.
            if all.last().is_none_or(|(last, _)| last.manifest.id != deployment.manifest.id) {
                all.push((deployment, object));
            }
        }
    }
    let shared: BTreeMap<_, _> = owners.into_iter().filter(|(_, all)| all.len() > 1).collect();
    for shared in shared.into_values() {
        let [first, second, ..] = shared.as_slice() else { continue };
        if shared.iter().any(|(deployment, _)| deployment.serves_models) {
            out.push(violation(first, second, shared.len()));
        }
    }
}

/// A cluster by one name, whether a deployment calls it by its name or by its server.
fn one_name<'n>(cluster: &'n str, config: &'n Config) -> &'n str {
    let is_it = |server: &str| server.trim_end_matches('/') == cluster.trim_end_matches('/');
    if is_it("https://kubernetes.default.svc") {
        return "in-cluster";
    }
    let mut known = config.argocd.clusters.iter();
    known
        .find(|known| known.server.as_ref().is_some_and(|server| is_it(&server.value)))
        .map_or(cluster, |known| &known.name.value)
}

fn note(owner: &Deployment) -> &'static str {
    match owner.manifest.id.group() == GROUP {
        true => "each sync takes it over: the other Application is OutOfSync, and pruning either deletes it",
        false => "each applies it anew every interval, over the other; pruning either deletes it",
    }
}

fn violation(first: &Owned<'_>, second: &Owned<'_>, count: usize) -> Option<Violation> {
    let ((one, object), (other, same)) = (first, second);
    let manifest = &object.manifest;
    let case = match manifest.id.kind.as_str() {
        _ if kserve::is_model_kind(manifest) => "model",
        "Namespace" => "namespace",
        _ => "other",
    };
    let name = manifest.root.find(&["metadata", "name"]).present()?;
    let path = mlgitops_yaml::Pointer::of(&["metadata", "name"]);
    let more = if count > 2 { format!(" and {} more", count - 2) } else { String::new() };
    let (kind, called) = (&manifest.id.kind, &manifest.id.name);
    let (owner, rival) = (&one.manifest.id.name, &other.manifest.id.name);
    let message = format!("{owner} and {rival}{more} both own {kind} {called}{{places}}");
    let violation = Violation::in_object(case, manifest, path, name.origin, "owned by both", message)?;
    let place = same.manifest.root.find(&["metadata", "name"]).present();
    let place = place.and_then(|node| same.manifest.place(node.origin));
    let mut violation = violation
        .note(note(one))
        .help(format!("let one of them own it; {rival} finds it there all the same"));
    if let Some(at) = place.filter(|at| Some(at) != manifest.place(name.origin).as_ref()) {
        violation = violation.also_at(Label::new(at, format!("deployed by {rival}")));
    }
    let deployment = other.manifest.root.find(&["metadata", "name"]).present();
    if let Some(at) = deployment.and_then(|node| other.manifest.place(node.origin)) {
        violation = violation.also_at(Label::new(at, "owns it, too"));
    }
    Some(violation.at_place(object.place))
}
