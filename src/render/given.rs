//! A value handed from one job to the next, with its origins, free of any job.

use std::ops::Range;
use std::sync::Arc;

use mlgitops_yaml::{Node, OriginId, OriginSpan, Origins, Role, Span, Text, TextBuilder};

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

    /// The origin of some bytes of it, in another job.
    pub fn origin(&self, range: Range<u32>, role: Role, origins: &mut Origins) -> OriginId {
        self.to_text(role, origins).origin(range, origins)
    }

    /// The place to edit, if a file holds it.
    #[must_use]
    pub fn place(&self) -> Option<&OriginSpan> {
        self.parts.iter().flat_map(|part| &part.spans).find(|span| span.via == mlgitops_yaml::Via::Content)
    }
}

fn register(spans: &[OriginSpan], role: Role, origins: &mut Origins) -> OriginId {
    let mut content = OriginId::NONE;
    let mut guards = OriginId::NONE;
    for span in spans {
        let file = origins.add_file(&span.file);
        let at = Span { file, start: span.start, end: span.end };
        if span.via == mlgitops_yaml::Via::Content {
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
