//! `reconcile/project-denies`: an AppProject that refuses what its Applications deploy
//! (argo-cd v3.5 `pkg/apis/application/v1alpha1/app_project_types.go`).

#[path = "project_denies/permits.rs"]
mod permits;

use std::collections::BTreeSet;

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Lookup, Node, Pointer};

use super::super::subject::models;
use super::super::{Check, Context, Violations};
use crate::config::Config;
use crate::finding::{Label, Violation};
use crate::fleet::Deployment;
use permits::{Cluster, permits_destination, permits_kind, permits_source};

pub(super) const CHECKS: &[Check] = &[Check::Deployment(check)];

/// What an Application asks of its project, and where it says so.
struct Asked<'a> {
    application: &'a Manifest,
    project: &'a Manifest,
    /// How messages call what is deployed.
    models: String,
}

fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let application = &deployment.manifest;
    let named = application.root.find(&["spec", "project"]).text().filter(|name| !name.is_empty());
    let name = named.unwrap_or("default");
    let objects = context.fleet.of_kind("AppProject").map(|object| &object.manifest);
    let mut all = objects.filter(|one| one.id.is("argoproj.io", "AppProject") && one.id.name == name);
    // Overlays and clusters may have one each, and only one of them is this Application's.
    let Some(project) = all.next().filter(|first| all.all(|other| other.root == first.root)) else { return };
    let asked = Asked { application, project, models: models(deployment, context) };
    if !asked.sources(out) && !asked.destination(context.config, out) {
        asked.kinds(deployment, context, out);
    }
}

impl Asked<'_> {
    fn spec(&self, field: &str) -> Lookup<'_> {
        self.project.root.find(&["spec", field])
    }

    /// Whether a source is refused: nothing else is looked at then.
    fn sources(&self, out: &mut Violations) -> bool {
        let Lookup::Present(list) = self.spec("sourceRepos") else {
            // Without one nothing is permitted; but a list may come from elsewhere.
            return false;
        };
        let spec = self.application.root.get("spec");
        let one = spec.get("source").present();
        for source in spec.get("sources").items().iter().chain(one) {
            let Some((url, node)) =
                source.get("repoURL").present().and_then(|node| Some((node.text()?, node)))
            else {
                continue;
            };
            if !url.contains("{{") && !permits_source(list, url) {
                let what = format!("does not list `{url}`");
                out.push(self.found("source", "sourceRepos", &what, node, "its source"));
                return true;
            }
        }
        false
    }

    fn destination(&self, config: &Config, out: &mut Violations) -> bool {
        let Lookup::Present(list) = self.spec("destinations") else { return false };
        let destination = self.application.root.find(&["spec", "destination"]);
        let text = |field: &str| destination.get(field).text().filter(|text| !text.is_empty());
        let cluster = Cluster::of(text("name"), text("server"), config);
        let namespace = text("namespace").unwrap_or("");
        let is_open = [text("name"), text("server"), text("namespace")]
            .into_iter()
            .flatten()
            .any(|text| text.contains("{{"));
        if is_open || permits_destination(list, &cluster, namespace) != Some(false) {
            return false;
        }
        let Some(node) = destination.present() else { return false };
        let field = if namespace.is_empty() { "name" } else { "namespace" };
        let node = destination.get(field).present().unwrap_or(node);
        let what = format!("has no entry for namespace `{namespace}` of cluster `{}`", cluster.shown());
        out.push(self.found("destination", "destinations", &what, node, "its destination"));
        true
    }

    fn kinds(&self, deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
        let mut said = BTreeSet::new();
        for object in context.fleet.objects_of(deployment) {
            let id = &object.manifest.id;
            if !said.insert((id.group().to_owned(), id.kind.clone())) {
                continue;
            }
            let Some((field, what)) = permits_kind(&self.project.root, id) else { continue };
            let what = format!("{what} {}", id.kind);
            let Some(node) = object.manifest.root.get("kind").present() else { continue };
            let found = self.found("kind", field, &what, node, "");
            out.push(found.map(|mut found| {
                // The label of the object stands in the object's own file.
                found.related.clear();
                let at = object.manifest.place(node.origin);
                found.related.extend(at.map(|at| Label::new(at, "part of the same sync")));
                found.word(format!("{}/{}", id.group(), id.kind))
            }));
        }
    }

    /// The violation, at the field of the project that refuses.
    fn found(
        &self,
        case: &'static str,
        field: &str,
        what: &str,
        asks: &Node,
        label: &str,
    ) -> Option<Violation> {
        let name = &self.project.id.name;
        let spec = self.project.root.get("spec").present()?;
        let entry = spec.as_map().and_then(|map| map.entry(field));
        let (path, origin) = match entry {
            Some((key, _)) => (Pointer::of(&["spec", field]), key.origin),
            None => (
                Pointer::of(&["metadata", "name"]),
                self.project.root.find(&["metadata", "name"]).present()?.origin,
            ),
        };
        let message = format!("Argo CD refuses to deploy {}{{places}}: project `{name}` {what}", self.models);
        let own = if entry.is_some() { "permits only these" } else { "lists none" };
        let own = if field.ends_with("Blacklist") { "forbids these" } else { own };
        let mut found = Violation::in_object(case, self.project, path, origin, own, message)?;
        let at = self.application.place(asks.origin);
        found.related.extend(at.map(|at| Label::new(at, label)));
        let note = match case {
            "kind" => "the sync fails as a whole: what runs stays, and every later change waits behind it",
            _ => {
                "the Application shows InvalidSpecError: what runs stays, and every later change waits behind it"
            }
        };
        Some(
            found
                .note(note)
                .help(format!("add it to `spec.{field}` of AppProject {name}, or name another project")),
        )
    }
}
