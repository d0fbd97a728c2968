//! An Argo CD Application (argo-cd v3.5 `pkg/apis/application/v1alpha1/types.go`).

use std::sync::Arc;

use mlgitops_manifest::{Manifest, Problem};
use mlgitops_yaml::{Node, OriginId, Origins};

use super::application_env::Environment;
use super::application_helm::{Reader, Trouble};
use super::application_override::overridden;
use super::application_path::{self as path, Folder, NoFolder};
use super::{Deployment, Deployments, Refused, Tree, kustomize};
use crate::discover::NotHere;
use crate::finding::{Code, Location, NotChecked};
use crate::kinds::argocd::{self, Source, SourceType};
use crate::render::{Given, Helm, Job, Kustomize, Plain, Tool};

/// Reads an Application: what it renders, and where to.
/// `origins` are the manifest's own, which it shares with others of its job.
pub(super) fn read(manifest: &Manifest, tree: &Tree<'_>, origins: &mut Origins, all: &mut Deployments) {
    let sources = argocd::sources(&manifest.root);
    let mut application = Application::of(manifest, &sources, tree, origins, all);
    // Without a destination either it may be a part that something lays over the whole.
    if sources.is_empty() && !manifest.root.get("spec").get("destination").is_absent() {
        let words = "it has neither `source` nor `sources`".to_owned();
        let name = manifest.root.get("metadata").get("name").present().unwrap_or(&manifest.root);
        application.refuse("no-source", words, name.origin, "");
    }
    let jobs: Vec<Arc<Job>> =
        sources.iter().filter_map(|source| application.job(*source)).map(Arc::new).collect();
    if jobs.is_empty() {
        return;
    }
    let deployment = Deployment { jobs, ..application.deployment };
    all.found.push(deployment);
}

/// An Application while it is read.
struct Application<'a> {
    deployment: Deployment,
    release_name: Option<Given>,
    sources: &'a [Source<'a>],
    tree: &'a Tree<'a>,
    origins: &'a mut Origins,
    all: &'a mut Deployments,
}

impl<'a> Application<'a> {
    fn of(
        manifest: &Manifest,
        sources: &'a [Source<'a>],
        tree: &'a Tree<'a>,
        origins: &'a mut Origins,
        all: &'a mut Deployments,
    ) -> Self {
        let destination = manifest.root.get("spec").get("destination");
        let mut given = |node: Option<&Node>| node.and_then(|node| Given::of(node, origins));
        let cluster = given(destination.get("name").present().or(destination.get("server").present()));
        let namespace = given(destination.get("namespace").present());
        let release_name = given(manifest.root.get("metadata").get("name").present());
        let deployment = Deployment {
            manifest: manifest.clone(),
            jobs: Vec::new(),
            cluster,
            namespace,
            folder: None,
            setting: None,
        };
        Self { deployment, release_name, sources, tree, origins, all }
    }

    /// What a source renders; nothing where it is there for its values files alone.
    fn job(&mut self, source: Source<'_>) -> Option<Job> {
        // With a chart its repository is one of charts, and a path beside it is not read (`IsHelm`).
        if let Some(chart) = source.chart() {
            self.of_registry(source, chart);
            return None;
        }
        let Some(written) = source.path() else {
            if source.reference().is_none() {
                let words = "it names neither `path` nor `chart`".to_owned();
                self.refuse("missing", words, source.node.origin, "");
            }
            return None;
        };
        match path::find(source, written, self.tree) {
            Ok(folder) => {
                let application = &self.deployment.manifest.id.name;
                let changed = overridden(source.node, &folder.path, application, self.tree, self.origins);
                let source = changed.as_ref().map_or(source, |node| Source { node });
                self.tool(source, &folder, written).map(|tool| Job { path: folder.path, tool })
            }
            Err(NoFolder::NotHere(why, at)) => {
                self.not_checked(why, at.origin);
                None
            }
            Err(NoFolder::Refused(kind, words, at)) => {
                self.refuse(kind, words, at.origin, written.text().unwrap_or(""));
                None
            }
        }
    }

    fn tool(&mut self, source: Source<'_>, folder: &Folder, written: &Node) -> Option<Tool> {
        let kind = match source.explicit_types().as_slice() {
            [] => path::detect(folder, self.tree),
            [one] => *one,
            [one, other, ..] => {
                let words = format!("it has both a `{}` and a `{}` block", word(*one), word(*other));
                self.refuse("several-tools", words, source.node.origin, written.text().unwrap_or(""));
                return None;
            }
        };
        match kind {
            SourceType::Helm => self.helm(source, folder, written).map(Tool::Helm),
            SourceType::Kustomize => Some(Tool::Kustomize(self.kustomize(source, folder))),
            SourceType::Directory => self.directory(source, folder, written).map(Tool::Plain),
            SourceType::Plugin => {
                let reason = "a config management plugin renders it".to_owned();
                let at = source.field("plugin").map_or(written.origin, |plugin| plugin.origin);
                self.not_checked(NotHere { code: Code::Plugin, reason, help: None }, at);
                None
            }
        }
    }

    fn directory(&mut self, source: Source<'_>, folder: &Folder, written: &Node) -> Option<Plain> {
        let glob = |name| source.option("directory", name).text().filter(|glob| !glob.is_empty());
        let options = Plain {
            recurse: source.is_set("directory", "recurse"),
            include: glob("include").map(str::to_owned),
            exclude: glob("exclude").map(str::to_owned),
            ..Plain::default()
        };
        let text = written.text().unwrap_or("");
        let jsonnet = path::jsonnet(folder, &options, self.tree);
        if let Some(file) = &jsonnet {
            let reason = format!("`{file}` is jsonnet, which is not evaluated");
            self.not_checked(NotHere { code: Code::Plugin, reason, help: None }, written.origin);
            return Some(options);
        }
        if let Some((kind, words)) = path::holds_nothing(folder, &options, text, self.tree) {
            self.refuse(kind, words, written.origin, text);
            return None;
        }
        Some(options)
    }

    fn kustomize(&mut self, source: Source<'_>, folder: &Folder) -> Kustomize {
        let environment = self.environment(source);
        kustomize::read(source, folder, &environment, self.tree, self.origins)
    }

    fn helm(&mut self, source: Source<'_>, folder: &Folder, written: &Node) -> Option<Helm> {
        let environment = self.environment(source);
        let (sources, tree) = (self.sources, self.tree);
        let mut reader =
            Reader { source, sources, folder, tree, environment: &environment, troubles: Vec::new() };
        let namespace = self.deployment.namespace.clone();
        let helm = reader.read(self.release_name.clone(), namespace, self.origins);
        let mut is_known = true;
        for trouble in reader.troubles {
            match trouble {
                Trouble::NotHere(why, at) => {
                    is_known = false;
                    self.not_checked(why, at);
                }
                Trouble::Refused(kind, words, at) => {
                    // Only with the chart's defaults does Argo CD render it all the same.
                    is_known &= kind == "defaults-only";
                    self.refuse(kind, words, at, written.text().unwrap_or(""));
                }
            }
        }
        if !is_known {
            self.all.named.insert(folder.path.clone());
        }
        is_known.then_some(helm)
    }

    fn environment(&self, source: Source<'_>) -> Environment {
        let namespace = self.deployment.namespace.as_ref().map(|namespace| &*namespace.text);
        Environment::of(&self.deployment.manifest, source, namespace)
    }

    fn of_registry(&mut self, source: Source<'_>, chart: &Node) {
        let name = chart.text().unwrap_or("");
        let reason = format!("its chart `{name}` is in `{}`", source.repo_url());
        self.not_checked(NotHere { code: Code::Remote, reason, help: None }, chart.origin);
    }

    fn not_checked(&mut self, why: NotHere, at: OriginId) {
        let manifest = &self.deployment.manifest;
        let what = format!("Application {}", manifest.id.name);
        let mut item = NotChecked::new(why.code, what, why.reason);
        item.help = why.help;
        // The origins of the manifest, as they grew while it was read.
        self.all.not_checked.push(item.at(self.origins.first(at).map(Location::from)));
    }

    fn refuse(&mut self, kind: &'static str, message: String, at: OriginId, path: &str) {
        let problem = Problem { kind, message, at: self.origins.first(at), also: None };
        let deployment = self.deployment.clone();
        self.all.refused.push(Refused { deployment, path: path.to_owned(), problem });
    }
}

/// The block of a type.
fn word(kind: SourceType) -> &'static str {
    match kind {
        SourceType::Helm => "helm",
        SourceType::Kustomize => "kustomize",
        SourceType::Directory => "directory",
        SourceType::Plugin => "plugin",
    }
}
