//! `mlgitops render`: what one chart, kustomization or folder renders to, and why.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_helm::SetForm;
use mlgitops_yaml::SourceFile;

use super::input::config_in;
use super::{CliError, print};
use crate::config::KubernetesConfig;
use crate::finding::{Location, NotChecked};
use crate::render::{ShowOptions, Shown, ToolKind, ValuesFile, show};
use crate::report::{origins, visible};
use crate::source::{self, Root, Which};

/// The arguments of `render`.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The folder of a chart, a kustomization, or plain manifests
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Read a commit instead of the work tree: a branch, a tag, an id, HEAD~2
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    rev: Option<String>,
    /// Read what is staged for the next commit instead of the work tree
    #[arg(long)]
    staged: bool,
    /// Print each scalar with the places it comes from, one JSON object a line; `all` adds what
    /// decided about it
    #[arg(long, value_name = "all", num_args = 0..=1, require_equals = true, default_missing_value = "content",
          value_parser = ["content", "all"])]
    origins: Option<String>,
    #[command(flatten)]
    chart: ChartArgs,
}

/// What `helm template` may be told.
#[derive(Debug, Default, PartialEq, Eq, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "For charts")]
struct ChartArgs {
    /// A values file, over the chart's own; the last one wins
    #[arg(short = 'f', long = "values", value_name = "FILE")]
    values: Vec<PathBuf>,
    /// One value, over all files
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// One value that stays text
    #[arg(long, value_name = "PATH=VALUE")]
    set_string: Vec<String>,
    /// The content of a file as one value; the file by its path in the repository
    #[arg(long, value_name = "PATH=FILE")]
    set_file: Vec<String>,
    /// One value in JSON
    #[arg(long, value_name = "PATH=JSON")]
    set_json: Vec<String>,
    /// One text, nothing in it escaped
    #[arg(long, value_name = "PATH=TEXT")]
    set_literal: Vec<String>,
    /// The release's name [default: release-name]
    #[arg(long, value_name = "NAME", value_parser = release_name)]
    name: Option<String>,
    /// The release's namespace [default: default]
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// The version of Kubernetes that templates may ask for [default: the one in mlgitops.yaml]
    #[arg(long, value_name = "VERSION", value_parser = kube_version)]
    kube_version: Option<String>,
    /// An API version that the cluster has, in place of those in mlgitops.yaml
    #[arg(short, long, value_name = "GROUP/VERSION")]
    api_versions: Vec<String>,
    /// Print what stands below `crds/` too
    #[arg(long)]
    include_crds: bool,
}

/// Longest name of a release, in bytes (helm v3 `pkg/chartutil/validate_name.go`).
const LONGEST_NAME: usize = 53;

/// Labels of lower-case letters, digits and dashes between dots, as Helm names releases.
fn release_name(text: &str) -> Result<String, String> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.bytes().all(is_inner)
    };
    match text.len() <= LONGEST_NAME && text.split('.').all(is_label) {
        true => Ok(text.to_owned()),
        false => {
            Err(format!("Helm takes lower-case letters, digits, `-` and `.`, at most {LONGEST_NAME} of them"))
        }
    }
}

/// `1.33`, `v1.33.1`, `1.33.1+k3s1`, as `helm template` takes them.
fn kube_version(text: &str) -> Result<String, String> {
    let numbers = text.trim_start_matches('v').split(['-', '+']).next().unwrap_or("");
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = (1..=3).contains(&numbers.split('.').count()) && numbers.split('.').all(is_number);
    if is_version { Ok(text.to_owned()) } else { Err("write a version as in 1.33".to_owned()) }
}

/// Runs `render`: 1 where the real tool refuses, 3 where a part could not be rendered here.
pub(super) fn run(args: &Args) -> Result<u8, CliError> {
    if args.path.is_file() {
        return Err(CliError::Usage {
            message: format!("`{}` is a file, and what is rendered is a folder", args.path.display()),
            help: "name the folder of the chart, the kustomization or the manifests".to_owned(),
        });
    }
    let (root, folder) = Root::around(&args.path)?;
    let which = match &args.rev {
        Some(rev) => Which::Rev(rev.clone()),
        None if args.staged => Which::Staged,
        None => Which::WorkTree,
    };
    let files = source::open(&root, &which)?;
    let options = args.chart.options(&root, config_in(&*files)?.kubernetes)?;
    let shown = show(&files, &folder, &options);
    if shown.rendered.job.kind() != ToolKind::Helm && args.chart != ChartArgs::default() {
        return Err(CliError::Usage {
            message: format!("`{}` is no chart: it takes no values", args.path.display()),
            help: "leave out the options for charts".to_owned(),
        });
    }
    let other = match args.origins.as_deref() {
        None if std::io::stdout().is_terminal() => Some(visible(&shown.text)),
        None => None,
        Some(which) => Some(origins::lines(&shown.rendered.manifests, which == "all")),
    };
    print(other.as_deref().unwrap_or(&shown.text))?;
    Ok(complain(&shown))
}

impl ChartArgs {
    fn options(&self, root: &Root, clusters: KubernetesConfig) -> Result<ShowOptions, CliError> {
        let values = self.values.iter().map(|path| values_file(path, root)).collect::<Result<_, _>>()?;
        let forms = [
            (SetForm::Json, &self.set_json),
            (SetForm::Typed, &self.set),
            (SetForm::String, &self.set_string),
            (SetForm::File, &self.set_file),
            (SetForm::Literal, &self.set_literal),
        ];
        let set = forms
            .into_iter()
            .flat_map(|(form, arguments)| arguments.iter().map(move |argument| (form, argument.clone())));
        Ok(ShowOptions {
            values,
            set: set.collect(),
            release_name: self.name.clone(),
            namespace: self.namespace.clone(),
            kube_version: self.kube_version.clone(),
            api_versions: self.api_versions.clone(),
            include_crds: self.include_crds,
            clusters,
        })
    }
}

/// A values file of the repository, else one that lies anywhere on this machine.
fn values_file(path: &Path, root: &Root) -> Result<ValuesFile, CliError> {
    let unreadable = |reason: String| CliError::ValuesFile { path: path.display().to_string(), reason };
    let whole = path.canonicalize().map_err(|error| unreadable(super::error::why(&error)))?;
    let inside = whole.strip_prefix(root.folder()).ok().and_then(Path::to_str);
    if let Some(inside) = inside.and_then(|path| RepoPath::parse(path).ok()) {
        return Ok(ValuesFile::Inside(inside));
    }
    let bytes = std::fs::read(&whole).map_err(|error| unreadable(super::error::why(&error)))?;
    let file = SourceFile::new(&path.display().to_string(), &bytes)
        .map_err(|error| unreadable(error.to_string()))?;
    Ok(ValuesFile::Outside(Arc::new(file)))
}

/// Says on standard error what went wrong; the exit code it means.
fn complain(shown: &Shown) -> u8 {
    let Shown { rendered, refused_elsewhere, .. } = shown;
    let mut said = String::new();
    if rendered.manifests.is_empty() && rendered.problems.is_empty() && rendered.not_checked.is_empty() {
        said.push_str("note: it renders nothing: there is no object in it\n");
    }
    for (what, reason, at) in refused_elsewhere {
        said.push_str(&format!("note: {}{what}: {reason}\n", place(at.as_ref())));
    }
    for one in &rendered.problems {
        let at = one.problem.at.clone().map(Location::from);
        said.push_str(&format!("error: {}{}\n", place(at.as_ref()), one.problem.message));
        if let Some(also) = one.problem.also.clone().map(Location::from) {
            said.push_str(&format!("  note: {}it fails in this action\n", place(Some(&also))));
        }
    }
    for NotChecked { what, reason, location, .. } in &rendered.not_checked {
        said.push_str(&format!("not rendered: {}{what}: {reason}\n", place(location.as_ref())));
    }
    // Nobody is left to tell if standard error is gone.
    let _ = std::io::stderr().lock().write_all(visible(&said).as_bytes());
    match (rendered.problems.is_empty(), rendered.not_checked.is_empty()) {
        (false, _) => 1,
        (true, false) => 3,
        (true, true) => 0,
    }
}

fn place(at: Option<&Location>) -> String {
    at.map_or_else(String::new, |at| {
        let position = at.position();
        format!("{}:{}:{}: ", at.path(), position.line, position.column)
    })
}
