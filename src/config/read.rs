//! Reads `mlgitops.yaml`: every value with its place, and every error, not only the first.

use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_yaml::{Node, Origins, Role, SourceFile, SyntaxErrorKind, Tree, Value as NodeValue, parse_file};

use super::check::{Checker, MOST_ERRORS, Value};
use super::keys::{FILE, FOLDER, Kind};
use super::rules::{Names, rules};
use super::scalar::shown;
use super::vocabulary::Vocabulary;
use super::{Config, ConfigError, FolderConfig, PathRules, Stated, Waiver, build, relations};
use crate::finding::Location;

/// Gives the configuration that a file of the repository holds.
type Extended<'e> = &'e mut dyn FnMut(&Stated<String>) -> Result<Config, Vec<ConfigError>>;

/// Reads the configuration of one file, which extends no other. JSON of the same shape is YAML.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(file: &Arc<SourceFile>, vocabulary: &Vocabulary) -> Result<Config, Vec<ConfigError>> {
    read_over(file, vocabulary, &mut |path| {
        let message = "this file stands outside a repository, so it extends nothing".to_owned();
        let help = Some("write what it asks for into it".to_owned());
        Err(vec![ConfigError { message, help, location: path.location.clone() }])
    })
}

/// Reads the configuration of one file, over what it extends.
pub(super) fn read_over(
    file: &Arc<SourceFile>,
    vocabulary: &Vocabulary,
    extended: Extended<'_>,
) -> Result<Config, Vec<ConfigError>> {
    let (node, origins, mut errors) = match parsed(file)? {
        (Some(node), origins, errors) => (node, origins, errors),
        (None, _, errors) => {
            return finish(Config { file: Some(Arc::clone(file)), ..Config::default() }, errors);
        }
    };
    let mut checker = Checker::new(file, origins);
    let root = checker.check(super::FILE_NAME, &node, &Kind::Map(&FILE));
    let mut base = Config::default();
    for path in build::texts(Some(&root), "extends") {
        match extended(&path) {
            Ok(config) => base = config.over(base),
            Err(found) => errors.extend(found),
        }
    }
    let mut config = build::config(&root, &base);
    let own = if config.environments.is_empty() { &base.environments } else { &config.environments };
    let ladder = own.iter().map(|one| one.name.value.clone()).collect();
    let names = Names { vocabulary, ladder };
    if let NodeValue::Map(map) = &node.value {
        if let Some(node) = map.get("rules") {
            config.rules = rules(&mut checker, node, &names, true);
        }
        if let Some(node) = map.get("paths") {
            config.paths = path_rules(&mut checker, node, &root, &names);
        }
    }
    let mut config = config.over(base);
    relations::check(&mut checker, &config, &root, &names);
    config.file = Some(Arc::clone(file));
    errors.extend(checker.finish());
    finish(config, errors)
}

/// Reads the file of a folder: its waivers, and the rest of what it states. `root` is the
/// configuration at the root.
pub(super) fn read_folder(
    file: &Arc<SourceFile>,
    vocabulary: &Vocabulary,
    root: &Config,
) -> Result<(Vec<Waiver>, FolderConfig), Vec<ConfigError>> {
    let (Some(node), origins, mut errors) = parsed(file)? else { return Ok(Default::default()) };
    let mut checker = Checker::new(file, origins);
    let value = checker.check(super::FILE_NAME, &node, &Kind::Map(&FOLDER));
    let config = build::config(&value, root);
    let ladder = root.environments.iter().map(|one| one.name.value.clone()).collect();
    relations::check(&mut checker, &config, &value, &Names { vocabulary, ladder });
    errors.extend(checker.finish());
    let startup = value.get("startup").map(|_| config.startup);
    let waivers = config.waivers.clone();
    let folder = FolderConfig { folder: String::new(), models: config.models.clone(), startup };
    finish(config, errors).map(|_| (waivers, folder))
}

/// The severities of the entries of `paths`.
fn path_rules(checker: &mut Checker<'_>, node: &Node, root: &Value, names: &Names<'_>) -> Vec<PathRules> {
    let NodeValue::Sequence(items) = &node.value else { return Vec::new() };
    let values = root.get("paths").map_or(&[][..], Value::items);
    let mut entries = Vec::new();
    for (item, value) in items.iter().zip(values) {
        let mut entry = build::path_rules(value);
        if let NodeValue::Map(map) = &item.value
            && let Some(node) = map.get("rules")
        {
            entry.rules = rules(checker, node, names, false);
        }
        entries.push(entry);
    }
    entries
}

/// The first document of a file, if it holds anything, its origins, and what is wrong with how it is
/// written.
type Parsed = (Option<Node>, Origins, Vec<ConfigError>);

fn parsed(file: &Arc<SourceFile>) -> Result<Parsed, Vec<ConfigError>> {
    let tree = parse_file(file);
    let mut written = as_written(file, &tree);
    let mut origins = Origins::default();
    let Some(root) = tree.documents().iter().find_map(|document| document.root) else {
        return Ok((None, origins, written));
    };
    let id = origins.add_file(file);
    match tree.node_of(root, id, Role::Deployment, &mut origins) {
        Ok(node) => Ok(((!node.is_null()).then_some(node), origins, written)),
        Err(error) => {
            let location = Location::new(file, error.range.clone(), Role::Deployment);
            let message = format!("the configuration cannot be read: {error}");
            written.push(ConfigError { message, help: None, location });
            Err(written)
        }
    }
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
