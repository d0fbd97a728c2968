//! Typed values read from nodes, as the API server reads them: no text where a number stands.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer as _,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor, value::StrDeserializer,
};
use thiserror::Error;

use crate::scalar::go_json_number;
use crate::{Key, Mode, Node, Pointer, Resolved, Scalar, Step, Value};

/// Why a node is not the value that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{pointer}: {message}")]
pub struct ReadAsError {
    /// The value that does not fit, from the node that was read.
    pub pointer: Pointer,
    /// What is wrong with it; for an unknown value, that and why it is unknown.
    pub message: String,
}

/// Reads a node as a type, [`Mode::Api`] deciding what scalars are; keys are named as
/// [`Key::resolved_name`] does.
///
/// A number without a fraction is an integer (`1e3` reaches the API server as 1000). A newtype of
/// text takes a number too, in JSON's digits: that is how a Kubernetes `Quantity` reads `cpu: 1`
/// (apimachinery v0.33 `resource.Quantity.UnmarshalJSON`).
///
/// # Errors
/// [`ReadAsError`] for a value of another type, a field that must be there and is not, and a value
/// that cannot be known.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, ReadAsError> {
    T::deserialize(NodeReader { node, in_newtype: false }).map_err(|error| {
        let steps = error.steps.into_iter().rev().collect();
        ReadAsError { pointer: Pointer(steps), message: error.message }
    })
}

/// An error on its way out of the value it was found in.
#[derive(Debug)]
struct Failure {
    message: String,
    /// The innermost first.
    steps: Vec<Step>,
}

impl Failure {
    fn at(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), steps: Vec::new() }
    }
}

struct NodeReader<'n> {
    node: &'n Node,
    /// Whether the value of a newtype is read.
    in_newtype: bool,
}

impl<'n> NodeReader<'n> {
    fn of(node: &'n Node) -> Self {
        Self { node, in_newtype: false }
    }

    /// A number as text, where a newtype asks for text.
    fn number_as_text(&self) -> Option<String> {
        let scalar = self.node.as_scalar().filter(|_| self.in_newtype)?;
        match scalar.resolve(Mode::Api) {
            Resolved::Int(value) => Some(value.to_string()),
            Resolved::Float(value) => Some(go_json_number(value)),
            _ => None,
        }
    }
}

fn unknown(reason: &str) -> Failure {
    Failure::custom(format!("cannot be known: {reason}"))
}

fn visit_scalar<'de, V: Visitor<'de>>(scalar: &Scalar, visitor: V) -> Result<V::Value, Failure> {
    match scalar.resolve(Mode::Api) {
        Resolved::Null => visitor.visit_unit(),
        Resolved::Bool(value) => visitor.visit_bool(value),
        Resolved::Int(value) => visitor.visit_i64(value),
        Resolved::Uint(value) => visitor.visit_u64(value),
        // Whole and below 2^63: `as` is exact, and JSON shows an integer.
        Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 => {
            visitor.visit_i64(value as i64)
        }
        Resolved::Float(value) => visitor.visit_f64(value),
        Resolved::Str | Resolved::Timestamp => visitor.visit_str(&scalar.text),
        Resolved::Refused => Err(Failure::custom(format!("`{}` has no JSON form", scalar.text))),
    }
}

impl<'de> Deserializer<'de> for NodeReader<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Scalar(scalar) => visit_scalar(scalar, visitor),
            Value::Sequence(items) => visitor.visit_seq(Items { items: items.iter(), next: 0 }),
            Value::Map(map) => visitor.visit_map(Entries { entries: map.iter(), value: None }),
            Value::Unknown(why) => Err(unknown(&why.reason)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.number_as_text() {
            Some(text) => visitor.visit_string(text),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(NodeReader { in_newtype: true, ..self })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Scalar(scalar) if scalar.resolve(Mode::Api) == Resolved::Str => {
                visitor.visit_enum(Variant { name: scalar.text.to_string(), content: None })
            }
            Value::Map(map) if map.len() == 1 => match map.iter().next() {
                Some((key, value)) => {
                    visitor.visit_enum(Variant { name: name_of(key)?, content: Some(value) })
                }
                None => self.deserialize_any(visitor),
            },
            Value::Map(_) => Err(Failure::invalid_type(Unexpected::Map, &"a map of one key")),
            _ => self.deserialize_any(visitor),
        }
    }

    /// What nobody reads may be anything, even unknown.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier
    }
}

fn name_of(key: &Key) -> Result<String, Failure> {
    match key.resolved_name(Mode::Api) {
        Ok(name) => Ok(name.into_owned()),
        Err(error) => Err(Failure::custom(error)),
    }
}

struct Items<'n> {
    items: std::slice::Iter<'n, Node>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        let value = seed.deserialize(NodeReader::of(item));
        value.map(Some).map_err(|failure| failure.at(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'n, I: Iterator<Item = (&'n Key, &'n Node)>> {
    entries: I,
    value: Option<(String, &'n Node)>,
}

impl<'de, 'n, I: Iterator<Item = (&'n Key, &'n Node)>> MapAccess<'de> for Entries<'n, I> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        let name = name_of(key)?;
        let reader: StrDeserializer<'_, Failure> = name.as_str().into_deserializer();
        let read = seed.deserialize(reader).map_err(|failure| failure.at(Step::Key(name.clone())))?;
        self.value = Some((name, value));
        Ok(Some(read))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Failure> {
        let Some((name, value)) = self.value.take() else {
            return Err(Failure::custom("a value was asked for before its key"));
        };
        seed.deserialize(NodeReader::of(value)).map_err(|failure| failure.at(Step::Key(name)))
    }
}

/// A variant: its name alone, or the one key of a map with its content.
struct Variant<'n> {
    name: String,
    content: Option<&'n Node>,
}

impl<'de, 'n> EnumAccess<'de> for Variant<'n> {
    type Error = Failure;
    type Variant = Content<'n>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content<'n>), Failure> {
        let reader: StrDeserializer<'_, Failure> = self.name.as_str().into_deserializer();
        let variant = seed.deserialize(reader)?;
        Ok((variant, Content { name: self.name, node: self.content }))
    }
}

struct Content<'n> {
    name: String,
    node: Option<&'n Node>,
}

impl Content<'_> {
    fn read<T>(self, read: impl FnOnce(NodeReader<'_>) -> Result<T, Failure>) -> Result<T, Failure> {
        match self.node {
            Some(node) => read(NodeReader::of(node)).map_err(|failure| failure.at(Step::Key(self.name))),
            None => Err(Failure::custom(format!("`{}` has content that is missing", self.name))),
        }
    }
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        match self.node {
            Some(_) => self.read(|reader| <()>::deserialize(reader)),
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        self.read(|reader| seed.deserialize(reader))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Failure> {
        self.read(|reader| reader.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.read(|reader| reader.deserialize_any(visitor))
    }
}
