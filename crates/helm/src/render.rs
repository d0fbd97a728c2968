//! Renders a chart: values laid over each other, templates run in Helm's order, objects read.

use std::sync::Arc;

use mlgitops_files::{Files, RepoPath, limits};
use mlgitops_gotemplate::functions::semver::{Constraint, Version};
use mlgitops_gotemplate::{Data, Failure, FailureKind, Limits, Machine, MapId, MapType, Slot, Value};
use mlgitops_manifest::Problem;
use mlgitops_yaml::{Node, OriginId, OriginSpan, Origins, Role, Span, Text, parse, parse_file};

use crate::chart::{Chart, Yaml};
use crate::dependencies::{Requirement, Unit};
use crate::order::Hook;
use crate::{dependencies, functions, objects, order, output, set, values};

/// What a job gives to a chart.
#[derive(Debug, Clone, Default)]
pub struct RenderOptions {
    /// Values over the chart's own, in order: the last one wins.
    pub values: Vec<ValuesSource>,
    /// The release's name; `release-name` without one, as `helm template` has it.
    pub release_name: Option<Text>,
    /// The release's namespace; `default` without one.
    pub namespace: Option<Text>,
    /// The version of Kubernetes; that of Helm's own default without one.
    pub kube_version: Option<String>,
    /// API versions beside Helm's own default (`--api-versions`).
    pub api_versions: Vec<String>,
    /// Whether `.Release.IsUpgrade` holds.
    pub is_upgrade: bool,
    /// Whether what stands below `crds/` is among the objects, before the others
    /// (`--include-crds`, which Argo CD gives).
    pub include_crds: bool,
}

/// Values from outside the chart.
#[derive(Debug, Clone)]
pub enum ValuesSource {
    /// A values file of the repository.
    File(RepoPath),
    /// Values that were read already, with their origins.
    Node(Node),
    /// A YAML text (`helm.values`), with its origins.
    Text(Text),
    /// One value at a path (`--set`, `helm.parameters`).
    Set {
        /// The path: `a.b`, `a[0].b`, `a\.b` for a dot in a name.
        path: String,
        /// The value, as written.
        value: Text,
        /// Whether it stays text (`--set-string`).
        force_string: bool,
    },
}

/// What rendering gave.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The objects, in Helm's order.
    pub objects: Vec<RenderedObject>,
    /// What Helm refuses: the chart renders nothing then.
    pub problems: Vec<Problem>,
    /// What could not be rendered here.
    pub not_rendered: Vec<NotRendered>,
    /// Every file and folder of the repository that was used.
    pub reached: Vec<RepoPath>,
}

/// One object of a chart.
#[derive(Debug, Clone)]
pub struct RenderedObject {
    /// The object.
    pub root: Arc<Node>,
    /// The template that printed it, as Helm names it: `chart/templates/x.yaml`.
    pub template: Arc<str>,
    /// Whether `helm.sh/hook` makes it a hook.
    pub is_hook: bool,
}

/// Why something of a chart was not rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotRenderedKind {
    /// A dependency that is not in the repository.
    Dependency,
    /// One of the limits was passed.
    Limit,
    /// A file that is no text, or cannot be read.
    Unreadable,
}

/// Something of a chart that was not rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct NotRendered {
    /// Why.
    pub kind: NotRenderedKind,
    /// What.
    pub what: String,
    /// The reason, in words.
    pub reason: String,
    /// Where it is stated, if anywhere.
    pub at: Option<OriginSpan>,
}

/// The version of Kubernetes helm v3.22 takes for granted.
const KUBE_VERSION: &str = "v1.35.0";
/// Levels of templates that fit into the stack of any thread.
const SHALLOW: usize = 120;
/// Levels for charts that nest deeper, in a thread of their own.
const DEEP: usize = 12 * limits::TEMPLATE_DEPTH;
/// The stack of that thread: address space, of which only what is used is taken.
const DEEP_STACK: usize = 512 << 20;

/// Most charts of one job, and most inside each other.
const UNITS: usize = 1_000;
const CHARTS: usize = 16;

/// Renders a chart. Never fails: what went wrong is in the result.
#[must_use]
pub fn render(
    files: &Arc<dyn Files>,
    chart: &Arc<Chart>,
    options: &RenderOptions,
    origins: &mut Origins,
) -> Rendered {
    match Job::new(files, chart, options, origins, SHALLOW).run() {
        Ok(rendered) => rendered,
        Err(failure) if failure.kind == FailureKind::Stack => deep(files, chart, options, origins),
        Err(failure) => failed(chart, &failure, origins),
    }
}

/// The same once more, with room for a thousand calls inside each other.
fn deep(
    files: &Arc<dyn Files>,
    chart: &Arc<Chart>,
    options: &RenderOptions,
    origins: &mut Origins,
) -> Rendered {
    std::thread::scope(|scope| {
        let work = || match Job::new(files, chart, options, origins, DEEP).run() {
            Ok(rendered) => rendered,
            Err(failure) => failed(chart, &failure, origins),
        };
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, work);
        let no_thread = |reason: &str| Rendered {
            not_rendered: vec![NotRendered {
                kind: NotRenderedKind::Limit,
                what: format!("chart `{}`", chart.folder),
                reason: reason.to_owned(),
                at: None,
            }],
            ..Rendered::default()
        };
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|_| no_thread("rendering it failed")),
            Err(_) => no_thread("its templates nest too deep for this machine"),
        }
    })
}

fn failed(chart: &Chart, failure: &Failure, origins: &Origins) -> Rendered {
    let mut rendered = Rendered { reached: vec![chart.folder.clone()], ..Rendered::default() };
    let at = origins.first(failure.origin);
    let kind = match failure.kind {
        FailureKind::Limit | FailureKind::Stack => {
            rendered.not_rendered.push(NotRendered {
                kind: NotRenderedKind::Limit,
                what: format!("chart `{}`", chart.folder),
                reason: failure.message.clone(),
                at,
            });
            return rendered;
        }
        FailureKind::Parse => "template-parse",
        FailureKind::Execute => "template-execute",
        FailureKind::Refused => "template-refused",
    };
    rendered.problems.push(Problem { kind, message: failure.to_string(), at });
    rendered
}

struct Job<'j> {
    files: &'j Arc<dyn Files>,
    chart: &'j Arc<Chart>,
    options: &'j RenderOptions,
    machine: Machine<'j>,
    rendered: Rendered,
    /// What is run, under Helm's names, each with its chart's root.
    templates: Vec<Runnable>,
    units: usize,
}

struct Runnable {
    name: Arc<str>,
    base: Arc<str>,
    root: MapId,
    chart: Arc<Chart>,
    index: usize,
    /// What decided that its chart is there.
    guard: OriginId,
}

impl<'j> Job<'j> {
    fn new(
        files: &'j Arc<dyn Files>,
        chart: &'j Arc<Chart>,
        options: &'j RenderOptions,
        origins: &'j mut Origins,
        depth: usize,
    ) -> Self {
        let limits = Limits { steps: limits::TEMPLATE_STEPS, bytes: 8 * limits::CHART_OUTPUT_BYTES, depth };
        Self {
            files,
            chart,
            options,
            machine: Machine::new(origins, functions::all(), limits),
            rendered: Rendered { reached: vec![chart.folder.clone()], ..Rendered::default() },
            templates: Vec::new(),
            units: 0,
        }
    }

    fn run(mut self) -> Result<Rendered, Failure> {
        let result = self.run_all();
        match result {
            Ok(()) => Ok(self.rendered),
            // What the chart lacks may be what the dependency that is not here defines.
            Err(failure) if failure.kind == FailureKind::Execute && self.lacks_a_chart() => {
                self.rendered.objects.clear();
                let at = self.machine.origins.first(failure.origin);
                self.rendered.not_rendered.push(NotRendered {
                    kind: NotRenderedKind::Dependency,
                    what: format!("chart `{}`", self.chart.folder),
                    reason: format!("{failure}, with a dependency missing"),
                    at,
                });
                Ok(self.rendered)
            }
            Err(failure) => Err(failure),
        }
    }

    fn lacks_a_chart(&self) -> bool {
        self.rendered.not_rendered.iter().any(|item| item.kind == NotRenderedKind::Dependency)
    }

    fn run_all(&mut self) -> Result<(), Failure> {
        let chart = Arc::clone(self.chart);
        let name = chart.name().to_owned();
        let mut missing = Vec::new();
        self.check_version(&chart)?;
        let mut unit = self.assemble(&chart, name, "", &mut missing, 0)?;
        let is_conditional = |one: &Requirement| one.is_conditional();
        if missing.iter().any(|(_, one)| is_conditional(one)) || self.is_conditional(&unit) {
            let all = self.given_values()?;
            let own = self.own_values(&unit);
            self.lay_over(&unit, own, all, None)?;
            self.decide(&mut unit, all, "");
            missing.retain(|(prefix, one)| dependencies::decide(&mut self.machine, one, all, prefix).0);
        }
        for (_, one) in &missing {
            self.report_missing(one);
        }
        let given = self.given_values()?;
        self.lay(&unit, given, false)?;
        let release = self.release();
        let version = self.options.kube_version.clone();
        let version = version.as_deref().unwrap_or(KUBE_VERSION);
        let capabilities = objects::capabilities(&mut self.machine, version, &self.options.api_versions);
        let shared = Shared { release, capabilities };
        let values = Value::new(Data::Map(given));
        let path = unit.name.clone();
        self.roots(&unit, &path, values, &shared, (true, OriginId::NONE))?;
        if self.options.include_crds {
            self.read_crds(&unit, &path)?;
        }
        self.run_templates()
    }

    /// Helm refuses a chart whose `kubeVersion` leaves the cluster's version out.
    fn check_version(&mut self, chart: &Chart) -> Result<(), Failure> {
        let Some(wanted) = chart.field("kubeVersion").filter(|wanted| !wanted.is_empty()) else {
            return Ok(());
        };
        let version = self.options.kube_version.as_deref().unwrap_or(KUBE_VERSION);
        let fits = Constraint::parse(wanted)
            .and_then(|wanted| Version::parse(version).map(|version| wanted.holds(&version)))
            .unwrap_or(false);
        if fits {
            return Ok(());
        }
        let node = match &chart.metadata {
            Some(yaml) => self.node_of_yaml(yaml, Role::Chart)?,
            None => None,
        };
        let origin = node.and_then(|node| node.get("kubeVersion").present().map(|node| node.origin));
        let message =
            format!("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}");
        Err(Failure::execute(message).caused_by(origin.unwrap_or(OriginId::NONE)))
    }

    fn is_conditional(&self, unit: &Unit) -> bool {
        unit.requirements.iter().any(Requirement::is_conditional)
            || unit.below.iter().any(|below| self.is_conditional(below))
    }

    fn report_missing(&mut self, one: &Requirement) {
        let at = self.machine.origins.first(one.origin);
        let place =
            if one.repository.is_empty() { "not named".to_owned() } else { format!("`{}`", one.repository) };
        self.rendered.not_rendered.push(NotRendered {
            kind: NotRenderedKind::Dependency,
            what: format!("dependency `{}` {} of chart `{}`", one.name, one.version, self.chart.folder),
            reason: format!("it is not below `charts/`; its repository is {place}"),
            at,
        });
    }

    /// The charts of the job, each in its place.
    fn assemble(
        &mut self,
        chart: &Arc<Chart>,
        name: String,
        prefix: &str,
        missing: &mut Vec<(String, Requirement)>,
        depth: usize,
    ) -> Result<Unit, Failure> {
        self.units += 1;
        if self.units > UNITS || depth > CHARTS {
            let message = format!("it has more than {UNITS} subcharts, or {CHARTS} inside each other");
            return Err(Failure::new(FailureKind::Limit, message));
        }
        let mut read = |yaml: &Option<Yaml>, role| match yaml {
            Some(yaml) => self.node_of_yaml(yaml, role),
            None => Ok(None),
        };
        let metadata = read(&chart.metadata, Role::Chart)?;
        let values = read(&chart.values, Role::Values)?;
        let file = match &chart.requirements {
            Some(_) => read(&chart.requirements, Role::Chart)?,
            None => None,
        };
        let requirements = dependencies::requirements(file.as_ref().or(metadata.as_ref()));
        let (found, lacking) = dependencies::subcharts(self.files, chart, &requirements);
        missing.extend(lacking.into_iter().map(|one| (prefix.to_owned(), one)));
        let mut below = Vec::with_capacity(found.len());
        for (chart, name) in found {
            let prefix = format!("{prefix}{name}.");
            below.push(self.assemble(&chart, name, &prefix, missing, depth + 1)?);
        }
        let chart = Arc::clone(chart);
        Ok(Unit { chart, name, metadata, values, requirements, below, guard: OriginId::NONE })
    }

    /// Takes out the subcharts that the values switch off.
    fn decide(&mut self, unit: &mut Unit, all: MapId, prefix: &str) {
        for one in &unit.requirements {
            if !one.is_conditional() {
                continue;
            }
            let (enabled, guard) = dependencies::decide(&mut self.machine, one, all, prefix);
            if !enabled {
                unit.below.retain(|below| below.name != one.known_as());
            }
            for below in unit.below.iter_mut().filter(|below| below.name == one.known_as()) {
                below.guard = self.machine.origins.join(below.guard, guard);
            }
        }
        for below in &mut unit.below {
            let prefix = format!("{prefix}{}.", below.name);
            below.guard = self.machine.origins.join(below.guard, unit.guard);
            self.decide(below, all, &prefix);
        }
    }

    /// The values of the job, laid over each other.
    fn given_values(&mut self) -> Result<MapId, Failure> {
        let all = values::new_map(&mut self.machine.heap);
        for source in &self.options.values {
            let node = match source {
                ValuesSource::Node(node) => Some(node.clone()),
                ValuesSource::Text(text) => self.node_of_text(text)?,
                ValuesSource::File(path) => self.node_of_file(path)?,
                ValuesSource::Set { path, value, force_string } => {
                    set::set(&mut self.machine, all, path, value, *force_string)?;
                    None
                }
            };
            let Some(node) = node else { continue };
            let value = self.machine.heap.import(&node, self.machine.origins);
            if let Some(map) = values::table(&value) {
                values::merge(&mut self.machine, all, map);
            }
        }
        Ok(all)
    }

    fn node_of_text(&mut self, text: &Text) -> Result<Option<Node>, Failure> {
        let tree = parse(text.clone());
        let Some(root) = tree.documents().first().and_then(|document| document.root) else { return Ok(None) };
        tree.node(root, self.machine.origins)
            .map(Some)
            .map_err(|error| Failure::execute(format!("the values cannot be read: {error}")))
    }

    fn node_of_file(&mut self, path: &RepoPath) -> Result<Option<Node>, Failure> {
        self.rendered.reached.push(path.clone());
        let bytes =
            self.files.read(path).map_err(|error| Failure::execute(format!("open {path}: {error}")))?;
        let file = mlgitops_yaml::SourceFile::new(path.as_str(), &bytes.bytes)
            .map(Arc::new)
            .map_err(|error| Failure::execute(format!("failed to parse {path}: {error}")))?;
        let yaml = Yaml { tree: parse_file(&file), file };
        self.node_of_yaml(&yaml, Role::Values)
    }

    /// The nodes of a file of the chart; Helm refuses one with a syntax error.
    fn node_of_yaml(&mut self, yaml: &Yaml, role: Role) -> Result<Option<Node>, Failure> {
        let file = self.machine.origins.add_file(&yaml.file);
        let place = |machine: &mut Machine<'_>, at: u32| {
            machine.origins.span(role, Span { file, start: at, end: at })
        };
        if let Some(error) = yaml.tree.errors().first() {
            let origin = place(&mut self.machine, error.at);
            let message = format!("cannot load {}: {}", yaml.file.path(), error.message);
            return Err(Failure::execute(message).caused_by(origin));
        }
        let Some(root) = yaml.tree.documents().first().and_then(|document| document.root) else {
            return Ok(None);
        };
        match yaml.tree.node_of(root, file, role, self.machine.origins) {
            Ok(node) => Ok(Some(node)),
            Err(error) => {
                let origin = place(&mut self.machine, error.range.start);
                let message = format!("cannot load {}: {error}", yaml.file.path());
                Err(Failure::execute(message).caused_by(origin))
            }
        }
    }

    fn release(&mut self) -> Value {
        let text = |given: &Option<Text>, fallback: &str| match given {
            Some(text) => Value::text(text.clone()),
            None => Value::str(fallback, OriginId::NONE),
        };
        let name = text(&self.options.release_name, "release-name");
        let namespace = text(&self.options.namespace, "default");
        objects::release(&mut self.machine, name, namespace, self.options.is_upgrade)
    }

    /// Lays the values over those of the chart and its subcharts. A chart that names dependencies
    /// has theirs among its own first, and what it imports of them below
    /// (`processDependencyImportValues`).
    fn lay(&mut self, unit: &Unit, given: MapId, merging: bool) -> Result<(), Failure> {
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
    fn own_values(&mut self, unit: &Unit) -> Option<MapId> {
        let node = unit.values.as_ref()?;
        let value = self.machine.heap.import(node, self.machine.origins);
        values::table(&value)
    }

    /// Lays values over a chart's own and, `merging` or not, over its subcharts'; `None` leaves out
    /// what they import, as Helm does while it decides which of them there are.
    fn lay_over(
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
                    let slot = Slot { key: OriginId::NONE, value: Value::new(Data::Map(map)) };
                    self.machine.heap.set(given, name.into(), slot);
                    map
                }
            };
            values::coalesce_globals(&mut self.machine, inner, given);
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

    /// The root each chart's templates get, subcharts first as Helm has them.
    fn roots(
        &mut self,
        unit: &Unit,
        path: &str,
        values: Value,
        shared: &Shared,
        (is_root, guard): (bool, OriginId),
    ) -> Result<Value, Failure> {
        for (path, reason) in &unit.chart.unread {
            self.rendered.not_rendered.push(NotRendered {
                kind: NotRenderedKind::Unreadable,
                what: format!("`{path}`"),
                reason: reason.clone(),
                at: None,
            });
        }
        let metadata = unit.metadata.as_ref();
        let written = metadata.and_then(|node| node.get("name").present());
        let name = match written.filter(|node| node.text() == Some(unit.name.as_str())) {
            Some(node) => self.machine.heap.import(node, self.machine.origins),
            None => Value::str(&unit.name, OriginId::NONE),
        };
        if let Some(map) = values::table(&values) {
            self.machine.heap.retype(map, MapType::Named("chartutil.Values"));
        }
        let about = objects::chart(&mut self.machine, metadata, &name, is_root);
        let members = Arc::clone(&unit.chart.files);
        let chart_files = objects::ChartFiles { files: Arc::clone(self.files), members };
        let subcharts = objects::map_of(&mut self.machine, Vec::new(), MapType::Any);
        let entries = vec![
            ("Chart", about),
            ("Files", Value::new(Data::Object(Arc::new(chart_files)))),
            ("Release", shared.release.clone()),
            ("Capabilities", shared.capabilities.clone()),
            ("Values", values.clone()),
            ("Subcharts", Value::new(Data::Map(subcharts))),
        ];
        let root = objects::map_of(&mut self.machine, entries, MapType::Any);
        for below in &unit.below {
            let name = below.name.as_str();
            let inner = values::table(&values).and_then(|map| values::get(&self.machine.heap, map, name));
            let inner = inner.unwrap_or_else(|| Value::new(Data::Map(subcharts)));
            let path = format!("{path}/charts/{name}");
            let below = self.roots(below, &path, inner, shared, (false, below.guard))?;
            let slot = Slot { key: OriginId::NONE, value: below };
            self.machine.heap.set(subcharts, name.into(), slot);
        }
        let base: Arc<str> = format!("{path}/templates").into();
        for (index, template) in unit.chart.templates.iter().enumerate() {
            if unit.chart.is_library() && !file_name(&template.name).starts_with('_') {
                continue;
            }
            self.templates.push(Runnable {
                name: format!("{path}/{}", template.name).into(),
                base: Arc::clone(&base),
                root,
                chart: Arc::clone(&unit.chart),
                index,
                guard,
            });
        }
        Ok(Value::new(Data::Map(root)))
    }

    /// What stands below `crds/`, as it stands.
    fn read_crds(&mut self, unit: &Unit, path: &str) -> Result<(), Failure> {
        for member in unit.chart.files.iter().filter(|member| is_crd(&member.name)) {
            let Ok(file) = member.text(&**self.files) else { continue };
            let id = self.machine.origins.add_file(&file);
            let text = Text::of_file(id, Role::Template, self.machine.origins);
            self.read_objects(&format!("{path}/{}", member.name).into(), text)?;
        }
        for below in &unit.below {
            self.read_crds(below, &format!("{path}/charts/{}", below.name))?;
        }
        Ok(())
    }

    /// Parses all, then runs all but partials, both the deepest path first and then by name,
    /// backwards.
    fn run_templates(&mut self) -> Result<(), Failure> {
        let mut templates = std::mem::take(&mut self.templates);
        let depth = |name: &str| name.matches('/').count();
        templates.sort_by(|a, b| depth(&b.name).cmp(&depth(&a.name)).then_with(|| b.name.cmp(&a.name)));
        for runnable in &templates {
            let Some(template) = runnable.chart.templates.get(runnable.index) else { continue };
            let file = self.machine.origins.add_file(&template.file);
            match &template.parsed {
                Ok(parsed) => {
                    let text = Text::of_file(file, Role::Template, self.machine.origins);
                    self.machine.add(Arc::clone(&runnable.name), parsed, text);
                }
                Err(failure) => {
                    let mut failure = failure.clone();
                    let at = failure.offset(template.file.text());
                    failure.origin =
                        self.machine.origins.span(Role::Template, Span { file, start: at, end: at });
                    return Err(failure);
                }
            }
        }
        let mut printed = 0_usize;
        let mut outputs = Vec::new();
        for runnable in &templates {
            let name = file_name(&runnable.name);
            if name.starts_with('_') {
                continue;
            }
            self.set_template(runnable);
            let mut text = self.machine.execute(&runnable.name, &Value::new(Data::Map(runnable.root)))?;
            if !runnable.guard.is_none() {
                text = self.machine.with_guard(&text, runnable.guard);
            }
            printed += text.len();
            if printed > limits::CHART_OUTPUT_BYTES {
                let message = format!("the chart prints more than {} bytes", limits::CHART_OUTPUT_BYTES);
                return Err(Failure::new(FailureKind::Limit, message));
            }
            // helm v3 pkg/action/action.go: notes are no manifest.
            if !name.ends_with("NOTES.txt") {
                outputs.push((Arc::clone(&runnable.name), text));
            }
        }
        outputs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let crds = self.rendered.objects.len();
        for (name, text) in outputs {
            self.read_objects(&name, text)?;
        }
        order::sort(self.rendered.objects.get_mut(crds..).unwrap_or(&mut []));
        Ok(())
    }

    fn set_template(&mut self, runnable: &Runnable) {
        let text = |text: &str| Value::str(text, OriginId::NONE);
        let entries = vec![("Name", text(&runnable.name)), ("BasePath", text(&runnable.base))];
        let map = objects::map_of(&mut self.machine, entries, MapType::Named("chartutil.Values"));
        let slot = Slot { key: OriginId::NONE, value: Value::new(Data::Map(map)) };
        self.machine.heap.set(runnable.root, "Template".into(), slot);
    }

    fn read_objects(&mut self, template: &Arc<str>, text: Text) -> Result<(), Failure> {
        let text = output::without_no_value(text, self.machine.origins);
        if text.as_str().trim().is_empty() {
            return Ok(());
        }
        let tree = parse(text);
        if let Some(error) = tree.errors().first() {
            let at = error.at..error.at.saturating_add(1);
            let origin = tree.text().origin(at, self.machine.origins);
            let message = format!("YAML parse error on {template}: {}", error.message);
            return Err(Failure::execute(message).caused_by(origin));
        }
        for document in tree.documents() {
            let Some(root) = document.root else { continue };
            match tree.node(root, self.machine.origins) {
                Ok(node) if node.is_null() => {}
                Ok(node) if node.as_map().is_none() => {
                    let message = format!("YAML parse error on {template}: the document is no map");
                    return Err(Failure::execute(message).caused_by(node.origin));
                }
                Ok(mut node) => {
                    if let Some(reason) = self.machine.unknown() {
                        output::mark_unknown(&mut node, reason);
                    }
                    let is_hook = match order::hook(&node) {
                        Hook::No => false,
                        Hook::Yes => true,
                        Hook::Unknown => continue,
                    };
                    let template = Arc::clone(template);
                    self.rendered.objects.push(RenderedObject { root: Arc::new(node), template, is_hook });
                }
                Err(error) => {
                    let origin = tree.text().origin(error.range.clone(), self.machine.origins);
                    let message = format!("YAML parse error on {template}: {error}");
                    return Err(Failure::execute(message).caused_by(origin));
                }
            }
        }
        Ok(())
    }
}

/// What every chart of a release shares.
struct Shared {
    release: Value,
    capabilities: Value,
}

/// helm v3 pkg/chart/chart.go, `CRDObjects`.
fn is_crd(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    name.starts_with("crds/") && matches!(extension.as_str(), "yaml" | "yml" | "json")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
