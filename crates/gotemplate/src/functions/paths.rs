//! Paths and URLs.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_yaml::{OriginId, Text};

use super::words::remade;
use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, MapType, Slot, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base", 1, |m, a| cut(m, a, base)),
    Function::new("osBase", 1, |m, a| cut(m, a, base)),
    Function::new("dir", 1, |m, a| remade(m, a, |path| clean(path.rfind('/').map_or("", |at| &path[..=at])))),
    Function::new("osDir", 1, |m, a| {
        remade(m, a, |path| clean(path.rfind('/').map_or("", |at| &path[..=at])))
    }),
    Function::new("clean", 1, |m, a| remade(m, a, clean)),
    Function::new("osClean", 1, |m, a| remade(m, a, clean)),
    Function::new("ext", 1, |m, a| cut(m, a, ext)),
    Function::new("osExt", 1, |m, a| cut(m, a, ext)),
    Function::new("isAbs", 1, is_abs),
    Function::new("osIsAbs", 1, is_abs),
    Function::variadic("urlquery", 0, urlquery),
    Function::new("urlParse", 1, url_parse),
    Function::new("urlJoin", 1, url_join),
];

/// A part of the text itself, or a text of its own (`.`).
fn cut(machine: &mut Machine<'_>, arguments: Args<'_>, find: fn(&str) -> &str) -> Answer {
    let [value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    let whole = text.as_str();
    let part = find(whole);
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    if start <= whole.len()
        && start + part.len() <= whole.len()
        && whole.get(start..start + part.len()) == Some(part)
    {
        return Ok(Value::text(machine.part(&text, start, start + part.len())));
    }
    let origin = machine.origin_of(&text, 0, text.len());
    Ok(Value::text(Text::opaque(part, origin)))
}

/// `path.Base`.
fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// `path.Ext`.
fn ext(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rfind('.') {
        Some(dot) => name.get(dot..).unwrap_or(""),
        None => path.get(path.len()..).unwrap_or(""),
    }
}

/// `path.Clean`.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if rooted => {}
            other => kept.push(other),
        }
    }
    let joined = kept.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn is_abs(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let is = machine.arg_str(value)?.starts_with('/');
    let origin = machine.joined(arguments);
    Ok(Value::bool(is, origin))
}

/// `url.QueryEscape` of what the arguments print.
fn urlquery(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let printed = crate::printf::print(machine, arguments)?;
    remade(machine, std::slice::from_ref(&printed), |text| {
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    out.push(char::from(byte))
                }
                b' ' => out.push('+'),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    })
}

/// The parts of a URL, as `net/url` names them.
fn url_parse(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let text = machine.arg_text(value)?;
    let whole = text.as_str();
    if whole.chars().any(|c| c.is_ascii_control()) {
        return Err(Failure::execute("unable to parse url: net/url: invalid control character in URL"));
    }
    let (rest, fragment) = split_at(whole, '#');
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_lowercase(), rest),
        Some(("", _)) => return Err(Failure::execute("unable to parse url: missing protocol scheme")),
        _ => (String::new(), rest),
    };
    let (rest, query) = split_at(rest, '?');
    let (opaque, authority, path) = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            ("", &rest[..end], &rest[end..])
        }
        None if !scheme.is_empty() && !rest.starts_with('/') => (rest, "", ""),
        None => ("", "", rest),
    };
    let (userinfo, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (user, host),
        None => ("", authority),
    };
    let hostname = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, _)) => inner,
        None => host.split(':').next().unwrap_or(host),
    };
    let parts = [
        ("scheme", scheme.as_str()),
        ("host", host),
        ("hostname", hostname),
        ("path", path),
        ("query", query),
        ("opaque", opaque),
        ("fragment", fragment),
        ("userinfo", userinfo),
    ];
    let origin = machine.origin_of(&text, 0, text.len());
    let entries: BTreeMap<Arc<str>, Slot> = parts
        .into_iter()
        .map(|(name, part)| {
            (Arc::from(name), Slot { key: OriginId::NONE, value: Value::str(&unescaped(part), origin) })
        })
        .collect();
    Ok(Value::new(Data::Map(machine.heap.add_map(entries, MapType::Any))))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn split_at(text: &str, mark: char) -> (&str, &str) {
    text.split_once(mark).unwrap_or((text, ""))
}

fn unescaped(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or(&[]);
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn url_join(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let map = machine.arg_map(value)?;
    let part = |machine: &mut Machine<'_>, name: &str| -> Result<String, Failure> {
        match machine.heap.map(map).get(name).map(|slot| slot.value.clone()) {
            None => Ok(String::new()),
            Some(Value { data: Data::Str(text), .. }) => Ok(text.as_str().to_owned()),
            Some(other) => {
                let kind = other.go_kind();
                Err(Failure::execute(format!(
                    "unable to parse {name} key, must be of type string, but {kind} found"
                )))
            }
        }
    };
    let scheme = part(machine, "scheme")?;
    let host = part(machine, "host")?;
    let path = part(machine, "path")?;
    let query = part(machine, "query")?;
    let opaque = part(machine, "opaque")?;
    let fragment = part(machine, "fragment")?;
    let user = part(machine, "userinfo")?;
    let mut url = String::new();
    if !scheme.is_empty() {
        url += &format!("{scheme}:");
    }
    if !opaque.is_empty() {
        url += &opaque;
    } else {
        if !scheme.is_empty() || !host.is_empty() || !user.is_empty() {
            if !host.is_empty() || !path.is_empty() || !user.is_empty() {
                url += "//";
            }
            if !user.is_empty() {
                url += &format!("{user}@");
            }
            url += &host;
        }
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            url.push('/');
        }
        url += &path;
    }
    if !query.is_empty() {
        url += &format!("?{query}");
    }
    if !fragment.is_empty() {
        url += &format!("#{fragment}");
    }
    let mut origin = value.whole(machine.origins);
    for slot in machine.heap.map(map).clone().values() {
        let one = slot.value.whole(machine.origins);
        origin = machine.origins.join(origin, one);
    }
    Ok(Value::str(&url, origin))
}
