//! `traffic/unreachable-route`: every route gets its requests, and every request a route.

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};
use crate::fleet::backend::Routes;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    for routes in context.backends().routes() {
        let placed = |found: Violation| found.at_place(routes.object.place);
        out.push(behind_all(routes).map(placed));
        out.push(without_default(routes).map(placed));
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
