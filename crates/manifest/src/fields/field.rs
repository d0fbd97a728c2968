//! One level of a kind's table: a cheap handle into the blob.

use std::fmt;

use mlgitops_yaml::{Pointer, Step};

use super::blob::{Attribute, EDGE};
use super::{Availability, FieldTables, Release, ReleaseSet};

/// What may stand at a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldType {
    /// An object of known fields. Without any field and not open, everything in it is pruned.
    Object,
    /// An object of free keys whose values are alike.
    Map,
    /// A list.
    Array,
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// A whole number or text (`x-kubernetes-int-or-string`). With the format `quantity` any
    /// number: Kubernetes' own types read a Quantity from `0.5` as well (`k8s.io/apimachinery
    /// pkg/api/resource/quantity.go`), a CRD does not.
    IntOrString,
    /// Anything.
    Any,
}

/// How a strategic merge patch treats a field of a Kubernetes type
/// (`x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatchMark {
    /// `merge`, `retainKeys`, `merge,retainKeys`, or empty where it says none.
    pub strategy: &'static str,
    /// The field that tells the items of a list apart, or empty.
    pub merge_key: &'static str,
}

/// A level of a kind's table: the object itself, a field, an item of a list, a value of a map.
/// Copying it costs nothing; it reads the blob where it stands.
#[derive(Clone, Copy)]
pub struct FieldRef {
    tables: &'static FieldTables,
    /// Where its node starts in the nodes section.
    at: usize,
    since: u8,
    until: u8,
    patch: u8,
}

impl FieldRef {
    pub(super) fn root(tables: &'static FieldTables, node: u16) -> Option<Self> {
        Some(Self { tables, at: tables.blob.node(node)?, since: 0, until: 0, patch: 0 })
    }

    /// What may stand here.
    #[must_use]
    pub fn kind(self) -> FieldType {
        match self.tables.blob.u8(self.at) {
            Some(0) => FieldType::Object,
            Some(1) => FieldType::Map,
            Some(2) => FieldType::Array,
            Some(3) => FieldType::String,
            Some(4) => FieldType::Integer,
            Some(5) => FieldType::Number,
            Some(6) => FieldType::Boolean,
            Some(7) => FieldType::IntOrString,
            _ => FieldType::Any,
        }
    }

    /// A field of this object by its exact name; `None` for a map, whose keys are free.
    #[must_use]
    pub fn field(self, name: &str) -> Option<Self> {
        let (start, count) = self.edges()?;
        let blob = &self.tables.blob;
        let wanted = (prefix(name), name.as_bytes());
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            let at = start + middle * EDGE;
            let here = || Some(blob.bytes_of(blob.u16(at + 2)?));
            let order = blob.prefix(at)?.cmp(&wanted.0);
            match if order.is_eq() { here()?.cmp(wanted.1) } else { order } {
                std::cmp::Ordering::Equal => return self.follow(blob.edge(at)?),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The fields of this object, sorted by name.
    pub fn fields(self) -> impl Iterator<Item = (&'static str, Self)> {
        let (start, count) = self.edges().unwrap_or((0, 0));
        (0..count).map_while(move |row| {
            let at = start + row * EDGE;
            let name = self.tables.blob.text(self.tables.blob.u16(at + 2)?);
            Some((name, self.follow(self.tables.blob.edge(at)?)?))
        })
    }

    /// What the items of this list are.
    #[must_use]
    pub fn items(self) -> Option<Self> {
        self.child(Attribute::Items)
    }

    /// What the values of this map are.
    #[must_use]
    pub fn values(self) -> Option<Self> {
        self.child(Attribute::Values)
    }

    /// One step down: an index into a list, a key of a map or an object.
    #[must_use]
    pub fn step(self, step: &Step) -> Option<Self> {
        match (self.kind(), step) {
            (FieldType::Array, Step::Index(_)) => self.items(),
            (FieldType::Array, Step::Key(key)) if is_index(key) => self.items(),
            (FieldType::Map, Step::Key(_)) => self.values(),
            (FieldType::Object, Step::Key(key)) => self.field(key),
            _ => None,
        }
    }

    /// The level a pointer leads to. `None` where the table knows no such field, which below an
    /// [open](Self::is_open) level says nothing.
    #[must_use]
    pub fn at(self, pointer: &Pointer) -> Option<Self> {
        pointer.0.iter().try_fold(self, Self::step)
    }

    /// The level a path of keys leads to; the items of a list are any number.
    #[must_use]
    pub fn find(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |level, &key| match level.kind() {
            FieldType::Array if is_index(key) => level.items(),
            FieldType::Map => level.values(),
            _ => level.field(key),
        })
    }

    /// The names of the fields that must be there, sorted.
    pub fn required(self) -> impl Iterator<Item = &'static str> {
        self.texts(Attribute::Required)
    }

    /// The values allowed, in the order of the schema; none where any is. Numbers as their text:
    /// [`kind`](Self::kind) tells.
    pub fn enum_values(self) -> impl Iterator<Item = &'static str> {
        self.texts(Attribute::Enum)
    }

    /// The fields that together tell the items of this list apart on the server
    /// (`x-kubernetes-list-map-keys`).
    pub fn list_keys(self) -> impl Iterator<Item = &'static str> {
        self.texts(Attribute::ListKeys)
    }

    /// The least number allowed.
    #[must_use]
    pub fn minimum(self) -> Option<i64> {
        self.tables.blob.i64(self.attribute(Attribute::Minimum)?)
    }

    /// The greatest number allowed.
    #[must_use]
    pub fn maximum(self) -> Option<i64> {
        self.tables.blob.i64(self.attribute(Attribute::Maximum)?)
    }

    /// The least length of the text, in characters.
    #[must_use]
    pub fn min_length(self) -> Option<u32> {
        self.tables.blob.u32(self.attribute(Attribute::MinLength)?)
    }

    /// The greatest length of the text, in characters.
    #[must_use]
    pub fn max_length(self) -> Option<u32> {
        self.tables.blob.u32(self.attribute(Attribute::MaxLength)?)
    }

    /// The least number of items.
    #[must_use]
    pub fn min_items(self) -> Option<u32> {
        self.tables.blob.u32(self.attribute(Attribute::MinItems)?)
    }

    /// The regular expression the text must match somewhere, as Go writes it.
    #[must_use]
    pub fn pattern(self) -> Option<&'static str> {
        self.text(Attribute::Pattern)
    }

    /// The format: `int32`, `int64`, `double`, `byte`, `date-time`, and `quantity` for Kubernetes'
    /// own quantities.
    #[must_use]
    pub fn format(self) -> Option<&'static str> {
        self.text(Attribute::Format)
    }

    /// What the API server writes where nothing is given, as JSON.
    #[must_use]
    pub fn default_json(self) -> Option<&'static str> {
        self.text(Attribute::Default)
    }

    /// Whether the API server keeps fields the table does not know
    /// (`x-kubernetes-preserve-unknown-fields`), or anything may stand here.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.flags() & (1 << Attribute::Open as u8) != 0 || self.kind() == FieldType::Any
    }

    /// The first release of its project that has this level, or the level it stands in, if an
    /// earlier one was read that has not.
    #[must_use]
    pub fn since(self) -> Option<Release> {
        self.tables.release(self.since)
    }

    /// The last release of its project that has this level, or the level it stands in, if a later
    /// one was read that has not.
    #[must_use]
    pub fn until(self) -> Option<Release> {
        self.tables.release(self.until)
    }

    /// Which of these releases have this level.
    #[must_use]
    pub fn availability(self, releases: &ReleaseSet) -> Availability {
        releases.availability(self.since(), self.until())
    }

    /// How a strategic merge patch treats this field; `None` where the schema says nothing, and
    /// always for custom resources.
    #[must_use]
    pub fn patch(self) -> Option<PatchMark> {
        let (strategy, merge_key) = self.tables.blob.patch(self.patch);
        (!strategy.is_empty() || !merge_key.is_empty()).then_some(PatchMark { strategy, merge_key })
    }

    /// The field that tells the items of this list apart in a strategic merge patch.
    #[must_use]
    pub fn merge_key(self) -> Option<&'static str> {
        self.patch().map(|mark| mark.merge_key).filter(|key| !key.is_empty())
    }

    /// The patch strategy: `merge`, `retainKeys` or `merge,retainKeys`.
    #[must_use]
    pub fn patch_strategy(self) -> Option<&'static str> {
        self.patch().map(|mark| mark.strategy).filter(|strategy| !strategy.is_empty())
    }

    pub(super) fn tables(self) -> &'static FieldTables {
        self.tables
    }

    fn flags(self) -> u16 {
        self.tables.blob.u16(self.at + 1).unwrap_or(0)
    }

    /// Where the edges start, and how many there are.
    fn edges(self) -> Option<(usize, usize)> {
        let at = self.attribute(Attribute::Fields)?;
        Some((at + 2, usize::from(self.tables.blob.u16(at)?)))
    }

    /// Where an attribute stands, if this node has it: after those with a smaller number.
    fn attribute(self, wanted: Attribute) -> Option<usize> {
        let flags = self.flags();
        let has = |bit: u8| flags & (1 << bit) != 0;
        if !has(wanted as u8) {
            return None;
        }
        let blob = &self.tables.blob;
        (0..wanted as u8).filter(|&bit| has(bit)).try_fold(self.at + 3, |at, bit| {
            Some(match bit {
                0 => at + 2 + usize::from(blob.u16(at)?) * EDGE,
                3..=5 => at + 1 + usize::from(blob.u8(at)?) * 2,
                9..=10 => at + 8,
                11..=13 => at + 4,
                _ => at + 2,
            })
        })
    }

    fn child(self, attribute: Attribute) -> Option<Self> {
        let node = self.tables.blob.u16(self.attribute(attribute)?)?;
        Some(Self { at: self.tables.blob.node(node)?, patch: 0, ..self })
    }

    /// The field at the end of an edge. What it inherits is already in `self`.
    fn follow(self, [_, _, _, _, low, high, since, until, patch]: [u8; EDGE]) -> Option<Self> {
        Some(Self {
            tables: self.tables,
            at: self.tables.blob.node(u16::from_le_bytes([low, high]))?,
            since: if since == 0 { self.since } else { since },
            until: if until == 0 { self.until } else { until },
            patch,
        })
    }

    fn text(self, attribute: Attribute) -> Option<&'static str> {
        Some(self.tables.blob.text(self.tables.blob.u16(self.attribute(attribute)?)?))
    }

    fn texts(self, attribute: Attribute) -> impl Iterator<Item = &'static str> {
        let list = self.attribute(attribute);
        let read = list.and_then(|at| Some((at + 1, usize::from(self.tables.blob.u8(at)?))));
        let (start, count) = read.unwrap_or((0, 0));
        (0..count).map_while(move |row| Some(self.tables.blob.text(self.tables.blob.u16(start + row * 2)?)))
    }
}

impl fmt::Debug for FieldRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}", self.kind(), self.at)
    }
}

/// The first two bytes of a name, 0 where it is shorter: they order most names without reading them.
fn prefix(name: &str) -> [u8; 2] {
    let mut bytes = name.bytes();
    [bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)]
}

/// Whether a key is an index of a list as RFC 6901 writes one.
fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}
