//! Reads `mlgitops.yaml`: every value with its place, and every error, not only the first.

use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_yaml::{Origins, Role, SourceFile, SyntaxErrorKind, Tree, Value as NodeValue, parse_file};

use super::check::{Checker, MOST_ERRORS};
use super::keys::{FILE, Kind};
use super::rules::{Names, rules};
use super::scalar::shown;
use super::vocabulary::Vocabulary;
use super::{Config, ConfigError, build, relations};
use crate::finding::Location;

/// Reads the configuration. JSON of the same shape is YAML.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(file: &Arc<SourceFile>, vocabulary: &Vocabulary) -> Result<Config, Vec<ConfigError>> {
    let tree = parse_file(file);
    let mut written = as_written(file, &tree);
    let Some(root) = tree.documents().iter().find_map(|document| document.root) else {
        return finish(Config { file: Some(Arc::clone(file)), ..Config::default() }, written);
    };
    let mut origins = Origins::default();
    let id = origins.add_file(file);
    let node = match tree.node_of(root, id, Role::Deployment, &mut origins) {
        Ok(node) => node,
        Err(error) => {
            let location = Location::new(file, error.range.clone(), Role::Deployment);
            let message = format!("the configuration cannot be read: {error}");
            written.push(ConfigError { message, help: None, location });
            return Err(written);
        }
    };
    if node.is_null() {
        return finish(Config { file: Some(Arc::clone(file)), ..Config::default() }, written);
    }
    let mut checker = Checker::new(file, origins);
    let root = checker.check(super::FILE_NAME, &node, &Kind::Map(&FILE));
    let mut config = build::config(&root);
    let ladder = config.environments.iter().map(|one| one.name.value.clone()).collect();
    let names = Names { vocabulary, ladder };
    if let NodeValue::Map(map) = &node.value
        && let Some(node) = map.get("rules")
    {
        config.rules = rules(&mut checker, node, &names);
    }
    relations::check(&mut checker, &config, &root, &names);
    config.file = Some(Arc::clone(file));
    written.extend(checker.finish());
    finish(config, written)
}

fn finish(config: Config, mut errors: Vec<ConfigError>) -> Result<Config, Vec<ConfigError>> {
    if errors.is_empty() {
        return Ok(config);
    }
    errors.sort_by(|a, b| a.location.key().cmp(&b.location.key()));
    Err(errors)
}

/// What is wrong with the file before any key is looked at.
fn as_written(file: &Arc<SourceFile>, tree: &Tree) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let mut refuse = |range: std::ops::Range<u32>, message: String, help: &str| {
        let location = Location::new(file, range, Role::Deployment);
        errors.push(ConfigError { message, help: Some(help.to_owned()), location });
    };
    for error in tree.errors() {
        let (message, help) = match error.kind {
            SyntaxErrorKind::TooDeep => (
                format!("collections nest deeper than {} levels", limits::DEPTH),
                "the keys of the configuration need five",
            ),
            _ => (format!("this is no YAML: {}", error.message), "nothing of the file is used until it is"),
        };
        refuse(error.at..error.at.saturating_add(1), message, help);
    }
    let documents = tree.documents().iter().filter(|document| document.root.is_some());
    for document in documents.skip(1).take(MOST_ERRORS) {
        // The first line of the document, its marker.
        let line = file.position(document.range.start).line;
        let range = file.line_range(line);
        refuse(range, "a second document begins here".to_owned(), "write everything in one, without `---`");
    }
    for duplicate in tree.duplicates().iter().take(MOST_ERRORS) {
        let key = shown(tree.scalar(duplicate.key).unwrap_or("null"));
        let line = file.position(tree.range(duplicate.first).start).line;
        let message = format!("`{key}` stands in line {line} already");
        refuse(tree.range(duplicate.key), message, "keep one of the two");
    }
    errors
}
