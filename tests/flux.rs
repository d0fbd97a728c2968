//! Flux's objects, from what they say to what is rendered: which folder, on which cluster, with which
//! variables, at which line.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "flux/bad_input.rs"]
mod bad_input;
#[path = "flux/causality.rs"]
mod causality;
#[path = "flux/environments.rs"]
mod environments;
#[path = "flux/installed.rs"]
mod installed;
#[path = "flux/kustomizations.rs"]
mod kustomizations;
#[path = "flux/layouts.rs"]
mod layouts;
#[path = "flux/recall.rs"]
mod recall;
#[path = "flux/releases.rs"]
mod releases_of_helm;
#[path = "flux/remediation.rs"]
mod remediation;
#[path = "flux/sources.rs"]
mod sources;
#[path = "flux/twins.rs"]
mod twins;
#[path = "flux/variables.rs"]
mod variables;
#[path = "flux/words.rs"]
mod words;
#[path = "argocd/world.rs"]
#[allow(dead_code, reason = "the same small repositories as Argo CD's tests")]
mod world;

use mlgitops::Survey;

/// A Kustomization of this repository, with lines below `spec`.
pub(crate) fn kustomization(name: &str, path: &str, more: &str) -> String {
    let more: String = more.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: {name}\n  \
         namespace: flux-system\nspec:\n  interval: 10m\n  prune: true\n  path: {path}\n  \
         sourceRef: {{kind: GitRepository, name: flux-system}}\n{more}"
    )
}

/// What `flux bootstrap` writes for a cluster.
pub(crate) fn sync(cluster: &str) -> String {
    let repository = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, \
         namespace: flux-system}\nspec:\n  interval: 1m\n  ref: {branch: main}\n  \
         url: https://git.example.com/org/fleet\n---\n";
    format!("{repository}{}", kustomization("flux-system", &format!("./clusters/{cluster}"), ""))
}

pub(crate) const SYNC: &str =
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [gotk-sync.yaml]\n";

/// `model version environment cluster/namespace` of every release, sorted.
pub(crate) fn releases(survey: &Survey) -> Vec<String> {
    let fleet = &survey.fleet;
    let mut all: Vec<String> = fleet
        .releases
        .iter()
        .map(|release| {
            let place = fleet.place(release.place).unwrap();
            format!(
                "{} {} {} {}/{}",
                release.model,
                release.version.as_deref().unwrap_or("-"),
                fleet.environment(release.place).map_or("-", |environment| environment.name.as_str()),
                place.cluster.as_deref().unwrap_or("-"),
                place.namespace.as_deref().unwrap_or("-"),
            )
        })
        .collect();
    all.sort();
    all
}
