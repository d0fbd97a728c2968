//! The values of a HelmRelease of Flux (fluxcd/pkg v1.9 chartutil/values.go, merge.go): what it refers
//! to is merged in its order, what goes to a path is set at its turn, and its own values come last.

use mlgitops_gotemplate::{Failure, Machine, MapId, MapType, Slot};
use mlgitops_yaml::Node;

use crate::job::{Job, not_a_map};
use crate::render::Reference;
use crate::{set, values};

impl Job<'_> {
    /// What a release refers to, and its own values over it.
    ///
    /// Before each path its own values are merged too, and that copies a map only where both sides have
    /// one: where the references gave none, the path is set in the map of its own values, and stays.
    pub(crate) fn release_values(
        &mut self,
        references: &[Reference],
        own: Option<&Node>,
    ) -> Result<MapId, Failure> {
        let own = self.map_of("values", own.cloned())?;
        let mut result = values::new_map(&mut self.machine.heap);
        for reference in references {
            match reference {
                Reference::Values(text) => {
                    let node = self.node_of_text(text)?;
                    let map = self.map_of("values", node)?;
                    result = merged(&mut self.machine, result, map)?;
                }
                Reference::Path { path, value, form } => {
                    result = merged(&mut self.machine, result, own)?;
                    set::set_at(&mut self.machine, result, path, value, *form)?;
                }
            }
        }
        merged(&mut self.machine, result, own)
    }

    /// The values that a node gives; none where it is null.
    pub(crate) fn map_of(&mut self, name: &str, node: Option<Node>) -> Result<MapId, Failure> {
        let Some(node) = node.filter(|node| !node.is_null()) else {
            return Ok(values::new_map(&mut self.machine.heap));
        };
        let value = self.machine.heap.import(&node, self.machine.origins);
        values::table(&value).ok_or_else(|| not_a_map(&format!("failed to parse {name}"), &node))
    }
}

/// `MergeMaps`: a new map, whose entries are those of both; maps that one side alone has are shared.
fn merged(machine: &mut Machine<'_>, base: MapId, over: MapId) -> Result<MapId, Failure> {
    let entries = machine.heap.map(base).clone();
    machine.spend(1 + entries.len() as u64)?;
    let out = machine.heap.add_map(entries, MapType::Any);
    for (key, mut slot) in values::slots(&machine.heap, over) {
        machine.spend(1)?;
        let have = values::get(&machine.heap, out, &key);
        if let (Some(inner), Some(have)) = (values::table(&slot.value), have)
            && let Some(below) = values::table(&have)
        {
            let map = merged(machine, below, inner)?;
            let value = values::join_containers(machine, &slot.value, &have, map);
            slot = Slot { value, ..slot };
        }
        machine.heap.set(out, key, slot);
    }
    Ok(out)
}
