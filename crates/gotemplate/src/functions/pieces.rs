//! Strings cut, joined and searched: what is left keeps its own bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_yaml::{OriginId, Text, TextBuilder};

use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, MapType, Slot, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("trunc", 2, trunc),
    Function::new("trim", 1, |m, a| trimmed(m, a, None, str::trim)),
    Function::new("trimAll", 2, trim_all),
    Function::new("trimall", 2, trim_all),
    Function::new("trimSuffix", 2, |m, a| {
        let [suffix, _] = a else { return nothing() };
        let suffix = m.arg_str(suffix)?.to_owned();
        trimmed(m, a, a.first(), |text| text.strip_suffix(suffix.as_str()).unwrap_or(text))
    }),
    Function::new("trimPrefix", 2, |m, a| {
        let [prefix, _] = a else { return nothing() };
        let prefix = m.arg_str(prefix)?.to_owned();
        trimmed(m, a, a.first(), |text| text.strip_prefix(prefix.as_str()).unwrap_or(text))
    }),
    Function::new("substr", 3, substr),
    Function::new("replace", 3, replace).passing_on(),
    Function::new("repeat", 2, repeat),
    Function::new("contains", 2, |m, a| search(m, a, |text, wanted| text.contains(wanted))),
    Function::new("hasPrefix", 2, |m, a| search(m, a, |text, wanted| text.starts_with(wanted))),
    Function::new("hasSuffix", 2, |m, a| search(m, a, |text, wanted| text.ends_with(wanted))),
    Function::new("split", 2, split),
    Function::new("splitn", 3, splitn),
    Function::new("splitList", 2, split_list).passing_on(),
    Function::new("join", 2, join).passing_on(),
    Function::variadic("cat", 0, cat).passing_on(),
    Function::new("toString", 1, |m, a| {
        let [value] = a else { return nothing() };
        m.to_text(value).map(Value::text)
    })
    .passing_on(),
    Function::new("toStrings", 1, |m, a| {
        let [value] = a else { return nothing() };
        let texts = strings(m, value)?;
        Ok(m.texts(texts))
    })
    .passing_on(),
    Function::new("sortAlpha", 1, sort_alpha),
];

fn trunc(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [count, value] = arguments else { return nothing() };
    let wanted = machine.arg_int(count)?;
    let text = machine.arg_text(value)?;
    let length = text.len();
    let size = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    let cut = match wanted {
        0.. if length > size => machine.part(&text, 0, size),
        ..0 if length > size => machine.part(&text, length - size, length),
        _ => return Ok(Value::text(text)),
    };
    Ok(machine.decided(Value::text(cut), &[count]))
}

/// A text without what a function takes off at its ends.
fn trimmed(
    machine: &mut Machine<'_>,
    arguments: Args<'_>,
    by: Option<&Value>,
    trim: impl Fn(&str) -> &str,
) -> Answer {
    let Some(value) = arguments.last() else { return nothing() };
    let text = machine.arg_text(value)?;
    let whole = text.as_str();
    let kept = trim(whole);
    let start = kept.as_ptr() as usize - whole.as_ptr() as usize;
    let kept = machine.part(&text, start, start + kept.len());
    let by: Vec<&Value> = by.into_iter().collect();
    Ok(machine.decided(Value::text(kept), &by))
}

fn trim_all(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [set, _] = arguments else { return nothing() };
    let set: Vec<char> = machine.arg_str(set)?.chars().collect();
    trimmed(machine, arguments, arguments.first(), |text| text.trim_matches(|c| set.contains(&c)))
}

/// sprig's `substring`: an end below zero or past the end means the end.
fn substr(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [from, to, value] = arguments else { return nothing() };
    let (start, end) = (machine.arg_int(from)?, machine.arg_int(to)?);
    let text = machine.arg_text(value)?;
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let (start, end) = match (start, end) {
        (..0, end) => (0, end),
        (start, end) if end < 0 || end > length => (start, length),
        (start, end) => (start, end),
    };
    if end > length || start > end || end < 0 {
        return Err(Failure::execute(format!(
            "runtime error: slice bounds out of range [{start}:{end}] with length {length}"
        )));
    }
    // Both lie between 0 and the length.
    let at = |value: i64| usize::try_from(value).unwrap_or(0);
    let part = machine.part(&text, at(start), at(end));
    Ok(machine.decided(Value::text(part), &[from, to]))
}

fn replace(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [old, new, value] = arguments else { return nothing() };
    let wanted = machine.arg_str(old)?.to_owned();
    let by = machine.arg_text(new)?;
    let text = machine.arg_text(value)?;
    let string = text.as_str();
    if !string.contains(wanted.as_str()) {
        return Ok(machine.decided(Value::text(text), &[old]));
    }
    let count = string.matches(wanted.as_str()).count();
    let each = by.len().saturating_add(64 * by.runs().len());
    machine.make(text.len().saturating_add(count.saturating_mul(each)))?;
    machine.fits_runs(count.saturating_mul(2 + by.runs().len()))?;
    let mut out = TextBuilder::default();
    let mut at = 0;
    for (found, _) in string.match_indices(wanted.as_str()) {
        out.push_part(&text, at..found);
        at = found + wanted.len();
        let replaced = machine.origin_of(&text, found, at);
        let since = out.run_count();
        out.push(&by);
        // Another text would not have been replaced, or by the same at another place.
        out.push_str("", replaced);
        out.guard_since(since, replaced, machine.origins);
    }
    out.push_part(&text, at..string.len());
    Ok(machine.decided(Value::text(out.build()), &[old]))
}

fn repeat(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [count, value] = arguments else { return nothing() };
    let times = machine.arg_int(count)?;
    let text = machine.arg_text(value)?;
    let Ok(times) = usize::try_from(times) else {
        return Err(Failure::execute("strings: negative Repeat count"));
    };
    machine.make(times.saturating_mul(text.len().max(1)))?;
    let mut out = TextBuilder::default();
    match text.runs() {
        // All of one origin is so once more.
        [run] if run.offset.is_none() && run.context.is_none() => {
            out.push_str(&text.as_str().repeat(times), run.origin);
        }
        runs => {
            machine.fits_runs(times.saturating_mul(runs.len()))?;
            (0..times).for_each(|_| out.push(&text));
        }
    }
    Ok(machine.decided(Value::text(out.build()), &[count]))
}

fn search(machine: &mut Machine<'_>, arguments: Args<'_>, found: impl Fn(&str, &str) -> bool) -> Answer {
    let [wanted, value] = arguments else { return nothing() };
    let wanted = machine.arg_str(wanted)?;
    let text = machine.arg_str(value)?;
    let is = found(text, wanted);
    let origin = machine.joined(arguments);
    Ok(Value::bool(is, origin))
}

/// The pieces of a text between separators, as `strings.SplitN` cuts them.
pub(super) fn cut(
    machine: &mut Machine<'_>,
    text: &Text,
    separator: &str,
    most: usize,
) -> Result<Vec<Text>, Failure> {
    let string = text.as_str();
    let count = if separator.is_empty() {
        string.chars().take(most).count()
    } else {
        string.matches(separator).take(most.saturating_sub(1)).count() + 1
    };
    machine.cut_into(count)?;
    let mut ranges = Vec::with_capacity(count);
    if separator.is_empty() {
        let mut ends = string.char_indices().map(|(at, _)| at).skip(1).chain([string.len()]);
        let starts = string.char_indices().map(|(at, _)| at).take(most);
        ranges.extend(starts.filter_map(|start| Some((start, ends.next()?))));
    } else {
        let mut start = 0;
        for (at, _) in string.match_indices(separator).take(most.saturating_sub(1)) {
            ranges.push((start, at));
            start = at + separator.len();
        }
        ranges.push((start, string.len()));
    }
    Ok(ranges.into_iter().map(|(start, end)| machine.part(text, start, end)).collect())
}

fn split(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [separator, value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    let separator = machine.arg_str(separator)?;
    let pieces = cut(machine, &text, separator, usize::MAX)?;
    Ok(numbered(machine, &text, pieces))
}

fn splitn(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [separator, count, value] = arguments else { return nothing() };
    let separator = machine.arg_str(separator)?;
    let count = machine.arg_int(count)?;
    let text = machine.arg_text(value)?;
    let pieces = match count {
        0 => Vec::new(),
        _ => cut(machine, &text, separator, usize::try_from(count).unwrap_or(usize::MAX))?,
    };
    Ok(numbered(machine, &text, pieces))
}

/// `_0`, `_1` …
fn numbered(machine: &mut Machine<'_>, text: &Text, pieces: Vec<Text>) -> Value {
    let entries: BTreeMap<Arc<str>, Slot> = pieces
        .into_iter()
        .enumerate()
        .map(|(at, piece)| (format!("_{at}").into(), Slot { key: OriginId::NONE, value: Value::text(piece) }))
        .collect();
    let map = Value::new(Data::Map(machine.heap.add_map(entries, MapType::Str)));
    machine.cut_from(map, text)
}

fn split_list(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [separator, value] = arguments else { return nothing() };
    let separator_text = machine.arg_str(separator)?;
    let text = machine.arg_text(value)?;
    let pieces = cut(machine, &text, separator_text, usize::MAX)?;
    let list = machine.texts(pieces);
    let list = machine.cut_from(list, &text);
    Ok(machine.decided(list, &[separator]))
}

/// sprig's `strslice`: the items that are not nil as texts; one text for anything else.
pub(super) fn strings(machine: &mut Machine<'_>, value: &Value) -> Result<Vec<Text>, Failure> {
    let plain = machine.plain(value);
    match &plain.data {
        Data::Nil | Data::Missing => Ok(Vec::new()),
        Data::List(list) => {
            machine.cut_into(machine.heap.list(*list).len())?;
            let items = machine.heap.list(*list).to_vec();
            let guard = plain.guard;
            let mut texts = Vec::with_capacity(items.len());
            for item in items.iter().filter(|item| !item.is_nil()) {
                let text = machine.to_text(item)?;
                texts.push(if guard.is_none() { text } else { machine.with_guard(&text, guard) });
            }
            Ok(texts)
        }
        _ => Ok(vec![machine.to_text(value)?]),
    }
}

fn join(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [separator, value] = arguments else { return nothing() };
    let between = machine.arg_text(separator)?;
    let texts = strings(machine, value)?;
    let length: usize = texts.iter().map(|text| text.len() + between.len()).sum();
    machine.make(length)?;
    machine.fits_runs(texts.iter().map(|text| text.runs().len() + between.runs().len()).sum())?;
    let mut out = TextBuilder::default();
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            out.push(&between);
        }
        out.push(text);
    }
    if texts.is_empty() {
        let origin = value.whole(machine.origins);
        out.push_str("", origin);
    }
    Ok(Value::text(out.build()))
}

fn cat(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let mut out = TextBuilder::default();
    for (at, value) in arguments.iter().filter(|value| !value.is_nil()).enumerate() {
        if at > 0 {
            out.push_str(" ", OriginId::NONE);
        }
        // It prints as `%v` does, bytes as numbers.
        let text = match &value.data {
            Data::Object(_) => crate::print::text(machine, value)?,
            _ => machine.to_text(value)?,
        };
        machine.make(text.len())?;
        out.push(&text);
    }
    Ok(Value::text(out.build()))
}

fn sort_alpha(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let mut texts = match value.is_nil() {
        true => vec![machine.to_text(value)?],
        false => strings(machine, value)?,
    };
    texts.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let sorted = machine.texts(texts);
    Ok(Value { origin: value.origin, guard: value.guard, ..sorted })
}
