//! Istio's VirtualService: its routes in the order in which they are tried
//! (istio 1.31 `networking/v1alpha3/virtual_service.proto`; domain.md §5).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Lookup, Node, Pointer, Value};

/// Istio's API group for routes.
pub const GROUP: &str = "networking.istio.io";

/// One entry of `spec.http`, `spec.tls` or `spec.tcp`.
#[derive(Debug, Clone)]
pub struct Route<'n> {
    /// Its fields.
    pub node: &'n Node,
    /// Where it stands.
    pub path: Pointer,
    /// Its destinations, in order.
    pub destinations: Vec<Destination<'n>>,
}

/// One entry of a route's `route`.
#[derive(Debug, Clone)]
pub struct Destination<'n> {
    /// Its fields: `destination` and `weight`.
    pub node: &'n Node,
    /// Where it stands.
    pub path: Pointer,
    /// The host it names.
    pub host: Host<'n>,
}

/// A host as a VirtualService writes it: the name of a Service, alone or with its namespace.
#[derive(Debug, Clone, Copy)]
pub struct Host<'n> {
    /// The node that names it.
    pub node: &'n Node,
    /// The first label: the Service's name.
    pub service: &'n str,
    /// The second label: its namespace; `None` where it is that of the VirtualService.
    pub namespace: Option<&'n str>,
}

/// The HTTP routes of a VirtualService, in order; none of any other object.
#[must_use]
pub fn http_routes(manifest: &Manifest) -> Vec<Route<'_>> {
    routes_of(manifest, "http")
}

/// The routes of a VirtualService for connections that Istio does not look into, `tls` before `tcp`;
/// none of any other object.
#[must_use]
pub fn stream_routes(manifest: &Manifest) -> Vec<Route<'_>> {
    ["tls", "tcp"].into_iter().flat_map(|list| routes_of(manifest, list)).collect()
}

fn routes_of<'m>(manifest: &'m Manifest, list: &str) -> Vec<Route<'m>> {
    if !manifest.id.is(GROUP, "VirtualService") {
        return Vec::new();
    }
    let at = Pointer::of(&["spec", list]);
    let routes = manifest.root.find(&["spec", list]).items().iter().enumerate();
    routes.map(|(index, node)| route(node, at.index(index))).collect()
}

fn route(node: &Node, path: Pointer) -> Route<'_> {
    let at = path.key("route");
    let destinations = node.get("route").items().iter().enumerate();
    let destinations = destinations.filter_map(|(index, node)| {
        let host = Host::of(node.find(&["destination", "host"]).present()?)?;
        Some(Destination { node, path: at.index(index), host })
    });
    let destinations = destinations.collect();
    Route { node, path, destinations }
}

impl Route<'_> {
    /// Whether it takes every request: it has no `match`, or one whose conditions all requests
    /// meet. `None` where that cannot be known.
    #[must_use]
    pub fn takes_all(&self) -> Option<bool> {
        match self.node.get("match") {
            Lookup::Unknown(_) => None,
            Lookup::Absent(_) => Some(true),
            Lookup::Present(node) => match &node.value {
                Value::Sequence(items) => Some(items.is_empty() || items.iter().any(meets_all)),
                _ => Some(node.is_null()),
            },
        }
    }

    /// Whether all its conditions are about headers: the path does not decide.
    #[must_use]
    pub fn is_by_header(&self) -> bool {
        let matches = self.node.get("match").items();
        let by_header = |one: &Node| {
            one.as_map().is_some_and(|map| {
                map.get("headers").is_some()
                    && map.iter().all(|(key, _)| matches!(key.name(), "headers" | "name"))
            })
        };
        !matches.is_empty() && matches.iter().all(by_header)
    }
}

/// Whether one entry of `match` holds for every request: it says nothing but its own name, or asks
/// for a path below `/`.
fn meets_all(one: &Node) -> bool {
    one.as_map().is_some_and(|map| {
        map.iter().all(|(key, value)| match key.name() {
            "name" | "statPrefix" | "ignoreUriCase" => true,
            "uri" => value.get("prefix").text() == Some("/"),
            _ => false,
        })
    })
}

impl Destination<'_> {
    /// Its weight; Istio reads one that is not written as 0. `None` where it cannot be known.
    #[must_use]
    pub fn weight(&self) -> Option<i64> {
        match self.node.get("weight") {
            Lookup::Unknown(_) => None,
            Lookup::Absent(_) => Some(0),
            Lookup::Present(node) if node.is_null() => Some(0),
            Lookup::Present(node) => node.as_int(),
        }
    }
}

impl<'n> Host<'n> {
    /// Reads a host; `None` where it has no first label, or stands for all.
    #[must_use]
    pub fn of(node: &'n Node) -> Option<Self> {
        let mut labels = node.text()?.split('.');
        let service = labels.next().filter(|label| !label.is_empty() && *label != "*")?;
        Some(Self { node, service, namespace: labels.next() })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mlgitops_manifest::ObjectId;
    use mlgitops_yaml::{Origins, Role, SourceFile, parse_file};

    use super::*;

    fn virtual_service(routes: &str) -> Manifest {
        let text = format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: x}}\nspec:\n  http: {routes}\n"
        );
        let file = Arc::new(SourceFile::of_text("x.yaml", &text));
        let tree = parse_file(&file);
        let mut origins = Origins::default();
        let id = origins.add_file(&file);
        let root = tree.documents()[0].root.unwrap();
        let node = tree.node_of(root, id, Role::Source, &mut origins).unwrap();
        Manifest { id: ObjectId::of(&node).unwrap(), root: Arc::new(node), origins: Arc::new(origins) }
    }

    #[test]
    fn what_a_route_takes() {
        let table = [
            ("[{route: []}]", Some(true), false),
            ("[{match: [], route: []}]", Some(true), false),
            ("[{match: [{name: all}]}]", Some(true), false),
            ("[{match: [{uri: {prefix: /}}]}]", Some(true), false),
            ("[{match: [{uri: {exact: /}}]}]", Some(false), false),
            ("[{match: [{uri: {prefix: /v1}}, {uri: {prefix: /}}]}]", Some(true), false),
            ("[{match: [{uri: {prefix: /}, headers: {a: {exact: b}}}]}]", Some(false), false),
            ("[{match: [{headers: {a: {exact: b}}}]}]", Some(false), true),
            ("[{match: [{headers: {a: {exact: b}}}, {port: 80}]}]", Some(false), false),
            ("[{match: [{gateways: [mesh]}]}]", Some(false), false),
        ];
        for (routes, all, by_header) in table {
            let manifest = virtual_service(routes);
            let route = &http_routes(&manifest)[0];
            assert_eq!((route.takes_all(), route.is_by_header()), (all, by_header), "{routes}");
        }
    }

    #[test]
    fn the_service_that_a_host_names() {
        let routes = "[{route: [{destination: {host: a}}, {destination: {host: a.ml}, weight: 5}, \
                      {destination: {host: a.ml.svc.cluster.local}}, {destination: {host: '*'}}]}]";
        let manifest = virtual_service(routes);
        let route = &http_routes(&manifest)[0];
        let hosts: Vec<_> = route
            .destinations
            .iter()
            .map(|one| (one.host.service, one.host.namespace, one.weight()))
            .collect();
        assert_eq!(hosts, [("a", None, Some(0)), ("a", Some("ml"), Some(5)), ("a", Some("ml"), Some(0))]);
    }
}
