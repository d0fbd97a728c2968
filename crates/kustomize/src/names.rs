//! References to names: what names an object is changed with the object's name (kustomize v5.8
//! `api/filters/nameref`).

use std::collections::{HashMap, HashSet};

use mlgitops_yaml::{Key, Node, OriginId, Origins, Value};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Refused, Step};
use crate::id::{Gvk, Id};
use crate::origin::over;
use crate::resource::Resource;
use crate::spec::Create;

/// An object that had another name, and may be named by it.
struct Candidate {
    previous: Vec<Id>,
    id: Id,
    namespace: String,
    is_service_account: bool,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    /// `metadata.name` and `metadata.namespace`, with their origins.
    name: Node,
    namespace_node: Option<Node>,
}

/// Who refers.
struct Referrer {
    id: Id,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    role_ref: Option<Gvk>,
    /// Where the kind of the role is written.
    role_at: OriginId,
    /// Namespaces of service accounts a RoleBinding names.
    reaches: HashSet<String>,
}

/// The candidates, found by the names they had.
struct Candidates {
    all: Vec<Candidate>,
    by_name: HashMap<String, Vec<usize>>,
    /// Where objects are that were written for a namespace: one object for each namespace reached.
    by_namespace: HashMap<String, HashMap<(bool, String, String), usize>>,
}

impl Builder<'_> {
    /// Changes every reference to a name that changed.
    pub(crate) fn fix_names(&mut self, built: &mut Accumulated) -> Step<()> {
        let candidates = Candidates::of(&built.resources);
        if candidates.all.is_empty() {
            return Ok(());
        }
        let config = built.config.clone();
        for resource in &mut built.resources {
            let original = resource.original_id().gvk;
            let referrer = Referrer::of(resource, self.origins);
            for reference in &config.name_reference {
                for spec in reference.fields.iter().filter(|spec| spec.is_for(&original)) {
                    let is_role = spec.path.ends_with("roleRef/name");
                    let wanted = Wanted { target: &reference.target, is_role };
                    let mut failed = false;
                    let mut set = |builder: &mut Self, node: &mut Node| {
                        failed |= builder.fix_field(node, &referrer, &wanted, &candidates).is_err();
                    };
                    self.visit(&mut resource.node, spec, Create::Never, OriginId::NONE, &mut set)?;
                    if failed {
                        return Err(Refused);
                    }
                }
            }
        }
        Ok(())
    }

    fn fix_field(
        &mut self,
        node: &mut Node,
        referrer: &Referrer,
        wanted: &Wanted<'_>,
        candidates: &Candidates,
    ) -> Step<()> {
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().try_for_each(|item| match item.value {
                Value::Sequence(_) => Ok(()),
                _ => self.fix_field(item, referrer, wanted, candidates),
            }),
            Value::Map(_) => self.fix_map(node, referrer, wanted, candidates),
            Value::Scalar(scalar) => {
                let old = scalar.text.to_string();
                let found = candidates.select(&old, None, referrer, wanted);
                let Some(found) = self.only_one(found, false, &old, node.origin)? else { return Ok(()) };
                if found.id.name != old {
                    self.name_after(node, &found.name);
                    // Which object is meant depends on its namespace.
                    let namespace = found.namespace_node.as_ref();
                    let at = namespace.map_or(OriginId::NONE, |namespace| namespace.origin);
                    node.origin = self.origins.guard(node.origin, at);
                    if wanted.is_role {
                        node.origin = self.origins.guard(node.origin, referrer.role_at);
                    }
                }
                Ok(())
            }
            Value::Null | Value::Unknown(_) => Ok(()),
        }
    }

    /// A map with `name` and perhaps `namespace`: a subject, a webhook's service.
    fn fix_map(
        &mut self,
        node: &mut Node,
        referrer: &Referrer,
        wanted: &Wanted<'_>,
        candidates: &Candidates,
    ) -> Step<()> {
        let Some(name) = node.get("name").present() else {
            return Err(self.refuse("field-path", "a reference needs a `name`", node.origin));
        };
        let (old, at) = (name.text().unwrap_or_default().to_owned(), name.origin);
        let namespace =
            node.get("namespace").present().map(|node| node.text().unwrap_or_default().to_owned());
        let found = candidates.select(&old, namespace.as_deref(), referrer, wanted);
        let Some(found) = self.only_one(found, true, &old, at)? else { return Ok(()) };
        let Some(map) = node.as_map_mut() else { return Ok(()) };
        if found.id.name == old && found.namespace.is_empty() {
            return Ok(());
        }
        let namespace_at = map.get("namespace").map_or(OriginId::NONE, |node| node.origin);
        if let Some(name) = map.get_mut("name").filter(|_| found.id.name != old) {
            self.name_after(name, &found.name);
            name.origin = self.origins.guard(name.origin, namespace_at);
        }
        if let Some(wanted) = &found.namespace_node {
            match map.get_mut("namespace") {
                Some(have) if have.text() == wanted.text() => {}
                Some(have) => self.name_after(have, wanted),
                None => map.set(Key::new("namespace", wanted.origin), wanted.clone()),
            }
            // Which object is meant decides about its namespace.
            if let Some(have) = map.get_mut("namespace") {
                have.origin = self.origins.guard(have.origin, at);
            }
        }
        Ok(())
    }

    fn name_after(&mut self, node: &mut Node, name: &Node) {
        let origin = over(name.origin, node.origin, self.origins);
        *node = Node::new(name.value.clone(), origin);
        // The bytes of a name in a file count from its own span, which is not the whole origin now.
        if let Value::Scalar(scalar) = &mut node.value
            && let mlgitops_yaml::Pieces::Verbatim(_) = scalar.pieces
        {
            let end = u32::try_from(scalar.text.len()).unwrap_or(u32::MAX);
            scalar.pieces = mlgitops_yaml::Pieces::Parts((end, name.origin).into());
        }
    }

    fn only_one<'c>(
        &mut self,
        found: Vec<&'c Candidate>,
        with_namespace: bool,
        name: &str,
        at: OriginId,
    ) -> Step<Option<&'c Candidate>> {
        let Some(first) = found.first() else { return Ok(None) };
        let same = |other: &&Candidate| {
            other.id.name == first.id.name && (!with_namespace || other.namespace == first.namespace)
        };
        if found.iter().all(same) {
            return Ok(Some(first));
        }
        let message = format!(
            "`{name}` may mean {} or {}",
            first.id,
            found.get(1).map_or(&first.id, |other| &other.id)
        );
        Err(self.refuse("ambiguous-name", message, at))
    }
}

/// What a field refers to.
struct Wanted<'w> {
    target: &'w Gvk,
    is_role: bool,
}

impl Candidates {
    fn of(resources: &[Resource]) -> Self {
        let renamed = resources.iter().filter(|resource| !resource.previous.is_empty());
        let all: Vec<Candidate> = renamed.filter_map(Candidate::of).collect();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, candidate) in all.iter().enumerate() {
            for id in &candidate.previous {
                let entries = by_name.entry(id.name.clone()).or_default();
                if entries.last() != Some(&at) {
                    entries.push(at);
                }
            }
        }
        let mut by_namespace: HashMap<String, HashMap<_, _>> = HashMap::new();
        for (at, candidate) in all.iter().enumerate() {
            let place = (
                candidate.id.gvk.is_cluster_scoped(),
                candidate.id.namespace.clone(),
                candidate.namespace.clone(),
            );
            by_namespace
                .entry(candidate.original().namespace.clone())
                .or_default()
                .entry(place)
                .or_insert(at);
        }
        Self { all, by_name, by_namespace }
    }

    /// The objects a name may mean; more than one where that cannot be told.
    fn select(
        &self,
        name: &str,
        namespace: Option<&str>,
        referrer: &Referrer,
        wanted: &Wanted<'_>,
    ) -> Vec<&Candidate> {
        let named = self.by_name.get(name).into_iter().flatten().filter_map(|&at| self.all.get(at));
        let mut found: Vec<&Candidate> = named.filter(|candidate| referrer.may_reach(candidate)).collect();
        if let Some(namespace) = namespace {
            let was = |candidate: &&Candidate| candidate.original().namespace == namespace;
            let is = |candidate: &&Candidate| candidate.id.namespace == namespace;
            let places = self.by_namespace.get(namespace).into_iter().flat_map(HashMap::values);
            let mut written = places.filter_map(|&at| self.all.get(at));
            let in_original = written.any(|candidate| referrer.may_reach(candidate));
            found.retain(|candidate| if in_original { was(candidate) } else { is(candidate) });
        }
        found.retain(|candidate| candidate.had_kind(wanted.target));
        if let Some(role) = referrer.role_ref.as_ref().filter(|_| wanted.is_role) {
            found.retain(|candidate| candidate.had_kind(role));
        }
        found.retain(|candidate| referrer.shares_namespace(candidate));
        if found.len() <= 1 {
            return found;
        }
        found.retain(|candidate| referrer.shares_affixes(candidate, true));
        if found.len() > 1 {
            found.retain(|candidate| referrer.shares_affixes(candidate, false));
        }
        found
    }
}

impl Candidate {
    fn of(resource: &Resource) -> Option<Self> {
        Some(Self {
            previous: resource.previous_ids().collect(),
            id: resource.id(),
            namespace: resource.namespace().to_owned(),
            is_service_account: resource.gvk().kind == "ServiceAccount",
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            name: resource.node.find(&["metadata", "name"]).present()?.clone(),
            namespace_node: resource.node.find(&["metadata", "namespace"]).present().cloned(),
        })
    }

    fn original(&self) -> &Id {
        self.previous.first().unwrap_or(&self.id)
    }

    fn had_kind(&self, gvk: &Gvk) -> bool {
        self.previous.iter().any(|id| id.gvk.is_selected_by(gvk))
    }
}

impl Referrer {
    fn of(resource: &Resource, origins: &mut Origins) -> Self {
        let role = resource.node.get("roleRef");
        let role_ref = role.get("apiGroup").text().zip(role.get("kind").text()).map(|(group, kind)| Gvk {
            group: group.to_owned(),
            version: String::new(),
            kind: kind.to_owned(),
        });
        let mut role_at = OriginId::NONE;
        for field in ["apiGroup", "kind"] {
            let at = role.get(field).present().map_or(OriginId::NONE, |node| node.origin);
            role_at = origins.join(role_at, at);
        }
        let id = resource.id();
        let is_binding = id.gvk.kind == "RoleBinding";
        let subjects = if is_binding { resource.node.get("subjects").items() } else { &[] };
        let accounts = subjects.iter().filter(|subject| subject.get("kind").text() == Some("ServiceAccount"));
        let reaches =
            accounts.filter_map(|subject| Some(subject.get("namespace").text()?.to_owned())).collect();
        Self {
            id,
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            role_ref,
            role_at,
            reaches,
        }
    }

    /// Whether an object of the candidate's namespace can be named from here at all.
    fn may_reach(&self, candidate: &Candidate) -> bool {
        self.id.gvk.is_cluster_scoped()
            || candidate.id.gvk.is_cluster_scoped()
            || self.id.namespace == candidate.id.namespace
            || self.reaches.contains(&candidate.namespace)
    }

    fn shares_namespace(&self, candidate: &Candidate) -> bool {
        self.id.gvk.is_cluster_scoped()
            || candidate.id.gvk.is_cluster_scoped()
            || candidate.is_service_account
            || self.id.namespace == candidate.id.namespace
    }

    /// Whether both got the same prefixes and suffixes, the outer ones counting.
    fn shares_affixes(&self, candidate: &Candidate, or_none: bool) -> bool {
        let same = |own: &[String], other: &[String]| {
            (or_none && (own.is_empty() || other.is_empty())) || same_ending(own, other)
        };
        same(&self.prefixes, &candidate.prefixes) && same(&self.suffixes, &candidate.suffixes)
    }
}

fn same_ending(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}
