//! Every rule, sorted by id. Written by `cargo xtask generate` from the pages in `rules/`.

use super::{Case, FixKind, Param, Rule};
use crate::finding::Severity;

#[path = "reconcile/application_circle.rs"]
mod application_circle;
#[path = "reconcile/appset_empty.rs"]
mod appset_empty;
#[path = "schema/duplicate_key.rs"]
mod duplicate_key;
#[path = "artifact/empty_version.rs"]
mod empty_version;
#[path = "scheduling/gpu_limit.rs"]
mod gpu_limit;
#[path = "scheduling/gpu_placement.rs"]
mod gpu_placement;
#[path = "artifact/image_not_rewritten.rs"]
mod image_not_rewritten;
#[path = "reconcile/kustomize_build.rs"]
mod kustomize_build;
#[path = "schema/list_replaced.rs"]
mod list_replaced;
#[path = "reconcile/not_a_chart.rs"]
mod not_a_chart;
#[path = "security/outside_root.rs"]
mod outside_root;
#[path = "artifact/pinned_model_uri.rs"]
mod pinned_model_uri;
#[path = "hygiene/policy_changed.rs"]
mod policy_changed;
#[path = "promotion/ran_in_staging.rs"]
mod ran_in_staging;
#[path = "artifact/s3_prefix.rs"]
mod s3_prefix;
#[path = "reconcile/source_path.rs"]
mod source_path;
#[path = "startup/startup_budget.rs"]
mod startup_budget;
#[path = "schema/template_error.rs"]
mod template_error;
#[path = "schema/unknown_field.rs"]
mod unknown_field;
#[path = "schema/unknown_kind.rs"]
mod unknown_kind;
#[path = "reconcile/values_file.rs"]
mod values_file;
#[path = "artifact/version_id_ignored.rs"]
mod version_id_ignored;
#[path = "artifact/version_label.rs"]
mod version_label;
#[path = "hygiene/waiver.rs"]
mod waiver;
#[path = "schema/yaml_ambiguity.rs"]
mod yaml_ambiguity;
#[path = "schema/yaml_syntax.rs"]
mod yaml_syntax;

/// Every rule, sorted by id.
pub static RULES: &[Rule] = &[
    Rule {
        id: "application-circle",
        category: "reconcile",
        summary: "no Application leads back to itself",
        cases: &[
            Case {
                id: "itself",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "circle",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/application-circle.md"),
        checks: application_circle::CHECKS,
    },
    Rule {
        id: "appset-empty",
        category: "reconcile",
        summary: "every ApplicationSet makes Applications, and every path and label its generators ask for is there",
        cases: &[
            Case {
                id: "no-match",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "no-cluster",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "no-element",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/appset-empty.md"),
        checks: appset_empty::CHECKS,
    },
    Rule {
        id: "duplicate-key",
        category: "schema",
        summary: "no map has a key twice",
        cases: &[Case {
            id: "duplicate",
            levels: [
                Some(Severity::Error),
                Some(Severity::Error),
                Some(Severity::Error),
                Some(Severity::Error),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/duplicate-key.md"),
        checks: duplicate_key::CHECKS,
    },
    Rule {
        id: "empty-version",
        category: "artifact",
        summary: "the version of a model reference is not empty, cut or garbled",
        cases: &[
            Case {
                id: "empty",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "coerced",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "hole",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "digest",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/empty-version.md"),
        checks: empty_version::CHECKS,
    },
    Rule {
        id: "gpu-limit",
        category: "scheduling",
        summary: "a service that is meant to run on a GPU limits one",
        cases: &[
            Case {
                id: "missing",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "no-effect",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/scheduling/gpu-limit.md"),
        checks: gpu_limit::CHECKS,
    },
    Rule {
        id: "gpu-placement",
        category: "scheduling",
        summary: "a service on a GPU says of which type",
        cases: &[
            Case {
                id: "none",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "mode",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "toleration-only",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/scheduling/gpu-placement.md"),
        checks: gpu_placement::CHECKS,
    },
    Rule {
        id: "image-not-rewritten",
        category: "artifact",
        summary: "an image that `images` of a kustomization names is rewritten wherever it stands",
        cases: &[Case {
            id: "missed",
            levels: [
                Some(Severity::Error),
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Warning),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/image-not-rewritten.md"),
        checks: image_not_rewritten::CHECKS,
    },
    Rule {
        id: "kustomize-build",
        category: "reconcile",
        summary: "every kustomization that is deployed builds",
        cases: &[Case {
            id: "refused",
            levels: [
                Some(Severity::Error),
                Some(Severity::Error),
                Some(Severity::Error),
                Some(Severity::Error),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/kustomize-build.md"),
        checks: kustomize_build::CHECKS,
    },
    Rule {
        id: "list-replaced",
        category: "schema",
        summary: "a patch of a custom resource does not lose items of a list",
        cases: &[Case {
            id: "dropped",
            levels: [
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Warning),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/list-replaced.md"),
        checks: list_replaced::CHECKS,
    },
    Rule {
        id: "not-a-chart",
        category: "reconcile",
        summary: "a folder that is deployed as a chart has a Chart.yaml",
        cases: &[
            Case {
                id: "refused",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "ignored",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "unbound",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/not-a-chart.md"),
        checks: not_a_chart::CHECKS,
    },
    Rule {
        id: "outside-root",
        category: "security",
        summary: "no link leads out of the repository",
        cases: &[Case {
            id: "link",
            levels: [
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Warning),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/security/outside-root.md"),
        checks: outside_root::CHECKS,
    },
    Rule {
        id: "pinned-model-uri",
        category: "artifact",
        summary: "a model reference names one immutable version",
        cases: &[
            Case {
                id: "stage",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "branch",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "tag",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "no-version",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "volume",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case { id: "weak", levels: [Some(Severity::Note), None, None, None] },
            Case {
                id: "scheme",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "scheme-version",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[
            Param {
                name: "moving-words",
                kind: "list",
                default: "[]",
                meaning: "further words that name something that moves, as a whole path segment",
            },
            Param {
                name: "versions",
                kind: "list",
                default: "[]",
                meaning: "regular expressions of the house's own version tokens; each must match a whole path segment",
            },
        ],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/pinned-model-uri.md"),
        checks: pinned_model_uri::CHECKS,
    },
    Rule {
        id: "policy-changed",
        category: "hygiene",
        summary: "a change that loosens the policy says so",
        cases: &[
            Case {
                id: "environment",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "rule",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "waiver",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "ignore",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/hygiene/policy-changed.md"),
        checks: policy_changed::CHECKS,
    },
    Rule {
        id: "ran-in-staging",
        category: "promotion",
        summary: "a guarded environment only gets a version that already ran one rung below",
        cases: &[
            Case { id: "never", levels: [Some(Severity::Error), None, None, None] },
            Case { id: "same-change", levels: [Some(Severity::Error), None, None, None] },
            Case { id: "shared", levels: [Some(Severity::Error), None, None, None] },
            Case { id: "soak", levels: [Some(Severity::Error), None, None, None] },
            Case { id: "rollback", levels: [Some(Severity::Note), None, None, None] },
            Case { id: "override", levels: [Some(Severity::Warning), None, None, None] },
        ],
        fix: FixKind::None,
        params: &[
            Param {
                name: "from",
                kind: "map",
                default: "{}",
                meaning: "the environment a model comes from, where it is not the rung below: `churn: dev`; `none` for a model that has no other environment",
            },
            Param {
                name: "identity",
                kind: "string",
                default: "\"token\"",
                meaning: "what makes two versions the same: `token`, `digest` or `uri`",
            },
        ],
        since: "0.1.0",
        page: include_str!("../../rules/promotion/ran-in-staging.md"),
        checks: ran_in_staging::CHECKS,
    },
    Rule {
        id: "s3-prefix",
        category: "artifact",
        summary: "an S3 model path ends in a slash, so that it names one folder",
        cases: &[
            Case {
                id: "collides",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "open",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
        ],
        fix: FixKind::Unsafe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/s3-prefix.md"),
        checks: s3_prefix::CHECKS,
    },
    Rule {
        id: "source-path",
        category: "reconcile",
        summary: "every path that an Application of this repository deploys is there, and holds something",
        cases: &[
            Case {
                id: "missing",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "not-recursed",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "empty",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "several-tools",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/source-path.md"),
        checks: source_path::CHECKS,
    },
    Rule {
        id: "startup-budget",
        category: "startup",
        summary: "a model has loaded before anything gives up on it",
        cases: &[
            Case {
                id: "certain",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "likely",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "fixed-600",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "liveness",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case { id: "readiness", levels: [Some(Severity::Note), None, None, None] },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/startup/startup-budget.md"),
        checks: startup_budget::CHECKS,
    },
    Rule {
        id: "template-error",
        category: "schema",
        summary: "every chart that is deployed renders, and every ApplicationSet expands",
        cases: &[
            Case {
                id: "refused",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "applicationset",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/template-error.md"),
        checks: template_error::CHECKS,
    },
    Rule {
        id: "unknown-field",
        category: "schema",
        summary: "every field of a KServe or Argo CD object exists, and stands at its level",
        cases: &[
            Case {
                id: "dropped",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "release",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/unknown-field.md"),
        checks: unknown_field::CHECKS,
    },
    Rule {
        id: "unknown-kind",
        category: "schema",
        summary: "the kind and version of a KServe or Argo CD object exist",
        cases: &[
            Case {
                id: "kind",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "version",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/unknown-kind.md"),
        checks: unknown_kind::CHECKS,
    },
    Rule {
        id: "values-file",
        category: "reconcile",
        summary: "every values file that an Application names is there",
        cases: &[
            Case {
                id: "missing",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "defaults-only",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/values-file.md"),
        checks: values_file::CHECKS,
    },
    Rule {
        id: "version-id-ignored",
        category: "artifact",
        summary: "an S3 path carries no versionId, for KServe drops it",
        cases: &[
            Case {
                id: "version-id",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "fragment",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "at-revision",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/version-id-ignored.md"),
        checks: version_id_ignored::CHECKS,
    },
    Rule {
        id: "version-label",
        category: "artifact",
        summary: "the version people read is the version that is served",
        cases: &[
            Case {
                id: "label",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "values",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/version-label.md"),
        checks: version_label::CHECKS,
    },
    Rule {
        id: "waiver",
        category: "hygiene",
        summary: "a waiver names a rule, gives a reason, has not ended, and is needed",
        cases: &[
            Case {
                id: "expired",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "no-reason",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "unknown",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "malformed",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "unused",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/hygiene/waiver.md"),
        checks: waiver::CHECKS,
    },
    Rule {
        id: "yaml-ambiguity",
        category: "schema",
        summary: "a scalar without quotes reads as it looks",
        cases: &[
            Case {
                id: "text",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "number",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "values",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/yaml-ambiguity.md"),
        checks: yaml_ambiguity::CHECKS,
    },
    Rule {
        id: "yaml-syntax",
        category: "schema",
        summary: "every manifest, values file and kustomization is YAML",
        cases: &[
            Case {
                id: "syntax",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "merge",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/yaml-syntax.md"),
        checks: yaml_syntax::CHECKS,
    },
];
