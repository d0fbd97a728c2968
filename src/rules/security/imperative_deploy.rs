//! `security/imperative-deploy`: scripts that change models in a cluster past Git.

#[path = "imperative_deploy/command.rs"]
mod command;

use std::cell::LazyCell;
use std::collections::BTreeSet;

use mlgitops_files::RepoPath;
use mlgitops_yaml::Role;

use super::super::{Check, Context, Violations};
use crate::discover::{FileKind, Found};
use crate::finding::{Label, Location, Violation};
use crate::fleet::mention::Names;
use crate::kinds::kserve;
use command::{Command, Tool, commands};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    // Where nothing reconciles, scripts are the only way there is.
    if !context.fleet.deployments.iter().any(|one| one.serves_models) {
        return;
    }
    // Most repositories have no such command.
    let models = LazyCell::new(|| Models::of(context));
    let files = context.discovery.files.values();
    for found in files.filter(|found| matches!(found.kind, FileKind::Workflow | FileKind::Script)) {
        let text = found.file.text();
        // A cluster that lives as long as the job.
        if [
            "kind create cluster",
            "helm/kind-action",
            "minikube start",
            "k3d cluster create",
            "setup-minikube",
        ]
        .iter()
        .any(|word| text.contains(word))
        {
            continue;
        }
        for command in commands(text) {
            out.push(judge(found, &command, &models));
        }
    }
}

/// The folders and files that models are deployed from.
struct Models<'f> {
    paths: BTreeSet<RepoPath>,
    names: Names<'f>,
}

impl<'f> Models<'f> {
    fn of(context: &Context<'f>) -> Self {
        let fleet = context.fleet;
        let objects = fleet.objects.iter().filter(|one| kserve::is_model_kind(&one.manifest));
        // What nothing reconciles, a script has to apply.
        let deployed = objects.filter_map(|object| {
            let deployable = fleet.deployables.get(object.deployable)?;
            deployable.deployment.is_some().then_some((object, deployable))
        });
        let paths = deployed.flat_map(|(object, deployable)| {
            let folder = Some(deployable.job.path.clone());
            let at = object.manifest.place(object.manifest.root.origin);
            let file = at.and_then(|at| RepoPath::parse(at.file.path()).ok());
            [folder, file].into_iter().flatten()
        });
        Self { paths: paths.filter(|path| !path.is_root()).collect(), names: Names::of(fleet) }
    }

    /// Whether a path, as a script writes it, is or holds one of them.
    fn are_in(&self, written: &str, script: &RepoPath) -> bool {
        let fixed = match written.find(['$', '{', '*', '`']) {
            Some(at) => written.get(..at).and_then(|head| head.rsplit_once('/')).map_or("", |(head, _)| head),
            None => written,
        };
        let fixed = fixed.trim_start_matches("./").trim_end_matches('/');
        if fixed.is_empty() || fixed == "." || fixed == "-" || fixed.contains("://") {
            return false;
        }
        let beside = script.parent().and_then(|folder| folder.join(fixed).ok());
        let paths = [RepoPath::parse(fixed).ok(), beside];
        paths.iter().flatten().filter(|path| !path.is_root()).any(|path| {
            // Names that sort between a folder and its content (`a-b` before `a/`) are passed over.
            let below = path.join("\u{1}").ok();
            let below = below.and_then(|from| self.paths.range(from..).next());
            self.paths.contains(path) || below.is_some_and(|model| model.is_within(path))
        })
    }
}

fn judge(found: &Found, command: &Command<'_>, models: &Models<'_>) -> Option<Violation> {
    let text = found.file.text().get(command.range.clone())?;
    let is_about = match command.tool {
        // Tests make and delete services of their own.
        Tool::Kubectl | Tool::Helm => {
            command.names_models && !models.names.in_text(text).is_empty()
                || command.paths.iter().any(|path| models.are_in(path, &found.path))
        }
        Tool::Copy => command.names_models,
    };
    if !is_about {
        return None;
    }
    let (case, what, note) = match command.tool {
        Tool::Kubectl => (
            "kubectl",
            "changes models in the cluster past Git",
            "what is applied so is in no commit that Argo CD reads: it takes it back, or nobody knows that it runs",
        ),
        Tool::Helm => (
            "helm",
            "installs models past Git",
            "a release of Helm's own beside that of Argo CD: each overwrites what the other set, and only one is in Git",
        ),
        Tool::Copy => (
            "copy",
            "puts a model where it runs, past Git",
            "which version runs there is in no commit, and no rollback brings the old one back",
        ),
    };
    let range = u32::try_from(command.range.start).ok()?..u32::try_from(command.range.end).ok()?;
    let at = Location::new(&found.file, range, Role::Source);
    let name = found.path.file_name();
    let message = format!("{name} {what}");
    let label = Label::new(at, "no commit says so");
    Some(
        Violation::in_file(case, label, message)
            .note(note)
            .help("commit the change to the folder that Argo CD reads, and let it sync")
            .word(text.split_whitespace().collect::<Vec<_>>().join(" ")),
    )
}
