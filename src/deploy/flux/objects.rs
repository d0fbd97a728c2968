//! What Flux's objects name: sources and ConfigMaps, found among everything that was rendered, on
//! the cluster of who asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Origins};

use crate::kinds::flux::{EXTENSIONS_GROUP, SOURCE_GROUP, installed};
use crate::render::Given;

/// What a ConfigMap holds.
#[derive(Debug, Default)]
pub(crate) struct Data {
    /// The values, by key.
    pub(crate) values: Vec<(String, Given)>,
    /// The keys whose values cannot be known.
    pub(crate) unknown: Vec<String>,
}

/// An object, and where it was rendered.
#[derive(Debug)]
struct Known {
    /// The index of the rendering.
    rendering: usize,
    /// The cluster it is applied to.
    cluster: Option<RepoPath>,
    manifest: Manifest,
}

/// Kind, name and namespace.
type Name = (String, String, Option<String>);

/// Who asks for an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// The index of the rendering it stands in.
    pub(crate) rendering: usize,
    /// Its cluster.
    pub(crate) cluster: Option<&'a RepoPath>,
    /// The namespace asked for.
    pub(crate) namespace: Option<&'a str>,
}

/// What was rendered so far and may be named.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    named: BTreeMap<Name, Vec<Known>>,
    /// The release of Flux that is installed on a cluster, as its controllers say.
    releases: BTreeMap<Option<RepoPath>, String>,
    read: Mutex<Read>,
}

/// What was asked for.
#[derive(Debug, Default)]
struct Read {
    /// The values of ConfigMaps, by name and position.
    data: BTreeMap<(Name, usize), Arc<Data>>,
    /// The origins of the renderings they stand in: one copy each, to which what they give is added.
    origins: BTreeMap<usize, Origins>,
}

impl Objects {
    /// Adds what a rendering gave.
    pub(crate) fn add(&mut self, rendering: usize, cluster: Option<&RepoPath>, manifests: &[Manifest]) {
        for manifest in manifests.iter().filter(|manifest| may_be_named(manifest)) {
            let key = (manifest.id.kind.clone(), manifest.id.name.clone(), manifest.id.namespace.clone());
            let known = Known { rendering, cluster: cluster.cloned(), manifest: manifest.clone() };
            self.named.entry(key).or_default().push(known);
        }
        if let Some((release, _)) = manifests.iter().find_map(installed) {
            self.releases.entry(cluster.cloned()).or_insert_with(|| release.to_owned());
        }
    }

    /// The release of Flux on a cluster, where its controllers are in the repository.
    pub(crate) fn release(&self, cluster: Option<&RepoPath>) -> Option<&str> {
        self.releases.get(&cluster.cloned()).map(String::as_str)
    }

    /// The files of the ConfigMaps whose values were asked for.
    pub(crate) fn values_from(&self) -> BTreeSet<RepoPath> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let file = |(name, index): &(Name, usize)| {
            let known = self.named.get(name)?.get(*index)?;
            let at = known.manifest.place(known.manifest.root.origin)?;
            RepoPath::parse(at.file.path()).ok()
        };
        read.data.keys().filter_map(file).collect()
    }

    /// The object of a kind and a name that is nearest to who asks.
    pub(crate) fn find(&self, kind: &str, name: &str, asker: Asker<'_>) -> Option<&Manifest> {
        self.nearest(kind, name, asker).map(|(_, _, known)| &known.manifest)
    }

    /// Every object of a kind that may be on the cluster of who asks.
    pub(crate) fn all<'o>(&'o self, kind: &str, asker: Asker<'o>) -> impl Iterator<Item = &'o Manifest> {
        let from = (kind.to_owned(), String::new(), None);
        let kind = kind.to_owned();
        let of_kind = self.named.range(from..).take_while(move |((other, _, _), _)| *other == kind);
        let known = of_kind.flat_map(|(_, known)| known);
        known.filter(move |known| may_see(known, asker)).map(|known| &known.manifest)
    }

    fn nearest(&self, kind: &str, name: &str, asker: Asker<'_>) -> Option<(&Name, usize, &Known)> {
        let closeness = |known: &Known| {
            let same_cluster = known.cluster.as_ref() == asker.cluster;
            let same_namespace = known.manifest.id.namespace.as_deref() == asker.namespace;
            (same_cluster, same_namespace, known.rendering == asker.rendering)
        };
        let fitting: Vec<(&Name, usize, &Known)> = self
            .called(kind, name, asker.namespace)
            .flat_map(|(name, all)| all.iter().enumerate().map(move |(index, known)| (name, index, known)))
            .filter(|(_, _, known)| may_see(known, asker))
            .collect();
        // Of equals the first that was rendered.
        fitting.into_iter().rev().max_by_key(|(_, _, known)| closeness(known))
    }

    /// The objects of a name that may be meant: those of the namespace, and those that name none; of
    /// every namespace where none is known.
    fn called<'o>(
        &'o self,
        kind: &str,
        name: &str,
        namespace: Option<&str>,
    ) -> impl Iterator<Item = (&'o Name, &'o Vec<Known>)> {
        let from = (kind.to_owned(), name.to_owned(), None);
        let is_it = (kind.to_owned(), name.to_owned());
        let unnamed = self.named.get_key_value(&from);
        let of_one = namespace.and_then(|namespace| {
            self.named.get_key_value(&(kind.to_owned(), name.to_owned(), Some(namespace.to_owned())))
        });
        let of_all = self
            .named
            .range(from..)
            .take_while(move |((kind, name, _), _)| (kind, name) == (&is_it.0, &is_it.1))
            .filter(move |_| namespace.is_none());
        unnamed.filter(|_| namespace.is_some()).into_iter().chain(of_one).chain(of_all)
    }

    /// Whether a ConfigMap that may be meant has a key.
    pub(crate) fn has_key(&self, name: &str, key: &str, asker: Asker<'_>) -> bool {
        let all = self.called("ConfigMap", name, asker.namespace).flat_map(|(_, all)| all);
        let has = |known: &Known| known.manifest.root.get("data").get(key).present().is_some();
        all.filter(|known| may_see(known, asker)).any(has)
    }

    /// The values of a ConfigMap.
    pub(crate) fn config_map(&self, name: &str, asker: Asker<'_>) -> Option<Arc<Data>> {
        let (name, index, known) = self.nearest("ConfigMap", name, asker)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let Read { data, origins } = &mut *read;
        let data = data.entry((name.clone(), index)).or_insert_with(|| {
            let own = origins.entry(known.rendering).or_insert_with(|| (*known.manifest.origins).clone());
            Arc::new(data_of(&known.manifest, own))
        });
        Some(Arc::clone(data))
    }
}

/// Whether an object may be the one somebody asks for: no other cluster, no other namespace.
fn may_see(known: &Known, asker: Asker<'_>) -> bool {
    let is_elsewhere =
        known.cluster.is_some() && asker.cluster.is_some() && known.cluster.as_ref() != asker.cluster;
    let own = known.manifest.id.namespace.as_deref();
    let is_other = own.is_some() && asker.namespace.is_some() && own != asker.namespace;
    !is_elsewhere && !is_other
}

fn data_of(manifest: &Manifest, origins: &mut Origins) -> Data {
    let mut data = Data::default();
    let entries = manifest.root.get("data").present().and_then(Node::as_map).into_iter();
    for (key, value) in entries.flat_map(|map| map.iter()) {
        match Given::of(value, origins) {
            Some(given) => data.values.push((key.name().to_owned(), given)),
            None => data.unknown.push(key.name().to_owned()),
        }
    }
    data
}

fn may_be_named(manifest: &Manifest) -> bool {
    matches!(manifest.id.group(), SOURCE_GROUP | EXTENSIONS_GROUP)
        || (manifest.id.group().is_empty() && matches!(manifest.id.kind.as_str(), "ConfigMap" | "Secret"))
}
