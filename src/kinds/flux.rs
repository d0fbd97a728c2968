//! Flux's objects: where they say what they deploy, and from what
//! (kustomize-controller v1.9 `api/v1`, helm-controller v1.6 `api/v2`, source-controller `api/v1`;
//! domain.md §4).

use mlgitops_manifest::fields::Release;
use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::Node;

/// The API group of Flux's Kustomization.
pub const KUSTOMIZE_GROUP: &str = "kustomize.toolkit.fluxcd.io";
/// The API group of HelmRelease.
pub const HELM_GROUP: &str = "helm.toolkit.fluxcd.io";
/// The API group of GitRepository and its kin.
pub const SOURCE_GROUP: &str = "source.toolkit.fluxcd.io";
/// The API group of ArtifactGenerator.
pub const EXTENSIONS_GROUP: &str = "source.extensions.fluxcd.io";
/// Where Flux lives unless somebody says otherwise.
pub const NAMESPACE: &str = "flux-system";

/// Whether an object is a Flux Kustomization.
#[must_use]
pub fn is_kustomization(id: &ObjectId) -> bool {
    id.is(KUSTOMIZE_GROUP, "Kustomization")
}

/// Whether an object is a HelmRelease.
#[must_use]
pub fn is_helm_release(id: &ObjectId) -> bool {
    id.is(HELM_GROUP, "HelmRelease")
}

/// The release that a controller of Flux belongs to, and where it says so: every object that
/// `flux install` writes has it in a label (flux2 `pkg/manifestgen/install`).
#[must_use]
pub fn installed(manifest: &Manifest) -> Option<(&str, &Node)> {
    if !manifest.id.is("apps", "Deployment") || !manifest.id.name.ends_with("-controller") {
        return None;
    }
    let labels = manifest.root.get("metadata").get("labels");
    let node = labels.get("app.kubernetes.io/version").present()?;
    let release = node.text()?.trim_start_matches('v');
    let is_flux = labels.get("app.kubernetes.io/part-of").text() == Some("flux");
    (is_flux && release.parse::<Release>().is_ok()).then_some((release, node))
}

/// Labels and annotations with which a Kustomization neither sends an object to the API server, not
/// even to try it, nor deletes it (kustomize-controller v1.9
/// `internal/controller/kustomization_controller.go`, fluxcd/pkg `ssa/manager_apply.go`
/// `shouldSkipApply`).
pub const LEFT_ALONE: [(&str, &str); 2] = [("reconcile", "disabled"), ("ssa", "ignore")];

/// The first of some keys of [`KUSTOMIZE_GROUP`] that an object has, as a label or an annotation,
/// with one of these values: `key: value` as it is written. Upper and lower case are the same
/// (fluxcd/pkg `ssa/utils/meta.go`, `AnyInMetadata`).
#[must_use]
pub fn mark(object: &Node, marks: &[(&str, &str)]) -> Option<String> {
    let metadata = object.get("metadata");
    let mut all =
        ["annotations", "labels"].into_iter().flat_map(|field| marks.iter().map(move |mark| (field, mark)));
    all.find_map(|(field, (key, value))| {
        let name = format!("{KUSTOMIZE_GROUP}/{key}");
        let text = metadata.get(field).get(&name).text()?;
        text.eq_ignore_ascii_case(value).then(|| format!("{name}: {text}"))
    })
}

/// What an object names as its source.
#[derive(Debug, Clone, Copy)]
pub struct SourceRef<'n> {
    /// The whole field.
    pub node: &'n Node,
    /// `GitRepository`, `OCIRepository` …
    pub kind: &'n str,
    /// Its name.
    pub name: &'n str,
    /// Its namespace; `None` is that of the object that names it.
    pub namespace: Option<&'n str>,
}

impl<'n> SourceRef<'n> {
    /// Reads a `sourceRef`, or a `chartRef`.
    #[must_use]
    pub fn of(node: &'n Node) -> Option<Self> {
        let namespace = node.get("namespace").text().filter(|name| !name.is_empty());
        Some(Self { node, kind: node.get("kind").text()?, name: node.get("name").text()?, namespace })
    }
}

/// The revision that a GitRepository is read at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision<'n> {
    /// A branch, a tag, a commit, or the full name of a reference; empty is the default branch.
    Named(&'n str),
    /// A range of versions: the newest tag in it.
    Range(&'n str),
}

/// The revision of a GitRepository: its commit, else its reference, else its range, else its tag,
/// else its branch (source-controller `api/v1/gitrepository_types.go`).
#[must_use]
pub fn revision(repository: &Node) -> Revision<'_> {
    let reference = repository.get("spec").get("ref");
    let field = |name: &str| reference.get(name).text().filter(|text| !text.is_empty());
    if let Some(named) = field("commit").or_else(|| field("name")) {
        return Revision::Named(named);
    }
    match field("semver") {
        Some(range) => Revision::Range(range),
        None => Revision::Named(field("tag").or_else(|| field("branch")).unwrap_or("")),
    }
}
