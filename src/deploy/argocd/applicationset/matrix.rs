//! The matrix generator: each element of one generator with each of another (argo-cd
//! `applicationset/generators/matrix.go`).

use std::collections::BTreeMap;

use mlgitops_files::limits;
use mlgitops_yaml::{Key, Map, Node, OriginId, Value};

use super::expansion::{Expansion, Language};
use super::parameters::{Parameters, as_string, shown};
use super::refusal::Stop;

impl Expansion<'_> {
    /// The products of the two generators, the second one filled in with each element of the first.
    pub(super) fn matrix(&mut self, matrix: &Node, depth: usize) -> Result<Vec<Parameters>, Stop> {
        let [first, second] = matrix.get("generators").items() else {
            let count = matrix.get("generators").items().len();
            let message = format!("its matrix has {count} generators, and a matrix takes two");
            return Err(Stop::refused("appset-generator", message, matrix.origin));
        };
        let first = self.prepare(first)?;
        let second = self.prepare(second)?;
        let mut products = Vec::new();
        for outer in self.child(&first, None, depth)? {
            for inner in self.child(&second, Some(&outer), depth)? {
                let weight = 64 * (outer.weight() + inner.weight());
                self.machine.make(weight).map_err(|failure| Stop::failure(&failure))?;
                if products.len() >= limits::APPLICATIONSET_ELEMENTS {
                    self.record(too_many());
                    return Ok(products);
                }
                products.push(match self.language {
                    // The first one's values count where both have a name.
                    Language::Go => merged(inner, outer.clone()),
                    Language::Fast => united(&outer, &inner, matrix)?,
                });
            }
        }
        Ok(products)
    }
}

/// That a set has too many elements.
pub(super) fn too_many() -> Stop {
    Stop::Limit(format!("it has more than {} elements", limits::APPLICATIONSET_ELEMENTS))
}

/// `over` laid over `base`, maps entry by entry (`mergo.Merge` with `WithOverride`).
pub(super) fn merged(mut base: Parameters, over: Parameters) -> Parameters {
    for (name, mut entry) in over.into_entries() {
        if let Some(known) = base.take(&name) {
            entry.value = laid_over(known.value, entry.value);
        }
        base.set_entry(&name, entry);
    }
    base
}

fn laid_over(base: Node, over: Node) -> Node {
    let (Value::Map(mut below), Value::Map(mut above)) = (base.value, over.value.clone()) else {
        return over;
    };
    let mut entries: Vec<(Key, Node)> = Vec::with_capacity(below.len() + above.len());
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let taken = |node: &mut Node| std::mem::replace(node, Node::new(Value::Null, OriginId::NONE));
    for (key, value) in below.iter_mut() {
        places.insert(key.name().to_owned(), entries.len());
        entries.push((key.clone(), taken(value)));
    }
    for (key, value) in above.iter_mut() {
        let value = taken(value);
        match places.get(key.name()).and_then(|&place| entries.get_mut(place)) {
            Some((known_key, known)) => {
                *known_key = key.clone();
                *known = laid_over(taken(known), value);
            }
            None => entries.push((key.clone(), value)),
        }
    }
    Node::new(Value::Map(Map::of(entries)), over.origin)
}

/// Both together, every value as a string; a name that both have must have one value.
fn united(first: &Parameters, second: &Parameters, matrix: &Node) -> Result<Parameters, Stop> {
    let mut united = Parameters::default();
    for (name, entry) in first.iter() {
        united.set(name, entry.key, as_string(&entry.value));
    }
    for (name, entry) in second.iter() {
        let value = as_string(&entry.value);
        if let Some(known) = united.get(name).filter(|known| shown(known) != shown(&value)) {
            let message = format!(
                "both generators of its matrix give `{name}`: `{}` and `{}`",
                shown(known),
                shown(&value)
            );
            let at = if value.origin.is_none() { matrix.origin } else { value.origin };
            return Err(Stop::refused("appset-element", message, at));
        }
        // The same value: the first one's place is as good.
        if united.get(name).is_none() {
            united.set(name, entry.key, value);
        }
    }
    Ok(united)
}
