//! Renders a chart: values laid over each other, templates run in Helm's order, objects read.

use std::sync::Arc;

use mlgitops_files::{Files, RepoPath, limits};
use mlgitops_gotemplate::{Data, Failure, FailureKind, Limits, Machine, MapId, MapType, Slot, Value};
use mlgitops_manifest::Problem;
use mlgitops_yaml::{Node, OriginId, OriginSpan, Origins, Role, Span, Text, parse, parse_file};

use crate::chart::{Chart, Yaml};
use crate::order::Hook;
use crate::{functions, objects, order, output, set, values};

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
}

struct Runnable {
    name: Arc<str>,
    base: Arc<str>,
    root: MapId,
    chart: Arc<Chart>,
    index: usize,
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
        }
    }

    fn run(mut self) -> Result<Rendered, Failure> {
        let given = self.given_values()?;
        let release = self.release();
        let version = self.options.kube_version.clone();
        let version = version.as_deref().unwrap_or(KUBE_VERSION);
        let capabilities = objects::capabilities(&mut self.machine, version, &self.options.api_versions);
        let chart = Arc::clone(self.chart);
        self.lay(&chart, given)?;
        let shared = Shared { release, capabilities };
        let values = Value::new(Data::Map(given));
        let path = chart.name().to_owned();
        self.roots(&chart, &path, values, &shared, true)?;
        self.run_templates()?;
        Ok(self.rendered)
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

    /// Lays the values over those of the chart and its subcharts.
    fn lay(&mut self, chart: &Arc<Chart>, given: MapId) -> Result<(), Failure> {
        let own = match &chart.values {
            Some(yaml) => self.node_of_yaml(yaml, Role::Values)?,
            None => None,
        };
        let own = own.map(|node| self.machine.heap.import(&node, self.machine.origins));
        let own = own.as_ref().and_then(values::table);
        let names: Vec<String> = chart.dependencies.iter().map(|sub| sub.name().to_owned()).collect();
        values::coalesce(&mut self.machine, own, given, &names, false);
        for (sub, name) in chart.dependencies.iter().zip(&names) {
            let inner = match values::get(&self.machine.heap, given, name) {
                Some(value) => values::table(&value)
                    .ok_or_else(|| Failure::execute(format!("type mismatch on {name}: not a map")))?,
                None => {
                    let map = values::new_map(&mut self.machine.heap);
                    let slot = Slot { key: OriginId::NONE, value: Value::new(Data::Map(map)) };
                    self.machine.heap.set(given, name.as_str().into(), slot);
                    map
                }
            };
            values::coalesce_globals(&mut self.machine, inner, given);
            self.lay(sub, inner)?;
        }
        Ok(())
    }

    /// The root each chart's templates get, subcharts first as Helm has them.
    fn roots(
        &mut self,
        chart: &Arc<Chart>,
        path: &str,
        values: Value,
        shared: &Shared,
        is_root: bool,
    ) -> Result<Value, Failure> {
        let metadata = match &chart.metadata {
            Some(yaml) => self.node_of_yaml(yaml, Role::Chart)?,
            None => None,
        };
        for (path, reason) in &chart.unread {
            self.rendered.not_rendered.push(NotRendered {
                kind: NotRenderedKind::Unreadable,
                what: format!("`{path}`"),
                reason: reason.clone(),
                at: None,
            });
        }
        let name = match metadata.as_ref().and_then(|node| node.get("name").present()) {
            Some(node) => self.machine.heap.import(node, self.machine.origins),
            None => Value::str(chart.name(), OriginId::NONE),
        };
        if let Some(map) = values::table(&values) {
            self.machine.heap.retype(map, MapType::Named("chartutil.Values"));
        }
        let about = objects::chart(&mut self.machine, metadata.as_ref(), &name, is_root);
        let chart_files =
            objects::ChartFiles { files: Arc::clone(self.files), members: Arc::clone(&chart.files) };
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
        for sub in &chart.dependencies {
            let name = sub.name();
            let inner = values::table(&values)
                .and_then(|map| values::get(&self.machine.heap, map, name))
                .unwrap_or_else(|| Value::new(Data::Map(subcharts)));
            let below = self.roots(sub, &format!("{path}/charts/{name}"), inner, shared, false)?;
            let slot = Slot { key: OriginId::NONE, value: below };
            self.machine.heap.set(subcharts, name.into(), slot);
        }
        let base: Arc<str> = format!("{path}/templates").into();
        for (index, template) in chart.templates.iter().enumerate() {
            let is_partial = file_name(&template.name).starts_with('_');
            if chart.is_library() && !is_partial {
                continue;
            }
            self.templates.push(Runnable {
                name: format!("{path}/{}", template.name).into(),
                base: Arc::clone(&base),
                root,
                chart: Arc::clone(chart),
                index,
            });
        }
        Ok(Value::new(Data::Map(root)))
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
            let text = self.machine.execute(&runnable.name, &Value::new(Data::Map(runnable.root)))?;
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
        for (name, text) in outputs {
            self.read_objects(&name, text)?;
        }
        order::sort(&mut self.rendered.objects);
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

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
