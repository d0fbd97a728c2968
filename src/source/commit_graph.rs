//! Git's commit-graph: the tree, first parent and date of every commit in one sorted file, so that a
//! long walk decodes no commit (gitformat-commit-graph). Only the single file that `git gc` writes
//! is read; without one, and in shallow clones, where Git itself does not use it, commits are decoded.

use std::path::Path;

/// The file and where its chunks begin.
pub(super) struct CommitGraph {
    bytes: Vec<u8>,
    /// How many commits it holds.
    count: usize,
    ids: usize,
    data: usize,
}

/// What the graph says of one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) tree: [u8; 20],
    /// The position of the first parent; `None` behind the first commit ever.
    pub(super) parent: Option<usize>,
    pub(super) time: i64,
}

/// A parent that is none.
const NO_PARENT: u32 = 0x7000_0000;
const ID: usize = 20;
const LINE: usize = 36;

impl CommitGraph {
    /// Reads the graph below a repository's common folder; `None` where there is none, or one of a
    /// form that is not read.
    pub(super) fn open(common_dir: &Path) -> Option<Self> {
        Self::parse(std::fs::read(common_dir.join("objects/info/commit-graph")).ok()?)
    }

    fn parse(bytes: Vec<u8>) -> Option<Self> {
        // Version 1, SHA-1, no base graphs.
        let [1, 1, chunks, 0] = *bytes.get(4..8)? else { return None };
        if !bytes.starts_with(b"CGPH") {
            return None;
        }
        let chunk = |name: &[u8; 4]| -> Option<(usize, usize)> {
            (0..usize::from(chunks)).find_map(|at| {
                let line = bytes.get(8 + at * 12..8 + (at + 2) * 12)?;
                let begin = usize::try_from(u64_at(line, 4)?).ok()?;
                let end = usize::try_from(u64_at(line, 16)?).ok()?;
                (line.starts_with(name) && begin <= end && end <= bytes.len()).then_some((begin, end))
            })
        };
        let (ids, ids_end) = chunk(b"OIDL")?;
        let (data, data_end) = chunk(b"CDAT")?;
        let count = (ids_end - ids) / ID;
        (count * LINE == data_end - data).then_some(Self { count, ids, data, bytes })
    }

    /// The position of a commit.
    pub(super) fn find(&self, id: &[u8; 20]) -> Option<usize> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.id(middle)?.cmp(id) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The commit at a position.
    pub(super) fn id(&self, at: usize) -> Option<[u8; 20]> {
        let begin = self.ids + at * ID;
        self.bytes.get(begin..begin + ID).filter(|_| at < self.count)?.try_into().ok()
    }

    /// What it says of the commit at a position.
    pub(super) fn node(&self, at: usize) -> Option<Node> {
        let begin = self.data + at * LINE;
        let line = self.bytes.get(begin..begin + LINE).filter(|_| at < self.count)?;
        let parent = u32_at(line, 20)?;
        let parent = (parent != NO_PARENT).then(|| usize::try_from(parent).ok()).flatten();
        let dates = u64_at(line, 28)?;
        let time = i64::try_from(dates & 0x3_ffff_ffff).ok()?;
        Some(Node { tree: line.get(..ID)?.try_into().ok()?, parent, time })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of two commits: the second is the parent of the first.
    fn graph() -> Vec<u8> {
        let mut bytes = b"CGPH\x01\x01\x02\x00".to_vec();
        let header = 8 + 3 * 12;
        let ends = [(b"OIDL", header), (b"CDAT", header + 2 * ID), (b"\0\0\0\0", header + 2 * ID + 2 * LINE)];
        for (name, at) in ends {
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(&(at as u64).to_be_bytes());
        }
        bytes.extend_from_slice(&[1; ID]);
        bytes.extend_from_slice(&[2; ID]);
        for (tree, parent, time) in [(7u8, 1u32, 1_700_000_600u64), (8, NO_PARENT, 1_700_000_000)] {
            bytes.extend_from_slice(&[tree; ID]);
            bytes.extend_from_slice(&parent.to_be_bytes());
            bytes.extend_from_slice(&NO_PARENT.to_be_bytes());
            bytes.extend_from_slice(&(time | 5 << 34).to_be_bytes());
        }
        bytes
    }

    #[test]
    fn commits_are_found_and_read() {
        let graph = CommitGraph::parse(graph()).unwrap();
        assert_eq!(graph.find(&[2; ID]), Some(1));
        assert_eq!(graph.find(&[3; ID]), None);
        assert_eq!(graph.node(0), Some(Node { tree: [7; ID], parent: Some(1), time: 1_700_000_600 }));
        assert_eq!(graph.node(1), Some(Node { tree: [8; ID], parent: None, time: 1_700_000_000 }));
        assert_eq!(graph.node(2), None);
        assert_eq!(graph.id(1), Some([2; ID]));
    }

    #[test]
    fn a_file_of_another_form_is_none() {
        let whole = graph();
        for length in 0..whole.len() {
            assert!(CommitGraph::parse(whole[..length].to_vec()).is_none(), "{length} bytes");
        }
        for (at, byte) in [(0, b'X'), (4, 2), (5, 2), (7, 1)] {
            let mut other = whole.clone();
            other[at] = byte;
            assert!(CommitGraph::parse(other).is_none(), "byte {at}");
        }
    }
}
