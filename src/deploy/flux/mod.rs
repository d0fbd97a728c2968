//! Flux: Kustomizations and HelmReleases, which bind folders and charts to a cluster.

mod functions;
mod helm_release;
mod kustomization;
mod objects;
mod roots;
mod source;
pub(crate) mod substitute;
mod variables;

use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_manifest::{Manifest, Problem};
use mlgitops_yaml::{Node, OriginSpan, Origins};
use rayon::prelude::*;

use super::{Deployment, Refused, TOGETHER, Tree, share};
use crate::discover::NotHere;
use crate::finding::{Code, Location, NotChecked};
use crate::kinds::flux::{is_helm_release, is_kustomization};
use crate::render::Given;
pub(crate) use objects::{Asker, Objects};
pub(crate) use roots::{Root, is_piece, roots};
use source::NoFolder;

/// Whether an object deploys others by Flux.
pub(crate) fn is_deployment(manifest: &Manifest) -> bool {
    is_kustomization(&manifest.id) || is_helm_release(&manifest.id)
}

/// The folder of the cluster that applies what lies at a path: `clusters/production`, and below
/// groups of clusters the innermost, `clusters/stages/dev/clusters/eu-1`.
pub(crate) fn cluster_of(path: &RepoPath) -> Option<RepoPath> {
    let segments: Vec<&str> = path.segments().collect();
    let named = segments.split_last().map_or(&[][..], |(_, before)| before);
    let at = named.iter().rposition(|segment| *segment == "clusters")?;
    let folder = segments.get(..at + 2)?.join("/");
    RepoPath::parse(&folder).ok()
}

/// What an object of Flux may know.
pub(crate) struct World<'w> {
    /// The trees it may deploy from.
    pub(crate) tree: &'w Tree<'w>,
    /// What was rendered so far.
    pub(crate) objects: &'w Objects,
    /// The index of the rendering it stands in.
    pub(crate) rendering: usize,
    /// The folder of its cluster.
    pub(crate) cluster: Option<&'w RepoPath>,
    /// The variables that were put in what it stands in, sorted by name.
    pub(crate) variables: &'w [(String, Given)],
    /// The release of Flux that runs there, if anything says so.
    pub(crate) release: Option<&'w str>,
    /// Whether nothing more will be rendered: what is missing now is not in Git.
    pub(crate) is_last: bool,
}

impl World<'_> {
    fn asker(&self) -> Asker<'_> {
        Asker { rendering: self.rendering, cluster: self.cluster, namespace: None }
    }

    /// The deployment of an object, without jobs. A cluster is called as its folder is, unless the
    /// object names another by its access.
    fn deployment(&self, manifest: &Manifest, origins: &mut Origins) -> Deployment {
        let access = manifest.root.get("spec").get("kubeConfig").get("secretRef").get("name");
        let other = access.present().and_then(|node| Given::of(node, origins));
        let own = self.cluster.map(|folder| Given::builtin(folder.file_name()));
        let own = own.or_else(|| setting(self.variables, &CLUSTER).cloned());
        Deployment {
            manifest: manifest.clone(),
            jobs: Vec::new(),
            cluster: other.or(own),
            namespace: None,
            folder: self.cluster.cloned(),
            setting: setting(self.variables, &ENVIRONMENT).map(|given| Arc::clone(&given.text)),
        }
    }
}

/// Variables by which the settings of a cluster call it.
const CLUSTER: [&str; 2] = ["CLUSTER_NAME", "CLUSTER"];
/// Variables by which they call the environment.
const ENVIRONMENT: [&str; 6] =
    ["ENVIRONMENT", "ENV", "CLUSTER_ENVIRONMENT", "CLUSTER_ENV", "ENVIRONMENT_NAME", "CLUSTER_STAGE"];

/// The first of some variables that is set.
fn setting<'v>(variables: &'v [(String, Given)], names: &[&str]) -> Option<&'v Given> {
    let is = |wanted: &str| variables.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    let found = names.iter().find_map(|name| is(name))?;
    Some(&found.1).filter(|given| !given.text.is_empty())
}

/// What reading objects of Flux gave.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The deployments.
    pub(crate) found: Vec<Deployment>,
    /// Those Flux cannot deploy.
    pub(crate) refused: Vec<Refused>,
    /// What is not at hand.
    pub(crate) not_checked: Vec<NotChecked>,
    /// The folders that those name which Flux fails for another reason.
    pub(crate) named: Vec<RepoPath>,
    /// Those that name what nothing rendered so far.
    pub(crate) waiting: Vec<Manifest>,
}

impl Reading {
    fn refuse(
        &mut self,
        kind: &'static str,
        deployment: &Deployment,
        message: String,
        path: String,
        at: Option<OriginSpan>,
    ) {
        let problem = Problem { kind, message, at, also: None };
        self.refused.push(Refused { deployment: deployment.clone(), path, problem });
    }

    /// What an object deploys, if it is here; else says why it is not, or waits for what may bring it.
    fn at_hand<T>(
        &mut self,
        found: Result<T, NoFolder<'_>>,
        deployment: &Deployment,
        world: &World<'_>,
        origins: &Origins,
    ) -> Option<T> {
        let manifest = &deployment.manifest;
        match found {
            Ok(found) => return Some(found),
            Err(NoFolder::Refused(words, at)) => {
                let path = at.text().unwrap_or("").to_owned();
                self.refuse("flux-path", deployment, words, path, origins.first(at.origin));
            }
            // What it names may be applied by something that is not rendered yet.
            Err(NoFolder::NotHere(..)) if !world.is_last => self.waiting.push(manifest.clone()),
            Err(NoFolder::NotHere(why, at)) => self.not_checked(manifest, why, origins.first(at.origin)),
        }
        None
    }

    fn not_checked(&mut self, manifest: &Manifest, why: NotHere, at: Option<OriginSpan>) {
        let mut item = NotChecked::new(why.code, called(manifest), why.reason);
        item.help = why.help;
        self.not_checked.push(item.at(at.map(Location::from)));
    }

    /// Lists what of an object only the cluster holds: its variables, its values.
    fn in_cluster(&mut self, part: &str, manifest: &Manifest, words: String, at: Option<OriginSpan>) {
        let what = format!("{part} of {}", called(manifest));
        self.not_checked.push(NotChecked::new(Code::InCluster, what, words).at(at.map(Location::from)));
    }
}

/// The labels, or annotations, that every object gets.
fn pairs(node: Option<&Node>, origins: &mut Origins) -> Vec<(String, Given)> {
    let entries = node.and_then(Node::as_map).into_iter().flat_map(|map| map.iter());
    entries.filter_map(|(key, value)| Some((key.name().to_owned(), Given::of(value, origins)?))).collect()
}

/// That an object is not here: others of its name may be, in other namespaces.
fn lacking(kind: &str, name: &str, namespace: Option<&str>) -> String {
    let place = namespace.map_or(String::new(), |namespace| format!(" of namespace `{namespace}`"));
    format!("{kind} `{name}`{place} is not in this repository")
}

fn called(manifest: &Manifest) -> String {
    format!("{} {}", manifest.id.kind, manifest.id.name)
}

/// Reads the objects of Flux among some manifests of one rendering.
pub(crate) fn read(manifests: &[&Manifest], world: &World<'_>) -> Reading {
    let deploying: Vec<&Manifest> =
        manifests.iter().copied().filter(|manifest| is_deployment(manifest)).collect();
    let parts: Vec<Reading> = deploying.par_chunks(TOGETHER).map(|part| read_part(part, world)).collect();
    let mut whole = Reading::default();
    for part in parts {
        whole.found.extend(part.found);
        whole.refused.extend(part.refused);
        whole.not_checked.extend(part.not_checked);
        whole.named.extend(part.named);
        whole.waiting.extend(part.waiting);
    }
    whole
}

/// Reads some objects of one rendering. What they give is added to one copy of the origins they share.
fn read_part(manifests: &[&Manifest], world: &World<'_>) -> Reading {
    let mut reading = Reading::default();
    let Some(first) = manifests.first() else { return reading };
    let mut origins = (*first.origins).clone();
    for manifest in manifests {
        match is_helm_release(&manifest.id) {
            true => helm_release::read(manifest, world, &mut origins, &mut reading),
            false => kustomization::read(manifest, world, &mut origins, &mut reading),
        }
    }
    share(origins, &mut reading.found, &mut reading.refused);
    reading
}
