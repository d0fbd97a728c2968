//! `helmCharts`: charts of the repository, rendered in process (kustomize v5.8
//! `api/internal/builtins/HelmChartInflationGenerator.go`).

use std::sync::Arc;

use mlgitops_files::{EntryKind, RepoPath};
use mlgitops_helm::{Chart, NotRenderedKind, RenderOptions, ValuesSource, render};
use mlgitops_yaml::{Map, Node, OriginId, Origins, Role, Value};

use crate::accumulate::Accumulated;
use crate::build::{Builder, LeftOut, LeftOutKind, Refused, Step};
use crate::generate::Behavior;
use crate::merge::merge;
use crate::read::Kustomization;
use crate::resource::Resource;

impl Builder<'_> {
    pub(crate) fn charts(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        let globals = kustomization.root.get("helmGlobals");
        let home = globals.get("chartHome").text().unwrap_or_default().to_owned();
        for entry in kustomization.list("helmCharts") {
            self.chart(&kustomization.folder, &entry, &home, built)?;
        }
        for entry in kustomization.list("helmChartInflationGenerator") {
            let home = entry.get("chartHome").text().unwrap_or(&home).to_owned();
            self.chart(&kustomization.folder, &renamed(&entry), &home, built)?;
        }
        Ok(())
    }

    /// Renders one chart; one that is on a server is noted.
    pub(crate) fn chart(
        &mut self,
        folder: &RepoPath,
        entry: &Node,
        home: &str,
        built: &mut Accumulated,
    ) -> Step<()> {
        let text = |field: &str| entry.get(field).text().unwrap_or_default().to_owned();
        let (name, version, repo) = (text("name"), text("version"), text("repo"));
        let at = entry.get("name").present().map_or(entry.origin, |name| name.origin);
        if name.is_empty() {
            return Err(self.refuse("chart", "a chart needs a name", entry.origin));
        }
        let template = entry.get("nameTemplate").present().filter(|template| template.text() != Some(""));
        if let Some(template) = template.filter(|_| !text("releaseName").is_empty()) {
            let message = "`releaseName` and `nameTemplate` both name the release: Helm takes one";
            return Err(self.refuse("chart", message, template.origin));
        }
        let home = if home.is_empty() { "charts" } else { home };
        let within =
            if version.is_empty() || repo.is_empty() { String::new() } else { format!("/{name}-{version}") };
        let chart = match folder.join(&format!("{home}{within}/{name}")) {
            Ok(chart) => chart,
            Err(error) => return Err(self.refuse("outside", error.to_string(), at)),
        };
        if self.reader.files().kind(&chart) != Some(EntryKind::Folder) {
            if repo.is_empty() {
                let message = format!("there is no chart in `{chart}`, and no `repo` to get it from");
                return Err(self.missing(&chart, message, at));
            }
            self.remote(&format!("{repo} {name} {version}"), at);
            return Ok(());
        }
        let options = self.chart_options(folder, entry, &chart)?;
        let skips_hooks = entry.get("skipHooks").present().and_then(Node::as_bool).unwrap_or_default();
        let rendered = render(self.reader, &Chart::load(self.reader, &chart), &options, self.origins);
        self.result.reached.extend(rendered.reached);
        for item in rendered.not_rendered {
            if item.kind == NotRenderedKind::Dependency {
                self.remote(&item.what, at);
            } else {
                let reason = format!("{}: {}", item.what, item.reason);
                self.result.left_out.push(LeftOut { kind: LeftOutKind::Limit, reason, at: item.at });
            }
        }
        if !rendered.problems.is_empty() {
            self.result.problems.extend(rendered.problems);
            return Err(Refused);
        }
        let mut objects = Vec::new();
        for object in rendered.objects.into_iter().filter(|object| !(object.is_hook && skips_hooks)) {
            let node = Arc::try_unwrap(object.root).unwrap_or_else(|shared| (*shared).clone());
            self.add_object(node, &mut objects)?;
        }
        for node in objects {
            let mut resource = Resource::new(node, entry.origin);
            resource.is_from_helm = true;
            self.absorb(resource, Behavior::Create, built)?;
        }
        Ok(())
    }

    fn chart_options(&mut self, folder: &RepoPath, entry: &Node, chart: &RepoPath) -> Step<RenderOptions> {
        let inherited = self.namespaces.iter().rev().flatten().next().cloned();
        let namespace = entry.get("namespace").present().cloned().or(inherited);
        let mut values = vec![self.chart_values(folder, entry, chart)?];
        for file in entry.get("additionalValuesFiles").items() {
            let path = self.file_of(folder, file.text().unwrap_or_default(), file.origin)?;
            values.push(ValuesSource::File(path));
        }
        let written = |field: &str| entry.get(field).present().filter(|name| name.text() != Some(""));
        let release = written("releaseName").or_else(|| written("nameTemplate")).cloned();
        if let Some(template) = release.as_ref().filter(|name| name.text().is_some_and(is_template)) {
            let reason = "the name of a release that is a template is not worked out".to_owned();
            self.leave_out(LeftOutKind::Limit, reason, template.origin);
        }
        let told = self.overrides;
        let versions = entry.get("apiVersions").items().iter();
        let versions = versions.filter_map(|version| Some(version.text()?.to_owned()));
        let kube_version = told.kube_version.as_deref().or(entry.get("kubeVersion").text());
        Ok(RenderOptions {
            values,
            release_name: release.map(|node| self.text_of(&node, Role::Transformer)),
            namespace: namespace.map(|node| self.text_of(&node, Role::Transformer)),
            kube_version: kube_version.map(str::to_owned),
            api_versions: match told.api_versions.as_slice() {
                [] => versions.collect(),
                over => over.to_vec(),
            },
            is_upgrade: false,
            skip_schemas: false,
            without_own_values: false,
            include_crds: entry.get("includeCRDs").present().and_then(Node::as_bool) == Some(true),
            keep_documents: false,
        })
    }

    /// The values file, with the values of the entry over or under it.
    fn chart_values(&mut self, folder: &RepoPath, entry: &Node, chart: &RepoPath) -> Step<ValuesSource> {
        let written = entry.get("valuesFile").present().filter(|file| file.text() != Some(""));
        let file = match written {
            Some(file) => self.file_of(folder, file.text().unwrap_or_default(), file.origin)?,
            None => chart.join("values.yaml").unwrap_or_else(|_| chart.clone()),
        };
        let at = written.map_or(entry.origin, |file| file.origin);
        let inline = entry
            .get("valuesInline")
            .present()
            .filter(|node| node.as_map().is_some_and(|map| !map.is_empty()));
        let Some(mut inline) = inline.cloned() else {
            if self.reader.files().kind(&file).is_none() {
                return Err(self.missing(&file, format!("`{file}` does not exist"), at));
            }
            return Ok(ValuesSource::File(file));
        };
        as_values(&mut inline, self.origins);
        let merged = match entry.get("valuesMerge").text() {
            Some("replace") => return Ok(ValuesSource::Node(inline)),
            Some("merge") => {
                let values = self.values_document(&file, at)?;
                merge(inline, values, self.origins)
            }
            None | Some("" | "override") => {
                let values = self.values_document(&file, at)?;
                merge(values, inline, self.origins)
            }
            Some(other) => {
                let at = entry.get("valuesMerge").present().map_or(entry.origin, |node| node.origin);
                let message = format!("`{other}` is none of merge, override and replace");
                return Err(self.refuse("chart", message, at));
            }
        };
        match merged {
            Ok(Some(values)) => Ok(ValuesSource::Node(values)),
            Ok(None) => Ok(ValuesSource::Node(Node::new(Value::Map(Map::default()), OriginId::NONE))),
            Err(misfit) => Err(self.refuse("chart", misfit.message, misfit.at)),
        }
    }

    fn values_document(&mut self, path: &RepoPath, at: OriginId) -> Step<Node> {
        let mut document = self.document(path, at)?;
        as_values(&mut document, self.origins);
        Ok(document)
    }
}

/// Whether a name of a release is one that Helm would work out.
fn is_template(name: &str) -> bool {
    name.contains("{{")
}

/// Gives the values of an entry the role of values.
fn as_values(node: &mut Node, origins: &mut Origins) {
    node.origin = origins.with_role(node.origin, Role::Values);
    match &mut node.value {
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| as_values(value, origins)),
        Value::Sequence(items) => items.iter_mut().for_each(|item| as_values(item, origins)),
        _ => {}
    }
}

/// An entry of the older field, with the names of today.
fn renamed(entry: &Node) -> Node {
    const NAMES: [(&str, &str); 9] = [
        ("chartName", "name"),
        ("chartVersion", "version"),
        ("chartRepoUrl", "repo"),
        ("values", "valuesFile"),
        ("valuesLocal", "valuesInline"),
        ("valuesMerge", "valuesMerge"),
        ("releaseName", "releaseName"),
        ("releaseNamespace", "namespace"),
        ("includeCRDs", "includeCRDs"),
    ];
    let fields = NAMES.iter().filter_map(|(old, new)| {
        let (key, value) = entry.as_map()?.entry(old)?;
        Some((mlgitops_yaml::Key::new(new, key.origin), value.clone()))
    });
    Node::new(Value::Map(Map::of(fields.collect())), entry.origin)
}
