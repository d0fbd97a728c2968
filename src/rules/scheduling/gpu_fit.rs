//! `scheduling/gpu-fit`: a model fits the GPUs its pod gets, and uses them.

use mlgitops_manifest::Manifest;
use mlgitops_manifest::size::Size as Bytes;
use mlgitops_yaml::Node;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;
use crate::kinds::gpu::{self, Amount, Limit, Resources};
use crate::kinds::kserve::{self, Container, Part, Workload};
use crate::kinds::model_size::{Weights, bytes_of, gpu_memory};

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

/// Arguments of vLLM that multiply into the GPUs of one server (vLLM v0.11 `vllm/engine/arg_utils.py`).
const TENSOR: [&str; 3] = ["--tensor-parallel-size", "--tensor_parallel_size", "-tp"];
const PIPELINE: [&str; 3] = ["--pipeline-parallel-size", "--pipeline_parallel_size", "-pp"];
const DATA: [&str; 3] = ["--data-parallel-size", "--data_parallel_size", "-dp"];

fn check(object: &Object, _: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    if !kserve::is_model_kind(manifest) {
        return;
    }
    let workloads = kserve::workloads(manifest);
    // Of several nodes each has its own GPUs, and they count together.
    if workloads.iter().any(|one| one.part == Part::Worker) {
        return;
    }
    let resources = Resources::of(manifest);
    for workload in workloads.iter().filter(|one| matches!(one.part, Part::Predictor | Part::Canary)) {
        let Some(container) = &workload.serving else { continue };
        let Limit::Stated(amount) = gpu::limit(container, &resources) else { continue };
        let Some(gpus) = amount.gpus().filter(|gpus| *gpus > 0) else { continue };
        out.push(of_parallel(object, container, &amount, gpus));
        out.push(of_memory(object, workload, container, &amount, gpus));
    }
}

/// The value of an argument, with the node it stands in.
fn argument<'n>(container: &Container<'n>, names: &[&str]) -> Option<(&'n str, &'n Node, String)> {
    ["args", "command"].into_iter().find_map(|list| {
        let items = container.node.get(list).items();
        let (index, _, value) = kserve::argument(items, names)?;
        Some((list, items.get(index)?, value))
    })
}

/// A server that is told to share itself between another number of GPUs than it gets.
fn of_parallel(
    object: &Object,
    container: &Container<'_>,
    amount: &Amount<'_>,
    gpus: u64,
) -> Option<Violation> {
    let (list, node, tensor) = argument(container, &TENSOR)?;
    let tensor: u64 = tensor.parse().ok().filter(|tensor| *tensor > 0)?;
    let times = |names| match argument(container, names) {
        Some((_, _, value)) => value.parse::<u64>().ok(),
        None => Some(1),
    };
    let asked = tensor.checked_mul(times(&PIPELINE)?)?;
    let manifest = &object.manifest;
    let name = &manifest.id.name;
    let (case, message, label) = match asked.checked_mul(times(&DATA)?)? {
        _ if asked > gpus => (
            "parallel",
            format!("{name}{{places}} never starts: it wants {asked} GPUs and gets {gpus}"),
            format!("{asked} GPUs"),
        ),
        used if used < gpus => (
            "idle",
            format!("{name}{{places}} uses {used} of the {gpus} GPUs it takes"),
            format!("{used} of {gpus}"),
        ),
        _ => return None,
    };
    let items = container.node.get(list).items();
    let index = items.iter().position(|item| std::ptr::eq(item, node))?;
    let path = container.path.key(list).index(index);
    let found = Violation::in_object(case, manifest, path, node.origin, label, message)?;
    let found = match manifest.place(amount.key) {
        Some(at) => found.also_at(Label::new(Location::from(at), format!("{gpus} of them"))),
        None => found,
    };
    Some(match case {
        "parallel" => found
            .note("a server that finds fewer GPUs than its parts stops at its start, again and again")
            .help(format!("give it {asked} GPUs, or write `--tensor-parallel-size={gpus}`")),
        _ => found.help(format!("write `--tensor-parallel-size={gpus}`, or take {} GPUs", asked)),
    })
}

/// Weights that are larger than the memory of the GPUs together.
fn of_memory(
    object: &Object,
    workload: &Workload<'_>,
    container: &Container<'_>,
    amount: &Amount<'_>,
    gpus: u64,
) -> Option<Violation> {
    // What is kept in the memory of the node needs no GPU.
    if argument(container, &["--cpu-offload-gb", "--cpu_offload_gb"]).is_some() {
        return None;
    }
    let manifest = &object.manifest;
    let (type_of, each, at) = named(manifest, workload, amount)?;
    let references = kserve::model_references(manifest);
    let reference = references.iter().find(|one| one.part == workload.part)?;
    let mut weights = Weights::of(&reference.text)?;
    let stated = argument(container, &["--quantization", "-q"]).or_else(|| argument(container, &["--dtype"]));
    if let Some((_, _, text)) = stated {
        // A quantisation by another name has eight bits at most, and may have four.
        let of_other = if text == "auto" || text.contains("16") { weights.bytes } else { 0.56 };
        weights.bytes = bytes_of(&text.to_lowercase()).unwrap_or(of_other);
    }
    let (needs, has) = (weights.all(), each.checked_mul(gpus)?);
    if needs <= has {
        return None;
    }
    let name = &manifest.id.name;
    let message = format!(
        "{name}{{places}} does not fit its GPUs: weights of {}, {gpus} × {} of {type_of}",
        Bytes(needs),
        Bytes(each)
    );
    let (path, origin) = (reference.path.clone(), reference.origin);
    let label = format!("{} thousand million parameters × {} bytes", weights.billions, weights.bytes);
    let found = Violation::in_object("memory", manifest, path, origin, label, message)?;
    let found = match at {
        Some(at) => found.also_at(Label::new(at, format!("{} each", Bytes(each)))),
        None => found,
    };
    let enough = needs.div_ceil(each);
    Some(
        found
            .note("the weights alone, by the name of the model; its cache and activations come on top")
            .help(format!("{enough} of these GPUs at least, a larger type, or a quantised model")),
    )
}

/// The type of GPU a pod gets, as far as something names it: its memory in bytes, and the line that
/// names it. Of several the largest.
fn named(
    manifest: &Manifest,
    workload: &Workload<'_>,
    amount: &Amount<'_>,
) -> Option<(String, u64, Option<Location>)> {
    // A share of a GPU has a share of its memory, and nobody says which.
    if amount.name.ends_with(".shared") {
        return None;
    }
    if amount.names_a_type() {
        return gpu_memory(amount.name).map(|memory| (format!("`{}`", amount.name), memory, None));
    }
    // `nvidia.com/gpu.present: "true"` and `nvidia.com/gpu.count: "4"` name no type.
    let names_none = |text: &str| text == "true" || text.bytes().all(|byte| byte.is_ascii_digit());
    let types = gpu::named_types(workload.pod).into_iter();
    let types: Vec<(&Node, &str)> =
        types.filter_map(|node| Some((node, node.text().filter(|text| !names_none(text))?))).collect();
    let known: Vec<_> =
        types.iter().filter_map(|(node, name)| Some((*node, *name, gpu_memory(name)?))).collect();
    // Where one of them does not tell its memory, it may be the largest.
    let largest = known.iter().max_by_key(|(_, _, memory)| *memory).filter(|_| known.len() == types.len());
    let (node, name, memory) = largest?;
    Some((format!("`{name}`"), *memory, manifest.place(node.origin).map(Location::from)))
}
