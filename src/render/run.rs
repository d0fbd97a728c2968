//! Runs one job: from a deployable to manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_helm::{Chart, NotRenderedKind, Reads, RenderOptions, RepeatedKey, ValuesSource};
use mlgitops_kustomize::Effect;
use mlgitops_manifest::{Manifest, ObjectId, Problem};
use mlgitops_yaml::{ConvertErrorKind, Node, OriginSpan, Origins, Reader, Role, Text, Value};

use crate::discover::{Discovery, FileKind, Found};
use crate::finding::{Code, Location, NotChecked};
use crate::render::flux;
use crate::render::turns::in_turn;
use crate::render::{Given, Helm, Job, Parameter, ParameterKind, Plain, Tool, kustomize, unsure};

/// What a job gave.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The job.
    pub job: Arc<Job>,
    /// The manifests, in the order the tool prints them.
    pub manifests: Vec<Manifest>,
    /// What kustomize did in silence, by the index of the manifest.
    pub effects: BTreeMap<usize, Vec<Effect>>,
    /// The keys that a template printed twice, by the index of the manifest.
    pub repeated: BTreeMap<usize, Vec<RepeatedKey>>,
    /// Which values a chart's templates can read, where that can be told.
    pub reads: Option<Arc<Reads>>,
    /// The variables that became empty for want of a value.
    pub undefined: Vec<Undefined>,
    /// What the real tool would refuse.
    pub problems: Vec<RenderProblem>,
    /// What a kustomization names and what stands nowhere.
    pub missing: BTreeSet<RepoPath>,
    /// The targets of its patches, where kustomize built it.
    pub targets: Vec<mlgitops_kustomize::PatchTarget>,
    /// What could not be rendered here.
    pub not_checked: Vec<NotChecked>,
    /// Every folder and file it used: they are not judged by themselves.
    pub reached: BTreeSet<RepoPath>,
}

impl Rendered {
    /// Nothing yet.
    pub(super) fn of(job: Arc<Job>) -> Self {
        Self {
            reached: BTreeSet::from([job.path.clone()]),
            job,
            manifests: Vec::new(),
            effects: BTreeMap::new(),
            repeated: BTreeMap::new(),
            reads: None,
            undefined: Vec::new(),
            problems: Vec::new(),
            missing: BTreeSet::new(),
            targets: Vec::new(),
            not_checked: Vec::new(),
        }
    }
}

/// A variable of a Flux Kustomization without a value and without a default.
#[derive(Debug, Clone, PartialEq)]
pub struct Undefined {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Option<OriginSpan>,
}

/// A refusal of the real tool, with the tool that refuses.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderProblem {
    /// The deployable.
    pub job: Arc<Job>,
    /// What is refused, and where.
    pub problem: Problem,
}

/// Gives the chart in a folder.
pub(super) type LoadChart<'l> = &'l dyn Fn(Reader<'_>, &RepoPath) -> Arc<Chart>;

/// Renders one job: plain manifests from what was discovered, the rest from what the reader gives.
#[must_use]
pub(super) fn run(
    reader: Reader<'_>,
    discovery: &Discovery,
    load: LoadChart<'_>,
    job: &Arc<Job>,
) -> Rendered {
    let mut rendered = Rendered::of(Arc::clone(job));
    match &job.tool {
        Tool::Plain(options) => plain(discovery, options, &mut rendered),
        Tool::Helm(given) => return helm(reader, load, given, rendered.job),
        Tool::Kustomize(given) => kustomize::render(reader, given, &mut rendered),
    }
    rendered
}

/// The objects of a chart, with the values a deployment gives to it.
fn helm(reader: Reader<'_>, load: LoadChart<'_>, given: &Helm, job: Arc<Job>) -> Rendered {
    let mut origins = Origins::default();
    let options = helm_options(reader, given, &mut origins);
    let chart = load(reader, &job.path);
    let done = mlgitops_helm::render(reader, &chart, &options, &mut origins);
    let mut rendered = of_chart(reader, given, Rendered::of(job), done, origins);
    for parameter in &given.parameters {
        if let ParameterKind::File(path) = &parameter.kind {
            rendered.reached.insert(path.clone());
        }
    }
    rendered
}

/// Adds what a chart gave to what its job gave.
pub(super) fn of_chart(
    reader: Reader<'_>,
    given: &Helm,
    mut rendered: Rendered,
    done: mlgitops_helm::Rendered,
    mut origins: Origins,
) -> Rendered {
    rendered.reached.extend(done.reached);
    rendered.reads = done.reads;
    let job = rendered.job.clone();
    rendered
        .problems
        .extend(done.problems.into_iter().map(|problem| RenderProblem { job: job.clone(), problem }));
    rendered.not_checked.extend(done.not_rendered.into_iter().map(|item| {
        let code = match item.kind {
            NotRenderedKind::Dependency => Code::Dependency,
            NotRenderedKind::Limit => Code::Limit,
            NotRenderedKind::Unreadable => Code::Encoding,
        };
        NotChecked::new(code, item.what, item.reason).at(item.at.map(Location::from))
    }));
    let mut nodes = Vec::new();
    for object in done.objects {
        let node = Arc::try_unwrap(object.root).unwrap_or_else(|shared| (*shared).clone());
        let index = nodes.len();
        let mut items = Vec::new();
        flatten_list(node, &mut items);
        // What has no identity is no manifest, and must not move the indices of those behind it.
        nodes.extend(items.into_iter().filter(|node| ObjectId::of(node).is_some()));
        if !object.repeated.is_empty() && nodes.len() == index + 1 {
            rendered.repeated.insert(index, object.repeated);
        }
    }
    if let Some(around) = given.around.as_deref().filter(|_| !nodes.is_empty()) {
        if !around.post.is_empty() {
            nodes = kustomize::around(reader, &around.post, nodes, &mut rendered, &mut origins);
            rendered.repeated.clear();
        }
        flux::set_metadata(&mut nodes, &around.labels, &around.annotations, &mut origins);
    }
    if let Some(lacking) = &given.lacking {
        for node in &mut nodes {
            unsure::hide(node, lacking, given, &job, &origins);
        }
        // With the values it lacks it may do better.
        let problems = std::mem::take(&mut rendered.problems).into_iter();
        rendered.not_checked.extend(problems.map(|refused| {
            let reason = format!("without values that are not in Git: {}", refused.problem.message);
            NotChecked::new(Code::InCluster, refused.job.to_string(), reason)
                .at(refused.problem.at.map(Location::from))
        }));
    }
    rendered.manifests = manifests(nodes, origins);
    rendered
}

fn helm_options(reader: Reader<'_>, given: &Helm, origins: &mut Origins) -> RenderOptions {
    let mut values: Vec<ValuesSource> = given.value_files.iter().cloned().map(ValuesSource::File).collect();
    if given.turns.is_empty() {
        in_order(reader, given, &mut values, origins);
    } else {
        values.push(in_turn(given, origins));
    }
    let mut text =
        |given: &Option<Given>| given.as_ref().map(|given| given.to_text(Role::Deployment, origins));
    let release_name = text(&given.release_name);
    let namespace = text(&given.namespace);
    RenderOptions {
        values,
        release_name,
        namespace,
        kube_version: given.kube_version.clone(),
        api_versions: given.api_versions.clone(),
        // Argo CD renders with `--include-crds`, unless an Application says otherwise.
        include_crds: !given.skip_crds,
        skip_schemas: given.skip_schemas,
        without_own_values: given.without_own_values,
        ..RenderOptions::default()
    }
}

/// In Helm's order: files, then values, then parameters by their kind, the last one winning
/// (argo-cd v3.5 `util/helm/cmd.go`, helm v3 `pkg/cli/values/options.go`).
fn in_order(reader: Reader<'_>, given: &Helm, values: &mut Vec<ValuesSource>, origins: &mut Origins) {
    for text in &given.values {
        values.push(ValuesSource::Text(text.to_text(Role::Values, origins)));
    }
    let object = given.values_object.as_ref().map(|node| node.to_node(Role::Values, origins));
    values.extend(object.map(ValuesSource::Node));
    let mut parameters: Vec<&Parameter> = given.parameters.iter().collect();
    parameters.sort_by_key(|parameter| match parameter.kind {
        ParameterKind::Typed => 0,
        ParameterKind::Text | ParameterKind::Literal => 1,
        ParameterKind::File(_) => 2,
    });
    for parameter in parameters {
        let path = parameter.name.clone();
        let text = |origins: &mut Origins| parameter.value.to_text(Role::Parameter, origins);
        values.extend(match &parameter.kind {
            ParameterKind::Typed => {
                Some(ValuesSource::Set { path, value: text(origins), force_string: false })
            }
            ParameterKind::Text => Some(ValuesSource::Set { path, value: text(origins), force_string: true }),
            ParameterKind::Literal => Some(ValuesSource::SetFile { path, value: text(origins) }),
            ParameterKind::File(file) => {
                let value = file_text(reader, file, origins);
                value.map(|value| ValuesSource::SetFile { path, value })
            }
        });
    }
}

/// The text of a file that is a value. The deployment said already where it is not there.
fn file_text(reader: Reader<'_>, path: &RepoPath, origins: &mut Origins) -> Option<Text> {
    let file = reader.text(path).ok()?;
    let id = origins.add_file(&file);
    Some(Text::of_file(id, Role::Values, origins))
}

/// The manifests of a folder, or of one file, as they stand.
fn plain(discovery: &Discovery, options: &Plain, rendered: &mut Rendered) {
    let mut origins = Origins::default();
    let mut nodes = Vec::new();
    for found in plain_files(discovery, &rendered.job.path, options) {
        if found.kind != FileKind::Scaffold && !found.file.text().contains(SKIPPED) {
            rendered.reached.insert(found.path.clone());
            objects_of(found, &mut origins, &mut nodes, rendered);
        }
    }
    rendered.manifests = manifests(nodes, origins);
}

/// The files that a job of plain manifests reads.
pub(super) fn plain_files<'d>(
    discovery: &'d Discovery,
    folder: &RepoPath,
    options: &Plain,
) -> Vec<&'d Found> {
    let filter = options.filter();
    let itself = discovery.files.get(folder).into_iter();
    let inside = discovery.files_in(folder).filter(|found| filter.takes(folder, &found.path));
    let is_of_others = |found: &&Found| options.without.binary_search(&found.path).is_ok();
    itself.chain(inside).filter(|found| !is_of_others(found)).collect()
}

/// A file with this mark is no manifest to Argo CD (argo-cd v3.5 `reposerver/repository`).
const SKIPPED: &str = "+argocd:skip-file-rendering";

fn objects_of(found: &Found, origins: &mut Origins, nodes: &mut Vec<Node>, rendered: &mut Rendered) {
    for document in &found.objects {
        let file = origins.add_file(&found.file);
        match found.tree.node_of(document.root, file, Role::Source, origins) {
            Ok(node) => flatten_list(node, nodes),
            Err(error) if error.kind == ConvertErrorKind::Merge || error.kind == ConvertErrorKind::Key => {
                // `schema/yaml-syntax` reports it at its place.
            }
            Err(error) => rendered.not_checked.push(
                NotChecked::new(Code::Limit, format!("`{}`", found.path), error.to_string())
                    .at(Some(Location::new(&found.file, error.range, Role::Source))),
            ),
        }
    }
}

/// Replaces `kind: List` and its kin by their items, as kubectl and the renderers do.
fn flatten_list(node: Node, nodes: &mut Vec<Node>) {
    let is_list = node.get("kind").text().is_some_and(|kind| kind.ends_with("List"));
    if !is_list || !matches!(node.get("items").present().map(|items| &items.value), Some(Value::Sequence(_)))
    {
        nodes.push(node);
        return;
    }
    let Value::Map(mut map) = node.value else { return };
    if let Some((_, Node { value: Value::Sequence(items), .. })) = map.remove("items") {
        nodes.extend(items);
    }
}

/// Freezes the origins of a job and gives every object its identity.
pub(super) fn manifests(nodes: Vec<Node>, mut origins: Origins) -> Vec<Manifest> {
    origins.freeze();
    let origins = Arc::new(origins);
    nodes
        .into_iter()
        .filter_map(|node| {
            let id = ObjectId::of(&node)?;
            Some(Manifest { id, root: Arc::new(node), origins: Arc::clone(&origins) })
        })
        .collect()
}
