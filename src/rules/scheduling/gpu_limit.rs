//! `scheduling/gpu-limit`: a GPU is meant, and no limit gives one.

use super::super::{Check, Context, Violations};
use crate::finding::{Cause, Violation, field_of};
use crate::fleet::Object;
use crate::fleet::serving_runtime::Below;
use crate::kinds::gpu::{self, Intent, Limit, Resources};
use crate::kinds::kserve::{self, Container, Part, Workload};
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    // A hardware profile adds resources when the object is admitted.
    let profile = metadata_value(&manifest.root, "annotations", "opendatahub.io/hardware-profile-name");
    if !kserve::is_model_kind(manifest) || profile.is_some() || gpu::is_given_by_kserve(manifest) {
        return;
    }
    let resources = Resources::of(manifest);
    for workload in kserve::workloads(manifest) {
        let serves = matches!(workload.part, Part::Predictor | Part::Canary | Part::Worker | Part::Prefill);
        let Some(container) = workload.serving.as_ref().filter(|_| serves) else { continue };
        if gpu::limit(container, &resources).may_give()
            || gpu::is_given_beside(&workload, container, &resources)
        {
            continue;
        }
        if let Some(intent) = gpu::intent(&workload, container, &resources)
            && !may_come_from_elsewhere(object, &workload, &resources, context)
        {
            out.push(violation(object, &workload, container, &intent));
        }
    }
}

/// Whether the runtime limits a GPU, or cannot be seen.
fn may_come_from_elsewhere(
    object: &Object,
    workload: &Workload<'_>,
    resources: &Resources,
    context: &Context<'_>,
) -> bool {
    match context.runtimes().below(object, workload) {
        Below::Nothing | Below::Defaults => false,
        Below::Unknown => true,
        Below::Runtime(_, container) => !matches!(gpu::limit(&container, resources), Limit::None),
    }
}

fn violation(
    object: &Object,
    workload: &Workload<'_>,
    container: &Container<'_>,
    intent: &Intent,
) -> Option<Violation> {
    let manifest = &object.manifest;
    let name = &manifest.id.name;
    let (case, label, message) = if intent.misplaced {
        let level = intent.path.0.iter().rev().nth(1).map(ToString::to_string).unwrap_or_default();
        let message = format!("{name}{{places}} gets no GPU: {} stands in `{level}`", intent.what);
        ("no-effect", "only `limits` of the container counts", message)
    } else {
        let message = format!("{name}{{places}} gets no GPU: none stands in its `limits`");
        ("missing", "says that one is meant", message)
    };
    let limits = format!("{}.resources.limits", mlgitops_manifest::fields::dotted(&container.path));
    let found = Violation::in_object(case, manifest, intent.path.clone(), intent.origin, label, message)?;
    let note = match workload.part {
        Part::Predictor | Part::Canary => {
            "KServe picks the image by this limit: without it, the CPU image, on any node, Ready, and 10 \
             to 100 times slower"
        }
        _ => "without the limit its pods run on any node, without a GPU",
    };
    let found = found.note(note).help(format!("add `nvidia.com/gpu: 1` to `{limits}`; {name} restarts"));
    Some(match &intent.dropped {
        Some(at) => found.follows_from(Cause::field("unknown-field", field_of(&manifest.root, at))),
        None => found,
    })
}
