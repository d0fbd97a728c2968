//! Files as YAML to edit: as they are, a template with its actions painted over, or the text inside
//! a block scalar.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mlgitops_files::{EntryKind, Files, RepoPath};
use mlgitops_yaml::edit::TextEdit;
use mlgitops_yaml::{NodeIndex, OriginSpan, Role, Shape, SourceFile, Style, Text, Tree, parse, parse_file};

use super::mask::masked;
use crate::config;
use crate::discover::{Discovery, FileKind};
use crate::finding::{Edit, Location};

/// A text to edit, and the way from its bytes to those of its file.
#[derive(Debug)]
pub(super) struct View {
    pub(super) file: Arc<SourceFile>,
    pub(super) tree: Arc<Tree>,
    /// The text as it is written, as long as the tree's.
    pub(super) written: Arc<str>,
    pub(super) is_template: bool,
    /// For the text inside a block scalar: where each of its lines begins, here and in the file.
    lines: Vec<(u32, u32)>,
    /// What stands before each line there.
    indent: usize,
    nodes: HashMap<(u32, u32), NodeIndex>,
}

impl View {
    fn new(file: &Arc<SourceFile>, tree: Arc<Tree>, written: Arc<str>, is_template: bool) -> Self {
        let mut nodes = HashMap::new();
        for node in tree.all() {
            let range = tree.range(node);
            nodes.entry((range.start, range.end)).or_insert(node);
        }
        Self { file: Arc::clone(file), tree, written, is_template, lines: Vec::new(), indent: 0, nodes }
    }

    fn of_template(file: &Arc<SourceFile>) -> Self {
        let stand_in = Arc::from(masked(file.text()));
        Self::new(file, Arc::new(parse(Text::of_shared(&stand_in))), Arc::clone(file.text()), true)
    }

    /// The text inside a literal block scalar, without its indentation.
    fn inside(&self, literal: NodeIndex) -> Option<Self> {
        let range = self.tree.range(literal);
        let source: &str = &self.written;
        let start = source.get(..range.start as usize)?.rfind('\n')? + 1;
        let indent = range.start as usize - start;
        let (mut inner, mut lines, mut at) = (String::new(), Vec::new(), start);
        for line in source.get(start..range.end as usize)?.split_inclusive('\n') {
            let skipped = line.len().min(indent).min(line.len() - line.trim_start_matches(' ').len());
            lines.push((narrow(inner.len()), self.outer(narrow(at + skipped))));
            inner.push_str(line.get(skipped..)?);
            at += line.len();
        }
        inner.push('\n');
        let inner: Arc<str> = inner.into();
        let mut view = Self::new(&self.file, Arc::new(parse(Text::of_shared(&inner))), inner, false);
        (view.lines, view.indent) = (lines, indent + self.indent);
        Some(view)
    }

    /// A byte of this text as one of the file.
    fn outer(&self, at: u32) -> u32 {
        let line = self.lines.partition_point(|(inner, _)| *inner <= at);
        match self.lines.get(line.wrapping_sub(1)) {
            Some((inner, outer)) => outer + at - inner,
            None => at,
        }
    }

    /// A byte of the file as one of this text.
    fn inner(&self, at: u32) -> u32 {
        let line = self.lines.partition_point(|(_, outer)| *outer <= at);
        match self.lines.get(line.wrapping_sub(1)) {
            Some((inner, outer)) => inner + at - outer,
            None => at,
        }
    }

    /// Edits of this text as edits of the file.
    pub(super) fn edits(&self, edits: Vec<TextEdit>) -> Vec<Edit> {
        let pad = " ".repeat(self.indent);
        let edit = |edit: TextEdit| {
            let range = self.outer(edit.range.start)..self.outer(edit.range.end);
            let mut lines = edit.text.split('\n');
            let mut text = lines.next().unwrap_or("").to_owned();
            for line in lines {
                text.push('\n');
                text.push_str(if line.trim().is_empty() { "" } else { &pad });
                text.push_str(line);
            }
            Edit { location: Location::new(&self.file, range, Role::Source), text }
        };
        edits.into_iter().map(edit).collect()
    }

    /// The key whose value, or the sequence whose item, a node is; with the collection.
    pub(super) fn parent(&self, node: NodeIndex) -> Option<NodeIndex> {
        self.tree.all().find(|outer| self.tree.children(*outer).contains(&node))
    }

    /// The innermost node around some bytes of the file that is a scalar.
    pub(super) fn scalar_around(&self, start: u32, end: u32) -> Option<NodeIndex> {
        let (start, end) = (self.inner(start), self.inner(end));
        let holds = |node: &NodeIndex| {
            let range = self.tree.range(*node);
            matches!(self.tree.shape(*node), Shape::Scalar { .. }) && range.start <= start && end <= range.end
        };
        self.tree.all().find(holds)
    }
}

/// The views that were needed, each made once.
pub(super) struct Views<'w> {
    files: &'w dyn Files,
    discovery: &'w Discovery,
    made: BTreeMap<(String, u32), Option<Arc<View>>>,
}

impl<'w> Views<'w> {
    pub(super) fn new(files: &'w dyn Files, discovery: &'w Discovery) -> Self {
        Self { files, discovery, made: BTreeMap::new() }
    }

    /// The node that a span is, and the text it is a node of.
    pub(super) fn node(&mut self, span: &OriginSpan) -> Option<(Arc<View>, NodeIndex)> {
        let view = self.view(span)?;
        let key = (view.inner(span.start), view.inner(span.end));
        let node = view.nodes.get(&key).copied()?;
        Some((view, node))
    }

    /// The innermost text a span stands in.
    pub(super) fn view(&mut self, span: &OriginSpan) -> Option<Arc<View>> {
        let mut view = self.of_file(&span.file)?;
        // Values in an Application in a file: as deep as texts hold texts.
        for _ in 0..4 {
            let around = view.scalar_around(span.start, span.end).filter(|node| {
                let range = view.tree.range(*node);
                let is_literal =
                    matches!(view.tree.shape(*node), Shape::Scalar { style: Style::Literal, .. });
                is_literal && (range.start, range.end) != (view.inner(span.start), view.inner(span.end))
            });
            let Some(literal) = around else { return Some(view) };
            let key = (span.file.path().to_string(), view.outer(view.tree.range(literal).start) + 1);
            let inside = match self.made.get(&key) {
                Some(made) => made.clone(),
                None => {
                    let made = view.inside(literal).filter(|view| view.tree.errors().is_empty());
                    self.made.entry(key).or_insert(made.map(Arc::new)).clone()
                }
            };
            match inside {
                Some(inside) => view = inside,
                None => return Some(view),
            }
        }
        Some(view)
    }

    fn of_file(&mut self, file: &Arc<SourceFile>) -> Option<Arc<View>> {
        let key = (file.path().to_string(), 0);
        if let Some(made) = self.made.get(&key) {
            return made.clone();
        }
        let made = self.open(file).filter(|view| view.tree.errors().is_empty()).map(Arc::new);
        self.made.insert(key, made.clone());
        made
    }

    /// A file of the tree under review that may be edited: no link, no member of an archive, no
    /// file of another tree, and not the configuration.
    fn open(&self, file: &Arc<SourceFile>) -> Option<View> {
        let path = RepoPath::parse(file.path()).ok()?;
        let is_file = self.files.kind(&path) == Some(EntryKind::File) && self.files.trail(&path).is_empty();
        if !is_file || path.as_str() == config::FILE_NAME {
            return None;
        }
        let found = self.discovery.files.get(&path);
        if found.is_some_and(|found| found.kind == FileKind::Template) {
            return Some(View::of_template(file));
        }
        let tree = match found.filter(|found| found.file.text() == file.text()) {
            Some(found) => Arc::clone(&found.tree),
            None => Arc::new(parse_file(file)),
        };
        Some(View::new(file, tree, Arc::clone(file.text()), false))
    }
}

/// Files are at most 16 MiB.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
