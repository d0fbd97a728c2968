//! `schema/unknown-field`: a field that no release has, or that stands at the wrong level.

use mlgitops_manifest::Manifest;
use mlgitops_manifest::fields::{
    Availability, FieldRef, KindTable, Project, Release, ReleaseSet, did_you_mean, dotted, nearest_home,
    tables,
};
use mlgitops_yaml::{Key, Node, Pointer, Step, Value};

use super::super::{Check, Context, Violations};
use crate::finding::{Intent, Violation};
use crate::fleet::Object;
use crate::kinds::flux::{LEFT_ALONE, is_helm_release, is_kustomization, mark};
use crate::kinds::kubernetes::metadata_value;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    let Some(table) = tables().kind(&manifest.id.api_version, &manifest.id.kind) else { return };
    if !(matches!(table.project, Project::KServe | Project::ArgoCd) || is_of_flux(table.project)) {
        return;
    }
    let releases = context.facts.releases(table.project);
    // A version of the kind that no release has is what `unknown-kind` is about.
    let spec = table.root.field("spec").map(|spec| spec.availability(&releases));
    if spec == Some(Availability::Never) {
        return;
    }
    let by = By::of(object, context);
    // What is never sent, nobody refuses; `self-heal` says that it is not.
    if by == By::Kustomization && mark(&manifest.root, &LEFT_ALONE).is_some() {
        return;
    }
    let mut walk = Walk { manifest, table, releases, by, out };
    walk.level(&manifest.root, table.root, &Pointer::default(), None);
}

/// What applies an object, which decides what becomes of a field that is not declared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Argo CD, on the client's side: the API server drops the field.
    Application,
    /// Argo CD, on the server's side, which drops nothing.
    ServerSide,
    /// A Kustomization of Flux, on the server's side, which drops nothing.
    Kustomization,
    /// Helm, by a HelmRelease of Flux: the API server drops the field.
    HelmRelease,
    /// Nobody says.
    Unsaid,
}

impl By {
    fn of(object: &Object, context: &Context<'_>) -> Self {
        let deployable = context.fleet.deployables.get(object.deployable);
        match deployable.and_then(|deployable| deployable.deployment.as_ref()) {
            Some(by) if is_kustomization(&by.id) => Self::Kustomization,
            Some(by) if is_helm_release(&by.id) => Self::HelmRelease,
            Some(by) if applies_on_server(by, object) => Self::ServerSide,
            Some(_) => Self::Application,
            // What nothing deploys yet would be applied as the rest is.
            None if context.facts.flux.is_alone => Self::Kustomization,
            None if context.facts.flux.is_absent => Self::Application,
            None => Self::Unsaid,
        }
    }

    /// What a person sees where the API server drops a field.
    fn dropped(self) -> &'static str {
        match self {
            Self::Application => "the API server drops it and Argo CD says Synced",
            Self::HelmRelease => "the API server drops it and Flux says Ready",
            Self::Kustomization | Self::ServerSide | Self::Unsaid => {
                "the API server drops it and Argo CD says Synced; Flux refuses the whole object"
            }
        }
    }

    /// The same of a field that only some releases have.
    fn partly(self) -> &'static str {
        match self {
            Self::Application => "another release drops it, and Argo CD says Synced",
            Self::HelmRelease => "another release drops it, and Flux says Ready",
            Self::ServerSide => "another release refuses it: the sync fails, and its later waves wait",
            Self::Kustomization => {
                "another release refuses it: Flux applies nothing of the Kustomization, and every later change waits"
            }
            Self::Unsaid => "another release drops it and Argo CD says Synced; Flux refuses the whole object",
        }
    }
}

/// Whether Argo CD applies an object on the server's side: told for all, or for this one, and not
/// told otherwise for it, nor to replace it (gitops-engine `pkg/sync/sync_context.go`).
fn applies_on_server(application: &Manifest, object: &Object) -> bool {
    const ANNOTATION: &str = "argocd.argoproj.io/sync-options";
    let of_all = application.root.find(&["spec", "syncPolicy", "syncOptions"]).items();
    let own = metadata_value(&object.manifest.root, "annotations", ANNOTATION);
    let own = own.and_then(|(node, _)| node.text()).unwrap_or_default();
    let of_own = |wanted: &str| own.split(',').any(|one| one.trim() == wanted);
    let told = |wanted: &str| of_own(wanted) || of_all.iter().any(|one| one.text() == Some(wanted));
    told("ServerSideApply=true") && !of_own("ServerSideApply=false") && !told("Replace=true")
}

fn is_of_flux(project: Project) -> bool {
    matches!(project, Project::KustomizeController | Project::HelmController)
}

/// The project as people know it: Flux, not one of its controllers.
fn project_name(project: Project) -> &'static str {
    if is_of_flux(project) { "Flux" } else { project.name() }
}

/// A release of a project, as people number it.
fn release_of(project: Project, release: Release) -> Release {
    match project {
        Project::KustomizeController if release.major == 1 => Release::new(2, release.minor, 0),
        Project::HelmController if release.major == 1 => Release::new(2, release.minor + 3, 0),
        Project::HelmController => Release::new(2, release.minor.saturating_sub(35), 0),
        _ => release,
    }
}

struct Walk<'w> {
    manifest: &'w Manifest,
    table: KindTable,
    releases: ReleaseSet,
    by: By,
    out: &'w mut Violations,
}

impl Walk<'_> {
    /// Compares one level; documents are at most 128 levels deep. What came no later than `floor`,
    /// the release that brought the level itself, is no news.
    fn level(&mut self, node: &Node, field: FieldRef, at: &Pointer, floor: Option<Release>) {
        match &node.value {
            Value::Map(map) => {
                for (key, value) in map.iter() {
                    // The tables leave the status out: it is the controller's.
                    if at.0.is_empty() && key.name() == "status" {
                        continue;
                    }
                    self.entry(key, value, field, at, floor);
                }
            }
            Value::Sequence(items) => {
                let Some(item) = field.items() else { return };
                for (index, node) in items.iter().enumerate() {
                    self.level(node, item, &at.index(index), floor);
                }
            }
            _ => {}
        }
    }

    fn entry(&mut self, key: &Key, value: &Node, parent: FieldRef, at: &Pointer, floor: Option<Release>) {
        let name = key.name();
        if let Some(known) = parent.field(name) {
            match known.availability(&self.releases) {
                Availability::Always => self.level(value, known, &at.key(name), floor),
                Availability::Never => self.dropped(key, parent, at, Some(known)),
                // Nobody says which release of Flux runs.
                Availability::Partly { .. } if is_of_flux(self.table.project) && self.releases.is_all() => {}
                Availability::Partly { since, until: None } if since <= floor => {
                    self.level(value, known, &at.key(name), floor);
                }
                Availability::Partly { since, until } => {
                    let floor = since.max(floor);
                    self.partly(key, at, &self.span(since, until));
                    self.level(value, known, &at.key(name), floor);
                }
            }
        } else if let Some(values) = parent.values() {
            self.level(value, values, &at.key(name), floor);
        } else if !parent.is_open() && parent.fields().next().is_some() {
            self.dropped(key, parent, at, None);
        }
    }

    /// The releases that have a field, as people number them: those of Flux, not of its controllers.
    fn span(&self, since: Option<Release>, until: Option<Release>) -> String {
        let project = self.table.project;
        let since = since.map(|since| format!("from {} on", release_of(project, since)));
        let until = until.map(|until| format!("up to {}", release_of(project, until)));
        [since, until].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// A key that no release which may run has; `known`, where another release has it.
    fn dropped(&mut self, key: &Key, parent: FieldRef, at: &Pointer, known: Option<FieldRef>) {
        let name = key.name();
        let service = &self.manifest.id.name;
        let level = level(at).unwrap_or_else(|| self.manifest.id.kind.clone());
        let present = |home: &Pointer| self.manifest.at(home).present().is_some();
        let home = nearest_home(self.table.root, at, name, &self.releases, present);
        let meant = did_you_mean(parent, name, &self.releases);
        let project = project_name(self.table.project);
        let elsewhen = known.map(|known| match known.availability(&ReleaseSet::all()) {
            Availability::Partly { since, until } => self.span(since, until),
            _ => "in other releases".to_owned(),
        });
        let (home, meant) = if elsewhen.is_some() { (None, None) } else { (home, meant) };
        let (label, help) = match (&home, meant) {
            _ if let Some(span) = &elsewhen => {
                (format!("{project} has it {span}"), "take it out, or run a release that has it".to_owned())
            }
            // A name that another level has is no slip of the pen.
            (Some(home), _) => (
                format!("belongs {}`{}`", distance(home, at), dotted(home)),
                format!("move it to `{}`{}", dotted(home), self.restart()),
            ),
            (None, Some(meant)) => (format!("did you mean `{meant}`?"), format!("write `{meant}`")),
            (None, None) => {
                let help = match self.by {
                    By::Kustomization => "take it out; what waits is applied then".to_owned(),
                    _ => format!("take it out; it has no effect{}", self.restart()),
                };
                (format!("no release of {project} has it here"), help)
            }
        };
        let (message, note) = match self.by {
            By::Kustomization => (
                format!("{service}{{places}} stops its whole Kustomization: `{level}` has no field `{name}`"),
                "Flux applies on the server's side, which refuses a field that is not declared: nothing of the \
                 Kustomization is applied, and every later change waits",
            ),
            By::ServerSide => (
                format!("{service}{{places}} fails its sync: `{level}` has no field `{name}`"),
                "ServerSideApply=true: the API server refuses a field that is not declared, nothing of the object is \
                 applied, and later waves wait",
            ),
            by => {
                (format!("{service}{{places}} loses its `{name}`: `{level}` has no such field"), by.dropped())
            }
        };
        let found = Violation::in_object("dropped", self.manifest, at.key(name), key.origin, label, message);
        let remedy = match (home, meant) {
            (Some(home), _) => {
                let title = format!("move `{name}` to `{}`", dotted(&home));
                Some((title, Intent::move_into(at.key(name), home)))
            }
            (None, Some(meant)) => Some((format!("write `{meant}`"), Intent::rename(at.key(name), meant))),
            (None, None) => None,
        };
        self.out.push(found.map(|found| {
            let found = found.note(note).help(help);
            match remedy {
                Some((title, intent)) => found.remedy(title, [intent]),
                None => found,
            }
        }));
    }

    fn partly(&mut self, key: &Key, at: &Pointer, releases: &str) {
        let project = project_name(self.table.project);
        let message = format!(
            "{}{{places}} has `{}`, which only some releases have",
            self.manifest.id.name,
            key.name()
        );
        let label = format!("{project} {releases}");
        let found =
            Violation::in_object("release", self.manifest, at.key(key.name()), key.origin, label, message);
        let stated = match self.table.project {
            Project::KServe => Some("kserve: {version: \"0.17\"}"),
            Project::ArgoCd => Some("argocd: {version: \"3.0\"}"),
            Project::Kubernetes => Some("kubernetes: {version: \"1.33\"}"),
            Project::KustomizeController | Project::HelmController => Some("flux: {version: \"2.7\"}"),
            _ => None,
        };
        let help = match stated {
            Some(stated) => format!("say which release runs, in mlgitops.yaml: `{stated}`"),
            None => format!("see that a release of {project} runs which has it"),
        };
        self.out.push(found.map(|found| found.note(self.by.partly()).help(help)));
    }

    /// KServe copies the predictor into the pods, so that mending it restarts them.
    fn restart(&self) -> String {
        match self.table.project {
            Project::KServe => format!("; {} restarts", self.manifest.id.name),
            _ => String::new(),
        }
    }
}

/// The name of the level a field stands at: `model`, `containers[0]`.
fn level(at: &Pointer) -> Option<String> {
    match at.0.as_slice() {
        [.., list, Step::Index(index)] => Some(format!("{list}[{index}]")),
        [.., last] => Some(last.to_string()),
        [] => None,
    }
}

/// `one level up, in `, or `in ` where it lies elsewhere.
fn distance(home: &Pointer, at: &Pointer) -> &'static str {
    match at.0.len().checked_sub(home.0.len()) {
        Some(1) if home.covers(at) => "one level up, in ",
        Some(2) if home.covers(at) => "two levels up, in ",
        _ => "in ",
    }
}
