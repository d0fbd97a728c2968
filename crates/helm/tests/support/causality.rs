//! Whether origins are right: the causality test and the recall test of design.md.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails without its files")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops_files::{Blob, Entry, EntryKind, Files, ReadError, RepoPath};
use mlgitops_helm::{Chart, RenderOptions, render};
use mlgitops_yaml::{Node, Origins, Reader, Role, Value};

/// A tree with one file changed.
struct Changed {
    below: Arc<dyn Files>,
    path: String,
    bytes: Arc<[u8]>,
}

impl Files for Changed {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        if path.as_str() == self.path {
            return Ok(Blob { bytes: Arc::clone(&self.bytes) });
        }
        self.below.read(path)
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        self.below.list(folder)
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.below.kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        self.below.all()
    }
}

/// A place in a file.
pub(crate) type Place = (String, u32, u32);

/// A scalar of what was rendered.
struct Field {
    text: String,
    first: Option<(Role, Place)>,
    all: Vec<Place>,
}

/// A chart with options, read from the files each time.
pub(crate) struct Subject<'s> {
    pub(crate) name: String,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) chart: RepoPath,
    pub(crate) options: &'s dyn Fn(&Arc<dyn Files>, &mut Origins) -> RenderOptions,
    /// The values files among the options.
    pub(crate) values: Vec<String>,
    /// Where other values stand that recall changes.
    pub(crate) parameters: Vec<Place>,
}

/// What a chart rendered to.
#[derive(Default)]
struct Snapshot {
    /// The fields by object and path.
    fields: BTreeMap<String, Field>,
    /// The lengths of the lists.
    lists: BTreeMap<String, usize>,
    /// The objects, by template: kind, namespace, name, and a number where they repeat.
    objects: BTreeMap<String, BTreeSet<String>>,
}

impl Snapshot {
    /// The object a field is of, and its template.
    fn object(field: &str) -> (&str, &str) {
        let object = field.split_once('\n').map_or(field, |(object, _)| object);
        (object, object.split_once('|').map_or(object, |(template, _)| template))
    }

    /// Whether an item was added or taken before a field, so that its path means another.
    fn is_shifted(&self, after: &Self, field: &str) -> bool {
        field.match_indices('/').any(|(at, _)| {
            let list = &field[..at];
            self.lists.get(list).is_some_and(|length| after.lists.get(list) != Some(length))
        })
    }
}

/// What it renders to; `None` where the chart refuses.
fn fields(files: &Arc<dyn Files>, subject: &Subject<'_>) -> Option<Snapshot> {
    let chart = Chart::load(Reader::new(files), &subject.chart);
    let mut origins = Origins::default();
    let options = (subject.options)(files, &mut origins);
    let rendered = render(Reader::new(files), &chart, &options, &mut origins);
    if !rendered.problems.is_empty() || rendered.objects.is_empty() {
        return None;
    }
    let mut snapshot = Snapshot::default();
    for object in &rendered.objects {
        let text = |path: &[&str]| object.root.find(path).text().unwrap_or("").to_owned();
        let kind = text(&["kind"]);
        let (namespace, name) = (text(&["metadata", "namespace"]), text(&["metadata", "name"]));
        let of_template = snapshot.objects.entry(object.template.to_string()).or_default();
        let mut number = 0;
        let named = |number: usize| format!("{}|{kind} {namespace}/{name}#{number}", object.template);
        while !of_template.insert(named(number)) {
            number += 1;
        }
        let path = format!("{}\n", named(number));
        collect(&object.root, &path, &origins, &mut snapshot);
    }
    Some(snapshot)
}

fn collect(node: &Node, path: &str, origins: &Origins, into: &mut Snapshot) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                collect(value, &format!("{path}/{}", key.name()), origins, into);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            into.lists.insert(path.to_owned(), items.len());
            for (at, item) in items.iter().enumerate() {
                collect(item, &format!("{path}/{at}"), origins, into);
            }
        }
        Value::Unknown(_) => {}
        other => {
            let text = match other {
                Value::Scalar(scalar) => {
                    format!("{:?}{}", scalar.resolve(mlgitops_yaml::Mode::Api), scalar.text)
                }
                other => format!("{other:?}"),
            };
            let place =
                |span: &mlgitops_yaml::OriginSpan| (span.file.path().to_string(), span.start, span.end);
            let first = origins.first(node.origin).map(|span| (span.role, place(&span)));
            let all = origins.all(node.origin).iter().map(place).collect();
            into.fields.insert(path.to_owned(), Field { text, first, all });
        }
    }
}

/// Another value of the same type.
fn another(text: &str) -> Option<String> {
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(body) = inner('"').or(inner('\'')) {
        let quote = &text[..1];
        return Some(format!("{quote}z{body}9q{quote}"));
    }
    match text {
        "true" => Some("false".to_owned()),
        "false" => Some("true".to_owned()),
        "" | "null" | "~" | "|" | ">" => None,
        _ if text.contains('\n') || text.starts_with(['{', '[', '|', '>', '&', '*']) => None,
        _ => match text.parse::<i64>() {
            Ok(number) => Some(number.checked_add(1).unwrap_or(0).to_string()),
            Err(_) if text.parse::<f64>().is_ok() => Some(format!("{text}5")),
            Err(_) => Some(format!("z{text}9q")),
        },
    }
}

/// What the tests found.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) scalars: usize,
    pub(crate) without_origin: usize,
    pub(crate) causal: usize,
    pub(crate) tested: usize,
    /// Of those tested, the ones whose first span is no template text, and how many passed.
    pub(crate) sourced: usize,
    pub(crate) sourced_causal: usize,
    pub(crate) effects: usize,
    pub(crate) missed: usize,
    /// Fields that a change of a list's length moved.
    pub(crate) shifted: usize,
    pub(crate) notes: Vec<String>,
}

fn with_change(files: &Arc<dyn Files>, place: &Place, text: &str) -> Option<Arc<dyn Files>> {
    let path = RepoPath::parse(&place.0).ok()?;
    let mut bytes = files.read(&path).ok()?.bytes.to_vec();
    bytes.splice(place.1 as usize..place.2 as usize, text.bytes());
    Some(Arc::new(Changed { below: Arc::clone(files), path: place.0.clone(), bytes: bytes.into() }))
}

fn written(files: &Arc<dyn Files>, place: &Place) -> Option<String> {
    let bytes = files.read(&RepoPath::parse(&place.0).ok()?).ok()?.bytes;
    String::from_utf8(bytes.get(place.1 as usize..place.2 as usize)?.to_vec()).ok()
}

/// Replaces the first span of each field and looks whether the field changes.
pub(crate) fn causality(subject: &Subject<'_>, report: &mut Report) {
    let name = &subject.name;
    let files = &subject.files;
    let Some(before) = fields(files, subject) else { return };
    let mut by_place: BTreeMap<Place, Vec<&String>> = BTreeMap::new();
    for (path, field) in &before.fields {
        report.scalars += 1;
        match &field.first {
            None => {
                report.without_origin += 1;
                report.notes.push(format!("{name}: no origin: {path} = {}", field.text));
            }
            Some((_, place)) => by_place.entry(place.clone()).or_default().push(path),
        }
    }
    for (place, paths) in by_place {
        let Some(old) = written(files, &place) else { continue };
        let Some(new) = another(&old) else { continue };
        if old.contains("{{") || place.0.is_empty() {
            continue;
        }
        let Some(changed) = with_change(files, &place, &new) else { continue };
        let after = fields(&changed, subject);
        for path in paths {
            if path.ends_with("/kind") || path.ends_with("/apiVersion") {
                continue;
            }
            let field = &before.fields[path];
            let sourced = field.first.as_ref().is_some_and(|(role, _)| *role != Role::Template);
            report.tested += 1;
            report.sourced += usize::from(sourced);
            // An object that is not there any more, or refused, is an effect.
            let same = after
                .as_ref()
                .is_some_and(|after| after.fields.get(path).is_some_and(|found| found.text == field.text));
            if same {
                let text = &field.text;
                report.notes.push(format!("{name}: not causal: {path} = {text} by {old:?} of {}", place.0));
            } else {
                report.causal += 1;
                report.sourced_causal += usize::from(sourced);
            }
        }
    }
}

/// Changes each scalar of the values files and looks whether the fields that move, or go, name it.
pub(crate) fn recall(subject: &Subject<'_>, report: &mut Report) {
    let files = &subject.files;
    let Some(before) = fields(files, subject) else { return };
    let mut all: Vec<String> =
        subject.chart.join("values.yaml").map(|path| path.to_string()).into_iter().collect();
    all.extend(subject.values.iter().cloned());
    let mut places: Vec<Place> = all.iter().flat_map(|path| leaves(files, path)).collect();
    places.extend(subject.parameters.iter().cloned());
    for place in places {
        let Some(new) = written(files, &place).and_then(|old| another(&old)) else { continue };
        let Some(changed) = with_change(files, &place, &new) else { continue };
        let Some(after) = fields(&changed, subject) else { continue };
        compare(&subject.name, &place, &before, &after, report);
    }
}

/// Every field that a change moved or took away has to name its place.
fn compare(name: &str, place: &Place, before: &Snapshot, after: &Snapshot, report: &mut Report) {
    for (path, was) in &before.fields {
        let (object, template) = Snapshot::object(path);
        let is_there = after.objects.get(template).is_some_and(|objects| objects.contains(object));
        if !is_there {
            // An object under another name is another object.
            let left = after.objects.get(template);
            let is_new = |object: &String| !before.objects[template].contains(object);
            if left.is_some_and(|objects| objects.iter().any(is_new)) {
                continue;
            }
        } else if before.is_shifted(after, path) {
            report.shifted += 1;
            continue;
        }
        if after.fields.get(path).is_some_and(|is| is.text == was.text) {
            continue;
        }
        report.effects += 1;
        if !was.all.iter().any(|have| have.0 == place.0 && have.1 < place.2 && place.1 < have.2) {
            report.missed += 1;
            let text = &was.text;
            report.notes.push(format!("{name}: not named: {}:{} in {path} = {text}", place.0, place.1));
        }
    }
}

fn leaves(files: &Arc<dyn Files>, path: &str) -> Vec<Place> {
    let mut origins = Origins::default();
    let Ok(path) = RepoPath::parse(path) else { return Vec::new() };
    let Ok(blob) = files.read(&path) else { return Vec::new() };
    let Ok(file) = mlgitops_yaml::SourceFile::new(path.as_str(), &blob.bytes) else { return Vec::new() };
    let file = Arc::new(file);
    let tree = mlgitops_yaml::parse_file(&file);
    let id = origins.add_file(&file);
    let Some(root) = tree.documents().first().and_then(|document| document.root) else { return Vec::new() };
    let Ok(node) = tree.node_of(root, id, Role::Values, &mut origins) else { return Vec::new() };
    let mut found = Snapshot::default();
    collect(&node, "", &origins, &mut found);
    found.fields.into_values().filter_map(|field| field.first.map(|(_, place)| place)).collect()
}
