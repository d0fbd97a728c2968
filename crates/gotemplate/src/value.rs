//! Values as Go's reflection sees them, each with why it is what it is.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use mlgitops_yaml::{OriginId, Origins, Text};

use crate::error::Failure;
use crate::machine::Machine;

/// A value in a template.
#[derive(Debug, Clone)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where its bytes come from. The runs of a text say it for a string, whose own is none.
    pub origin: OriginId,
    /// What decided that it is this value: conditions, keys looked up, defaults passed over.
    pub guard: OriginId,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum Data {
    /// Go's zero `reflect.Value`: prints as `<no value>`, and every field of it is missing too.
    Missing,
    /// A nil interface: prints as `<no value>`, and a field of it is an error.
    Nil,
    /// A boolean.
    Bool(bool),
    /// An integer of one of Go's types.
    Int(i64, IntType),
    /// A `float64`: every number of a values file.
    Float(f64),
    /// A string.
    Str(Text),
    /// A slice.
    List(ListId),
    /// A map.
    Map(MapId),
    /// What the program hands in: fields and methods of its own.
    Object(Arc<dyn Object>),
    /// What cannot be known: random, of the clock, in the cluster. Holds the reason.
    Unknown(Arc<str>),
}

/// Go's integer types, as far as templates tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntType {
    /// `int`
    Int,
    /// `int64`
    Int64,
    /// `uint8`
    Uint8,
    /// `int32`
    Int32,
}

/// What a slice holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// `[]interface {}`
    Any,
    /// `[]interface {}` that is nil: `null` in JSON.
    Nil,
    /// `[]string`
    Str,
    /// `[]int`
    Int,
}

/// What a map holds; keys are strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapType {
    /// `map[string]interface {}`
    Any,
    /// `map[string]string`
    Str,
    /// `chartutil.Values` and its like: a named type over `map[string]interface {}`.
    Named(&'static str),
}

/// A slice of a [`Heap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListId(u32);

/// A map of a [`Heap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MapId(u32);

/// The slices and maps of one rendering. Maps are shared and can change, as Go's are; a value that
/// holds itself is no leak, for all go together.
#[derive(Debug, Default)]
pub struct Heap {
    items: Vec<Vec<Value>>,
    lists: Vec<View>,
    maps: Vec<(BTreeMap<Arc<str>, Slot>, MapType)>,
    weight: usize,
}

/// A slice, as Go has it: a part of items that it may share with others. Items do not change.
#[derive(Debug, Clone, Copy)]
struct View {
    items: usize,
    start: usize,
    end: usize,
    of: ListType,
}

/// What a map takes before its first entry, with its first, and with each: a node of a B-tree has
/// room for eleven, and is half full where keys come in order.
const MAP: usize = 48;
const FIRST_ENTRIES: usize = 11 * ENTRY / 2;
const ENTRY: usize = 2 * (size_of::<Slot>() + size_of::<Arc<str>>());

/// An entry of a map.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Where its key comes from.
    pub key: OriginId,
    /// Its value.
    pub value: Value,
}

/// Something with fields and methods that the program hands to templates.
pub trait Object: std::any::Any + fmt::Debug + Send + Sync {
    /// Its Go type, for errors and `typeOf`.
    fn type_name(&self) -> &str;

    /// Whether it counts as false: a map without entries.
    fn is_empty(&self) -> bool {
        false
    }

    /// A field or a method without arguments; `None` where there is none of the name.
    ///
    /// # Errors
    /// What the method itself reports.
    fn field(&self, name: &str, machine: &mut Machine<'_>) -> Option<Result<Value, Failure>>;

    /// A method with arguments; `None` where there is none of the name.
    ///
    /// # Errors
    /// What the method itself reports.
    fn call(
        &self,
        _name: &str,
        _arguments: &[Value],
        _machine: &mut Machine<'_>,
    ) -> Option<Result<Value, Failure>> {
        None
    }

    /// The order of its JSON names, where it is a struct: `toJson` keeps it.
    fn json_order(&self) -> &[&'static str] {
        &[]
    }

    /// The text that it is the bytes of (`[]byte`): printed as numbers, but a text to `toString`.
    fn bytes(&self) -> Option<&Text> {
        None
    }

    /// Some of the bytes of [`Self::bytes`], as bytes again; `None` where they are no text.
    fn bytes_in(&self, _range: std::ops::Range<usize>, _machine: &mut Machine<'_>) -> Option<Value> {
        None
    }

    /// It as `toJson` and `toYaml` have it, where that is another value than the plain one.
    fn encoded(&self, machine: &mut Machine<'_>) -> Value {
        self.plain(machine)
    }

    /// It as a plain value, for `range`, `index`, `toYaml` and printing.
    fn plain(&self, machine: &mut Machine<'_>) -> Value;
}

impl Value {
    /// A value of no origin yet.
    #[must_use]
    pub fn new(data: Data) -> Self {
        Self { data, origin: OriginId::NONE, guard: OriginId::NONE }
    }

    /// A value of an origin; for a string its text says it.
    #[must_use]
    pub fn from(data: Data, origin: OriginId) -> Self {
        Self { data, origin, guard: OriginId::NONE }
    }

    /// A boolean.
    #[must_use]
    pub fn bool(value: bool, origin: OriginId) -> Self {
        Self::from(Data::Bool(value), origin)
    }

    /// An `int`.
    #[must_use]
    pub fn int(value: i64, origin: OriginId) -> Self {
        Self::from(Data::Int(value, IntType::Int), origin)
    }

    /// A string that is all of one origin.
    #[must_use]
    pub fn str(text: &str, origin: OriginId) -> Self {
        Self::new(Data::Str(Text::opaque(text, origin)))
    }

    /// A string.
    #[must_use]
    pub fn text(text: Text) -> Self {
        Self::new(Data::Str(text))
    }

    /// The same, decided by one thing more.
    #[must_use]
    pub fn guarded(mut self, guard: OriginId, origins: &mut Origins) -> Self {
        self.guard = origins.join(self.guard, guard);
        self
    }

    /// Whether it is nil or missing.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        matches!(self.data, Data::Missing | Data::Nil)
    }

    /// Where its bytes come from, without what decided about it.
    pub fn content(&self, origins: &mut Origins) -> OriginId {
        match &self.data {
            Data::Str(text) => match text.runs() {
                [] => self.origin,
                [run] => {
                    let origin = match run.offset {
                        Some(offset) => origins.part(run.origin, offset..offset + run.end),
                        None => run.origin,
                    };
                    origins.guard(origin, run.context)
                }
                _ => text.origin(0..u32::try_from(text.len()).unwrap_or(u32::MAX), origins),
            },
            _ => self.origin,
        }
    }

    /// All of it: its bytes, and what decided about it.
    pub fn whole(&self, origins: &mut Origins) -> OriginId {
        let content = self.content(origins);
        origins.guard(content, self.guard)
    }

    /// The name of its Go type.
    #[must_use]
    pub fn go_type(&self, heap: &Heap) -> String {
        match &self.data {
            Data::Missing | Data::Nil => "<nil>".to_owned(),
            Data::Bool(_) => "bool".to_owned(),
            Data::Int(_, kind) => kind.name().to_owned(),
            Data::Float(_) => "float64".to_owned(),
            Data::Str(_) | Data::Unknown(_) => "string".to_owned(),
            Data::List(list) => match heap.list_type(*list) {
                ListType::Any | ListType::Nil => "[]interface {}",
                ListType::Str => "[]string",
                ListType::Int => "[]int",
            }
            .to_owned(),
            Data::Map(map) => match heap.map_type(*map) {
                MapType::Any => "map[string]interface {}",
                MapType::Str => "map[string]string",
                MapType::Named(name) => name,
            }
            .to_owned(),
            Data::Object(object) => object.type_name().to_owned(),
        }
    }

    /// The name of its Go kind.
    #[must_use]
    pub fn go_kind(&self) -> &str {
        match &self.data {
            Data::Missing | Data::Nil => "invalid",
            Data::Bool(_) => "bool",
            Data::Int(_, kind) => kind.name(),
            Data::Float(_) => "float64",
            Data::Str(_) | Data::Unknown(_) => "string",
            Data::List(_) => "slice",
            Data::Map(_) => "map",
            Data::Object(object) if object.type_name().starts_with('*') => "ptr",
            Data::Object(object) if object.type_name().starts_with("[]") => "slice",
            Data::Object(_) => "struct",
        }
    }
}

impl IntType {
    /// Go's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Int32 => "int32",
        }
    }
}

impl Heap {
    /// Adds a slice.
    pub fn add_list(&mut self, items: Vec<Value>, of: ListType) -> ListId {
        self.weight += items.len() * size_of::<Value>();
        let view = View { items: self.items.len(), start: 0, end: items.len(), of };
        self.items.push(items);
        self.add_view(view)
    }

    fn add_view(&mut self, view: View) -> ListId {
        self.weight += 2 * size_of::<View>();
        self.lists.push(view);
        ListId(narrow(self.lists.len() - 1))
    }

    /// Whether an item can follow a slice where it is: nothing else follows it.
    #[must_use]
    pub fn can_grow(&self, list: ListId) -> bool {
        let view = self.lists.get(list.0 as usize);
        view.is_some_and(|view| self.items.get(view.items).is_some_and(|items| items.len() == view.end))
    }

    /// A slice with one item more; what it holds before is shared where nothing follows it.
    pub fn with_item(&mut self, list: ListId, item: Value, of: ListType) -> ListId {
        let Some(view) = self.lists.get(list.0 as usize).copied() else {
            return self.add_list(vec![item], of);
        };
        match self.items.get_mut(view.items) {
            Some(items) if items.len() == view.end => {
                items.push(item);
                self.weight += size_of::<Value>();
                self.add_view(View { end: view.end + 1, of, ..view })
            }
            _ => {
                let mut items = self.list(list).to_vec();
                items.push(item);
                self.add_list(items, of)
            }
        }
    }

    /// A part of a slice, which shares its items; `None` where the slice is shorter.
    pub fn part(&mut self, list: ListId, range: Range<usize>, of: ListType) -> Option<ListId> {
        let view = self.lists.get(list.0 as usize).copied()?;
        let (start, end) = (view.start + range.start, view.start + range.end);
        (start <= end && end <= view.end).then(|| self.add_view(View { start, end, of, ..view }))
    }

    /// Adds a map.
    pub fn add_map(&mut self, entries: BTreeMap<Arc<str>, Slot>, of: MapType) -> MapId {
        let of_entries = if entries.is_empty() { 0 } else { (entries.len() * ENTRY).max(FIRST_ENTRIES) };
        self.weight += MAP + of_entries;
        self.maps.push((entries, of));
        MapId(narrow(self.maps.len() - 1))
    }

    /// Roughly how many bytes its slices and maps take; what texts take is not among them.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// The items of a slice.
    #[must_use]
    pub fn list(&self, list: ListId) -> &[Value] {
        let view = self.lists.get(list.0 as usize);
        let items = |view: &View| self.items.get(view.items)?.get(view.start..view.end);
        view.and_then(items).unwrap_or(&[])
    }

    /// What a slice holds.
    #[must_use]
    pub fn list_type(&self, list: ListId) -> ListType {
        self.lists.get(list.0 as usize).map_or(ListType::Any, |view| view.of)
    }

    /// The entries of a map, sorted by key, as Go's templates run over them.
    #[must_use]
    pub fn map(&self, map: MapId) -> &BTreeMap<Arc<str>, Slot> {
        static EMPTY: BTreeMap<Arc<str>, Slot> = BTreeMap::new();
        self.maps.get(map.0 as usize).map_or(&EMPTY, |(entries, _)| entries)
    }

    /// What a map holds.
    #[must_use]
    pub fn map_type(&self, map: MapId) -> MapType {
        self.maps.get(map.0 as usize).map_or(MapType::Any, |(_, of)| *of)
    }

    /// Puts a value in the place of an item: every slice that shares it has it from then on. Whether
    /// there is such an item.
    pub fn set_item(&mut self, list: ListId, index: usize, value: Value) -> bool {
        let Some(view) = self.lists.get(list.0 as usize) else { return false };
        let at = view.start + index;
        let item = (at < view.end).then(|| self.items.get_mut(view.items)?.get_mut(at)).flatten();
        item.map(|item| *item = value).is_some()
    }

    /// Gives a map another type; its entries stay.
    pub fn retype(&mut self, map: MapId, to: MapType) {
        if let Some((_, of)) = self.maps.get_mut(map.0 as usize) {
            *of = to;
        }
    }

    /// Sets an entry of a map.
    pub fn set(&mut self, map: MapId, key: Arc<str>, slot: Slot) {
        if let Some((entries, _)) = self.maps.get_mut(map.0 as usize) {
            let first = if entries.is_empty() { FIRST_ENTRIES } else { 0 };
            if entries.insert(key, slot).is_none() {
                self.weight += first.max(ENTRY);
            }
        }
    }

    /// Takes an entry out of a map.
    pub fn unset(&mut self, map: MapId, key: &str) -> Option<Slot> {
        self.maps.get_mut(map.0 as usize)?.0.remove(key)
    }

    /// How many slices and maps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lists.len() + self.maps.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Values are fewer than a limit far below.
pub(crate) fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(heap: &Heap, list: ListId) -> Vec<i64> {
        let number = |value: &Value| if let Data::Int(number, _) = value.data { number } else { -1 };
        heap.list(list).iter().map(number).collect()
    }

    fn number(value: i64) -> Value {
        Value::int(value, OriginId::NONE)
    }

    #[test]
    fn slices_share_items_and_never_see_those_of_each_other() {
        let mut heap = Heap::default();
        let first = heap.add_list(vec![number(1), number(2)], ListType::Any);
        let longer = heap.with_item(first, number(3), ListType::Any);
        // The place behind the first is taken: this one is a copy.
        let other = heap.with_item(first, number(4), ListType::Any);
        let rest = heap.part(longer, 1..3, ListType::Any).unwrap();
        let grown = heap.with_item(rest, number(5), ListType::Any);
        assert_eq!(numbers(&heap, first), [1, 2]);
        assert_eq!(numbers(&heap, longer), [1, 2, 3]);
        assert_eq!(numbers(&heap, other), [1, 2, 4]);
        assert_eq!(numbers(&heap, rest), [2, 3]);
        assert_eq!(numbers(&heap, grown), [2, 3, 5]);
        assert!(heap.part(first, 1..3, ListType::Any).is_none());
    }

    #[test]
    fn a_slice_that_grows_weighs_what_its_items_weigh() {
        let mut heap = Heap::default();
        let mut list = heap.add_list(Vec::new(), ListType::Any);
        for at in 0..1_000 {
            list = heap.with_item(list, number(at), ListType::Any);
        }
        let slices = 1_001 * 2 * size_of::<View>();
        assert_eq!(heap.weight(), 1_000 * size_of::<Value>() + slices);
    }
}
