//! `reconcile/ignore-never-matches`: an entry of `ignoreDifferences` that ignores nothing.

use mlgitops_manifest::fields::{FieldRef, FieldType, KindTable, tables};
use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Lookup, OriginId, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Violation};
use crate::fleet::Deployment;
use crate::kinds::argocd_ignore::{Entry, Ignored, Malformed, What, entries};
use crate::kinds::argocd_sync::key_of;
use crate::kinds::jq_path::{self, Path, PathError, PathStep};
use crate::kinds::kserve;

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check)];

/// KServe's kinds (kserve v0.20 `pkg/apis/serving`, and ModelMesh's `Predictor`).
const KSERVE_KINDS: [&str; 14] = [
    "InferenceService",
    "InferenceGraph",
    "TrainedModel",
    "ServingRuntime",
    "ClusterServingRuntime",
    "ClusterStorageContainer",
    "LLMInferenceService",
    "LLMInferenceServiceConfig",
    "LocalModelCache",
    "LocalModelNamespaceCache",
    "LocalModelNode",
    "LocalModelNodeGroup",
    "ClusterLocalModel",
    "Predictor",
];

/// Why something is never matched.
struct Dead {
    case: &'static str,
    label: String,
    why: String,
    help: String,
    /// What would make it match, where it can be told: the text of this field.
    write: Option<(Pointer, String)>,
}

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let application = &deployment.manifest;
    if !application.id.is(crate::kinds::argocd::GROUP, "Application") {
        return;
    }
    let subject = context.facts.argocd.subject(deployment, context.fleet);
    for entry in entries(&application.root) {
        if let Some((dead, path, origin)) = entry_dead(&entry) {
            let message = format!(
                "an entry of `ignoreDifferences` of {subject}{{places}} holds for nothing: {}",
                dead.why
            );
            let found = Violation::in_object(dead.case, application, path, origin, dead.label, message);
            out.push(found.map(|found| with_remedy(found.note(NOTE).help(dead.help), dead.write)));
            continue;
        }
        for ignored in &entry.ignored {
            let Some(dead) = ignored_dead(&entry, ignored) else { continue };
            let (message, note) = match dead.case {
                "jq" => (
                    format!("Argo CD cannot compare {subject}{{places}} at all: {}", dead.why),
                    "the Application shows a ComparisonError, and nothing of it is synced",
                ),
                _ => {
                    (format!("`{}` ignores nothing of {subject}{{places}}: {}", ignored.text, dead.why), NOTE)
                }
            };
            let (path, origin) = (ignored.at.clone(), ignored.node.origin);
            let found = Violation::in_object(dead.case, application, path, origin, dead.label, message);
            out.push(found.map(|found| with_remedy(found.note(note).help(dead.help), dead.write)));
        }
    }
}

fn with_remedy(found: Violation, write: Option<(Pointer, String)>) -> Violation {
    match write {
        Some((field, text)) => {
            let title = match text.as_str() {
                "" => "name the core group".to_owned(),
                text => format!("write `{text}`"),
            };
            found.remedy(title, [Intent::set(field, NewValue::text(text))])
        }
        None => found,
    }
}

const NOTE: &str =
    "what names nothing is passed over without a word: Argo CD still compares the field that was meant";

/// Why a whole entry holds for nothing, and where that stands.
fn entry_dead(entry: &Entry<'_>) -> Option<(Dead, Pointer, OriginId)> {
    let at = |field: &str| {
        let node = entry.node.get(field).present()?;
        Some((entry.at.key(field), node.origin))
    };
    if let Some((group, version)) = entry.group.split_once('/') {
        let (path, origin) = at("group")?;
        let dead = Dead {
            case: "group",
            label: format!("`{version}` is no part of a group"),
            why: "its group is compared without the version".to_owned(),
            help: format!("group: {group}"),
            write: Some((path.clone(), group.to_owned())),
        };
        return Some((dead, path, origin));
    }
    if let Some(dead) = kind_dead(entry) {
        let (path, origin) = at("kind").or_else(|| Some((entry.at.clone(), entry.node.origin)))?;
        return Some((dead, path, origin));
    }
    if entry.name.contains('*') {
        let (path, origin) = at("name")?;
        let dead = Dead {
            case: "name",
            label: "is compared letter by letter".to_owned(),
            why: "a name is no glob".to_owned(),
            help: "leave `name` out: the entry then holds for every object of the kind".to_owned(),
            write: None,
        };
        return Some((dead, path, origin));
    }
    empty(entry)
}

/// An entry that names no field.
fn empty(entry: &Entry<'_>) -> Option<(Dead, Pointer, OriginId)> {
    let lists = ["jsonPointers", "jqPathExpressions", "managedFieldsManagers"];
    let is_unknown = lists.iter().any(|list| matches!(entry.node.get(list), Lookup::Unknown(_)));
    if !entry.ignored.is_empty() || is_unknown || entry.node.as_map().is_none() {
        return None;
    }
    let (path, origin) = match key_of(entry.node, "kind") {
        Some(key) => (entry.at.key("kind"), key),
        None => (entry.at.clone(), entry.node.origin),
    };
    let dead = Dead {
        case: "empty",
        label: "names no field".to_owned(),
        why: "it has neither `jsonPointers` nor `jqPathExpressions`".to_owned(),
        help: "name the fields, or take the entry out".to_owned(),
        write: None,
    };
    Some((dead, path, origin))
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// A kind that the group does not have. Only what is certain: the tables do not hold every kind of
/// the world.
fn kind_dead(entry: &Entry<'_>) -> Option<Dead> {
    let kind = entry.kind;
    if kind.is_empty() || is_glob(kind) || is_glob(entry.group) {
        return None;
    }
    let of_group: Vec<&str> = tables().kinds_of(entry.group).map(|table| table.kind).collect();
    let is_kserve = entry.group == kserve::GROUP;
    let all = of_group.iter().copied().chain(KSERVE_KINDS.into_iter().filter(|_| is_kserve));
    if of_group.is_empty() || all.clone().any(|known| known == kind) {
        return None;
    }
    let dead =
        |label: String, why: String, help: String| Some(Dead { case: "kind", label, why, help, write: None });
    let field = |name: &str| entry.node.get(name).present().map(|_| entry.at.key(name));
    let other = tables().kinds().find(|table| table.kind == kind).map(|table| table.group);
    let group = match entry.group {
        "" => "the core group".to_owned(),
        group => format!("`{group}`"),
    };
    if let Some(other) = other {
        let help = format!("group: {}", if other.is_empty() { "\"\"" } else { other });
        let found = dead(format!("not a kind of {group}"), format!("{group} has no kind `{kind}`"), help)?;
        return Some(Dead { write: field("group").map(|at| (at, other.to_owned())), ..found });
    }
    let meant = all.clone().find(|known| known.eq_ignore_ascii_case(kind));
    if let Some(meant) = meant.or_else(|| crate::config::nearest(kind, all).filter(|_| is_kserve)) {
        let found = dead(
            format!("did you mean `{meant}`?"),
            format!("{group} has no kind `{kind}`"),
            format!("kind: {meant}"),
        )?;
        return Some(Dead { write: field("kind").map(|at| (at, meant.to_owned())), ..found });
    }
    let help = "kind: InferenceService".to_owned();
    is_kserve.then(|| dead("no such kind".to_owned(), format!("{group} has no kind `{kind}`"), help))?
}

/// Why one of an entry's fields is never there.
fn ignored_dead(entry: &Entry<'_>, ignored: &Ignored<'_>) -> Option<Dead> {
    let pointer = |label: &str, why: &str, help: String| {
        let dead = Dead { case: "pointer", label: label.to_owned(), why: why.to_owned(), help, write: None };
        Some(dead)
    };
    let written = |dead: Option<Dead>, text: String| {
        dead.map(|dead| Dead { write: Some((ignored.at.clone(), text)), ..dead })
    };
    match &ignored.what {
        What::Manager | What::Paths(Err(PathError::NotAPath)) => None,
        What::Paths(Err(PathError::Syntax)) => Some(Dead {
            case: "jq",
            label: "no jq expression".to_owned(),
            why: format!("jq cannot read `{}`", ignored.text),
            help: match ignored.text.trim_start().starts_with('/') {
                true => "a JSON pointer belongs in `jsonPointers`".to_owned(),
                false => "close what is open".to_owned(),
            },
            write: None,
        }),
        What::Pointer(Err(Malformed::NoSlash)) => {
            let text = ignored.text;
            let help = match text.strip_prefix('.') {
                Some(_) => "a jq path belongs in `jqPathExpressions`".to_owned(),
                None if text.is_empty() || is_glob(text) => {
                    "name one field, or take the entry out".to_owned()
                }
                None => {
                    let why = "a JSON pointer begins with `/`";
                    return written(pointer("no JSON pointer", why, format!("/{text}")), format!("/{text}"));
                }
            };
            pointer("no JSON pointer", "a JSON pointer begins with `/`", help)
        }
        What::Pointer(Err(Malformed::Escape)) => {
            let text = ignored.text.replace('~', "~0");
            let why = "`~` is written `~0`, and `/` in a key `~1`";
            written(pointer("a `~` alone", why, text.clone()), text)
        }
        What::Pointer(Ok(at)) => {
            let dead = path_dead(entry, &jq_path::of_pointer(at), true)?;
            Some(Dead { write: dead.write.map(|(_, text)| (ignored.at.clone(), text)), ..dead })
        }
        What::Paths(Ok(paths)) => {
            let mut dead: Vec<Option<Dead>> =
                paths.iter().map(|path| path_dead(entry, path, false)).collect();
            // One that lives is enough.
            if dead.iter().any(Option::is_none) { None } else { dead.pop()? }
        }
    }
}

/// Why a path names no field that an object of the entry's kind can have.
fn path_dead(entry: &Entry<'_>, path: &Path, is_pointer: bool) -> Option<Dead> {
    let keys: Vec<&str> = path.iter().map_while(key).collect();
    if let ["metadata", map @ ("annotations" | "labels"), first, rest @ ..] = keys.as_slice()
        && !rest.is_empty()
    {
        return Some(unescaped(is_pointer, &format!("/metadata/{map}"), first, rest));
    }
    if matches!(keys.first(), Some(&("metadata" | "status" | "apiVersion" | "kind"))) {
        return None;
    }
    let versions: Vec<KindTable> = tables().versions(entry.group, entry.kind).collect();
    let mut dead = versions.iter().map(|table| walk(table.root, path, is_pointer, entry.kind));
    let first = dead.next()??;
    dead.all(|other| other.is_some()).then_some(first)
}

fn key(step: &PathStep) -> Option<&str> {
    match step {
        PathStep::Key(key) => Some(key),
        _ => None,
    }
}

/// A key with a `/` that was not escaped reads as several.
fn unescaped(is_pointer: bool, map: &str, first: &str, rest: &[&str]) -> Dead {
    let whole = [&[first], rest].concat();
    let help = match is_pointer {
        true => format!("{map}/{}", whole.join("~1")),
        false => format!("{}[\"{}\"]", map.replace('/', "."), whole.join(".")),
    };
    let (label, why) = match is_pointer {
        true => ("`/` in a key is written `~1`", format!("`{first}` has no keys below it")),
        false => ("a key with `.` or `/` stands in brackets", format!("`{first}` has no keys below it")),
    };
    let write = is_pointer.then(|| (Pointer::default(), help.clone()));
    Dead { case: "pointer", label: label.to_owned(), why, help, write }
}

/// Follows a path through the fields of a kind; says where it ends early.
fn walk(root: FieldRef, path: &Path, is_pointer: bool, kind: &str) -> Option<Dead> {
    let mut at = root;
    for (index, step) in path.iter().enumerate() {
        let next = match (at.kind(), step) {
            (_, PathStep::Where(..) | PathStep::Filter) => Some(at),
            (FieldType::Any, _) => return None,
            (FieldType::Object, PathStep::Key(name)) => at.field(name),
            (FieldType::Map, PathStep::Key(_) | PathStep::Each) => at.values(),
            (FieldType::Array, PathStep::Key(name)) if name.parse::<usize>().is_ok() => at.items(),
            (FieldType::Array, PathStep::Index(_) | PathStep::Each) => at.items(),
            (FieldType::Array, PathStep::Key(name)) => {
                let (label, help) = match is_pointer {
                    true => ("a list has numbers", "`jqPathExpressions` reach every item: .items[].field"),
                    false => ("a list has items", "`[]` reaches every item: .items[].field"),
                };
                let why = format!("a list has no key `{name}`");
                let (label, help) = (label.to_owned(), help.to_owned());
                return Some(Dead { case: "pointer", label, why, help, write: None });
            }
            // Every value of an object.
            (FieldType::Object, PathStep::Each) => return None,
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None if at.is_open() || (at.kind() == FieldType::Object && at.fields().next().is_none()) => {
                return None;
            }
            None => return Some(no_field(at, path, index, kind, is_pointer)),
        }
    }
    None
}

fn no_field(at: FieldRef, path: &Path, index: usize, kind: &str, is_pointer: bool) -> Dead {
    let name = path.get(index).and_then(key).unwrap_or("[]");
    if name.is_empty() {
        return Dead {
            case: "field",
            label: "ends in a key without a name".to_owned(),
            why: "a `/` at the end names one more key".to_owned(),
            help: "take the last `/` away, or the entry".to_owned(),
            write: None,
        };
    }
    let releases = mlgitops_manifest::fields::ReleaseSet::all();
    let meant = mlgitops_manifest::fields::did_you_mean(at, name, &releases);
    Dead {
        case: "field",
        label: meant.map_or_else(|| "no such field".to_owned(), |meant| format!("did you mean `{meant}`?")),
        why: format!("{kind} has no `{name}` there"),
        help: meant.map_or_else(|| "take it out".to_owned(), |meant| format!("write `{meant}`")),
        write: meant.filter(|_| is_pointer).map(|meant| {
            let keys = path.iter().enumerate().filter_map(
                |(step, at)| {
                    if step == index { Some(meant) } else { key(at) }
                },
            );
            let keys: Vec<&str> = keys.collect();
            (Pointer::default(), Pointer::of(&keys).to_string())
        }),
    }
}
