//! `traffic/controller-conflict`: the weights that a controller moves, Argo CD and Flux leave alone.

#[path = "controller_conflict/flux.rs"]
mod flux;

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Label, Location, PlaceIndex, Violation};
use crate::fleet::{Deployment, Object};
use crate::kinds::argocd_ignore::{What, entries};
use crate::kinds::argocd_sync::{Automation, automation, innermost_policy, respects_ignored};
use crate::kinds::flux::{is_helm_release, is_kustomization};
use crate::kinds::jq_path::Covers;
use crate::kinds::{argocd, istio};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// Where a Rollout names the routes it moves, below `spec.strategy.canary.trafficRouting`, with
/// their kind (argo-rollouts v1.10 `pkg/apis/rollouts/v1alpha1/types.go`, and the plugin for the
/// Gateway API).
const PLUGIN: &str = "argoproj-labs/gatewayAPI";

fn check(context: &Context<'_>, out: &mut Violations) {
    let moved = Moved::of(context);
    if moved.0.is_empty() {
        return;
    }
    for deployment in &context.fleet.deployments {
        let id = &deployment.manifest.id;
        let is_of_flux = is_kustomization(id) || is_helm_release(id);
        if !is_of_flux && !id.is(argocd::GROUP, "Application") {
            continue;
        }
        for route in context.fleet.objects_of(deployment) {
            let Some(by) = moved.by(route) else { continue };
            let found = match by.controller {
                Controller::Rollouts if is_of_flux => flux::of_weights(deployment, route, &by, context),
                Controller::Rollouts => of_weights(deployment, route, &by, context),
                Controller::Flagger if is_of_flux => flux::of_whole(deployment, route, &by, context),
                Controller::Flagger => of_whole("Argo CD", route, &by),
            };
            out.push(found.map(|found| found.at_place(route.place)));
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Controller {
    /// Argo Rollouts: it moves the weights of a route that stands in Git.
    Rollouts,
    /// Flagger: it makes the route itself (flagger v1.44 `pkg/router/istio.go`).
    Flagger,
}

/// Who moves a route, and where that is said.
#[derive(Clone, Copy)]
struct By<'f> {
    controller: Controller,
    object: &'f Object,
    /// The name of the route.
    node: &'f Node,
    /// What the controller is told of it, where it is told more than the name.
    entry: Option<&'f Node>,
}

/// The routes that controllers move: kind and name, and where they run.
struct Moved<'f>(BTreeMap<(&'static str, &'f str, PlaceIndex), By<'f>>);

impl<'f> Moved<'f> {
    fn of(context: &Context<'f>) -> Self {
        let mut moved = Self(BTreeMap::new());
        for object in context.fleet.of_kind("Rollout").filter(|one| one.manifest.id.group() == argocd::GROUP)
        {
            let routing = object.manifest.root.find(&["spec", "strategy", "canary", "trafficRouting"]);
            let Some(routing) = routing.present() else { continue };
            let (istio, plugin) = (routing.get("istio"), routing.get("plugins").get(PLUGIN));
            let one = istio.get("virtualService").present();
            for entry in istio.get("virtualServices").items().iter().chain(one) {
                moved.add_virtual_service(object, entry, context);
            }
            let one = plugin.get("httpRoute").present();
            let names = plugin.get("httpRoutes").items().iter().filter_map(|one| one.get("name").present());
            for name in names.chain(one) {
                moved.add(
                    "HTTPRoute",
                    By { controller: Controller::Rollouts, object, node: name, entry: None },
                );
            }
        }
        for object in context.fleet.of_kind("Canary").filter(|one| one.manifest.id.group() == "flagger.app") {
            let spec = object.manifest.root.get("spec");
            let Some(spec) = spec.present() else { continue };
            let own = spec.get("service").get("name").present();
            let name = own.or_else(|| spec.get("targetRef").get("name").present());
            // Who names no provider has the one Flagger was installed with, Istio unless stated.
            let kind = match spec.get("provider").text() {
                None | Some("istio") => "VirtualService",
                Some(provider) if provider.starts_with("gatewayapi") => "HTTPRoute",
                Some(_) => continue,
            };
            if let Some(node) = name {
                moved.add(kind, By { controller: Controller::Flagger, object, node, entry: None });
            }
        }
        moved
    }

    /// A route beside what moves it.
    fn add(&mut self, kind: &'static str, by: By<'f>) {
        if let Some(name) = by.node.text() {
            self.0.entry((kind, name, by.object.place)).or_insert(by);
        }
    }

    /// A VirtualService by its name, or as `name.namespace` (argo-rollouts v1.9 `utils/istio`).
    fn add_virtual_service(&mut self, object: &'f Object, entry: &'f Node, context: &Context<'f>) {
        let Some(node) = entry.get("name").present() else { return };
        let by = By { controller: Controller::Rollouts, object, node, entry: Some(entry) };
        let Some((name, namespace)) = node.text().and_then(|text| text.split_once('.')) else {
            return self.add("VirtualService", by);
        };
        let around =
            |place| context.fleet.place(place).map(|place| (place.environment, place.cluster.as_deref()));
        let own = around(object.place);
        for route in context.fleet.of_kind("VirtualService").filter(|one| one.manifest.id.name == name) {
            let of_place = || context.fleet.place(route.place)?.namespace.as_deref();
            let lies_in = route.manifest.id.namespace.as_deref().or_else(of_place);
            if lies_in == Some(namespace) && around(route.place) == own {
                self.0.entry(("VirtualService", name, route.place)).or_insert(by);
            }
        }
    }

    /// Who moves a route of this fleet.
    fn by(&self, route: &'f Object) -> Option<By<'f>> {
        let id = &route.manifest.id;
        let kind = ["VirtualService", "HTTPRoute"].into_iter().find(|kind| *kind == id.kind)?;
        self.0.get(&(kind, id.name.as_str(), route.place)).copied()
    }
}

/// The lists of a route that hold destinations, and how their shares are called there.
fn lists(route: &Object) -> &'static [(&'static str, &'static str)] {
    match route.manifest.id.group() {
        istio::GROUP => &[("http", "route"), ("tls", "route"), ("tcp", "route")],
        _ => &[("rules", "backendRefs")],
    }
}

/// The entries of `http` that a Rollout names, where it names some: it moves no others
/// (argo-rollouts v1.8 `rollout/trafficrouting/istio/istio.go`).
fn named_entries<'f>(by: &By<'f>) -> Vec<&'f str> {
    by.entry.map_or(&[][..], |entry| entry.get("routes").items()).iter().filter_map(Node::text).collect()
}

/// Whether a controller moves an entry of a list. Those of `tls` and `tcp` have no names: a Rollout
/// finds them by their port and their hosts, if it is told any (the same file).
fn is_moved(list: &str, node: &Node, by: &By<'_>) -> bool {
    let told = |key: &str| by.entry.map_or(&[][..], |entry| entry.get(key).items());
    let matches = || node.get("match").items();
    let is_at = |told: &Node| {
        let port = told.get("port").present().and_then(Node::as_int);
        matches().iter().all(|one| one.get("port").present().and_then(Node::as_int) == port)
    };
    let hosts = |nodes: &'_ [Node], key: &str| -> BTreeSet<String> {
        let hosts = nodes.iter().flat_map(|one| one.get(key).items()).filter_map(Node::text);
        hosts.map(str::to_owned).collect()
    };
    match list {
        "tcp" => told("tcpRoutes").is_empty() || told("tcpRoutes").iter().any(is_at),
        "tls" => {
            let is_for = |told: &Node| {
                is_at(told) && hosts(matches(), "sniHosts") == hosts(std::slice::from_ref(told), "sniHosts")
            };
            told("tlsRoutes").is_empty() || told("tlsRoutes").iter().any(is_for)
        }
        _ => {
            let names = named_entries(by);
            names.is_empty() || node.get("name").text().is_some_and(|name| names.contains(&name))
        }
    }
}

/// The weights of a route that its controller moves, each with its pointer: those of entries with
/// several destinations.
fn weights<'r>(route: &'r Object, by: &By<'_>) -> Vec<(&'r Node, Pointer)> {
    let mut found = Vec::new();
    for (list, backends) in lists(route) {
        for (rule, node) in route.manifest.root.find(&["spec", list]).items().iter().enumerate() {
            let items = node.get(backends).items();
            if items.len() < 2 || !is_moved(list, node, by) {
                continue;
            }
            let at = Pointer::of(&["spec", list]).index(rule).key(backends);
            for (index, one) in items.iter().enumerate() {
                let weight = one.get("weight").present();
                found.extend(weight.map(|weight| (weight, at.index(index).key("weight"))));
            }
        }
    }
    found
}

/// What Argo CD has to ignore of a route with such weights.
fn expressions(route: &Object, by: &By<'_>, weights: &[(&Node, Pointer)]) -> Vec<String> {
    let held = |list: &str| weights.iter().any(|(_, at)| Pointer::of(&["spec", list]).covers(at));
    let entries: Vec<String> = named_entries(by).iter().map(|name| format!(".name == \"{name}\"")).collect();
    let of = |(list, backends): &(&str, &str)| match *list {
        "http" if !entries.is_empty() => {
            format!(".spec.http[] | select({}) | .route[].weight", entries.join(" or "))
        }
        _ => format!(".spec.{list}[].{backends}[].weight"),
    };
    lists(route).iter().filter(|(list, _)| held(list)).map(of).collect()
}

const NOTE: &str = "the share of a canary jumps between its step and Git, and its analysis measures neither";

/// Weights that Argo CD sets back to what Git says.
fn of_weights(
    deployment: &Deployment,
    route: &Object,
    by: &By<'_>,
    context: &Context<'_>,
) -> Option<Violation> {
    let application = &deployment.manifest;
    let id = &route.manifest.id;
    let weights = weights(route, by);
    let (first, _) = weights.first()?;
    let Automation::On(block) = automation(&application.root) else { return None };
    let heals = block.get("selfHeal").present().filter(|node| node.as_bool() == Some(true));
    let is_ignored = is_ignored(deployment, route, &weights, context)?;
    let respects = respects_ignored(&application.root).is_some();
    let name = &id.name;
    let (case, message) = match (is_ignored, heals) {
        (true, _) if respects => return None,
        (true, _) => (
            "not-kept",
            format!(
                "a sync sets the weights of {name}{{places}} back to what Git says, in the middle of a canary"
            ),
        ),
        (false, Some(_)) => (
            "healed",
            format!(
                "Argo CD and Argo Rollouts fight over the weights of {name}{{places}}: selfHeal sets them back"
            ),
        ),
        (false, None) => (
            "not-kept",
            format!(
                "a sync sets the weights of {name}{{places}} back to what Git says, in the middle of a canary"
            ),
        ),
    };
    let (origin, path) = match heals.filter(|_| case == "healed") {
        Some(node) => (node.origin, Pointer::of(&["spec", "syncPolicy", "automated", "selfHeal"])),
        None => innermost_policy(&application.root)?,
    };
    let label = if case == "healed" { "puts the weights back" } else { "syncs by itself" };
    let found = Violation::in_object(case, application, path, origin, label, message)?.word(name.as_str());
    let found = with_both(found, by, route, first);
    let expressions = expressions(route, by, &weights);
    let keep = "add `RespectIgnoreDifferences=true` to `syncOptions`";
    let mut intents = Vec::new();
    if !is_ignored {
        let entry = NewValue::map([
            ("group", NewValue::text(id.group())),
            ("kind", NewValue::text(&id.kind)),
            ("jqPathExpressions", NewValue::List(expressions.iter().map(NewValue::text).collect())),
        ]);
        intents.push(Intent::append(Pointer::of(&["spec", "ignoreDifferences"]), entry));
    }
    if !respects {
        let options = Pointer::of(&["spec", "syncPolicy", "syncOptions"]);
        intents.push(Intent::append(options, NewValue::text("RespectIgnoreDifferences=true")));
    }
    let title = if is_ignored { "keep the weights that are ignored" } else { "ignore the weights" };
    Some(found.remedy(title, intents).note(NOTE).help(if is_ignored {
        keep.to_owned()
    } else {
        let keep = if respects { String::new() } else { format!(", and {keep}") };
        format!(
            "ignore the weights{keep}: `- {{group: {}, kind: {}, jqPathExpressions: ['{}']}}`",
            id.group(),
            id.kind,
            expressions.join("', '")
        )
    }))
}

/// With the line that moves the weights, and the first of those in Git.
fn with_both(found: Violation, by: &By<'_>, route: &Object, first: &Node) -> Violation {
    let at = |object: &Object, node: &Node, text: &str| {
        object.manifest.place(node.origin).map(|at| Label::new(Location::from(at), text))
    };
    let labels = [at(by.object, by.node, "moves its weights"), at(route, first, "the weights in Git")];
    labels.into_iter().flatten().fold(found, Violation::also_at)
}

/// Whether Argo CD ignores every weight of a route; `None` where that cannot be known.
fn is_ignored(
    deployment: &Deployment,
    route: &Object,
    weights: &[(&Node, Pointer)],
    context: &Context<'_>,
) -> Option<bool> {
    let application = &deployment.manifest;
    let id = &route.manifest.id;
    if context.facts.argocd.system.ignores(id.group(), &id.kind) {
        return None;
    }
    let namespace = context.fleet.place(route.place).and_then(|place| place.namespace.as_deref());
    let entries = entries(&application.root);
    let held: Vec<_> =
        entries.iter().filter(|one| one.is_for(id, namespace)).flat_map(|one| &one.ignored).collect();
    // What a manager changed is in no file.
    if held.iter().any(|one| matches!(one.what, What::Manager)) {
        return None;
    }
    let covers = |path: &Pointer| {
        held.iter().map(|one| one.covers(&route.manifest, path)).fold(Covers::No, |most, one| {
            match (most, one) {
                (Covers::Yes, _) | (_, Covers::Yes) => Covers::Yes,
                (Covers::No, Covers::No) => Covers::No,
                _ => Covers::Maybe,
            }
        })
    };
    let all: Vec<Covers> = weights.iter().map(|(_, path)| covers(path)).collect();
    if all.contains(&Covers::No) { Some(false) } else { (!all.contains(&Covers::Maybe)).then_some(true) }
}

/// A route that Flagger makes, and Git holds too.
fn of_whole(deployer: &str, route: &Object, by: &By<'_>) -> Option<Violation> {
    let id = &route.manifest.id;
    let node = route.manifest.root.find(&["metadata", "name"]).present()?;
    let message = format!(
        "{deployer} and Flagger write {} {}{{places}} in turns: the canary loses its share",
        id.kind, id.name
    );
    let path = Pointer::of(&["metadata", "name"]);
    let label = "in Git, and made by Flagger";
    let found = Violation::in_object("owned", &route.manifest, path, node.origin, label, message)?;
    let found = match by.object.manifest.place(by.node.origin) {
        Some(at) => found.also_at(Label::new(Location::from(at), "makes a route of this name")),
        None => found,
    };
    Some(
        found
            .note("Flagger makes the route of a Canary and sets all of it, not its weights alone")
            .help("take it out of Git, and state its hosts and gateways in `service` of the Canary"),
    )
}
