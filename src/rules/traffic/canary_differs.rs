//! `traffic/canary-differs`: a canary is the stable service with another version.

use std::collections::{BTreeSet, HashMap};

use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::{Object, PlaceIndex};
use crate::kinds::kserve;
use crate::kinds::kubernetes::asks_for_something;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// What follows the name of the stable service.
const SUFFIX: &str = "-canary";

/// What a canary must not lack, by where it stands, with what happens without it.
const FIELDS: [(&[&str], &str); 6] = [
    (&["metadata", "annotations", kserve::MODE_ANNOTATION], "it may run in another mode"),
    (&["spec", "predictor", "serviceAccountName"], "it may not read the model"),
    (&["spec", "predictor", "nodeSelector"], "it runs on other nodes"),
    (&["spec", "predictor", "tolerations"], "it cannot run on the same nodes"),
    (&["spec", "predictor", "affinity"], "it runs on other nodes"),
    (&["spec", "predictor", "maxReplicas"], "it scales otherwise"),
];

/// The same for the container that serves.
const OF_CONTAINER: [(&[&str], &str); 2] = [
    (&["resources", "limits"], "it computes with other resources"),
    (&["runtime"], "another runtime may serve it"),
];

fn check(context: &Context<'_>, out: &mut Violations) {
    let services = || context.fleet.of_kind("InferenceService");
    let mut stable: HashMap<(&str, PlaceIndex), &Object> = HashMap::new();
    for service in services() {
        stable.insert((service.manifest.id.name.as_str(), service.place), service);
    }
    for canary in services() {
        let name = canary.manifest.id.name.strip_suffix(SUFFIX);
        let twin = name.and_then(|name| stable.get(&(name, canary.place)));
        if let Some(twin) = twin {
            out.push(judge(canary, twin, context));
        }
    }
}

/// A field that the stable service has and its canary lacks.
struct Lack<'t> {
    name: String,
    harm: &'static str,
    /// The field of the stable service.
    have: &'t Node,
    /// The innermost level of the canary that could hold it.
    at: (Pointer, OriginId),
}

fn judge(canary: &Object, stable: &Object, context: &Context<'_>) -> Option<Violation> {
    let mut lacks = lacks(canary, stable);
    lacks.retain(|lack| !is_same_without(&lack.name, lack.have, canary, stable, context));
    let first = lacks.first()?;
    let manifest = &canary.manifest;
    let names: Vec<String> = lacks.iter().map(|lack| format!("`{}`", lack.name)).collect();
    let (name, twin) = (&manifest.id.name, &stable.manifest);
    let message = format!("{name}{{places}} is no canary of {}: it lacks {}", twin.id.name, names.join(", "));
    let cause = manifest.place(first.at.1)?;
    let mut found = Violation::for_lack("lacks", manifest, first.at.0.clone(), cause, first.harm, message)?;
    for lack in &lacks {
        if let Some(place) = twin.place(lack.have.origin) {
            found = found.also_at(Label::new(Location::from(place), "of the stable service"));
        }
    }
    Some(
        found
            .at_place(canary.place)
            .note("what its samples show is true of another service than the one it is promoted to")
            .help("take the fields over from the stable service; keep the version alone different"),
    )
}

/// Whether what a canary lacks makes no difference: it is the default, or said in another way.
fn is_same_without(name: &str, have: &Node, canary: &Object, stable: &Object, context: &Context<'_>) -> bool {
    let mode = |object: &Object| context.facts.only_mode(&object.manifest);
    match name {
        kserve::MODE_ANNOTATION => mode(canary).is_some() && mode(canary) == mode(stable),
        "serviceAccountName" => have.text() == Some("default"),
        "nodeSelector" | "affinity" => {
            let pods = [stable, canary].map(|object| object.manifest.root.find(&["spec", "predictor"]));
            let [wanted, asked] = pods.map(|pod| pod.present().and_then(labels_of_nodes));
            wanted.is_some_and(|wanted| asked.is_some_and(|asked| wanted.is_subset(&asked)))
        }
        _ => false,
    }
}

/// The labels that the nodes of a pod must have, by `nodeSelector` and by a required `nodeAffinity`;
/// `None` where the pod asks for more than labels of one value.
fn labels_of_nodes(pod: &Node) -> Option<BTreeSet<(&str, &str)>> {
    let mut labels = BTreeSet::new();
    for (key, value) in
        pod.get("nodeSelector").present().and_then(Node::as_map).into_iter().flat_map(|map| map.iter())
    {
        labels.insert((key.name(), value.text()?));
    }
    let Some(affinity) = pod.get("affinity").present().filter(|node| asks_for_something(node)) else {
        return Some(labels);
    };
    let keys = ["nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"];
    let of_one_key = |node: &Node| node.as_map().is_some_and(|map| map.iter().count() == 1);
    let mut level = affinity;
    for key in keys {
        level = level.get(key).present().filter(|_| of_one_key(level))?;
    }
    // Several terms are a choice.
    let [term] = level.items() else { return None };
    let expressions = term.get("matchExpressions").present().filter(|_| of_one_key(term))?;
    for expression in expressions.items() {
        let [value] = expression.get("values").items() else { return None };
        let is_in = expression.get("operator").text() == Some("In");
        labels.insert((expression.get("key").text().filter(|_| is_in)?, value.text()?));
    }
    Some(labels)
}

fn lacks<'t>(canary: &Object, stable: &'t Object) -> Vec<Lack<'t>> {
    let mut lacks = Vec::new();
    let of_object = FIELDS.iter().map(|(keys, harm)| {
        (&*stable.manifest.root, &*canary.manifest.root, Pointer::default(), *keys, *harm)
    });
    for (have, lacking, at, keys, harm) in of_object {
        lacks.extend(lack(have, lacking, &at, keys, harm));
    }
    let serving = |object: &'_ Object| {
        let workloads = kserve::workloads(&object.manifest);
        workloads.into_iter().find(|one| one.part == kserve::Part::Predictor)?.serving.map(|one| one.path)
    };
    if let (Some(have), Some(lacking)) = (serving(stable), serving(canary)) {
        let node = |object: &'t Object, at: &Pointer| object.manifest.at(at).present();
        let lacking_node = canary.manifest.at(&lacking).present();
        if let (Some(have), Some(lacking_node)) = (node(stable, &have), lacking_node) {
            for (keys, harm) in OF_CONTAINER {
                lacks.extend(lack(have, lacking_node, &lacking, keys, harm));
            }
        }
    }
    lacks
}

fn lack<'t>(
    have: &'t Node,
    lacking: &Node,
    at: &Pointer,
    keys: &[&str],
    harm: &'static str,
) -> Option<Lack<'t>> {
    let have = have.find(keys).present().filter(|node| asks_for_something(node))?;
    if !lacking.find(keys).is_absent() {
        return None;
    }
    // The innermost level that is there.
    let (mut level, mut path) = (lacking, at.clone());
    for key in keys {
        let Some(next) = level.get(key).present() else { break };
        level = next;
        path = path.key(key);
    }
    let name = keys.last().map(ToString::to_string).unwrap_or_default();
    Some(Lack { name, harm, have, at: (path, level.origin) })
}
