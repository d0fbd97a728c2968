//! What runs at one commit: the releases of every environment, without their manifests.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Value};

use super::routes;
use crate::config::{Config, DeploymentMode};
use crate::discover::{Discovery, FileKind, Found};
use crate::finding::{Code, NotChecked};
use crate::fleet::{Fleet, Object, Release};
use crate::kinds::kserve::{self, Part};
use crate::source::{Gap, NO_FILTER};

/// One release, as history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Running {
    /// The model.
    pub model: String,
    /// The environment; `None` for unnamed.
    pub environment: Option<String>,
    /// The cluster, where a deployment names one.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The version token, where the reference names one.
    pub version: Option<String>,
    /// The version as it is written; the whole reference where it names none.
    pub written: String,
    /// Whether the version cannot move.
    pub is_fixed: bool,
    /// The reference without bucket, environment words and version.
    pub artifact: String,
    /// The whole reference.
    pub uri: String,
    /// The share of the traffic it has, in per cent; a twin service has what a route gives it, and
    /// all where none says.
    pub exposure: u8,
    /// The object: `InferenceService/ml/fraud-detector`.
    pub object: String,
    /// What the whole object says: two with the same are the same but for where they come from.
    pub content: u64,
    /// The files and folders it was made of: its deployable, its deployment, its own file.
    pub made_of: BTreeSet<String>,
}

/// Everything that runs at one commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// The releases, sorted.
    pub releases: Vec<Arc<Running>>,
    /// The deployables and files that could not be read or rendered.
    pub broken: BTreeSet<String>,
}

impl State {
    /// What a fleet holds.
    #[must_use]
    pub fn of(fleet: &Fleet, discovery: &Discovery, config: &Config) -> Self {
        let all = fleet.releases.iter().filter_map(|release| Running::of(release, fleet, config));
        let mut releases: Vec<Arc<Running>> = all.map(Arc::new).collect();
        releases.sort();
        let mut broken = unread(discovery);
        broken.extend(refused(fleet));
        Self { releases, broken }
    }

    /// The releases that are the same but for what could not be read here: those take what the
    /// state before says.
    #[must_use]
    pub fn after(&self, before: &Self) -> Self {
        let mut whole = self.clone();
        let is_here = |old: &Running| {
            self.releases.iter().any(|new| {
                new.model == old.model && new.environment == old.environment && new.object == old.object
            })
        };
        let is_hidden = |old: &Running| old.made_of.iter().any(|path| self.broken.contains(path));
        whole.releases.extend(before.releases.iter().filter(|old| is_hidden(old) && !is_here(old)).cloned());
        whole.releases.sort();
        whole
    }
}

impl Running {
    /// A release of a fleet.
    #[must_use]
    pub fn of(release: &Release, fleet: &Fleet, config: &Config) -> Option<Self> {
        let used = fleet.uses.get(release.model_use)?;
        let object = fleet.objects.get(release.object)?;
        let place = fleet.place(release.place)?;
        let names: Vec<&str> = config.environments.iter().map(|one| one.name.value.as_str()).collect();
        let written = used.parsed.class_text();
        let deployable = fleet.deployables.get(object.deployable)?;
        let file = |manifest: &Manifest| {
            manifest.place(manifest.root.origin).map(|place| place.file.path().to_string())
        };
        let mut made_of = BTreeSet::from([deployable.job.path.to_string()]);
        made_of.extend(deployable.deployment.as_ref().and_then(file));
        made_of.extend(file(&object.manifest));
        made_of
            .extend(object.manifest.place(used.reference.origin).map(|place| place.file.path().to_string()));
        Some(Self {
            model: release.model.clone(),
            environment: fleet.environment(release.place).map(|environment| environment.name.clone()),
            cluster: place.cluster.clone(),
            namespace: place.namespace.clone(),
            version: release.version.clone(),
            written: if written.is_empty() { used.reference.text.clone() } else { written.to_owned() },
            is_fixed: used.parsed.class.is_pinned(),
            artifact: used.parsed.artifact_path(&names),
            uri: used.reference.text.clone(),
            exposure: exposure(fleet, object, used.reference.part, config),
            object: object.manifest.id.to_string(),
            content: content(&object.manifest.root),
            made_of,
        })
    }

    /// Whether any traffic reaches it.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        self.exposure > 0
    }

    /// The version as people say it: `v47`; of a hash the first digits.
    #[must_use]
    pub fn said(&self) -> &str {
        const DIGITS: usize = 12;
        let hash = self.written.rsplit(':').next().unwrap_or_default();
        let is_hash = hash.len() >= 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hash { hash.get(..DIGITS).unwrap_or(hash) } else { &self.written }
    }
}

/// The share of the traffic that the model named here gets. `canaryTrafficPercent` splits traffic
/// between Knative revisions; without Knative it does nothing (domain.md §1.5). A twin has what a
/// route gives it, and all where none says.
fn exposure(fleet: &Fleet, object: &Object, part: Part, config: &Config) -> u8 {
    let manifest = &object.manifest;
    let percent = |percent: i64| u8::try_from(percent.clamp(0, 100)).unwrap_or(100);
    if is_twin(manifest)
        && let Some(share) = routes::share_of(fleet, object.place, &manifest.id.name)
    {
        return percent(share);
    }
    let mode = kserve::named_mode(manifest).map(|(mode, _)| mode).or(config
        .kserve
        .mode
        .as_ref()
        .map(|mode| mode.value));
    if part == Part::Canary || mode == Some(DeploymentMode::Standard) {
        return 100;
    }
    percent(kserve::serving(manifest).canary_percent.unwrap_or(100))
}

/// Whether two releases are of one model in one environment.
pub(super) fn is_same_service(one: &Running, other: &Running) -> bool {
    one.model == other.model && one.environment == other.environment
}

/// Whether an object is the twin of a service, which takes a share of its traffic.
pub(super) fn is_twin(manifest: &Manifest) -> bool {
    manifest.id.group() == kserve::GROUP && manifest.id.name.ends_with("-canary")
}

/// A number of everything an object says, whatever file says it.
fn content(root: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Null => hasher.write_u8(0),
            Value::Scalar(scalar) => {
                hasher.write_u8(1);
                hasher.write(scalar.text.as_bytes());
                hasher.write_u8(0xff);
            }
            Value::Sequence(items) => {
                hasher.write_usize(items.len());
                hasher.write_u8(2);
                open.extend(items.iter().rev());
            }
            Value::Map(map) => {
                let mut entries: Vec<(&str, &Node)> =
                    map.iter().map(|(key, value)| (key.name(), value)).collect();
                entries.sort_by_key(|(name, _)| *name);
                hasher.write_usize(entries.len());
                for (name, _) in &entries {
                    hasher.write(name.as_bytes());
                    hasher.write_u8(0xfe);
                }
                open.extend(entries.into_iter().rev().map(|(_, value)| value));
            }
            Value::Unknown(_) => hasher.write_u8(3),
        }
    }
    hasher.finish()
}

/// The deployables that the real tool refuses: a release that is missing may only be hidden.
pub(super) fn refused(fleet: &Fleet) -> impl Iterator<Item = String> {
    fleet.problems.iter().map(|problem| problem.job.path.to_string())
}

/// The files that are no YAML.
fn unread(discovery: &Discovery) -> BTreeSet<String> {
    let unread = discovery.files.values().filter(|found| is_unread(found));
    unread.map(|found| found.path.to_string()).collect()
}

/// Why a state does not show what runs: this clone lacks the content of a file that may say so.
pub(super) fn hidden(discovery: &Discovery) -> Option<Gap> {
    let is_refused = |item: &&NotChecked| item.code == Code::Internal && item.required;
    let item = discovery.not_checked.iter().find(is_refused)?;
    Some(Gap {
        missing: item.what.clone(),
        reason: format!("{} of an earlier state: {}", item.what, item.reason),
        help: NO_FILTER.to_owned(),
    })
}

/// Whether a file that may say what runs cannot be read.
pub(super) fn is_unread(found: &Found) -> bool {
    let read = [FileKind::Manifests, FileKind::Kustomization, FileKind::Values, FileKind::Chart];
    (read.contains(&found.kind) || found.kind == FileKind::Other) && !found.tree.errors().is_empty()
}
