//! Reading: the kustomization of a folder, and files of objects.

use std::sync::Arc;

use mlgitops_files::{EntryKind, ReadError, RepoPath};
use mlgitops_yaml::{
    ConvertErrorKind, Map, Node, OriginId, Role, SourceFile, Span, Style, Text, Tree, Value, parse,
};

use crate::build::{Builder, LeftOutKind, Refused, Step};
use crate::schema::{self, KUSTOMIZATION};

/// The three names kustomize reads, in its order (`api/konfig/general.go`).
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization, decoded.
pub(crate) struct Kustomization {
    pub(crate) folder: RepoPath,
    /// The name of its file, one of three.
    pub(crate) file_name: String,
    pub(crate) root: Node,
}

impl Kustomization {
    /// The entries of a list field.
    pub(crate) fn list(&self, field: &str) -> Vec<Node> {
        self.root.get(field).items().to_vec()
    }

    /// The scalar of a field that says something.
    pub(crate) fn scalar(&self, field: &str) -> Option<Node> {
        let node = self.root.get(field).present()?;
        (!node.text()?.is_empty()).then(|| node.clone())
    }

    /// The entries of a map field, sorted by key.
    pub(crate) fn map(&self, field: &str) -> Map {
        let mut map = self.root.get(field).present().and_then(Node::as_map).cloned().unwrap_or_default();
        map.sort();
        map
    }

    pub(crate) fn is_component(&self) -> bool {
        self.root.get("kind").text() == Some("Component")
    }
}

impl Builder<'_> {
    /// Reads the kustomization of a folder; `entry` names the folder.
    pub(crate) fn kustomization(&mut self, folder: &RepoPath, entry: OriginId) -> Step<Kustomization> {
        let paths = NAMES.iter().filter_map(|name| folder.join(name).ok());
        let files = self.reader.files();
        let mut found: Vec<RepoPath> = paths
            .filter(|path| matches!(files.kind(path), Some(EntryKind::File | EntryKind::Link(_))))
            .collect();
        let Some(path) = found.pop() else {
            let message = format!("there is no kustomization in `{folder}`");
            return Err(self.refuse("no-kustomization", message, entry));
        };
        if let Some(other) = found.first() {
            let message =
                format!("`{folder}` has two kustomizations: {} and {}", other.file_name(), path.file_name());
            let at = if entry.is_none() { self.start_of(&path) } else { entry };
            return Err(self.refuse("two-kustomizations", message, at));
        }
        let (file, tree) = self.read(&path, entry)?;
        self.check_syntax(&file, &tree)?;
        let mut root = match tree.documents().first().and_then(|document| document.root) {
            Some(root) => self.convert(&file, &tree, root, Role::Transformer)?,
            None => Node::new(Value::Null, self.start_in(&file)),
        };
        let start = self.start_in(&file);
        if matches!(root.value, Value::Null) || root.as_map().is_some_and(Map::is_empty) {
            return Err(self.refuse("empty", format!("`{path}` is empty"), start));
        }
        if let Err(mismatch) = schema::decode(&mut root, KUSTOMIZATION, "") {
            return Err(self.refuse("field", mismatch.message, mismatch.at));
        }
        if root.as_map().is_some_and(|map| map.iter().all(|(key, _)| is_type_field(key.name()))) {
            return Err(self.refuse("empty", format!("`{path}` is empty"), start));
        }
        self.check_kind(&root)?;
        Ok(Kustomization { folder: folder.clone(), file_name: path.file_name().to_owned(), root })
    }

    /// `EnforceFields` of kustomize.
    fn check_kind(&mut self, root: &Node) -> Step<()> {
        let kind = root.get("kind");
        let component = match kind.text() {
            None | Some("" | "Kustomization") => false,
            Some("Component") => true,
            Some(other) => {
                let message = format!("kind is `{other}`, and must be Kustomization or Component");
                let at = kind.present().map_or(root.origin, |node| node.origin);
                return Err(self.refuse("kind", message, at));
            }
        };
        let wanted = if component { "v1alpha1" } else { "v1beta1" };
        let wanted = format!("kustomize.config.k8s.io/{wanted}");
        let version = root.get("apiVersion");
        match version.present() {
            Some(node) if node.text().is_some_and(|text| !text.is_empty() && text != wanted) => {
                Err(self.refuse("api-version", format!("apiVersion must be {wanted}"), node.origin))
            }
            _ => Ok(()),
        }
    }

    /// The first byte of a file.
    fn start_of(&mut self, path: &RepoPath) -> OriginId {
        let Ok(file) = self.reader.text(path) else { return OriginId::NONE };
        self.start_in(&file)
    }

    fn start_in(&mut self, file: &Arc<SourceFile>) -> OriginId {
        let file = self.origins.add_file(file);
        self.origins.span(Role::Transformer, Span { file, start: 0, end: 0 })
    }

    /// Reads and parses a file; `entry` names it.
    pub(crate) fn read(&mut self, path: &RepoPath, entry: OriginId) -> Step<(Arc<SourceFile>, Arc<Tree>)> {
        self.result.reached.insert(path.clone());
        match self.reader.text(path) {
            Ok(file) => Ok((Arc::clone(&file), self.reader.tree(path, &file))),
            Err(error) => Err(self.unreadable(path, &error, entry)),
        }
    }

    pub(crate) fn unreadable(&mut self, path: &RepoPath, error: &ReadError, entry: OriginId) -> Refused {
        match error {
            ReadError::Missing => self.missing(path, format!("`{path}` does not exist"), entry),
            ReadError::TooLarge(_) | ReadError::Submodule => {
                let kind =
                    if *error == ReadError::Submodule { LeftOutKind::Missing } else { LeftOutKind::Limit };
                self.leave_out(kind, format!("`{path}`: {error}"), entry);
                Refused
            }
            other => self.refuse("unreadable", format!("`{path}` cannot be read: {other}"), entry),
        }
    }

    /// Notes a file that is named by its URL; whether it is one.
    pub(crate) fn is_on_server(&mut self, url: &str, at: OriginId) -> bool {
        let is_url = url.starts_with("https://") || url.starts_with("http://");
        if is_url {
            self.remote(url, at);
        }
        is_url
    }

    /// Where a path of an entry leads; kustomize reads files only in or below the folder of the
    /// kustomization that names them.
    pub(crate) fn file_of(&mut self, folder: &RepoPath, entry: &str, at: OriginId) -> Step<RepoPath> {
        if self.is_on_server(entry, at) {
            return Err(Refused);
        }
        let path = match folder.join(entry) {
            Ok(path) => path,
            Err(error) => return Err(self.refuse("outside", error.to_string(), at)),
        };
        let real = self.reader.files().trail(&path).pop().unwrap_or_else(|| path.clone());
        if !self.overrides.files_anywhere && !real.is_within(folder) {
            let message =
                format!("`{entry}` is not in or below `{folder}`, and kustomize reads no file elsewhere");
            return Err(self.refuse("outside", message, at));
        }
        Ok(path)
    }

    /// The objects of a file.
    pub(crate) fn objects_of_file(
        &mut self,
        path: &RepoPath,
        entry: OriginId,
        role: Role,
    ) -> Step<Vec<Node>> {
        let (file, tree) = self.read(path, entry)?;
        self.check_syntax(&file, &tree)?;
        let mut objects = Vec::new();
        for root in tree.documents().iter().filter_map(|document| document.root) {
            let mut node = self.convert(&file, &tree, root, role)?;
            if !file.text().ends_with('\n') {
                self.end_without_break(&mut node, file.text().trim_end().len());
            }
            self.add_object(node, &mut objects)?;
        }
        if let Some(twice) = tree.duplicates().first() {
            let at = self.span(&file, tree.range(twice.key), role);
            let name = tree.scalar(twice.key).unwrap_or_default();
            return Err(self.refuse(
                "duplicate-key",
                format!("the key `{name}` stands twice in one map"),
                at,
            ));
        }
        Ok(objects)
    }

    /// To kustomize a block of text has no line break at its end where the file ends without one.
    fn end_without_break(&self, node: &mut Node, end: usize) {
        let at = node.origin;
        match &mut node.value {
            Value::Map(map) => {
                if let Some((_, last)) = map.iter_mut().last() {
                    self.end_without_break(last, end);
                }
            }
            Value::Sequence(items) => {
                if let Some(last) = items.last_mut() {
                    self.end_without_break(last, end);
                }
            }
            Value::Scalar(scalar) if matches!(scalar.style, Style::Literal | Style::Folded) => {
                let ends_file = self.origins.exact(at).is_some_and(|(_, span)| span.end as usize >= end);
                if ends_file && let Some(text) = scalar.text.strip_suffix('\n') {
                    scalar.text = text.into();
                }
            }
            _ => {}
        }
    }

    /// The objects of a text that is a value of a kustomization.
    pub(crate) fn objects_of_text(&mut self, text: &Text, at: OriginId) -> Step<Vec<Node>> {
        let tree = parse(text.clone());
        if let Some(error) = tree.errors().first() {
            let place = text.origin(error.at..error.at.saturating_add(1), self.origins);
            let place = if place.is_none() { at } else { place };
            return Err(self.refuse("syntax", format!("no YAML: {}", error.message), place));
        }
        let mut objects = Vec::new();
        for root in tree.documents().iter().filter_map(|document| document.root) {
            match tree.node(root, self.origins) {
                Ok(node) => self.add_object(node, &mut objects)?,
                Err(error) => return Err(self.refuse("syntax", error.to_string(), at)),
            }
        }
        Ok(objects)
    }

    /// Adds an object, a list of objects as its items.
    pub(crate) fn add_object(&mut self, node: Node, objects: &mut Vec<Node>) -> Step<()> {
        if node.is_null() || node.as_map().is_some_and(Map::is_empty) {
            return Ok(());
        }
        if node.as_map().is_none() {
            return Err(self.refuse(
                "no-object",
                "an object is a map of apiVersion, kind, metadata …",
                node.origin,
            ));
        }
        let kind = node.get("kind").text().unwrap_or_default().to_owned();
        if kind.is_empty() {
            return Err(self.refuse("no-object", "the object has no kind", node.origin));
        }
        if kind.ends_with("List") && !node.get("items").is_absent() {
            for item in node.get("items").items() {
                self.add_object(item.clone(), objects)?;
            }
            return Ok(());
        }
        let name = node.find(&["metadata", "name"]).text().unwrap_or_default();
        if name.is_empty() && !kind.ends_with("List") {
            return Err(self.refuse("no-object", format!("the {kind} has no metadata.name"), node.origin));
        }
        objects.push(node);
        Ok(())
    }

    fn convert(
        &mut self,
        file: &Arc<SourceFile>,
        tree: &Tree,
        root: mlgitops_yaml::NodeIndex,
        role: Role,
    ) -> Step<Node> {
        let id = self.origins.add_file(file);
        tree.node_of(root, id, role, self.origins).map_err(|error| {
            let at = self.span(file, error.range, role);
            if matches!(error.kind, ConvertErrorKind::TooDeep | ConvertErrorKind::TooManyAliases) {
                self.leave_out(LeftOutKind::Limit, format!("`{}`: {}", file.path(), error.kind), at);
                return Refused;
            }
            self.refuse("syntax", error.kind.to_string(), at)
        })
    }

    fn check_syntax(&mut self, file: &Arc<SourceFile>, tree: &Tree) -> Step<()> {
        let Some(error) = tree.errors().first() else { return Ok(()) };
        let at = self.span(file, error.at..error.at.saturating_add(1), Role::Source);
        Err(self.refuse("syntax", format!("`{}` is no YAML: {}", file.path(), error.message), at))
    }

    fn span(&mut self, file: &Arc<SourceFile>, range: std::ops::Range<u32>, role: Role) -> OriginId {
        let file = self.origins.add_file(file);
        self.origins.span(role, Span { file, start: range.start, end: range.end })
    }
}

fn is_type_field(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind")
}
