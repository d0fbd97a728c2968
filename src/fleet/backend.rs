//! The model services that hosts of routes belong to: KServe names their Services after them
//! (kserve v0.20 `pkg/constants/constants.go`; domain.md §5).

use std::collections::HashMap;

use super::{Fleet, Object};
use crate::kinds::istio::{Destination, Host, Route, http_routes, stream_routes};

/// What a host names of a model service, by what follows the service's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing follows: the service as a whole.
    Whole,
    /// `-predictor`, `-transformer`, `-explainer`.
    Component,
    /// `-predictor-default` and its like: what KServe had up to 0.10.
    Default,
    /// `-predictor-canary` and its like: what KServe had up to 0.10.
    Canary,
}

/// What may follow a service's name, the longest first.
const SUFFIXES: [(&str, Part); 9] = [
    ("-transformer-default", Part::Default),
    ("-transformer-canary", Part::Canary),
    ("-explainer-default", Part::Default),
    ("-predictor-default", Part::Default),
    ("-predictor-canary", Part::Canary),
    ("-transformer", Part::Component),
    ("-explainer", Part::Component),
    ("-predictor", Part::Component),
    ("", Part::Whole),
];

/// A host read as one of a model service.
#[derive(Debug, Clone, Copy)]
pub struct Backend<'f, 'h> {
    /// The name of the model service.
    pub name: &'h str,
    /// What of it is named.
    pub part: Part,
    /// The service; `None` where the repository holds none of this name there.
    pub service: Option<&'f Object>,
}

/// A VirtualService with its routes.
#[derive(Debug, Clone)]
pub struct Routes<'f> {
    /// The VirtualService.
    pub object: &'f Object,
    /// Its routes of `http`, in order.
    pub http: Vec<Route<'f>>,
    /// Its routes of `tls` and `tcp`, in order.
    pub streams: Vec<Route<'f>>,
}

/// A Service or an entry of Istio's registry, and the namespace of the host it stands for.
#[derive(Debug, Clone, Copy)]
struct Written<'f> {
    object: &'f Object,
    /// `None` where it is that of the object.
    namespace: Option<&'f str>,
}

/// The model services of a fleet, by name.
#[derive(Debug)]
pub struct Backends<'f> {
    fleet: &'f Fleet,
    /// Every VirtualService with its routes.
    routes: Vec<Routes<'f>>,
    services: HashMap<&'f str, Vec<&'f Object>>,
    /// Model services by the names of their Services before `-predictor`, where these are not their own.
    variants: HashMap<String, Vec<&'f Object>>,
    /// Services and entries of Istio's registry that are written out, by the name they stand for.
    written: HashMap<&'f str, Vec<Written<'f>>>,
}

impl<'f> Backends<'f> {
    /// The model services of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let mut services: HashMap<&str, Vec<&Object>> = HashMap::new();
        let mut variants: HashMap<String, Vec<&Object>> = HashMap::new();
        for object in fleet.of_kind("InferenceService") {
            services.entry(object.manifest.id.name.as_str()).or_default().push(object);
            for variant in variants_of(object) {
                variants.entry(variant).or_default().push(object);
            }
        }
        let of = |object: &'f Object| Routes {
            object,
            http: http_routes(&object.manifest),
            streams: stream_routes(&object.manifest),
        };
        let routes = fleet.of_kind("VirtualService").map(of).collect();
        Self { fleet, routes, services, variants, written: written(fleet) }
    }

    /// Every VirtualService with its routes.
    #[must_use]
    pub fn all_routes(&self) -> &[Routes<'f>] {
        &self.routes
    }

    /// The VirtualServices that lead to a model, with their routes.
    pub fn routes(&self) -> impl Iterator<Item = &Routes<'f>> {
        self.routes.iter().filter(|routes| {
            routes.destinations().any(|one| {
                self.backend(routes.object, one.host).is_some_and(|backend| backend.service.is_some())
            })
        })
    }

    /// The names of the model services that run where a host is looked up, sorted.
    #[must_use]
    pub fn beside(&self, route: &Object, host: Host<'_>) -> Vec<&'f str> {
        let near = |all: &&Vec<&'f Object>| all.iter().any(|one| self.is_near(route, host, one));
        let mut names: Vec<&str> = self
            .services
            .values()
            .filter(near)
            .filter_map(|all| Some(all.first()?.manifest.id.name.as_str()))
            .collect();
        names.sort_unstable();
        names
    }

    /// What a host of a VirtualService names of a model service: one that is there, else one that
    /// its suffix speaks of; `None` for any other host.
    #[must_use]
    pub fn backend<'h>(&self, route: &Object, host: Host<'h>) -> Option<Backend<'f, 'h>> {
        let named = |(suffix, part): (&str, Part)| Some((host.service.strip_suffix(suffix)?, part));
        let mut readings = SUFFIXES.into_iter().filter_map(named).filter(|(name, _)| !name.is_empty());
        let known = readings.clone().find_map(|(name, part)| {
            let service = self.service(route, host, name).or_else(|| self.variant(route, host, name))?;
            Some(Backend { name, part, service: Some(service) })
        });
        known.or_else(|| {
            let (name, part) = readings.next().filter(|(_, part)| *part != Part::Whole)?;
            Some(Backend { name, part, service: None })
        })
    }

    /// Whether a Service of a host's name is written out in the repository.
    #[must_use]
    pub fn is_written(&self, route: &Object, host: Host<'_>) -> bool {
        let Some(all) = self.written.get(host.service) else { return false };
        all.iter().any(|one| self.is_at(route, host, one.object, one.namespace))
    }

    /// The model service that has a predictor of a host's name beside its own.
    fn variant(&self, route: &Object, host: Host<'_>, name: &str) -> Option<&'f Object> {
        let of_predictor = host.service.get(name.len()..) == Some("-predictor");
        let mut all = self.variants.get(name).filter(|_| of_predictor)?.iter().copied();
        all.find(|one| self.is_near(route, host, one))
    }

    fn service(&self, route: &Object, host: Host<'_>, name: &str) -> Option<&'f Object> {
        let mut all = self.services.get(name)?.iter().copied();
        all.find(|one| self.is_near(route, host, one))
    }

    /// Whether an object runs where a host is looked up: in the namespace it names, or that of the
    /// route, of the same environment where the route has one.
    fn is_near(&self, route: &Object, host: Host<'_>, one: &Object) -> bool {
        self.is_at(route, host, one, None)
    }

    /// The same of an object that stands for a host of another namespace than its own.
    fn is_at(&self, route: &Object, host: Host<'_>, one: &Object, namespace: Option<&str>) -> bool {
        let own = self.namespace(route);
        let wanted = host.namespace.or(own);
        let environment = |object: &Object| self.fleet.place(object.place).map(|place| place.environment);
        let same = environment(route) == environment(one) || environment(route) == Some(None);
        same && (namespace.or_else(|| self.namespace(one)) == wanted || wanted.is_none())
    }

    fn namespace<'o>(&'o self, object: &'o Object) -> Option<&'o str> {
        let of_place = || self.fleet.place(object.place)?.namespace.as_deref();
        object.manifest.id.namespace.as_deref().or_else(of_place)
    }
}

/// The names before `-predictor` that a service's predictors have beside its own: those of
/// `spec.canary[]`, and of a predictor with a name (kserve v0.20 `constants.PredictorServiceName`).
fn variants_of(service: &Object) -> Vec<String> {
    let spec = service.manifest.root.get("spec");
    let canaries = spec.get("canary").items().iter().map(|canary| canary.get("predictor"));
    let names = canaries.chain([spec.get("predictor")]).filter_map(|predictor| predictor.get("name").text());
    let names = names.filter(|name| !name.is_empty());
    names.map(|name| format!("{}-{name}", service.manifest.id.name)).collect()
}

/// A Service is called by its name; an entry of Istio's registry stands for its `hosts`, whatever it
/// is called (istio 1.31 `networking/v1alpha3/service_entry.proto`).
fn written(fleet: &Fleet) -> HashMap<&str, Vec<Written<'_>>> {
    let mut found: HashMap<&str, Vec<Written<'_>>> = HashMap::new();
    for object in fleet.of_kind("Service") {
        let one = Written { object, namespace: None };
        found.entry(object.manifest.id.name.as_str()).or_default().push(one);
    }
    for object in fleet.of_kind("ServiceEntry") {
        let hosts = object.manifest.root.find(&["spec", "hosts"]).items();
        for host in hosts.iter().filter_map(Host::of) {
            let one = Written { object, namespace: host.namespace };
            found.entry(host.service).or_default().push(one);
        }
    }
    found
}

impl<'f> Routes<'f> {
    /// Every route, those of `http` first.
    pub fn all(&self) -> impl Iterator<Item = &Route<'f>> {
        self.http.iter().chain(&self.streams)
    }

    /// Every destination, in the same order.
    pub fn destinations(&self) -> impl Iterator<Item = &Destination<'f>> {
        self.all().flat_map(|route| &route.destinations)
    }
}
