//! Patches: `patches`, `patchesStrategicMerge` and `patchesJson6902`.

use mlgitops_files::{RepoPath, limits};
use mlgitops_yaml::{
    Key, Map, Node, NodeIndex, OriginId, Origins, Role, Shape, Style, Text, Tree, Value, parse,
};

use crate::accumulate::Accumulated;
use crate::build::{Builder, LeftOutKind, Mismatch, PatchTarget, Refused, Step};
use crate::json_patch::{Operation, is_patch};
use crate::merge;
use crate::origin::{all_of, guard_all};
use crate::resource::Resource;
use crate::select::Selector;
use crate::settle;

/// The documents of a patch.
enum Documents {
    Merge(Vec<Node>),
    Json(Vec<Operation>),
}

impl Documents {
    /// The same, with what selects their targets as guard of every value.
    fn guarded(mut self, guard: OriginId, origins: &mut Origins) -> Self {
        if !guard.is_none() {
            match &mut self {
                Self::Merge(patches) => patches.iter_mut().for_each(|patch| guard_all(patch, guard, origins)),
                Self::Json(operations) => {
                    operations.iter_mut().for_each(|operation| operation.guard(guard, origins));
                }
            }
        }
        self
    }
}

/// What a strategic merge patch may change of an object's identity.
#[derive(Clone, Copy)]
struct Allowed {
    name: bool,
    kind: bool,
    /// Where that is written.
    at: OriginId,
}

impl Allowed {
    const NOTHING: Self = Self { name: false, kind: false, at: OriginId::NONE };
}

impl Builder<'_> {
    /// An entry of `patchesStrategicMerge`: a patch itself, or a file.
    pub(crate) fn merge_patch(
        &mut self,
        folder: &RepoPath,
        entry: &Node,
        built: &mut Accumulated,
    ) -> Step<()> {
        let Some(text) = entry.text() else { return Ok(()) };
        if self.is_on_server(text, entry.origin) {
            return Ok(());
        }
        let patches = if text.contains('\n') || text.contains(": ") {
            let text = self.text_of(entry, Role::Patch);
            self.objects_of_text(&text, entry.origin)?
        } else {
            let path = self.file_of(folder, text, entry.origin)?;
            self.objects_of_file(&path, entry.origin, Role::Patch)?
        };
        for patch in patches {
            self.patch_own_target(patch, entry.origin, Allowed::NOTHING, built)?;
        }
        Ok(())
    }

    /// An entry of `patches`.
    pub(crate) fn patch(&mut self, folder: &RepoPath, entry: &Node, built: &mut Accumulated) -> Step<()> {
        let target = entry.get("target").present();
        let selector = target.map(|target| self.selector(target)).transpose()?;
        let guard = target.map_or(OriginId::NONE, |target| all_of(target, self.origins));
        let options = entry.get("options");
        let flag = |name: &str| options.get(name).present().and_then(Node::as_bool).unwrap_or_default();
        let at = options.present().map_or(OriginId::NONE, |options| all_of(options, self.origins));
        let allowed = Allowed { name: flag("allowNameChange"), kind: flag("allowKindChange"), at };
        if self.is_patch_on_server(entry) {
            return Ok(());
        }
        let (documents, at) = self.documents(folder, entry, "patch")?;
        let documents = documents.guarded(guard, self.origins);
        match (documents, selector) {
            (Documents::Merge(patches), None) => {
                for patch in patches {
                    self.patch_own_target(patch, at, allowed, built)?;
                }
                Ok(())
            }
            (Documents::Merge(patches), Some(selector)) => {
                if let Some(second) = patches.get(1) {
                    let message = "a patch with a target holds one document, and this is a second one";
                    return Err(self.refuse("patch", message, second.origin));
                }
                for patch in patches {
                    let found = self.patch_selected(&patch, &selector, allowed, built)?;
                    self.note_target(target, &selector, found, built);
                }
                Ok(())
            }
            (Documents::Json(operations), Some(selector)) => {
                let found = self.apply_operations(&operations, &selector, true, built)?;
                self.note_target(target, &selector, found, built);
                Ok(())
            }
            (Documents::Json(_), None) => Err(self.refuse("patch", "a JSON patch needs a `target`", at)),
        }
    }

    /// An entry of `patchesJson6902`, whose operations stand under `inline` or in a file.
    pub(crate) fn json_patch(
        &mut self,
        folder: &RepoPath,
        entry: &Node,
        inline: &str,
        built: &mut Accumulated,
    ) -> Step<()> {
        let target = entry.get("target");
        let Some(target) = target.present().filter(|target| target.get("name").text().is_some()) else {
            return Err(self.refuse("patch", "`target` has to name an object", entry.origin));
        };
        let selector = self.selector(target)?;
        if self.is_patch_on_server(entry) {
            return Ok(());
        }
        match self.documents(folder, entry, inline)? {
            (documents @ Documents::Json(_), _) => {
                let guard = all_of(target, self.origins);
                match documents.guarded(guard, self.origins) {
                    Documents::Json(operations) => {
                        let found = self.apply_operations(&operations, &selector, false, built)?;
                        self.note_target(Some(target), &selector, found, built);
                        Ok(())
                    }
                    Documents::Merge(_) => Ok(()),
                }
            }
            (Documents::Merge(_), at) => {
                Err(self.refuse("patch", "this is no list of JSON patch operations", at))
            }
        }
    }

    /// Notes whether the target of a patch selected anything: kustomize is silent where it did not.
    fn note_target(
        &mut self,
        target: Option<&Node>,
        selector: &Selector,
        has_found: bool,
        built: &mut Accumulated,
    ) {
        let Some(target) = target else { return };
        let (kind, name) = (target.get("kind"), target.get("name"));
        let place = name.present().or(kind.present()).map_or(target.origin, |node| node.origin);
        let Some(at) = self.origins.first(place) else { return };
        let (kind, name) = (kind.text().map(str::to_owned), name.text().map(str::to_owned));
        let mismatches = if has_found { Vec::new() } else { self.mismatches(target, selector, built) };
        self.result.targets.push(PatchTarget { kind, name, at, has_found, mismatches });
    }

    /// What keeps a target from the object of its name that it fits best.
    fn mismatches(&self, target: &Node, selector: &Selector, built: &mut Accumulated) -> Vec<Mismatch> {
        let Some(name) = target.get("name").text().filter(|name| !name.is_empty()) else { return Vec::new() };
        let named = built.named_or_all(name);
        let named = named.into_iter().filter_map(|at| built.resources.get(at));
        let nearest = named.map(|one| selector.mismatches(one)).min_by_key(Vec::len).unwrap_or_default();
        let place = |field| self.origins.first(target.get(field).present()?.origin);
        let placed = nearest.into_iter();
        placed.filter_map(|(field, has)| Some(Mismatch { field, has, at: place(field)? })).collect()
    }

    pub(crate) fn selector(&mut self, target: &Node) -> Step<Selector> {
        Selector::of(target).map_err(|wrong| self.refuse("selector", wrong.message, wrong.at))
    }

    /// The text of a scalar of a kustomization, its pieces in another role.
    pub(crate) fn text_of(&mut self, node: &Node, role: Role) -> Text {
        let origin = self.origins.with_role(node.origin, role);
        node.as_scalar().map(|scalar| scalar.to_text(origin, self.origins)).unwrap_or_default()
    }

    fn is_patch_on_server(&mut self, entry: &Node) -> bool {
        let path = entry.get("path").present();
        path.is_some_and(|path| self.is_on_server(path.text().unwrap_or_default(), path.origin))
    }

    /// Reads what an entry holds or names.
    fn documents(&mut self, folder: &RepoPath, entry: &Node, inline: &str) -> Step<(Documents, OriginId)> {
        let written = entry
            .get(inline)
            .present()
            .filter(|node| node.text().is_some_and(|text| !text.trim().is_empty()));
        let path =
            entry.get("path").present().filter(|node| node.text().is_some_and(|text| !text.is_empty()));
        match (written, path) {
            (Some(written), None) => {
                let text = self.text_of(written, Role::Patch);
                let at = written.origin;
                match self.operations_of_text(&text) {
                    Some(operations) => Ok((Documents::Json(operations), at)),
                    None => Ok((Documents::Merge(self.objects_of_text(&text, at)?), at)),
                }
            }
            (None, Some(path_node)) => {
                let at = path_node.origin;
                let text = path_node.text().unwrap_or_default();
                let path = self.file_of(folder, text, at)?;
                let (file, tree) = self.read(&path, at)?;
                let first = tree.documents().first().and_then(|document| document.root);
                let id = self.origins.add_file(&file);
                let first = first.filter(|root| is_json_where_it_looks_so(&tree, *root));
                let first = first.and_then(|root| tree.node_of(root, id, Role::Patch, self.origins).ok());
                match first.filter(is_patch) {
                    Some(document) => Ok((Documents::Json(read_operations(document)), at)),
                    None => Ok((Documents::Merge(self.objects_of_file(&path, at, Role::Patch)?), at)),
                }
            }
            (Some(_), Some(path)) => {
                Err(self.refuse("patch", "an entry has a `patch` or a `path`, not both", path.origin))
            }
            (None, None) => {
                Err(self.refuse("patch", "the entry has neither a `patch` nor a `path`", entry.origin))
            }
        }
    }

    fn operations_of_text(&mut self, text: &Text) -> Option<Vec<Operation>> {
        let tree = parse(text.clone());
        let root = tree.documents().first()?.root?;
        let node = tree.node(root, self.origins).ok()?;
        (is_patch(&node) && is_json_where_it_looks_so(&tree, root)).then(|| read_operations(node))
    }

    /// Applies a patch to the object it names.
    fn patch_own_target(
        &mut self,
        patch: Node,
        at: OriginId,
        allowed: Allowed,
        built: &mut Accumulated,
    ) -> Step<()> {
        let wanted = Resource::new(patch.clone(), at).id();
        let found = built.by_any_id(&wanted);
        match found.as_slice() {
            [one] => self.patch_at(*one, patch, allowed, built),
            [] if self.is_partial() => Ok(()),
            [] => {
                let named =
                    patch.find(&["metadata", "name"]).present().map_or(patch.origin, |name| name.origin);
                Err(self.refuse("no-target", format!("the patch is for {wanted}, which is not there"), named))
            }
            _ => Err(self.refuse(
                "no-target",
                format!("the patch is for {wanted}, and several objects are or were that"),
                patch.origin,
            )),
        }
    }

    /// Applies a patch to every selected object; its own name does not count.
    fn patch_selected(
        &mut self,
        patch: &Node,
        selector: &Selector,
        allowed: Allowed,
        built: &mut Accumulated,
    ) -> Step<bool> {
        let mut selected = built.candidates(selector);
        self.spend(selected.len() * SELECT, patch.origin)?;
        selected.retain(|at| built.resources.get(*at).is_some_and(|one| selector.selects(one)));
        let has_found = !selected.is_empty();
        // From the last, for a patch may delete an object.
        for at in selected.into_iter().rev() {
            self.patch_at(at, patch.clone(), allowed, built)?;
        }
        Ok(has_found)
    }

    fn patch_at(
        &mut self,
        at: usize,
        mut patch: Node,
        allowed: Allowed,
        built: &mut Accumulated,
    ) -> Step<()> {
        let Some(resource) = built.resources.get_mut(at) else { return Ok(()) };
        // Of a whole object that is replaced kustomize keeps the old one.
        if patch.get("$patch").text() == Some("replace") {
            return Ok(());
        }
        if allowed.name || allowed.kind {
            resource.remember();
            built.names = None;
        }
        self.schemas.keeps_built_in |= !self.schemas.is_set;
        strip_identity(&mut patch, allowed);
        self.guard_identity(&mut patch, allowed.at);
        let base = std::mem::replace(&mut resource.node, Node::new(Value::Null, OriginId::NONE));
        match merge::merge_with(base, patch, &self.schemas, self.origins, &mut resource.effects) {
            Ok(Some(node)) => {
                resource.node = node;
                resource.follow_shared();
            }
            Ok(None) => {
                // Its place is kept until all patches are done.
                resource.node = Node::new(Value::Null, OriginId::NONE);
                resource.previous.clear();
            }
            Err(misfit) => return Err(self.refuse("patch", misfit.message, misfit.at)),
        }
        Ok(())
    }

    /// What lets a patch change a name or kind decides about both.
    fn guard_identity(&mut self, patch: &mut Node, at: OriginId) {
        let Some(root) = patch.as_map_mut() else { return };
        if let Some(kind) = root.get_mut("kind") {
            kind.origin = self.origins.guard(kind.origin, at);
        }
        let metadata = root.get_mut("metadata").and_then(Node::as_map_mut);
        if let Some(name) = metadata.and_then(|metadata| metadata.get_mut("name")) {
            name.origin = self.origins.guard(name.origin, at);
        }
    }

    /// Takes the work of putting a value somewhere: what is copied into itself grows without end.
    pub(crate) fn put(&mut self, (size, depth): (usize, usize), at: OriginId) -> Step<()> {
        if depth > limits::DEPTH {
            let reason = format!("values nest deeper than {} levels", limits::DEPTH);
            self.leave_out(LeftOutKind::Limit, reason, at);
            return Err(Refused);
        }
        self.spend(size, at)
    }

    fn apply_operations(
        &mut self,
        operations: &[Operation],
        selector: &Selector,
        remember: bool,
        built: &mut Accumulated,
    ) -> Step<bool> {
        let at = operations.first().map_or(OriginId::NONE, Operation::place);
        let selected = built.candidates(selector);
        self.spend(selected.len() * SELECT, at)?;
        if operations.iter().any(Operation::may_rename) {
            built.names_change();
        }
        let mut has_found = false;
        for at in selected {
            let resource = built.resources.get_mut(at);
            let Some(resource) = resource.filter(|resource| selector.selects(resource)) else { continue };
            has_found = true;
            if remember {
                resource.remember();
            }
            // The object is written as JSON and read again.
            resource.shared.clear();
            if let Err(unreadable) = settle::as_read_by_kustomize(&mut resource.node) {
                return Err(self.refuse("value", unreadable.message, unreadable.at));
            }
            // Kustomize keeps what an object was called before among its annotations while it builds, so
            // that one can be added where none was (kustomize v5.8 `Resource.StorePreviousId`).
            let adds_annotations = !resource.previous.is_empty() && add_annotations(&mut resource.node);
            for operation in operations {
                self.put(operation.size(&mut resource.node), operation.place())?;
                if let Err(wrong) = operation.apply(&mut resource.node, self.origins) {
                    let message = format!("the patch does not fit {}: {}", resource.id(), wrong.message);
                    return Err(self.refuse("patch", message, wrong.at));
                }
            }
            if adds_annotations {
                drop_annotations(&mut resource.node);
            }
        }
        Ok(has_found)
    }
}

/// Gives an object annotations, if it has none; whether it had none.
fn add_annotations(object: &mut Node) -> bool {
    let Some(metadata) = metadata_of(object) else { return false };
    let is_lacking = metadata.get("annotations").is_none_or(Node::is_null);
    if is_lacking {
        let empty = Node::new(Value::Map(Map::default()), OriginId::NONE);
        metadata.set(Key::new("annotations", OriginId::NONE), empty);
    }
    is_lacking
}

/// Takes annotations away that are empty.
fn drop_annotations(object: &mut Node) {
    let Some(metadata) = metadata_of(object) else { return };
    if metadata.get("annotations").and_then(Node::as_map).is_some_and(Map::is_empty) {
        metadata.remove("annotations");
    }
}

fn metadata_of(object: &mut Node) -> Option<&mut Map> {
    let Value::Map(object) = &mut object.value else { return None };
    match &mut object.get_mut("metadata")?.value {
        Value::Map(metadata) => Some(metadata),
        _ => None,
    }
}

/// The work of asking whether one object is selected.
pub(crate) const SELECT: usize = 8;

/// What begins with a bracket is read as JSON, not as YAML.
fn is_json_where_it_looks_so(tree: &Tree, root: NodeIndex) -> bool {
    !tree.text().as_str().trim_start().starts_with('[') || is_json(tree, root)
}

fn is_json(tree: &Tree, node: NodeIndex) -> bool {
    match tree.shape(node) {
        Shape::Sequence | Shape::Map => {
            tree.is_flow(node) && tree.children(node).iter().all(|&child| is_json(tree, child))
        }
        Shape::Scalar { style: Style::Double, .. } => true,
        Shape::Scalar { style: Style::Plain, .. } => tree.scalar(node).is_some_and(is_json_word),
        Shape::Null | Shape::Scalar { .. } | Shape::Alias(_) => false,
    }
}

fn is_json_word(text: &str) -> bool {
    matches!(text, "true" | "false" | "null")
        || (text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
            && text.parse::<f64>().is_ok())
}

/// The operations of a document, whose values `sigs.k8s.io/yaml` reads.
fn read_operations(mut document: Node) -> Vec<Operation> {
    // A value that has no JSON form is refused when the object is printed.
    let _ = settle::as_read_by_api(&mut document);
    Operation::read(&document).unwrap_or_default()
}

/// Takes out of a patch what it may not change of an object's identity.
fn strip_identity(patch: &mut Node, allowed: Allowed) {
    let Some(root) = patch.as_map_mut() else { return };
    root.remove("apiVersion");
    if !allowed.kind {
        root.remove("kind");
    }
    if let Some(metadata) = root.get_mut("metadata").and_then(Node::as_map_mut) {
        metadata.remove("namespace");
        if !allowed.name {
            metadata.remove("name");
        }
    }
}
