//! An Argo CD Application (argo-cd v3.5 `pkg/apis/application/v1alpha1/types.go`).

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Origins};

use super::{Deployment, Deployments, Tree, kustomize};
use crate::finding::{Code, Location, NotChecked};
use crate::render::{Given, Helm, Job, Parameter, Plain, Tool};

/// Reads an Application: what it renders, and where to.
/// `origins` are the manifest's own, which it shares with others of its job.
pub(super) fn read(manifest: &Manifest, tree: &Tree<'_>, origins: &mut Origins, all: &mut Deployments) {
    let spec = manifest.root.get("spec");
    let destination = spec.get("destination");
    let mut given = |node: Option<&Node>| node.and_then(|node| Given::of(node, origins));
    let cluster = given(destination.get("name").present().or(destination.get("server").present()));
    let namespace = given(destination.get("namespace").present());
    let release_name = given(manifest.root.get("metadata").get("name").present());
    let sources: Vec<&Node> = match spec.get("sources").items() {
        [] => spec.get("source").present().into_iter().collect(),
        many => many.iter().collect(),
    };
    let mut jobs = Vec::new();
    for source in sources {
        let Some(path) = source.get("path").present() else {
            if let Some(chart) = source.get("chart").present() {
                all.not_checked.push(of_registry(manifest, source, chart));
            }
            continue;
        };
        if let Some((node, what)) = not_read(source) {
            all.not_checked.push(
                NotChecked::new(
                    Code::Plugin,
                    format!("Application {}", manifest.id.name),
                    format!("{what} is not read yet, so its values are not known"),
                )
                .at(manifest.place(node.origin).map(Location::from)),
            );
            continue;
        }
        let folder =
            path.text().and_then(|text| RepoPath::parse(text).ok()).filter(|path| tree.has_folder(path));
        match folder {
            Some(folder) => {
                let common = Common { namespace: namespace.clone(), release_name: release_name.clone() };
                jobs.push(job(source, folder, common, tree, origins));
            }
            None => all.not_checked.push(elsewhere(manifest, source, path)),
        }
    }
    if jobs.is_empty() {
        return;
    }
    all.found.push(Deployment { manifest: manifest.clone(), jobs, cluster, namespace });
}

/// What every source of an Application shares.
struct Common {
    namespace: Option<Given>,
    release_name: Option<Given>,
}

/// What an Application gives its chart in a form that is not read.
fn not_read(source: &Node) -> Option<(&Node, &'static str)> {
    let helm = source.get("helm");
    let files = helm.get("valueFiles").items().iter();
    let elsewhere = files.into_iter().find(|file| file.text().is_some_and(|file| file.starts_with('$')));
    elsewhere.map(|file| (file, "a values file of another source")).or_else(|| {
        [("valuesObject", "`helm.valuesObject`"), ("fileParameters", "`helm.fileParameters`")]
            .into_iter()
            .find_map(|(field, what)| Some((helm.get(field).present()?, what)))
    })
}

fn of_registry(manifest: &Manifest, source: &Node, chart: &Node) -> NotChecked {
    let url = source.get("repoURL").text().unwrap_or("");
    let name = chart.text().unwrap_or("");
    let place = manifest.place(chart.origin).map(Location::from);
    let reason = format!("its chart `{name}` is in `{url}`");
    NotChecked::new(Code::Remote, format!("Application {}", manifest.id.name), reason).at(place)
}

fn elsewhere(manifest: &Manifest, source: &Node, path: &Node) -> NotChecked {
    let url = source.get("repoURL").text().unwrap_or("");
    let place = manifest.place(path.origin).map(Location::from);
    let reason =
        format!("this repository has no folder `{}`; its source is `{url}`", path.text().unwrap_or(""));
    NotChecked::new(Code::Remote, format!("Application {}", manifest.id.name), reason).at(place)
}

fn job(source: &Node, path: RepoPath, common: Common, tree: &Tree<'_>, origins: &mut Origins) -> Job {
    let tool = if tree.discovery.charts.contains(&path) {
        Tool::Helm(helm(source, &path, common, origins))
    } else if tree.discovery.kustomizations.contains(&path) {
        Tool::Kustomize(kustomize::read(source, origins))
    } else {
        let recurse = source.get("directory").get("recurse").present().and_then(Node::as_bool) == Some(true);
        Tool::Plain(Plain { recurse })
    };
    Job { path, tool }
}

fn helm(source: &Node, chart: &RepoPath, common: Common, origins: &mut Origins) -> Helm {
    let helm = source.get("helm");
    let given = |node: Option<&Node>, origins: &mut Origins| node.and_then(|node| Given::of(node, origins));
    let value_files = helm.get("valueFiles").items().iter();
    let value_files = value_files.filter_map(|file| chart.join(file.text()?).ok()).collect();
    let parameters = helm.get("parameters").items().iter();
    let parameters = parameters
        .filter_map(|parameter| {
            Some(Parameter {
                name: parameter.get("name").text()?.to_owned(),
                value: Given::of(parameter.get("value").present()?, origins)?,
                force_string: parameter.get("forceString").present().and_then(Node::as_bool) == Some(true),
            })
        })
        .collect();
    let values = given(helm.get("values").present(), origins).into_iter().collect();
    let release_name = given(helm.get("releaseName").present(), origins).or(common.release_name);
    Helm { value_files, values, parameters, release_name, namespace: common.namespace }
}
