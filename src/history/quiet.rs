//! Files that say nothing of what runs, whatever else they say: the manifests of other programs, of
//! which most commits of a large repository are made. A look at their bytes is enough.

use std::sync::LazyLock;

use mlgitops_files::RepoPath;
use regex::bytes::Regex;

use crate::discover::is_candidate;
use crate::source::Judge;

/// Tells quiet files by their bytes.
pub(super) const JUDGE: Judge = Judge { path: is_worth_a_look, content: is_quiet };

fn is_worth_a_look(path: &[u8]) -> bool {
    let path = std::str::from_utf8(path).ok().and_then(|path| RepoPath::parse(path).ok());
    path.is_some_and(|path| is_candidate(&path))
}

/// Whether a content can hold no object that makes a release, decides how one is read, or deploys
/// something: it names none of the groups that do, and no twin to route to. What may hide such a name, and what is no YAML
/// for sure, is not quiet: escapes, another encoding, a merge that was not finished.
fn is_quiet(content: &[u8]) -> bool {
    static LOUD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?-u)kserve|argoproj|fluxcd|-canary|\\[xuU\r\n]|\x00|<<<<<<<|>>>>>>>|\{\{").ok()
    });
    LOUD.as_ref().is_some_and(|loud| !loud.is_match(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_none_of_the_groups_is_quiet() {
        let table: &[(&str, bool)] = &[
            ("apiVersion: apps/v1\nkind: Deployment\n", true),
            ("image: registry.example.com/shop:1.2\n", true),
            ("", true),
            ("apiVersion: serving.kserve.io/v1beta1\n", false),
            ("{\"apiVersion\": \"argoproj.io/v1alpha1\"}", false),
            ("apiVersion: kustomize.toolkit.fluxcd.io/v1\n", false),
            ("apiVersion: \"serving.k\\x73erve.io/v1beta1\"\n", false),
            ("apiVersion: \"serving.ks\\\nerve.io/v1beta1\"\n", false),
            ("a\0p\0i\0", false),
            ("destination: {host: fraud-detector-canary-predictor}\n", false),
            ("<<<<<<< HEAD\n", false),
            ("apiVersion: {{ .Values.group }}\n", false),
        ];
        for (content, expected) in table {
            assert_eq!(is_quiet(content.as_bytes()), *expected, "{content}");
        }
    }

    #[test]
    fn only_what_discovery_reads_is_worth_a_look() {
        assert!(is_worth_a_look(b"apps/shop/deployment.yaml"));
        assert!(!is_worth_a_look(b"src/main.py"));
        assert!(!is_worth_a_look(b"\xff.yaml"));
    }
}
