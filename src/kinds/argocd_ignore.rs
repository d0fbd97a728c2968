//! `ignoreDifferences` of an Application: which fields of which objects Argo CD does not compare
//! (argo-cd v3.5 `util/argo/normalizers/diff_normalizer.go`; domain.md §3.3).

use globset::GlobBuilder;
use mlgitops_manifest::{Manifest, ObjectId};
use mlgitops_yaml::{Node, Pointer};

use super::jq_path::{self, Covers, Path, PathError};

/// One entry: some fields of some objects.
#[derive(Debug, Clone)]
pub struct Entry<'n> {
    /// The entry.
    pub node: &'n Node,
    /// Where it stands.
    pub at: Pointer,
    /// A glob of groups, without version; empty means the core group.
    pub group: &'n str,
    /// A glob of kinds.
    pub kind: &'n str,
    /// The one name it holds for; empty: every name.
    pub name: &'n str,
    /// The one namespace it holds for; empty: every namespace.
    pub namespace: &'n str,
    /// Its fields, in the order written.
    pub ignored: Vec<Ignored<'n>>,
}

/// One field, or a group of them, that an entry names.
#[derive(Debug, Clone)]
pub struct Ignored<'n> {
    /// The node it stands in.
    pub node: &'n Node,
    /// Where that node stands.
    pub at: Pointer,
    /// Its text.
    pub text: &'n str,
    /// What it says.
    pub what: What,
}

/// What is ignored.
#[derive(Debug, Clone)]
pub enum What {
    /// The field at a JSON pointer (RFC 6901): a `remove`, that does nothing where nothing is.
    Pointer(Result<Pointer, Malformed>),
    /// The fields at jq paths.
    Paths(Result<Vec<Path>, PathError>),
    /// Every field that this field manager changed last, by its exact name
    /// (`util/argo/managedfields`).
    Manager,
}

/// Why a text names no field as a JSON pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// It does not begin with `/`, or is empty, which `remove` does not take.
    NoSlash,
    /// A `~` that neither `0` nor `1` follows.
    Escape,
}

/// The entries of an Application.
#[must_use]
pub fn entries(application: &Node) -> Vec<Entry<'_>> {
    let at = Pointer::of(&["spec", "ignoreDifferences"]);
    let items = application.find(&["spec", "ignoreDifferences"]).items().iter().enumerate();
    items.map(|(index, node)| entry(node, at.index(index))).collect()
}

/// One entry, as an Application or the whole of Argo CD has it.
#[must_use]
pub fn entry(node: &Node, at: Pointer) -> Entry<'_> {
    let text = |name: &str| node.get(name).text().unwrap_or("");
    let mut ignored = Vec::new();
    for list in ["jsonPointers", "jqPathExpressions", "managedFieldsManagers"] {
        let items = node.get(list).items().iter().enumerate();
        ignored.extend(items.filter_map(|(index, item)| {
            let text = item.text()?;
            Some(Ignored { node: item, at: at.key(list).index(index), text, what: read(list, text) })
        }));
    }
    Entry {
        node,
        group: text("group"),
        kind: text("kind"),
        name: text("name"),
        namespace: text("namespace"),
        ignored,
        at,
    }
}

/// What a text says in one of the three lists.
fn read(list: &str, text: &str) -> What {
    match list {
        "jsonPointers" => What::Pointer(pointer(text)),
        "jqPathExpressions" => What::Paths(jq_path::parse(text)),
        _ => What::Manager,
    }
}

fn pointer(text: &str) -> Result<Pointer, Malformed> {
    if !text.starts_with('/') {
        return Err(Malformed::NoSlash);
    }
    Pointer::parse(text).map_err(|_| Malformed::Escape)
}

impl<'n> Entry<'n> {
    /// Whether it holds for a kind of a group.
    #[must_use]
    pub fn is_for_kind(&self, group: &str, kind: &str) -> bool {
        glob(self.group, group) && glob(self.kind, kind)
    }

    /// Whether it holds for an object in a namespace.
    #[must_use]
    pub fn is_for(&self, id: &ObjectId, namespace: Option<&str>) -> bool {
        self.is_for_kind(id.group(), &id.kind)
            && (self.name.is_empty() || self.name == id.name)
            && (self.namespace.is_empty() || id.namespace.as_deref().or(namespace) == Some(self.namespace))
    }
}

impl Ignored<'_> {
    /// Whether it covers the field at a pointer of an object. What a manager owns is not in Git.
    #[must_use]
    pub fn covers(&self, manifest: &Manifest, field: &Pointer) -> Covers {
        match &self.what {
            What::Pointer(Ok(pointer)) => {
                jq_path::covers(&jq_path::of_pointer(pointer), &manifest.root, field)
            }
            What::Paths(Ok(paths)) => {
                let mut found = paths.iter().map(|path| jq_path::covers(path, &manifest.root, field));
                let mut most = Covers::No;
                for one in &mut found {
                    match one {
                        Covers::Yes => return Covers::Yes,
                        Covers::Maybe => most = Covers::Maybe,
                        Covers::No => {}
                    }
                }
                most
            }
            What::Paths(Err(PathError::NotAPath)) => Covers::Maybe,
            What::Pointer(Err(_)) | What::Paths(Err(PathError::Syntax)) | What::Manager => Covers::No,
        }
    }

    /// Whether it may end a difference: it can be read, and is not the status, which Argo CD 3.0
    /// compares no more and Git does not hold (domain.md §3.5).
    #[must_use]
    pub fn is_effective(&self) -> bool {
        let status = Pointer::of(&["status"]);
        match &self.what {
            What::Pointer(Ok(pointer)) => !status.covers(pointer),
            What::Pointer(Err(_)) | What::Paths(Err(PathError::Syntax)) => false,
            What::Paths(Ok(paths)) => paths.iter().any(
                |path| !matches!(path.first(), Some(jq_path::PathStep::Key(first)) if first == "status"),
            ),
            What::Paths(Err(PathError::NotAPath)) | What::Manager => true,
        }
    }
}

/// Argo CD's globs: `*` takes everything, `/` included; a text that is no glob takes nothing.
fn glob(glob: &str, text: &str) -> bool {
    if !glob.contains(['*', '?', '[', '{', '\\']) {
        return glob == text;
    }
    let built = GlobBuilder::new(glob).literal_separator(false).backslash_escape(true).build();
    built.is_ok_and(|glob| glob.compile_matcher().is_match(text))
}
