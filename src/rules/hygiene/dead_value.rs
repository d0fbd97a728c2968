//! `hygiene/dead-value`: a key of a values file that no template of its charts reads.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use mlgitops_helm::Reads;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, NodeIndex, Role, Shape, Tree, Value};

use super::super::{Check, Context, Violations};
use crate::discover::{Discovery, FileKind, Found};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Deployable;
use crate::render::Tool;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    let mut uses: BTreeMap<&RepoPath, Vec<Use<'_>>> = BTreeMap::new();
    let mut written: BTreeMap<&RepoPath, Reads> = BTreeMap::new();
    for deployable in &context.fleet.deployables {
        let files = values_files(deployable, context.discovery);
        for found in &files {
            written.entry(&found.path).or_insert_with(|| of_values(&found.tree));
        }
        for found in &files {
            let beside = files.iter().map(|file| &file.path).collect();
            uses.entry(&found.path).or_default().push(Use { deployable, beside });
        }
    }
    for (path, uses) in &uses {
        let Some(found) = context.discovery.files.get(*path) else { continue };
        // Another chart that gets the file may read what this one does not.
        let Some(readers) = readers(uses, &written) else { continue };
        let charts: BTreeSet<&RepoPath> = uses.iter().map(|one| &one.deployable.job.path).collect();
        let mut judge = Judge { found, readers, charts, aliased: aliased(&found.tree), out };
        judge.file();
    }
}

/// One chart that gets a values file, and the values files it gets.
struct Use<'c> {
    deployable: &'c Deployable,
    beside: Vec<&'c RepoPath>,
}

/// The values files that a chart gets: its own, and those it is given.
fn values_files<'c>(deployable: &'c Deployable, discovery: &'c Discovery) -> Vec<&'c Found> {
    let Tool::Helm(helm) = &deployable.job.tool else { return Vec::new() };
    let own = deployable.job.path.join("values.yaml").ok();
    let all = own.iter().chain(&helm.value_files);
    let found = all.filter_map(|path| discovery.files.get(path));
    found.filter(|found| found.kind == FileKind::Values && found.tree.errors().is_empty()).collect()
}

/// All that may read a file's values; `None` where that cannot be told.
fn readers<'r>(uses: &[Use<'r>], written: &'r BTreeMap<&RepoPath, Reads>) -> Option<Vec<Cow<'r, Reads>>> {
    let mut all = Vec::new();
    let mut known: BTreeSet<(&RepoPath, &[&RepoPath])> = BTreeSet::new();
    for one in uses {
        let reads = one.deployable.reads.as_deref()?;
        if known.insert((&one.deployable.job.path, &one.beside)) {
            all.push(Cow::Borrowed(reads));
            all.extend(one.beside.iter().filter_map(|path| written.get(*path)).map(Cow::Borrowed));
        }
        all.extend(one.deployable.deployment.as_ref().map(|manifest| Cow::Owned(of_deployment(manifest))));
    }
    Some(all)
}

/// What the texts of a values file name, where they are templates themselves (`tpl`).
fn of_values(tree: &Tree) -> Reads {
    let mut reads = Reads::default();
    let mut open: Vec<NodeIndex> = tree.documents().iter().filter_map(|document| document.root).collect();
    while let Some(node) = open.pop() {
        open.extend(tree.children(node));
        if let Some(text) = tree.scalar(node).filter(|text| text.contains("{{")) {
            reads.read(text);
        }
    }
    reads
}

/// The same of the values in an Application.
fn of_deployment(manifest: &Manifest) -> Reads {
    let mut reads = Reads::default();
    let mut open: Vec<&Node> = vec![&manifest.root];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(map) => open.extend(map.iter().map(|(_, value)| value)),
            Value::Sequence(items) => open.extend(items),
            _ => node.text().filter(|text| text.contains("{{")).into_iter().for_each(|text| reads.read(text)),
        }
    }
    reads
}

/// The nodes that aliases stand for: what holds one is read where the alias stands.
fn aliased(tree: &Tree) -> BTreeSet<NodeIndex> {
    let mut open: Vec<NodeIndex> = tree.documents().iter().filter_map(|document| document.root).collect();
    let mut found = BTreeSet::new();
    while let Some(node) = open.pop() {
        open.extend(tree.children(node));
        if let Shape::Alias(target) = tree.shape(node) {
            found.insert(*target);
        }
    }
    found
}

struct Judge<'j> {
    found: &'j Found,
    readers: Vec<Cow<'j, Reads>>,
    charts: BTreeSet<&'j RepoPath>,
    aliased: BTreeSet<NodeIndex>,
    out: &'j mut Violations,
}

impl Judge<'_> {
    fn file(&mut self) {
        let root = self.found.tree.documents().first().and_then(|document| document.root);
        let Some(root) = root.filter(|_| !self.readers.iter().any(|reads| reads.takes_all())) else { return };
        self.level(root, "");
    }

    /// Documents are at most 128 levels deep.
    fn level(&mut self, map: NodeIndex, above: &str) {
        let tree = &self.found.tree;
        for (key, value) in tree.entries(map) {
            let Some(name) = tree.scalar(key).filter(|name| *name != "<<") else { continue };
            let is_for_others = |reads: &Cow<'_, Reads>| reads.is_for_others(name);
            if above.is_empty() && self.readers.iter().any(is_for_others) {
                continue;
            }
            let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
            if !self.readers.iter().any(|reads| reads.names(name)) {
                if !self.holds_an_anchor(value) {
                    self.report(key, &path);
                }
            } else if matches!(tree.shape(value), Shape::Map)
                && !self.readers.iter().any(|reads| reads.takes_whole(name))
            {
                self.level(value, &path);
            }
        }
    }

    fn holds_an_anchor(&self, node: NodeIndex) -> bool {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if self.aliased.contains(&node) {
                return true;
            }
            open.extend(self.found.tree.children(node));
        }
        false
    }

    fn report(&mut self, key: NodeIndex, path: &str) {
        let at = Location::new(&self.found.file, self.found.tree.range(key), Role::Values);
        let whose = match self.charts.iter().next() {
            Some(chart) if self.charts.len() == 1 => format!("no template of chart `{chart}` reads it"),
            _ => format!("no template of the {} charts that get it reads it", self.charts.len()),
        };
        self.out.push(
            Violation::in_file("unread", Label::new(at, "read by nothing"), format!("`{path}` changes nothing: {whose}"))
                .note("Helm takes any key and says nothing: a misspelt one looks set, and the default stays in force")
                .help("correct its name or its level, or take it out")
                .word(path),
        );
    }
}
