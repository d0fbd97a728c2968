//! Reports made by hand and by linting small repositories.

use std::sync::Arc;

use mlgitops::config::{self, Config};
use mlgitops::finding::{
    Finding, Fingerprint, Label, Location, NotChecked, PlaceOfFinding, Severity, Waived,
};
use mlgitops::rules::{select, vocabulary};
use mlgitops::source::Memory;
use mlgitops::{Options, Report, Summary, lint};
use mlgitops_files::Files;
use mlgitops_yaml::{Pointer, Role, SourceFile};

/// A file whose lines are numbered from `first`, as part of a longer one.
pub(crate) fn file(path: &str, first: usize, text: &str) -> Arc<SourceFile> {
    Arc::new(SourceFile::of_text(path, &format!("{}{text}", "\n".repeat(first - 1))))
}

/// Where a text stands in a file.
pub(crate) fn at(file: &Arc<SourceFile>, text: &str) -> Location {
    let start = file.text().find(text).unwrap_or_else(|| panic!("{text} is not in {}", file.path()));
    let start = u32::try_from(start).unwrap();
    Location::new(file, start..start + u32::try_from(text.len()).unwrap(), Role::Source)
}

pub(crate) fn label(file: &Arc<SourceFile>, text: &str, says: &str) -> Label {
    Label::new(at(file, text), says)
}

/// A finding at one place of an environment.
pub(crate) fn finding(
    rule: &'static str,
    severity: Severity,
    message: &str,
    primary: Label,
    environment: Option<&str>,
) -> Finding {
    let name = format!("{}:{}", primary.location.path(), primary.location.start);
    Finding {
        rule,
        case: "case",
        category: "artifact",
        severity,
        message: message.to_owned(),
        primary,
        related: Vec::new(),
        note: None,
        help: None,
        places: vec![place(&name, severity, environment)],
        caused_by: None,
        passes_at: None,
        wanted: Vec::new(),
        fix: None,
    }
}

pub(crate) fn place(name: &str, severity: Severity, environment: Option<&str>) -> PlaceOfFinding {
    PlaceOfFinding {
        environment: environment.map(str::to_owned),
        cluster: None,
        namespace: None,
        model: None,
        object: None,
        path: Pointer::default(),
        fingerprint: Fingerprint::of(&[name]),
        severity,
        waived: None,
    }
}

pub(crate) fn waived(location: Location, reason: &str) -> Waived {
    Waived {
        reason: reason.to_owned(),
        owner: None,
        ticket: None,
        until: Some("2027-01-31".to_owned()),
        days_left: Some(71),
        location,
    }
}

/// A report of some findings, counted as a run counts them.
pub(crate) fn report(findings: Vec<Finding>, not_checked: Vec<NotChecked>) -> Report {
    let count = |severity| findings.iter().filter(|one| one.counts() && one.severity == severity).count();
    let waived = findings.iter().flat_map(|one| &one.places).filter(|place| place.waived.is_some());
    let summary = Summary {
        releases: 1,
        models: 1,
        environments: 1,
        plain: 1,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        waived: waived.count(),
        not_checked: not_checked.len(),
        exit: u8::from(count(Severity::Error) > 0),
        ..Summary::default()
    };
    Report { summary, findings, not_checked, ..Report::default() }
}

/// What a run of every rule over some files says.
pub(crate) fn linted(files: &[(&str, &str)]) -> Report {
    linted_by("", files)
}

/// What a run of one rule over some files says; of every rule where none is named.
pub(crate) fn linted_by(rule: &str, files: &[(&str, &str)]) -> Report {
    let config = match files.iter().find(|(path, _)| *path == config::FILE_NAME) {
        Some((path, text)) => {
            let file = Arc::new(SourceFile::of_text(path, text));
            config::read(&file, &vocabulary()).unwrap_or_else(|errors| panic!("{errors:?}"))
        }
        None => Config::default(),
    };
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::new(files));
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    lint(&files, &config, &Options { now, select: select(rule), ..Options::default() })
}

/// A service of one environment, whose path is open at its end and names what moves where
/// `version` does.
pub(crate) fn service(model: &str, version: &str) -> String {
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
