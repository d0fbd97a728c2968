//! Other values for the bytes of a place: what the tests of origins put there.

/// Most ways that a place of several lines is changed.
const WAYS: usize = 60;

/// Another scalar of the same type; `None` where the bytes are no scalar on one line.
pub(crate) fn another(text: &str) -> Option<String> {
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

/// What may be put in place of bytes: another scalar; of an action, a literal; of nothing, a
/// value; of a container or a text of several lines, the same with one line changed.
pub(crate) fn candidates(text: &str) -> Vec<String> {
    if let Some(action) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
        let trim = |is: bool| if is { "-" } else { "" };
        let (left, right) = (trim(action.starts_with("- ")), trim(action.ends_with(" -")));
        return vec![format!("{{{{{left} \"z9q\" {right}}}}}"), format!("{{{{{left} 739 {right}}}}}")];
    }
    match text {
        "" => return vec![" z9q".to_owned(), " {z9q: z9q}".to_owned(), " 739".to_owned()],
        "null" | "~" => return vec!["z9q".to_owned(), "{z9q: z9q}".to_owned(), "739".to_owned()],
        "{}" => return vec!["{z9q: z9q}".to_owned()],
        "[]" => return vec!["[z9q]".to_owned(), "[{name: z9q}]".to_owned()],
        _ => {}
    }
    if let Some(other) = another(text) {
        // Where a version is wanted, a text that is none may count for nothing.
        return [Some(other), another_number(text)].into_iter().flatten().collect();
    }
    if text.starts_with(['{', '[']) && !text.contains('\n') {
        return flow_leaves(text);
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changed = (0..lines.len()).filter_map(|at| {
        let line = another_line(lines[at])?;
        Some([&lines[..at].concat(), &*line, &lines[at + 1..].concat()].concat())
    });
    changed.take(WAYS).collect()
}

/// The same with its first digit changed.
fn another_number(text: &str) -> Option<String> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    let digit = if text[at..].starts_with('7') { "8" } else { "7" };
    Some([&text[..at], digit, &text[at + 1..]].concat())
}

/// A container between brackets with one scalar after another changed, and a list with none.
fn flow_leaves(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_end = |c: char| matches!(c, ',' | '[' | ']' | '{' | '}');
    let mut at = 1;
    for piece in text[1..].split_inclusive(is_end) {
        let body = piece.trim_end_matches(is_end);
        let value = body.find(": ").map_or(0, |colon| colon + 2);
        let start = at + value + (body[value..].len() - body[value..].trim_start().len());
        if let Some(other) = another(body[value..].trim()) {
            found.push([&text[..start], &*other, &text[at + body.trim_end().len()..]].concat());
        }
        at += piece.len();
    }
    found.truncate(WAYS);
    found.extend(text.starts_with('[').then(|| "[]".to_owned()));
    found
}

/// A map between brackets with the last key of a path put into it.
pub(crate) fn with_key(text: &str, path: &str) -> Option<String> {
    let key = path.rsplit('/').next()?;
    let rest = text.strip_prefix('{').filter(|_| !text.contains("{{"))?;
    Some(format!("{{{key}: z9q, {rest}"))
}

/// A line with its value changed, or its last word where it has none.
fn another_line(line: &str) -> Option<String> {
    let body = line.trim_end();
    let end = &line[body.len()..];
    if body.trim_start().is_empty() || body.trim_start().starts_with('#') || body.ends_with(':') {
        return None;
    }
    let value = body.rfind(": ").map(|at| at + 2).or_else(|| body.find("- ").map(|at| at + 2)).unwrap_or(0);
    let (head, value) = body.split_at(value);
    match another(value.trim_end_matches([']', '}'])) {
        Some(other) if head.is_empty() => Some(format!("{body}9q{end}")).filter(|_| !other.is_empty()),
        Some(other) => {
            let closing = &value[value.trim_end_matches([']', '}']).len()..];
            Some(format!("{head}{other}{closing}{end}"))
        }
        None => None,
    }
}
