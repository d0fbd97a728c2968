//! `configMapGenerator` and `secretGenerator`.

use mlgitops_files::{ReadError, RepoPath};
use mlgitops_yaml::{
    Key, Lookup, Map, Node, OriginId, Role, Scalar, SourceFile, Style, Text, Unknown, Value,
};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::accumulate::Accumulated;
use crate::build::{Builder, Step};
use crate::hash::{base64, suffix};
use crate::origin::{all_of, scalar_of};
use crate::read::Kustomization;
use crate::resource::Resource;

/// What a generated object does to one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behavior {
    Create,
    Merge,
    Replace,
}

/// One entry of the data of a generated object.
struct Pair {
    key: Key,
    value: Content,
    /// What is blamed where the key repeats.
    at: OriginId,
}

/// Text, or bytes that are none.
enum Content {
    Text(Text),
    Bytes(Vec<u8>, OriginId),
    /// What is on another server.
    Elsewhere(OriginId),
}

impl Builder<'_> {
    pub(crate) fn generate(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
            self.maker = self.built_in_provenance(kustomization, &format!("{kind}Generator"));
            for entry in kustomization.list(field) {
                let all = kustomization.root.get("generatorOptions").present();
                self.generate_entry(&kustomization.folder, &entry, kind, all, built)?;
            }
        }
        self.maker = self.built_in_provenance(kustomization, "HelmChartInflationGenerator");
        self.charts(kustomization, built)?;
        self.generators(kustomization, built)
    }

    /// An entry of a generator, with the options of all.
    pub(crate) fn generate_entry(
        &mut self,
        folder: &RepoPath,
        entry: &Node,
        kind: &str,
        all: Option<&Node>,
        built: &mut Accumulated,
    ) -> Step<()> {
        let options = options(entry, all);
        let resource = self.generated(folder, entry, kind, &options)?;
        let behavior = match entry.get("behavior").text() {
            Some("merge") => Behavior::Merge,
            Some("replace") => Behavior::Replace,
            _ => Behavior::Create,
        };
        self.absorb(resource, behavior, built)
    }

    fn generated(
        &mut self,
        folder: &RepoPath,
        entry: &Node,
        kind: &str,
        options: &Options,
    ) -> Step<Resource> {
        let Some(name) =
            entry.get("name").present().filter(|name| name.text().is_some_and(|text| !text.is_empty()))
        else {
            return Err(self.refuse("generator", "a generated object needs a name", entry.origin));
        };
        let by = self.origins.with_role(entry.origin, Role::Generated);
        let text = |text: &str| Node::new(Value::Scalar(Scalar::plain(text)), by);
        let mut metadata = vec![(Key::new("name", by), self.generated_text(name))];
        if let Some(namespace) = entry.get("namespace").present().filter(|node| node.text() != Some("")) {
            metadata.push((Key::new("namespace", by), self.generated_text(namespace)));
        }
        for (field, map) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            if !map.is_empty() {
                let entries =
                    map.iter().map(|(key, value)| (key.clone(), self.generated_text(value))).collect();
                metadata.push((Key::new(field, by), Node::new(Value::Map(Map::of(entries)), by)));
            }
        }
        let mut root = vec![
            (Key::new("apiVersion", by), text("v1")),
            (Key::new("kind", by), text(kind)),
            (Key::new("metadata", by), Node::new(Value::Map(Map::of(metadata)), by)),
        ];
        if kind == "Secret" {
            let own = entry.get("type").present().filter(|node| node.text() != Some(""));
            let value = own.map_or_else(|| text("Opaque"), |node| self.generated_text(node));
            root.push((Key::new("type", by), value));
        }
        let pairs = self.pairs(folder, entry)?;
        root.extend(self.data(pairs, kind, by)?);
        if let Some(at) = options.immutable {
            root.push((Key::new("immutable", at), Node::new(Value::Scalar(Scalar::plain("true")), at)));
        }
        let mut resource = Resource::new(Node::new(Value::Map(Map::of(root)), by), entry.origin);
        // The hash of what is not there cannot be known.
        resource.needs_hash = options.without_hash.is_none() && is_known(&resource.node);
        if let Some(at) = options.without_hash
            && let Some(name) = name_mut(&mut resource.node)
        {
            name.origin = self.origins.guard(name.origin, at);
        }
        Ok(resource)
    }

    fn generated_text(&mut self, node: &Node) -> Node {
        let text = self.text_of(node, Role::Generated);
        scalar_of(&text, Style::Double, self.origins)
    }

    /// `data`, and `binaryData` for what is no text.
    fn data(&mut self, mut pairs: Vec<Pair>, kind: &str, by: OriginId) -> Step<Vec<(Key, Node)>> {
        pairs.sort_by(|one, other| one.key.name().cmp(other.key.name()));
        for pair in pairs.windows(2) {
            if let [one, other] = pair
                && one.key.name() == other.key.name()
            {
                let message = format!("the key `{}` comes twice", one.key.name());
                return Err(self.refuse("generator", message, other.at));
            }
        }
        let (mut data, mut binary) = (Vec::new(), Vec::new());
        for Pair { key, value, at } in pairs {
            let size = match &value {
                Content::Text(text) => text.len(),
                Content::Bytes(bytes, _) => bytes.len(),
                Content::Elsewhere(_) => 0,
            };
            self.spend(size + 1, at)?;
            let encoded = |bytes: &[u8], at: OriginId| {
                Node::new(
                    Value::Scalar(Scalar { style: Style::Literal, ..Scalar::string(&base64(bytes)) }),
                    at,
                )
            };
            match (value, kind) {
                (Content::Elsewhere(at), _) => data.push((key, unknown(at))),
                (Content::Text(text), "Secret") => {
                    let whole = scalar_of(&text, Style::Double, self.origins).origin;
                    data.push((key, encoded(text.as_str().as_bytes(), whole)));
                }
                (Content::Bytes(bytes, at), "Secret") => data.push((key, encoded(&bytes, at))),
                (Content::Text(text), _) => {
                    let mut value = scalar_of(&text, Style::Double, self.origins);
                    // An empty value has no bytes; it stands behind its key.
                    if value.origin.is_none() {
                        value.origin = key.origin;
                    }
                    data.push((key, value));
                }
                (Content::Bytes(bytes, at), _) => binary.push((key, encoded(&bytes, at))),
            }
        }
        let mut fields = Vec::new();
        if !data.is_empty() || kind == "Secret" {
            fields.push((Key::new("data", by), Node::new(Value::Map(Map::of(data)), by)));
        }
        if !binary.is_empty() {
            fields.push((Key::new("binaryData", by), Node::new(Value::Map(Map::of(binary)), by)));
        }
        Ok(fields)
    }

    /// The keys and values of an entry: from `envs`, `literals` and `files`.
    fn pairs(&mut self, folder: &RepoPath, entry: &Node) -> Step<Vec<Pair>> {
        let mut pairs = Vec::new();
        let envs = entry.get("envs").items().iter().chain(entry.get("env").present());
        for file in envs {
            self.lines(folder, file, &mut pairs)?;
        }
        for literal in entry.get("literals").items() {
            pairs.push(self.literal(literal)?);
        }
        for file in entry.get("files").items() {
            pairs.push(self.file(folder, file)?);
        }
        Ok(pairs)
    }

    fn literal(&mut self, literal: &Node) -> Step<Pair> {
        let text = self.text_of(literal, Role::Generated);
        match text.as_str().find('=') {
            None | Some(0) => {
                let message = format!("`{}` is not key=value", text.as_str());
                Err(self.refuse("generator", message, literal.origin))
            }
            Some(at) => {
                let value = without_quotes(&text.slice(at + 1..text.len()));
                let key = self.key(&text.slice(0..at));
                Ok(Pair { key, value: Content::Text(value), at: literal.origin })
            }
        }
    }

    fn key(&mut self, text: &Text) -> Key {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Key::new(text.as_str(), text.origin(0..end, self.origins))
    }

    /// `path`, or `key=path`.
    fn file(&mut self, folder: &RepoPath, source: &Node) -> Step<Pair> {
        let written = self.text_of(source, Role::Generated);
        let text = written.as_str();
        let (key, path) = match text.split_once('=') {
            None => {
                let base = text.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1);
                (written.slice(base..text.len()), text)
            }
            Some((key, path)) if !key.is_empty() && !path.is_empty() && !path.contains('=') => {
                (written.slice(0..key.len()), path)
            }
            Some(_) => {
                let message = format!("`{text}` is neither a path nor key=path");
                return Err(self.refuse("generator", message, source.origin));
            }
        };
        if self.is_on_server(path, source.origin) {
            let value = Content::Elsewhere(source.origin);
            return Ok(Pair { key: self.key(&key), value, at: source.origin });
        }
        let (bytes, file) = self.content(folder, path, source)?;
        let key = self.key(&key);
        let value = match file {
            Some(file) => {
                let id = self.origins.add_file(&file);
                Content::Text(Text::of_file(id, Role::Generated, self.origins))
            }
            None => Content::Bytes(bytes, source.origin),
        };
        Ok(Pair { key, value, at: source.origin })
    }

    /// `KEY=value` lines; empty ones and comments are skipped.
    fn lines(&mut self, folder: &RepoPath, source: &Node, pairs: &mut Vec<Pair>) -> Step<()> {
        let path = source.text().unwrap_or_default().to_owned();
        if self.is_on_server(&path, source.origin) {
            return Ok(());
        }
        let (_, file) = self.content(folder, &path, source)?;
        let Some(file) = file else {
            return Err(self.refuse("generator", format!("`{path}` is no text"), source.origin));
        };
        let id = self.origins.add_file(&file);
        let whole = Text::of_file(id, Role::Generated, self.origins);
        let mut start = 0;
        for line in file.text().split('\n') {
            let end = start + line.strip_suffix('\r').unwrap_or(line).len();
            let skipped = line.len() - line.trim_start().len();
            let (from, next) = (start + skipped, start + line.len() + 1);
            let visible = whole.as_str().get(from..end.max(from)).unwrap_or_default();
            if !visible.is_empty() && !visible.starts_with('#') {
                let at = visible.find('=').unwrap_or(visible.len());
                let value = whole.slice((from + at + 1).min(end)..end);
                let key = self.key(&whole.slice(from..from + at));
                pairs.push(Pair { key, value: Content::Text(value), at: source.origin });
            }
            start = next;
        }
        Ok(())
    }

    /// The bytes of a file, and the file where they are text.
    fn content(
        &mut self,
        folder: &RepoPath,
        path: &str,
        source: &Node,
    ) -> Step<(Vec<u8>, Option<Arc<SourceFile>>)> {
        let path = self.file_of(folder, path, source.origin)?;
        self.result.reached.insert(path.clone());
        let blob = match self.reader.files().read(&path) {
            Ok(blob) => blob,
            Err(error @ ReadError::IsFolder) => {
                return Err(self.refuse(
                    "missing-file",
                    format!("`{path}` cannot be read: {error}"),
                    source.origin,
                ));
            }
            Err(error) => return Err(self.unreadable(&path, &error, source.origin)),
        };
        let is_text = std::str::from_utf8(&blob.bytes).is_ok();
        let file =
            if is_text { SourceFile::new(path.as_str(), &blob.bytes).ok().map(Arc::new) } else { None };
        Ok((blob.bytes.to_vec(), file))
    }

    /// Adds the hash of their content to the names of generated objects.
    pub(crate) fn add_hashes(&mut self, built: &mut Accumulated) {
        built.names_change();
        for resource in built.resources.iter_mut().filter(|resource| resource.needs_hash) {
            let suffix = format!("-{}", suffix(&resource.node));
            resource.remember();
            let mut content = OriginId::NONE;
            for field in ["data", "binaryData", "stringData", "type"] {
                if let Some(field) = resource.node.get(field).present() {
                    let more = all_of(field, self.origins);
                    content = self.origins.join(content, more);
                }
            }
            let part = Node::string(&suffix, OriginId::NONE);
            if let Some(name) = name_mut(&mut resource.node) {
                self.affix(name, &part, false);
                // The content decides about the name, but its bytes are not in it.
                name.origin = self.origins.guard(name.origin, content);
            }
        }
    }

    /// Adds a generated object, merges it into the one of its name, or replaces that.
    pub(crate) fn absorb(
        &mut self,
        mut new: Resource,
        behavior: Behavior,
        built: &mut Accumulated,
    ) -> Step<()> {
        let id = new.id();
        let at = new.entry;
        new.provenance = self.maker.clone();
        match (built.by_any_id(&id).as_slice(), behavior) {
            ([], Behavior::Create) => built.push(new),
            ([], _) if self.is_partial() => built.push(new),
            ([], _) => {
                let message = format!("{id} is not there, so that nothing can be merged or replaced");
                return Err(self.refuse("generator", message, at));
            }
            ([_], Behavior::Create) => {
                let message = format!("{id} is there already; `behavior` has to be merge or replace");
                return Err(self.refuse("duplicate-id", message, at));
            }
            ([one], _) => {
                let Some(old) = built.resources.get_mut(*one) else { return Ok(()) };
                self.take_over(old, &mut new, behavior);
                *old = new;
            }
            _ => {
                let message = format!("several objects are or were {id}");
                return Err(self.refuse("generator", message, at));
            }
        }
        Ok(())
    }

    /// What a generated object keeps of the one it takes the place of.
    fn take_over(&mut self, old: &Resource, new: &mut Resource, behavior: Behavior) {
        for path in [&["metadata", "labels"][..], &["metadata", "annotations"]] {
            self.fill(old, new, path);
        }
        if behavior == Behavior::Merge {
            self.fill(old, new, &["data"]);
            self.fill(old, new, &["binaryData"]);
        }
        let metadata =
            new.node.as_map_mut().and_then(|root| root.get_mut("metadata")).and_then(Node::as_map_mut);
        if let Some(metadata) = metadata {
            for field in ["name", "namespace"] {
                let kept = old.node.find(&["metadata", field]).present();
                match kept {
                    Some(kept) => metadata.set(Key::new(field, kept.origin), kept.clone()),
                    None => drop(metadata.remove(field)),
                }
            }
        }
        if behavior == Behavior::Merge && old.provenance.is_some() {
            new.provenance.clone_from(&old.provenance);
        }
        new.transformations.clone_from(&old.transformations);
        new.needs_hash &= old.needs_hash;
        new.previous = old.previous.clone();
        new.prefixes = old.prefixes.clone();
        new.suffixes = old.suffixes.clone();
        new.var_names = old.var_names.clone();
    }

    /// Adds the entries of a map that the new object does not set; those it does set remember what
    /// they replace.
    fn fill(&mut self, old: &Resource, new: &mut Resource, path: &[&str]) {
        let Some(from) = old.node.find(path).present() else { return };
        let Some(entries) = from.as_map().filter(|map| !map.is_empty()) else { return };
        let mut at = &mut new.node;
        for name in path {
            let Some(map) = at.as_map_mut() else { return };
            if map.get(name).is_none() {
                map.set(Key::new(name, from.origin), Node::new(Value::Map(Map::default()), from.origin));
            }
            let Some(next) = map.get_mut(name) else { return };
            at = next;
        }
        let Some(map) = at.as_map_mut() else { return };
        let old: HashMap<&str, &Node> = entries.iter().map(|(key, value)| (key.name(), value)).collect();
        let mut own = HashSet::new();
        let mut filled: Vec<(Key, Node)> = Vec::with_capacity(map.len() + entries.len());
        for (key, value) in std::mem::take(map).iter() {
            let mut value = value.clone();
            if let Some(old) = old.get(key.name()) {
                value.origin = crate::origin::over(value.origin, old.origin, self.origins);
            }
            own.insert(key.name().to_owned());
            filled.push((key.clone(), value));
        }
        let more = entries.iter().filter(|(key, _)| !own.contains(key.name()));
        filled.extend(more.map(|(key, value)| (key.clone(), value.clone())));
        *map = Map::of(filled);
    }
}

/// The options of an entry with those of all generators.
struct Options {
    labels: Map,
    annotations: Map,
    without_hash: Option<OriginId>,
    immutable: Option<OriginId>,
}

fn options(entry: &Node, all: Option<&Node>) -> Options {
    let own = entry.get("options");
    let all = all.map_or(Lookup::Absent(OriginId::NONE), Node::as_lookup);
    let map = |field: &str| {
        let mut merged = own.get(field).present().and_then(Node::as_map).cloned().unwrap_or_default();
        for (key, value) in all.get(field).present().and_then(Node::as_map).iter().flat_map(|map| map.iter())
        {
            if merged.get(key.name()).is_none() {
                merged.set(key.clone(), value.clone());
            }
        }
        merged
    };
    let set = |field: &str| {
        let of = |options: Lookup<'_>| {
            options.get(field).present().filter(|node| node.as_bool() == Some(true)).map(|node| node.origin)
        };
        of(own).or_else(|| of(all))
    };
    Options {
        labels: map("labels"),
        annotations: map("annotations"),
        without_hash: set("disableNameSuffixHash"),
        immutable: set("immutable"),
    }
}

fn name_mut(object: &mut Node) -> Option<&mut Node> {
    object.as_map_mut()?.get_mut("metadata")?.as_map_mut()?.get_mut("name")
}

fn unknown(at: OriginId) -> Node {
    Node::new(Value::Unknown(Unknown { reason: "it is on another server".into() }), at)
}

/// Whether every value of the data is known.
fn is_known(node: &Node) -> bool {
    let data = node.get("data").present().and_then(Node::as_map);
    data.is_none_or(|map| map.iter().all(|(_, value)| !matches!(value.value, Value::Unknown(_))))
}

/// The text without a pair of quotes around it.
fn without_quotes(text: &Text) -> Text {
    let string = text.as_str();
    let quoted = |quote: char| string.len() >= 2 && string.starts_with(quote) && string.ends_with(quote);
    if quoted('"') || quoted('\'') { text.slice(1..string.len() - 1) } else { text.clone() }
}
