//! Which subcharts a job has, and under which names (helm v3 pkg/chartutil/dependencies.go):
//! conditions, tags, aliases, imported values.

use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_gotemplate::functions::semver::{Constraint, Version};
use mlgitops_gotemplate::{Data, Heap, Machine, MapId, Slot, Value};
use mlgitops_yaml::{Node, OriginId, Reader};

use crate::chart::Chart;
use crate::reads::Reads;
use crate::values;

/// A chart in its place in a job.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) chart: Arc<Chart>,
    /// Its name there: the alias, if it has one.
    pub(crate) name: String,
    /// Chart.yaml.
    pub(crate) metadata: Option<Node>,
    /// Its own values, with what it imports.
    pub(crate) values: Option<Node>,
    /// What Chart.yaml, or requirements.yaml, names.
    pub(crate) requirements: Vec<Requirement>,
    /// The subcharts, in Helm's order.
    pub(crate) below: Vec<Unit>,
    /// What decided that it is there: conditions and tags.
    pub(crate) guard: OriginId,
    /// What decided which subcharts it has.
    pub(crate) decided: OriginId,
    /// What decided that its values lack what it would import.
    pub(crate) lacking: OriginId,
}

/// An entry of `dependencies`.
#[derive(Debug, Clone)]
pub(crate) struct Requirement {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) repository: String,
    alias: String,
    condition: String,
    tags: Vec<String>,
    pub(crate) imports: Vec<Import>,
    /// As it is written.
    pub(crate) node: Node,
    /// Where it stands.
    pub(crate) origin: OriginId,
    /// Whether the values leave it in, and which of them say so.
    pub(crate) enabled: (bool, OriginId),
}

/// Values of a subchart that its parent takes for its own.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) child: String,
    pub(crate) parent: String,
    /// Where both are written, each by itself; the parent of an export is not.
    pub(crate) origins: (OriginId, OriginId),
}

impl Requirement {
    /// The name it goes by in the values.
    pub(crate) fn known_as(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }

    /// The values that Helm itself reads for it.
    pub(crate) fn add_reads(&self, reads: &mut Reads) {
        [self.known_as(), &self.name, "tags"].into_iter().for_each(|key| reads.exempt(key));
        reads.path(&self.condition);
        self.imports.iter().for_each(|import| reads.path(&import.parent));
    }

    /// Whether values can switch it off.
    pub(crate) fn is_conditional(&self) -> bool {
        !self.condition.is_empty() || !self.tags.is_empty()
    }

    /// Whether a chart is the one it names, in a version it accepts.
    fn fits(&self, chart: &Chart) -> bool {
        if chart.name() != self.name {
            return false;
        }
        let version = chart.field("version").unwrap_or("");
        match (Constraint::parse(&self.version), Version::parse(version)) {
            (Ok(constraint), Ok(version)) => constraint.holds(&version),
            _ => false,
        }
    }
}

/// The entries of `dependencies`.
pub(crate) fn requirements(file: Option<&Node>) -> Vec<Requirement> {
    let items = file.map_or(&[][..], |node| node.get("dependencies").items());
    items.iter().map(requirement).collect()
}

fn requirement(node: &Node) -> Requirement {
    let text = |name: &str| node.get(name).text().unwrap_or("").to_owned();
    let imports = node.get("import-values").items().iter().filter_map(|item| match item.text() {
        Some(name) => {
            let origins = (item.origin, OriginId::NONE);
            Some(Import { child: format!("exports.{name}"), parent: ".".to_owned(), origins })
        }
        None => {
            let (child, parent) = (item.get("child"), item.get("parent"));
            let origins = (child.present()?.origin, parent.present()?.origin);
            Some(Import { child: child.text()?.to_owned(), parent: parent.text()?.to_owned(), origins })
        }
    });
    Requirement {
        name: text("name"),
        version: text("version"),
        repository: text("repository"),
        alias: text("alias"),
        condition: text("condition"),
        tags: node.get("tags").items().iter().filter_map(Node::text).map(str::to_owned).collect(),
        imports: imports.collect(),
        node: node.clone(),
        origin: node.origin,
        enabled: (true, OriginId::NONE),
    }
}

/// The subcharts of a chart: those nobody names first, then those `dependencies` names, once for
/// each entry. What is named and is not in the repository is the second value.
pub(crate) fn subcharts(
    reader: Reader<'_>,
    chart: &Chart,
    requirements: &[Requirement],
) -> (Vec<(Arc<Chart>, String)>, Vec<Requirement>) {
    let mut found: Vec<(Arc<Chart>, String)> = chart
        .dependencies
        .iter()
        .filter(|below| !requirements.iter().any(|one| one.fits(below)))
        .map(|below| (Arc::clone(below), below.name().to_owned()))
        .collect();
    let mut missing = Vec::new();
    for one in requirements {
        let name = one.known_as().to_owned();
        match chart.dependencies.iter().find(|below| one.fits(below)) {
            Some(below) => found.push((Arc::clone(below), name)),
            None => match beside(reader, &chart.folder, one) {
                Some(below) => found.push((below, name)),
                // Helm asks for the name alone: another version stays, as if nobody named it.
                None if chart.dependencies.iter().any(|below| below.name() == one.name) => {}
                None => missing.push(one.clone()),
            },
        }
    }
    (found, missing)
}

/// A chart of the repository that `repository: file://…` names, if it is the one that is wanted.
fn beside(reader: Reader<'_>, folder: &RepoPath, one: &Requirement) -> Option<Arc<Chart>> {
    let path = one.repository.strip_prefix("file://")?;
    let folder = folder.join(path).ok()?;
    reader.files().kind(&folder.join("Chart.yaml").ok()?)?;
    Some(Chart::load(reader, &folder)).filter(|chart| one.fits(chart))
}

/// Whether the values leave a requirement in, and the values that decided it. A condition that is a
/// boolean counts; then a tag that is set.
pub(crate) fn decide(
    machine: &mut Machine<'_>,
    one: &Requirement,
    all: MapId,
    prefix: &str,
) -> (bool, OriginId) {
    let mut guard = OriginId::NONE;
    let mut enabled = true;
    let (mut yes, mut no) = (false, false);
    let tags = values::get(&machine.heap, all, "tags").as_ref().and_then(values::table);
    for tag in &one.tags {
        let Some(value) = tags.and_then(|tags| values::get(&machine.heap, tags, tag)) else { continue };
        if let Data::Bool(flag) = value.data {
            yes |= flag;
            no |= !flag;
            let origin = value.whole(machine.origins);
            guard = machine.origins.join(guard, origin);
        }
    }
    if no && !yes {
        enabled = false;
    }
    for path in one.condition.trim().split(',').filter(|path| !path.is_empty()) {
        let Some(value) = at_path(&machine.heap, all, &format!("{prefix}{path}")) else { continue };
        if let Data::Bool(flag) = value.data {
            enabled = flag;
            let origin = value.whole(machine.origins);
            guard = machine.origins.join(guard, origin);
            break;
        }
    }
    (enabled, guard)
}

/// The value at a dotted path.
pub(crate) fn at_path(heap: &Heap, map: MapId, path: &str) -> Option<Value> {
    let mut at = Value::new(Data::Map(map));
    for name in path.split('.') {
        at = values::get(heap, values::table(&at)?, name)?;
    }
    Some(at)
}

/// Lays imported values below all a chart and its subcharts say.
pub(crate) fn import(machine: &mut Machine<'_>, laid: MapId, requirements: &[Requirement]) {
    let mut tables = Vec::new();
    for one in requirements {
        for import in &one.imports {
            let (enabled, guard) = one.enabled;
            let path = format!("{}.{}", one.known_as(), import.child);
            let found = at_path(&machine.heap, laid, &path).filter(|_| enabled);
            let table = found.as_ref().and_then(values::table);
            let (Some(found), Some(table)) = (found, table) else { continue };
            // What stays at its old place, too, must not change with it.
            let copy = values::deep_copy(machine, table, 0);
            values::guard_all(machine, copy, guard);
            tables.push(wrapped(machine, &import.parent, copy, &found));
        }
    }
    for table in tables {
        values::coalesce_tables(machine, laid, table, true, 0);
    }
}

/// A map that holds another at a dotted path; itself for `.`.
fn wrapped(machine: &mut Machine<'_>, path: &str, table: MapId, found: &Value) -> MapId {
    let mut at = table;
    let mut value = Value { data: Data::Map(table), ..found.clone() };
    for name in path.split('.').rev().filter(|name| !name.is_empty()) {
        let map = values::new_map(&mut machine.heap);
        machine.heap.set(map, name.into(), Slot { key: OriginId::NONE, value: value.clone() });
        value = Value { data: Data::Map(map), ..value };
        at = map;
    }
    at
}
