//! The Prometheus operator's PrometheusRule: its groups and rules
//! (prometheus-operator v0.93 `pkg/apis/monitoring/v1/prometheusrule_types.go`; domain.md §6).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer, Value};

/// The operator's API group.
pub const GROUP: &str = "monitoring.coreos.com";

/// One entry of `spec.groups[].rules`.
#[derive(Debug, Clone)]
pub struct Rule<'n> {
    /// Its fields.
    pub node: &'n Node,
    /// Where it stands.
    pub path: Pointer,
    /// The name of the alert, or of the series that it records.
    pub name: &'n str,
    /// Whether it alerts; else it records.
    pub alerts: bool,
    /// Its expression.
    pub expr: &'n Node,
}

/// The rules of a PrometheusRule, in order; none of any other object.
#[must_use]
pub fn rules(manifest: &Manifest) -> Vec<Rule<'_>> {
    if !manifest.id.is(GROUP, "PrometheusRule") {
        return Vec::new();
    }
    let at = Pointer::of(&["spec", "groups"]);
    let groups = manifest.root.find(&["spec", "groups"]).items().iter().enumerate();
    let rules = groups.flat_map(|(index, group)| {
        let at = at.index(index).key("rules");
        let rules = group.get("rules").items().iter().enumerate();
        rules.filter_map(move |(index, node)| Rule::of(node, at.index(index)))
    });
    rules.collect()
}

impl<'n> Rule<'n> {
    fn of(node: &'n Node, path: Pointer) -> Option<Self> {
        let expr = node.get("expr").present()?;
        let alert = node.get("alert").text();
        let name = alert.or_else(|| node.get("record").text())?;
        Some(Self { node, path, name, alerts: alert.is_some(), expr })
    }

    /// The text of its expression; a bare number is one too.
    #[must_use]
    pub fn text(&self) -> Option<&'n str> {
        self.expr.text()
    }

    /// Where its expression stands.
    #[must_use]
    pub fn expr_path(&self) -> Pointer {
        self.path.key("expr")
    }

    /// The labels it gives to its alerts, with their nodes, in order.
    pub fn labels(&self) -> impl Iterator<Item = (&'n str, &'n Node)> {
        let map = self.node.get("labels").present().and_then(Node::as_map);
        map.into_iter().flat_map(|map| map.iter().map(|(key, node)| (key.name(), node)))
    }

    /// How long it must hold before it alerts, in seconds: Prometheus reads `5m`, `1h30m`, `1d`;
    /// 0 where it does not say. `None` where it cannot be read.
    #[must_use]
    pub fn waits(&self) -> Option<u64> {
        match self.node.get("for").present() {
            None => Some(0),
            Some(node) => seconds(node.text()?),
        }
    }
}

/// A duration as Prometheus writes it, in seconds (prometheus `model.ParseDuration`).
fn seconds(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    let mut millis: u64 = 0;
    while !rest.is_empty() && rest != "0" {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let end = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, next) = tail.split_at_checked(end)?;
        let unit: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            "y" => 31_536_000_000,
            _ => return None,
        };
        millis = millis.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = next;
    }
    Some(millis / 1_000)
}

/// What a label selector says of some labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// It takes them.
    Yes,
    /// It does not: what it asks for and does not find.
    No(String),
    /// That cannot be known.
    Unknown,
}

/// Whether a label selector (`matchLabels`, `matchExpressions`) takes an object with these labels;
/// an empty one takes all.
#[must_use]
pub fn selects(selector: &Node, labels: &dyn Fn(&str) -> Option<String>) -> Selected {
    let Value::Map(map) = &selector.value else { return Selected::Unknown };
    for (key, wanted) in map.get("matchLabels").and_then(Node::as_map).into_iter().flat_map(|map| map.iter())
    {
        let Some(text) = wanted.text() else { return Selected::Unknown };
        if labels(key.name()).as_deref() != Some(text) {
            return Selected::No(format!("{}: {text}", key.name()));
        }
    }
    for one in map.get("matchExpressions").map(Node::items).unwrap_or_default() {
        let (Some(key), Some(operator)) = (one.get("key").text(), one.get("operator").text()) else {
            return Selected::Unknown;
        };
        let value = labels(key);
        let values: Vec<&str> = one.get("values").items().iter().filter_map(Node::text).collect();
        let is_in = value.as_deref().is_some_and(|value| values.contains(&value));
        let holds = match operator {
            "In" => is_in,
            "NotIn" => !is_in,
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => return Selected::Unknown,
        };
        if !holds {
            return Selected::No(format!("{key} {operator} {}", values.join(", ")).trim_end().to_owned());
        }
    }
    Selected::Yes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_prometheus_writes_them() {
        let table = [
            ("0", Some(0)),
            ("5m", Some(300)),
            ("1h30m", Some(5400)),
            ("90000ms", Some(90)),
            ("1d", Some(86_400)),
            ("5", None),
            ("5 m", None),
            ("m", None),
        ];
        for (text, expected) in table {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
