//! Which variables of Flux without a value stand in which model references.

use std::collections::BTreeMap;

use super::{Fleet, ModelUse, UndefinedVariable};

/// The variables of a fleet that have no value, and the model references they stand in.
#[derive(Debug, Default)]
pub struct Unset<'f> {
    /// Where model references stand, in the order of their first byte: by file, the bytes and whose
    /// they are. Two of them stand apart, or are one.
    references: BTreeMap<&'f str, Vec<(u32, u32, &'f ModelUse)>>,
    /// Where variables without a value stand, by file and byte.
    variables: BTreeMap<&'f str, BTreeMap<u32, &'f UndefinedVariable>>,
}

impl<'f> Unset<'f> {
    /// Those of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let mut unset = Self::default();
        for variable in &fleet.undefined {
            if let Some(at) = &variable.at {
                unset.variables.entry(at.file.path()).or_default().insert(at.start, variable);
            }
        }
        for one in fleet.uses.iter().filter(|_| !unset.variables.is_empty()) {
            for (file, (start, end)) in stands_at(fleet, one) {
                if let Some((file, _)) = unset.variables.get_key_value(&*file) {
                    unset.references.entry(file).or_default().push((start, end, one));
                }
            }
        }
        unset.references.values_mut().for_each(|all| all.sort_by_key(|(start, end, _)| (*start, *end)));
        unset
    }

    /// The model in whose reference a variable stands.
    #[must_use]
    pub fn model(&self, variable: &UndefinedVariable) -> Option<&'f str> {
        let at = variable.at.as_ref()?;
        let all = self.references.get(&**at.file.path())?;
        let index = all.partition_point(|(start, ..)| *start <= at.start).checked_sub(1)?;
        let (_, end, one) = all.get(index)?;
        (at.start <= *end).then_some(&*one.model)
    }

    /// A variable that stands in a model reference.
    #[must_use]
    pub fn variable(&self, fleet: &'f Fleet, model_use: &ModelUse) -> Option<&'f UndefinedVariable> {
        let mut places = stands_at(fleet, model_use).into_iter();
        places.find_map(|(file, (start, end))| {
            let inside = self.variables.get(&*file)?.range(start..=end).next();
            inside.map(|(_, variable)| *variable)
        })
    }
}

/// The first and the last byte of what a reference is made of, in each file.
fn stands_at(fleet: &Fleet, model_use: &ModelUse) -> BTreeMap<String, (u32, u32)> {
    let mut places: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let Some(object) = fleet.objects.get(model_use.object) else { return places };
    for span in object.manifest.origins.content(model_use.reference.origin) {
        let place = places.entry(span.file.path().to_string()).or_insert((span.start, span.end));
        *place = (place.0.min(span.start), place.1.max(span.end));
    }
    places
}
