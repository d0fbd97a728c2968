//! The probes of a container: how long each waits before the kubelet acts on it
//! (Kubernetes `pkg/apis/core/v1/defaults.go` `SetDefaults_Probe`; domain.md §2.2).

use mlgitops_yaml::{Lookup, Node, OriginId, Pointer, Value};

use super::kserve::Container;

/// A probe and where it stands.
#[derive(Debug, Clone)]
pub struct Probe<'n> {
    /// Its fields.
    pub node: &'n Node,
    /// The origin of its key.
    pub key: OriginId,
    /// Where it stands.
    pub path: Pointer,
}

/// What looking for a probe gives.
#[derive(Debug, Clone)]
pub enum Found<'n> {
    /// It is there.
    Probe(Probe<'n>),
    /// There is none.
    None,
    /// It cannot be known.
    Unknown,
}

/// The probe of this name (`livenessProbe`) of a container; an empty or null one is none, for
/// the API server drops it.
#[must_use]
pub fn probe<'n>(container: &Container<'n>, name: &str) -> Found<'n> {
    match container.node.get(name) {
        Lookup::Unknown(_) => Found::Unknown,
        Lookup::Present(node) if node.as_map().is_some_and(|map| !map.is_empty()) => {
            let entry = container.node.as_map().and_then(|map| map.entry(name));
            let key = entry.map_or(node.origin, |(key, _)| key.origin);
            Found::Probe(Probe { node, key, path: container.path.key(name) })
        }
        Lookup::Present(Node { value: Value::Unknown(_), .. }) => Found::Unknown,
        _ => Found::None,
    }
}

/// When a probe gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// `initialDelaySeconds`.
    pub initial_delay: u64,
    /// `periodSeconds`.
    pub period: u64,
    /// `failureThreshold`.
    pub failures: u64,
}

impl Timing {
    /// The timing of a probe given by one or more layers, of which the first that states a field
    /// decides, as where KServe merges a service's container over its runtime's. `None` where a
    /// field is stated and cannot be read.
    #[must_use]
    pub fn of(layers: &[&Node]) -> Option<Self> {
        Some(Self {
            initial_delay: field(layers, "initialDelaySeconds", 0)?,
            period: field(layers, "periodSeconds", 10)?,
            failures: field(layers, "failureThreshold", 3)?,
        })
    }

    /// How many seconds after its container started the kubelet acts.
    #[must_use]
    pub fn budget(self) -> u64 {
        self.initial_delay.saturating_add(self.period.saturating_mul(self.failures))
    }
}

/// A whole number of the first layer that states one; zero is the default, as in the API server.
fn field(layers: &[&Node], name: &str, default: u64) -> Option<u64> {
    for layer in layers {
        let lookup = layer.get(name);
        if lookup.is_absent() {
            continue;
        }
        let stated = u64::try_from(lookup.present()?.as_int()?).ok()?;
        if stated > 0 {
            return Some(stated);
        }
    }
    Some(default)
}

impl std::fmt::Display for Timing {
    /// `3 × 10 s`, `20 s + 3 × 10 s`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.initial_delay > 0 {
            write!(f, "{} s + ", self.initial_delay)?;
        }
        write!(f, "{} × {} s", self.failures, self.period)
    }
}
