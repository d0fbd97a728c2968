//! `mlgitops trace`: why a field has its value.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use mlgitops_files::{Files, RepoPath};
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{OriginId, OriginSpan, Pointer, Via};

use super::{CliError, base, given, input, print};
use crate::config::nearest;
use crate::finding::Location;
use crate::fleet::{Fleet, Release};
use crate::report::harmless;
use crate::report::trace::{self, Step, Traced};
use crate::source::{self, Blamed, Repositories, Root, Which};
use crate::survey;

/// The arguments of `trace`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The model
    #[arg(value_name = "MODEL")]
    model: String,
    /// The environment; `unnamed` where it has no name
    #[arg(value_name = "ENV")]
    env: String,
    /// The field of its object, such as /spec/predictor/minReplicas or spec.predictor.minReplicas
    /// [default: the model reference]
    #[arg(value_name = "PATH", value_parser = pointer)]
    path: Option<Pointer>,
    #[command(flatten)]
    folder: given::Folder,
    /// What to print
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// A JSON pointer, or names with dots between them.
fn pointer(text: &str) -> Result<Pointer, String> {
    let pointer = match text.starts_with('/') {
        true => text.to_owned(),
        false => format!("/{}", text.trim_start_matches('.').replace('.', "/")),
    };
    Pointer::parse(&pointer).map_err(|error| error.to_string())
}

/// Runs `trace`.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    let root = args.folder.find()?;
    let files = source::open(&root, &Which::WorkTree)?;
    let mut config = input::config_in(&*files)?;
    config.branch = base::branch_of(&root, None);
    let fleet = survey(&files, &config, &Repositories::of(&root, None)).fleet;
    let releases = releases(&fleet, args)?;
    let mut all: Vec<Traced> = Vec::new();
    for release in releases {
        let Some(traced) = traced(&fleet, release, args.path.as_ref()) else { continue };
        if !all.iter().any(|known| known.object == traced.object && known.path == traced.path) {
            all.push(traced);
        }
    }
    blame(&mut all, &root, &*files);
    if all.is_empty() {
        return Err(CliError::Usage {
            message: format!("{} in {} has no such field", args.model, args.env),
            help: "name a field of the rendered object, such as /spec/predictor/minReplicas".to_owned(),
        });
    }
    print(&match args.format {
        Format::Human => harmless(&trace::human(&all)),
        Format::Json => trace::json(&all),
    })?;
    Ok(0)
}

/// The releases of the model in the environment.
fn releases<'f>(fleet: &'f Fleet, args: &Args) -> Result<Vec<&'f Release>, CliError> {
    let name = |release: &Release| {
        fleet.environment(release.place).map_or("unnamed", |environment| environment.name.as_str())
    };
    let of_model = || fleet.releases.iter().filter(|release| release.model == args.model);
    let found: Vec<&Release> = of_model().filter(|release| name(release) == args.env).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let (what, word, known): (&str, &str, Vec<&str>) = match of_model().next() {
        None => ("model", &args.model, fleet.releases.iter().map(|release| release.model.as_str()).collect()),
        Some(_) => ("environment of it", &args.env, of_model().map(name).collect()),
    };
    let help = match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`? `mlgitops status` lists what runs"),
        None => "`mlgitops status` lists what runs".to_owned(),
    };
    Err(CliError::Usage { message: format!("no {what} is called `{word}`"), help })
}

fn traced(fleet: &Fleet, release: &Release, path: Option<&Pointer>) -> Option<Traced> {
    let manifest = &fleet.objects.get(release.object)?.manifest;
    let reference = &fleet.uses.get(release.model_use)?.reference;
    let path = path.unwrap_or(&reference.path);
    let node = manifest.at(path).present()?;
    let value = node.text().map_or_else(|| "(a list or a map)".to_owned(), str::to_owned);
    let steps = steps(manifest, node.origin);
    Some(Traced { object: manifest.id.to_string(), path: path.to_string(), value, steps })
}

/// From the base to what decides, then the guards.
fn steps(manifest: &Manifest, origin: OriginId) -> Vec<Step> {
    let (mut content, guards): (Vec<_>, Vec<_>) =
        manifest.origins.all(origin).into_iter().partition(|span| span.via == Via::Content);
    content.reverse();
    let step = |span: OriginSpan| Step {
        is_guard: span.via != Via::Content,
        location: Location::from(span),
        blamed: None,
    };
    content.into_iter().chain(guards).map(step).collect()
}

/// Says who last changed each line; every file is asked about once.
fn blame(all: &mut [Traced], root: &Root, files: &dyn Files) {
    let mut lines: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for at in all.iter().flat_map(|traced| &traced.steps).map(|step| &step.location) {
        lines.entry(at.path().to_owned()).or_default().insert(at.position().line);
    }
    let mut known: BTreeMap<(String, u32), Blamed> = BTreeMap::new();
    for (path, lines) in lines {
        let Some(blob) = RepoPath::parse(&path).ok().and_then(|path| files.read(&path).ok()) else {
            continue;
        };
        let lines: Vec<u32> = lines.into_iter().collect();
        let blamed = source::blame(root, &path, &blob.bytes, &lines);
        let said = lines.into_iter().zip(blamed);
        known.extend(said.filter_map(|(line, blamed)| Some(((path.clone(), line), blamed?))));
    }
    for step in all.iter_mut().flat_map(|traced| &mut traced.steps) {
        let key = (step.location.path().to_owned(), step.location.position().line);
        step.blamed = known.get(&key).cloned();
    }
}
