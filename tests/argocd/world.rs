//! A small repository and what is seen of it.

use std::sync::Arc;

use mlgitops::config::{self, Config};
use mlgitops::rules::vocabulary;
use mlgitops::source::{Memory, Repositories};
use mlgitops::{Options, Report, Survey, lint, survey};
use mlgitops_files::Files;
use mlgitops_yaml::SourceFile;

/// Files, and the repositories at hand.
#[derive(Clone, Default)]
pub(crate) struct World {
    files: Vec<(String, String)>,
    repositories: Repositories,
}

impl World {
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self::default().and(files)
    }

    pub(crate) fn and(mut self, files: &[(&str, &str)]) -> Self {
        for (path, text) in files {
            self.files.retain(|(known, _)| known != path);
            self.files.push(((*path).to_owned(), (*text).to_owned()));
        }
        self
    }

    pub(crate) fn with(mut self, repositories: Repositories) -> Self {
        self.repositories = repositories;
        self
    }

    pub(crate) fn files(&self) -> Arc<dyn Files> {
        let files = self.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
        Arc::new(Memory::new(files.collect()))
    }

    fn config(&self) -> Config {
        let text = self.files.iter().find(|(path, _)| path == config::FILE_NAME);
        text.map_or_else(Config::default, |(path, text)| {
            let file = Arc::new(SourceFile::of_text(path, text));
            config::read(&file, &vocabulary()).unwrap_or_else(|errors| panic!("{errors:?}"))
        })
    }

    pub(crate) fn survey(&self) -> Survey {
        survey(&self.files(), &self.config(), &self.repositories)
    }

    pub(crate) fn lint(&self) -> Report {
        let options = Options { repositories: self.repositories.clone(), ..Options::default() };
        lint(&self.files(), &self.config(), &options)
    }

    /// `file:line rule/case message` of every finding of some rules.
    pub(crate) fn findings(&self, rules: &[&str]) -> Vec<String> {
        let report = self.lint();
        let wanted = report.findings.iter().filter(|finding| rules.contains(&finding.rule));
        wanted
            .map(|finding| {
                let at = &finding.primary.location;
                let line = at.position().line;
                format!("{}:{line} {}/{} {}", at.path(), finding.rule, finding.case, finding.message)
            })
            .collect()
    }
}

/// `what: reason` of everything that was not checked.
pub(crate) fn not_checked(survey: &Survey) -> Vec<String> {
    survey.not_checked().iter().map(|item| format!("{}: {}", item.what, item.reason)).collect()
}

/// What each Application renders: `fraud = chart charts/fraud`, `(none) = …` for what was guessed.
pub(crate) fn jobs(survey: &Survey) -> Vec<String> {
    let deployables = survey.fleet.deployables.iter();
    deployables
        .map(|one| {
            let name = one.deployment.as_ref().map_or("(none)", |deployment| deployment.id.name.as_str());
            format!("{name} = {}", one.job)
        })
        .collect()
}

/// The same without what was guessed.
pub(crate) fn bound(survey: &Survey) -> Vec<String> {
    jobs(survey).into_iter().filter(|job| !job.starts_with("(none)")).collect()
}

/// An Application of one source, its lines indented as below `source:`.
pub(crate) fn application(name: &str, source: &str) -> String {
    let source: String = source.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {name}\nspec:\n  \
         destination: {{name: prod, namespace: ml}}\n  source:\n{source}"
    )
}

/// A model service.
pub(crate) fn service(name: &str, uri: &str) -> String {
    format!(
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: {name}\nspec:\n  \
         predictor:\n    model:\n      modelFormat: {{name: onnx}}\n      storageUri: {uri}\n"
    )
}

/// A field of an object a survey rendered, and the first place it comes from:
/// `value role file:line`.
pub(crate) fn field(survey: &Survey, kind: &str, path: &[&str]) -> Vec<String> {
    let objects = survey.fleet.objects.iter().filter(|object| object.manifest.id.kind == kind);
    objects
        .map(|object| {
            let node = object.manifest.root.find(path).present();
            let Some(node) = node else { return "absent".to_owned() };
            let value = node.text().map_or_else(|| format!("{} items", node.items().len()), str::to_owned);
            match object.manifest.place(node.origin) {
                Some(at) => {
                    let line = at.file.position(at.start).line;
                    format!("{value} {:?} {}:{line}", at.role, at.file.path())
                }
                None => value,
            }
        })
        .collect()
}
