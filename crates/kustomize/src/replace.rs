//! `replacements`: values copied from one object to others (kustomize v5.8
//! `api/filters/replacement`).

use mlgitops_files::RepoPath;
use mlgitops_yaml::{
    Mode, Node, OriginId, Pieces, Resolved, Role, Scalar, Style, Text, TextBuilder, Value, parse,
};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Step};
use crate::id::{Gvk, Id, effective_namespace};
use crate::origin::{all_of, guard_all, over, scalar_of, size_of};
use crate::patch::SELECT;
use crate::path::{self, Make};
use crate::resource::Resource;
use crate::schema::{self, REPLACEMENT};

impl Builder<'_> {
    /// An entry of `replacements`: a replacement, or a file of some.
    pub(crate) fn replacement_entry(
        &mut self,
        folder: &RepoPath,
        entry: &Node,
        built: &mut Accumulated,
    ) -> Step<()> {
        let path =
            entry.get("path").present().filter(|path| path.text().is_some_and(|text| !text.is_empty()));
        let Some(path) = path else { return self.replacement(entry, built) };
        if entry.get("source").present().is_some() || !entry.get("targets").items().is_empty() {
            let message = "an entry has a `path`, or a source and targets, not both";
            return Err(self.refuse("replacement", message, path.origin));
        }
        for replacement in self.replacement_file(folder, path)? {
            self.replacement(&replacement, built)?;
        }
        Ok(())
    }

    /// A file of one replacement, or of a list.
    fn replacement_file(&mut self, folder: &RepoPath, entry: &Node) -> Step<Vec<Node>> {
        let path = self.file_of(folder, entry.text().unwrap_or_default(), entry.origin)?;
        let document = self.document(&path, entry.origin)?;
        let mut entries = match document.value {
            Value::Sequence(items) => items,
            Value::Map(_) => vec![document],
            _ => {
                return Err(self.refuse(
                    "replacement",
                    "a file of replacements holds a map or a list",
                    entry.origin,
                ));
            }
        };
        for entry in &mut entries {
            if let Err(mismatch) = schema::decode(entry, REPLACEMENT, "") {
                return Err(self.refuse("field", mismatch.message, mismatch.at));
            }
        }
        Ok(entries)
    }

    fn replacement(&mut self, entry: &Node, built: &mut Accumulated) -> Step<()> {
        let Some(mut value) = self.source_value(entry, built)? else { return Ok(()) };
        if let Some(source) = entry.get("source").present() {
            let guard = all_of(source, self.origins);
            guard_all(&mut value, guard, self.origins);
        }
        if entry.get("targets").is_absent() {
            return Err(self.refuse("replacement", "a replacement needs `targets`", entry.origin));
        }
        for target in entry.get("targets").items() {
            self.write_to(target, &value, built)?;
        }
        Ok(())
    }

    /// What is copied; `None` where the source may be in what is missing.
    fn source_value(&mut self, entry: &Node, built: &mut Accumulated) -> Step<Option<Node>> {
        let (source, value) = (entry.get("source").present(), entry.get("sourceValue").present());
        match (source, value) {
            (None, Some(value)) => {
                let scalar = Scalar::plain(value.text().unwrap_or_default());
                Ok(Some(Node::new(Value::Scalar(scalar), value.origin)))
            }
            (Some(source), None) => self.source_field(source, built),
            (None, None) => Err(self.refuse("replacement", "a replacement needs a `source`", entry.origin)),
            (Some(_), Some(value)) => Err(self.refuse(
                "replacement",
                "a replacement has one source, and this is a second one",
                value.origin,
            )),
        }
    }

    fn source_field(&mut self, source: &Node, built: &mut Accumulated) -> Step<Option<Node>> {
        let candidates = built.named_or_all(source.get("name").text().unwrap_or_default());
        self.spend(candidates.len() * SELECT, source.origin)?;
        let candidates = candidates.iter().filter_map(|at| built.resources.get(*at));
        let found: Vec<&Resource> =
            candidates.filter(|resource| resource.any_id(|id| is_meant(id, source))).collect();
        let resource = match found.as_slice() {
            [one] => *one,
            [] if self.is_partial() => return Ok(None),
            [] => return Err(self.refuse("replacement", "the source selects no object", source.origin)),
            [one, other, ..] => {
                let message = format!("the source selects {} and {}", one.id(), other.id());
                return Err(self.refuse("replacement", message, source.origin));
            }
        };
        let written = source.get("fieldPath").present();
        let text = written.and_then(Node::text).filter(|text| !text.is_empty()).unwrap_or("metadata.name");
        let at = written.map_or(source.origin, |path| path.origin);
        let Some(value) = path::lookup(&resource.node, &path::split(text)) else {
            let message = format!("{} has no `{text}`", resource.id());
            return Err(self.refuse("replacement", message, at));
        };
        let value = value.clone();
        let options = source.get("options");
        let Some(delimiter) = options.get("delimiter").text().filter(|text| !text.is_empty()) else {
            return Ok(Some(value));
        };
        let Some(scalar) = value.as_scalar() else {
            return Err(self.refuse("replacement", "a delimiter needs a scalar", at));
        };
        let index = options.get("index").present().and_then(Node::as_int).unwrap_or_default();
        let whole = scalar.to_text(value.origin, self.origins);
        let pieces = pieces(&whole, delimiter);
        match usize::try_from(index).ok().and_then(|index| pieces.get(index)) {
            Some(piece) => Ok(Some(scalar_of(piece, scalar.style, self.origins))),
            None => {
                let message = format!("`{}` has no piece {index}", scalar.text);
                Err(self.refuse("replacement", message, options.present().map_or(at, |node| node.origin)))
            }
        }
    }

    fn write_to(&mut self, target: &Node, value: &Node, built: &mut Accumulated) -> Step<()> {
        let Some(select) = target.get("select").present() else {
            return Err(self.refuse("replacement", "a target needs a `select`", target.origin));
        };
        let selector = self.selector(select)?;
        let mut rejects = Vec::new();
        for reject in target.get("reject").items() {
            rejects.push(self.selector(reject)?);
        }
        let candidates = built.candidates(&selector);
        self.spend(candidates.len() * SELECT, target.origin)?;
        let fields = target.get("fieldPaths").items();
        let by = all_of(target, self.origins);
        let renames = |field: &Node| {
            field.text().is_none_or(|path| {
                let path = path.trim_start_matches(['.', '[', ' ']);
                path.is_empty() || path.starts_with("metadata") || path.starts_with("kind")
            })
        };
        if fields.is_empty() || fields.iter().any(renames) {
            built.names_change();
        }
        for at in candidates {
            let Some(resource) = built.resources.get_mut(at) else { continue };
            let is_meant = selector.selects_by_any_id(resource)
                && !rejects.iter().any(|reject| reject.rejects(resource));
            if !is_meant {
                continue;
            }
            if fields.is_empty() {
                let default = Node::string("metadata.name", target.origin);
                self.write_field(resource, &default, target, value, by)?;
            }
            for field in fields {
                self.write_field(resource, field, target, value, by)?;
            }
        }
        Ok(())
    }

    fn write_field(
        &mut self,
        resource: &mut Resource,
        field: &Node,
        target: &Node,
        value: &Node,
        by: OriginId,
    ) -> Step<()> {
        let options = target.get("options");
        let creates = options.get("create").present().and_then(Node::as_bool).unwrap_or_default();
        let make = match (&value.value, creates) {
            (_, false) => Make::Nothing,
            (Value::Map(_), true) => Make::Map,
            (Value::Sequence(_), true) => Make::List,
            (_, true) => Make::Scalar,
        };
        let text = field.text().unwrap_or_default().to_owned();
        let parts = path::split(&text);
        let (size, depth) = size_of(value);
        self.put((size, depth + parts.len()), field.origin)?;
        if self.write_inside_text(&mut resource.node, &parts, value, make, by) {
            return Ok(());
        }
        let split = Split {
            makes: make == Make::Scalar,
            delimiter: options.get("delimiter").text().filter(|text| !text.is_empty()).map(str::to_owned),
            index: options.get("index").present().and_then(Node::as_int).unwrap_or_default(),
        };
        let mut wrong = None;
        let mut work = 0;
        let mut set = |node: &mut Node| {
            if let Err(message) = self.copy_into(node, value, &split, by) {
                wrong = Some(message);
            }
            work += if split.delimiter.is_some() { size_of(node).0 } else { size };
        };
        let reached = path::visit(&mut resource.node, &parts, make, field.origin, &mut set);
        self.spend(work, field.origin)?;
        resource.follow_shared();
        let message = match (reached, wrong) {
            (Ok(count), None) if count > 0 => return Ok(()),
            (_, Some(message)) | (Err(message), None) => message,
            (Ok(_), None) => format!("{} has no `{text}`", resource.id()),
        };
        Err(self.refuse("replacement", message, field.origin))
    }

    /// Copies a value over a field, or into a piece of it.
    fn copy_into(
        &mut self,
        node: &mut Node,
        value: &Node,
        split: &Split,
        by: OriginId,
    ) -> Result<(), String> {
        let new = match &split.delimiter {
            None => value.clone(),
            Some(delimiter) => {
                let text = match &node.value {
                    Value::Scalar(scalar) => scalar.to_text(node.origin, self.origins),
                    Value::Null => Text::default(),
                    _ => return Err("a delimiter needs a scalar".to_owned()),
                };
                let Some(scalar) = value.as_scalar() else {
                    return Err("a delimiter needs a scalar".to_owned());
                };
                let piece = scalar.to_text(value.origin, self.origins);
                let joined = with_piece(&text, delimiter, split.index, &piece);
                scalar_of(&joined, scalar.style, self.origins)
            }
        };
        let origin =
            if split.delimiter.is_some() { new.origin } else { over(new.origin, node.origin, self.origins) };
        let origin = self.origins.guard(origin, by);
        let taken = match (&node.value, new.value) {
            (Value::Scalar(have), Value::Scalar(scalar)) => {
                Value::Scalar(self.retyped(have, scalar, value.origin))
            }
            (Value::Null, Value::Scalar(scalar)) => {
                let pieces = self.whole_piece(&scalar, value.origin);
                // Where nothing was, the text alone decides the type.
                let tag = split.makes.then(|| UNTYPED.into());
                Value::Scalar(Scalar { pieces, style: Style::Plain, tag, ..scalar })
            }
            (Value::Scalar(_), _) => Value::Scalar(Scalar::string("")),
            (_, other) => other,
        };
        *node = Node::new(taken, origin);
        guard_all(node, by, self.origins);
        Ok(())
    }

    /// A scalar's new text; its type stays what it was.
    fn retyped(&mut self, have: &Scalar, new: Scalar, at: OriginId) -> Scalar {
        let pieces = self.whole_piece(&new, at);
        let plain = Scalar { style: Style::Plain, tag: None, pieces, ..new };
        if is_untyped(have) {
            return Scalar { tag: have.tag.clone(), ..plain };
        }
        let (was, is) = (have.resolve(Mode::Kustomize), plain.resolve(Mode::Kustomize));
        let tag = match was {
            Resolved::Str => return Scalar { style: Style::Double, ..plain },
            _ if std::mem::discriminant(&was) == std::mem::discriminant(&is) => None,
            Resolved::Int(_) | Resolved::Uint(_) => Some("int"),
            Resolved::Bool(_) => Some("bool"),
            Resolved::Float(_) => Some("float"),
            _ => None,
        };
        Scalar { tag: tag.map(Into::into), ..plain }
    }

    /// Bytes that count from a span of the source need that span once the origin holds more.
    fn whole_piece(&mut self, scalar: &Scalar, at: OriginId) -> Pieces {
        match scalar.pieces {
            Pieces::Verbatim(_) => {
                let end = u32::try_from(scalar.text.len()).unwrap_or(u32::MAX);
                Pieces::Parts((end, at).into())
            }
            ref other => other.clone(),
        }
    }

    /// Sets a field of YAML or JSON that is the text of a scalar; whether there is such a text.
    fn write_inside_text(
        &mut self,
        root: &mut Node,
        parts: &[String],
        value: &Node,
        make: Make,
        by: OriginId,
    ) -> bool {
        let scalar_at = (1..parts.len()).find(|&count| {
            let found = parts.get(..count).and_then(|parts| path::lookup(root, parts));
            found.is_some_and(|node| node.as_scalar().is_some())
        });
        let Some((outer, inner)) = scalar_at.and_then(|count| parts.split_at_checked(count)) else {
            return false;
        };
        let mut written = false;
        let mut set = |node: &mut Node| {
            if let Some(changed) = self.with_field(node, inner, value, make, by) {
                *node = changed;
                written = true;
            }
        };
        // A list item is looked up by its exact value here, and by a pattern where it is written;
        // both find it.
        path::visit(root, outer, Make::Nothing, by, &mut set).is_ok() && written
    }

    fn with_field(
        &mut self,
        node: &Node,
        inner: &[String],
        value: &Node,
        make: Make,
        by: OriginId,
    ) -> Option<Node> {
        let text = node.as_scalar()?.to_text(node.origin, self.origins);
        let tree = parse(text.clone());
        let root = tree.documents().first()?.root?;
        if !tree.errors().is_empty() {
            return None;
        }
        let mut document = tree.node(root, self.origins).ok()?;
        let mut set = |field: &mut Node| {
            field.value = match (&field.value, &value.value) {
                (Value::Scalar(have), Value::Scalar(new)) => {
                    Value::Scalar(Scalar { text: new.text.clone(), ..have.clone() })
                }
                (_, other) => other.clone(),
            };
        };
        let count = path::visit(&mut document, inner, make, by, &mut set).ok()?;
        if count == 0 {
            return None;
        }
        let printed = crate::hash::structured(&document, text.as_str());
        let origin = over(value.origin, node.origin, self.origins);
        let origin = self.origins.guard(origin, by);
        Some(Node::new(Value::Scalar(Scalar::string(&printed)), origin))
    }

    /// The one document of a file that configures kustomize.
    pub(crate) fn document(&mut self, path: &RepoPath, entry: OriginId) -> Step<Node> {
        let (file, tree) = self.read(path, entry)?;
        if let Some(error) = tree.errors().first() {
            let message = format!("`{path}` is no YAML: {}", error.message);
            return Err(self.refuse("syntax", message, entry));
        }
        let id = self.origins.add_file(&file);
        let root = tree.documents().iter().find_map(|document| document.root);
        let node = root.and_then(|root| tree.node_of(root, id, Role::Transformer, self.origins).ok());
        Ok(node.unwrap_or_else(|| Node::new(Value::Null, entry)))
    }
}

/// The tag of a scalar that a replacement made: its text decides its type, but variables take it
/// for text.
const UNTYPED: &str = "!";

/// Whether a replacement made a scalar.
pub(crate) fn is_untyped(scalar: &Scalar) -> bool {
    scalar.style == Style::Plain && scalar.tag.as_deref() == Some(UNTYPED)
}

/// Leaves the type of what replacements made to its text.
pub(crate) fn untag(node: &mut Node) {
    match &mut node.value {
        Value::Scalar(scalar) if is_untyped(scalar) => scalar.tag = None,
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| untag(value)),
        Value::Sequence(items) => items.iter_mut().for_each(untag),
        _ => {}
    }
}

/// Which piece of a target is meant.
struct Split {
    /// Whether the field may be one that the replacement makes.
    makes: bool,
    delimiter: Option<String>,
    index: i64,
}

fn pieces(text: &Text, delimiter: &str) -> Vec<Text> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for piece in text.as_str().split(delimiter) {
        pieces.push(text.slice(start..start + piece.len()));
        start += piece.len() + delimiter.len();
    }
    pieces
}

/// A text with one of its pieces replaced; outside the range, the piece is put before or behind.
fn with_piece(text: &Text, delimiter: &str, index: i64, piece: &Text) -> Text {
    let mut all = pieces(text, delimiter);
    let place = usize::try_from(index).ok();
    match place.map(|place| all.get_mut(place)) {
        None => all.insert(0, piece.clone()),
        Some(Some(have)) => *have = piece.clone(),
        Some(None) => all.push(piece.clone()),
    }
    let mut builder = TextBuilder::default();
    for (at, piece) in all.iter().enumerate() {
        if at > 0 {
            builder.push_str(delimiter, OriginId::NONE);
        }
        builder.push(piece);
    }
    builder.build()
}

/// Whether a source means an identity: what it leaves out does not count.
fn is_meant(id: &Id, source: &Node) -> bool {
    let text = |field: &str| source.get(field).text().unwrap_or_default().to_owned();
    let gvk = Gvk { group: text("group"), version: text("version"), kind: text("kind") };
    let (name, namespace) = (text("name"), text("namespace"));
    (name.is_empty() || name == id.name)
        && (namespace.is_empty() || effective_namespace(&gvk, &namespace) == id.namespace)
        && id.gvk.is_selected_by(&gvk)
}
