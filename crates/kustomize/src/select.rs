//! Selectors of patches and replacements: regular expressions, label and annotation selectors.

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Map, Node, OriginId};
use regex::{Regex, RegexBuilder};

use crate::resource::Resource;

/// Which objects are meant (kustomize `api/types/selector.go`).
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
}

/// A selector that cannot be read, and where.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) message: String,
    pub(crate) at: OriginId,
}

impl Selector {
    pub(crate) fn of(node: &Node) -> Result<Self, Unreadable> {
        Ok(Self {
            group: pattern(node, "group")?,
            version: pattern(node, "version")?,
            kind: pattern(node, "kind")?,
            name: pattern(node, "name")?,
            namespace: pattern(node, "namespace")?,
            labels: requirements(node, "labelSelector")?,
            annotations: requirements(node, "annotationSelector")?,
        })
    }

    /// The name it asks for, where that is no pattern.
    pub(crate) fn literal_name(&self) -> Option<&str> {
        match &self.name {
            Some(Pattern::Simple(name)) if !name.contains('.') => Some(name),
            _ => None,
        }
    }

    /// Whether one of the identities it has or had is selected, as replacements see it.
    pub(crate) fn selects_by_any_id(&self, resource: &Resource) -> bool {
        self.names_any_id(resource)
            && matches(&self.labels, &resource.node, "labels")
            && matches(&self.annotations, &resource.node, "annotations")
    }

    /// Whether a replacement leaves an object out: by one of its identities, or by labels and
    /// annotations, if the selector says something of the one or the other.
    pub(crate) fn rejects(&self, resource: &Resource) -> bool {
        let by_id = [&self.group, &self.version, &self.kind, &self.name, &self.namespace];
        let by_labels = !self.labels.is_empty() || !self.annotations.is_empty();
        (by_id.iter().any(|regex| regex.is_some()) && self.names_any_id(resource))
            || (by_labels
                && matches(&self.labels, &resource.node, "labels")
                && matches(&self.annotations, &resource.node, "annotations"))
    }

    fn names_any_id(&self, resource: &Resource) -> bool {
        let holds =
            |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|one| one.is_match(text));
        let now = resource.id();
        resource.any_id(|id| {
            // The namespace of now is the one that is written, none where none is.
            let namespace = if *id == now { resource.namespace() } else { &id.namespace };
            holds(&self.group, &id.gvk.group)
                && holds(&self.version, &id.gvk.version)
                && holds(&self.kind, &id.gvk.kind)
                && holds(&self.name, &id.name)
                && holds(&self.namespace, namespace)
        })
    }

    pub(crate) fn selects(&self, resource: &Resource) -> bool {
        let (now, first) = (resource.id(), resource.original_id());
        let holds =
            |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|one| one.is_match(text));
        (holds(&self.namespace, &first.namespace) || holds(&self.namespace, &now.namespace))
            && (holds(&self.name, &first.name) || holds(&self.name, &now.name))
            && holds(&self.group, &now.gvk.group)
            && holds(&self.version, &now.gvk.version)
            && holds(&self.kind, &now.gvk.kind)
            && matches(&self.labels, &resource.node, "labels")
            && matches(&self.annotations, &resource.node, "annotations")
    }
}

impl Selector {
    /// The fields that keep it from an object of the name it asks for, each with what the object has.
    pub(crate) fn mismatches(&self, resource: &Resource) -> Vec<(&'static str, String)> {
        let (now, first) = (resource.id(), resource.original_id());
        let mut wrong = Vec::new();
        let mut ask = |field, pattern: &Option<Pattern>, has: &[&str], shown: &str| {
            if pattern.as_ref().is_some_and(|one| !has.iter().any(|text| one.is_match(text))) {
                wrong.push((field, shown.to_owned()));
            }
        };
        ask("kind", &self.kind, &[&now.gvk.kind], &now.gvk.kind);
        ask("group", &self.group, &[&now.gvk.group], &now.gvk.group);
        ask("version", &self.version, &[&now.gvk.version], &now.gvk.version);
        ask("namespace", &self.namespace, &[&first.namespace, &now.namespace], resource.namespace());
        if !matches(&self.labels, &resource.node, "labels") {
            wrong.push(("labelSelector", String::new()));
        }
        if !matches(&self.annotations, &resource.node, "annotations") {
            wrong.push(("annotationSelector", String::new()));
        }
        wrong
    }
}

/// Which objects of a finished build a `target` of Flux means: its selectors are those of patches
/// (fluxcd/pkg v1.9 `ssa/jsondiff/selector.go`).
#[derive(Debug, Clone)]
pub struct Target(Selector);

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// What cannot be read, in words.
    pub fn of(node: &Node) -> Result<Self, String> {
        Selector::of(node).map(Self).map_err(|unreadable| unreadable.message)
    }

    /// Whether it means an object that lies in a namespace.
    #[must_use]
    pub fn selects(&self, manifest: &Manifest, namespace: &str) -> bool {
        let Self(selector) = self;
        let id = &manifest.id;
        let version = id.api_version.rsplit('/').next().unwrap_or_default();
        let holds =
            |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|one| one.is_match(text));
        holds(&selector.group, id.group())
            && holds(&selector.version, version)
            && holds(&selector.kind, &id.kind)
            && holds(&selector.name, &id.name)
            && holds(&selector.namespace, id.namespace.as_deref().unwrap_or(namespace))
            && matches(&selector.labels, &manifest.root, "labels")
            && matches(&selector.annotations, &manifest.root, "annotations")
    }
}

/// What a text has to be. Most patterns are plain names, and comparing is cheaper than compiling.
#[derive(Debug, Clone)]
enum Pattern {
    Simple(String),
    Regex(Regex),
}

impl Pattern {
    fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Simple(simple) => after_simple(simple, text) == Some(""),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Whether a pattern means its own text, but for dots, which mean any character.
pub(crate) fn is_simple(pattern: &str) -> bool {
    let is_simple =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b':' | b'.');
    pattern.bytes().all(is_simple)
}

/// What follows a simple pattern in a text that begins as it says.
pub(crate) fn after_simple<'t>(pattern: &str, text: &'t str) -> Option<&'t str> {
    let mut rest = text.chars();
    for wanted in pattern.chars() {
        let have = rest.next()?;
        if have != wanted && (wanted != '.' || have == '\n') {
            return None;
        }
    }
    Some(rest.as_str())
}

/// A Go regular expression for the whole of a text; `None` where nothing is asked.
fn pattern(node: &Node, field: &str) -> Result<Option<Pattern>, Unreadable> {
    let Some(field) = node.get(field).present() else { return Ok(None) };
    let Some(text) = field.text().filter(|text| !text.is_empty()) else { return Ok(None) };
    if is_simple(text) {
        return Ok(Some(Pattern::Simple(text.to_owned())));
    }
    let regex = whole(text).map_err(|message| Unreadable { message, at: field.origin })?;
    Ok(Some(Pattern::Regex(regex)))
}

/// A regular expression that has to match the whole text.
pub(crate) fn whole(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(1 << 20)
        .build()
        .map_err(|_| format!("`{pattern}` is no regular expression"))
}

/// One condition of a label selector (`k8s.io/apimachinery/pkg/labels`).
#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    Exists(String),
    Missing(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Greater(String, i64),
    Less(String, i64),
}

impl Requirement {
    fn holds(&self, map: Option<&Map>) -> bool {
        let value = |key: &str| map.and_then(|map| map.get(key)).and_then(Node::text);
        let number = |key: &str| value(key).and_then(|text| text.parse::<i64>().ok());
        match self {
            Self::Exists(key) => value(key).is_some(),
            Self::Missing(key) => value(key).is_none(),
            Self::In(key, values) => value(key).is_some_and(|have| values.iter().any(|value| value == have)),
            Self::NotIn(key, values) => {
                value(key).is_none_or(|have| values.iter().all(|value| value != have))
            }
            Self::Greater(key, than) => number(key).is_some_and(|have| have > *than),
            Self::Less(key, than) => number(key).is_some_and(|have| have < *than),
        }
    }
}

fn matches(requirements: &[Requirement], node: &Node, field: &str) -> bool {
    let map = node.find(&["metadata", field]).present().and_then(Node::as_map);
    requirements.iter().all(|requirement| requirement.holds(map))
}

fn requirements(node: &Node, field: &str) -> Result<Vec<Requirement>, Unreadable> {
    let Some(field) = node.get(field).present() else { return Ok(Vec::new()) };
    let text = field.text().unwrap_or_default();
    parse(text).ok_or_else(|| Unreadable { message: format!("`{text}` is no selector"), at: field.origin })
}

/// `a=b,c!=d,e in (f, g),h notin (i),j,!k,l>1`.
fn parse(text: &str) -> Option<Vec<Requirement>> {
    let mut requirements = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = end_of_requirement(rest);
        let (one, after) = rest.split_at(end);
        requirements.push(requirement(one.trim())?);
        rest = after.strip_prefix(',').unwrap_or(after).trim();
    }
    Some(requirements)
}

/// The first comma outside parentheses.
fn end_of_requirement(text: &str) -> usize {
    let mut inside = false;
    for (at, character) in text.char_indices() {
        match character {
            '(' => inside = true,
            ')' => inside = false,
            ',' if !inside => return at,
            _ => {}
        }
    }
    text.len()
}

fn requirement(text: &str) -> Option<Requirement> {
    let key = |key: &str| is_key(key.trim()).then(|| key.trim().to_owned());
    if let Some(name) = text.strip_prefix('!') {
        return Some(Requirement::Missing(key(name)?));
    }
    if let Some((name, values)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let (name, operator) = name.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => Some(Requirement::In(key(name)?, values)),
            "notin" => Some(Requirement::NotIn(key(name)?, values)),
            _ => None,
        };
    }
    if let Some((name, value)) = text.split_once("!=") {
        return Some(Requirement::NotIn(key(name)?, vec![value.trim().to_owned()]));
    }
    if let Some((name, value)) = text.split_once('=') {
        let value = value.strip_prefix('=').unwrap_or(value);
        return Some(Requirement::In(key(name)?, vec![value.trim().to_owned()]));
    }
    if let Some((name, value)) = text.split_once('>') {
        return Some(Requirement::Greater(key(name)?, value.trim().parse().ok()?));
    }
    if let Some((name, value)) = text.split_once('<') {
        return Some(Requirement::Less(key(name)?, value.trim().parse().ok()?));
    }
    Some(Requirement::Exists(key(text)?))
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "-_./".contains(character))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn label_selectors() {
        use Requirement::{Exists, Greater, In, Missing, NotIn};
        let own = str::to_owned;
        let cases = [
            ("a=b", vec![In(own("a"), vec![own("b")])]),
            ("a == b, !c", vec![In(own("a"), vec![own("b")]), Missing(own("c"))]),
            ("x.io/a in (b, c),d", vec![In(own("x.io/a"), vec![own("b"), own("c")]), Exists(own("d"))]),
            ("a!=b", vec![NotIn(own("a"), vec![own("b")])]),
            ("a notin (b)", vec![NotIn(own("a"), vec![own("b")])]),
            ("a>3", vec![Greater(own("a"), 3)]),
            ("", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for text in ["a in b)", "a b", "=", "a>b", "a around (b)"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_dot_is_any_character() {
        for (pattern, text, rest) in [
            ("a.c", "abc:1", Some(":1")),
            ("a.c", "a.c", Some("")),
            ("a.c", "a\nc", None),
            ("abc", "ab", None),
            ("", "x", Some("x")),
        ] {
            assert_eq!(super::after_simple(pattern, text), rest, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_and_may_not_explode() {
        assert!(whole("a|b").unwrap().is_match("b"));
        assert!(!whole("a|b").unwrap().is_match("ab"));
        assert!(whole("(a{1000}){1000}").is_err());
        assert!(whole("(").is_err());
    }
}
