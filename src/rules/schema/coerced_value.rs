//! `schema/coerced-value`: text of an object that is not what its values file says, because YAML
//! read a number there.

use std::ops::Range;

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{FieldRef, FieldType, tables};
use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{
    AmbiguityKind, Mode, Node, OriginId, OriginSpan, Pieces, Resolved, Role, Scalar, Trail, Value, ambiguity,
};

use super::super::{Check, Context, Violations};
use super::yaml_ambiguity::names_a_version;
use crate::finding::{Intent, Violation};
use crate::fleet::Object;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

fn check(object: &Object, _: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    if !manifest.origins.has_role(Role::Values) {
        return;
    }
    let table = tables().kind(&manifest.id.api_version, &manifest.id.kind);
    let level = Level { manifest, fields: table.map(|table| table.root), named: "" };
    level.walk(&manifest.root, &Trail::default(), out);
}

/// Where in an object the walk is.
#[derive(Clone, Copy)]
struct Level<'m> {
    manifest: &'m Manifest,
    /// What may stand in the object, where the tables know its kind.
    fields: Option<FieldRef>,
    /// The name of what is set here: the key, or the `name` beside a `value`.
    named: &'m str,
}

impl<'m> Level<'m> {
    /// Documents are at most 128 levels deep.
    fn walk(self, node: &'m Node, at: &Trail<'_>, out: &mut Violations) {
        match &node.value {
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    let beside = if key.name() == "value" { node.get("name").text() } else { None };
                    let named = beside.unwrap_or(key.name());
                    Level { named, ..self }.walk(value, &at.key(key.name()), out);
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, &at.index(index), out);
                }
            }
            Value::Scalar(scalar) => self.scalar(scalar, node.origin, at, out),
            Value::Null | Value::Unknown(_) => {}
        }
    }

    fn scalar(self, scalar: &Scalar, whole: OriginId, at: &Trail<'_>, out: &mut Violations) {
        let one = [(u32::try_from(scalar.text.len()).unwrap_or(u32::MAX), whole)];
        let parts = match &scalar.pieces {
            Pieces::Parts(parts) => &**parts,
            Pieces::Whole | Pieces::Verbatim(_) => &one[..],
        };
        let mut start = 0;
        let pieces = parts.iter().map(|&(end, origin)| {
            let piece = Piece { text: &scalar.text, range: start..end as usize };
            start = end as usize;
            (piece, origin)
        });
        let mut numbers = pieces.filter(|(piece, _)| piece.begins_a_number()).peekable();
        // A number is the same number, however it is written.
        if numbers.peek().is_none() || !matches!(scalar.resolve(Mode::Api), Resolved::Str) {
            return;
        }
        for (piece, origin) in numbers {
            out.push(self.piece(&piece, origin, at));
        }
    }

    fn piece(self, piece: &Piece<'_>, origin: OriginId, at: &Trail<'_>) -> Option<Violation> {
        let printed = piece.printed();
        let span = self.manifest.place(origin).filter(|span| span.role == Role::Values)?;
        let written = span.file.text().get(span.start as usize..span.end as usize)?;
        let read = ambiguity(written).filter(|read| read.helm.as_deref() == Some(printed))?;
        if printed == written {
            return None;
        }
        let is_version = names_a_version(self.named) || names_a_version(key_before(&span));
        let case = piece.harm(read.kind, is_version, self.is_quantity(at))?;
        let name = &self.manifest.id.name;
        let message = match case {
            Harm::Text => format!("{name}{{places}} gets `{}` where `{written}` is written", piece.word()),
            Harm::Number => {
                format!("{name}{{places}} gets `{printed}` for `{}`, not `{written}`", self.named)
            }
        };
        let range = piece.range.clone();
        let label = format!("printed as {printed}");
        let found = Violation::in_piece(case.id(), self.manifest, at.to_pointer(), range, label, message)?;
        let note = match case {
            Harm::Text => {
                "YAML reads a number without quotes, and a template prints it in Go's way; `| quote` in the template comes too late"
            }
            Harm::Number => {
                "Helm reads every number as a float64 and prints a large one with an exponent; a program that wants digits refuses it"
            }
        };
        let whole = format!("{}{written}{}", piece.before(), piece.after());
        let set = Intent::set(found.path.clone(), NewValue::text(whole));
        let found = found.remedy(format!("put `{written}` in quotes"), [set]);
        Some(found.note(note).help(format!("put it in quotes in the values: \"{written}\"")))
    }

    fn is_quantity(self, at: &Trail<'_>) -> bool {
        let field = self.fields.and_then(|fields| fields.at(&at.to_pointer()));
        field
            .is_some_and(|field| field.kind() == FieldType::IntOrString || field.format() == Some("quantity"))
            || matches!(
                self.named,
                "cpu" | "memory" | "storage" | "ephemeral-storage" | "sizeLimit" | "divisor"
            )
    }
}

/// What the other reading does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// Another name, version or path.
    Text,
    /// The same number, in a notation that not every program reads.
    Number,
}

impl Harm {
    fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
        }
    }
}

/// Bytes of a text that one value printed.
struct Piece<'t> {
    text: &'t str,
    range: Range<usize>,
}

impl<'t> Piece<'t> {
    fn printed(&self) -> &'t str {
        self.text.get(self.range.clone()).unwrap_or("")
    }

    fn begins_a_number(&self) -> bool {
        matches!(self.text.as_bytes().get(self.range.start), Some(b'0'..=b'9' | b'-'))
            && !self.range.is_empty()
    }

    fn before(&self) -> &'t str {
        self.text.get(..self.range.start).unwrap_or("")
    }

    fn after(&self) -> &'t str {
        self.text.get(self.range.end..).unwrap_or("")
    }

    /// What of the word around it stands before it.
    fn left(&self) -> &'t str {
        let before = self.before();
        before.rfind(SEPARATORS).map_or(before, |at| before.get(at + 1..).unwrap_or(""))
    }

    /// The word it stands in.
    fn word(&self) -> String {
        let after = self.after();
        let right = after.find(SEPARATORS).map_or(after, |at| after.get(..at).unwrap_or(""));
        format!("{}{}{right}", self.left(), self.printed())
    }

    /// Whether it is part of a name: `v1.1`, `repo:1.1`, `models/1.1/`.
    fn is_in_a_name(&self) -> bool {
        let left = self.left();
        let names_something = left.contains(|c: char| c.is_alphanumeric());
        let is_key = left.ends_with(':') && self.text.contains(char::is_whitespace);
        names_something && !is_key
    }

    /// Whether it is all there is, or all that an option gets: `--size=1e+06`.
    fn stands_alone(&self) -> bool {
        let is_end = self.after().trim().is_empty() && !self.text.trim_end().contains('\n');
        is_end && (self.before().trim().is_empty() || self.before().ends_with('='))
    }

    /// Whether a reader of YAML reads the number that was meant: `mode: 420` for 0644.
    fn is_a_value_of_yaml(&self) -> bool {
        let line = self.before().rsplit('\n').next().unwrap_or("");
        let is_value = line.ends_with(": ") || line.trim_start() == "- ";
        is_value && (self.after().is_empty() || self.after().starts_with('\n')) && self.text.contains('\n')
    }

    /// What another spelling does here; `None` where it does nothing.
    fn harm(&self, kind: AmbiguityKind, is_version: bool, is_quantity: bool) -> Option<Harm> {
        if is_version || self.is_in_a_name() {
            return Some(Harm::Text);
        }
        match kind {
            AmbiguityKind::LeadingZero | AmbiguityKind::Base => {
                (!self.is_a_value_of_yaml()).then_some(Harm::Text)
            }
            AmbiguityKind::Exponent | AmbiguityKind::ManyDigits => {
                let is_number = self.stands_alone() && self.printed().contains('e') && !is_quantity;
                is_number.then_some(Harm::Number)
            }
            _ => None,
        }
    }
}

/// What ends a word.
const SEPARATORS: &[char] = &[
    ' ', '\t', '\n', '\r', '"', '\'', '`', '=', '(', ')', '[', ']', '{', '}', '<', '>', ',', ';', '|', '*',
    '+', '%', '$', '&', '?',
];

/// The key that a value of a values file stands behind, on the same line.
fn key_before(span: &OriginSpan) -> &str {
    let before = span.file.text().get(..span.start as usize).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let Some(key) = line.trim_end().strip_suffix(':') else { return "" };
    let key = key.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next();
    key.unwrap_or("")
}
