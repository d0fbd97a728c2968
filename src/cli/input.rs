//! What `lint` and `status` read: the root, which state of it, and its configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mlgitops_files::{Files, ReadError, RepoPath};
use mlgitops_yaml::SourceFile;

use super::CliError;
use crate::config::{self, Config};
use crate::rules::vocabulary;
use crate::source::{self, Repositories, Root, Which};

/// The arguments that say what is read.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The folder to read, or files in one: then only what concerns them is reported
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Read a commit instead of the work tree: a branch, a tag, an id, HEAD~2
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    pub(super) rev: Option<String>,
    /// Read what is staged for the next commit instead of the work tree
    #[arg(long)]
    staged: bool,
    /// The configuration [default: mlgitops.yaml in the root]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder that holds a clone of another repository deployments read from
    #[arg(long, value_name = "URL=FOLDER", value_parser = repository)]
    repository: Vec<(String, PathBuf)>,
}

fn repository(text: &str) -> Result<(String, PathBuf), String> {
    let (url, folder) = text
        .rsplit_once('=')
        .filter(|(url, folder)| !url.is_empty() && !folder.is_empty())
        .ok_or("write URL=FOLDER, as in https://git.example.com/org/charts=../charts")?;
    Ok((url.to_owned(), folder.into()))
}

/// What was opened.
pub(super) struct Opened {
    /// The root.
    pub(super) root: Root,
    /// The files of the state that is read.
    pub(super) files: Arc<dyn Files>,
    /// The files findings are asked for; empty: all.
    pub(super) only: Vec<RepoPath>,
    /// The configuration.
    pub(super) config: Config,
}

impl Args {
    /// Opens the root in the state asked for, and reads its configuration.
    pub(super) fn open(&self) -> Result<Opened, CliError> {
        let (root, only) = self.root()?;
        let which = match &self.rev {
            Some(rev) => Which::Rev(rev.clone()),
            None if self.staged => Which::Staged,
            None => Which::WorkTree,
        };
        let files = source::open(&root, &which)?;
        let config = match &self.config {
            Some(path) => config_at(path, &root, &*files)?,
            None => config_in(&*files)?,
        };
        Ok(Opened { root, files, only, config })
    }

    /// The configuration that another state of the repository is judged by. One that the command line
    /// names is that state's own where it lies in the repository; else no change can touch it.
    pub(super) fn config_of(&self, root: &Root, files: &dyn Files, own: &Config) -> Config {
        let Some(path) = &self.config else { return config_in(files).unwrap_or_default() };
        let whole = path.canonicalize().ok();
        match whole.and_then(|whole| below(&whole, root.folder())) {
            Some(path) => match files.read(&path) {
                Ok(blob) => parse(path.as_str(), &blob.bytes, files).unwrap_or_default(),
                Err(_) => Config::default(),
            },
            None => own.clone(),
        }
    }

    /// Whether what is about to be committed is read.
    pub(super) fn is_staged(&self) -> bool {
        self.staged
    }

    /// Whether the work tree is read: fixes are for nothing else.
    pub(super) fn is_work_tree(&self) -> bool {
        self.rev.is_none() && !self.staged
    }

    /// What was checked, as the user called it.
    pub(super) fn shown(&self) -> String {
        let shown: Vec<_> = self.paths.iter().map(|path| path.display().to_string()).collect();
        shown.join(" ")
    }

    /// What is known of repositories: those of the command line, then what Git says. `target` is
    /// the branch the change under review is to be merged into.
    pub(super) fn repositories(&self, root: &Root, target: Option<&str>) -> Result<Repositories, CliError> {
        let mut known = Repositories::of(root, target);
        for (url, folder) in &self.repository {
            let other = Root::find(folder)?;
            known = match below(other.folder(), root.folder()) {
                Some(folder) => known.with_folder(url, folder),
                None => known.with_files(url, source::open(&other, &Which::WorkTree)?),
            };
        }
        Ok(known)
    }

    /// One root for all paths: a folder, or that of files which all have the same.
    fn root(&self) -> Result<(Root, Vec<RepoPath>), CliError> {
        let mut all = self.paths.iter().map(|path| Root::of(path));
        let Some((root, first)) = all.next().transpose()? else {
            return Ok((Root::find(Path::new("."))?, Vec::new()));
        };
        let mut only: Vec<RepoPath> = first.into_iter().collect();
        for next in all {
            let (other, file) = next?;
            let Some(file) = file.filter(|_| !only.is_empty() && other.folder() == root.folder()) else {
                return Err(CliError::Usage {
                    message: "the paths lie under different roots".to_owned(),
                    help: "name one folder, or files of one repository".to_owned(),
                });
            };
            only.push(file);
        }
        Ok((root, only))
    }
}

/// A folder as a path below the root, where it lies there.
fn below(folder: &Path, root: &Path) -> Option<RepoPath> {
    let segments: Option<Vec<&str>> =
        folder.strip_prefix(root).ok()?.iter().map(|segment| segment.to_str()).collect();
    RepoPath::parse(&segments?.join("/")).ok()
}

/// The configuration in the root of a source; the default one where there is none.
pub(super) fn config_in(files: &dyn Files) -> Result<Config, CliError> {
    let refused = |reason: String| CliError::ConfigFile { path: config::FILE_NAME.to_owned(), reason };
    let path = RepoPath::parse(config::FILE_NAME).map_err(|error| refused(error.to_string()))?;
    match files.read(&path) {
        Ok(blob) => parse(config::FILE_NAME, &blob.bytes, files),
        Err(ReadError::Missing) => {
            let mut config = Config::default();
            config::add_folders(files, &mut config, &vocabulary()).map_err(CliError::Config)?;
            Ok(config)
        }
        Err(error) => Err(refused(error.to_string())),
    }
}

/// A configuration that lies anywhere on this machine, because the user names it.
fn config_at(path: &Path, root: &Root, files: &dyn Files) -> Result<Config, CliError> {
    let refused = |error: std::io::Error| CliError::ConfigFile {
        path: path.display().to_string(),
        reason: super::error::why(&error),
    };
    let bytes = std::fs::read(path).map_err(refused)?;
    let whole = path.canonicalize().map_err(refused)?;
    let shown = whole.strip_prefix(root.folder()).unwrap_or(path).display().to_string();
    parse(&shown, &bytes, files)
}

fn parse(path: &str, bytes: &[u8], files: &dyn Files) -> Result<Config, CliError> {
    let file = SourceFile::new(path, bytes)
        .map_err(|error| CliError::ConfigFile { path: path.to_owned(), reason: error.to_string() })?;
    config::load(files, &Arc::new(file), &vocabulary()).map_err(CliError::Config)
}
