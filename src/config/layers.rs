//! What a configuration is made of: the files it extends, its own file, and the files of folders.

use std::sync::Arc;

use globset::{Glob, GlobSetBuilder};
use mlgitops_files::{EntryKind, Files, ReadError, RepoPath};
use mlgitops_yaml::{Role, SourceFile};

use super::read::{read_folder, read_over};
use super::scalar::shown;
use super::{Config, ConfigError, FILE_NAME, FolderConfig, Stated, Vocabulary};
use crate::finding::Location;

/// Files that extend one another, one after the other.
const DEEPEST: usize = 8;
/// Folders with a file of their own.
const MOST_FOLDERS: usize = 1_000;

/// Reads the configuration that `file` is, with the files of the repository it extends and those
/// of folders below the root.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn load(
    files: &dyn Files,
    file: &Arc<SourceFile>,
    vocabulary: &Vocabulary,
) -> Result<Config, Vec<ConfigError>> {
    let mut config = extended(files, file, vocabulary, &mut vec![file.path().to_string()])?;
    add_folders(files, &mut config, vocabulary)?;
    Ok(config)
}

/// Adds what the files of folders state; for a root without a file of its own, too.
///
/// # Errors
/// Everything that is wrong with any of them.
pub fn add_folders(
    files: &dyn Files,
    config: &mut Config,
    vocabulary: &Vocabulary,
) -> Result<(), Vec<ConfigError>> {
    let mut errors = Vec::new();
    for path in folder_files(files, config) {
        let Some(folder) = path.parent() else { continue };
        let file = match source(files, path.as_str()) {
            Ok(file) => Arc::new(file),
            Err((name, reason)) => {
                errors.push(unreadable(&name, &reason));
                continue;
            }
        };
        match read_folder(&file, vocabulary, config) {
            Ok((mut waivers, part)) => {
                for waiver in &mut waivers {
                    waiver.folder = Some(folder.as_str().to_owned());
                }
                config.waivers.extend(waivers);
                config.folders.push(FolderConfig { folder: folder.as_str().to_owned(), ..part });
                config.parts.push(file);
            }
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The files of folders that are looked at, sorted.
fn folder_files(files: &dyn Files, config: &Config) -> Vec<RepoPath> {
    let mut ignored = GlobSetBuilder::new();
    for glob in config.ignore.iter().filter_map(|glob| Glob::new(&glob.value).ok()) {
        ignored.add(glob);
    }
    let ignored = ignored.build().unwrap_or_default();
    let extended: Vec<_> = config.parts.iter().map(|part| part.path().to_string()).collect();
    let is_extended = |path: &str| extended.iter().any(|part| part == path);
    let entries = files.all().into_iter().filter(|entry| entry.kind == EntryKind::File);
    entries
        .map(|entry| entry.path)
        .filter(|path| path.file_name() == FILE_NAME && path.as_str() != FILE_NAME)
        .filter(|path| !ignored.is_match(path.as_str()) && !is_extended(path.as_str()))
        .take(MOST_FOLDERS)
        .collect()
}

fn extended(
    files: &dyn Files,
    file: &Arc<SourceFile>,
    vocabulary: &Vocabulary,
    open: &mut Vec<String>,
) -> Result<Config, Vec<ConfigError>> {
    read_over(file, vocabulary, &mut |path: &Stated<String>| {
        let refused = |message: String, help: &str| {
            let location = path.location.clone();
            vec![ConfigError { message, help: Some(help.to_owned()), location }]
        };
        let name = shown(&path.value);
        if open.contains(&path.value) {
            let message = format!("`{name}` extends itself");
            return Err(refused(message, "take one `extends` of the circle away"));
        }
        if open.len() > DEEPEST {
            let message = format!("more than {DEEPEST} files extend one another");
            return Err(refused(message, "extend the last of them directly"));
        }
        let base = source(files, &path.value).map_err(|(name, reason)| {
            refused(format!("`{}` cannot be read: {reason}", shown(&name)), "name a file of this repository")
        })?;
        open.push(path.value.clone());
        let config = extended(files, &Arc::new(base), vocabulary, open);
        open.pop();
        config
    })
}

/// A file of the repository, or its name and why it cannot be read.
fn source(files: &dyn Files, path: &str) -> Result<SourceFile, (String, String)> {
    let refused = |reason: String| (path.to_owned(), reason);
    let found = RepoPath::parse(path).map_err(|error| refused(error.to_string()))?;
    let blob = files.read(&found).map_err(|error: ReadError| refused(error.to_string()))?;
    SourceFile::new(path, &blob.bytes).map_err(|error| refused(error.to_string()))
}

fn unreadable(path: &str, reason: &str) -> ConfigError {
    let file = Arc::new(SourceFile::of_text(path, ""));
    let message = format!("this file cannot be read: {reason}");
    ConfigError { message, help: None, location: Location::top_of(&file, Role::Deployment) }
}
