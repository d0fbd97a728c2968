//! What a rule says about one field at one place, and what people read of it.

use std::sync::Arc;

use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Node, OriginId, OriginSpan, Pointer};

use crate::finding::{Fingerprint, Intent, Location, PlaceIndex, Remedy, Severity, Wanted};

/// A place in a file and what it has to do with the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What it is there, a few words: `moves in MLflow, without a commit`.
    pub text: String,
    /// Whether its bytes are a secret: no report shows them.
    pub is_secret: bool,
}

impl Label {
    /// A label.
    #[must_use]
    pub fn new(location: impl Into<Location>, text: impl Into<String>) -> Self {
        Self { location: location.into(), text: text.into(), is_secret: false }
    }

    /// The same, with bytes that no report shows.
    #[must_use]
    pub fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }
}

/// Another violation that this one follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The rule of the other one.
    pub rule: &'static str,
    /// Its field ([`crate::finding::field_of`]) in the same object at the same place; `None` for
    /// any field.
    pub field: Option<String>,
    /// Where it is to be edited, instead of the object and the field: in the same environment.
    pub at: Option<Location>,
}

impl Cause {
    /// The violation of a rule in some field of the same object.
    #[must_use]
    pub fn field(rule: &'static str, field: impl Into<Option<String>>) -> Self {
        Self { rule, field: field.into(), at: None }
    }

    /// The violation of a rule at a place of a file.
    #[must_use]
    pub fn at(rule: &'static str, at: Location) -> Self {
        Self { rule, field: None, at: Some(at) }
    }
}

/// One fact that a rule established about one field at one place.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Which case of the rule it is.
    pub case: &'static str,
    /// What will happen to whom; `{places}` stands for ` in prod`, ` in dev and staging`, or
    /// nothing where the environment is unnamed.
    pub message: String,
    /// Where it must be edited.
    pub primary: Label,
    /// Every other place that takes part, in the order to show.
    pub related: Vec<Label>,
    /// All content of the primary's origin: a waiver on a line of any of them holds.
    pub content: Vec<Location>,
    /// The mechanism: why it is so, and what a person would see.
    pub note: Option<String>,
    /// What to type instead.
    pub help: Option<String>,
    /// The place it runs at; `None` for what runs nowhere (a file, the configuration).
    pub place: Option<PlaceIndex>,
    /// The model it concerns.
    pub model: Option<String>,
    /// The object it stands in.
    pub object: Option<ObjectId>,
    /// The field of that object, list items by name ([`crate::finding::field_of`]).
    pub field: String,
    /// The pointer to the field.
    pub path: Pointer,
    /// The rule's distinguishing word, if it has one: `latest`.
    pub word: Option<String>,
    /// What it follows from.
    pub caused_by: Option<Cause>,
    /// When it ends by itself.
    pub passes_at: Option<jiff::Timestamp>,
    /// The object itself, where it stands in one.
    pub root: Option<Arc<Node>>,
    /// What would end it.
    pub remedy: Option<Remedy>,
}

impl Violation {
    /// A violation of a file, outside any object.
    #[must_use]
    pub fn in_file(case: &'static str, primary: Label, message: impl Into<String>) -> Self {
        Self {
            case,
            message: message.into(),
            content: vec![primary.location.clone()],
            primary,
            related: Vec::new(),
            note: None,
            help: None,
            place: None,
            model: None,
            object: None,
            field: String::new(),
            path: Pointer::default(),
            word: None,
            caused_by: None,
            passes_at: None,
            root: None,
            remedy: None,
        }
    }

    /// A violation of the value or key of this origin, at `path` of an object. Where nothing in
    /// the repository is to blame there is no violation to report, and `None` is given.
    #[must_use]
    pub fn in_object(
        case: &'static str,
        manifest: &Manifest,
        path: Pointer,
        origin: OriginId,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<Self> {
        Self::of_spans(case, manifest, path, manifest.origins.content(origin), label, message)
    }

    /// A violation of some bytes of a scalar at `path` of an object: where the value was joined
    /// of several pieces, the piece is to blame, else the whole value.
    #[must_use]
    pub fn in_piece(
        case: &'static str,
        manifest: &Manifest,
        path: Pointer,
        bytes: std::ops::Range<usize>,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<Self> {
        let node = manifest.at(&path).present()?;
        let spans = manifest.content_of_piece(node, bytes);
        Self::of_spans(case, manifest, path, spans, label, message)
    }

    /// A violation of exactly some bytes of a scalar at `path` of an object, on their own line of a
    /// text of several; of the piece they stand in where that was changed on its way.
    #[must_use]
    pub fn in_bytes(
        case: &'static str,
        manifest: &Manifest,
        path: Pointer,
        bytes: std::ops::Range<usize>,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<Self> {
        let node = manifest.at(&path).present()?;
        let spans = manifest.content_of_bytes(node, bytes);
        Self::of_spans(case, manifest, path, spans, label, message)
    }

    /// A violation of what is not at `path` of an object, because of what these bytes say.
    #[must_use]
    pub fn for_lack(
        case: &'static str,
        manifest: &Manifest,
        path: Pointer,
        cause: OriginSpan,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<Self> {
        Self::of_spans(case, manifest, path, vec![cause], label, message)
    }

    fn of_spans(
        case: &'static str,
        manifest: &Manifest,
        path: Pointer,
        spans: Vec<OriginSpan>,
        label: impl Into<String>,
        message: impl Into<String>,
    ) -> Option<Self> {
        let content: Vec<Location> = spans.into_iter().map(Location::from).collect();
        let primary = Label::new(content.first()?.clone(), label);
        let mut violation = Self::in_file(case, primary, message);
        violation.content = content;
        violation.field = crate::finding::field_of(&manifest.root, &path);
        violation.object = Some(manifest.id.clone());
        violation.root = Some(Arc::clone(&manifest.root));
        violation.path = path;
        Some(violation)
    }

    /// The same where it holds: of a rule that is asked about a whole fleet, and of a field that
    /// stands elsewhere than it hurts. `None` is nowhere.
    #[must_use]
    pub fn at_place(mut self, place: impl Into<Option<PlaceIndex>>) -> Self {
        self.place = place.into();
        self
    }

    /// The same of a model.
    #[must_use]
    pub fn of_model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The same with a label more.
    #[must_use]
    pub fn also_at(mut self, label: Label) -> Self {
        self.related.push(label);
        self
    }

    /// The same with the mechanism.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(one_line(&note.into()));
        self
    }

    /// The same with what to type.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(one_line(&help.into()));
        self
    }

    /// The same with what to type, on a line of its own below what to do with it.
    #[must_use]
    pub fn help_then(self, help: impl Into<String>, to_type: impl Into<String>) -> Self {
        self.help_lines(&[help.into(), to_type.into()])
    }

    /// The same with what ends it, and lines to write.
    #[must_use]
    pub fn help_lines(mut self, lines: &[String]) -> Self {
        let lines: Vec<String> = lines.iter().map(|line| one_line(line)).collect();
        self.help = Some(lines.join("\n"));
        self
    }

    /// The same with its distinguishing word.
    #[must_use]
    pub fn word(mut self, word: impl Into<String>) -> Self {
        self.word = Some(word.into());
        self
    }

    /// The same with what would end it.
    #[must_use]
    pub fn remedy(mut self, title: impl Into<String>, intents: impl Into<Vec<Intent>>) -> Self {
        self.remedy = Some(Remedy::new(title, intents));
        self
    }

    /// The same with a remedy that writes what the API server makes of the object anyway.
    #[must_use]
    pub fn remedy_as_stored(self, title: impl Into<String>, intents: impl Into<Vec<Intent>>) -> Self {
        let remedy = Remedy { is_stored: true, ..Remedy::new(title, intents) };
        Self { remedy: Some(remedy), ..self }
    }

    /// The same as a consequence of another violation.
    #[must_use]
    pub fn follows_from(mut self, cause: Cause) -> Self {
        self.caused_by = Some(cause);
        self
    }
}

/// Text of the repository may hold line breaks; what is said has the lines that are meant.
fn one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace('\r', "\\r")
}

/// Whether a fix changes what runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// No rendered pod template changes.
    Safe,
    /// Something restarts, or more than one environment changes.
    Unsafe,
}

/// One replacement of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace; empty for an insertion.
    pub location: Location,
    /// What to put there.
    pub text: String,
}

/// An edit that ends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, and what restarts.
    pub title: String,
    /// Whether it changes what runs.
    pub safety: Safety,
    /// The replacements, in file order.
    pub edits: Vec<Edit>,
}

/// Why a place of a finding is not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    /// The reason given.
    pub reason: String,
    /// Who owns the waiver.
    pub owner: Option<String>,
    /// Where it is followed up: `INC-2291`.
    pub ticket: Option<String>,
    /// The last valid day, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// Days from the day of the run to that day.
    pub days_left: Option<i64>,
    /// Where the waiver is written.
    pub location: Location,
}

/// One place a finding holds at.
#[derive(Debug, Clone)]
pub struct PlaceOfFinding {
    /// The environment, as the repository calls it; `None` for unnamed.
    pub environment: Option<String>,
    /// The cluster, where a deployment names one.
    pub cluster: Option<String>,
    /// The namespace.
    pub namespace: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The object.
    pub object: Option<ObjectId>,
    /// The field, as a JSON pointer.
    pub path: Pointer,
    /// What the violation is called from commit to commit.
    pub fingerprint: Fingerprint,
    /// How loud it is here.
    pub severity: Severity,
    /// Set if a waiver holds here.
    pub waived: Option<Waived>,
}

/// Violations with one cause, shown once.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// Which case of it.
    pub case: &'static str,
    /// The rule's category.
    pub category: &'static str,
    /// The highest severity of the places that are not waived; of all, if all are.
    pub severity: Severity,
    /// What will happen to whom.
    pub message: String,
    /// Where it must be edited.
    pub primary: Label,
    /// Every other place that takes part.
    pub related: Vec<Label>,
    /// The mechanism.
    pub note: Option<String>,
    /// What to type.
    pub help: Option<String>,
    /// Where it holds; never empty.
    pub places: Vec<PlaceOfFinding>,
    /// The fingerprint of the violation it follows from.
    pub caused_by: Option<Fingerprint>,
    /// When it ends by itself.
    pub passes_at: Option<jiff::Timestamp>,
    /// What would end it, at each of its places.
    pub wanted: Vec<Wanted>,
    /// An edit that ends it; only where fixes were asked for.
    pub fix: Option<Fix>,
}

impl Finding {
    /// Whether every place of it is waived.
    #[must_use]
    pub fn is_waived(&self) -> bool {
        self.places.iter().all(|place| place.waived.is_some())
    }

    /// Whether it is counted: not waived, and no consequence of another finding.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.is_waived() && self.caused_by.is_none()
    }
}
