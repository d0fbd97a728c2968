//! What Flux does around a build: writes the kustomization of a folder that has none, replaces
//! variables, and sets common metadata
//! (fluxcd/pkg v1.9 `kustomize/kustomize_generator.go`, kustomize-controller v1.9
//! `internal/controller`).

use mlgitops_files::{Entry, EntryKind, Files, RepoPath};
use mlgitops_manifest::Problem;
use mlgitops_yaml::{
    Key, Map, Node, OriginId, OriginSpan, Origins, Reader, Role, Scalar, Text, TextBuilder, Unknown, Value,
    parse, to_yaml,
};

use crate::deploy::flux::substitute::{
    Budget, Refusal, RefusalKind, UNKNOWN, Undefined, Variables, substitute,
};
use crate::discover::KUSTOMIZATIONS;
use crate::render::sourceignore::SourceIgnore;
use crate::render::{Flux, Given, PostBuild};

/// Marks an object whose variables stay as they are.
const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// The kustomization Flux writes for a folder that has none: every manifest below it, and of a
/// folder with a kustomization that. `None` where the folder has its own.
pub(super) fn written(
    reader: Reader<'_>,
    folder: &RepoPath,
    flux: &Flux,
    origins: &mut Origins,
) -> Option<Written> {
    if has_kustomization(reader.files(), folder) {
        return None;
    }
    let at = flux.path.as_ref().map_or(OriginId::NONE, |path| {
        path.origin(0..u32::try_from(path.text.len()).unwrap_or(u32::MAX), Role::Deployment, origins)
    });
    let text = |text: &str| Node::new(Value::Scalar(Scalar::string(text)), at);
    let mut ignore = SourceIgnore::around(reader, folder, flux.ignore.as_deref());
    let paths = manifests_below(reader, folder, &mut ignore);
    let entries = paths.iter().filter_map(|path| path.below(folder)).map(text).collect();
    let fields = [
        ("apiVersion", text("kustomize.config.k8s.io/v1beta1")),
        ("kind", text("Kustomization")),
        ("resources", Node::new(Value::Sequence(entries), at)),
    ];
    let fields = fields.into_iter().map(|(name, value)| (Key::new(name, at), value)).collect();
    Some(Written { node: Node::new(Value::Map(Map::of(fields)), at), too_long: ignore.too_long })
}

/// A kustomization that no file holds.
pub(super) struct Written {
    pub(super) node: Node,
    /// Files of patterns of which only a part was read.
    pub(super) too_long: Vec<RepoPath>,
}

fn has_kustomization(files: &dyn Files, folder: &RepoPath) -> bool {
    let paths = KUSTOMIZATIONS.iter().filter_map(|name| folder.join(name).ok());
    paths.into_iter().any(|path| matches!(files.kind(&path), Some(EntryKind::File | EntryKind::Link(_))))
}

/// The manifests below a folder, and the folders that have a kustomization, in the order of a walk.
fn manifests_below(reader: Reader<'_>, folder: &RepoPath, ignore: &mut SourceIgnore) -> Vec<RepoPath> {
    let files: &dyn Files = reader.files();
    let mut found = Vec::new();
    let mut open = listed(files, folder);
    while let Some(entry) = open.pop() {
        let path = entry.path;
        match entry.kind {
            // What a folder leaves out may be taken in again below it.
            EntryKind::Folder => {
                ignore.enter(reader, &path);
                if !has_kustomization(files, &path) {
                    open.extend(listed(files, &path));
                } else if !ignore.leaves_out(&path, true) {
                    found.push(path);
                }
            }
            EntryKind::File | EntryKind::Link(_)
                if matches!(path.extension(), "yaml" | "yml") && !ignore.leaves_out(&path, false) =>
            {
                found.push(path);
            }
            _ => {}
        }
    }
    found
}

/// What a folder holds, the last name first.
fn listed(files: &dyn Files, folder: &RepoPath) -> Vec<Entry> {
    let mut entries = files.list(folder);
    entries.sort_by(|one, other| other.path.file_name().cmp(one.path.file_name()));
    entries
}

/// What came of the objects of a build.
pub(super) struct Built {
    pub(super) objects: Vec<Node>,
    pub(super) undefined: Vec<Undefined>,
}

/// Replaces the variables of every object, and sets common metadata.
///
/// # Errors
/// What the controller stops at, nothing of the build is applied then; or a limit.
pub(super) fn finish(objects: Vec<Node>, flux: &Flux, origins: &mut Origins) -> Result<Built, Stopped> {
    let mut budget = Budget::default();
    let mut built = Built { objects: Vec::with_capacity(objects.len()), undefined: Vec::new() };
    // Nothing is replaced where no variable has a value, unless the strategy says otherwise.
    let replaces = |post_build: &&PostBuild| {
        !post_build.values.is_empty() || post_build.is_always || post_build.more_in_cluster
    };
    let variables = flux.variables.as_ref().filter(replaces).map(|post_build| variables(post_build, origins));
    let is_touched = |object: &Node| !is_left_alone(object);
    if let Some(post_build) = flux.variables.as_ref().filter(replaces)
        && objects.iter().any(is_touched)
        && let Some((name, given)) = post_build.values.iter().find(|(name, _)| !is_name(name))
    {
        let message = format!("`{name}` is no name of a variable: {NAME}");
        let at = given.place().map(|place| key_before(place, name).unwrap_or_else(|| place.clone()));
        let problem = Problem { kind: "variable-name", message, at, also: None };
        return Err(Stopped::Refused(problem));
    }
    for mut object in objects {
        if let Some(variables) = &variables
            && has_variable(&object)
            && !is_left_alone(&object)
        {
            object = replaced(&object, variables, &mut budget, origins, &mut built.undefined)?;
        }
        built.objects.push(object);
    }
    set_metadata(&mut built.objects, &flux.labels, &flux.annotations, origins);
    Ok(built)
}

/// What a name is made of: one that is not stops the whole (fluxcd/pkg v1.9
/// `kustomize/kustomize_varsub.go`, `varsubRegex`).
const NAME: &str = "letters, digits and `_` make one, and no digit begins it";

/// The key of the entry whose value begins where a span does.
fn key_before(value: &OriginSpan, name: &str) -> Option<OriginSpan> {
    let before = value.file.text().get(..value.start as usize)?;
    let start = before.rfind(name)?;
    let between = before.get(start + name.len()..)?;
    let is_key = between.trim_matches(['"', '\'']).trim() == ":";
    let narrow = |at: usize| u32::try_from(at).ok();
    let (start, end) = (narrow(start)?, narrow(start + name.len())?);
    is_key.then(|| OriginSpan { start, end, ..value.clone() })
}

fn is_name(name: &str) -> bool {
    let is_of_name = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    !name.is_empty()
        && name.bytes().all(is_of_name)
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

fn variables(post_build: &PostBuild, origins: &mut Origins) -> Variables {
    let values = post_build.values.iter();
    let values = values.map(|(name, given)| (name.clone(), given.to_text(Role::Parameter, origins)));
    let values = values.collect();
    let whole = u32::try_from(post_build.looked_in.text.len()).unwrap_or(u32::MAX);
    let looked_in = post_build.looked_in.origin(0..whole, Role::Deployment, origins);
    Variables { values, is_strict: false, more_in_cluster: post_build.more_in_cluster, looked_in }
}

/// Whether a `$` stands anywhere in an object.
fn has_variable(object: &Node) -> bool {
    let mut open = vec![object];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Scalar(scalar) if scalar.text.contains('$') => return true,
            Value::Sequence(items) => open.extend(items),
            Value::Map(map) => {
                if map.iter().any(|(key, _)| key.name().contains('$')) {
                    return true;
                }
                open.extend(map.iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    false
}

fn is_left_alone(object: &Node) -> bool {
    let metadata = object.get("metadata");
    let says = |field: &str| metadata.get(field).get(SUBSTITUTE).text() == Some("disabled");
    says("labels") || says("annotations")
}

fn replaced(
    object: &Node,
    variables: &Variables,
    budget: &mut Budget,
    origins: &mut Origins,
    undefined: &mut Vec<Undefined>,
) -> Result<Node, Stopped> {
    let mut printed = TextBuilder::default();
    printed.push(&to_yaml(object, origins));
    printed.push_str("\n", OriginId::NONE);
    let printed = printed.build();
    let done = substitute(&printed, variables, budget, origins)
        .map_err(|refusal| stopped(object, &refusal, &printed, origins))?;
    undefined.extend(done.undefined);
    let tree = parse(done.text.clone());
    let root = tree.documents().first().and_then(|document| document.root);
    let refused = |at: u32, words: String, origins: &mut Origins| {
        let at = done.text.origin(at..at.saturating_add(1), origins);
        let at = origins.first(at).or_else(|| origins.first(object.origin));
        let message = format!("{} is no YAML once its variables are replaced: {words}", called(object));
        Stopped::Refused(Problem { kind: "substitution", message, at, also: None })
    };
    if let Some(error) = tree.errors().first() {
        return Err(refused(error.at, error.message.to_string(), origins));
    }
    let Some(root) = root else { return Err(refused(0, "nothing is left".to_owned(), origins)) };
    match tree.node(root, origins) {
        Ok(mut node) => {
            hide_unknown(&mut node, origins);
            Ok(node)
        }
        Err(error) => Err(refused(0, error.to_string(), origins)),
    }
}

/// What a variable of the cluster went into cannot be known: that variable is to blame for it.
fn hide_unknown(node: &mut Node, origins: &mut Origins) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let unknown = node.as_scalar().and_then(|scalar| {
            let at = scalar.text.find(UNKNOWN)?;
            Some(scalar.origin_at(node.origin, at..at + UNKNOWN.len_utf8(), origins))
        });
        if let Some(origin) = unknown {
            node.origin = origin;
            let reason = "a variable has its value in the cluster".into();
            node.value = Value::Unknown(Unknown { reason });
        }
        match &mut node.value {
            Value::Sequence(items) => open.extend(items),
            Value::Map(map) => open.extend(map.iter_mut().map(|(_, value)| value)),
            _ => {}
        }
    }
}

/// Why nothing of a build is left.
pub(super) enum Stopped {
    /// The controller refuses it.
    Refused(Problem),
    /// It passes a limit of this program: the words, and the place.
    Limit(String, Option<OriginSpan>),
}

fn stopped(object: &Node, refusal: &Refusal, printed: &Text, origins: &mut Origins) -> Stopped {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let at = printed.origin(narrow(refusal.at.start)..narrow(refusal.at.end), origins);
    let at = origins.first(at).or_else(|| origins.first(object.origin));
    let written = printed.as_str().get(refusal.at.clone()).unwrap_or("");
    let written = written.lines().next().unwrap_or("");
    let why = match &refusal.kind {
        RefusalKind::Syntax(words) => format!("`{written}`: {words}"),
        RefusalKind::Missing(name) => format!("the variable `{name}` is not set"),
        RefusalKind::Panic => format!("`{written}` ends before it begins: the controller panics"),
        RefusalKind::Encoding => format!("`{written}` cuts a character in two"),
        RefusalKind::TooLong => {
            "with its variables it is longer than the 3 MiB an API server takes".to_owned()
        }
        RefusalKind::Limit(words) => return Stopped::Limit(format!("{}: {words}", called(object)), at),
    };
    let message = format!("{}: {why}", called(object));
    Stopped::Refused(Problem { kind: "substitution", message, at, also: None })
}

fn called(object: &Node) -> String {
    let name = object.get("metadata").get("name").text().unwrap_or("");
    format!("{} {name}", object.get("kind").text().unwrap_or("object"))
}

/// Sets the labels and annotations that every object gets.
pub(super) fn set_metadata(
    objects: &mut [Node],
    labels: &[(String, Given)],
    annotations: &[(String, Given)],
    origins: &mut Origins,
) {
    for object in objects {
        set_pairs(object, "labels", labels, origins);
        set_pairs(object, "annotations", annotations, origins);
    }
}

fn set_pairs(object: &mut Node, field: &str, pairs: &[(String, Given)], origins: &mut Origins) {
    if pairs.is_empty() {
        return;
    }
    let Some(metadata) = entry(object, "metadata").and_then(|metadata| entry(metadata, field)) else {
        return;
    };
    let Value::Map(map) = &mut metadata.value else { return };
    for (name, given) in pairs {
        let value = crate::render::GivenNode::Scalar(given.clone(), true).to_node(Role::Deployment, origins);
        map.set(Key::new(name, value.origin), value);
    }
}

/// The map of a field, made where there is none.
fn entry<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    let origin = node.origin;
    let Value::Map(map) = &mut node.value else { return None };
    if map.get(name).is_none_or(Node::is_null) {
        map.set(Key::new(name, origin), Node::new(Value::Map(Map::default()), origin));
    }
    map.get_mut(name)
}
