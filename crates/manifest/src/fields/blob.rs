//! The bytes of the field tables, read with every bound checked.
//!
//! All numbers are little endian. After the magic `FLD1` stand the starts of seven sections and the
//! end of the last, as `u32` from the start of the blob:
//!
//! | section | entries |
//! |---|---|
//! | string index | `u32` start of each string in the next section, where the next one starts it ends |
//! | strings | UTF-8, each once, sorted |
//! | releases | three `u16`: major, minor, patch; sorted; numbered from 1, 0 is none |
//! | patches | two `u16` strings: strategy and merge key, empty where there is none; entry 0 is none |
//! | node index | `u32` start of each node in the next section |
//! | nodes | `u8` type, `u16` flags, then the attributes whose bit is set, in the order of [`Attribute`] |
//! | kinds | `u16` group, kind, version; `u8` first and last release; `u16` node; sorted |
//!
//! An edge of `Fields` is `u16` name, `u16` node, `u8` since, until and patch; edges are sorted by
//! name. `since` and `until` are given only where they differ from those of the level above.

use std::ops::Range;

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
pub(super) const EDGE: usize = 7;
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

/// The checked bytes.
#[derive(Debug, Clone)]
pub(super) struct Blob {
    bytes: &'static [u8],
    string_index: Range<usize>,
    strings: Range<usize>,
    releases: Range<usize>,
    patches: Range<usize>,
    node_index: Range<usize>,
    nodes: Range<usize>,
    kinds: Range<usize>,
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
        if !starts.is_sorted() || end > bytes.len() {
            return Err(Corrupt::Sections);
        }
        Ok(Self {
            bytes,
            string_index: string_index..strings,
            strings: strings..releases,
            releases: releases..patches,
            patches: patches..node_index,
            node_index: node_index..nodes,
            nodes: nodes..kinds,
            kinds: kinds..end,
        })
    }

    /// Tables that hold nothing.
    pub(super) fn empty() -> Self {
        Self {
            bytes: &[],
            string_index: 0..0,
            strings: 0..0,
            releases: 0..0,
            patches: 0..0,
            node_index: 0..0,
            nodes: 0..0,
            kinds: 0..0,
        }
    }

    fn section<const N: usize>(&self, section: &Range<usize>, row: usize) -> Option<&'static [u8; N]> {
        let start = row.checked_mul(N)?;
        self.bytes.get(section.clone())?.get(start..)?.first_chunk()
    }

    fn nodes_at<const N: usize>(&self, at: usize) -> Option<&'static [u8; N]> {
        self.bytes.get(self.nodes.clone())?.get(at..)?.first_chunk()
    }

    pub(super) fn u8(&self, at: usize) -> Option<u8> {
        self.nodes_at::<1>(at).map(|&[byte]| byte)
    }

    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        self.nodes_at(at).copied().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        self.nodes_at(at).copied().map(u32::from_le_bytes)
    }

    pub(super) fn i64(&self, at: usize) -> Option<i64> {
        self.nodes_at(at).copied().map(i64::from_le_bytes)
    }

    pub(super) fn edge(&self, at: usize) -> Option<[u8; EDGE]> {
        self.nodes_at(at).copied()
    }

    /// The start of a node in the nodes section.
    pub(super) fn node(&self, id: u16) -> Option<usize> {
        self.section(&self.node_index, usize::from(id)).map(|&four| u32::from_le_bytes(four) as usize)
    }

    /// The bytes of a string; empty where there is no such string.
    pub(super) fn bytes_of(&self, id: u16) -> &'static [u8] {
        let start =
            |row| self.section(&self.string_index, row).map(|&four| u32::from_le_bytes(four) as usize);
        let row = usize::from(id);
        let read = || {
            let end = start(row + 1).unwrap_or(self.strings.len());
            self.bytes.get(self.strings.clone())?.get(start(row)?..end)
        };
        read().unwrap_or_default()
    }

    /// A string; empty where there is none, or none that is UTF-8.
    pub(super) fn text(&self, id: u16) -> &'static str {
        std::str::from_utf8(self.bytes_of(id)).unwrap_or_default()
    }

    /// Major, minor and patch of a release; `None` for 0.
    pub(super) fn release(&self, id: u8) -> Option<[u16; 3]> {
        let row = usize::from(id.checked_sub(1)?);
        let parts = self.section::<6>(&self.releases, row)?.as_chunks::<2>().0;
        let [major, minor, patch] = *parts.first_chunk()?;
        Some([major, minor, patch].map(u16::from_le_bytes))
    }

    /// Patch strategy and merge key of an edge's mark; empty where there is none.
    pub(super) fn patch(&self, id: u8) -> (&'static str, &'static str) {
        let row = self.section(&self.patches, usize::from(id));
        row.map_or(("", ""), |&[a, b, c, d]| {
            (self.text(u16::from_le_bytes([a, b])), self.text(u16::from_le_bytes([c, d])))
        })
    }

    pub(super) fn kinds(&self) -> usize {
        self.kinds.len() / KIND
    }

    pub(super) fn kind(&self, row: usize) -> Option<KindRow> {
        let &[a, b, c, d, e, f, first, last, g, h] = self.section::<KIND>(&self.kinds, row)?;
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
