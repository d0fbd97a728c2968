//! The bytes of the field tables, read with every bound checked.
//!
//! All numbers are little endian. After the magic `FLD1` stand the starts of seven sections and the
//! end of the last, as `u32` from the start of the blob:
//!
//! | section | entries |
//! |---|---|
//! | string index | `u32` start of each string in the next section |
//! | strings | `u16` length and UTF-8, each once, sorted |
//! | releases | three `u16`: major, minor, patch; sorted; numbered from 1, 0 is none |
//! | patches | two `u16` strings: strategy and merge key, empty where there is none; entry 0 is none |
//! | node index | `u32` start of each node in the next section |
//! | nodes | `u8` type, `u16` flags, then the attributes whose bit is set, in the order of [`Attribute`] |
//! | kinds | `u16` group, kind, version; `u8` first and last release; `u16` node; sorted |
//!
//! An edge of `Fields` is the first two bytes of its name, 0 where it is shorter, then `u16` name,
//! `u16` node, `u8` since, until and patch; edges are sorted by name. `since` and `until` are given only where they differ from those of the level above.

use thiserror::Error;

/// Why bytes are no field tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Corrupt {
    /// They do not begin as field tables of this version do.
    #[error("the field tables are of another format")]
    Magic,
    /// A section lies outside the bytes, or before the one it follows.
    #[error("a section of the field tables is cut off")]
    Sections,
}

const SECTIONS: usize = 7;
const MAGIC: &[u8] = b"FLD1";
/// The bytes of an edge.
pub(super) const EDGE: usize = 9;
const KIND: usize = 10;

/// An attribute of a node: its number is its bit in the node's flags and its place among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Attribute {
    Fields,
    Items,
    Values,
    Required,
    Enum,
    ListKeys,
    Pattern,
    Format,
    Default,
    Minimum,
    Maximum,
    MinLength,
    MaxLength,
    MinItems,
    Open,
}

/// A row of the kinds section.
#[derive(Debug, Clone, Copy)]
pub(super) struct KindRow {
    pub(super) group: u16,
    pub(super) kind: u16,
    pub(super) version: u16,
    pub(super) first: u8,
    pub(super) last: u8,
    pub(super) node: u16,
}

/// The sections, each read with its bounds checked. Without any bytes, tables that hold nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Blob {
    string_index: &'static [u8],
    strings: &'static [u8],
    releases: &'static [u8],
    patches: &'static [u8],
    node_index: &'static [u8],
    nodes: &'static [u8],
    kinds: &'static [u8],
}

impl Blob {
    /// Reads the header; what it points at is checked when it is read.
    pub(super) fn open(bytes: &'static [u8]) -> Result<Self, Corrupt> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(Corrupt::Magic)?;
        let mut starts = [0; SECTIONS + 1];
        let header = rest.get(..4 * starts.len()).ok_or(Corrupt::Sections)?;
        for (start, four) in starts.iter_mut().zip(header.as_chunks().0) {
            *start = u32::from_le_bytes(*four) as usize;
        }
        let [string_index, strings, releases, patches, node_index, nodes, kinds, end] = starts;
        let section = |from: usize, to: usize| bytes.get(from..to).ok_or(Corrupt::Sections);
        Ok(Self {
            string_index: section(string_index, strings)?,
            strings: section(strings, releases)?,
            releases: section(releases, patches)?,
            patches: section(patches, node_index)?,
            node_index: section(node_index, nodes)?,
            nodes: section(nodes, kinds)?,
            kinds: section(kinds, end)?,
        })
    }

    pub(super) fn u8(&self, at: usize) -> Option<u8> {
        self.nodes.get(at).copied()
    }

    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        bytes_at(self.nodes, at).copied().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        bytes_at(self.nodes, at).copied().map(u32::from_le_bytes)
    }

    pub(super) fn i64(&self, at: usize) -> Option<i64> {
        bytes_at(self.nodes, at).copied().map(i64::from_le_bytes)
    }

    /// The first two bytes of an edge's name.
    pub(super) fn prefix(&self, at: usize) -> Option<[u8; 2]> {
        bytes_at(self.nodes, at).copied()
    }

    pub(super) fn edge(&self, at: usize) -> Option<[u8; EDGE]> {
        bytes_at(self.nodes, at).copied()
    }

    /// The start of a node in the nodes section.
    pub(super) fn node(&self, id: u16) -> Option<usize> {
        row(self.node_index, usize::from(id)).map(|&four| u32::from_le_bytes(four) as usize)
    }

    /// The bytes of a string; empty where there is no such string.
    pub(super) fn bytes_of(&self, id: u16) -> &'static [u8] {
        let read = || {
            let start = u32::from_le_bytes(*row(self.string_index, usize::from(id))?) as usize;
            let (&length, rest) = bytes_at(self.strings, start).zip(self.strings.get(start + 2..))?;
            rest.get(..usize::from(u16::from_le_bytes(length)))
        };
        read().unwrap_or_default()
    }

    /// A string; empty where there is none, or none that is UTF-8.
    pub(super) fn text(&self, id: u16) -> &'static str {
        std::str::from_utf8(self.bytes_of(id)).unwrap_or_default()
    }

    /// Major, minor and patch of a release; `None` for 0.
    pub(super) fn release(&self, id: u8) -> Option<[u16; 3]> {
        let &[a, b, c, d, e, f] = row(self.releases, usize::from(id.checked_sub(1)?))?;
        Some([[a, b], [c, d], [e, f]].map(u16::from_le_bytes))
    }

    /// Patch strategy and merge key of an edge's mark; empty where there is none.
    pub(super) fn patch(&self, id: u8) -> (&'static str, &'static str) {
        let text = |low, high| self.text(u16::from_le_bytes([low, high]));
        row(self.patches, usize::from(id)).map_or(("", ""), |&[a, b, c, d]| (text(a, b), text(c, d)))
    }

    pub(super) fn kinds(&self) -> usize {
        self.kinds.len() / KIND
    }

    pub(super) fn kind(&self, at: usize) -> Option<KindRow> {
        let &[a, b, c, d, e, f, first, last, g, h] = row::<KIND>(self.kinds, at)?;
        Some(KindRow {
            group: u16::from_le_bytes([a, b]),
            kind: u16::from_le_bytes([c, d]),
            version: u16::from_le_bytes([e, f]),
            first,
            last,
            node: u16::from_le_bytes([g, h]),
        })
    }
}

/// A row of a section of equal rows.
fn row<const N: usize>(section: &'static [u8], row: usize) -> Option<&'static [u8; N]> {
    bytes_at(section, row.checked_mul(N)?)
}

fn bytes_at<const N: usize>(section: &'static [u8], at: usize) -> Option<&'static [u8; N]> {
    section.get(at..)?.first_chunk()
}
