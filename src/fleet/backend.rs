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

/// The model services of a fleet, by name.
#[derive(Debug)]
pub struct Backends<'f> {
    fleet: &'f Fleet,
    /// Every VirtualService with its routes.
    routes: Vec<Routes<'f>>,
    services: HashMap<&'f str, Vec<&'f Object>>,
    /// Services and entries of Istio's registry that are written out, by name.
    written: HashMap<&'f str, Vec<&'f Object>>,
}

impl<'f> Backends<'f> {
    /// The model services of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let by_name = |kinds: &[&str]| {
            let mut found: HashMap<&str, Vec<&Object>> = HashMap::new();
            for object in kinds.iter().flat_map(|kind| fleet.of_kind(kind)) {
                found.entry(object.manifest.id.name.as_str()).or_default().push(object);
            }
            found
        };
        let services = by_name(&["InferenceService"]);
        let of = |object: &'f Object| Routes {
            object,
            http: http_routes(&object.manifest),
            streams: stream_routes(&object.manifest),
        };
        let routes = fleet.of_kind("VirtualService").map(of).collect();
        Self { fleet, routes, services, written: by_name(&["Service", "ServiceEntry"]) }
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
            let service = self.service(route, host, name)?;
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
        self.written.get(host.service).is_some_and(|all| all.iter().any(|one| self.is_near(route, host, one)))
    }

    fn service(&self, route: &Object, host: Host<'_>, name: &str) -> Option<&'f Object> {
        let mut all = self.services.get(name)?.iter().copied();
        all.find(|one| self.is_near(route, host, one))
    }

    /// Whether an object runs where a host is looked up: in the namespace it names, or that of the
    /// route, of the same environment where the route has one.
    fn is_near(&self, route: &Object, host: Host<'_>, one: &Object) -> bool {
        let own = self.namespace(route);
        let wanted = host.namespace.or(own);
        let environment = |object: &Object| self.fleet.place(object.place).map(|place| place.environment);
        let same = environment(route) == environment(one) || environment(route) == Some(None);
        same && (self.namespace(one) == wanted || wanted.is_none())
    }

    fn namespace<'o>(&'o self, object: &'o Object) -> Option<&'o str> {
        let of_place = || self.fleet.place(object.place)?.namespace.as_deref();
        object.manifest.id.namespace.as_deref().or_else(of_place)
    }
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
