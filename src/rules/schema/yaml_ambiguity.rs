//! `schema/yaml-ambiguity`: a scalar without quotes that Go reads as something else.

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{FieldRef, FieldType, tables};
use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{
    Ambiguity, AmbiguityKind, Mode, Node, OriginSpan, Pointer, Resolved, Role, Shape, Step, Style, Trail,
    Value, ambiguity, resolve,
};

use super::super::{Check, Context, Violations};
use crate::discover::Found;
use crate::finding::{Intent, Label, Location, Violation};
use crate::fleet::Object;
use crate::kinds::flux::{is_helm_release, is_kustomization};

pub(super) const CHECKS: &[Check] = &[Check::Manifest(manifests), Check::ValuesFile(values)];

fn manifests(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    if let Some(table) = tables().kind(&manifest.id.api_version, &manifest.id.kind) {
        let deployable = context.fleet.deployables.get(object.deployable);
        let by = deployable.and_then(|one| one.deployment.as_ref()).map(|by| &by.id);
        let by = match by {
            Some(by) if is_kustomization(by) => By::Kustomization,
            Some(by) if is_helm_release(by) => By::HelmRelease,
            // What nothing deploys yet would be applied as the rest is.
            None if context.facts.flux.is_alone => By::Kustomization,
            _ => By::Other,
        };
        Walk { manifest, by, out }.level(&manifest.root, table.root, &Trail::default());
    }
}

/// What applies an object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// A Kustomization of Flux, which may have put a variable in.
    Kustomization,
    /// A HelmRelease of Flux.
    HelmRelease,
    /// Argo CD, or nobody that is known.
    Other,
}

impl By {
    /// What a person sees where the API server refuses an object.
    fn refused(self) -> &'static str {
        match self {
            Self::Kustomization => {
                "the API server refuses it, and Flux applies nothing more of the whole Kustomization"
            }
            Self::HelmRelease => "the API server refuses it, and the whole upgrade fails",
            Self::Other => "the API server refuses the whole object; Argo CD shows a sync error",
        }
    }
}

struct Walk<'w> {
    manifest: &'w Manifest,
    by: By,
    out: &'w mut Violations,
}

impl Walk<'_> {
    /// Judges every scalar whose type the tables know; documents are at most 128 levels deep.
    fn level(&mut self, node: &Node, fields: FieldRef, at: &Trail<'_>) {
        match &node.value {
            Value::Map(map) => {
                map.iter().for_each(|(key, value)| self.level(value, fields, &at.key(key.name())));
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.level(item, fields, &at.index(index));
                }
            }
            Value::Scalar(scalar) if scalar.style == Style::Plain && scalar.tag.is_none() => {
                let surprise = ambiguity(&scalar.text);
                let is_no_text = surprise.is_some() || other_type(&scalar.text).is_some();
                if let Some(at) = is_no_text.then(|| at.to_pointer())
                    && let Some(field) = fields.at(&at)
                {
                    let found = self.judge(node, &scalar.text, surprise.as_ref(), field.kind(), at);
                    self.out.push(found);
                }
            }
            _ => {}
        }
    }

    fn judge(
        &self,
        node: &Node,
        text: &str,
        found: Option<&Ambiguity>,
        kind: FieldType,
        at: Pointer,
    ) -> Option<Violation> {
        let name = &self.manifest.id.name;
        // An item of a list is called as the list.
        let field = at.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.to_string()),
            Step::Index(_) => None,
        });
        let field = field.unwrap_or_default();
        let reads = found.map(|found| found.helm.as_deref());
        // What stays text for the API server is what was meant.
        if reads == Some(Some(text)) && other_type(text).is_none() {
            return None;
        }
        let read_as = match reads {
            Some(Some(reads)) if reads != text => format!("`{reads}`"),
            Some(None) => "no JSON value".to_owned(),
            _ => other_type(text)?.to_owned(),
        };
        let said = |case, message, label| {
            Violation::in_object(case, self.manifest, at.clone(), node.origin, label, message)
        };
        match kind {
            FieldType::String => {
                let message =
                    format!("{name}{{places}} is refused: `{field}` takes text, and `{text}` is {read_as}");
                let found = said("text", message, format!("read as {read_as}"))?;
                if let Some(written) = self.variable(node) {
                    let note = format!(
                        "kustomize prints `{written}` without its quotes, and Flux puts the value there then; {}",
                        self.by.refused()
                    );
                    let help = format!(
                        "write \"${{quote}}{written}${{quote}}\" into `{field}`, and `quote: '\"'` into \
                         `postBuild.substitute`"
                    );
                    return Some(found.note(note).help(help));
                }
                let quoted = Intent::set(found.path.clone(), NewValue::text(text));
                let found = found.note(self.by.refused()).help(format!("put it in quotes: \"{text}\""));
                Some(found.remedy(format!("put `{text}` in quotes"), [quoted]))
            }
            // Permissions are written in octal, and meant so.
            FieldType::Integer if MODES.contains(&field.as_str()) => None,
            FieldType::Integer | FieldType::Number
                if found.is_some_and(|found| found.kind == AmbiguityKind::LeadingZero) =>
            {
                let message = format!("{name}{{places}} gets {read_as} for `{field}`, not `{text}`");
                let found = said("number", message, format!("read as {read_as}"))?;
                let help = format!("write {}", text.trim_start_matches('0'));
                Some(found.note("a leading zero makes it octal").help(help))
            }
            _ => None,
        }
    }

    /// The `${variable}` that Flux replaced by the whole of a value.
    fn variable(&self, node: &Node) -> Option<String> {
        let content = self.manifest.origins.content(node.origin);
        if self.by != By::Kustomization || !content.iter().any(|span| span.role == Role::Parameter) {
            return None;
        }
        let name = content.iter().find_map(name_before).unwrap_or("…");
        Some(format!("${{{name}}}"))
    }
}

/// The key of an entry whose value begins where a span does.
fn name_before(span: &OriginSpan) -> Option<&str> {
    let before = span.file.text().get(..span.start as usize)?.trim_end_matches(['"', '\'']);
    let before = before.trim_end().strip_suffix(':')?.trim_end_matches(['"', '\'']);
    let from = before.rfind(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric());
    before.get(from.map_or(0, |at| at + 1)..).filter(|name| !name.is_empty())
}

/// What a plain scalar is that the API server does not read as text.
fn other_type(text: &str) -> Option<&'static str> {
    let first = text.as_bytes().first()?;
    if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.' | b't' | b'T' | b'f' | b'F') {
        return None;
    }
    match resolve(text, Style::Plain, None, Mode::Api) {
        Resolved::Bool(_) => Some("a boolean"),
        Resolved::Int(_) | Resolved::Uint(_) | Resolved::Float(_) => Some("a number"),
        _ => None,
    }
}

/// Fields that hold the permissions of files (Kubernetes `core/v1` volume sources).
const MODES: [&str; 2] = ["defaultMode", "mode"];

/// How the keys end whose values are versions.
const VERSION_KEYS: [&str; 7] = ["version", "tag", "revision", "sha", "digest", "commit", "build"];

/// Whether the name of a key says that its value is a version.
pub(super) fn names_a_version(key: &str) -> bool {
    let lower = key.to_lowercase();
    VERSION_KEYS.iter().any(|end| lower.ends_with(end))
}

fn values(found: &Found, _: &Context<'_>, out: &mut Violations) {
    let tree = &found.tree;
    let mut open: Vec<_> = tree.documents().iter().filter_map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        open.extend(tree.children(node));
        for (key, value) in tree.entries(node) {
            let (Some(name), Some(text)) = (tree.scalar(key), tree.scalar(value)) else { continue };
            let plain = matches!(tree.shape(value), Shape::Scalar { style: Style::Plain, .. });
            if !plain || !names_a_version(name) || tree.tag(value).is_some() {
                continue;
            }
            let Some(surprise) = ambiguity(text).filter(|surprise| changes_a_version(surprise.kind)) else {
                continue;
            };
            let reads = surprise.helm.as_deref().unwrap_or("refused");
            let at = Location::new(&found.file, tree.range(value), Role::Values);
            let message = format!("`{name}: {text}` reaches the templates as `{reads}`");
            out.push(
                Violation::in_file("values", Label::new(at, format!("read as {reads}")), message)
                    .note("YAML reads a number; `| quote` in the template comes too late")
                    .help(format!("put it in quotes: {name}: \"{text}\""))
                    .word(name),
            );
        }
    }
}

fn changes_a_version(kind: AmbiguityKind) -> bool {
    matches!(
        kind,
        AmbiguityKind::LeadingZero
            | AmbiguityKind::Base
            | AmbiguityKind::Underscore
            | AmbiguityKind::Exponent
            | AmbiguityKind::DroppedZeros
            | AmbiguityKind::ManyDigits
            | AmbiguityKind::NoJson
    )
}
