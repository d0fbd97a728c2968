//! The variables of Argo CD's build environment, in parameters and paths of an Application
//! (argo-cd v3.5 `newEnv` of `reposerver/repository`, `Envsubst` of `types.go`).

use std::ops::Range;

use mlgitops_manifest::Manifest;

use crate::kinds::argocd::Source;
use crate::render::Given;

/// What stands for the variables of one source. Those of the revision are not known here.
pub(super) struct Environment {
    values: Vec<(&'static str, String)>,
}

/// A piece of a text: kept as it is, or put in place of it.
enum Piece {
    Kept(Range<usize>),
    Put(Range<usize>, String),
}

impl Environment {
    pub(super) fn of(application: &Manifest, source: Source<'_>, namespace: Option<&str>) -> Self {
        let spec = application.root.get("spec");
        let written = |name: &str| source.field(name).and_then(|node| node.text()).unwrap_or("").to_owned();
        let values = vec![
            ("ARGOCD_APP_NAME", application.id.name.clone()),
            ("ARGOCD_APP_NAMESPACE", namespace.unwrap_or("").to_owned()),
            ("ARGOCD_APP_PROJECT_NAME", spec.get("project").text().unwrap_or("").to_owned()),
            ("ARGOCD_APP_SOURCE_REPO_URL", written("repoURL")),
            ("ARGOCD_APP_SOURCE_PATH", written("path")),
            ("ARGOCD_APP_SOURCE_TARGET_REVISION", written("targetRevision")),
        ];
        Self { values }
    }

    /// A text with its variables replaced, each piece with its origin.
    pub(super) fn expand(&self, given: &Given) -> Given {
        if !given.text.contains('$') {
            return given.clone();
        }
        let pieces: Vec<Given> = self
            .pieces(&given.text)
            .into_iter()
            .map(|piece| match piece {
                Piece::Kept(range) => given.slice(range),
                Piece::Put(range, text) => given.slice(range).replaced(&text),
            })
            .collect();
        Given::concat(&pieces)
    }

    /// The same of a text without origins.
    pub(super) fn expand_text(&self, text: &str) -> String {
        let pieces = self.pieces(text).into_iter();
        pieces
            .map(|piece| match piece {
                Piece::Kept(range) => text.get(range).unwrap_or("").to_owned(),
                Piece::Put(_, text) => text,
            })
            .collect()
    }

    /// `os.Expand` of Go: `$NAME` and `${NAME}`; `$$` is a dollar, and a name nobody knows is empty.
    fn pieces(&self, text: &str) -> Vec<Piece> {
        let bytes = text.as_bytes();
        let mut pieces = Vec::new();
        let (mut kept, mut at) = (0, 0);
        while let Some(dollar) = text.get(at..).and_then(|rest| rest.find('$')).map(|found| at + found) {
            let (name, end) = name_at(text, dollar + 1);
            at = end;
            let value = match name {
                Some("$") => Some("$".to_owned()),
                Some(name) if name.starts_with("ARGOCD_APP_REVISION") => None,
                Some(name) => Some(self.value(name)),
                // A brace that is not closed is eaten; a dollar before anything else stays.
                None if bytes.get(dollar + 1) == Some(&b'{') => Some(String::new()),
                None => None,
            };
            if let Some(value) = value {
                pieces.push(Piece::Kept(kept..dollar));
                pieces.push(Piece::Put(dollar..end, value));
                kept = end;
            }
        }
        pieces.push(Piece::Kept(kept..text.len()));
        pieces
    }

    fn value(&self, name: &str) -> String {
        let known = self.values.iter().find(|(known, _)| *known == name);
        known.map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

/// The name behind a dollar, and where it ends.
fn name_at(text: &str, start: usize) -> (Option<&str>, usize) {
    let rest = text.get(start..).unwrap_or("");
    if let Some(inner) = rest.strip_prefix('{') {
        return match inner.find('}') {
            Some(0) | None => (None, start + 1 + usize::from(inner.starts_with('}'))),
            Some(close) => (inner.get(..close), start + close + 2),
        };
    }
    let is_special = |byte: u8| byte.is_ascii_digit() || b"*#$@!?-".contains(&byte);
    if rest.bytes().next().is_some_and(is_special) {
        return (rest.get(..1), start + 1);
    }
    let len = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    (rest.get(..len).filter(|name| !name.is_empty()), start + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_as_go_expands_them() {
        let environment = Environment {
            values: vec![("ARGOCD_APP_NAME", "fraud".into()), ("ARGOCD_APP_SOURCE_PATH", "charts".into())],
        };
        for (text, expected) in [
            ("plain", "plain"),
            ("$ARGOCD_APP_NAME", "fraud"),
            ("a-${ARGOCD_APP_NAME}-b/$ARGOCD_APP_SOURCE_PATH.yaml", "a-fraud-b/charts.yaml"),
            ("pa$word", "pa"),
            ("5$$", "5$"),
            ("$", "$"),
            ("a$ b", "a$ b"),
            ("$1x", "x"),
            ("${ARGOCD_APP_NAME", "ARGOCD_APP_NAME"),
            ("${}x", "x"),
            ("img:$ARGOCD_APP_REVISION_SHORT", "img:$ARGOCD_APP_REVISION_SHORT"),
            ("é$ARGOCD_APP_NAMEé", "éfraudé"),
        ] {
            assert_eq!(environment.expand_text(text), expected, "{text}");
            assert_eq!(&*environment.expand(&Given::builtin(text)).text, expected, "{text}");
        }
    }
}
