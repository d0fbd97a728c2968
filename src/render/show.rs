//! Renders one deployable by itself, as its own tool would print it.

use std::sync::Arc;

use globset::GlobSet;
use mlgitops_files::{Files, RepoPath};
use mlgitops_helm::{Chart, RenderOptions, SetForm, ValuesSource};
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{OriginId, Origins, Reader, Role, SourceFile, Text, to_yaml};

use crate::config::KubernetesConfig;
use crate::discover::discover;
use crate::finding::Location;
use crate::render::library::Discovered;
use crate::render::run::{Rendered, of_chart, run};
use crate::render::{Helm, Job, Kustomize, Plain, Tool};

/// What the options of `helm template` give to a chart.
#[derive(Debug, Clone, Default)]
pub struct ShowOptions {
    /// Values files in order: the last one wins.
    pub values: Vec<ValuesFile>,
    /// `--set` and its kin, whole arguments: `a=1,b.c=x`.
    pub set: Vec<(SetForm, String)>,
    /// The release's name.
    pub release_name: Option<String>,
    /// The release's namespace.
    pub namespace: Option<String>,
    /// The version of Kubernetes.
    pub kube_version: Option<String>,
    /// API versions beside Helm's own default.
    pub api_versions: Vec<String>,
    /// Whether what stands below `crds/` is printed.
    pub include_crds: bool,
    /// What the configuration says of the clusters: it holds where the two options say nothing.
    pub clusters: KubernetesConfig,
}

/// A values file.
#[derive(Debug, Clone)]
pub enum ValuesFile {
    /// One of the repository.
    Inside(RepoPath),
    /// One from elsewhere on this machine, because the user names it.
    Outside(Arc<SourceFile>),
}

/// What a deployable renders to.
#[derive(Debug)]
pub struct Shown {
    /// What its tool prints: `helm template`, `kustomize build`, or the manifests one by one.
    pub text: String,
    /// The objects, their origins, and what went wrong.
    pub rendered: Rendered,
    /// What the real tool refuses, or leaves out in silence, and changes nothing here: `(what, reason,
    /// where)`.
    pub refused_elsewhere: Vec<(String, String, Option<Location>)>,
}

/// Renders what lies in a folder: a chart, else a kustomization, else plain manifests.
#[must_use]
pub fn show(files: &Arc<dyn Files>, folder: &RepoPath, options: &ShowOptions) -> Shown {
    let discovery = discover(files, &GlobSet::empty());
    let tool = if discovery.charts.contains(folder) {
        let (kube_version, api_versions) = (options.kube_version.clone(), options.api_versions.clone());
        Tool::Helm(Helm { kube_version, api_versions, ..Helm::default() })
    } else if discovery.kustomizations.contains(folder) {
        Tool::Kustomize(Kustomize::default())
    } else {
        Tool::Plain(Plain::default())
    };
    let mut job = Job { path: folder.clone(), tool };
    job.tell(&options.clusters);
    let job = Arc::new(job);
    if let Tool::Helm(told) = &job.tool {
        let told = told.clone();
        let mut shown = chart(files, job, options, told);
        if discovery.nameless_charts.contains(folder) {
            let what = format!("chart `{folder}`");
            let reason = "it has no Chart.yaml, and `helm template` refuses it".to_owned();
            shown.refused_elsewhere.push((what, reason, None));
        }
        return shown;
    }
    let library = Discovered::new(&discovery);
    let reader = Reader::with_library(files, &library);
    let rendered = run(reader, &discovery, &Chart::load, &job);
    Shown { text: one_by_one(&rendered.manifests), rendered, refused_elsewhere: Vec::new() }
}

fn chart(files: &Arc<dyn Files>, job: Arc<Job>, options: &ShowOptions, told: Helm) -> Shown {
    let mut origins = Origins::default();
    let options = render_options(options, told, &mut origins);
    let reader = Reader::new(files);
    let chart = Chart::load(reader, &job.path);
    let mut done = mlgitops_helm::render(reader, &chart, &options, &mut origins);
    let documents = std::mem::take(&mut done.documents);
    let print = |wanted: bool| {
        let mut text = String::new();
        for document in documents.iter().filter(|document| document.is_hook == wanted) {
            text.push_str(&format!("---\n# Source: {}\n{}\n", document.template, document.text));
        }
        text
    };
    // Hooks come behind the rest, which is trimmed as a whole (helm v3 cmd/helm/template.go).
    let text = format!("{}\n{}", print(false).trim(), print(true));
    let text = if done.problems.is_empty() { text } else { String::new() };
    let unneeded = std::mem::take(&mut done.unneeded).into_iter();
    let refused_elsewhere = unneeded.map(|one| (one.what, one.reason, one.at.map(Location::from))).collect();
    let rendered = of_chart(reader, &Helm::default(), Rendered::of(job), done, origins);
    Shown { text, rendered, refused_elsewhere }
}

fn render_options(options: &ShowOptions, told: Helm, origins: &mut Origins) -> RenderOptions {
    let builtin = |text: &String| Text::opaque(text, OriginId::NONE);
    let mut values: Vec<ValuesSource> = Vec::new();
    for file in &options.values {
        values.push(match file {
            ValuesFile::Inside(path) => ValuesSource::File(path.clone()),
            ValuesFile::Outside(file) => {
                let id = origins.add_file(file);
                ValuesSource::Text(Text::of_file(id, Role::Values, origins))
            }
        });
    }
    for (form, argument) in &options.set {
        let line = Text::opaque(argument, OriginId::NONE);
        values.push(ValuesSource::SetLine { line, form: *form });
    }
    RenderOptions {
        values,
        release_name: options.release_name.as_ref().map(builtin),
        namespace: options.namespace.as_ref().map(builtin),
        kube_version: told.kube_version,
        api_versions: told.api_versions,
        is_upgrade: false,
        include_crds: options.include_crds,
        skip_schemas: false,
        without_own_values: false,
        keep_documents: true,
    }
}

/// As kustomize prints: by way of JSON, so that keys are sorted and comments are gone.
fn one_by_one(manifests: &[Manifest]) -> String {
    let Some(first) = manifests.first() else { return String::new() };
    // The manifests of one job share their origins; the printer notes new ones.
    let mut origins = (*first.origins).clone();
    let print = |manifest: &Manifest| to_yaml(&manifest.root, &mut origins).as_str().to_owned() + "\n";
    manifests.iter().map(print).collect::<Vec<_>>().join("---\n")
}
