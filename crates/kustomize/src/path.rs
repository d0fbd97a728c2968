//! Field paths of replacements and variables: `spec.containers.[name=main].image` (kyaml v0.21
//! `utils/pathsplitter.go`, `yaml/match.go`).

use std::borrow::Cow;

use mlgitops_yaml::{Key, Map, Node, OriginId, Scalar, Value};
use regex::{Regex, RegexBuilder};

/// What is made where a path leads to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    Nothing,
    Scalar,
    Map,
    List,
}

/// The parts of a path: brackets hold dots together, and `\.` is a dot.
pub(crate) fn split(path: &str) -> Vec<String> {
    let mut plain: Vec<String> = Vec::new();
    let path = if path.len() > 1 { path.strip_prefix('.').unwrap_or(path) } else { path };
    for piece in path.split('.') {
        match plain.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('.');
                last.push_str(piece);
            }
            _ => plain.push(piece.to_owned()),
        }
    }
    let mut parts = Vec::new();
    let mut rest = plain.into_iter();
    while let Some(mut part) = rest.next() {
        if part.starts_with('[') && !part.ends_with(']') {
            for next in rest.by_ref() {
                part.push('.');
                part.push_str(&next);
                if next.ends_with(']') {
                    break;
                }
            }
            if !part.contains('=') {
                part = part.trim_matches(['[', ']']).to_owned();
            }
        }
        parts.push(part);
    }
    parts
}

/// `[field=value]` of a part.
fn condition(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

/// The value at a path; list items are found by index, by `-` for the last, or by exact value.
pub(crate) fn lookup<'n>(root: &'n Node, parts: &[String]) -> Option<&'n Node> {
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.into_iter().try_fold(root, |at, part| {
        let next = match &at.value {
            Value::Map(map) => map.get(part),
            Value::Sequence(items) => match (part.parse::<usize>(), condition(part)) {
                (Ok(index), _) => items.get(index),
                (_, Some(("", value))) => items.iter().find(|item| item.text() == Some(value)),
                (_, Some((field, value))) => items.iter().find(|item| item.get(field).text() == Some(value)),
                _ if part == "-" => items.last(),
                _ => None,
            },
            _ => None,
        };
        next.filter(|next| !next.is_null())
    })
}

/// The one field a path leads to, made where it is missing (kyaml `PathGetter`); `None` where an
/// index leads beyond a list.
pub(crate) fn find_or_make<'n>(
    root: &'n mut Node,
    parts: &[Cow<'_, str>],
    by: OriginId,
) -> Result<Option<&'n mut Node>, String> {
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    let mut at = root;
    for (index, part) in parts.iter().enumerate() {
        let rest: Vec<String> = parts.iter().skip(index + 1).map(|part| (*part).to_owned()).collect();
        let next = match (&mut at.value, condition(part)) {
            (Value::Sequence(items), Some((field, value))) => {
                let is_meant = |item: &Node| match field {
                    "" => item.text() == Some(value),
                    field => item.get(field).text() == Some(value),
                };
                if !items.iter().any(is_meant) {
                    items.push(item_with(field, value, by));
                }
                items.iter_mut().find(|item| is_meant(item))
            }
            (Value::Sequence(items), None) => match (part.parse::<usize>(), *part) {
                (Ok(index), _) => items.get_mut(index),
                (_, "-") => items.last_mut(),
                _ => return Err(format!("`{part}` needs a map")),
            },
            (Value::Map(map), None) if part.parse::<i64>().is_err() && *part != "*" => {
                if map.get(part).is_none() {
                    map.set(Key::new(part, by), made(&rest, Make::Scalar, by));
                }
                map.get_mut(part)
            }
            _ => return Err(format!("`{part}` leads nowhere")),
        };
        match next {
            Some(next) => at = next,
            None => return Ok(None),
        }
    }
    match at.value {
        Value::Map(_) | Value::Sequence(_) => Err("the field is no scalar".to_owned()),
        _ => Ok(Some(at)),
    }
}

/// Calls `set` on every field a path reaches, and says how many those are. Conditions are regular
/// expressions here, and `*` is every item.
pub(crate) fn visit(
    node: &mut Node,
    parts: &[String],
    make: Make,
    by: OriginId,
    set: &mut dyn FnMut(&mut Node),
) -> Result<usize, String> {
    let Some((part, rest)) = parts.split_first() else {
        set(node);
        return Ok(1);
    };
    if let Ok(index) = part.parse::<usize>() {
        let Value::Sequence(items) = &mut node.value else { return Err(format!("`{part}` needs a list")) };
        if items.len() == index && make != Make::Nothing {
            items.push(made(rest, make, by));
        }
        let count = items.len();
        let item =
            items.get_mut(index).ok_or_else(|| format!("the list has {count} items, and no `{index}`"))?;
        return visit(item, rest, make, by, set);
    }
    if part == "*" {
        let Value::Sequence(items) = &mut node.value else { return Err("`*` needs a list".to_owned()) };
        return items.iter_mut().try_fold(0, |count, item| Ok(count + visit(item, rest, make, by, set)?));
    }
    if part.starts_with('[') && part.ends_with(']') {
        let (field, pattern) = condition(part).ok_or_else(|| format!("`{part}` is not [field=value]"))?;
        return visit_matching(node, (field, pattern), rest, make, by, set);
    }
    let Value::Map(map) = &mut node.value else {
        return if node.is_null() { Ok(0) } else { Err(format!("`{part}` needs a map")) };
    };
    if map.get(part).is_none_or(Node::is_null) {
        if make == Make::Nothing {
            return Ok(0);
        }
        map.set(Key::new(part, by), made(rest, make, by));
    }
    map.get_mut(part).map_or(Ok(0), |next| visit(next, rest, make, by, set))
}

fn visit_matching(
    node: &mut Node,
    (field, pattern): (&str, &str),
    rest: &[String],
    make: Make,
    by: OriginId,
    set: &mut dyn FnMut(&mut Node),
) -> Result<usize, String> {
    let Value::Sequence(items) = &mut node.value else {
        return Err(format!("`[{field}={pattern}]` needs a list"));
    };
    let regex = pattern_of(pattern)?;
    let mut count = 0;
    for item in items.iter_mut() {
        let text = if field.is_empty() { item.text() } else { item.get(field).text() };
        if !text.is_some_and(|text| regex.is_match(text)) {
            continue;
        }
        if field.is_empty() {
            // An item that is no map is the field itself, whatever follows.
            set(item);
            count += 1;
        } else {
            count += visit(item, rest, make, by, set)?;
        }
    }
    if count == 0 && make != Make::Nothing {
        let mut item = item_with(field, pattern, by);
        if field.is_empty() {
            set(&mut item);
            count = 1;
        } else {
            count = visit(&mut item, rest, make, by, set)?;
        }
        items.push(item);
    }
    Ok(count)
}

/// A new item that a condition holds for.
fn item_with(field: &str, value: &str, by: OriginId) -> Node {
    let value = Node::new(Value::Scalar(Scalar::plain(value)), by);
    match field {
        "" => value,
        field => Node::new(Value::Map(Map::of(vec![(Key::new(field, by), value)])), by),
    }
}

fn pattern_of(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(1 << 20).build();
    built.map_err(|_| format!("`{pattern}` is no regular expression"))
}

/// What stands at a place that has to lead on to `rest`.
fn made(rest: &[String], make: Make, by: OriginId) -> Node {
    let value = match rest.first() {
        Some(next) if next.parse::<usize>().is_ok() || condition(next).is_some() => {
            Value::Sequence(Vec::new())
        }
        Some(_) => Value::Map(Map::default()),
        None => match make {
            Make::Map => Value::Map(Map::default()),
            Make::List => Value::Sequence(Vec::new()),
            Make::Scalar | Make::Nothing => Value::Null,
        },
    };
    Node::new(value, by)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn brackets_and_backslashes_keep_dots_together() {
        let cases: [(&str, &[&str]); 6] = [
            ("metadata.name", &["metadata", "name"]),
            ("spec.containers.[name=a.b].image", &["spec", "containers", "[name=a.b]", "image"]),
            ("metadata.annotations.[a.b/c]", &["metadata", "annotations", "a.b/c"]),
            (r"metadata.annotations.a\.b/c", &["metadata", "annotations", "a.b/c"]),
            ("spec.args.[=-x]", &["spec", "args", "[=-x]"]),
            ("spec.0.*", &["spec", "0", "*"]),
        ];
        for (path, expected) in cases {
            assert_eq!(split(path), expected, "{path}");
        }
    }
}
