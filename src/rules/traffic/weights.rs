//! `traffic/weights`: the shares of a route are what they look like.

use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;
use crate::kinds::istio::Route;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    for routes in context.backends().routes() {
        for route in routes.all() {
            out.push(judge(routes.object, route).map(|found| found.at_place(routes.object.place)));
        }
    }
}

fn judge(object: &Object, route: &Route<'_>) -> Option<Violation> {
    let weights: Vec<i64> = route.destinations.iter().map(|one| one.weight()).collect::<Option<_>>()?;
    // Destinations that could not be read have weights, too.
    if weights.len() != route.node.get("route").items().len() {
        return None;
    }
    let sum: i64 = weights.iter().sum();
    let name = &object.manifest.id.name;
    if let Some(at) = weights.iter().position(|weight| *weight < 0) {
        let message = format!("route {name}{{places}} is refused: a weight of {}", weights.get(at)?);
        let note = "Istio's webhook refuses the object; the routes of before stay in force";
        return Some(at_weight(object, route, at, "refused", "below 0", message)?.note(note));
    }
    match weights.as_slice() {
        [] => None,
        [100] => None,
        [one] => {
            // Not written is what most routes with one destination have.
            route.destinations.first()?.node.get("weight").present()?;
            let message =
                format!("route {name}{{places}} gives its only destination all traffic, not {one} %");
            let found = at_weight(object, route, 0, "alone", "a share of all there is", message)?;
            Some(found.note("weights are shares of their sum").help("add the destination that gets the rest"))
        }
        _ if sum == 0 => {
            let message = format!("route {name}{{places}} is refused: its weights add up to 0");
            let (node, path) = (route.node.get("route").present()?, route.path.key("route"));
            let found = violation(object, "refused", path, node, "no destination gets anything", message)?;
            let note = "Istio's webhook refuses the object; the routes of before stay in force";
            Some(found.note(note).help("give each destination a `weight`, 100 in all"))
        }
        _ if sum != 100 => {
            let message = format!("the weights of route {name}{{places}} add up to {sum}, not 100");
            let first = *weights.first()?;
            let found = at_weight(object, route, 0, "sum", "no percentage", message)?;
            // Both are positive and small, or the share says nothing anyway.
            let share = (first.saturating_mul(1000) / sum + 5) / 10;
            Some(found.note(format!("weights are shares of their sum: {first} of {sum} is {share} %")))
        }
        _ => None,
    }
}

fn at_weight(
    object: &Object,
    route: &Route<'_>,
    at: usize,
    case: &'static str,
    label: &str,
    message: String,
) -> Option<Violation> {
    let destination = route.destinations.get(at)?;
    match destination.node.get("weight").present() {
        Some(node) => violation(object, case, destination.path.key("weight"), node, label, message),
        None => violation(object, case, destination.path.clone(), destination.node, label, message),
    }
}

fn violation(
    object: &Object,
    case: &'static str,
    path: Pointer,
    node: &Node,
    label: &str,
    message: String,
) -> Option<Violation> {
    Violation::in_object(case, &object.manifest, path, node.origin, label, message)
}
