//! What the status is believed from: each environment, mode and version with the line that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use mlgitops_files::RepoPath;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Role};

use super::{environment, ladder, rows_to_text};
use crate::config::DeploymentMode;
use crate::finding::Location;
use crate::fleet::{Because, Place, Release};
use crate::lint::Survey;
use crate::report::display::shown;

/// One thing the status says, and the line it is believed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Belief {
    /// What it is: `environment`, `mode`, `kserve` or `version`.
    pub(super) kind: &'static str,
    /// Of what: a model and its environment; empty for what holds everywhere.
    pub(super) subject: String,
    /// What is believed.
    pub(super) value: String,
    /// Why, in a few words.
    pub(super) because: String,
    /// The line; `None` where nothing in the repository says it.
    pub(super) location: Option<Location>,
}

/// Everything the status is believed from: the environments from the lowest rung, the modes, the
/// releases of KServe, then the versions of the models.
pub(super) fn beliefs(survey: &Survey) -> Vec<Belief> {
    let mut all = environments(survey);
    all.extend(modes(survey));
    all.extend(kserve(survey));
    all.extend(versions(survey));
    let mut said = BTreeSet::new();
    all.retain(|one| {
        let at = one.location.as_ref().map(|at| (at.path().to_owned(), at.start));
        said.insert((one.kind, one.subject.clone(), one.value.clone(), one.because.clone(), at))
    });
    all
}

/// The beliefs for people: a line each, the place to look at last.
pub(super) fn human(survey: &Survey) -> String {
    let rows = beliefs(survey).into_iter().map(|one| {
        let at = one
            .location
            .as_ref()
            .map_or_else(|| "-".to_owned(), |at| format!("{}:{}", shown(at.path()), at.position().line));
        vec![one.kind.to_owned(), shown(&one.subject), shown(&one.value), at, shown(&one.because)]
    });
    let mut out = "\n".to_owned();
    let _ = write!(out, "{}", rows_to_text(&rows.collect::<Vec<_>>()));
    out
}

fn environments(survey: &Survey) -> Vec<Belief> {
    let fleet = &survey.fleet;
    let mut by_name: BTreeMap<Option<&str>, Vec<Belief>> = BTreeMap::new();
    for release in &fleet.releases {
        let Some(place) = fleet.place(release.place) else { continue };
        let name = environment(fleet, release);
        let value = name.map_or_else(|| "(unnamed)".to_owned(), str::to_owned);
        by_name.entry(name).or_default().push(Belief {
            kind: "environment",
            subject: String::new(),
            value,
            because: reason(&place.because),
            location: line_of(survey, place, release, name.unwrap_or_default()),
        });
    }
    let named = ladder(fleet).into_iter().map(|one| Some(one.name.as_str()));
    named.chain([None]).filter_map(|name| by_name.remove(&name)).flatten().collect()
}

fn reason(because: &Because) -> String {
    match because {
        Because::Config(_) => "the configuration says so".to_owned(),
        Because::Path(path) => format!("the path `{path}`"),
        Because::Deployment(name) => format!("the name `{name}`"),
        Because::Cluster(name) => format!("the cluster `{name}`"),
        Because::Setting(value) => format!("a variable of the cluster's settings, `{value}`"),
        Because::Namespace(name) => format!("the namespace `{name}`"),
        Because::Nothing => "nothing names one: environments in mlgitops.yaml".to_owned(),
    }
}

/// The line that names the environment of a place.
fn line_of(survey: &Survey, place: &Place, release: &Release, name: &str) -> Option<Location> {
    let object = survey.fleet.objects.get(release.object)?;
    let manifest = &object.manifest;
    let deployable = survey.fleet.deployables.get(object.deployable)?;
    let deployment = deployable.deployment.as_ref();
    let destination = |field| Some((deployment?, deployment?.root.find(&["spec", "destination", field])));
    let of = |found: Option<(&Manifest, mlgitops_yaml::Lookup<'_>)>| {
        let (manifest, lookup) = found?;
        piece(manifest, lookup.present()?, name)
    };
    match &place.because {
        Because::Config(location) => Some(location.clone()),
        Because::Path(path) => {
            let named = deployment.and_then(|deployment| line_of_source(deployment, path, name));
            named.or_else(|| line_of_path(survey, manifest, path))
        }
        Because::Deployment(_) => {
            of(deployment.map(|deployment| (deployment, deployment.root.find(&["metadata", "name"]))))
        }
        Because::Cluster(_) => of(destination("name")).or_else(|| of(destination("server"))),
        Because::Namespace(_) => {
            let own = manifest.root.find(&["metadata", "namespace"]);
            of(Some((manifest, own))).or_else(|| of(destination("namespace")))
        }
        Because::Setting(_) | Because::Nothing => None,
    }
}

/// The bytes of a scalar that are the name, or the whole scalar.
fn piece(manifest: &Manifest, node: &Node, name: &str) -> Option<Location> {
    let range = node.text().and_then(|text| segment(text, name));
    let content = match range {
        Some(range) => manifest.content_of_piece(node, range),
        None => manifest.origins.content(node.origin),
    };
    // Of an element and the text around it, the element names the environment.
    let named = content.iter().position(|span| span.role == Role::Parameter).unwrap_or(0);
    content.into_iter().nth(named).map(Location::from)
}

/// The last segment of a path, or token of a name, that is the word or begins with it.
fn segment(text: &str, name: &str) -> Option<Range<usize>> {
    let mut found = None;
    let mut at = 0;
    for part in text.split_inclusive(['/', '-', '.', '_']) {
        let word = part.trim_end_matches(['/', '-', '.', '_']);
        if word.eq_ignore_ascii_case(name) && !name.is_empty() {
            found = Some(at..at + word.len());
        }
        at += part.len();
    }
    found
}

/// The `path` of the Application's source that leads to a path and names the environment.
fn line_of_source(deployment: &Manifest, path: &str, name: &str) -> Option<Location> {
    let spec = deployment.root.get("spec");
    let flux = spec.get("path").present();
    let one = spec.get("source").get("path").present();
    let many = spec.get("sources").items().iter().filter_map(|source| source.get("path").present());
    let mut nodes = many.chain(one).chain(flux);
    let leads = |node: &&Node| {
        let text = node.text().unwrap_or_default().trim_start_matches("./").trim_end_matches('/');
        segment(text, name).is_some()
            && path.strip_prefix(text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    piece(deployment, nodes.find(leads)?, name)
}

/// The object in a file of that path, else the top of the file, else of what makes the folder a
/// deployable.
fn line_of_path(survey: &Survey, manifest: &Manifest, path: &str) -> Option<Location> {
    let own = manifest.place(manifest.root.origin).filter(|at| **at.file.path() == *path);
    if let Some(own) = own {
        return Some(Location::from(own));
    }
    let path = RepoPath::parse(path).ok()?;
    let within = ["kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml", "values.yaml"];
    let files = within.into_iter().filter_map(|name| path.join(name).ok());
    let mut candidates = [path.clone()].into_iter().chain(files);
    let found = candidates.find_map(|path| survey.discovery.files.get(&path))?;
    Some(Location::top_of(&found.file, Role::Source))
}

fn modes(survey: &Survey) -> Vec<Belief> {
    let mut all = Vec::new();
    for release in &survey.fleet.releases {
        let Some(object) = survey.fleet.objects.get(release.object) else { continue };
        let belief = |value: &str, because: &str, location| Belief {
            kind: "mode",
            subject: subject(survey, release),
            value: value.to_owned(),
            because: because.to_owned(),
            location,
        };
        let stated = survey.facts.stated_modes(&object.manifest);
        if stated.is_empty() {
            all.push(belief("Standard or Knative", "nothing names one: kserve.mode in mlgitops.yaml", None));
        }
        for (mode, location) in stated {
            let because = match &location {
                None => "its kind has no other",
                Some(at) if survey.facts.default_modes.iter().any(|one| one.location == *at) => "the default",
                Some(_) => "its annotation",
            };
            all.push(belief(word(mode), because, location));
        }
    }
    all
}

fn word(mode: DeploymentMode) -> &'static str {
    match mode {
        DeploymentMode::Standard => "Standard",
        DeploymentMode::Knative => "Knative",
        DeploymentMode::ModelMesh => "ModelMesh",
    }
}

fn kserve(survey: &Survey) -> Vec<Belief> {
    let belief = |value: String, because: &str, location| Belief {
        kind: "kserve",
        subject: String::new(),
        value,
        because: because.to_owned(),
        location,
    };
    if survey.facts.kserve.is_empty() {
        let minors = survey.facts.kserve_minors();
        let (Some(first), Some(last)) = (minors.first(), minors.last()) else { return Vec::new() };
        let because = "nothing names one: kserve.version in mlgitops.yaml";
        return vec![belief(format!("0.{first} to 0.{last}"), because, None)];
    }
    let stated = survey.facts.kserve.iter();
    stated
        .map(|one| belief(one.value.clone(), "installed or configured", Some(one.location.clone())))
        .collect()
}

fn versions(survey: &Survey) -> Vec<Belief> {
    let fleet = &survey.fleet;
    let of = |release: &Release| {
        let model_use = fleet.uses.get(release.model_use)?;
        let manifest = &fleet.objects.get(release.object)?.manifest;
        let (reference, parsed) = (&model_use.reference, &model_use.parsed);
        let node = manifest.at(&reference.path).present()?;
        // The version may be a piece of its own: `v{{ .Values.version }}`.
        let content = match reference.text.rfind(parsed.class_text()) {
            Some(at) if !parsed.class_text().is_empty() => {
                let start = reference.offset + at;
                manifest.content_of_piece(node, start..start + parsed.class_text().len())
            }
            _ => manifest.origins.content(node.origin),
        };
        Some(Belief {
            kind: "version",
            subject: subject(survey, release),
            value: super::version(fleet, release),
            because: format!("`{}`", reference.text),
            location: content.into_iter().next().map(Location::from),
        })
    };
    fleet.releases.iter().filter_map(of).collect()
}

/// `fraud-detector in prod`
fn subject(survey: &Survey, release: &Release) -> String {
    match environment(&survey.fleet, release) {
        Some(environment) => format!("{} in {environment}", release.model),
        None => release.model.clone(),
    }
}
