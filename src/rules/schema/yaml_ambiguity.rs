//! `schema/yaml-ambiguity`: a scalar without quotes that Go reads as something else.

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{FieldRef, FieldType, tables};
use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Ambiguity, AmbiguityKind, Node, Pointer, Role, Shape, Style, Trail, Value, ambiguity};

use super::super::{Check, Context, Violations};
use crate::discover::Found;
use crate::finding::{Intent, Label, Location, Violation};
use crate::fleet::Object;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(manifests), Check::ValuesFile(values)];

fn manifests(object: &Object, _: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    if let Some(table) = tables().kind(&manifest.id.api_version, &manifest.id.kind) {
        level(manifest, &manifest.root, table.root, &Trail::default(), out);
    }
}

/// Judges every scalar whose type the tables know; documents are at most 128 levels deep.
fn level(manifest: &Manifest, node: &Node, fields: FieldRef, at: &Trail<'_>, out: &mut Violations) {
    match &node.value {
        Value::Map(map) => {
            map.iter().for_each(|(key, value)| level(manifest, value, fields, &at.key(key.name()), out));
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                level(manifest, item, fields, &at.index(index), out);
            }
        }
        Value::Scalar(scalar) if scalar.style == Style::Plain && scalar.tag.is_none() => {
            let Some(found) = ambiguity(&scalar.text) else { return };
            let at = at.to_pointer();
            if let Some(field) = fields.at(&at) {
                out.push(judge(manifest, node, &scalar.text, &found, field.kind(), at));
            }
        }
        _ => {}
    }
}

fn judge(
    manifest: &Manifest,
    node: &Node,
    text: &str,
    found: &Ambiguity,
    kind: FieldType,
    at: Pointer,
) -> Option<Violation> {
    let reads = found.helm.as_deref();
    // What stays text for the API server is what was meant.
    if reads == Some(text) {
        return None;
    }
    let name = &manifest.id.name;
    let field = at.0.last().map(ToString::to_string).unwrap_or_default();
    let read_as = reads.map_or_else(|| "no JSON value".to_owned(), |reads| format!("`{reads}`"));
    let (case, message, note, help) = match kind {
        FieldType::String => (
            "text",
            format!("{name}{{places}} is refused: `{field}` takes text, and `{text}` is {read_as}"),
            "the API server refuses the whole object; Argo CD shows a sync error",
            format!("put it in quotes: \"{text}\""),
        ),
        // Permissions are written in octal, and meant so.
        FieldType::Integer if MODES.contains(&field.as_str()) => return None,
        FieldType::Integer | FieldType::Number if found.kind == AmbiguityKind::LeadingZero => (
            "number",
            format!("{name}{{places}} gets {read_as} for `{field}`, not `{text}`"),
            "a leading zero makes it octal",
            format!("write {}", text.trim_start_matches('0')),
        ),
        _ => return None,
    };
    let found = Violation::in_object(case, manifest, at, node.origin, format!("read as {read_as}"), message)?;
    let quoted = Intent::set(found.path.clone(), NewValue::text(text));
    let found = found.note(note).help(help);
    Some(if case == "text" { found.remedy(format!("put `{text}` in quotes"), [quoted]) } else { found })
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
