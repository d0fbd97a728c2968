//! What Argo CD is told for all Applications at once: `argocd-cm`, `argocd-cmd-params-cm`, the
//! values of its chart, and OpenShift's `ArgoCD` object
//! (argo-cd v3.5 `util/settings/settings.go`; domain.md §3.6).

use std::sync::Arc;

use mlgitops_yaml::{Node, OriginSpan, Origins, Pointer, SourceFile, Value, parse_file};

use super::argocd_ignore::{Entry, Ignored, entry};

/// Words of which one is in every text that says something here.
const NEEDLES: [&str; 3] = ["resource.customizations", "resourceIgnoreDifferences", SERVER_SIDE];

/// The setting by which every Application is compared by a dry run of the API server.
const SERVER_SIDE: &str = "controller.diff.server.side";

/// What is set for all Applications.
#[derive(Debug, Clone, Default)]
pub struct System {
    /// What is ignored.
    ignores: Vec<Ignoring>,
    /// The kinds some fields of which are compared as Kubernetes types: group and kind.
    known_types: Vec<(String, String)>,
    /// Whether every Application is compared by a dry run of the API server.
    pub server_side_diff: bool,
}

/// What Argo CD ignores of a kind, whatever Application it is in.
#[derive(Debug, Clone)]
pub struct Ignoring {
    group: String,
    kind: String,
    /// `jsonPointers` and its kin.
    node: Node,
    /// Where that stands.
    at: Option<OriginSpan>,
}

impl Ignoring {
    /// It, as an entry of an Application would say it.
    #[must_use]
    pub fn entry(&self) -> Entry<'_> {
        Entry { group: &self.group, kind: &self.kind, ..entry(&self.node, Pointer::default()) }
    }

    /// The bytes of one of its fields.
    #[must_use]
    pub fn place(&self, ignored: &Ignored<'_>) -> Option<OriginSpan> {
        let at = self.at.clone()?;
        let (start, end) = (usize::try_from(at.start).ok()?, usize::try_from(at.end).ok()?);
        let found = at.file.text().get(start..end)?.find(ignored.text);
        let length = u32::try_from(ignored.text.len()).ok()?;
        Some(match found.and_then(|found| u32::try_from(found).ok()) {
            Some(found) => OriginSpan { start: at.start + found, end: at.start + found + length, ..at },
            None => at,
        })
    }

    /// Whether it can end a difference.
    fn is_effective(&self) -> bool {
        self.entry().ignored.iter().any(Ignored::is_effective)
    }
}

/// Whether a text may say something here.
#[must_use]
pub fn may_tell(text: &str) -> bool {
    NEEDLES.iter().any(|needle| text.contains(needle))
}

impl System {
    /// Reads a document wherever it says something: what holds the settings has several shapes.
    pub fn read(&mut self, root: &Node, origins: &Origins) {
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            match &node.value {
                Value::Sequence(items) => open.extend(items),
                Value::Map(map) => {
                    for (key, value) in map.iter() {
                        self.setting(key.name(), value, origins);
                        open.push(value);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether anything is ignored.
    #[must_use]
    pub fn ignores_anything(&self) -> bool {
        !self.ignores.is_empty()
    }

    /// All that is ignored.
    #[must_use]
    pub fn ignoring(&self) -> &[Ignoring] {
        &self.ignores
    }

    /// Whether something of a kind is ignored that may end a difference.
    #[must_use]
    pub fn ignores(&self, group: &str, kind: &str) -> bool {
        self.ignores.iter().any(|one| one.is_effective() && one.entry().is_for_kind(group, kind))
    }

    /// Whether fields of a kind are compared by what they mean, quantities among them.
    #[must_use]
    pub fn knows_types(&self, group: &str, kind: &str) -> bool {
        self.known_types.iter().any(|(of, name)| of == group && name == kind)
    }

    fn setting(&mut self, key: &str, value: &Node, origins: &Origins) {
        let at = || origins.first(value.origin);
        if let Some(of) = key.strip_prefix("resource.customizations.ignoreDifferences.") {
            let (group, kind) = group_kind(of, '_');
            self.ignore(group, kind, value, at());
        } else if let Some(of) = key.strip_prefix("resource.customizations.knownTypeFields.") {
            let (group, kind) = group_kind(of, '_');
            self.known_types.push((group.to_owned(), kind.to_owned()));
        } else if key == "resource.customizations" {
            let Some(all) = nested(value) else { return };
            for (of, one) in all.as_map().into_iter().flat_map(mlgitops_yaml::Map::iter) {
                let (group, kind) = group_kind(of.name(), '/');
                if let Some(ignored) = one.get("ignoreDifferences").present() {
                    self.ignore(group, kind, ignored, at());
                }
                if one.get("knownTypeFields").present().is_some() {
                    self.known_types.push((group.to_owned(), kind.to_owned()));
                }
            }
        } else if key == "resourceIgnoreDifferences" {
            if let Some(all) = value.get("all").present() {
                self.ignore("*", "*", all, at());
            }
            for one in value.get("resourceIdentifiers").items() {
                let text = |name: &str| one.get(name).text().unwrap_or("");
                if let Some(ignored) = one.get("customization").present() {
                    self.ignore(text("group"), text("kind"), ignored, at());
                }
            }
        } else if key == SERVER_SIDE {
            self.server_side_diff |= value.text() == Some("true");
        }
    }

    fn ignore(&mut self, group: &str, kind: &str, value: &Node, at: Option<OriginSpan>) {
        let Some(node) = nested(value) else { return };
        // A file is read as it is written and as it is rendered.
        let bytes =
            |at: &Option<OriginSpan>| at.as_ref().map(|at| (at.file.path().to_owned(), at.start, at.end));
        let same = |one: &Ignoring| one.kind == kind && bytes(&one.at) == bytes(&at);
        let is_known = at.is_some() && self.ignores.iter().any(same);
        if !is_known && !entry(&node, Pointer::default()).ignored.is_empty() {
            self.ignores.push(Ignoring { group: group.to_owned(), kind: kind.to_owned(), node, at });
        }
    }
}

/// `serving.kserve.io_InferenceService`; `all` is every kind, and a word without a group is a kind
/// of the core group (`convertToOverrideKey`).
fn group_kind(of: &str, between: char) -> (&str, &str) {
    match of.split_once(between) {
        Some(parts) => parts,
        None if of == "all" => ("*", "*"),
        None => ("", of),
    }
}

/// The YAML in a text, or the value itself.
fn nested(value: &Node) -> Option<Node> {
    let Some(text) = value.text() else { return Some(value.clone()) };
    let tree = parse_file(&Arc::new(SourceFile::of_text("", text)));
    let root = tree.documents().first()?.root?;
    tree.node(root, &mut Origins::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> System {
        let mut system = System::default();
        let root = nested(&Node::string(text, mlgitops_yaml::OriginId::NONE)).unwrap();
        system.read(&root, &Origins::default());
        system
    }

    #[test]
    fn settings_are_found_in_every_shape() {
        let pointers = "{jsonPointers: [/metadata/annotations/a]}";
        for (text, group, kind, expected) in [
            (
                format!("data: {{resource.customizations.ignoreDifferences.g.io_K: '{pointers}'}}"),
                "g.io",
                "K",
                true,
            ),
            (
                format!("data: {{resource.customizations.ignoreDifferences.g.io_K: '{pointers}'}}"),
                "g.io",
                "L",
                false,
            ),
            (
                format!("data: {{resource.customizations.ignoreDifferences.all: '{pointers}'}}"),
                "g.io",
                "K",
                true,
            ),
            (
                format!(
                    "configs: {{cm: {{resource.customizations.ignoreDifferences.g.io_K: '{pointers}'}}}}"
                ),
                "g.io",
                "K",
                true,
            ),
            (
                "data: {resource.customizations.ignoreDifferences.g.io_K: 'jsonPointers: [/status]'}"
                    .to_owned(),
                "g.io",
                "K",
                false,
            ),
            (
                format!("data: {{resource.customizations: 'g.io/K: {{ignoreDifferences: \"{pointers}\"}}'}}"),
                "g.io",
                "K",
                true,
            ),
            (format!("spec: {{resourceIgnoreDifferences: {{all: {pointers}}}}}"), "g.io", "K", true),
            (
                format!(
                    "spec: {{resourceIgnoreDifferences: {{resourceIdentifiers: [{{group: g.io, kind: K, customization: {pointers}}}]}}}}"
                ),
                "g.io",
                "K",
                true,
            ),
        ] {
            assert!(may_tell(&text), "{text}");
            assert_eq!(read(&text).ignores(group, kind), expected, "{text}");
        }
        let known = read("data: {resource.customizations.knownTypeFields.g.io_K: '[]'}");
        assert!(known.knows_types("g.io", "K") && !known.ignores_anything());
        assert!(read("data: {controller.diff.server.side: \"true\"}").server_side_diff);
        assert!(!read("data: {controller.diff.server.side: \"false\"}").server_side_diff);
    }
}
