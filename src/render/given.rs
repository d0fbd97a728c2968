//! A value handed from one job to the next, with its origins, free of any job.

use std::ops::Range;
use std::sync::Arc;

use mlgitops_yaml::{
    Key, Map, Mode, Node, OriginId, OriginSpan, Origins, Pieces, Resolved, Role, Scalar, Span, Style, Text,
    TextBuilder, Unknown, Value, Via,
};

/// Text with the places it comes from, as a job carries it: plain and hashable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Given {
    /// The text.
    pub text: Arc<str>,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Part {
    end: u32,
    spans: Vec<OriginSpan>,
}

impl Part {
    /// The part of a slice that starts at `from`: the bytes `kept` of those the part is of.
    fn cut(&self, kept: Range<usize>, of: Range<usize>, from: usize) -> Self {
        let end = u32::try_from(kept.end - from).unwrap_or(u32::MAX);
        let mut spans = self.spans.clone();
        let mut content = spans.iter_mut().filter(|span| span.via == Via::Content);
        // Bytes of a file can be told from each other where there are as many as in the text.
        if let (Some(span), None) = (content.next(), content.next())
            && (span.end - span.start) as usize == of.len()
        {
            let at = |offset: usize| span.start + u32::try_from(offset - of.start).unwrap_or(0);
            (span.start, span.end) = (at(kept.start), at(kept.end));
        }
        Self { end, spans }
    }
}

impl Given {
    /// A text that no file holds: the command line, or a tool's default.
    #[must_use]
    pub fn builtin(text: &str) -> Self {
        Self { text: text.into(), parts: Vec::new() }
    }

    /// The text of a scalar, with the origin of each of its pieces.
    #[must_use]
    pub fn of(node: &Node, origins: &mut Origins) -> Option<Self> {
        let text = node.as_scalar()?.to_text(node.origin, origins);
        Some(Self::of_text(&text, origins))
    }

    /// A text with runs.
    pub fn of_text(text: &Text, origins: &mut Origins) -> Self {
        let mut start = 0;
        let mut parts = Vec::new();
        let ends: Vec<u32> = text.runs().iter().map(|run| run.end).collect();
        for end in ends {
            let origin = text.origin(start..end, origins);
            parts.push(Part { end, spans: origins.all(origin) });
            start = end;
        }
        Self { text: Arc::clone(text.shared()), parts }
    }

    /// The text in another job, its pieces in `role`, their guards as they were.
    pub fn to_text(&self, role: Role, origins: &mut Origins) -> Text {
        let mut builder = TextBuilder::default();
        let mut start = 0;
        for part in &self.parts {
            let piece = self.text.get(start..part.end as usize).unwrap_or("");
            let origin = register(&part.spans, role, origins);
            match origins.exact(origin) {
                Some((_, span)) if span.len() == piece.len() => builder.push_linear(piece, origin, 0),
                _ => builder.push_str(piece, origin),
            }
            start = part.end as usize;
        }
        builder.push_str(self.text.get(start..).unwrap_or(""), OriginId::NONE);
        builder.build()
    }

    /// Texts one behind the other, each with the places it comes from.
    #[must_use]
    pub fn concat(pieces: &[Self]) -> Self {
        let mut text = String::new();
        let mut parts = Vec::new();
        for piece in pieces {
            let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
            let moved = |part: &Part| Part { end: part.end.saturating_add(start), ..part.clone() };
            parts.extend(piece.parts.iter().map(moved));
            text.push_str(&piece.text);
        }
        Self { text: text.into(), parts }
    }

    /// Another text in its place, that comes from the same places.
    #[must_use]
    pub fn replaced(&self, text: &str) -> Self {
        let spans = self.parts.iter().flat_map(|part| part.spans.clone()).collect();
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { text: text.into(), parts: vec![Part { end, spans }] }
    }

    /// The text, with the scalars that decided that it is this one: what named the place it was
    /// looked up at.
    #[must_use]
    pub fn guarded_by<'n>(mut self, nodes: impl Iterator<Item = &'n Node>, origins: &Origins) -> Self {
        let named = nodes.flat_map(|node| origins.all(node.origin));
        let guards: Vec<OriginSpan> = named.map(|span| OriginSpan { via: Via::Guard, ..span }).collect();
        self.parts.iter_mut().for_each(|part| part.spans.extend(guards.iter().cloned()));
        self
    }

    /// Some bytes of it.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let text = self.text.get(range.clone()).unwrap_or("");
        let mut parts = Vec::new();
        let mut start = 0;
        for part in &self.parts {
            let end = part.end as usize;
            if start < range.end && range.start < end {
                let cut = (range.start.max(start)..range.end.min(end), start..end);
                parts.push(part.cut(cut.0, cut.1, range.start));
            }
            start = end;
        }
        Self { text: text.into(), parts }
    }

    /// The origin of some bytes of it, in another job.
    pub fn origin(&self, range: Range<u32>, role: Role, origins: &mut Origins) -> OriginId {
        self.to_text(role, origins).origin(range, origins)
    }

    /// Every place whose bytes it is made of.
    pub fn content(&self) -> impl Iterator<Item = &OriginSpan> {
        self.parts.iter().flat_map(|part| &part.spans).filter(|span| span.via == Via::Content)
    }

    /// The place to edit, if a file holds it.
    #[must_use]
    pub fn place(&self) -> Option<&OriginSpan> {
        self.content().next()
    }
}

/// A value of any shape, as a job carries it: plain and hashable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GivenNode {
    /// A scalar, and whether it is text whatever it looks like.
    Scalar(Given, bool),
    /// A list.
    List(Vec<GivenNode>),
    /// A map.
    Map(Vec<(String, GivenNode)>),
    /// Null: in values it takes away what lies below.
    Null,
    /// What cannot be known, and why.
    Unknown(Arc<str>),
}

impl GivenNode {
    /// A value with the origins of its scalars; `None` for a scalar that is no text.
    #[must_use]
    pub fn of(node: &Node, origins: &mut Origins) -> Option<Self> {
        match &node.value {
            Value::Scalar(scalar) => {
                let is_text = scalar.resolve(Mode::Api) == Resolved::Str;
                Some(Self::Scalar(Given::of(node, origins)?, is_text))
            }
            Value::Sequence(items) => {
                Some(Self::List(items.iter().filter_map(|item| Self::of(item, origins)).collect()))
            }
            Value::Map(map) => {
                let entry =
                    |(key, value): (&Key, &Node)| Some((key.name().to_owned(), Self::of(value, origins)?));
                Some(Self::Map(map.iter().filter_map(entry).collect()))
            }
            Value::Null => Some(Self::Null),
            Value::Unknown(unknown) => Some(Self::Unknown(unknown.reason.clone())),
        }
    }

    /// The value in another job, its scalars in `role`.
    pub fn to_node(&self, role: Role, origins: &mut Origins) -> Node {
        match self {
            Self::Null => Node::new(Value::Null, OriginId::NONE),
            Self::Unknown(reason) => {
                Node::new(Value::Unknown(Unknown { reason: reason.clone() }), OriginId::NONE)
            }
            Self::Scalar(given, is_text) => {
                let text = given.to_text(role, origins);
                let style = if *is_text { Style::Double } else { Style::Plain };
                scalar(&text, style, origins)
            }
            Self::List(items) => {
                let items: Vec<Node> = items.iter().map(|item| item.to_node(role, origins)).collect();
                let whole = joined(items.iter().map(|item| item.origin), origins);
                Node::new(Value::Sequence(items), whole)
            }
            Self::Map(entries) => {
                let entries: Vec<(Key, Node)> = entries
                    .iter()
                    .map(|(name, value)| {
                        let value = value.to_node(role, origins);
                        (Key::new(name, value.origin), value)
                    })
                    .collect();
                let whole = joined(entries.iter().map(|(key, _)| key.origin), origins);
                Node::new(Value::Map(Map::of(entries)), whole)
            }
        }
    }
}

fn joined(all: impl Iterator<Item = OriginId>, origins: &mut Origins) -> OriginId {
    all.fold(OriginId::NONE, |whole, origin| origins.join(whole, origin))
}

/// A scalar that knows where its pieces come from.
fn scalar(text: &Text, style: Style, origins: &mut Origins) -> Node {
    let mut parts = Vec::new();
    let mut start = 0;
    for end in text.runs().iter().map(|run| run.end).collect::<Vec<_>>() {
        parts.push((end, text.origin(start..end, origins)));
        start = end;
    }
    let whole = joined(parts.iter().map(|(_, origin)| *origin), origins);
    let pieces = if parts.is_empty() { Pieces::Whole } else { Pieces::Parts(parts.into()) };
    let scalar = Scalar { text: Arc::clone(text.shared()), style, tag: None, pieces };
    Node::new(Value::Scalar(scalar), whole)
}

fn register(spans: &[OriginSpan], role: Role, origins: &mut Origins) -> OriginId {
    let mut content = OriginId::NONE;
    let mut guards = OriginId::NONE;
    for span in spans {
        let file = origins.add_file(&span.file);
        let at = Span { file, start: span.start, end: span.end };
        if span.via == Via::Content {
            // Literal text of a template stays what it is; what the caller hands over has its role.
            let kept = if span.role == Role::Deployment { span.role } else { role };
            let origin = origins.span(kept, at);
            content = origins.join(content, origin);
        } else {
            let origin = origins.span(span.role, at);
            guards = origins.join(guards, origin);
        }
    }
    origins.guard(content, guards)
}
