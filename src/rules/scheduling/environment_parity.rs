//! `scheduling/environment-parity`: the environment that proves a model has what prod has.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_yaml::{Node, OriginId, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::is_usual_environment;
use crate::finding::{Label, Location, Violation};
use crate::fleet::{Column, Object};
use crate::kinds::gpu::{self, Limit, Resources};
use crate::kinds::kserve::{self, Part, Workload};
use crate::kinds::probes::{Found, probe};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// The probes of a container.
const PROBES: [&str; 3] = ["startupProbe", "livenessProbe", "readinessProbe"];

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let stable = |column: Column| {
        fleet.releases.iter().filter(move |one| fleet.column(Some(one.place)) == column).filter_map(|one| {
            let object = fleet.objects.get(one.object)?;
            let id = &object.manifest.id;
            let is_stable = id.is(kserve::GROUP, "InferenceService") && !id.name.ends_with("-canary");
            is_stable.then_some((one.model.as_str(), one.object, object))
        })
    };
    let mut prod: BTreeMap<&str, &Object> = BTreeMap::new();
    for (model, _, object) in stable(Column::Prod) {
        prod.entry(model).or_insert(object);
    }
    let routed = routed(context);
    let mut seen = BTreeSet::new();
    for (model, index, staging) in stable(Column::Staging) {
        let Some(object) = prod.get(model).filter(|_| seen.insert(index)) else { continue };
        let Some(pair) = Pair::of(staging, object, context) else { continue };
        let mut found = vec![pair.runtime(), pair.gpu(), pair.probes()];
        if !routed.contains_key(&Key::of(staging)) {
            found.push(routed.get(&Key::of(object)).and_then(|route| pair.routes(route)));
        }
        for found in found.into_iter().flatten() {
            out.push(found.at_place(staging.place).of_model(model));
        }
    }
}

/// A service at a place.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'f>(&'f str, crate::finding::PlaceIndex);

impl<'f> Key<'f> {
    fn of(object: &'f Object) -> Self {
        Self(&object.manifest.id.name, object.place)
    }
}

/// The services that a route leads to, each with one that does. A route that shares traffic between
/// services is a canary's: a rung below has none to share with.
fn routed<'f>(context: &Context<'f>) -> BTreeMap<Key<'f>, &'f Object> {
    let backends = context.backends();
    let mut found = BTreeMap::new();
    for routes in backends.routes() {
        let services = routes.destinations().map(|one| one.host.service).collect::<BTreeSet<_>>();
        for destination in routes.destinations().filter(|_| services.len() == 1) {
            let backend = backends.backend(routes.object, destination.host);
            if let Some(service) = backend.and_then(|backend| backend.service) {
                found.entry(Key::of(service)).or_insert(routes.object);
            }
        }
    }
    found
}

/// Whether two names differ in nothing but the environment they carry: `staging-server`,
/// `prod-server`.
fn is_same_name(one: &str, other: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        name.split('-').filter(|word| !is_usual_environment(word)).map(str::to_owned).collect()
    };
    words(one) == words(other)
}

/// The same model in the guarded environment and one rung below.
struct Pair<'f> {
    staging: &'f Object,
    prod: &'f Object,
    below: Workload<'f>,
    above: Workload<'f>,
    /// What the guarded environment is called.
    name: &'f str,
}

impl<'f> Pair<'f> {
    fn of(staging: &'f Object, prod: &'f Object, context: &Context<'f>) -> Option<Self> {
        let predictor = |object: &'f Object| {
            kserve::workloads(&object.manifest).into_iter().find(|one| one.part == Part::Predictor)
        };
        let name = &context.fleet.environment(prod.place)?.name;
        Some(Self { staging, prod, below: predictor(staging)?, above: predictor(prod)?, name })
    }

    /// Another server.
    fn runtime(&self) -> Option<Violation> {
        let (below, above) = (self.below.serving.as_ref()?, self.above.serving.as_ref()?);
        let theirs = above.node.get("runtime").present()?;
        let own = below.node.get("runtime");
        let wanted = theirs.text()?;
        let (node, message) = match own.present() {
            Some(node) if node.text().is_some_and(|own| !is_same_name(own, wanted)) => {
                (node, format!("is served by {}", node.text().unwrap_or_default()))
            }
            None if own.is_absent() => (below.node, "names no runtime".to_owned()),
            _ => return None,
        };
        let message = format!("{}{{places}} {message}, in {} by {wanted}", self.service(), self.name);
        self.lack("runtime", (below.path.key("runtime"), node.origin), theirs, "another server", &message)
    }

    /// No GPU, or another type of it.
    fn gpu(&self) -> Option<Violation> {
        let (below, above) = (self.below.serving.as_ref()?, self.above.serving.as_ref()?);
        let limit = |container, object: &Object| gpu::limit(container, &Resources::of(&object.manifest));
        let theirs = gpu::limit(above, &Resources::of(&self.prod.manifest));
        let Limit::Stated(amount) = &theirs else { return None };
        if amount.gpus().is_none_or(|gpus| gpus == 0) {
            return None;
        }
        let service = self.service();
        if matches!(limit(below, self.staging), Limit::None) {
            let message = format!("{service}{{places}} runs without a GPU, in {} with one", self.name);
            let path = below.path.key("resources").key("limits").key(amount.name);
            let node = self.prod.manifest.at(&amount.path).present()?;
            return self.lack("gpu", (path, below.node.origin), node, "no GPU", &message);
        }
        let (own, wanted) = (gpu::named_types(self.below.pod), gpu::named_types(self.above.pod));
        let ([own], [wanted]) = (own.as_slice(), wanted.as_slice()) else { return None };
        let (own_name, wanted_name) = (own.text()?, wanted.text()?);
        if own_name == wanted_name {
            return None;
        }
        let message =
            format!("{service}{{places}} runs on `{own_name}`, in {} on `{wanted_name}`", self.name);
        let at = (self.below.path.key("nodeSelector"), own.origin);
        self.lack("gpu", at, wanted, "another type of GPU", &message)
    }

    /// A probe that only the guarded environment has.
    fn probes(&self) -> Option<Violation> {
        let (below, above) = (self.below.serving.as_ref()?, self.above.serving.as_ref()?);
        PROBES.into_iter().find_map(|name| {
            let Found::Probe(theirs) = probe(above, name) else { return None };
            if !matches!(probe(below, name), Found::None) {
                return None;
            }
            let message = format!("{}{{places}} has no {name}, in {} it has one", self.service(), self.name);
            let at = (below.path.key(name), below.node.origin);
            self.lack("probes", at, theirs.node, "what it does is tried first in production", &message)
        })
    }

    /// A route that only the guarded environment has.
    fn routes(&self, route: &Object) -> Option<Violation> {
        let message = format!("no route leads to {}{{places}}, in {} one does", self.service(), self.name);
        let name = self.staging.manifest.root.find(&["metadata", "name"]).present()?;
        let at = (Pointer::of(&["metadata", "name"]), name.origin);
        let theirs = route.manifest.root.find(&["metadata", "name"]).present()?;
        let cause = self.staging.manifest.place(at.1)?;
        let manifest = &self.staging.manifest;
        let found = Violation::for_lack("routes", manifest, at.0, cause, "reached by no route", message)?;
        Some(self.told(found, route, theirs))
    }

    fn service(&self) -> &'f str {
        &self.staging.manifest.id.name
    }

    fn lack(
        &self,
        case: &'static str,
        (path, origin): (Pointer, OriginId),
        theirs: &Node,
        label: &str,
        message: &str,
    ) -> Option<Violation> {
        let manifest = &self.staging.manifest;
        let cause = manifest.place(origin)?;
        let found = Violation::for_lack(case, manifest, path, cause, label, message)?;
        Some(self.told(found, self.prod, theirs))
    }

    fn told(&self, found: Violation, of: &Object, theirs: &Node) -> Violation {
        let found = match of.manifest.place(theirs.origin) {
            Some(at) => found.also_at(Label::new(Location::from(at), format!("in {}", self.name))),
            None => found,
        };
        found.note(format!("what runs here first proves nothing of what {} adds to it", self.name))
    }
}
