//! How a team takes the gate in: only what is new, the stricter of two policies, what folders and
//! shared files state, waivers with terms.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "adoption/layers.rs"]
mod layers;
#[path = "adoption/new_since.rs"]
mod new_since;
#[path = "adoption/policy.rs"]
mod policy;

use std::sync::Arc;

use mlgitops::config::{self, Config};
use mlgitops::rules::{select, vocabulary};
use mlgitops::source::Memory;
use mlgitops::{Options, Report, lint};
use mlgitops_files::Files;
use mlgitops_yaml::SourceFile;

/// A repository in memory.
type Repository<'r> = &'r [(&'r str, &'r str)];

fn files(repository: Repository<'_>) -> Arc<dyn Files> {
    let all = repository.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    Arc::new(Memory::new(all.collect()))
}

/// The configuration of a repository, or the messages of what is wrong with it.
fn config(repository: Repository<'_>) -> Result<Config, Vec<String>> {
    let files = files(repository);
    let root = repository.iter().find(|(path, _)| *path == config::FILE_NAME);
    let read = match root {
        Some((path, text)) => {
            let file = Arc::new(SourceFile::of_text(path, text));
            config::load(&*files, &file, &vocabulary())
        }
        None => {
            let mut config = Config::default();
            config::add_folders(&*files, &mut config, &vocabulary()).map(|()| config)
        }
    };
    let said = |error: config::ConfigError| {
        format!("{}:{}: {}", error.location.path(), error.location.position().line, error.message)
    };
    read.map_err(|errors| errors.into_iter().map(said).collect())
}

fn options(rules: &str) -> Options {
    let select = rules.split(',').flat_map(select).collect();
    Options { select, now: "2026-11-21T12:00:00Z".parse().unwrap(), ..Options::default() }
}

/// `error s3-prefix prod/fraud.yaml`, for each finding that counts.
fn said(report: &Report) -> Vec<String> {
    let counted = report.findings.iter().filter(|finding| finding.counts());
    counted
        .map(|finding| format!("{} {} {}", finding.severity, finding.rule, finding.primary.location.path()))
        .collect()
}

/// What some rules say of a repository under its own configuration.
fn linted(rules: &str, repository: Repository<'_>) -> Vec<String> {
    said(&lint(&files(repository), &config(repository).unwrap(), &options(rules)))
}

/// A service whose path is open at its end, and names `version`.
fn service(model: &str, version: &str) -> String {
    format!(
        "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {{name: {model}, namespace: ml}}
spec:
  predictor:
    model:
      modelFormat: {{name: sklearn}}
      storageUri: s3://models/{model}/{version}
"
    )
}
