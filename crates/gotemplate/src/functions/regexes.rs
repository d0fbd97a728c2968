//! Go's regular expressions on the regex crate: both are linear, and nearly one dialect.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use mlgitops_yaml::{Text, TextBuilder};
use regex::{Captures, Regex, RegexBuilder};

use super::words::remade;
use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", 2, |m, a| matches(m, a, false)),
    Function::new("mustRegexMatch", 2, |m, a| matches(m, a, true)),
    Function::new("regexFind", 2, find),
    Function::new("mustRegexFind", 2, find),
    Function::new("regexFindAll", 3, find_all),
    Function::new("mustRegexFindAll", 3, find_all),
    Function::new("regexReplaceAll", 3, |m, a| replace(m, a, true)),
    Function::new("mustRegexReplaceAll", 3, |m, a| replace(m, a, true)),
    Function::new("regexReplaceAllLiteral", 3, |m, a| replace(m, a, false)),
    Function::new("mustRegexReplaceAllLiteral", 3, |m, a| replace(m, a, false)),
    Function::new("regexSplit", 3, split),
    Function::new("mustRegexSplit", 3, split),
    Function::new("regexQuoteMeta", 1, |m, a| remade(m, a, quote_meta)),
];

/// Compiled expressions of one rendering.
pub(crate) type Cache = HashMap<Arc<str>, Result<Arc<Regex>, String>>;

/// Largest compiled expression, in bytes.
const SIZE: usize = 2 << 20;

fn compiled(machine: &mut Machine<'_>, pattern: &Value) -> Result<Arc<Regex>, Failure> {
    let text = machine.arg_text(pattern)?;
    if let Some(known) = machine.regexes.get(text.as_str()) {
        return known.clone().map_err(Failure::execute);
    }
    // Compiling costs far more than a step.
    machine.spend(1_000 + 50 * text.len() as u64)?;
    let made = built(text.as_str()).map(Arc::new).map_err(|why| format!("error parsing regexp: {why}"));
    machine.regexes.insert(Arc::clone(text.shared()), made.clone());
    made.map_err(Failure::execute)
}

fn built(pattern: &str) -> Result<Regex, String> {
    refused(pattern)?;
    let made = RegexBuilder::new(&translated(pattern)).size_limit(SIZE).dfa_size_limit(SIZE).build();
    made.map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
        format!("{last}: `{pattern}`")
    })
}

/// Most repetitions in braces, Go `regexp/syntax.maxRepeat`.
const MOST_REPEATED: u32 = 1000;

/// What the crate takes and Go refuses: a repetition of a repetition (Go `regexp/syntax`, `repeat`),
/// and one in braces that is too large.
fn refused(pattern: &str) -> Result<(), String> {
    let mut repeated = None;
    let mut at = 0;
    let mut in_class = false;
    while let Some(first) = pattern.get(at..).and_then(|rest| rest.chars().next()) {
        let start = at;
        at += first.len_utf8();
        let after = pattern.get(at..).unwrap_or("");
        match first {
            '\\' => {
                at += match after.strip_prefix('Q') {
                    Some(literal) => 1 + literal.find("\\E").map_or(literal.len(), |end| end + 2),
                    None => braced(after).unwrap_or_else(|| after.chars().next().map_or(0, char::len_utf8)),
                };
                repeated = None;
                continue;
            }
            '[' if !in_class => {
                in_class = true;
                at += usize::from(after.starts_with('^'));
                at += usize::from(pattern.get(at..).is_some_and(|rest| rest.starts_with(']')));
            }
            ']' => in_class = false,
            _ => {}
        }
        let is_repetition = match first {
            _ if in_class => false,
            '*' | '+' => true,
            // After a parenthesis it begins flags or a name.
            '?' => !pattern.get(..start).is_some_and(|before| before.ends_with('(')),
            '{' if is_repetition(after) => {
                let body = after.split_once('}').map_or("", |(body, _)| body);
                at += body.len() + 1;
                let counts = body.split(',').filter(|count| !count.is_empty());
                if counts.map(str::parse::<u32>).any(|count| !count.is_ok_and(|count| count <= MOST_REPEATED))
                {
                    return Err(format!("invalid repeat count: `{{{body}}}`"));
                }
                true
            }
            _ => false,
        };
        if !is_repetition {
            repeated = None;
            continue;
        }
        at += usize::from(pattern.get(at..).is_some_and(|rest| rest.starts_with('?')));
        if let Some(begin) = repeated {
            let operators = pattern.get(begin..at).unwrap_or("");
            return Err(format!("invalid nested repetition operator: `{operators}`"));
        }
        repeated = Some(start);
    }
    Ok(())
}

/// How long `p{Greek}` and the like after a backslash is.
fn braced(after: &str) -> Option<usize> {
    let body = after.strip_prefix(['p', 'P', 'x'])?.strip_prefix('{')?;
    body.find('}').map(|end| end + 3)
}

/// Go's syntax in the crate's: classes of letters are those of ASCII, and what is no repetition is a
/// brace.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        rest = after;
        match first {
            '\\' => rest = escape(after, in_class, &mut out),
            '[' if in_class => {
                if after.starts_with(':') && after.contains(":]") {
                    let end = after.find(":]").map_or(0, |at| at + 2);
                    out.push('[');
                    out.push_str(&after[..end]);
                    rest = &after[end..];
                } else {
                    out.push_str("\\[");
                }
            }
            '[' => {
                in_class = true;
                out.push('[');
                let body = after.strip_prefix('^').map_or(after, |body| {
                    out.push('^');
                    body
                });
                // A bracket that comes first stands for itself.
                rest = match body.strip_prefix(']') {
                    Some(body) => {
                        out.push_str("\\]");
                        body
                    }
                    None => body,
                };
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(first);
            }
            '{' if !in_class && !is_repetition(after) => out.push_str("\\{"),
            '}' if !in_class && !closes_repetition(&out) => out.push_str("\\}"),
            other => out.push(other),
        }
    }
    out
}

fn is_repetition(after: &str) -> bool {
    let Some((body, _)) = after.split_once('}') else { return false };
    let (least, most) = body.split_once(',').unwrap_or((body, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

fn closes_repetition(before: &str) -> bool {
    let Some(open) = before.rfind('{') else { return false };
    let inside = before.get(open + 1..).unwrap_or("");
    let escaped = before.get(..open).is_some_and(|text| text.ends_with('\\'));
    let named = before
        .get(..open)
        .is_some_and(|text| text.ends_with("\\p") || text.ends_with("\\P") || text.ends_with("\\x"));
    named
        || (!escaped
            && !inside.is_empty()
            && inside.bytes().all(|byte| byte.is_ascii_digit() || byte == b','))
}

/// What follows a backslash; gives what is left.
fn escape<'p>(after: &'p str, in_class: bool, out: &mut String) -> &'p str {
    let Some(kind) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let rest = &after[kind.len_utf8()..];
    if let Some(end) = braced(after) {
        let (class, left) = after.split_at(end);
        out.push('\\');
        match (class.strip_prefix("p{^"), class.strip_prefix("P{^")) {
            (Some(rest), _) => out.extend(["P{", rest]),
            (_, Some(rest)) => out.extend(["p{", rest]),
            _ => out.push_str(class),
        }
        return left;
    }
    let set = match kind {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\x0C\\r ",
        'D' => "^0-9",
        'W' => "^0-9A-Za-z_",
        'S' => "^\\t\\n\\x0C\\r ",
        'b' if !in_class => {
            out.push_str("(?-u:\\b)");
            return rest;
        }
        'Q' => {
            let (literal, left) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(literal));
            return left;
        }
        _ => {
            out.push('\\');
            out.push(kind);
            return rest;
        }
    };
    if in_class && !set.starts_with('^') {
        out.push_str(set);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(out, "[{set}]");
    }
    rest
}

fn matches(machine: &mut Machine<'_>, arguments: Args<'_>, must: bool) -> Answer {
    let [pattern, value] = arguments else { return nothing() };
    let text = machine.arg_str(value)?;
    machine.make(text.len())?;
    let is = match compiled(machine, pattern) {
        Ok(regex) => regex.is_match(text),
        Err(failure) if must => return Err(failure),
        Err(_) => false,
    };
    let origin = machine.joined(arguments);
    Ok(Value::bool(is, origin))
}

fn find(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [pattern, value] = arguments else { return nothing() };
    let regex = compiled(machine, pattern)?;
    let text = machine.arg_text(value)?;
    machine.make(text.len())?;
    let range = regex.find(text.as_str()).map_or(0..0, |found| found.range());
    let part = machine.part(&text, range.start, range.end);
    Ok(machine.decided(Value::text(part), &[pattern]))
}

fn find_all(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [pattern, value, count] = arguments else { return nothing() };
    let regex = compiled(machine, pattern)?;
    let text = machine.arg_text(value)?;
    let most = usize::try_from(machine.arg_int(count)?).unwrap_or(usize::MAX);
    machine.make(text.len())?;
    let mut parts = Vec::new();
    for found in regex.find_iter(text.as_str()).take(most) {
        machine.cut_into(1)?;
        parts.push(machine.part(&text, found.start(), found.end()));
    }
    let list = machine.texts_or_nil(parts);
    let list = machine.cut_from(list, &text);
    Ok(machine.decided(list, &[pattern]))
}

fn replace(machine: &mut Machine<'_>, arguments: Args<'_>, expands: bool) -> Answer {
    let [pattern, value, new] = arguments else { return nothing() };
    let regex = compiled(machine, pattern)?;
    let text = machine.arg_text(value)?;
    let by = machine.arg_text(new)?;
    machine.make(text.len())?;
    let mut out = TextBuilder::default();
    let mut at = 0;
    for captures in regex.captures_iter(text.as_str()) {
        let Some(found) = captures.get(0) else { continue };
        machine.make(by.len() + found.len() + 1)?;
        machine.fits_runs(out.run_count() + by.runs().len())?;
        out.push_part(&text, at..found.start());
        at = found.end();
        let replaced = machine.origin_of(&text, found.start(), found.end());
        let since = out.run_count();
        if expands {
            expand(machine, &text, &by, &captures, &mut out)?;
        } else {
            out.push(&by);
        }
        // Another text would not have been replaced, or by the same at another place.
        out.push_str("", replaced);
        out.guard_since(since, replaced, machine.origins);
    }
    out.push_part(&text, at..text.len());
    Ok(machine.decided(Value::text(out.build()), &[pattern]))
}

/// `Regexp.Expand`: `$name`, `${name}` and `$$` in the new text.
fn expand(
    machine: &mut Machine<'_>,
    text: &Text,
    by: &Text,
    captures: &Captures<'_>,
    out: &mut TextBuilder,
) -> Result<(), Failure> {
    let template = by.as_str();
    let mut at = 0;
    while let Some(found) = template.get(at..).and_then(|rest| rest.find('$')) {
        let dollar = at + found;
        out.push_part(by, at..dollar);
        let rest = &template[dollar + 1..];
        if rest.starts_with('$') {
            out.push_part(by, dollar..dollar + 1);
            at = dollar + 2;
            continue;
        }
        let (name, length) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((name, _)) if is_name(name) => (name, name.len() + 2),
            _ => {
                let end = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        if name.is_empty() {
            out.push_part(by, dollar..dollar + 1);
            at = dollar + 1;
            continue;
        }
        let group = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(name),
        };
        if let Some(group) = group {
            machine.make(group.len())?;
            out.push_part(text, group.range());
        }
        at = dollar + 1 + length;
    }
    out.push_part(by, at..template.len());
    Ok(())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}

fn split(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [pattern, value, count] = arguments else { return nothing() };
    let regex = compiled(machine, pattern)?;
    let text = machine.arg_text(value)?;
    let count = machine.arg_int(count)?;
    machine.make(text.len())?;
    let string = text.as_str();
    let mut parts = Vec::new();
    if count != 0 {
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        let mut begin = 0;
        let mut end = 0;
        for found in regex.find_iter(string) {
            if parts.len() + 1 >= most {
                break;
            }
            end = found.start();
            if found.end() != 0 {
                machine.cut_into(1)?;
                parts.push(machine.part(&text, begin, end));
            }
            begin = found.end();
        }
        if end != string.len() || string.is_empty() {
            parts.push(machine.part(&text, begin, string.len()));
        }
        machine.spend(parts.len() as u64)?;
    }
    let list = machine.texts_or_nil(parts);
    let list = machine.cut_from(list, &text);
    Ok(machine.decided(list, &[pattern]))
}

/// `regexp.QuoteMeta`.
fn quote_meta(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_go_are_read_as_go_reads_them() {
        let table = [
            (r"^v\d+$", "v47", true),
            (r"^\w+$", "é", false),
            (r"a{,2}", "a{,2}", true),
            (r"a{2}", "aa", true),
            (r"[[a]", "[", true),
            (r"[]a]", "]", true),
            (r"[[:alpha:]_]+", "a_", true),
            (r"\Qa.b\E", "axb", false),
            (r"^[^\d]+$", "abc", true),
            (r"{{.*}}", "{{ x }}", true),
            (r"^[a&&b]+$", "&", true),
            (r"\bfoo\b", "a foo b", true),
            (r"^\p{L}+$", "aé", true),
            (r"^\p{Lu}$", "é", false),
            (r"^\p{Greek}\pL$", "αz", true),
            (r"^[\p{Greek}_]+$", "α_", true),
            (r"^\P{Lu}+$", "A", false),
            (r"^\p{^Lu}+$", "a", true),
            (r"^\x{e9}$", "é", true),
            (r"^a*?(b+)?c??$", "aab", true),
            (r"^[+*]+[]*+]+\++\Q**\E$", "*]+**", true),
        ];
        for (pattern, text, wanted) in table {
            let regex = built(pattern).unwrap();
            assert_eq!(regex.is_match(text), wanted, "{pattern} on {text}");
        }
    }

    #[test]
    fn repetitions_go_refuses() {
        for (pattern, wanted) in [
            ("a++", "invalid nested repetition operator: `++`"),
            ("a**b", "invalid nested repetition operator: `**`"),
            ("a+??", "invalid nested repetition operator: `+??`"),
            ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("a{2,99999999999}", "invalid repeat count: `{2,99999999999}`"),
        ] {
            assert_eq!(built(pattern).unwrap_err(), wanted, "{pattern}");
        }
    }
}
