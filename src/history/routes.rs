//! The routes at a place that send traffic to a service, and the shares they give it.

use std::collections::BTreeMap;

use mlgitops_yaml::{Node, Value};

use crate::fleet::{Fleet, PlaceIndex};

const KINDS: [&str; 3] = ["VirtualService", "HTTPRoute", "TrafficSplit"];

/// The routes that name a service, by object, with the shares they give: `10 %`.
pub(super) fn routes(fleet: &Fleet, place: PlaceIndex, service: &str) -> BTreeMap<String, String> {
    let shares = all_shares(fleet, place, service);
    let said = shares.into_iter().map(|(route, shares)| {
        let shares: Vec<String> = shares.into_iter().map(|share| format!("{share} %")).collect();
        (route, shares.join(", "))
    });
    said.collect()
}

/// The largest share that a route gives a service; `None` where none names it with a weight.
pub(super) fn share_of(fleet: &Fleet, place: PlaceIndex, service: &str) -> Option<i64> {
    all_shares(fleet, place, service).into_values().flatten().max()
}

fn all_shares(fleet: &Fleet, place: PlaceIndex, service: &str) -> BTreeMap<String, Vec<i64>> {
    let mut routes = BTreeMap::new();
    let of_kinds = KINDS.iter().flat_map(|kind| fleet.of_kind(kind));
    for object in of_kinds.filter(|object| object.place == place) {
        let mut shares = Vec::new();
        let mut open = vec![&*object.manifest.root];
        while let Some(node) = open.pop() {
            shares.extend(share(node, service));
            match &node.value {
                Value::Map(map) => open.extend(map.iter().map(|(_, value)| value)),
                Value::Sequence(items) => open.extend(items),
                _ => {}
            }
        }
        shares.sort_unstable();
        shares.dedup();
        if !shares.is_empty() {
            let id = &object.manifest.id;
            routes.insert(format!("{}/{}", id.kind, id.name), shares);
        }
    }
    routes
}

/// The weight of a destination that is one of the service's own Kubernetes services.
fn share(node: &Node, service: &str) -> Option<i64> {
    let host = node.find(&["destination", "host"]).text().or(node.get("name").text())?;
    let first = host.split('.').next()?;
    let is_its = first == service || first.strip_prefix(service).is_some_and(|rest| rest == "-predictor");
    let weight = node.get("weight").present().and_then(Node::as_int)?;
    is_its.then_some(weight)
}
