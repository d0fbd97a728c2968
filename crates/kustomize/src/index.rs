//! Objects found by their names, so that ten thousand patches of ten thousand objects take ten
//! thousand steps.

use std::collections::HashMap;

use crate::accumulate::Accumulated;
use crate::id::Id;
use crate::resource::Resource;
use crate::select::Selector;

/// The objects that have, or had, a name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    by_name: HashMap<String, Vec<usize>>,
}

impl Names {
    fn of(resources: &[Resource]) -> Self {
        let mut names = Self::default();
        for (at, resource) in resources.iter().enumerate() {
            names.add(at, resource);
        }
        names
    }

    fn add(&mut self, at: usize, resource: &Resource) {
        let previous = resource.previous.iter().map(|previous| previous.name.as_str());
        for name in previous.chain([resource.name()]) {
            let places = match self.by_name.get_mut(name) {
                Some(places) => places,
                None => self.by_name.entry(name.to_owned()).or_default(),
            };
            if places.last() != Some(&at) {
                places.push(at);
            }
        }
    }
}

impl Accumulated {
    /// Says that names or places of objects may change: what was known of them is forgotten.
    pub(crate) fn names_change(&mut self) {
        self.names = None;
    }

    /// Adds an object at the end.
    pub(crate) fn push(&mut self, resource: Resource) {
        if let Some(names) = &mut self.names {
            names.add(self.resources.len(), &resource);
        }
        self.resources.push(resource);
    }

    /// The places of the objects that have, or had, a name, in order.
    fn named(&mut self, name: &str) -> Vec<usize> {
        let resources = &self.resources;
        let names = self.names.get_or_insert_with(|| Names::of(resources));
        let mut found = names.by_name.get(name).cloned().unwrap_or_default();
        found.retain(|at| self.resources.get(*at).is_some_and(|resource| !resource.node.is_null()));
        found
    }

    /// The places of all objects that no patch deleted.
    fn all(&self) -> Vec<usize> {
        let here = self.resources.iter().enumerate().filter(|(_, resource)| !resource.node.is_null());
        here.map(|(at, _)| at).collect()
    }

    /// Takes out what patches deleted.
    pub(crate) fn sweep(&mut self) {
        let before = self.resources.len();
        self.resources.retain(|resource| !resource.node.is_null());
        if self.resources.len() != before {
            self.names = None;
        }
    }

    /// The objects that have, or had, an identity.
    pub(crate) fn by_any_id(&mut self, wanted: &Id) -> Vec<usize> {
        let mut found = self.named(&wanted.name);
        found.retain(|at| self.resources.get(*at).is_some_and(|resource| resource.has_or_had(wanted)));
        found
    }

    /// The objects a selector may mean: those of its name, where that is no pattern.
    pub(crate) fn candidates(&mut self, selector: &Selector) -> Vec<usize> {
        match selector.literal_name() {
            Some(name) => self.named(name),
            None => self.all(),
        }
    }

    /// The objects that have, or had, a name; all of them where there is none.
    pub(crate) fn named_or_all(&mut self, name: &str) -> Vec<usize> {
        if name.is_empty() { self.all() } else { self.named(name) }
    }
}
