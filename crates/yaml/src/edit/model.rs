//! What a text is meant to read as after its edits.

use crate::{Mode, NodeIndex, Shape, Style, Tree, resolve};

use super::NewValue;

/// A node of the model, by its number: those of the tree first, then what is new.
pub(super) type Id = usize;

/// The documents of a tree, open to change.
#[derive(Debug)]
pub(super) struct Model {
    nodes: Vec<Part>,
    roots: Vec<Option<Id>>,
}

#[derive(Debug, Clone)]
enum Part {
    Null,
    Scalar { text: String, style: Style, tag: Option<String> },
    Sequence(Vec<Id>),
    Map(Vec<(Id, Id)>),
    Alias,
}

impl Model {
    pub(super) fn of(tree: &Tree) -> Self {
        let nodes = tree.all().map(|node| Part::of(tree, node)).collect();
        let roots = tree.documents().iter().map(|document| document.root.map(id)).collect();
        Self { nodes, roots }
    }

    pub(super) fn add(&mut self, value: &NewValue) -> Id {
        let part = match value {
            NewValue::Null => Part::Null,
            NewValue::Plain(text) => Part::Scalar { text: text.clone(), style: Style::Plain, tag: None },
            NewValue::Text(text) => Part::Scalar { text: text.clone(), style: Style::Double, tag: None },
            NewValue::List(items) => Part::Sequence(items.iter().map(|item| self.add(item)).collect()),
            NewValue::Map(entries) => {
                let entry = |(name, value): &(String, NewValue)| (self.key(name), self.add(value));
                Part::Map(entries.iter().map(entry).collect())
            }
        };
        self.nodes.push(part);
        self.nodes.len() - 1
    }

    fn key(&mut self, name: &str) -> Id {
        self.add(&NewValue::Text(name.to_owned()))
    }

    /// A node becomes something else.
    pub(super) fn set(&mut self, node: NodeIndex, value: &NewValue) {
        let fresh = self.add(value);
        if let (Some(part), true) = (self.nodes.get(fresh).cloned(), id(node) < self.nodes.len()) {
            self.nodes[id(node)] = part;
        }
    }

    /// A map, or what is nothing yet, gets an entry more.
    pub(super) fn push_entry(&mut self, map: NodeIndex, name: &str, value: Id) {
        let key = self.key(name);
        self.push_pair(map, key, value);
    }

    /// A map gets an entry before the others.
    pub(super) fn push_first(&mut self, map: NodeIndex, name: &str, value: Id) {
        let key = self.key(name);
        if let Some(Part::Map(entries)) = self.nodes.get_mut(id(map)) {
            entries.insert(0, (key, value));
        }
    }

    fn push_pair(&mut self, map: NodeIndex, key: Id, value: Id) {
        match self.nodes.get_mut(id(map)) {
            Some(Part::Map(entries)) => entries.push((key, value)),
            Some(other) => *other = Part::Map(vec![(key, value)]),
            None => {}
        }
    }

    /// A sequence, or what is nothing yet, gets an item more.
    pub(super) fn push_item(&mut self, sequence: NodeIndex, value: Id) {
        match self.nodes.get_mut(id(sequence)) {
            Some(Part::Sequence(items)) => items.push(value),
            Some(other) => *other = Part::Sequence(vec![value]),
            None => {}
        }
    }

    /// A collection loses the entry of a key, or an item. The key and the value, where it was one.
    pub(super) fn take(&mut self, collection: NodeIndex, entry: NodeIndex) -> Option<(Id, Id)> {
        match self.nodes.get_mut(id(collection))? {
            Part::Map(entries) => {
                let at = entries.iter().position(|(key, _)| *key == id(entry))?;
                Some(entries.remove(at))
            }
            Part::Sequence(items) => {
                items.retain(|item| *item != id(entry));
                None
            }
            _ => None,
        }
    }

    /// A map gets an entry that another one lost.
    pub(super) fn put(&mut self, map: NodeIndex, (key, value): (Id, Id)) {
        self.push_pair(map, key, value);
    }

    /// Whether a tree reads as the model is.
    pub(super) fn is_read_from(&self, tree: &Tree) -> bool {
        let roots: Vec<Option<NodeIndex>> = tree.documents().iter().map(|document| document.root).collect();
        self.roots.len() == roots.len()
            && self.roots.iter().zip(roots).all(|(mine, its)| match (mine, its) {
                (Some(mine), Some(its)) => self.is_same(*mine, tree, its),
                (None, None) => true,
                _ => false,
            })
    }

    /// As deep as the tree nests: at most the limit of the parser.
    fn is_same(&self, mine: Id, tree: &Tree, its: NodeIndex) -> bool {
        let children = tree.children(its);
        match (self.nodes.get(mine), Part::of(tree, its)) {
            (Some(Part::Null), Part::Null) | (Some(Part::Alias), Part::Alias) => true,
            (Some(Part::Sequence(items)), Part::Sequence(_)) => {
                items.len() == children.len()
                    && items.iter().zip(children).all(|(item, its)| self.is_same(*item, tree, *its))
            }
            (Some(Part::Map(entries)), Part::Map(_)) => {
                let flat = entries.iter().flat_map(|(key, value)| [key, value]);
                2 * entries.len() == children.len()
                    && flat.zip(children).all(|(part, its)| self.is_same(*part, tree, *its))
            }
            (
                Some(Part::Scalar { text, style, tag }),
                Part::Scalar { text: its, style: other, tag: its_tag },
            ) => {
                let read = |style: Style, tag: Option<&str>| resolve(text, style, tag, Mode::Api);
                *text == its && *tag == its_tag && read(*style, tag.as_deref()) == read(other, tag.as_deref())
            }
            _ => false,
        }
    }
}

impl Part {
    fn of(tree: &Tree, node: NodeIndex) -> Self {
        match tree.shape(node) {
            Shape::Null => Self::Null,
            Shape::Scalar { style, .. } => Self::Scalar {
                text: tree.scalar(node).unwrap_or("").to_owned(),
                style: *style,
                tag: tree.tag(node).map(str::to_owned),
            },
            Shape::Sequence => Self::Sequence(tree.children(node).iter().copied().map(id).collect()),
            Shape::Map => Self::Map(tree.entries(node).map(|(key, value)| (id(key), id(value))).collect()),
            Shape::Alias(_) => Self::Alias,
        }
    }
}

fn id(node: NodeIndex) -> Id {
    node.0 as usize
}
