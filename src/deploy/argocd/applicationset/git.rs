//! The git generator: folders and files of a repository (argo-cd
//! `applicationset/generators/git.go`, `reposerver/repository` `GetGitDirectories`, `GetGitFiles`).

use std::collections::BTreeSet;
use std::sync::Arc;

use mlgitops_files::{Entry, EntryKind, RepoPath};
use mlgitops_yaml::{Key, Map, Node, OriginId, Role, SourceFile, Span, Tree as YamlTree, Value, parse_file};

use super::expansion::{Expansion, Language, Unmatched};
use super::functions::sanitize;
use super::glob::Pattern;
use super::parameters::{Parameters, as_string, flatten, word};
use super::refusal::Stop;
use super::values::Values;
use crate::discover::{FileKind, NotHere};
use crate::finding::Code;

const KIND: &str = "appset-file";

/// The names of a repository, relative to its root.
pub(super) struct Listing {
    /// Its folders, in the order `filepath.WalkDir` visits them: none that is hidden, and not the
    /// root itself.
    folders: Vec<String>,
    /// Its files, sorted.
    files: Vec<String>,
    /// Where it lies among the trees.
    root: RepoPath,
    /// The folder of it that is at hand; the rest of it is not.
    prefix: RepoPath,
    /// Nobody says that it is this repository.
    is_guessed: bool,
}

/// The entries of `directories` or `files`.
struct Entries<'n> {
    include: Vec<(Pattern, &'n str, OriginId)>,
    exclude: Vec<Pattern>,
}

impl<'n> Entries<'n> {
    fn of(list: &'n [Node], pattern: fn(&str) -> Pattern) -> Self {
        let (mut include, mut exclude) = (Vec::new(), Vec::new());
        for node in list {
            let path = node.get("path").present();
            let text = path.and_then(Node::text).unwrap_or("");
            if node.get("exclude").present().and_then(Node::as_bool) == Some(true) {
                exclude.push(pattern(text));
            } else {
                include.push((pattern(text), text, path.map_or(node.origin, |path| path.origin)));
            }
        }
        Self { include, exclude }
    }

    /// The place of the pattern that names a path, if one does, and whether none keeps it out.
    fn named(&self, path: &str) -> Option<(OriginId, bool)> {
        let letters: Vec<char> = path.chars().collect();
        let (_, _, at) = self.include.iter().find(|(pattern, _, _)| pattern.matches(path, &letters))?;
        Some((*at, !self.exclude.iter().any(|pattern| pattern.matches(path, &letters))))
    }

    /// How much work a path is, in steps.
    fn cost(&self, path: &str) -> u64 {
        let include = self.include.iter().map(|(pattern, _, _)| pattern);
        include.chain(&self.exclude).map(|pattern| pattern.cost(path)).sum()
    }
}

impl Expansion<'_> {
    /// The elements of a git generator: `directories` where there are any, else `files`.
    pub(super) fn git(&mut self, git: &Node) -> Result<Vec<Parameters>, Stop> {
        let directories = git.get("directories").items();
        let files = git.get("files").items();
        let entries = match (directories, files) {
            ([], []) => {
                let message = "its git generator has neither directories nor files";
                return Err(Stop::refused("appset-generator", message, git.origin));
            }
            ([], files) => Entries::of(files, Pattern::of_files),
            (directories, _) => Entries::of(directories, Pattern::of_folders),
        };
        let listing = self.listing(git)?;
        let names = if directories.is_empty() { &listing.files } else { &listing.folders };
        let (mut admitted, mut is_named) = (Vec::new(), false);
        for name in names {
            self.machine.spend(entries.cost(name)).map_err(|failure| Stop::failure(&failure))?;
            if let Some((at, is_in)) = entries.named(name) {
                is_named = true;
                admitted.extend(is_in.then_some((name.as_str(), at)));
            }
        }
        if is_named && admitted.is_empty() {
            self.note_kept_out(&entries);
        }
        self.note_match(git, &entries, &listing, is_named)?;
        let values = Values::of(git, self)?;
        let prefix = git.get("pathParamPrefix").text().unwrap_or("").to_owned();
        let mut found = Vec::new();
        for (name, at) in admitted {
            let elements = if directories.is_empty() {
                self.file_elements(&listing, name, &prefix, at)?
            } else {
                let path = PathParameters { folder: name, file: None, at };
                vec![self.with_path(Parameters::default(), &path, &prefix)]
            };
            for mut element in elements {
                if !self.take() {
                    return Ok(found);
                }
                values.append(&mut element, self)?;
                found.push(element);
            }
        }
        Ok(found)
    }

    /// The names of the repository a generator reads; listed once.
    fn listing(&mut self, git: &Node) -> Result<Arc<Listing>, Stop> {
        let url = git.get("repoURL").text().unwrap_or("").to_owned();
        let revision = git.get("revision").text().unwrap_or("").to_owned();
        let key = (url, revision);
        if let Some(known) = self.listings.get(&key) {
            return Ok(Arc::clone(known));
        }
        let at = git.get("repoURL").present().map_or(git.origin, |node| node.origin);
        let base = match self.tree.trees.open(&key.0, &key.1) {
            Ok(base) => base,
            Err(NotHere { code, reason, help }) => {
                let mut item =
                    self.not_known(code, reason.replacen("its source is", "its git generator reads", 1), at);
                item.help = help;
                return Err(Stop::NotChecked(Box::new(item)));
            }
        };
        let root = base.folder().clone();
        let entries = self.tree.trees.all(&base);
        let listing =
            Arc::new(Listing::of(entries.iter(), root.clone(), base.prefix().clone(), base.is_guessed));
        self.listings.insert(key, Arc::clone(&listing));
        Ok(listing)
    }

    /// Keeps in mind whether a generator's patterns ever matched: as the second of a matrix it is
    /// asked once for each element of the first. What is not all at hand may match elsewhere.
    fn note_match(
        &mut self,
        git: &Node,
        entries: &Entries<'_>,
        listing: &Listing,
        matched: bool,
    ) -> Result<(), Stop> {
        let at = entries.include.first().map_or(git.origin, |(_, _, at)| *at);
        if !matched && (listing.is_guessed || !listing.prefix.is_root()) {
            let url = git.get("repoURL").text().unwrap_or("");
            let reason = format!("its git generator reads `{url}`, and nothing here matches its paths");
            let item = self.not_known(Code::Remote, reason, at);
            return Err(Stop::NotChecked(Box::new(item)));
        }
        self.note_generator(git.origin, matched, || {
            let patterns: Vec<String> =
                entries.include.iter().map(|(_, text, _)| format!("`{text}`")).collect();
            let message = match patterns.as_slice() {
                [] => "its git generator includes no path".to_owned(),
                [one] => format!("nothing in the repository matches {one}"),
                [first, rest @ ..] => {
                    format!("nothing in the repository matches {first} or {} more paths", rest.len())
                }
            };
            Unmatched { kind: "appset-no-match", message, at }
        });
        Ok(())
    }

    /// Keeps in mind that a generator excludes all that it includes.
    fn note_kept_out(&mut self, entries: &Entries<'_>) {
        let Some((_, text, at)) = entries.include.first() else { return };
        let message = match entries.include.len() {
            1 => format!("its `exclude` entries keep out all that `{text}` matches"),
            _ => "its `exclude` entries keep out all that its git generator includes".to_owned(),
        };
        self.kept_out.get_or_insert(Unmatched { kind: "appset-kept-out", message, at: *at });
    }

    /// The elements of a file: its map, or the maps of its list, with where it lies.
    fn file_elements(
        &mut self,
        listing: &Listing,
        name: &str,
        prefix: &str,
        at: OriginId,
    ) -> Result<Vec<Parameters>, Stop> {
        let folder = name.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let path = PathParameters { folder, file: Some(name), at };
        let objects = self.objects_of_file(listing, name, at)?;
        let mut found = Vec::new();
        for object in objects {
            let parameters = match (&object.value, self.language) {
                (Value::Map(map), Language::Go) => Parameters::of_map(map),
                (Value::Map(_), Language::Fast) => flat_parameters(&object),
                _ if object.is_null() => Parameters::default(),
                _ => {
                    let message = format!("its file `{name}` holds {}, not a map", word(&object));
                    return Err(Stop::refused(KIND, message, object.origin));
                }
            };
            found.push(self.with_path(parameters, &path, prefix));
        }
        Ok(found)
    }

    /// The first document of a file, or the items of its list.
    fn objects_of_file(&mut self, listing: &Listing, name: &str, at: OriginId) -> Result<Vec<Node>, Stop> {
        let (file, tree) = self.read_file(listing, name, at)?;
        let id = self.machine.origins.add_file(&file);
        self.machine.make(file.text().len()).map_err(|failure| Stop::failure(&failure))?;
        let mut place =
            |start: u32, end: u32| self.machine.origins.span(Role::Parameter, Span { file: id, start, end });
        if let Some(error) = tree.errors().first() {
            let message = format!("its file `{name}` is no YAML: {}", error.message);
            return Err(Stop::refused(KIND, message, place(error.at, error.at.saturating_add(1))));
        }
        let Some(root) = tree.documents().first().and_then(|document| document.root) else {
            return Ok(vec![Node::new(Value::Null, OriginId::NONE)]);
        };
        let node = tree.node_of(root, id, Role::Parameter, self.machine.origins);
        let node = node.map_err(|error| {
            let message = format!("its file `{name}`: {error}");
            let place = self
                .machine
                .origins
                .span(Role::Parameter, Span { file: id, start: error.range.start, end: error.range.end });
            Stop::refused(KIND, message, place)
        })?;
        Ok(match node.value {
            Value::Sequence(items) => items,
            _ => vec![node],
        })
    }

    fn read_file(
        &self,
        listing: &Listing,
        name: &str,
        at: OriginId,
    ) -> Result<(Arc<SourceFile>, Arc<YamlTree>), Stop> {
        let not_read = |reason: String| {
            let reason = format!("its file `{name}` is not read: {reason}");
            Stop::NotChecked(Box::new(self.not_known(Code::Encoding, reason, at)))
        };
        let path =
            listing.path(name).ok_or_else(|| not_read("it is outside the folder that is checked".into()))?;
        let known = self.tree.trees.known(&path);
        if let Some(found) = known.files.get(&path).filter(|found| found.kind != FileKind::Template) {
            return Ok((Arc::clone(&found.file), Arc::clone(&found.tree)));
        }
        let blob = self.tree.trees.files().read(&path).map_err(|error| not_read(error.to_string()))?;
        let file =
            SourceFile::new(path.as_str(), &blob.bytes).map_err(|error| not_read(error.to_string()))?;
        let file = Arc::new(file);
        let tree = Arc::new(parse_file(&file));
        Ok((file, tree))
    }

    /// The parameters that say where an element lies, over what it says itself.
    fn with_path(&self, mut parameters: Parameters, path: &PathParameters<'_>, prefix: &str) -> Parameters {
        let text = |text: &str| Node::string(text, path.at);
        let mut fields = vec![("path", text(path.folder)), ("basename", text(base(path.folder)))];
        fields.push(("basenameNormalized", text(&sanitize(base(path.folder)))));
        if let Some(file) = path.file {
            fields.push(("filename", text(base(file))));
            fields.push(("filenameNormalized", text(&sanitize(base(file)))));
        }
        let segments: Vec<&str> = path.folder.split('/').collect();
        if self.language == Language::Go {
            let list = segments.iter().map(|segment| text(segment)).collect();
            fields.push(("segments", Node::new(Value::Sequence(list), path.at)));
            let entries = fields.into_iter().map(|(name, node)| (Key::new(name, path.at), node)).collect();
            let mut node = Node::new(Value::Map(Map::of(entries)), path.at);
            let mut name = "path";
            if !prefix.is_empty() {
                node = Node::new(Value::Map(Map::of(vec![(Key::new("path", path.at), node)])), path.at);
                name = prefix;
            }
            parameters.set(name, path.at, node);
            return parameters;
        }
        let name = if prefix.is_empty() { "path".to_owned() } else { format!("{prefix}.path") };
        for (field, node) in fields {
            let full = if field == "path" { name.clone() } else { format!("{name}.{field}") };
            parameters.set(&full, path.at, node);
        }
        for (index, segment) in segments.iter().enumerate().filter(|(_, segment)| !segment.is_empty()) {
            parameters.set(&format!("{name}[{index}]"), path.at, text(segment));
        }
        parameters
    }
}

/// Where an element lies.
struct PathParameters<'p> {
    folder: &'p str,
    file: Option<&'p str>,
    /// The pattern that let it in.
    at: OriginId,
}

impl Listing {
    fn of<'e>(
        entries: impl Iterator<Item = &'e Entry>,
        root: RepoPath,
        prefix: RepoPath,
        is_guessed: bool,
    ) -> Self {
        let mut folders: BTreeSet<Vec<String>> = BTreeSet::new();
        let mut files = Vec::new();
        for entry in entries {
            let Some(below) = entry.path.below(&root) else { continue };
            let whole = if prefix.is_root() { below.to_owned() } else { format!("{prefix}/{below}") };
            let mut segments: Vec<String> = whole.split('/').map(str::to_owned).collect();
            match entry.kind {
                EntryKind::File | EntryKind::Link(_) => {
                    segments.pop();
                    files.push(whole);
                }
                EntryKind::Outside(_) => drop(segments.pop()),
                // It is a folder in a clone, whatever is in it.
                EntryKind::Submodule | EntryKind::Folder => {}
            }
            let visible = segments.iter().position(|segment| segment.starts_with('.'));
            segments.truncate(visible.unwrap_or(segments.len()));
            while !segments.is_empty() && folders.insert(segments.clone()) {
                segments.pop();
            }
        }
        files.sort_unstable();
        let folders = folders.into_iter().map(|segments| segments.join("/")).collect();
        Self { folders, files, root, prefix, is_guessed }
    }

    /// The path of a file among the trees.
    fn path(&self, name: &str) -> Option<RepoPath> {
        let path = RepoPath::parse(name).ok()?;
        self.root.join(path.below(&self.prefix)?).ok()
    }
}

/// The last name of a path, as Go's `path.Base`.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A file's map without Go templates: every scalar by its dotted path, as a string.
fn flat_parameters(object: &Node) -> Parameters {
    let mut parameters = Parameters::default();
    let Some(map) = object.as_map() else { return parameters };
    for (key, value) in map.iter() {
        let Ok(name) = key.resolved_name(mlgitops_yaml::Mode::Api) else { continue };
        flatten(name.into_owned(), value, &mut |path, leaf| {
            parameters.set(&path, key.origin, as_string(leaf));
        });
    }
    parameters
}
