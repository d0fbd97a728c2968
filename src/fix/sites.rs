//! From a change of an object to the places whose edit could bring it: the ways to try, the
//! likeliest first. None is believed before the repository was rendered again with it.

use std::ops::Range;
use std::sync::Arc;

use mlgitops_manifest::Manifest;
use mlgitops_yaml::edit::{Editor, NewValue};
use mlgitops_yaml::{
    Key, Map, Node, NodeIndex, OriginSpan, Pieces, Pointer, Role, Scalar, Shape, Step, Value,
};

use super::view::{View, Views};
use crate::finding::{Edit, Intent, Location};

/// One change of one text.
#[derive(Debug, Clone)]
pub(super) struct Change {
    view: Arc<View>,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Replace(NodeIndex, NewValue),
    Insert(NodeIndex, String, NewValue),
    /// Before the other entries: what ends a map of a template may be an action.
    InsertFirst(NodeIndex, String, NewValue),
    Append(NodeIndex, NewValue),
    Remove(NodeIndex),
    Rename(NodeIndex, String),
    Move(NodeIndex, NodeIndex),
    /// Bytes of the file itself.
    Bytes(Range<u32>, String),
}

/// Everything that has to be done for one intent, in one of the ways.
pub(super) type Way = Vec<Change>;

/// The ways to bring a change.
pub(super) fn ways(intent: &Intent, manifest: &Manifest, views: &mut Views<'_>) -> Vec<Way> {
    let mut finder = Finder { manifest, views };
    let ways = match intent {
        Intent::Set { path, value } => finder.set(path, value),
        Intent::Insert { path, value } => finder.insert(path, value),
        Intent::Append { path, value } => finder.append(path, value),
        Intent::Remove { path } => finder.remove(path),
        Intent::Rename { path, name } => finder.rename(path, name),
        Intent::Move { path, into } => finder.move_into(path, into),
    };
    ways.unwrap_or_default()
}

/// The edits of some changes that are made together; `None` where they cannot be.
pub(super) fn edits(changes: &[Change]) -> Option<Vec<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut done: Vec<&Arc<View>> = Vec::new();
    for change in changes {
        let view = &change.view;
        if done.iter().any(|known| Arc::ptr_eq(known, view)) {
            continue;
        }
        done.push(view);
        let mut editor = Editor::standing_in(&view.tree, &view.written).ok()?;
        for change in changes.iter().filter(|change| Arc::ptr_eq(&change.view, view)) {
            match &change.what {
                What::Replace(node, value) => editor.replace(*node, value),
                What::Insert(map, name, value) => editor.insert(*map, name, value),
                What::InsertFirst(map, name, value) => editor.insert_first(*map, name, value),
                What::Append(list, value) => editor.append(*list, value),
                What::Remove(entry) => editor.remove(*entry),
                What::Rename(key, name) => editor.rename(*key, name),
                What::Move(key, into) => editor.move_entry(*key, *into),
                What::Bytes(range, text) => {
                    let location = Location::new(&view.file, range.clone(), Role::Source);
                    edits.push(Edit { location, text: text.clone() });
                    Ok(())
                }
            }
            .ok()?;
        }
        edits.extend(view.edits(editor.finish().ok()?));
    }
    edits.sort_by(|a, b| a.location.key().cmp(&b.location.key()));
    edits.dedup();
    let overlap = |pair: &[Edit]| match pair {
        [a, b] => a.location.path() == b.location.path() && b.location.start < a.location.end,
        _ => false,
    };
    (!edits.windows(2).any(overlap) && !edits.is_empty()).then_some(edits)
}

struct Finder<'f, 'w> {
    manifest: &'f Manifest,
    views: &'f mut Views<'w>,
}

impl<'f> Finder<'f, '_> {
    fn node(&self, path: &Pointer) -> Option<&'f Node> {
        self.manifest.root.at(path).present()
    }

    /// The key of a field, in the map above it.
    fn key(&self, path: &Pointer) -> Option<&'f Key> {
        let (last, above) = path.0.split_last()?;
        let Step::Key(name) = last else { return None };
        let map = self.node(&Pointer(above.to_vec()))?.as_map()?;
        map.entry(name).map(|(key, _)| key)
    }

    fn set(&mut self, path: &Pointer, value: &NewValue) -> Option<Vec<Way>> {
        let node = self.node(path)?;
        let Value::Scalar(scalar) = &node.value else {
            // Nothing is written: the entry is there without a value.
            return Some(self.at_spans(node.origin_spans(self.manifest), |node| {
                Some(What::Replace(node, value.clone()))
            }));
        };
        let (NewValue::Text(text) | NewValue::Plain(text)) = value else { return None };
        let splice = Splice::between(&scalar.text, text);
        let mut ways = Vec::new();
        for part in parts(scalar, node) {
            let Some(new) = splice.of_part(&part, &scalar.text) else { continue };
            let is_whole = part.range == (0..scalar.text.len());
            let new = if is_whole { value.clone() } else { NewValue::Text(new) };
            for span in self.manifest.origins.content(part.origin) {
                ways.extend(self.set_part(&span, &new, is_whole, &splice));
            }
        }
        // Where a template joins pieces, what comes last belongs behind the last of them.
        if splice.removed.is_empty() && splice.removed.start == scalar.text.len() {
            let spans = self.manifest.origins.content(node.origin);
            let is_joined = matches!(scalar.pieces, Pieces::Parts(_));
            let joins = spans.iter().filter(|span| is_joined && !is_given(span.role));
            if let Some(end) = joins.into_iter().find_map(|span| self.end_of_text(span, &splice.added)) {
                ways = vec![vec![end]];
            }
        }
        ways.extend(self.behind_default(node, value));
        Some(ways)
    }

    /// A piece of a value gets another text where it stands.
    fn set_part(&mut self, span: &OriginSpan, new: &NewValue, is_whole: bool, splice: &Splice) -> Vec<Way> {
        let exact = self.views.node(span).filter(|(view, node)| {
            let is_scalar = matches!(view.tree.shape(*node), Shape::Scalar { .. } | Shape::Null);
            is_scalar && (is_whole || !view.is_template)
        });
        if let Some((view, node)) = exact {
            return vec![vec![Change { view, what: What::Replace(node, new.clone()) }]];
        }
        // Literal text of a template, between actions or inside one.
        let Some(view) = self.views.view(span).filter(|view| view.is_template) else { return Vec::new() };
        let (NewValue::Text(text) | NewValue::Plain(text)) = new else { return Vec::new() };
        let written = slice(&view.written, span);
        let text = match span.role {
            Role::Literal if written.starts_with('"') => format!("{text:?}"),
            Role::Literal if written.starts_with('`') => format!("`{text}`"),
            Role::Template if written.contains("{{") || splice.added.contains("{{") => return Vec::new(),
            _ => text.clone(),
        };
        vec![vec![Change { view, what: What::Bytes(span.start..span.end, text) }]]
    }

    /// What joins pieces, with more at its end: the scalar of a template, inside its quotes, or one
    /// of an ApplicationSet that takes parameters.
    fn end_of_text(&mut self, span: &OriginSpan, added: &str) -> Option<Change> {
        let view = self.views.view(span)?;
        let scalar = view.scalar_around(span.start, span.end)?;
        let Shape::Scalar { style, .. } = view.tree.shape(scalar) else { return None };
        if !view.is_template {
            let text = format!("{}{added}", view.tree.scalar(scalar)?);
            return Some(Change { what: What::Replace(scalar, NewValue::Text(text)), view });
        }
        let quote = u32::from(matches!(style, mlgitops_yaml::Style::Single | mlgitops_yaml::Style::Double));
        let end = view.tree.range(scalar).end.checked_sub(quote)?;
        Some(Change { what: What::Bytes(end..end, added.to_owned()), view })
    }

    /// A literal inside an action stands for a value that nobody gave: the entry that the action
    /// asks for first can be given.
    fn behind_default(&mut self, node: &Node, value: &NewValue) -> Vec<Way> {
        let all = self.manifest.origins.all(node.origin);
        let literals = all.iter().filter(|span| matches!(span.role, Role::Literal | Role::Template));
        let Some(view) = literals.filter_map(|span| self.views.view(span)).find(|view| view.is_template)
        else {
            return Vec::new();
        };
        let literal = all.iter().find(|span| span.role == Role::Literal);
        let Some(action) = literal.and_then(|span| action_around(&view.written, span.start)) else {
            return Vec::new();
        };
        let mut ways = Vec::new();
        for keys in asked_for(action) {
            for span in all.iter().filter(|span| span.role == Role::Values) {
                ways.extend(self.give(span, &keys, value).map(|change| vec![change]));
            }
        }
        ways
    }

    /// The entry at a path of keys in the values file of a span.
    fn give(&mut self, span: &OriginSpan, keys: &[&str], value: &NewValue) -> Option<Change> {
        let view = self.views.view(span)?;
        let mut at = view.tree.documents().first()?.root?;
        for (index, key) in keys.iter().enumerate() {
            match view.tree.get(at, key) {
                Some(next) => at = next,
                None => {
                    let rest = keys.get(index + 1..)?;
                    let wrapped =
                        rest.iter().rev().fold(value.clone(), |value, key| NewValue::map([(*key, value)]));
                    return Some(Change { what: What::Insert(at, (*key).to_owned(), wrapped), view });
                }
            }
        }
        Some(Change { what: What::Replace(at, value.clone()), view })
    }

    fn insert(&mut self, path: &Pointer, value: &NewValue) -> Option<Vec<Way>> {
        let (above, name, value) = self.innermost(path, value)?;
        let mut ways = Vec::new();
        for (view, map) in self.collections(&above) {
            if view.is_template {
                let what = What::InsertFirst(map, name.clone(), value.clone());
                ways.push(vec![Change { what, view: Arc::clone(&view) }]);
            }
            ways.push(vec![Change { what: What::Insert(map, name.clone(), value.clone()), view }]);
        }
        Some(ways)
    }

    /// The innermost field that is there, the key to add to it, and the value with the maps above
    /// it that are missing.
    fn innermost(&self, path: &Pointer, value: &NewValue) -> Option<(Pointer, String, NewValue)> {
        let mut value = value.clone();
        let mut steps = path.0.clone();
        loop {
            let Step::Key(name) = steps.pop()? else { return None };
            let above = Pointer(steps.clone());
            if self.node(&above).is_some_and(|node| node.as_map().is_some() || node.is_null()) {
                return Some((above, name, value));
            }
            value = NewValue::Map(vec![(name, value)]);
        }
    }

    fn append(&mut self, path: &Pointer, value: &NewValue) -> Option<Vec<Way>> {
        if self.node(path).is_none_or(Node::is_null) {
            return self.insert(path, &NewValue::List(vec![value.clone()]));
        }
        let lists = self.collections(path).into_iter();
        let ways = lists.map(|(view, list)| vec![Change { what: What::Append(list, value.clone()), view }]);
        Some(ways.collect())
    }

    fn remove(&mut self, path: &Pointer) -> Option<Vec<Way>> {
        Some(each_and_all(
            self.entries(path)?.into_iter().map(|(view, entry)| Change { what: What::Remove(entry), view }),
        ))
    }

    fn rename(&mut self, path: &Pointer, name: &str) -> Option<Vec<Way>> {
        let keys = self.entries(path)?.into_iter();
        Some(each_and_all(keys.map(|(view, key)| Change { what: What::Rename(key, name.to_owned()), view })))
    }

    fn move_into(&mut self, path: &Pointer, into: &Pointer) -> Option<Vec<Way>> {
        let entries = self.entries(path)?;
        let maps = self.collections(into);
        let mut ways = Vec::new();
        for (view, entry) in &entries {
            let mut same = maps.iter().filter(|(other, _)| Arc::ptr_eq(view, other));
            let map = same.find(|(view, map)| view.tree.range(*map).start <= view.tree.range(*entry).start);
            let map = map.or(maps.iter().find(|(other, _)| Arc::ptr_eq(view, other)));
            ways.extend(
                map.map(|(view, map)| {
                    vec![Change { what: What::Move(*entry, *map), view: Arc::clone(view) }]
                }),
            );
        }
        if ways.is_empty() {
            // From one file to another it is a value, not a text.
            let Some(Step::Key(name)) = path.0.last() else { return None };
            let value = NewValue::of(self.node(path)?)?;
            for (view, entry) in entries {
                ways.extend(maps.iter().map(|(other, map)| {
                    let insert = What::Insert(*map, name.clone(), value.clone());
                    vec![
                        Change { what: What::Remove(entry), view: Arc::clone(&view) },
                        Change { what: insert, view: Arc::clone(other) },
                    ]
                }));
            }
        }
        Some(ways)
    }

    /// Where a field's key, or an item, is written.
    fn entries(&mut self, path: &Pointer) -> Option<Vec<(Arc<View>, NodeIndex)>> {
        let origin = match self.key(path) {
            Some(key) => key.origin,
            None => self.node(path)?.origin,
        };
        let spans = self.manifest.origins.content(origin);
        Some(spans.iter().filter_map(|span| self.views.node(span)).collect())
    }

    /// The maps or lists that a collection is written as: itself, or what its entries stand in.
    fn collections(&mut self, path: &Pointer) -> Vec<(Arc<View>, NodeIndex)> {
        let Some(node) = self.node(path) else { return Vec::new() };
        let fits = |shape: &Shape| match &node.value {
            Value::Sequence(_) => *shape == Shape::Sequence,
            Value::Map(map) if !map.is_empty() => *shape == Shape::Map,
            _ => true,
        };
        let mut found: Vec<(u8, Arc<View>, NodeIndex)> = Vec::new();
        let mut add = |rank: u8, view: Arc<View>, node: NodeIndex| {
            let is_known = found.iter().any(|(_, have, at)| Arc::ptr_eq(have, &view) && *at == node);
            if !is_known && fits(view.tree.shape(node)) {
                found.push((rank, view, node));
            }
        };
        for span in self.manifest.origins.content(node.origin) {
            if let Some((view, node)) = self.views.node(&span) {
                add(span.role.rank(), view, node);
            }
        }
        let entries: Vec<_> = match &node.value {
            Value::Map(map) => map.iter().map(|(key, _)| key.origin).collect(),
            Value::Sequence(items) => items.iter().map(|item| item.origin).collect(),
            _ => Vec::new(),
        };
        for origin in entries {
            for span in self.manifest.origins.content(origin) {
                let Some((view, entry)) = self.views.node(&span) else { continue };
                if let Some(parent) = view.parent(entry) {
                    add(span.role.rank(), view, parent);
                }
            }
        }
        // What is written as nothing, or as `{}`, has its place behind its key.
        if let Some(key) = self.key(path).filter(|_| node.as_map().is_none_or(Map::is_empty)) {
            for span in self.manifest.origins.content(key.origin) {
                let Some((view, key)) = self.views.node(&span) else { continue };
                let value = view.tree.all().flat_map(|map| view.tree.entries(map).collect::<Vec<_>>());
                if let Some((_, value)) = value.into_iter().find(|(have, _)| *have == key) {
                    add(span.role.rank(), view, value);
                }
            }
        }
        found.sort_by_key(|(rank, ..)| *rank);
        found.into_iter().map(|(_, view, node)| (view, node)).collect()
    }

    fn at_spans(&mut self, spans: Vec<OriginSpan>, what: impl Fn(NodeIndex) -> Option<What>) -> Vec<Way> {
        let nodes = spans.iter().filter_map(|span| self.views.node(span));
        nodes.filter_map(|(view, node)| Some(vec![Change { what: what(node)?, view }])).collect()
    }
}

/// Every change alone, then all of them together: a key that both a base and a patch write.
fn each_and_all(changes: impl Iterator<Item = Change>) -> Vec<Way> {
    let all: Vec<Change> = changes.collect();
    let mut ways: Vec<Way> = all.iter().map(|change| vec![change.clone()]).collect();
    if all.len() > 1 {
        ways.push(all);
    }
    ways
}

/// Whether bytes of this role are given to something that joins them: they are used elsewhere too.
fn is_given(role: Role) -> bool {
    matches!(role, Role::Values | Role::Parameter | Role::Literal)
}

fn slice<'s>(written: &'s str, span: &OriginSpan) -> &'s str {
    written.get(span.start as usize..span.end as usize).unwrap_or("")
}

/// The action of a template around a byte.
fn action_around(template: &str, at: u32) -> Option<&str> {
    let start = template.get(..at as usize)?.rfind("{{")?;
    let end = template.get(at as usize..)?.find("}}")? + at as usize;
    template.get(start..end).filter(|action| !action.get(2..).is_some_and(|body| body.contains("{{")))
}

/// The paths below `.Values` that an action names.
fn asked_for(action: &str) -> Vec<Vec<&str>> {
    let behind = action.split(".Values.").skip(1);
    let path = |text: &'_ str| {
        let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
        text.get(..end).map_or(0, str::len)
    };
    behind
        .map(|text| text.get(..path(text)).unwrap_or("").split('.').filter(|key| !key.is_empty()).collect())
        .filter(|keys: &Vec<&str>| !keys.is_empty())
        .collect()
}

/// A part of a scalar, and where it comes from.
struct Part {
    range: Range<usize>,
    origin: mlgitops_yaml::OriginId,
}

fn parts(scalar: &Scalar, node: &Node) -> Vec<Part> {
    let mut start = 0;
    match &scalar.pieces {
        Pieces::Parts(parts) => {
            let part = |(end, origin): &(u32, mlgitops_yaml::OriginId)| {
                let range = start..*end as usize;
                start = *end as usize;
                Part { range, origin: *origin }
            };
            parts.iter().map(part).collect()
        }
        _ => vec![Part { range: 0..scalar.text.len(), origin: node.origin }],
    }
}

/// The smallest replacement that makes one text of another.
struct Splice {
    removed: Range<usize>,
    added: String,
}

impl Splice {
    fn between(old: &str, new: &str) -> Self {
        let prefix: usize =
            old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let (old_rest, new_rest) = (old.get(prefix..).unwrap_or(""), new.get(prefix..).unwrap_or(""));
        let pairs = old_rest.chars().rev().zip(new_rest.chars().rev());
        let suffix: usize = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let added = new_rest.get(..new_rest.len() - suffix).unwrap_or("").to_owned();
        Self { removed: prefix..old.len() - suffix, added }
    }

    /// The new text of a part that holds what is replaced.
    fn of_part(&self, part: &Part, old: &str) -> Option<String> {
        let holds = part.range.start <= self.removed.start && self.removed.end <= part.range.end;
        if !holds {
            return None;
        }
        let before = old.get(part.range.start..self.removed.start)?;
        let after = old.get(self.removed.end..part.range.end)?;
        Some(format!("{before}{}{after}", self.added))
    }
}

trait OriginSpans {
    fn origin_spans(&self, manifest: &Manifest) -> Vec<OriginSpan>;
}

impl OriginSpans for Node {
    fn origin_spans(&self, manifest: &Manifest) -> Vec<OriginSpan> {
        manifest.origins.content(self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_splice_is_as_small_as_it_can_be() {
        for (old, new, removed, added) in [
            ("a/v4", "a/v4/", 4..4, "/"),
            ("v1.1-x", "v1.10-x", 4..4, "0"),
            ("1e+06", "1000000", 1..5, "000000"),
            ("v1.2-a", "v1.3-a", 3..4, "3"),
            ("é", "è", 0..2, "è"),
            ("same", "same", 4..4, ""),
        ] {
            let splice = Splice::between(old, new);
            assert_eq!((splice.removed, splice.added.as_str()), (removed, added), "{old} {new}");
        }
    }

    #[test]
    fn the_values_an_action_asks_for_are_read() {
        let action = action_around("x: {{ .Values.a.b | default .Values.c | default 3 }}\n", 45).unwrap();
        assert_eq!(asked_for(action), [vec!["a", "b"], vec!["c"]]);
        assert_eq!(action_around("a {{ .x }} literal", 12), None);
    }
}
