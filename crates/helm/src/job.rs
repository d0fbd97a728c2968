//! One rendering of one chart: which charts take part, and in which order things happen.

use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_gotemplate::functions::semver::{Constraint, Version};
use mlgitops_gotemplate::{Data, Failure, FailureKind, Limits, Machine, MapId, Value};
use mlgitops_yaml::{Node, OriginId, Origins, Reader, Role, Span};

use crate::chart::{Chart, Yaml};
use crate::dependencies::{Requirement, Unit};
use crate::reads::Reads;
use crate::render::{NotRendered, NotRenderedKind, RenderOptions, Rendered};
use crate::templates::{Runnable, Shared};
use crate::{dependencies, functions, metadata, objects};

/// The version of Kubernetes helm v3.22 takes for granted.
const KUBE_VERSION: &str = "v1.35.0";
/// Most charts of one job, and most inside each other.
const UNITS: usize = 1_000;
const CHARTS: usize = 16;

pub(crate) struct Job<'j> {
    pub(crate) reader: Reader<'j>,
    pub(crate) chart: &'j Arc<Chart>,
    pub(crate) options: &'j RenderOptions,
    pub(crate) machine: Machine<'j>,
    pub(crate) rendered: Rendered,
    /// What is run, under Helm's names, each with its chart's root.
    pub(crate) templates: Vec<Runnable>,
    pub(crate) units: usize,
    /// How many values and keys its objects have.
    pub(crate) nodes: usize,
    /// Whether a chart it depends on is not in the repository.
    lacks_a_chart: bool,
}

impl<'j> Job<'j> {
    pub(crate) fn new(
        reader: Reader<'j>,
        chart: &'j Arc<Chart>,
        options: &'j RenderOptions,
        origins: &'j mut Origins,
        depth: usize,
    ) -> Self {
        let limits = Limits { steps: limits::TEMPLATE_STEPS, bytes: 3 * limits::CHART_OUTPUT_BYTES, depth };
        Self {
            reader,
            chart,
            options,
            machine: Machine::new(origins, functions::all(), limits),
            rendered: Rendered { reached: vec![chart.folder.clone()], ..Rendered::default() },
            templates: Vec::new(),
            units: 0,
            nodes: 0,
            lacks_a_chart: false,
        }
    }

    pub(crate) fn run(mut self) -> Result<Rendered, Failure> {
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

    pub(crate) fn lacks_a_chart(&self) -> bool {
        self.lacks_a_chart
    }

    pub(crate) fn run_all(&mut self) -> Result<(), Failure> {
        let chart = Arc::clone(self.chart);
        let name = chart.name().to_owned();
        let mut missing = Vec::new();
        self.check_version(&chart)?;
        self.check_chart(&chart)?;
        let mut unit = self.assemble(&chart, name, "", &mut missing, 0)?;
        if missing.is_empty() {
            let mut reads = Reads::default();
            self.add_reads(&unit, &mut reads);
            self.rendered.reads = Some(Arc::new(reads));
        }
        let is_conditional = |one: &Requirement| one.is_conditional();
        if missing.iter().any(|(_, one)| is_conditional(one)) || self.is_conditional(&unit) {
            let all = self.given_values()?;
            let own = self.own_values(&unit);
            self.lay_over(&unit, own, all, None)?;
            self.decide(&mut unit, all, "");
            let (on, off): (Vec<_>, Vec<_>) = missing
                .into_iter()
                .partition(|(prefix, one)| dependencies::decide(&mut self.machine, one, all, prefix).0);
            missing = on;
            let reason = "it is not below `charts/`: `helm template` refuses the chart, though a condition \
                          switches it off";
            // Below a subchart nobody asks for it.
            let off = off.iter().filter(|(prefix, _)| prefix.is_empty());
            let off: Vec<_> = off.map(|(_, one)| self.not_here(one, reason.to_owned())).collect();
            self.rendered.unneeded.extend(off);
        }
        // helm v3 cmd/helm/template.go asks the chart itself alone, and renders what subcharts have.
        let (missing, nested): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|(prefix, _)| prefix.is_empty());
        for (prefix, one) in &nested {
            let parent = prefix.trim_end_matches('.');
            let reason =
                format!("it is not below `charts/` of `{parent}`: Helm renders the rest, and says nothing");
            let item = self.not_here(one, reason);
            self.rendered.unneeded.push(item);
        }
        for (_, one) in &missing {
            self.report_missing(one);
        }
        let given = self.given_values()?;
        self.lay(&unit, given, false)?;
        if !self.options.skip_schemas {
            self.check_schemas(&unit, &Value::new(Data::Map(given)))?;
        }
        let release = self.release();
        let version = self.kube_version();
        let capabilities = objects::capabilities(&mut self.machine, &version, &self.options.api_versions);
        let shared = Shared { release, capabilities };
        let values = Value::new(Data::Map(given));
        let path = unit.name.clone();
        self.roots(&unit, &path, values, &shared, (true, OriginId::NONE))?;
        if self.options.include_crds {
            self.read_crds(&unit, &path)?;
        }
        self.run_templates()
    }

    /// The version of Kubernetes, in full: `1.33` is `v1.33.0` (helm `chartutil.ParseKubeVersion`).
    fn kube_version(&self) -> String {
        let written = self.options.kube_version.as_deref().unwrap_or(KUBE_VERSION);
        let text = written.strip_prefix('v').unwrap_or(written);
        let (core, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
        let missing = 2usize.saturating_sub(core.matches('.').count());
        format!("v{core}{}{rest}", ".0".repeat(missing))
    }

    /// Helm refuses a chart whose `kubeVersion` leaves the cluster's version out.
    pub(crate) fn check_version(&mut self, chart: &Chart) -> Result<(), Failure> {
        let Some(wanted) = chart.field("kubeVersion").filter(|wanted| !wanted.is_empty()) else {
            return Ok(());
        };
        let version = self.kube_version();
        let fits = Constraint::parse(wanted)
            .and_then(|wanted| Version::parse(&version).map(|version| wanted.holds(&version)))
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

    /// What Helm refuses to install.
    fn check_chart(&mut self, chart: &Chart) -> Result<(), Failure> {
        if !chart.is_library() {
            return Ok(());
        }
        let file = match &chart.metadata {
            Some(yaml) => self.node_of_yaml(yaml, Role::Chart)?,
            None => None,
        };
        let origin = file.and_then(|file| file.get("type").present().map(|node| node.origin));
        Err(Failure::execute("library charts are not installable")
            .caused_by(origin.unwrap_or(OriginId::NONE)))
    }

    /// A folder without Chart.yaml is rendered all the same, but not below `charts/`.
    fn check_metadata(
        &mut self,
        chart: &Chart,
        file: Option<&Node>,
        requirements: Option<&Node>,
        depth: usize,
    ) -> Result<(), Failure> {
        let within = |message: String| match depth {
            0 => message,
            _ => format!("error unpacking subchart {}: {message}", chart.folder.file_name()),
        };
        if let Some(refused) = &chart.refused {
            let file = self.machine.origins.add_file(&refused.file);
            let span = Span { file, start: refused.at, end: refused.at };
            let origin = self.machine.origins.span(Role::Chart, span);
            return Err(Failure::execute(within(refused.message.clone())).caused_by(origin));
        }
        match file {
            None if depth == 0 => Ok(()),
            None => Err(Failure::execute(within("Chart.yaml file is missing".to_owned()))),
            Some(file) => metadata::check(file, requirements)
                .map_err(|refusal| Failure::execute(within(refusal.message)).caused_by(refusal.origin)),
        }
    }

    /// What the templates of a chart and of its subcharts name: a library reads its user's values.
    fn add_reads(&self, unit: &Unit, reads: &mut Reads) {
        for one in &unit.requirements {
            one.add_reads(reads);
        }
        for below in &unit.below {
            reads.exempt(&below.name);
            self.add_reads(below, reads);
        }
        let templates = &unit.chart.templates;
        templates.iter().for_each(|template| reads.template(&template.named));
        let runs_files = |text: &str| text.contains("tpl") && text.contains(".Files");
        if templates.iter().any(|template| runs_files(template.file.text())) {
            let texts = unit.chart.files.iter().filter_map(|member| member.text(self.reader).ok());
            texts.for_each(|file| reads.read(file.text()));
        }
    }

    pub(crate) fn is_conditional(&self, unit: &Unit) -> bool {
        unit.requirements.iter().any(Requirement::is_conditional)
            || unit.below.iter().any(|below| self.is_conditional(below))
    }

    pub(crate) fn report_missing(&mut self, one: &Requirement) {
        self.lacks_a_chart = true;
        let place =
            if one.repository.is_empty() { "not named".to_owned() } else { format!("`{}`", one.repository) };
        let reason = format!("it is not below `charts/`; its repository is {place}");
        let item = self.not_here(one, reason);
        self.rendered.not_rendered.push(item);
    }

    fn not_here(&self, one: &Requirement, reason: String) -> NotRendered {
        NotRendered {
            kind: NotRenderedKind::Dependency,
            what: format!("dependency `{}` {} of chart `{}`", one.name, one.version, self.chart.folder),
            reason,
            at: self.machine.origins.first(one.origin),
        }
    }

    /// The charts of the job, each in its place.
    pub(crate) fn assemble(
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
        let is_left_out = depth == 0 && self.options.without_own_values;
        let mut read = |yaml: &Option<Yaml>, role| match yaml {
            Some(yaml) => self.node_of_yaml(yaml, role),
            None => Ok(None),
        };
        let metadata = read(&chart.metadata, Role::Chart)?;
        let values = if is_left_out { None } else { read(&chart.values, Role::Values)? };
        let file = match &chart.requirements {
            Some(_) => read(&chart.requirements, Role::Chart)?,
            None => None,
        };
        self.check_metadata(chart, metadata.as_ref(), file.as_ref(), depth)?;
        check_values(values.as_ref())?;
        let requirements = dependencies::requirements(file.as_ref().or(metadata.as_ref()));
        let (found, lacking) = dependencies::subcharts(self.reader, chart, &requirements);
        missing.extend(lacking.into_iter().map(|one| (prefix.to_owned(), one)));
        let mut below = Vec::with_capacity(found.len());
        for (chart, name) in found {
            let prefix = format!("{prefix}{name}.");
            below.push(self.assemble(&chart, name, &prefix, missing, depth + 1)?);
        }
        let chart = Arc::clone(chart);
        let none = OriginId::NONE;
        let (guard, decided, lacking) = (none, none, none);
        Ok(Unit { chart, name, metadata, values, requirements, below, guard, decided, lacking })
    }

    /// Takes out the subcharts that the values switch off.
    pub(crate) fn decide(&mut self, unit: &mut Unit, all: MapId, prefix: &str) {
        for one in &mut unit.requirements {
            if !one.is_conditional() {
                continue;
            }
            let (enabled, guard) = dependencies::decide(&mut self.machine, one, all, prefix);
            one.enabled = (enabled, guard);
            unit.decided = self.machine.origins.join(unit.decided, guard);
            if !enabled && !one.imports.is_empty() {
                unit.lacking = self.machine.origins.join(unit.lacking, guard);
            }
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
}

/// Helm refuses values that are no map.
fn check_values(values: Option<&Node>) -> Result<(), Failure> {
    match values {
        Some(node) if node.as_map().is_none() && !node.is_null() => {
            Err(not_a_map("cannot load values.yaml", node))
        }
        _ => Ok(()),
    }
}

/// What `sigs.k8s.io/yaml` says of values that are no map.
pub(crate) fn not_a_map(what: &str, node: &Node) -> Failure {
    let message = format!(
        "{what}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
        metadata::json_kind(node)
    );
    Failure::execute(message).caused_by(node.origin)
}
