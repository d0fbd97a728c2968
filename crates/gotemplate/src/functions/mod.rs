//! The functions templates call: a table by name, and how a function reads its arguments.

mod compare;
mod dates;
mod dicts;
mod digest;
mod encode;
mod instant;
mod json;
mod json_read;
mod layout;
mod lists;
mod numbers;
mod paths;
mod pieces;
mod regexes;
pub mod semver;
mod toml;
mod types;
mod words;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use mlgitops_yaml::{OriginId, Text, TextBuilder};
use rapidhash::fast::RapidHasher;

pub(crate) use encode::{bytes_of_base64 as from_base64, yaml_text};
pub(crate) use layout::{escape, escaped};
pub(crate) use regexes::Cache as RegexCache;

/// The arguments of a function.
pub(crate) type Args<'a> = &'a [Value];
/// What a function gives.
pub(crate) type Answer = Result<Value, Failure>;

/// The answer to arguments whose number was checked before and cannot be wrong.
pub(crate) fn nothing() -> Answer {
    Ok(Value::new(Data::Missing))
}

use crate::error::Failure;
use crate::machine::Machine;
use crate::print;
use crate::value::{Data, ListId, MapId, MapType, Value};

/// A function as templates call it.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Fewest arguments.
    pub least: usize,
    /// Most arguments; `usize::MAX` where any number is taken.
    pub most: usize,
    /// What it does. Missing arguments are nil; the numbers of them were checked.
    pub run: fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>,
    pub(crate) lazy: Option<Lazy>,
    /// Whether it hands its arguments on as they are, known or not: the result of any other
    /// function is unknown where an argument is.
    pub passes_on: bool,
}

/// The functions that do not need all their arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lazy {
    And,
    Or,
}

impl Function {
    /// A function of exactly so many arguments.
    #[must_use]
    pub const fn new(
        name: &'static str,
        count: usize,
        run: fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>,
    ) -> Self {
        Self { name, least: count, most: count, run, lazy: None, passes_on: false }
    }

    /// A function of so many arguments or more.
    #[must_use]
    pub const fn variadic(
        name: &'static str,
        least: usize,
        run: fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>,
    ) -> Self {
        Self { name, least, most: usize::MAX, run, lazy: None, passes_on: false }
    }

    /// The same, handing its arguments on as they are.
    #[must_use]
    pub const fn passing_on(self) -> Self {
        Self { passes_on: true, ..self }
    }
}

/// Functions by name.
#[derive(Debug, Clone, Default)]
pub struct Functions {
    by_name: HashMap<&'static str, &'static Function, BuildHasherDefault<RapidHasher<'static>>>,
}

impl Functions {
    /// Go's own functions, sprig's, and the conversions Helm and Argo CD share.
    #[must_use]
    pub fn standard() -> &'static Self {
        static STANDARD: LazyLock<Functions> = LazyLock::new(|| {
            let mut functions = Functions::default();
            functions.extend(compare::FUNCTIONS);
            functions.extend(encode::FUNCTIONS);
            functions.extend(dates::FUNCTIONS);
            functions.extend(dicts::FUNCTIONS);
            functions.extend(json::FUNCTIONS);
            functions.extend(layout::FUNCTIONS);
            functions.extend(lists::FUNCTIONS);
            functions.extend(numbers::FUNCTIONS);
            functions.extend(paths::FUNCTIONS);
            functions.extend(pieces::FUNCTIONS);
            functions.extend(regexes::FUNCTIONS);
            functions.extend(semver::FUNCTIONS);
            functions.extend(types::FUNCTIONS);
            functions.extend(words::FUNCTIONS);
            functions
        });
        &STANDARD
    }

    /// Adds functions, in place of those of the same name.
    pub fn extend(&mut self, functions: &'static [Function]) {
        self.by_name.extend(functions.iter().map(|function| (function.name, function)));
    }

    /// Takes functions away: a template that calls one is refused when it is parsed.
    pub fn remove(&mut self, names: &[&str]) {
        self.by_name.retain(|known, _| !names.contains(known));
    }

    /// The function of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'static Function> {
        self.by_name.get(name).copied()
    }

    /// Every name, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.by_name.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

impl Machine<'_> {
    fn wrong_type(&mut self, value: &Value, wanted: &str) -> Failure {
        let message = if value.is_nil() {
            format!("invalid value; expected {wanted}")
        } else {
            format!("wrong type for value; expected {wanted}; got {}", value.go_type(&self.heap))
        };
        let cause = value.whole(self.origins);
        Failure::execute(message).caused_by(cause)
    }

    /// An argument that Go declares as `string`.
    ///
    /// # Errors
    /// Where it is none.
    pub fn arg_text(&mut self, value: &Value) -> Result<Text, Failure> {
        match &value.data {
            Data::Str(text) if value.guard.is_none() => Ok(text.clone()),
            Data::Str(text) => Ok(self.with_guard(text, value.guard)),
            Data::Unknown(_) => Ok(Text::opaque(print::UNKNOWN, value.origin)),
            _ => Err(self.wrong_type(value, "string")),
        }
    }

    /// The characters of an argument that Go declares as `string`.
    ///
    /// # Errors
    /// Where it is none.
    pub fn arg_str<'v>(&mut self, value: &'v Value) -> Result<&'v str, Failure> {
        match &value.data {
            Data::Str(text) => Ok(text.as_str()),
            Data::Unknown(_) => Ok(print::UNKNOWN),
            _ => Err(self.wrong_type(value, "string")),
        }
    }

    /// An argument that Go declares as `int`.
    ///
    /// # Errors
    /// Where it is none.
    pub fn arg_int(&mut self, value: &Value) -> Result<i64, Failure> {
        match &value.data {
            Data::Int(value, crate::value::IntType::Int) => Ok(*value),
            // A constant takes the type that is asked for.
            Data::Float(number) if number.fract() == 0.0 && self.is_constant(value) => Ok(*number as i64),
            _ => Err(self.wrong_type(value, "int")),
        }
    }

    /// An argument that Go declares as `map[string]interface {}`; nil is an empty one.
    ///
    /// # Errors
    /// Where it is none.
    pub fn arg_map(&mut self, value: &Value) -> Result<MapId, Failure> {
        match &value.data {
            Data::Map(map) if self.heap.map_type(*map) != MapType::Str => Ok(*map),
            Data::Nil | Data::Missing => Ok(self.heap.add_map(Default::default(), MapType::Any)),
            _ => Err(self.wrong_type(value, "map[string]interface {}")),
        }
    }

    /// An argument that is a slice of any type, which Go finds out by reflection.
    ///
    /// # Errors
    /// Where it is none.
    pub fn arg_list(&mut self, value: &Value, verb: &str) -> Result<ListId, Failure> {
        let cause = value.whole(self.origins);
        match &value.data {
            Data::List(list) => Ok(*list),
            Data::Object(object) if object.bytes().is_some() => match object.plain(self).data {
                Data::List(list) => Ok(list),
                _ => {
                    let message = "a file is taken byte by byte, and is too large for that";
                    Err(Failure::new(crate::FailureKind::Limit, message))
                }
            },
            Data::Nil | Data::Missing => {
                Err(Failure::execute("runtime error: invalid memory address or nil pointer dereference")
                    .caused_by(cause))
            }
            _ => {
                let message = format!("Cannot {verb} type {}", value.go_kind());
                Err(Failure::execute(message).caused_by(cause))
            }
        }
    }

    fn is_constant(&self, value: &Value) -> bool {
        matches!(self.origins.exact(value.origin), Some((mlgitops_yaml::Role::Literal, _)))
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, texts: Vec<Text>) -> Value {
        let items = texts.into_iter().map(Value::text).collect();
        Value::new(Data::List(self.heap.add_list(items, crate::value::ListType::Str)))
    }

    /// The same; none of them is a nil slice.
    pub(crate) fn texts_or_nil(&mut self, texts: Vec<Text>) -> Value {
        if texts.is_empty() {
            return Value::new(Data::List(self.heap.add_list(Vec::new(), crate::value::ListType::Nil)));
        }
        self.texts(texts)
    }

    /// The pieces of a text: how many they are, and which is where, comes from all of it.
    pub(crate) fn cut_from(&mut self, pieces: Value, text: &Text) -> Value {
        let origin = self.origin_of(text, 0, text.len());
        Value { origin, ..pieces }
    }

    /// A value decided by its arguments, too; a literal of the template decides nothing that
    /// another line could change.
    pub(crate) fn decided(&mut self, value: Value, by: &[&Value]) -> Value {
        let mut value = value;
        for other in by {
            let guard = other.whole(self.origins);
            if !self.is_literal(guard) {
                value = self.guard(value, guard);
            }
        }
        value
    }

    /// The origin of some bytes of a text.
    pub(crate) fn origin_of(&mut self, text: &Text, start: usize, end: usize) -> OriginId {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        text.origin(narrow(start)..narrow(end), self.origins)
    }

    /// A part of a text; an empty part of one that is not keeps where it comes from.
    pub(crate) fn part(&mut self, text: &Text, start: usize, end: usize) -> Text {
        if start < end || text.is_empty() {
            return text.slice(start..end);
        }
        let origin = self.origin_of(text, 0, text.len());
        Text::opaque("", origin)
    }

    /// A text as sprig's `strval` makes it: of anything.
    ///
    /// # Errors
    /// Where it nests too deep.
    pub fn to_text(&mut self, value: &Value) -> Result<Text, Failure> {
        let text = match &value.data {
            Data::Missing | Data::Nil => Text::opaque("<nil>", value.origin),
            Data::Object(object) if object.bytes().is_some() => object.bytes().cloned().unwrap_or_default(),
            _ => print::text(self, value)?,
        };
        Ok(if value.guard.is_none() { text } else { self.with_guard(&text, value.guard) })
    }

    /// A text every run of which was decided by one thing more.
    pub fn with_guard(&mut self, text: &Text, guard: OriginId) -> Text {
        let mut out = TextBuilder::default();
        out.push(text);
        if out.run_count() == 0 {
            out.push_str("", OriginId::NONE);
        }
        out.guard_since(0, guard, self.origins);
        out.build()
    }
}
