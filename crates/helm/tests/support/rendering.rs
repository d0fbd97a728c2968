//! A chart rendered again and again with one place changed, and what became of each field.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails without its files")]

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use mlgitops_files::{Blob, Entry, EntryKind, Files, ReadError, RepoPath};
use mlgitops_helm::{Chart, Shelf, render};
use mlgitops_yaml::{
    Library, Mode, Node, OriginId, Origins, Reader, Scalar, SourceFile, Tree, Value, parse_file,
};

use crate::causality::Subject;

/// A place in a file: its path, the first byte, one past the last.
pub(crate) type Place = (Arc<str>, u32, u32);

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

/// The files of a chart, each read and parsed once.
#[derive(Default)]
struct Kept {
    files: HashMap<String, (Arc<SourceFile>, OnceLock<Arc<Tree>>)>,
}

/// What is kept, but for the file that is changed.
struct Unchanged<'k> {
    kept: &'k Kept,
    but: &'k str,
}

impl Library for Unchanged<'_> {
    fn text(&self, path: &RepoPath) -> Option<Arc<SourceFile>> {
        let kept = self.kept.files.get(path.as_str()).filter(|_| path.as_str() != self.but);
        kept.map(|(file, _)| Arc::clone(file))
    }

    fn tree(&self, path: &RepoPath) -> Option<Arc<Tree>> {
        let kept = self.kept.files.get(path.as_str()).filter(|_| path.as_str() != self.but);
        kept.map(|(file, tree)| Arc::clone(tree.get_or_init(|| Arc::new(parse_file(file)))))
    }
}

/// Where a chart is rendered with one place after another changed.
pub(crate) struct Bench<'s> {
    pub(crate) subject: &'s Subject<'s>,
    kept: Kept,
    shelf: Shelf,
}

impl<'s> Bench<'s> {
    pub(crate) fn new(subject: &'s Subject<'s>) -> Self {
        let mut kept = Kept::default();
        for entry in subject.files.all() {
            let Ok(blob) = subject.files.read(&entry.path) else { continue };
            let Ok(file) = SourceFile::new(entry.path.as_str(), &blob.bytes) else { continue };
            kept.files.insert(entry.path.to_string(), (Arc::new(file), OnceLock::new()));
        }
        Self { subject, kept, shelf: Shelf::default() }
    }

    /// What stands at a place.
    pub(crate) fn written(&self, place: &Place) -> Option<String> {
        let (file, _) = self.kept.files.get(&*place.0)?;
        file.text().get(place.1 as usize..place.2 as usize).map(str::to_owned)
    }

    /// The line of a place.
    pub(crate) fn line(&self, place: &Place) -> usize {
        let text = self.kept.files.get(&*place.0).and_then(|(file, _)| file.text().get(..place.1 as usize));
        text.map_or(0, |before| before.matches('\n').count() + 1)
    }

    /// What it renders to, with other bytes at a place; `None` where the chart refuses.
    pub(crate) fn render(&self, change: Option<(&Place, &str)>) -> Option<Rendering> {
        let (files, but) = match change {
            None => (Arc::clone(&self.subject.files), ""),
            Some((place, new)) => (self.with_change(place, new)?, &*place.0),
        };
        let library = Unchanged { kept: &self.kept, but };
        let reader = Reader::with_library(&files, &library);
        let chart = Chart::load_sharing(reader, &self.shelf, &self.subject.chart);
        let mut origins = Origins::default();
        let options = (self.subject.options)(&files, &mut origins);
        let rendered = render(reader, &chart, &options, &mut origins);
        if !rendered.problems.is_empty() || rendered.objects.is_empty() {
            return None;
        }
        let objects = rendered.objects.iter().map(|object| (&*object.template, &object.root));
        Some(Rendering::of(objects, origins))
    }

    fn with_change(&self, place: &Place, text: &str) -> Option<Arc<dyn Files>> {
        let (file, _) = self.kept.files.get(&*place.0)?;
        let mut bytes = file.text().as_bytes().to_vec();
        bytes.splice(place.1 as usize..place.2 as usize, text.bytes());
        let below = Arc::clone(&self.subject.files);
        Some(Arc::new(Changed { below, path: place.0.to_string(), bytes: bytes.into() }))
    }
}

/// What a chart rendered to.
pub(crate) struct Rendering {
    objects: Vec<Object>,
    pub(crate) fields: Vec<Field>,
    pub(crate) origins: Origins,
}

/// An object: its template, and its kind, namespace, name, with a number where they repeat.
struct Object {
    template: String,
    kind: String,
    identity: String,
    root: Arc<Node>,
}

/// A scalar, an empty container or a null, in the order they stand.
pub(crate) struct Field {
    object: usize,
    pub(crate) origin: OriginId,
}

/// What became of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Same,
    Changed,
    /// It, or its object, is not there any more.
    Gone,
    /// The list it stands in has another length: its path means another field, which may be equal.
    Shifted {
        is_same: bool,
    },
    /// Its object is there under another name, and which one it is cannot be told.
    Elsewhere,
}

impl Rendering {
    fn of<'o>(objects: impl Iterator<Item = (&'o str, &'o Arc<Node>)>, origins: Origins) -> Self {
        let mut rendering = Self { objects: Vec::new(), fields: Vec::new(), origins };
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (at, (template, root)) in objects.enumerate() {
            let text = |path: &[&str]| root.find(path).text().unwrap_or("").to_owned();
            let (kind, name) = (text(&["kind"]), text(&["metadata", "name"]));
            let identity = format!("{template}|{kind} {}/{name}", text(&["metadata", "namespace"]));
            let count = counts.entry(identity.clone()).or_default();
            let identity = format!("{identity}#{count}");
            *count += 1;
            let mut visit = |node: &Node| rendering.fields.push(Field { object: at, origin: node.origin });
            each_leaf(root, &mut visit);
            let root = Arc::clone(root);
            rendering.objects.push(Object { template: template.to_owned(), kind, identity, root });
        }
        rendering
    }

    /// The object and the path of a field.
    pub(crate) fn path(&self, field: usize) -> String {
        self.described(field).0
    }

    /// The object, the path and the value of a field.
    pub(crate) fn words(&self, field: usize) -> String {
        let (path, value) = self.described(field);
        format!("{path} = {value}")
    }

    fn described(&self, field: usize) -> (String, String) {
        let object = self.fields[field].object;
        let first = self.fields.partition_point(|field| field.object < object);
        let object = &self.objects[object];
        let mut found = None;
        let mut left = field - first;
        each_path(&object.root, "", &mut |path, value| {
            if left == 0 {
                found = Some((path.to_owned(), value.clone()));
            }
            left = left.wrapping_sub(1);
        });
        let (path, value) = found.unwrap();
        let value = match value {
            Value::Scalar(scalar) => scalar.text.to_string(),
            Value::Null => "null".to_owned(),
            _ => "an empty container".to_owned(),
        };
        (format!("{}\n{path}", object.identity), value)
    }

    /// What became of each field.
    pub(crate) fn fates(&self, after: &Self) -> Vec<Fate> {
        let partners = self.partners(after);
        let mut fates = Vec::with_capacity(self.fields.len());
        for (object, partner) in self.objects.iter().zip(partners) {
            match partner {
                Ok(other) => compare(&object.root, Some(&after.objects[other].root), false, &mut fates),
                Err(fate) => each_leaf(&object.root, &mut |_| fates.push(fate)),
            }
        }
        fates
    }

    /// The object each object has become: the one of its name; of those left, the one of its
    /// template and kind, or of its template, in order.
    fn partners(&self, after: &Self) -> Vec<Result<usize, Fate>> {
        let named: HashMap<&str, usize> =
            after.objects.iter().enumerate().map(|(at, object)| (&*object.identity, at)).collect();
        let mut partners: Vec<Result<usize, Fate>> = self
            .objects
            .iter()
            .map(|object| named.get(&*object.identity).copied().ok_or(Fate::Gone))
            .collect();
        self.pair(after, &mut partners, |object| (&object.template, &object.kind));
        self.pair(after, &mut partners, |object| (&object.template, ""));
        partners
    }

    /// Pairs what is left, where as many are left on both sides.
    fn pair<'r>(
        &'r self,
        after: &'r Self,
        partners: &mut [Result<usize, Fate>],
        group: fn(&Object) -> (&str, &str),
    ) {
        let mut is_taken = vec![false; after.objects.len()];
        partners.iter().flatten().for_each(|&at| is_taken[at] = true);
        let mut left: BTreeMap<(&str, &str), [Vec<usize>; 2]> = BTreeMap::new();
        for (at, object) in self.objects.iter().enumerate().filter(|(at, _)| partners[*at].is_err()) {
            left.entry(group(object)).or_default()[0].push(at);
        }
        for (at, object) in after.objects.iter().enumerate().filter(|(at, _)| !is_taken[*at]) {
            left.entry(group(object)).or_default()[1].push(at);
        }
        for [mine, theirs] in left.into_values() {
            for (number, &at) in mine.iter().enumerate() {
                partners[at] = match theirs.len() {
                    0 => Err(Fate::Gone),
                    count if count == mine.len() => Ok(theirs[number]),
                    _ => Err(Fate::Elsewhere),
                };
            }
        }
    }

    /// Whether there are more fields than before in what the template of a field prints.
    pub(crate) fn is_more(&self, after: &Self, field: usize) -> bool {
        let Some(object) = self.fields.get(field).and_then(|field| self.objects.get(field.object)) else {
            return false;
        };
        let count = |of: &Self| {
            of.fields.iter().filter(|field| of.objects[field.object].template == object.template).count()
        };
        count(after) > count(self)
    }
}

/// Visits the scalars, empty containers and nulls below a node; what is unknown is none of them.
fn each_leaf(node: &Node, visit: &mut dyn FnMut(&Node)) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => map.iter().for_each(|(_, value)| each_leaf(value, visit)),
        Value::Sequence(items) if !items.is_empty() => items.iter().for_each(|item| each_leaf(item, visit)),
        Value::Unknown(_) => {}
        _ => visit(node),
    }
}

/// Visits the same, each with its path.
fn each_path(node: &Node, path: &str, visit: &mut dyn FnMut(&str, &Value)) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| each_path(value, &format!("{path}/{}", key.name()), visit));
        }
        Value::Sequence(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, item)| each_path(item, &format!("{path}/{at}"), visit));
        }
        Value::Unknown(_) => {}
        other => visit(path, other),
    }
}

/// Compares two nodes leaf by leaf; below a list of another length every field is shifted.
fn compare(node: &Node, after: Option<&Node>, is_shifted: bool, fates: &mut Vec<Fate>) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            let other = after.and_then(Node::as_map);
            for (at, (key, value)) in map.iter().enumerate() {
                // A key may stand twice.
                let beside =
                    other.and_then(|map| map.iter().nth(at)).filter(|(one, _)| one.name() == key.name());
                let found = beside.map(|(_, value)| value);
                compare(value, found.or_else(|| other?.get(key.name())), is_shifted, fates);
            }
        }
        Value::Sequence(items) if !items.is_empty() => {
            let other = after.map_or(&[][..], Node::items);
            let is_shifted = is_shifted || (!other.is_empty() && other.len() != items.len());
            for (at, item) in items.iter().enumerate() {
                compare(item, other.get(at), is_shifted, fates);
            }
        }
        Value::Unknown(_) => {}
        _ => {
            let is_same = after.is_some_and(|after| is_same(&node.value, &after.value));
            fates.push(match after {
                _ if is_shifted => Fate::Shifted { is_same },
                None => Fate::Gone,
                Some(_) => {
                    if is_same {
                        Fate::Same
                    } else {
                        Fate::Changed
                    }
                }
            });
        }
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    let reads = |scalar: &Scalar| (scalar.resolve(Mode::Api), Arc::clone(&scalar.text));
    match (one, other) {
        (Value::Scalar(one), Value::Scalar(other)) => one == other || reads(one) == reads(other),
        (Value::Map(_), Value::Map(map)) => map.is_empty(),
        (Value::Sequence(_), Value::Sequence(items)) => items.is_empty(),
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}
