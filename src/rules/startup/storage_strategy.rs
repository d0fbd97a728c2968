//! `startup/storage-strategy`: a large model is brought to its pods in a way that suits its size.

use mlgitops_manifest::size::{Rate, Size as Bytes};

use super::super::start::{download, is_main, whole};
use super::super::{Check, Context, Violations};
use crate::config::StartupConfig;
use crate::finding::Violation;
use crate::fleet::size::{Size, size_of};
use crate::fleet::startup_time::{Download, Phases};
use crate::fleet::{ModelUse, Object};
use crate::kinds::kserve::{self, Form};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let caches = context.caches();
    for release in &fleet.releases {
        let used = fleet.uses.get(release.model_use).filter(|used| is_main(used));
        let (Some(used), Some(object)) = (used, fleet.objects.get(release.object)) else { continue };
        let Some(size) = size_of(used, context.config, caches, fleet) else { continue };
        let paths = fleet.paths_of(used);
        let config = context.config.startup(paths.iter().map(String::as_str));
        let way = download(used, caches.of_model(used).is_some());
        if way != Download::Never && !may_lie_on_a_volume(used, object) {
            out.push(judge(used, object, &size, way, config));
        }
    }
}

/// Whether the server finds what it would download on a volume of its pod.
fn may_lie_on_a_volume(used: &ModelUse, object: &Object) -> bool {
    used.reference.form == Form::Argument
        && kserve::workloads(&object.manifest)
            .iter()
            .any(|pods| pods.path.covers(&used.reference.path) && !pods.pod.get("volumes").items().is_empty())
}

fn judge(
    used: &ModelUse,
    object: &Object,
    size: &Size,
    way: Download,
    config: &StartupConfig,
) -> Option<Violation> {
    let (case, help) = match size.bytes {
        bytes if bytes <= config.download_up_to => return None,
        bytes if bytes <= config.cache_up_to => (
            "cache",
            "keep it on the nodes with a LocalModelCache (KServe 0.15 and later), or on a volume: \
             `pvc://CLAIM/PATH/`",
        ),
        _ => (
            "image",
            "ship it as an image, which a node pulls once: `oci://REGISTRY/NAME@sha256:…`; or keep it on the \
             nodes with a LocalModelCache (KServe 0.15 and later)",
        ),
    };
    let reference = &used.reference;
    let message = format!("{}{{places}} downloads {} into every new pod", used.model, Bytes(size.bytes));
    let label = match way {
        Download::ByServer => "by the server, one copy a pod",
        _ => "by an init container, one copy a pod",
    };
    let (path, origin) = (reference.path.clone(), reference.origin);
    let found = Violation::in_object(case, &object.manifest, path, origin, label, message)?;
    let found = match &size.location {
        Some(at) => found.also_at(crate::finding::Label::new(at.clone(), "size from here")),
        None => found,
    };
    let seconds = |rates| whole(Phases::of(size.bytes, way, rates).download);
    let note = format!(
        "each start, each new replica and each new node waits {} s for it at {}, {} s at {}",
        seconds(&config.best),
        Rate(config.best.download),
        seconds(&config.worst),
        Rate(config.worst.download),
    );
    Some(found.note(note).help(help).at_place(object.place).of_model(&used.model))
}
