//! A packed chart: the members of a .tgz below `charts/`.

use std::sync::Arc;

use mlgitops_files::limits;

use crate::inflate::{InflateError, gunzip};
use crate::members::{Member, Place};

/// The files of a packed chart, named without the folder they all stand in; `path` is the
/// archive's own.
///
/// # Errors
/// The reason, in words, where it is no archive or over the limits.
pub(crate) fn unpack(path: &str, bytes: &[u8]) -> Result<Vec<Member>, String> {
    let most = usize::try_from(limits::ARCHIVE_BYTES).unwrap_or(usize::MAX);
    let tar = gunzip(bytes, most).map_err(|error| match error {
        InflateError::Broken => "it is no gzip archive, or broken".to_owned(),
        InflateError::TooLarge => format!("it unpacks to more than {} bytes", limits::ARCHIVE_BYTES),
    })?;
    let mut members = Vec::new();
    let mut long_name: Option<String> = None;
    let mut at = 0;
    while let Some(header) = tar.get(at..at + 512).filter(|header| header.iter().any(|&byte| byte != 0)) {
        let size = octal(header.get(124..136).unwrap_or(&[])).ok_or("a header in it is broken")?;
        let data = tar.get(at + 512..at + 512 + size).ok_or("it ends too early")?;
        at += 512 + size.div_ceil(512) * 512;
        match header.get(156).copied() {
            Some(b'L') => long_name = Some(text(data).to_owned()),
            Some(b'x') => long_name = pax_path(data).or(long_name),
            Some(0 | b'0') => {
                let name = long_name.take().unwrap_or_else(|| header_name(header));
                if members.len() >= limits::ARCHIVE_MEMBERS {
                    return Err(format!("it holds more than {} files", limits::ARCHIVE_MEMBERS));
                }
                members.extend(member(path, &name, data)?);
            }
            _ => long_name = None,
        }
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

/// A member, but for one that stands beside the chart's folder; helm v3
/// pkg/chart/loader/archive.go refuses names that leave it.
fn member(archive: &str, name: &str, data: &[u8]) -> Result<Option<Member>, String> {
    let clean: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if name.starts_with('/') || name.contains('\\') || clean.contains(&"..") {
        return Err(format!("it holds `{name}`, which leaves the chart"));
    }
    let Some((_, inner)) = clean.split_first() else { return Ok(None) };
    if inner.is_empty() {
        return Ok(None);
    }
    let inner = inner.join("/");
    let place = Place::Unpacked(format!("{archive}!/{inner}").into(), Arc::from(data));
    Ok(Some(Member { name: inner, place }))
}

fn header_name(header: &[u8]) -> String {
    let name = text(header.get(..100).unwrap_or(&[]));
    let is_ustar = header.get(257..262) == Some(b"ustar");
    let prefix = if is_ustar { text(header.get(345..500).unwrap_or(&[])) } else { "" };
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

/// The text up to the first NUL; empty where it is none.
fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    bytes.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
}

fn octal(bytes: &[u8]) -> Option<usize> {
    let digits = text(bytes).trim();
    if digits.is_empty() { Some(0) } else { usize::from_str_radix(digits, 8).ok() }
}

/// The `path` record of an extended header.
fn pax_path(data: &[u8]) -> Option<String> {
    let records = std::str::from_utf8(data).ok()?;
    records.lines().find_map(|line| line.split_once(" path=").map(|(_, path)| path.to_owned()))
}
