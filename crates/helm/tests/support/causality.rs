//! Whether origins are right: the causality test and the recall test of design.md.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails without its files")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops_files::{Blob, Entry, EntryKind, Files, ReadError, RepoPath};
use mlgitops_helm::{Chart, RenderOptions, ValuesSource, render};
use mlgitops_yaml::{Node, Origins, Role, Value};

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

/// The fields by object and path; `None` where the chart refuses.
fn fields(files: &Arc<dyn Files>, chart: &str, values: &[String]) -> Option<BTreeMap<String, Field>> {
    let chart = Chart::load(files, &RepoPath::parse(chart).unwrap());
    let values = values.iter().map(|path| ValuesSource::File(RepoPath::parse(path).unwrap())).collect();
    let options = RenderOptions { values, ..RenderOptions::default() };
    let mut origins = Origins::default();
    let rendered = render(files, &chart, &options, &mut origins);
    if !rendered.problems.is_empty() || rendered.objects.is_empty() {
        return None;
    }
    let mut fields = BTreeMap::new();
    for (at, object) in rendered.objects.iter().enumerate() {
        collect(&object.root, &format!("{}#{at}", object.template), &origins, &mut fields);
    }
    Some(fields)
}

fn collect(node: &Node, path: &str, origins: &Origins, fields: &mut BTreeMap<String, Field>) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                collect(value, &format!("{path}/{}", key.name()), origins, fields);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                collect(item, &format!("{path}/{at}"), origins, fields);
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
            fields.insert(path.to_owned(), Field { text, first, all });
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
            Ok(number) => Some((number + 1).to_string()),
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
    pub(crate) effects: usize,
    pub(crate) missed: usize,
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
pub(crate) fn causality(files: &Arc<dyn Files>, chart: &str, values: &[String], report: &mut Report) {
    let Some(before) = fields(files, chart, values) else { return };
    let mut by_place: BTreeMap<Place, Vec<&String>> = BTreeMap::new();
    for (path, field) in &before {
        report.scalars += 1;
        match &field.first {
            None => {
                report.without_origin += 1;
                report.notes.push(format!("no origin: {path} = {}", field.text));
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
        let after = fields(&changed, chart, values);
        for path in paths {
            if path.ends_with("/kind") || path.ends_with("/apiVersion") {
                continue;
            }
            report.tested += 1;
            let same = after
                .as_ref()
                .is_some_and(|after| after.get(path).is_some_and(|f| f.text == before[path].text));
            // An object that is not there any more, or refused, is an effect.
            if same {
                report
                    .notes
                    .push(format!("not causal: {path} = {} by {old:?} of {}", before[path].text, place.0));
            } else {
                report.causal += 1;
            }
        }
    }
}

/// Changes each scalar of the values files and looks whether the fields that move name it.
pub(crate) fn recall(files: &Arc<dyn Files>, chart: &str, values: &[String], report: &mut Report) {
    let Some(before) = fields(files, chart, values) else { return };
    let mut all: Vec<String> = vec![format!("{chart}/values.yaml").trim_start_matches('/').to_owned()];
    all.extend(values.iter().cloned());
    for path in all {
        for place in leaves(files, &path) {
            let Some(new) = written(files, &place).and_then(|old| another(&old)) else { continue };
            let Some(changed) = with_change(files, &place, &new) else { continue };
            let Some(after) = fields(&changed, chart, values) else { continue };
            if after.keys().collect::<BTreeSet<_>>() != before.keys().collect::<BTreeSet<_>>() {
                // Objects or items moved: positions cannot be compared.
                continue;
            }
            for (field, was) in &before {
                if after[field].text == was.text {
                    continue;
                }
                report.effects += 1;
                let named =
                    was.all.iter().any(|have| have.0 == place.0 && have.1 < place.2 && place.1 < have.2);
                if !named {
                    report.missed += 1;
                    report
                        .notes
                        .push(format!("not named: {} bytes {} in {field} = {}", place.0, place.1, was.text));
                }
            }
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
    let mut found = BTreeMap::new();
    collect(&node, "", &origins, &mut found);
    found.into_values().filter_map(|field| field.first.map(|(_, place)| place)).collect()
}
