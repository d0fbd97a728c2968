//! The functions templates call: a table by name, and how a function reads its arguments.

mod compare;
mod encode;
mod strings;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use mlgitops_yaml::{OriginId, Text, TextBuilder};
use rapidhash::fast::RapidHasher;

pub(crate) use encode::yaml_text;
pub(crate) use strings::escape;

use crate::error::Failure;
use crate::machine::Machine;
use crate::print;
use crate::value::{Data, ListId, MapId, Value};

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
        Self { name, least: count, most: count, run, lazy: None }
    }

    /// A function of so many arguments or more.
    #[must_use]
    pub const fn variadic(
        name: &'static str,
        least: usize,
        run: fn(&mut Machine<'_>, &[Value]) -> Result<Value, Failure>,
    ) -> Self {
        Self { name, least, most: usize::MAX, run, lazy: None }
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
            functions.extend(strings::FUNCTIONS);
            functions
        });
        &STANDARD
    }

    /// Adds functions, in place of those of the same name.
    pub fn extend(&mut self, functions: &'static [Function]) {
        self.by_name.extend(functions.iter().map(|function| (function.name, function)));
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
            _ => Err(self.wrong_type(value, "int")),
        }
    }

    /// An argument that Go declares as a map.
    ///
    /// # Errors
    /// Where it is none.
    pub fn arg_map(&mut self, value: &Value) -> Result<MapId, Failure> {
        match &value.data {
            Data::Map(map) => Ok(*map),
            _ => Err(self.wrong_type(value, "map[string]interface {}")),
        }
    }

    /// An argument that is a slice of any type.
    ///
    /// # Errors
    /// Where it is none.
    pub fn arg_list(&mut self, value: &Value) -> Result<ListId, Failure> {
        match &value.data {
            Data::List(list) => Ok(*list),
            _ => Err(self.wrong_type(value, "[]interface {}")),
        }
    }

    /// A text as sprig's `strval` makes it: of anything.
    ///
    /// # Errors
    /// Where it nests too deep.
    pub fn to_text(&mut self, value: &Value) -> Result<Text, Failure> {
        let text = match &value.data {
            Data::Missing | Data::Nil => Text::opaque("<nil>", value.origin),
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
