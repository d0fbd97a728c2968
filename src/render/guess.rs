//! What is rendered without a deployment: jobs guessed from names, for what nothing deploys.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_files::RepoPath;
use rayon::prelude::*;

use crate::config::is_usual_environment;
use crate::discover::{Discovery, Document, FileKind, Found, is_documentation};
use crate::finding::{Code, NotChecked};
use crate::kinds::{argocd, flux};
use crate::render::run::plain_files;
use crate::render::{Helm, Job, Kustomize, Plain, Tool};

/// One job for each folder that holds plain manifests. What lies below the `crds/` of a chart is
/// the chart's; and of files that kustomizations and templates name, a resource is what they make of
/// it, and a patch is no object.
pub(super) fn guessed_plain(discovery: &Discovery, named: &BTreeSet<RepoPath>) -> Vec<Job> {
    let is_of_chart = |path: &RepoPath| {
        let chart = discovery.chart_of(path);
        chart.and_then(|chart| path.below(chart)).is_some_and(|below| below.starts_with("crds/"))
    };
    let files = discovery.files.values().filter(|found| found.kind == FileKind::Manifests);
    let files: Vec<&Found> = files.collect();
    let files = files.into_par_iter().filter(|found| !is_of_chart(&found.path));
    let mut folders: Vec<RepoPath> = files.filter_map(|found| found.path.parent()).collect();
    folders.sort();
    folders.dedup();
    let job = |path: RepoPath| {
        let inside = plain_files(discovery, &path, &Plain::default());
        let (without, own): (Vec<&Found>, Vec<&Found>) = inside
            .into_iter()
            .filter(|found| !found.objects.is_empty())
            .partition(|found| named.contains(&found.path));
        let without = without.into_iter().map(|found| found.path.clone()).collect();
        (!own.is_empty()).then_some(Job { path, tool: Tool::Plain(Plain { without, ..Plain::default() }) })
    };
    folders.into_par_iter().filter_map(job).collect()
}

/// Kustomizations that neither a deployment nor another kustomization reaches, and of each circle of
/// them the first; components are never built by themselves.
pub(super) fn guessed_rest(discovery: &Discovery, graph: &Graph, reached: &BTreeSet<RepoPath>) -> Vec<Job> {
    let used: BTreeSet<&RepoPath> = reached.iter().chain(graph.uses.values().flatten()).collect();
    let templates = templates(discovery);
    let is_judged = |folder: &&RepoPath| {
        !graph.components.contains(*folder)
            && !is_documentation(&below(folder))
            && !reached.contains(*folder)
            && !graph.awaits_bootstrap(folder, discovery)
            && !templates.contains(*folder)
    };
    let folders = discovery.kustomizations.iter().filter(is_judged);
    let mut free: Vec<&RepoPath> = folders.filter(|folder| !used.contains(*folder)).collect();
    let mut seen = graph.closure(free.iter().copied().chain(reached));
    let circles =
        if graph.uses.keys().all(|folder| seen.contains(folder)) { Vec::new() } else { graph.circles() };
    for folder in circles.into_iter().filter(is_judged) {
        if !seen.contains(folder) {
            seen.extend(graph.closure([folder]));
            free.push(folder);
        }
    }
    let files_anywhere = is_of_flux_alone(discovery);
    let tool = || Tool::Kustomize(Kustomize { files_anywhere, ..Kustomize::default() });
    free.into_iter().map(|path| Job { path: path.clone(), tool: tool() }).collect()
}

/// The models that only kustomizations name which nothing builds, for a file that a kustomization
/// names is no manifest by itself. `reached` is what anything built takes in.
pub(super) fn unbuilt(graph: &Graph, discovery: &Discovery, reached: &BTreeSet<RepoPath>) -> Vec<NotChecked> {
    let serves = |path: &&RepoPath| {
        let found = discovery.files.get(*path).filter(|found| found.kind == FileKind::Manifests);
        !reached.contains(*path) && found.is_some_and(|found| found.objects.iter().any(is_served))
    };
    let mut told: BTreeSet<&RepoPath> = BTreeSet::new();
    let mut items = Vec::new();
    for (folder, uses) in graph.uses.iter().filter(|(folder, _)| !reached.contains(*folder)) {
        let fresh: Vec<&RepoPath> = uses.iter().filter(serves).filter(|path| told.insert(path)).collect();
        let what = match fresh.as_slice() {
            [] => continue,
            [one] => format!("`{one}`"),
            [first, rest @ ..] => format!("`{first}` and {} more", rest.len()),
        };
        let reason = format!("only the kustomization in `{folder}` names it, and nothing builds that");
        items.push(NotChecked::new(Code::InCluster, what, reason));
    }
    items
}

/// Whether a document is an object that serves a model.
fn is_served(document: &Document) -> bool {
    document.api_version.starts_with("serving.kserve.io/")
        && matches!(document.kind.as_str(), "InferenceService" | "LLMInferenceService")
}

/// The folders whose kustomization is a template, of which a program makes one elsewhere: by its
/// place, or because it is no YAML and holds an action.
fn templates(discovery: &Discovery) -> BTreeSet<RepoPath> {
    let is_template = |found: &&Found| match found.kind {
        FileKind::Template | FileKind::Scaffold => true,
        FileKind::Kustomization => {
            !found.tree.errors().is_empty() && found.tree.text().as_str().contains("{{")
        }
        _ => false,
    };
    let templates = discovery.files.values().filter(is_template).filter(|found| {
        matches!(found.path.file_name(), "kustomization.yaml" | "kustomization.yml" | "Kustomization")
    });
    templates.filter_map(|found| found.path.parent()).collect()
}

/// Whether Flux deploys from this repository, and Argo CD does not: Flux builds what names files
/// outside its folder (fluxcd/pkg v1.9 `kustomize/kustomize_generator.go`, `LoadRestrictionsNone`).
fn is_of_flux_alone(discovery: &Discovery) -> bool {
    let mut is_of_flux = false;
    for found in discovery.files.values().filter(|found| found.kind == FileKind::Manifests) {
        for document in &found.objects {
            let text =
                |key: &str| found.tree.get(document.root, key).and_then(|node| found.tree.scalar(node));
            let group = text("apiVersion").and_then(|version| version.split('/').next());
            match (group, text("kind")) {
                (Some(argocd::GROUP), Some("Application" | "ApplicationSet")) => return false,
                (Some(flux::KUSTOMIZE_GROUP), Some("Kustomization")) => is_of_flux = true,
                _ => {}
            }
        }
    }
    is_of_flux
}

/// What shows some files as Flux applies them, as far as nobody says: the kustomizations that lead to
/// each and that no other names, else the plain files of its folder. A component that no kustomization
/// takes is applied by nobody.
pub(super) fn guessed_around<'f>(graph: &Graph, files: impl Iterator<Item = &'f RepoPath>) -> Vec<Job> {
    let users = graph.users();
    let files: BTreeSet<&RepoPath> = files.collect();
    let mut above: BTreeSet<&RepoPath> = BTreeSet::new();
    let mut open: Vec<&RepoPath> = files.iter().copied().collect();
    while let Some(path) = open.pop() {
        let all = users.get(path).into_iter().flatten().copied();
        open.extend(all.filter(|user| above.insert(user)));
    }
    let tops = || above.iter().copied().filter(|folder| !users.contains_key(*folder));
    let shown = graph.closure(tops());
    let mut folders: BTreeSet<&RepoPath> = tops().filter(|top| !graph.components.contains(*top)).collect();
    let mut plain = BTreeSet::new();
    for file in files.into_iter().filter(|file| !shown.contains(*file)) {
        match users.get(file).and_then(|users| users.first()) {
            // In a circle the first is as good as any.
            Some(user) => drop(folders.insert(user)),
            None => plain.extend(file.parent()),
        }
    }
    let tool = || Tool::Kustomize(Kustomize { files_anywhere: true, ..Kustomize::default() });
    let built = folders.into_iter().map(|path| Job { path: path.clone(), tool: tool() });
    built.chain(plain.into_iter().map(|path| Job { path, tool: Tool::Plain(Plain::default()) })).collect()
}

/// Which folders of kustomizations name which others.
pub(super) struct Graph {
    uses: BTreeMap<RepoPath, BTreeSet<RepoPath>>,
    components: BTreeSet<RepoPath>,
}

impl Graph {
    /// That of a source.
    pub(super) fn of(discovery: &Discovery) -> Self {
        let mut graph = Self { uses: BTreeMap::new(), components: BTreeSet::new() };
        for found in discovery.files.values().filter(|found| found.kind == FileKind::Kustomization) {
            let (Some(folder), Some(root)) =
                (found.path.parent(), found.tree.documents().first().and_then(|document| document.root))
            else {
                continue;
            };
            let text = |key: &str| found.tree.get(root, key).and_then(|node| found.tree.scalar(node));
            if text("kind") == Some("Component") {
                graph.components.insert(folder.clone());
            }
            let mut uses = BTreeSet::new();
            for list in ["resources", "bases", "components"] {
                let Some(list) = found.tree.get(root, list) else { continue };
                let entries = found.tree.children(list).iter().filter_map(|&entry| found.tree.scalar(entry));
                uses.extend(
                    entries.filter_map(|entry| folder.join(entry).ok()).filter(|path| *path != folder),
                );
            }
            graph.uses.entry(folder).or_default().extend(uses);
        }
        graph
    }

    /// Whether a folder names files that `flux bootstrap` will write: no one can build it before.
    fn awaits_bootstrap(&self, folder: &RepoPath, discovery: &Discovery) -> bool {
        let is_to_come = |path: &RepoPath| {
            matches!(path.file_name(), "gotk-components.yaml" | "gotk-sync.yaml")
                && !discovery.files.contains_key(path)
        };
        self.uses.get(folder).is_some_and(|uses| uses.iter().any(is_to_come))
    }

    /// Who names each path.
    fn users(&self) -> BTreeMap<&RepoPath, Vec<&RepoPath>> {
        let mut users = BTreeMap::<&RepoPath, Vec<&RepoPath>>::new();
        for (folder, uses) in &self.uses {
            uses.iter().for_each(|used| users.entry(used).or_default().push(folder));
        }
        users
    }

    /// Some folders and all they lead to.
    fn closure<'g>(&'g self, from: impl IntoIterator<Item = &'g RepoPath>) -> BTreeSet<&'g RepoPath> {
        let mut left: Vec<&RepoPath> = from.into_iter().collect();
        let mut seen: BTreeSet<&RepoPath> = BTreeSet::new();
        while let Some(folder) = left.pop() {
            if seen.insert(folder) {
                left.extend(self.uses.get(folder).into_iter().flatten());
            }
        }
        seen
    }

    /// The folders that lie on circles, or between two: what is left when those that nothing left
    /// leads to, and those that lead to nothing left, are taken away one after the other.
    fn circles(&self) -> Vec<&RepoPath> {
        let edges = || self.uses.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
        let back = edges().fold(BTreeMap::<&RepoPath, Vec<&RepoPath>>::new(), |mut back, (from, to)| {
            back.entry(to).or_default().push(from);
            back
        });
        let ahead = edges().fold(BTreeMap::<&RepoPath, Vec<&RepoPath>>::new(), |mut ahead, (from, to)| {
            ahead.entry(from).or_default().push(to);
            ahead
        });
        let all: BTreeSet<&RepoPath> = self.uses.keys().collect();
        let inner = strip(strip(all, &back, &ahead), &ahead, &back);
        inner.into_iter().collect()
    }
}

type Edges<'g> = BTreeMap<&'g RepoPath, Vec<&'g RepoPath>>;

/// Takes away what has no edge in `from` to anything left, until all that is left has one; `to` are
/// the same edges the other way round.
fn strip<'g>(mut left: BTreeSet<&'g RepoPath>, from: &Edges<'g>, to: &Edges<'g>) -> BTreeSet<&'g RepoPath> {
    let count = |node: &RepoPath, left: &BTreeSet<&RepoPath>| {
        from.get(node).map_or(0, |edges| edges.iter().filter(|other| left.contains(*other)).count())
    };
    let mut counts: BTreeMap<&RepoPath, usize> =
        left.iter().map(|node| (*node, count(node, &left))).collect();
    let mut bare: Vec<&RepoPath> =
        counts.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    while let Some(node) = bare.pop() {
        left.remove(node);
        for other in to.get(node).into_iter().flatten() {
            if let Some(count) = counts.get_mut(other).filter(|count| **count > 0) {
                *count -= 1;
                if *count == 0 {
                    bare.push(other);
                }
            }
        }
    }
    left
}

/// The kustomization in a folder, for a question about its path.
fn below(folder: &RepoPath) -> RepoPath {
    folder.join("kustomization.yaml").unwrap_or_else(|_| folder.clone())
}

/// Charts that no deployment reaches: once for each environment's values file beside them, or with
/// their own values alone. Library charts render nothing, and a vendored chart is its parent's.
pub(super) fn guessed_charts(discovery: &Discovery, reached: &BTreeSet<RepoPath>) -> Vec<Job> {
    let mut jobs = Vec::new();
    for chart in &discovery.charts {
        let chart_file = chart.join("Chart.yaml").unwrap_or_else(|_| chart.clone());
        if reached.contains(chart)
            || is_vendored(discovery, chart)
            || is_library(discovery, &chart_file)
            || is_documentation(&chart_file)
        {
            continue;
        }
        let mut choices: Vec<Vec<RepoPath>> =
            environment_values(discovery, chart).into_iter().map(|file| vec![file]).collect();
        if choices.is_empty() {
            choices.push(Vec::new());
        }
        jobs.extend(choices.into_iter().map(|value_files| Job {
            path: chart.clone(),
            tool: Tool::Helm(Helm { value_files, ..Helm::default() }),
        }));
    }
    jobs
}

/// Whether a chart lies in the `charts/` of another.
fn is_vendored(discovery: &Discovery, chart: &RepoPath) -> bool {
    let parent = chart.parent().filter(|parent| parent.file_name() == "charts");
    parent.and_then(|parent| parent.parent()).is_some_and(|owner| discovery.charts.contains(&owner))
}

fn is_library(discovery: &Discovery, chart_file: &RepoPath) -> bool {
    let Some(found) = discovery.files.get(chart_file) else { return false };
    let root = found.tree.documents().first().and_then(|document| document.root);
    let kind = root.and_then(|root| found.tree.get(root, "type"));
    kind.and_then(|kind| found.tree.scalar(kind)) == Some("library")
}

/// The `values-<env>.yaml` and `values/<env>.yaml` of a chart whose names say a usual environment.
fn environment_values(discovery: &Discovery, chart: &RepoPath) -> Vec<RepoPath> {
    let names_one = |path: &&RepoPath| {
        let name = path.file_name();
        let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else {
            return false;
        };
        let folder = path.parent();
        if folder.as_ref() == Some(chart) {
            let rest = stem.strip_prefix("values-").or_else(|| stem.strip_prefix("values."));
            return rest.is_some_and(is_usual_environment);
        }
        folder.is_some_and(|folder| folder.file_name() == "values" && folder.parent().as_ref() == Some(chart))
            && is_usual_environment(stem)
    };
    let inside = discovery.files.range(chart.clone()..).map(|(path, _)| path);
    let end = format!("{chart}0");
    inside
        .take_while(|path| path.as_str() <= end.as_str() || chart.as_str().is_empty())
        .filter(names_one)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mlgitops_files::Files;

    use super::*;
    use crate::source::Memory;

    /// The kustomizations that are guessed, where each folder names the others.
    fn guessed(folders: &[(&str, &str)]) -> Vec<String> {
        let texts = folders.iter().map(|(folder, names)| {
            let kind = if folder.starts_with("part") { "Component" } else { "Kustomization" };
            (
                format!("{folder}/kustomization.yaml"),
                format!("kind: {kind}\nresources: [{names}]\n").into_bytes(),
            )
        });
        let files: Arc<dyn Files> = Arc::new(Memory::new(texts.collect()));
        let discovery = crate::discover::discover(&files, &globset::GlobSet::empty());
        let reached = BTreeSet::from([RepoPath::parse("reached").unwrap()]);
        guessed_rest(&discovery, &Graph::of(&discovery), &reached)
            .into_iter()
            .map(|job| job.path.to_string())
            .collect()
    }

    #[test]
    fn of_a_circle_of_kustomizations_the_first_is_built() {
        type Case = (&'static [(&'static str, &'static str)], &'static [&'static str]);
        let table: [Case; 9] = [
            (&[("base", ""), ("overlay", "../base")], &["overlay"]),
            (&[("a", "../b"), ("b", "../a")], &["a"]),
            (&[("a", "../b"), ("b", "../c"), ("c", "../a")], &["a"]),
            // What leads into a circle is built, and meets it.
            (&[("a", "../b"), ("b", "../a"), ("z", "../b")], &["z"]),
            // What a circle leads to is a base.
            (&[("a", "../b, ../base"), ("b", "../a"), ("base", "")], &["a"]),
            (&[("a", "../b"), ("b", "../a"), ("c", "../d"), ("d", "../c")], &["a", "c"]),
            (&[("reached", "../b"), ("b", "../a"), ("a", "../b")], &[]),
            (&[("part-a", "../part-b"), ("part-b", "../part-a")], &[]),
            (&[("docs", "../base"), ("base", "")], &[]),
        ];
        for (folders, expected) in table {
            assert_eq!(guessed(folders), expected, "{folders:?}");
        }
    }

    #[test]
    fn files_elsewhere_are_read_where_flux_deploys_alone() {
        let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n";
        let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n";
        let table = [(vec![], false), (vec![flux], true), (vec![flux, argo], false), (vec![argo], false)];
        for (objects, expected) in table {
            let objects = objects.iter().enumerate().map(|(at, text)| (format!("cluster/{at}.yaml"), *text));
            let folder = ("apps/kustomization.yaml".to_owned(), "resources: [../base/app.yaml]\n");
            let files = objects.chain([folder]).map(|(path, text)| (path, text.as_bytes().to_vec()));
            let files: Arc<dyn Files> = Arc::new(Memory::new(files.collect()));
            let discovery = crate::discover::discover(&files, &globset::GlobSet::empty());
            let jobs = guessed_rest(&discovery, &Graph::of(&discovery), &BTreeSet::new());
            let [Job { tool: Tool::Kustomize(job), .. }] = jobs.as_slice() else { panic!("{jobs:?}") };
            assert_eq!(job.files_anywhere, expected);
        }
    }

    #[test]
    fn templates_of_kustomizations_are_not_built() {
        let table = [
            ("generator", "resources:\n{{- range . }}\n- {{ . }}\n{{- end }}\n", 0),
            ("generator/templates/apps", "resources:\n  {{<- if . >}}\n  - a.yaml\n  {{<- end >}}\n", 0),
            ("generator/templates/apps", "resources:\n- a.yaml\n", 1),
            ("generator", "resources:\n- a.yaml\n b\n", 1),
            ("generator", "namePrefix: '{{ a }}-'\nresources: [a.yaml]\n", 1),
        ];
        for (folder, text, expected) in table {
            let file = (format!("{folder}/kustomization.yaml"), text.as_bytes().to_vec());
            let files: Arc<dyn Files> = Arc::new(Memory::new([file].into_iter().collect()));
            let discovery = crate::discover::discover(&files, &globset::GlobSet::empty());
            assert_eq!(
                guessed_rest(&discovery, &Graph::of(&discovery), &BTreeSet::new()).len(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_chart_is_guessed_once_for_each_environment_beside_it() {
        let chart = |kind: &str| format!("apiVersion: v2\nname: a\nversion: 0.1.0\ntype: {kind}\n");
        let texts = [
            ("fraud/Chart.yaml", chart("application")),
            ("fraud/values.yaml", "a: 1\n".to_owned()),
            ("fraud/values-prod.yaml", "a: 2\n".to_owned()),
            ("fraud/values-gpu.yaml", "a: 3\n".to_owned()),
            ("fraud/values/dev.yaml", "a: 4\n".to_owned()),
            ("fraud/charts/vendored/Chart.yaml", chart("application")),
            ("library/Chart.yaml", chart("library")),
            ("plain/Chart.yaml", chart("application")),
            ("reached/Chart.yaml", chart("application")),
        ];
        let files = texts.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
        let files: Arc<dyn Files> = Arc::new(Memory::new(files));
        let discovery = crate::discover::discover(&files, &globset::GlobSet::empty());
        let reached = BTreeSet::from([RepoPath::parse("reached").unwrap()]);
        let jobs: Vec<(String, Vec<String>)> = guessed_charts(&discovery, &reached)
            .into_iter()
            .map(|job| {
                let Tool::Helm(helm) = job.tool else { panic!("{} is no chart", job.path) };
                (job.path.to_string(), helm.value_files.iter().map(ToString::to_string).collect())
            })
            .collect();
        let expected = [
            ("fraud", vec!["fraud/values-prod.yaml"]),
            ("fraud", vec!["fraud/values/dev.yaml"]),
            ("plain", vec![]),
        ]
        .map(|(path, files)| (path.to_owned(), files.into_iter().map(str::to_owned).collect::<Vec<_>>()));
        assert_eq!(jobs, expected);
    }
}
