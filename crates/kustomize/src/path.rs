//! Field paths of replacements and variables: `spec.containers.[name=main].image` (kyaml v0.21
//! `utils/pathsplitter.go`, `yaml/match.go`).

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
        let value = Node::new(Value::Scalar(Scalar::plain(pattern)), by);
        let mut item = match field {
            "" => value,
            field => Node::new(Value::Map(Map::of(vec![(Key::new(field, by), value)])), by),
        };
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
