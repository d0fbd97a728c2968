//! `startup/memory`: a model fits the memory and the disk that its pod may use.

use mlgitops_manifest::Manifest;
use mlgitops_manifest::quantity::Quantity;
use mlgitops_manifest::size::Size as Bytes;
use mlgitops_yaml::{Lookup, Node, Pointer};

use super::super::start::{download, is_main};
use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::reference::Scheme;
use crate::fleet::serving_runtime::{Below, Runtimes};
use crate::fleet::size::{Size, size_of};
use crate::fleet::startup_time::Download;
use crate::fleet::{Fleet, ModelUse, Object};
use crate::kinds::gpu::{self, Resources};
use crate::kinds::kserve::{self, Container, Workload};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// The memory limit of every runtime KServe ships (kserve v0.11 to v0.20 `config/runtimes`).
const OF_SHIPPED: &str = "2Gi";

/// The memory limit of the storage initializer (kserve v0.11 to v0.20 `config/configmap`,
/// `config/storagecontainers/default.yaml`).
const OF_INITIALIZER: &str = "1Gi";

/// Above this, a download from Hugging Face outgrows that limit (kserve#5326).
const HUB_DOWNLOAD: u64 = 8 << 30;

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let (runtimes, caches) = (context.runtimes(), context.caches());
    let initializer = Initializer::of(fleet);
    for release in &fleet.releases {
        let used = fleet.uses.get(release.model_use).filter(|used| is_main(used));
        let (Some(used), Some(object)) = (used, fleet.objects.get(release.object)) else { continue };
        if !object.manifest.id.is(kserve::GROUP, "InferenceService") {
            continue;
        }
        let Some(size) = size_of(used, context.config, caches, fleet) else { continue };
        let workloads = kserve::workloads(&object.manifest);
        let workload = workloads.iter().find(|one| one.path.covers(&used.reference.path));
        let Some((workload, container)) = workload.and_then(|one| Some((one, one.serving.as_ref()?))) else {
            continue;
        };
        // Each of several nodes loads a part.
        if workloads.iter().any(|one| one.part == kserve::Part::Worker) {
            continue;
        }
        let model = Model { used, object, size: &size };
        let is_downloaded = download(used, caches.of_model(used).is_some()) == Download::Before;
        let found = [
            model.of_limit(workload, container, runtimes),
            initializer.as_ref().filter(|_| is_downloaded).and_then(|limit| model.of_initializer(limit)),
            model.of_disk(workload, container).filter(|_| is_downloaded),
        ];
        for found in found.into_iter().flatten() {
            out.push(model.told(found));
        }
    }
}

/// A model and what holds it.
struct Model<'c> {
    used: &'c ModelUse,
    object: &'c Object,
    size: &'c Size,
}

impl Model<'_> {
    /// A memory limit below the size of the model, of a server without a GPU: with one, the model
    /// goes to the GPU's own memory.
    fn of_limit(
        &self,
        workload: &Workload<'_>,
        container: &Container<'_>,
        runtimes: &Runtimes<'_>,
    ) -> Option<Violation> {
        let has_gpu = |container: &Container<'_>, manifest: &Manifest| {
            gpu::limit(container, &Resources::of(manifest)).may_give()
        };
        let manifest = &self.object.manifest;
        if has_gpu(container, manifest) || gpu::is_given_by_kserve(manifest) {
            return None;
        }
        let path = container.path.key("resources").key("limits").key("memory");
        let memory = container.node.find(&["resources", "limits", "memory"]);
        if let Lookup::Present(node) = memory {
            let limit = node.text().filter(|text| self.exceeds(text))?;
            return self.lack("limit", (path, node), "the limit of the server", &self.no_memory(limit));
        }
        if !memory.is_absent() {
            return None;
        }
        let below = runtimes.below(self.object, workload);
        let Below::Runtime(runtime, server) = &below else {
            let shipped = runtimes.shipped(self.object, workload)?;
            let limit = Some(OF_SHIPPED).filter(|limit| self.exceeds(limit))?;
            let note = format!("{shipped} brings this limit with it: the service states none of its own");
            return Some(self.lack_of_own(&path, container, &self.no_memory(limit))?.note(note));
        };
        let theirs = server.node.find(&["resources", "limits", "memory"]).present()?;
        let limit = theirs.text().filter(|text| self.exceeds(text))?;
        if has_gpu(server, &runtime.manifest) {
            return None;
        }
        let found = self.lack_of_own(&path, container, &self.no_memory(limit))?;
        Some(match runtime.manifest.place(theirs.origin) {
            Some(at) => found.also_at(Label::new(Location::from(at), "the limit of its runtime")),
            None => found,
        })
    }

    fn no_memory(&self, limit: &str) -> String {
        let (model, bytes) = (&self.used.model, Bytes(self.size.bytes));
        format!("{model}{{places}} does not fit its memory: a model of {bytes}, a limit of {limit}")
    }

    /// What the initializer may use, for a download that keeps what it reads.
    fn of_initializer(&self, limit: &Limit) -> Option<Violation> {
        if self.used.parsed.scheme != Scheme::Hf || self.size.bytes <= HUB_DOWNLOAD {
            return None;
        }
        let (model, bytes) = (&self.used.model, Bytes(self.size.bytes));
        let message = format!(
            "{model}{{places}} may never start: its download of {bytes} has {} of memory",
            limit.text
        );
        let reference = &self.used.reference;
        let (path, origin) = (reference.path.clone(), reference.origin);
        let label = "downloaded by the init container";
        let found = Violation::in_object("initializer", &self.object.manifest, path, origin, label, message)?;
        let found = match &limit.location {
            Some(at) => found.also_at(Label::new(at.clone(), "its limit")),
            None => found,
        };
        Some(
            found
                .note(
                    "the client of Hugging Face outgrows it above about 8 GB (kserve#5326), and a service \
                     cannot raise it: the init container is killed, and starts again",
                )
                .help(
                    "raise `memoryLimit` of `storageInitializer` in KServe's ConfigMap, or serve the model \
                     from `oci://`, `pvc://` or a cache",
                ),
        )
    }

    /// A limit of the pod's disk below what the init container writes to it. The limits of its
    /// containers count together, and so does every folder of the pod (Kubernetes: local ephemeral
    /// storage).
    fn of_disk(&self, workload: &Workload<'_>, container: &Container<'_>) -> Option<Violation> {
        let keys = ["resources", "limits", "ephemeral-storage"];
        let node = container.node.find(&keys).present()?;
        let limit = node.text().filter(|text| self.exceeds(text))?;
        let others = workload.pod.get("containers").items().iter();
        if others.filter(|one| !one.find(&keys).is_absent()).count() > usize::from(container.format.is_none())
        {
            return None;
        }
        let (model, bytes) = (&self.used.model, Bytes(self.size.bytes));
        let message =
            format!("{model}{{places}} does not fit its disk: a model of {bytes}, a limit of {limit}");
        let path = keys.iter().fold(container.path.clone(), |path, key| path.key(key));
        let found = self.lack("disk", (path, node), "the limit of the pod's disk", &message)?;
        Some(found.note("the download lands in a folder of the pod: over the limit, the pod is evicted"))
    }

    fn exceeds(&self, limit: &str) -> bool {
        Quantity::decode(limit).is_ok_and(|limit| limit.as_bytes() > 0 && limit.as_bytes() < self.size.bytes)
    }

    fn lack(
        &self,
        case: &'static str,
        (path, node): (Pointer, &Node),
        label: &str,
        message: &str,
    ) -> Option<Violation> {
        let found = Violation::in_object(case, &self.object.manifest, path, node.origin, label, message)?;
        let most = Bytes(self.size.bytes);
        Some(found.help(format!("give it {most} and what the server needs beside the model")))
    }

    /// A limit that the service would have to state.
    fn lack_of_own(&self, path: &Pointer, container: &Container<'_>, message: &str) -> Option<Violation> {
        let manifest = &self.object.manifest;
        let cause = manifest.place(self.used.reference.origin)?;
        let found =
            Violation::for_lack("limit", manifest, path.clone(), cause, "served under that limit", message)?;
        let field = mlgitops_manifest::fields::dotted(&container.path);
        Some(found.help(format!("state `{field}.resources.limits.memory`, more than the model itself")))
    }

    fn told(&self, found: Violation) -> Violation {
        let found = match &self.size.location {
            Some(at) => found.also_at(Label::new(at.clone(), "size from here")),
            None => found,
        };
        found.at_place(self.object.place).of_model(&self.used.model)
    }
}

/// What a container may use, and who says so.
struct Limit {
    text: String,
    location: Option<Location>,
}

/// The storage initializer of a cluster.
struct Initializer;

impl Initializer {
    /// Its memory limit where it is no more than KServe's own; of a larger one nobody knows what it
    /// is enough for.
    fn of(fleet: &Fleet) -> Option<Limit> {
        let stated = Self::of_containers(fleet).or_else(|| Self::of_config_map(fleet));
        let limit = stated.unwrap_or_else(|| Limit { text: OF_INITIALIZER.to_owned(), location: None });
        let bytes = |text: &str| Quantity::decode(text).map(|limit| limit.as_bytes()).ok();
        (bytes(&limit.text)? <= bytes(OF_INITIALIZER)?).then_some(limit)
    }

    /// Of the ClusterStorageContainer that takes `hf://`.
    fn of_containers(fleet: &Fleet) -> Option<Limit> {
        fleet.of_kind("ClusterStorageContainer").find_map(|object| {
            let spec = object.manifest.root.get("spec");
            let formats = spec.get("supportedUriFormats").items();
            formats.iter().find(|format| format.get("prefix").text() == Some("hf://"))?;
            let memory = spec.get("container").get("resources").get("limits").get("memory").present()?;
            let location = object.manifest.place(memory.origin).map(Location::from);
            Some(Limit { text: memory.text()?.to_owned(), location })
        })
    }

    /// Of KServe's ConfigMap, whose values are JSON.
    fn of_config_map(fleet: &Fleet) -> Option<Limit> {
        let is_it = |object: &&Object| object.manifest.id.name == "inferenceservice-config";
        fleet.of_kind("ConfigMap").filter(is_it).find_map(|object| {
            let node = object.manifest.root.find(&["data", "storageInitializer"]).present()?;
            let stated: serde_json::Value = serde_json::from_str(node.text()?).ok()?;
            let text = stated.get("memoryLimit")?.as_str()?.to_owned();
            Some(Limit { text, location: object.manifest.place(node.origin).map(Location::from) })
        })
    }
}
