//! `traffic/unreachable-route`: every route gets its requests, and every request a route.

use std::collections::{BTreeSet, HashMap};

use mlgitops_yaml::Node;

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::backend::Routes;
use crate::fleet::{EnvironmentIndex, Fleet};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let backends = context.backends();
    let speakers = Speakers::of(context.fleet, backends.all_routes());
    for routes in backends.routes() {
        let placed = |found: Violation| found.at_place(routes.object.place);
        out.push(behind_all(routes).map(placed));
        if speakers.is_alone(routes) {
            out.push(without_default(routes).map(placed));
        }
    }
}

/// A host at a gateway of an environment.
type Door<'f> = (Option<EnvironmentIndex>, &'f str, &'f str);

/// The namespace and the name of a VirtualService.
type Name<'f> = (Option<&'f str>, &'f str);

/// Which VirtualServices speak for a host at a gateway: Istio reads them as one. One that runs on
/// several clusters is the same on each (istio 1.31 `pilot/pkg/networking/core/gateway.go`).
struct Speakers<'f> {
    fleet: &'f Fleet,
    at: HashMap<Door<'f>, BTreeSet<Name<'f>>>,
}

impl<'f> Speakers<'f> {
    fn of(fleet: &'f Fleet, all: &[Routes<'f>]) -> Self {
        let mut speakers = Self { fleet, at: HashMap::new() };
        for routes in all {
            let id = &routes.object.manifest.id;
            for door in speakers.doors(routes) {
                speakers.at.entry(door).or_default().insert((id.namespace.as_deref(), &id.name));
            }
        }
        speakers
    }

    /// Whether the routes are all there is: they are no delegate's, and nobody else speaks for a host.
    fn is_alone(&self, routes: &Routes<'f>) -> bool {
        let doors = self.doors(routes);
        !doors.is_empty() && doors.iter().all(|door| self.at.get(door).is_none_or(|names| names.len() < 2))
    }

    fn doors(&self, routes: &Routes<'f>) -> Vec<Door<'f>> {
        let environment = self.fleet.place(routes.object.place).and_then(|place| place.environment);
        let spec = routes.object.manifest.root.get("spec");
        let texts = |key: &str| spec.get(key).items().iter().filter_map(Node::text).collect::<Vec<_>>();
        let mut gateways = texts("gateways");
        if gateways.is_empty() {
            gateways.push("mesh");
        }
        let hosts = texts("hosts");
        hosts
            .iter()
            .flat_map(|host| gateways.iter().map(move |gateway| (environment, *gateway, *host)))
            .collect()
    }
}

/// The first route that stands behind one that takes every request.
fn behind_all(routes: &Routes<'_>) -> Option<Violation> {
    let takes_all: Vec<bool> = routes.http.iter().map(|route| route.takes_all()).collect::<Option<_>>()?;
    let first = takes_all.iter().position(|all| *all)?;
    let (all, dead) = (routes.http.get(first)?, routes.http.get(first + 1)?);
    let manifest = &routes.object.manifest;
    let name = &manifest.id.name;
    let what = if dead.is_by_header() { "the header route" } else { "a route" };
    let message = format!("{what} of {name}{{places}} gets no request: one before it takes all");
    let origin = dead.node.origin;
    let found =
        Violation::in_object("behind-all", manifest, dead.path.clone(), origin, "never reached", message)?;
    let found = match manifest.place(all.node.origin) {
        Some(place) => found.also_at(Label::new(Location::from(place), "takes every request")),
        None => found,
    };
    Some(
        found
            .note("Istio takes the first route that matches")
            .help("move the route without conditions to the end of `http`"),
    )
}

/// Routes that all ask for a header: a request without it finds none.
fn without_default(routes: &Routes<'_>) -> Option<Violation> {
    let last = routes.http.last().filter(|_| routes.http.iter().all(|route| route.is_by_header()))?;
    let manifest = &routes.object.manifest;
    let name = &manifest.id.name;
    let message = format!("{name}{{places}} answers 404 to a request without the header");
    let label = "the last route asks for a header, too";
    let found =
        Violation::in_object("no-default", manifest, last.path.clone(), last.node.origin, label, message)?;
    Some(found.help("add a route without `match` at the end of `http`"))
}
