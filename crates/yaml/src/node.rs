//! Owned values that renderers work on and rules read: every value and key with its origin.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::{
    KeyError, Mode, OriginId, Origins, Pieces, Pointer, Resolved, Step, Style, Tag, Text, TextBuilder,
    resolve, resolve_key,
};

/// A value and why it is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it comes from.
    pub origin: OriginId,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing is written.
    Null,
    /// A scalar; [`Scalar::resolve`] says of which type.
    Scalar(Scalar),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A map.
    Map(Map),
    /// Something that cannot be known from the repository.
    Unknown(Unknown),
}

/// Why a value cannot be known: encrypted, kept in the cluster, random.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// The reason, in words that follow "cannot be known: ".
    pub reason: Arc<str>,
}

/// A scalar: its text, and how it was written.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The text, escapes resolved.
    pub text: Arc<str>,
    /// How it was written.
    pub style: Style,
    /// The explicit tag, as [`resolve`] takes it.
    pub tag: Option<Tag>,
    /// Which bytes of the text come from where.
    pub pieces: Pieces,
}

impl PartialEq for Scalar {
    /// Two scalars are equal if they read the same; how they came about does not count.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && (self.style == Style::Plain) == (other.style == Style::Plain)
            && self.tag == other.tag
    }
}

/// The key of a map entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The key as written.
    pub scalar: Scalar,
    /// Where it comes from.
    pub origin: OriginId,
}

/// Keys and values in the order they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map {
    entries: Vec<(Key, Node)>,
}

/// What looking a field up gives: never an `Option`, for a value that cannot be known is neither
/// there nor missing.
#[derive(Debug, Clone, Copy)]
pub enum Lookup<'n> {
    /// It is there.
    Present(&'n Node),
    /// It is not; it would be inserted into the node of this origin.
    Absent(OriginId),
    /// Whether it is cannot be known.
    Unknown(&'n Unknown),
}

impl Scalar {
    /// A string that is written in quotes.
    #[must_use]
    pub fn string(text: &str) -> Self {
        Self { text: text.into(), style: Style::Double, tag: None, pieces: Pieces::Whole }
    }

    /// A scalar without quotes, whose text decides its type.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { text: text.into(), style: Style::Plain, tag: None, pieces: Pieces::Whole }
    }

    /// Its type, as one of the Go libraries decides it.
    #[must_use]
    pub fn resolve(&self, mode: Mode) -> Resolved {
        resolve(&self.text, self.style, self.tag.as_deref(), mode)
    }

    /// The origin of some bytes of the text.
    pub fn origin_at(&self, whole: OriginId, range: Range<usize>, origins: &mut Origins) -> OriginId {
        self.to_text(whole, origins).origin(narrow(range.start)..narrow(range.end), origins)
    }

    /// The text with runs, ready to be parsed, sliced or joined; `whole` is the node's origin.
    pub fn to_text(&self, whole: OriginId, origins: &mut Origins) -> Text {
        let mut builder = TextBuilder::default();
        match &self.pieces {
            Pieces::Verbatim(offset) => builder.push_linear(&self.text, whole, *offset),
            Pieces::Parts(parts) => {
                let mut at = 0;
                for &(end, origin) in parts.iter() {
                    let part = self.text.get(at..end as usize).unwrap_or("");
                    push_exact(&mut builder, part, origin, origins);
                    at = end as usize;
                }
                // What decided about the whole decided about each part.
                let guards = origins.guards_around(whole).into_iter();
                let guards = guards.fold(OriginId::NONE, |all, guard| origins.join(all, guard));
                builder.guard_since(0, guards, origins);
            }
            Pieces::Whole => match self.block_lines(whole, origins) {
                Some(text) => return text,
                None => builder.push_str(&self.text, whole),
            },
        }
        builder.build()
    }

    /// A literal block scalar line by line: each line's bytes are bytes of the file, behind the
    /// indentation. `None` where the file does not read so.
    fn block_lines(&self, whole: OriginId, origins: &Origins) -> Option<Text> {
        if self.style != Style::Literal {
            return None;
        }
        let (_, span) = origins.exact(whole)?;
        let file = Arc::clone(origins.file(span.file)?);
        let written = file.slice(span.start..span.end);
        let mut builder = TextBuilder::default();
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let body = line.strip_suffix('\n').unwrap_or(line);
            let rest = written.get(at..).unwrap_or("");
            let source_line = rest.split('\n').next().unwrap_or("");
            let visible = source_line.strip_suffix('\r').unwrap_or(source_line);
            let skipped = visible.len().checked_sub(body.len());
            match skipped {
                Some(skipped) if visible.get(skipped..) == Some(body) => {
                    builder.push_linear(body, whole, narrow(at + skipped));
                }
                // Blank lines at the end lie outside the span.
                _ if body.is_empty() => builder.push_str("", whole),
                _ => return None,
            }
            if line.ends_with('\n') {
                builder.push_str("\n", whole);
            }
            at += source_line.len() + 1;
        }
        Some(builder.build())
    }
}

fn push_exact(builder: &mut TextBuilder, part: &str, origin: OriginId, origins: &Origins) {
    match origins.exact(origin) {
        Some((_, span)) if (span.end - span.start) as usize == part.len() => {
            builder.push_linear(part, origin, 0);
        }
        _ => builder.push_str(part, origin),
    }
}

impl Key {
    /// A key of this name.
    #[must_use]
    pub fn new(name: &str, origin: OriginId) -> Self {
        Self { scalar: Scalar::plain(name), origin }
    }

    /// The key as written, quotes resolved.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.scalar.text
    }

    /// The name under which a Go library holds the entry, as [`resolve_key`] has it.
    ///
    /// # Errors
    /// [`KeyError`] for keys the library refuses or drops.
    pub fn resolved_name(&self, mode: Mode) -> Result<Cow<'_, str>, KeyError> {
        resolve_key(&self.scalar.text, self.scalar.style, self.scalar.tag.as_deref(), mode)
    }
}

impl Map {
    /// A map of entries in this order.
    #[must_use]
    pub fn of(entries: Vec<(Key, Node)>) -> Self {
        Self { entries }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Key, &Node)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The entries in order, values open to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Node)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The entry of a name.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<(&Key, &Node)> {
        let wanted = name.as_bytes();
        let is_it = |(key, _): &&(Key, Node)| {
            let have = key.name().as_bytes();
            // Names of one length mostly end differently, and that is cheaper to see.
            have.len() == wanted.len() && have.last() == wanted.last() && have == wanted
        };
        self.entries.iter().rev().find(is_it).map(|(key, value)| (key, value))
    }

    /// The value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|(_, value)| value)
    }

    /// The value of a name, open to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.entries.iter_mut().rev().find(|(key, _)| key.name() == name).map(|(_, value)| value)
    }

    /// Sets a value in place, or adds it at the end.
    pub fn set(&mut self, key: Key, value: Node) {
        match self.entries.iter_mut().find(|(have, _)| have.name() == key.name()) {
            Some((_, have)) => *have = value,
            None => self.entries.push((key, value)),
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, name: &str) -> Option<(Key, Node)> {
        let at = self.entries.iter().position(|(key, _)| key.name() == name)?;
        Some(self.entries.remove(at))
    }

    /// Sorts the entries by name, as Go prints maps.
    pub fn sort(&mut self) {
        self.entries.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
    }
}

impl Node {
    /// A node of this value.
    #[must_use]
    pub fn new(value: Value, origin: OriginId) -> Self {
        Self { origin, value }
    }

    /// A string.
    #[must_use]
    pub fn string(text: &str, origin: OriginId) -> Self {
        Self::new(Value::Scalar(Scalar::string(text)), origin)
    }

    /// The field of a map; a null map has no fields, and an unknown one unknown fields.
    #[must_use]
    pub fn get(&self, name: &str) -> Lookup<'_> {
        match &self.value {
            Value::Map(map) => match map.get(name) {
                Some(node) => node.as_lookup(),
                None => Lookup::Absent(self.origin),
            },
            Value::Unknown(unknown) => Lookup::Unknown(unknown),
            _ => Lookup::Absent(self.origin),
        }
    }

    /// The item of a sequence.
    #[must_use]
    pub fn item(&self, index: usize) -> Lookup<'_> {
        match &self.value {
            Value::Sequence(items) => match items.get(index) {
                Some(node) => node.as_lookup(),
                None => Lookup::Absent(self.origin),
            },
            Value::Unknown(unknown) => Lookup::Unknown(unknown),
            _ => Lookup::Absent(self.origin),
        }
    }

    /// The field at a path of keys.
    #[must_use]
    pub fn find(&self, path: &[&str]) -> Lookup<'_> {
        path.iter().fold(self.as_lookup(), |at, name| at.get(name))
    }

    /// The value at a pointer; a key that is a number reaches into sequences.
    #[must_use]
    pub fn at(&self, pointer: &Pointer) -> Lookup<'_> {
        pointer.0.iter().fold(self.as_lookup(), |at, step| match (at, step) {
            (Lookup::Present(node), Step::Index(index)) => node.item(*index),
            (Lookup::Present(node), Step::Key(key)) => match (&node.value, array_index(key)) {
                (Value::Sequence(_), Some(index)) => node.item(index),
                _ => node.get(key),
            },
            (other, _) => other,
        })
    }

    /// The node as the result of a lookup.
    #[must_use]
    pub fn as_lookup(&self) -> Lookup<'_> {
        match &self.value {
            Value::Unknown(unknown) => Lookup::Unknown(unknown),
            _ => Lookup::Present(self),
        }
    }

    /// The map, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The map, open to change, if it is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The items, if it is a sequence; none otherwise.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The scalar, if it is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar that is not null, whatever its type: what `1.3` or `"1.3"` shows.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let scalar = self.as_scalar()?;
        (scalar.resolve(Mode::Api) != Resolved::Null).then_some(&scalar.text)
    }

    /// Whether it is null: nothing written, `~` or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Scalar(scalar) => scalar.resolve(Mode::Api) == Resolved::Null,
            _ => false,
        }
    }

    /// The boolean, as the API server reads it.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_scalar()?.resolve(Mode::Api) {
            Resolved::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, as the API server reads it; a float without a fraction counts.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self.as_scalar()?.resolve(Mode::Api) {
            Resolved::Int(value) => Some(value),
            Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
            _ => None,
        }
    }
}

/// An array index of RFC 6901: no sign, no leading zero.
fn array_index(key: &str) -> Option<usize> {
    let canonical = key == "0" || (!key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { key.parse().ok() } else { None }
}

impl<'n> Lookup<'n> {
    /// The field of what was found.
    #[must_use]
    pub fn get(self, name: &str) -> Lookup<'n> {
        match self {
            Self::Present(node) => node.get(name),
            other => other,
        }
    }

    /// What was found. Use it where missing and unknown lead to the same silence.
    #[must_use]
    pub fn present(self) -> Option<&'n Node> {
        match self {
            Self::Present(node) => Some(node),
            _ => None,
        }
    }

    /// The text of the scalar that was found.
    #[must_use]
    pub fn text(self) -> Option<&'n str> {
        self.present().and_then(Node::text)
    }

    /// The items of the sequence that was found.
    #[must_use]
    pub fn items(self) -> &'n [Node] {
        self.present().map_or(&[], Node::items)
    }

    /// Whether nothing is there, or null, which the API server drops.
    #[must_use]
    pub fn is_absent(self) -> bool {
        match self {
            Self::Absent(_) => true,
            Self::Present(node) => node.is_null(),
            Self::Unknown(_) => false,
        }
    }
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
