//! What a set does to its Applications beside its template: the strategy, and names that must
//! differ (argo-cd `applicationset/progressivesync`, `validateGeneratedApplications`).

use std::collections::HashSet;

use mlgitops_yaml::{Key, Lookup, Node, OriginId, Role, Scalar, Value};

use super::expansion::Expansion;
use super::refusal::Stop;
use crate::finding::Code;

impl Expansion<'_> {
    /// The place of a strategy that syncs the Applications step by step, and so switches their own
    /// automated syncing off.
    pub(super) fn rolling(&mut self) -> Option<OriginId> {
        let set = self.set;
        let strategy = set.root.get("spec").get("strategy");
        let kind = strategy.get("type").present().filter(|kind| kind.text() == Some("RollingSync"))?;
        let rolling = strategy.get("rollingSync").present().filter(|rolling| !rolling.is_null())?;
        if rolling.get("steps").items().is_empty() {
            let message = "its strategy RollingSync has no steps: nothing is ever synced";
            self.record(Stop::refused("appset-strategy", message, kind.origin));
            return None;
        }
        Some(self.machine.origins.with_role(kind.origin, Role::Deployment))
    }

    /// Switches automated syncing off; where there is none, there stays none.
    pub(super) fn switch_off(&mut self, application: &mut Node, strategy: OriginId) {
        let automated = application
            .as_map_mut()
            .and_then(|map| map.get_mut("spec"))
            .and_then(Node::as_map_mut)
            .and_then(|map| map.get_mut("syncPolicy"))
            .and_then(Node::as_map_mut)
            .and_then(|map| map.get_mut("automated"))
            .and_then(Node::as_map_mut);
        let Some(automated) = automated else { return };
        let origins = &mut *self.machine.origins;
        let before = automated.get("enabled").map_or(OriginId::NONE, |enabled| enabled.origin);
        let before = origins.with_role(before, Role::Base);
        let origin = origins.guard(strategy, before);
        automated
            .set(Key::new("enabled", strategy), Node::new(Value::Scalar(Scalar::plain("false")), origin));
    }

    /// Why an Application without a name is none.
    pub(super) fn unnamed(&mut self, application: &Node) -> Option<Stop> {
        let name = application.find(&["metadata", "name"]);
        match name {
            Lookup::Unknown(_) => {
                let reason = "the name of one of its Applications is not known";
                let item = self.not_known(Code::InCluster, reason, application.origin);
                Some(Stop::NotChecked(Box::new(item)))
            }
            _ if name.text().is_none_or(str::is_empty) => {
                let at = name.present().map_or(application.origin, |name| name.origin);
                Some(Stop::refused("appset-name", "one of its Applications has no name", at))
            }
            _ => None,
        }
    }

    /// Leaves out every Application whose name another one of the set has, and says so: Argo CD
    /// makes none of them.
    pub(super) fn refuse_duplicates(&mut self, applications: &mut Vec<Node>) {
        let mut seen: HashSet<String> = HashSet::new();
        let mut said: HashSet<String> = HashSet::new();
        let mut refused = Vec::new();
        applications.retain(|application| {
            let name = application.find(&["metadata", "name"]);
            let text = name.text().unwrap_or("").to_owned();
            if seen.insert(text.clone()) {
                return true;
            }
            if said.insert(text.clone()) {
                refused.push((text, name.present().map_or(application.origin, |name| name.origin)));
            }
            false
        });
        for (name, origin) in refused {
            let message = format!("two of its elements make an Application called `{name}`");
            self.record(Stop::refused("appset-duplicate", message, origin));
        }
    }
}
