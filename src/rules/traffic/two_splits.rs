//! `traffic/two-splits`: one thing decides how the traffic of a model is shared.

use super::super::{Check, Context, Violations};
use crate::config::DeploymentMode;
use crate::finding::{Label, Location, Violation};
use crate::fleet::Object;
use crate::fleet::backend::Routes;
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let backends = context.backends();
    for routes in backends.routes() {
        let mut judged: Vec<&str> = Vec::new();
        for route in routes.all() {
            let sharing = route.destinations.iter().filter(|one| one.weight().is_some_and(|it| it > 0));
            let sharing: Vec<_> = sharing.collect();
            // All to one of them shares nothing.
            for destination in sharing.iter().filter(|_| sharing.len() > 1) {
                let backend = backends.backend(routes.object, destination.host);
                let Some(service) = backend.and_then(|backend| backend.service) else { continue };
                let name = service.manifest.id.name.as_str();
                if !judged.contains(&name) {
                    judged.push(name);
                    out.push(judge(service, routes, context));
                }
            }
        }
    }
}

fn judge(service: &Object, routes: &Routes<'_>, context: &Context<'_>) -> Option<Violation> {
    let manifest = &service.manifest;
    let percent = kserve::serving(manifest).canary_percent.filter(|percent| (1..100).contains(percent))?;
    // Where KServe does not share, `canary-mode` says so.
    if !context.facts.modes(manifest).contains(&DeploymentMode::Knative) {
        return None;
    }
    let (node, path) = kserve::canary_percent(manifest)?;
    let (name, route) = (&manifest.id.name, &routes.object.manifest);
    let message =
        format!("two splits share the traffic of {name}{{places}}: nobody can say what its canary gets");
    let label = format!("{percent} % to the newest revision, of what the route lets through");
    let mut found =
        Violation::in_object("two", manifest, path, node.origin, label, message)?.at_place(service.place);
    let at = routes.all().next().and_then(|first| route.place(first.node.origin));
    if let Some(place) = at {
        found = found.also_at(Label::new(Location::from(place), format!("{} shares it, too", route.id.name)));
    }
    Some(
        found
            .note("KServe shares between two revisions of one service, the route between services; the shares multiply")
            .help("keep one of them: take out `canaryTrafficPercent`, or the weights"),
    )
}
