//! Every generator and transformer that is built into kustomize is built in here.
//!
//! The names are those of kustomize v5.8.1 (`api/internal/plugins/builtinhelpers/builtins.go`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod case;

use case::Case;
use mlgitops_kustomize::{Overrides, build};
use mlgitops_yaml::{Origins, Reader};

const GENERATORS: [&str; 4] =
    ["ConfigMapGenerator", "HelmChartInflationGenerator", "IAMPolicyGenerator", "SecretGenerator"];
const TRANSFORMERS: [&str; 14] = [
    "AnnotationsTransformer",
    "HashTransformer",
    "ImageTagTransformer",
    "LabelTransformer",
    "NamespaceTransformer",
    "PatchJson6902Transformer",
    "PatchStrategicMergeTransformer",
    "PatchTransformer",
    "PrefixSuffixTransformer",
    "PrefixTransformer",
    "ReplacementTransformer",
    "ReplicaCountTransformer",
    "SuffixTransformer",
    "ValueAddTransformer",
];

#[test]
fn every_built_in_kind_has_a_case() {
    for (case, field, kinds) in [
        ("generators-every-kind", "generators", GENERATORS.as_slice()),
        ("transformers-every-kind", "transformers", TRANSFORMERS.as_slice()),
    ] {
        let case = Case::all().into_iter().find(|known| known.name == case).unwrap();
        let configured = &case.contents["a/all.yaml"];
        for kind in kinds {
            let named = configured.lines().any(|line| line == format!("kind: {kind}"));
            assert!(named, "{field}: no case has {kind}");
        }
        let files = case.files();
        let built = build(Reader::new(&files), &case.folder, &Overrides::default(), &mut Origins::default());
        assert!(built.problems.is_empty() && built.left_out.is_empty(), "{field}: {:?}", built.problems);
    }
}

/// The fields of kustomize v5.8.1 (`api/types/kustomization.go`), each with a value of its type.
const FIELDS: [(&str, &str); 36] = [
    ("apiVersion", "kustomize.config.k8s.io/v1beta1"),
    ("kind", "Kustomization"),
    ("metadata", "{name: a}"),
    ("openapi", "{version: v1.21.2}"),
    ("namePrefix", "a-"),
    ("nameSuffix", "-a"),
    ("namespace", "a"),
    ("commonLabels", "{a: b}"),
    ("labels", "[{pairs: {a: b}}]"),
    ("commonAnnotations", "{a: b}"),
    ("patchesStrategicMerge", "[]"),
    ("patchesJson6902", "[]"),
    ("patches", "[]"),
    ("images", "[]"),
    ("imageTags", "[]"),
    ("replacements", "[]"),
    ("replicas", "[]"),
    ("vars", "[]"),
    ("sortOptions", "{order: fifo}"),
    ("resources", "[]"),
    ("components", "[]"),
    ("crds", "[]"),
    ("bases", "[]"),
    ("configMapGenerator", "[]"),
    ("secretGenerator", "[]"),
    ("helmGlobals", "{}"),
    ("helmCharts", "[]"),
    ("helmChartInflationGenerator", "[]"),
    ("generatorOptions", "{}"),
    ("configurations", "[]"),
    ("generators", "[]"),
    ("transformers", "[]"),
    ("validators", "[]"),
    ("buildMetadata", "[originAnnotations]"),
    ("Resources", "[]"),
    ("NAMESPACE", "b"),
];

#[test]
fn every_field_is_known() {
    for (field, value) in FIELDS {
        let text = format!("nameprefix: b\n{field}: {value}\n");
        let case = Case::of(&[("kustomization.yaml", &text)]);
        let files = case.files();
        let built = build(Reader::new(&files), &case.folder, &Overrides::default(), &mut Origins::default());
        assert!(built.problems.is_empty(), "{field}: {:?}", built.problems);
        assert!(built.left_out.is_empty(), "{field}: {:?}", built.left_out);
    }
}
