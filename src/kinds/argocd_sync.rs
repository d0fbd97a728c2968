//! How an Argo CD Application syncs: by itself or not, and with which options
//! (argo-cd v3.5 `pkg/apis/application/v1alpha1/types.go`; domain.md §3.1, §3.2).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Lookup, Node, OriginId, OriginSpan, Pointer, Via};

use super::kubernetes::metadata_value;

/// Whether Argo CD syncs an Application by itself (`IsAutomatedSyncEnabled`).
#[derive(Debug, Clone, Copy)]
pub enum Automation<'n> {
    /// There is no `automated`, or it is null: a person or another program syncs.
    Manual,
    /// `automated.enabled: false`: the value of `enabled`.
    Disabled(&'n Node),
    /// It does: the block, which is not null.
    On(&'n Node),
    /// It cannot be known.
    Unknown,
}

/// What `syncPolicy.automated` of an Application says.
#[must_use]
pub fn automation(application: &Node) -> Automation<'_> {
    match application.find(&["spec", "syncPolicy", "automated"]) {
        Lookup::Unknown(_) => Automation::Unknown,
        Lookup::Present(block) if !block.is_null() => match block.get("enabled") {
            Lookup::Unknown(_) => Automation::Unknown,
            Lookup::Present(enabled) if enabled.as_bool() == Some(false) => Automation::Disabled(enabled),
            _ => Automation::On(block),
        },
        _ => Automation::Manual,
    }
}

/// One entry of `syncOptions`, or of the annotation.
#[derive(Debug, Clone)]
pub struct SyncOption<'n> {
    /// The node it stands in.
    pub node: &'n Node,
    /// Where that node stands.
    pub path: Pointer,
    /// Its text as Argo CD compares it; `None` for what is no text.
    pub text: Option<&'n str>,
}

/// The entries of `syncPolicy.syncOptions`.
#[must_use]
pub fn sync_options(application: &Node) -> Vec<SyncOption<'_>> {
    let at = Pointer::of(&["spec", "syncPolicy", "syncOptions"]);
    let items = application.find(&["spec", "syncPolicy", "syncOptions"]).items().iter().enumerate();
    items.map(|(index, node)| SyncOption { node, path: at.index(index), text: node.text() }).collect()
}

/// The entries of `argocd.argoproj.io/sync-options` of an object: unlike the list, they are parted
/// by commas and trimmed.
#[must_use]
pub fn annotated_options(object: &Node) -> Vec<SyncOption<'_>> {
    let Some((node, path)) = metadata_value(object, "annotations", "argocd.argoproj.io/sync-options") else {
        return Vec::new();
    };
    let words = node.text().unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| SyncOption { node, path: path.clone(), text: Some(word) }).collect()
}

/// The option by which a sync keeps the live value of ignored fields
/// (`controller/sync.go normalizeTargetResources`): the comparison is by exact text.
#[must_use]
pub fn respects_ignored(application: &Node) -> Option<SyncOption<'_>> {
    let mut options = sync_options(application).into_iter();
    options.find(|option| option.text == Some("RespectIgnoreDifferences=true"))
}

/// Whether Argo CD compares an Application by a dry run of the API server
/// (`argocd.argoproj.io/compare-options`, parted by commas).
#[must_use]
pub fn has_server_side_diff(application: &Manifest) -> bool {
    let name = "argocd.argoproj.io/compare-options";
    let text = metadata_value(&application.root, "annotations", name).and_then(|(node, _)| node.text());
    text.is_some_and(|text| text.split(',').any(|word| word.trim() == "ServerSideDiff=true"))
}

/// The origin of a key of a map.
#[must_use]
pub fn key_of(map: &Node, name: &str) -> Option<OriginId> {
    Some(map.as_map()?.entry(name)?.0.origin)
}

/// The patch that took a level of `spec.syncPolicy.automated.selfHeal` out of an Application, with
/// the pointer of that level; `None` where each is there or was never written.
#[must_use]
pub fn taken_out(application: &Manifest) -> Option<(OriginSpan, Pointer)> {
    let mut at = application.root.get("spec").present()?;
    let mut path = Pointer::of(&["spec"]);
    for name in ["syncPolicy", "automated", "selfHeal"] {
        path = path.key(name);
        if at.get(name).is_absent() {
            let spans = application.origins.all(at.origin);
            // A patch that removes is a guard of what it removed from: the pointer of its operation,
            // or the key it sets to null.
            return spans
                .into_iter()
                .find(|span| span.via == Via::Guard && names(span, name))
                .zip(Some(path));
        }
        at = at.get(name).present()?;
    }
    None
}

/// Whether some bytes are the name of a field, or a pointer that ends in it.
fn names(span: &OriginSpan, field: &str) -> bool {
    let bytes = usize::try_from(span.start).ok().zip(usize::try_from(span.end).ok());
    let text = bytes.and_then(|(start, end)| span.file.text().get(start..end));
    text.is_some_and(|text| text.trim_matches(['"', '\'']).rsplit('/').next() == Some(field))
}

/// The key of the innermost level of `spec.syncPolicy.automated` that is written, with its pointer:
/// where what is missing below it belongs.
#[must_use]
pub fn innermost_policy(application: &Node) -> Option<(OriginId, Pointer)> {
    let mut found = None;
    let (mut at, mut path) = (application, Pointer::default());
    for name in ["spec", "syncPolicy", "automated"] {
        let Some(origin) = key_of(at, name) else { break };
        path = path.key(name);
        found = Some((origin, path.clone()));
        let Some(next) = at.get(name).present() else { break };
        at = next;
    }
    found
}
