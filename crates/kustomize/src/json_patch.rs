//! JSON patches (RFC 6902), as kustomize applies them.

use mlgitops_yaml::{Key, Map, Mode, Node, OriginId, Origins, Resolved, Scalar, Value};

use crate::origin::{guard_all, over, size_of};

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    op: String,
    path: Vec<String>,
    from: Option<Vec<String>>,
    value: Option<Node>,
    /// The operation's own place.
    at: OriginId,
    /// The place of its path.
    path_at: OriginId,
}

/// Why a patch does not apply, and the place in the patch.
#[derive(Debug)]
pub(crate) struct Inapplicable {
    pub(crate) message: String,
    pub(crate) at: OriginId,
}

impl Operation {
    /// Reads the operations of a patch; `None` where the document is no list of operations.
    pub(crate) fn read(document: &Node) -> Option<Vec<Self>> {
        let Value::Sequence(items) = &document.value else { return None };
        items.iter().map(Self::of).collect()
    }

    fn of(node: &Node) -> Option<Self> {
        node.as_map()?;
        let path = node.get("path").present();
        Some(Self {
            op: node.get("op").text().unwrap_or_default().to_owned(),
            path: pointer(path.and_then(Node::text).unwrap_or_default()),
            from: node.get("from").text().map(pointer),
            value: node.get("value").present().cloned(),
            at: node.origin,
            path_at: path.map_or(node.origin, |path| path.origin),
        })
    }

    /// Its place.
    pub(crate) fn place(&self) -> OriginId {
        self.at
    }

    /// Whether it may change the name of an object.
    pub(crate) fn may_rename(&self) -> bool {
        let touches =
            |path: &[String]| path.first().is_none_or(|first| first == "metadata" || first == "kind");
        touches(&self.path) || self.from.as_deref().is_some_and(touches)
    }

    /// Adds a guard to the value it sets.
    pub(crate) fn guard(&mut self, guard: OriginId, origins: &mut Origins) {
        if let Some(value) = &mut self.value {
            guard_all(value, guard, origins);
        }
    }

    /// How large and how deep the value is that it puts into an object, at the depth it puts it.
    pub(crate) fn size(&self, root: &mut Node) -> (usize, usize) {
        let value = match self.op.as_str() {
            "copy" | "move" => self.from.as_deref().and_then(|from| find_mut(root, from)).map(|node| &*node),
            _ => self.value.as_ref(),
        };
        let (size, depth) = value.map_or((0, 0), size_of);
        (size + width(root, &self.path), depth + self.path.len())
    }

    /// Applies it to an object.
    pub(crate) fn apply(&self, root: &mut Node, origins: &mut Origins) -> Result<(), Inapplicable> {
        match self.op.as_str() {
            "add" => self.add(root, self.own_value(origins), origins),
            "replace" => {
                let value = self.own_value(origins);
                let old = self.remove(root, &self.path)?;
                let value = Node::new(value.value, over(value.origin, old.origin, origins));
                self.insert(root, value, true)
            }
            "remove" => {
                self.remove(root, &self.path)?;
                if let Some((_, above)) = self.path.split_last()
                    && let Some(node) = find_mut(root, above)
                {
                    node.origin = origins.guard(node.origin, self.path_at);
                }
                Ok(())
            }
            "move" => {
                let from = self.source()?;
                let value = self.remove(root, from)?;
                self.add(root, value, origins)
            }
            "copy" => {
                let from = self.source()?;
                let value = find_mut(root, from).map(|node| node.clone());
                let value = value.ok_or_else(|| self.fails(&format!("`{}` is not there", written(from))))?;
                self.add(root, value, origins)
            }
            "test" => {
                let have = find_mut(root, &self.path).map(|node| node.clone());
                let holds = match (&have, &self.value) {
                    (Some(have), Some(value)) => equal(have, value),
                    (None, None) => true,
                    (None, Some(value)) => value.is_null(),
                    (Some(have), None) => have.is_null(),
                };
                if holds { Ok(()) } else { Err(self.fails("the test fails")) }
            }
            other => Err(Inapplicable { message: format!("`{other}` is no operation"), at: self.at }),
        }
    }

    /// Its value, which its path decided to set there. Without one it sets null, as the Go library
    /// does.
    fn own_value(&self, origins: &mut Origins) -> Node {
        let mut value = self.value.clone().unwrap_or_else(|| Node::new(Value::Null, self.at));
        value.origin = origins.guard(value.origin, self.path_at);
        value
    }

    fn source(&self) -> Result<&[String], Inapplicable> {
        self.from.as_deref().ok_or_else(|| self.fails("`from` is missing"))
    }

    fn add(&self, root: &mut Node, value: Node, origins: &mut Origins) -> Result<(), Inapplicable> {
        let old = match self.path.split_last() {
            Some((last, above)) => find_mut(root, above)
                .and_then(|parent| parent.as_map().and_then(|map| map.get(last)).map(|old| old.origin)),
            None => None,
        };
        let origin = match old {
            Some(old) => over(value.origin, old, origins),
            None => value.origin,
        };
        self.insert(root, Node::new(value.value, origin), false)
    }

    /// Puts a value at the path; `replaced` says that one was taken away there.
    fn insert(&self, root: &mut Node, value: Node, replaced: bool) -> Result<(), Inapplicable> {
        let Some((last, above)) = self.path.split_last() else {
            *root = value;
            return Ok(());
        };
        let by = self.path_at;
        let parent =
            find_mut(root, above).ok_or_else(|| self.fails(&format!("`{}` is not there", written(above))))?;
        match &mut parent.value {
            Value::Map(map) => {
                match map.get_mut(last) {
                    Some(have) => *have = value,
                    None => map.set(Key { scalar: Scalar::string(last), origin: by }, value),
                }
                Ok(())
            }
            Value::Sequence(items) => {
                let at =
                    if last == "-" && !replaced { Some(items.len()) } else { index(last, items.len() + 1) };
                match at.filter(|at| *at <= items.len()) {
                    Some(at) => {
                        items.insert(at, value);
                        Ok(())
                    }
                    None => Err(self.fails(&format!("the list has no place `{last}`"))),
                }
            }
            _ => Err(self.fails(&format!("`{}` is neither a map nor a list", written(above)))),
        }
    }

    fn remove(&self, root: &mut Node, path: &[String]) -> Result<Node, Inapplicable> {
        let missing = || self.fails(&format!("`{}` is not there", written(path)));
        let (last, above) = path.split_last().ok_or_else(missing)?;
        let parent = find_mut(root, above).ok_or_else(missing)?;
        match &mut parent.value {
            // Replacing a key that a map lacks adds it: the Go library does not look.
            Value::Map(map) if self.op == "replace" => match map.get_mut(last) {
                Some(have) => {
                    let taken = Node::new(Value::Null, have.origin);
                    Ok(std::mem::replace(have, taken))
                }
                None => Ok(Node::new(Value::Null, OriginId::NONE)),
            },
            Value::Map(map) => map.remove(last).map(|(_, node)| node).ok_or_else(missing),
            Value::Sequence(items) => {
                let at = index(last, items.len()).filter(|at| *at < items.len()).ok_or_else(missing)?;
                Ok(items.remove(at))
            }
            _ => Err(missing()),
        }
    }

    fn fails(&self, why: &str) -> Inapplicable {
        Inapplicable {
            message: format!("`{}` at `{}`: {why}", self.op, written(&self.path)),
            at: self.path_at,
        }
    }
}

/// The names of a pointer; what follows the first slash, `~1` and `~0` unescaped.
fn pointer(text: &str) -> Vec<String> {
    let Some(rest) = text.strip_prefix('/') else {
        return if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    };
    rest.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect()
}

fn written(path: &[String]) -> String {
    path.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
}

/// An index; a negative one counts from the end, as the Go library allows.
fn index(text: &str, len: usize) -> Option<usize> {
    let number: i64 = text.parse().ok()?;
    if number < 0 {
        len.checked_sub(usize::try_from(number.checked_neg()?).ok()?)
    } else {
        usize::try_from(number).ok()
    }
}

fn find_mut<'n>(root: &'n mut Node, path: &[String]) -> Option<&'n mut Node> {
    let mut at = root;
    for name in path {
        at = match &mut at.value {
            Value::Map(map) => map.get_mut(name)?,
            Value::Sequence(items) => {
                let len = items.len();
                items.get_mut(index(name, len)?)?
            }
            _ => return None,
        };
    }
    Some(at)
}

/// How much of maps and lists finding a path looks at, or moves, about.
fn width(root: &Node, path: &[String]) -> usize {
    let mut width = 0;
    let mut at = root;
    for name in path {
        let next = match &at.value {
            Value::Map(map) => {
                width += map.len() / 4;
                map.get(name)
            }
            Value::Sequence(items) => {
                width += items.len() / 4;
                index(name, items.len()).and_then(|index| items.get(index))
            }
            _ => None,
        };
        let Some(next) = next else { break };
        at = next;
    }
    width
}

/// Whether two values are the same JSON.
fn equal(have: &Node, value: &Node) -> bool {
    match (&have.value, &value.value) {
        (Value::Map(one), Value::Map(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, node)| other.get(key.name()).is_some_and(|other| equal(node, other)))
        }
        (Value::Sequence(one), Value::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Scalar(one), Value::Scalar(other)) => {
            match (one.resolve(Mode::Kustomize), other.resolve(Mode::Kustomize)) {
                (Resolved::Str, Resolved::Str) => one.text == other.text,
                (one, other) => one == other,
            }
        }
        _ => have.is_null() && value.is_null(),
    }
}

/// Whether a document is a list of operations with paths.
pub(crate) fn is_patch(document: &Node) -> bool {
    matches!(&document.value, Value::Sequence(items) if items.iter().all(|item| item.as_map().is_some_and(has_op)))
}

fn has_op(map: &Map) -> bool {
    map.get("op").is_some()
}
