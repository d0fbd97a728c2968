//! The values of a job: read, and laid over those of the charts.

use mlgitops_files::RepoPath;
use mlgitops_gotemplate::{Data, Failure, Machine, MapId, Slot, Value};
use mlgitops_yaml::{Node, OriginId, Role, Span, Text, parse};

use crate::chart::Yaml;
use crate::dependencies::Unit;
use crate::job::{Job, not_a_map};
use crate::render::ValuesSource;
use crate::{dependencies, refused, set, values};

impl Job<'_> {
    /// The values of the job, laid over each other.
    pub(crate) fn given_values(&mut self) -> Result<MapId, Failure> {
        let all = values::new_map(&mut self.machine.heap);
        for source in &self.options.values {
            let name = match source {
                ValuesSource::File(path) => path.as_str(),
                _ => "values",
            };
            let node = match source {
                ValuesSource::Node(node) => Some(node.clone()),
                ValuesSource::Text(text) => self.node_of_text(text)?,
                ValuesSource::File(path) => self.node_of_file(path)?,
                ValuesSource::Set { path, value, force_string } => {
                    set::set(&mut self.machine, all, path, value, *force_string)?;
                    None
                }
                ValuesSource::SetFile { path, value } => {
                    set::set_file(&mut self.machine, all, path, value)?;
                    None
                }
                ValuesSource::Release { references, own } => {
                    let map = self.release_values(references, own.as_ref())?;
                    values::merge(&mut self.machine, all, map);
                    None
                }
                ValuesSource::SetLine { line, form } => {
                    let reader = self.reader;
                    let reached = &mut self.rendered.reached;
                    let mut read = |machine: &mut Machine<'_>, name: &str| {
                        let path = RepoPath::parse(name).map_err(|_| no_file(name))?;
                        reached.push(path.clone());
                        let file = reader.text(&path).map_err(|_| no_file(name))?;
                        let file = machine.origins.add_file(&file);
                        Ok(Text::of_file(file, Role::Values, machine.origins))
                    };
                    set::set_line(&mut self.machine, all, line, *form, &mut read)?;
                    None
                }
            };
            let Some(node) = node.filter(|node| !node.is_null()) else { continue };
            if node.as_map().is_none() {
                return Err(not_a_map(&format!("failed to parse {name}"), &node));
            }
            let value = self.machine.heap.import(&node, self.machine.origins);
            if let Some(map) = values::table(&value) {
                values::merge(&mut self.machine, all, map);
            }
        }
        Ok(all)
    }

    pub(crate) fn node_of_text(&mut self, text: &Text) -> Result<Option<Node>, Failure> {
        let tree = parse(text.clone());
        if let Some(error) = tree.errors().first() {
            let at = error.at..error.at.saturating_add(1);
            let origin = text.origin(at, self.machine.origins);
            let message = format!("failed to parse the values: {}", error.message);
            return Err(Failure::execute(message).caused_by(origin));
        }
        let Some(root) = tree.documents().first().and_then(|document| document.root) else { return Ok(None) };
        tree.node(root, self.machine.origins)
            .map(Some)
            .map_err(|error| Failure::execute(format!("the values cannot be read: {error}")))
    }

    pub(crate) fn node_of_file(&mut self, path: &RepoPath) -> Result<Option<Node>, Failure> {
        self.rendered.reached.push(path.clone());
        let file =
            self.reader.text(path).map_err(|error| Failure::execute(format!("open {path}: {error}")))?;
        let yaml = Yaml { tree: self.reader.tree(path, &file), file };
        self.node_of_yaml(&yaml, Role::Values)
    }

    /// The nodes of a file of the chart; Helm refuses one with a syntax error.
    pub(crate) fn node_of_yaml(&mut self, yaml: &Yaml, role: Role) -> Result<Option<Node>, Failure> {
        let file = self.machine.origins.add_file(&yaml.file);
        let place = |machine: &mut Machine<'_>, at: u32| {
            machine.origins.span(role, Span { file, start: at, end: at })
        };
        let error = yaml.tree.errors().first().map(|error| (error.at, &*error.message));
        if let Some((at, said)) = error.or_else(|| refused::place(&yaml.tree)) {
            let origin = place(&mut self.machine, at);
            let message = format!("cannot load {}: {said}", yaml.file.path());
            return Err(Failure::execute(message).caused_by(origin));
        }
        let Some(root) = yaml.tree.documents().first().and_then(|document| document.root) else {
            return Ok(None);
        };
        match yaml.tree.node_of(root, file, role, self.machine.origins) {
            Ok(node) => match refused::value(&node) {
                None => Ok(Some(node)),
                Some((said, origin)) => {
                    let message =
                        format!("cannot load {}: error converting YAML to JSON: {said}", yaml.file.path());
                    Err(Failure::execute(message).caused_by(origin))
                }
            },
            Err(error) => {
                let origin = place(&mut self.machine, error.range.start);
                let message = format!("cannot load {}: {error}", yaml.file.path());
                Err(Failure::execute(message).caused_by(origin))
            }
        }
    }

    /// Lays the values over those of the chart and its subcharts. A chart that names dependencies
    /// has theirs among its own first, and what it imports of them below
    /// (`processDependencyImportValues`).
    pub(crate) fn lay(&mut self, unit: &Unit, given: MapId, merging: bool) -> Result<(), Failure> {
        let mut own = self.own_values(unit);
        if !unit.requirements.is_empty() {
            let laid = values::new_map(&mut self.machine.heap);
            self.lay_over(unit, own, laid, Some(true))?;
            dependencies::import(&mut self.machine, laid, &unit.requirements);
            own = Some(laid);
        }
        self.lay_over(unit, own, given, Some(merging))
    }

    /// The chart's own values, new each time: laying changes them.
    pub(crate) fn own_values(&mut self, unit: &Unit) -> Option<MapId> {
        let node = unit.values.as_ref()?;
        let value = self.machine.heap.import(node, self.machine.origins);
        let own = values::table(&value)?;
        if !unit.guard.is_none() {
            values::guard_all(&mut self.machine, own, unit.guard);
        }
        Some(own)
    }

    /// Lays values over a chart's own and, `merging` or not, over its subcharts'; `None` leaves out
    /// what they import, as Helm does while it decides which of them there are.
    pub(crate) fn lay_over(
        &mut self,
        unit: &Unit,
        own: Option<MapId>,
        given: MapId,
        merging: Option<bool>,
    ) -> Result<(), Failure> {
        self.machine.spend(100)?;
        let names: Vec<&str> = unit.below.iter().map(|below| below.name.as_str()).collect();
        values::coalesce(&mut self.machine, own, given, &names, merging == Some(true));
        for below in &unit.below {
            let name = below.name.as_str();
            let inner = match values::get(&self.machine.heap, given, name) {
                Some(value) => values::table(&value).ok_or_else(|| {
                    let cause = value.whole(self.machine.origins);
                    Failure::execute(format!("type mismatch on {name}: it is no map")).caused_by(cause)
                })?,
                None => {
                    let map = values::new_map(&mut self.machine.heap);
                    let value = Value { guard: below.guard, ..Value::new(Data::Map(map)) };
                    self.machine.heap.set(given, name.into(), Slot { key: OriginId::NONE, value });
                    map
                }
            };
            values::coalesce_globals(&mut self.machine, inner, given);
            // A subchart that is off gets none.
            if let Some(global) =
                values::get(&self.machine.heap, inner, "global").filter(|_| !below.guard.is_none())
            {
                let slot = Slot { key: OriginId::NONE, value: self.machine.guard(global, below.guard) };
                self.machine.heap.set(inner, "global".into(), slot);
            }
            match merging {
                Some(merging) => self.lay(below, inner, merging)?,
                None => {
                    let own = self.own_values(below);
                    self.lay_over(below, own, inner, None)?;
                }
            }
        }
        Ok(())
    }
}

fn no_file(name: &str) -> Failure {
    Failure::execute(format!("open {name}: no such file or directory"))
}
