//! Every rule, sorted by id. Written by `cargo xtask generate` from the pages in `rules/`.

use super::{Case, FixKind, Param, Rule};
use crate::finding::Severity;

#[path = "observability/analysis_gate.rs"]
mod analysis_gate;
#[path = "reconcile/application_circle.rs"]
mod application_circle;
#[path = "reconcile/appset_empty.rs"]
mod appset_empty;
#[path = "startup/cache_miss.rs"]
mod cache_miss;
#[path = "traffic/canary_differs.rs"]
mod canary_differs;
#[path = "promotion/canary_first.rs"]
mod canary_first;
#[path = "traffic/canary_forgotten.rs"]
mod canary_forgotten;
#[path = "traffic/canary_mode.rs"]
mod canary_mode;
#[path = "security/codeowners.rs"]
mod codeowners;
#[path = "schema/coerced_value.rs"]
mod coerced_value;
#[path = "traffic/controller_conflict.rs"]
mod controller_conflict;
#[path = "reconcile/dead_sync_option.rs"]
mod dead_sync_option;
#[path = "hygiene/dead_value.rs"]
mod dead_value;
#[path = "reconcile/dependency_circle.rs"]
mod dependency_circle;
#[path = "reconcile/destination.rs"]
mod destination;
#[path = "promotion/downgrade.rs"]
mod downgrade;
#[path = "schema/duplicate_key.rs"]
mod duplicate_key;
#[path = "reconcile/duplicate_object.rs"]
mod duplicate_object;
#[path = "artifact/empty_version.rs"]
mod empty_version;
#[path = "scheduling/environment_parity.rs"]
mod environment_parity;
#[path = "artifact/feature_contract.rs"]
mod feature_contract;
#[path = "reconcile/floating_revision.rs"]
mod floating_revision;
#[path = "artifact/format_runtime.rs"]
mod format_runtime;
#[path = "reconcile/frozen_application.rs"]
mod frozen_application;
#[path = "scheduling/gpu_fit.rs"]
mod gpu_fit;
#[path = "scheduling/gpu_image.rs"]
mod gpu_image;
#[path = "scheduling/gpu_limit.rs"]
mod gpu_limit;
#[path = "scheduling/gpu_placement.rs"]
mod gpu_placement;
#[path = "reconcile/ignore_differences.rs"]
mod ignore_differences;
#[path = "reconcile/ignore_never_matches.rs"]
mod ignore_never_matches;
#[path = "reconcile/ignore_too_broad.rs"]
mod ignore_too_broad;
#[path = "artifact/image_not_rewritten.rs"]
mod image_not_rewritten;
#[path = "security/imperative_deploy.rs"]
mod imperative_deploy;
#[path = "scheduling/knative_flags.rs"]
mod knative_flags;
#[path = "reconcile/kserve_installation.rs"]
mod kserve_installation;
#[path = "reconcile/kustomize_build.rs"]
mod kustomize_build;
#[path = "schema/list_replaced.rs"]
mod list_replaced;
#[path = "startup/memory.rs"]
mod memory;
#[path = "observability/model_alerts.rs"]
mod model_alerts;
#[path = "security/model_identity.rs"]
mod model_identity;
#[path = "reconcile/not_a_chart.rs"]
mod not_a_chart;
#[path = "hygiene/orphan.rs"]
mod orphan;
#[path = "security/outside_root.rs"]
mod outside_root;
#[path = "reconcile/patch_matches_nothing.rs"]
mod patch_matches_nothing;
#[path = "artifact/pinned_model_uri.rs"]
mod pinned_model_uri;
#[path = "security/plaintext_secret.rs"]
mod plaintext_secret;
#[path = "hygiene/policy_changed.rs"]
mod policy_changed;
#[path = "reconcile/project_denies.rs"]
mod project_denies;
#[path = "reconcile/prune.rs"]
mod prune;
#[path = "promotion/ran_in_staging.rs"]
mod ran_in_staging;
#[path = "reconcile/recreate.rs"]
mod recreate;
#[path = "promotion/release_removed.rs"]
mod release_removed;
#[path = "scheduling/replicas.rs"]
mod replicas;
#[path = "reconcile/retry.rs"]
mod retry;
#[path = "reconcile/rewritten_field.rs"]
mod rewritten_field;
#[path = "traffic/route_target.rs"]
mod route_target;
#[path = "observability/rule_not_selected.rs"]
mod rule_not_selected;
#[path = "artifact/runtime_pinned.rs"]
mod runtime_pinned;
#[path = "artifact/runtime_version.rs"]
mod runtime_version;
#[path = "artifact/s3_prefix.rs"]
mod s3_prefix;
#[path = "traffic/scale_metric.rs"]
mod scale_metric;
#[path = "startup/scale_to_zero.rs"]
mod scale_to_zero;
#[path = "reconcile/self_heal.rs"]
mod self_heal;
#[path = "reconcile/shared_object.rs"]
mod shared_object;
#[path = "reconcile/source_path.rs"]
mod source_path;
#[path = "startup/startup_budget.rs"]
mod startup_budget;
#[path = "startup/storage_strategy.rs"]
mod storage_strategy;
#[path = "reconcile/suspended.rs"]
mod suspended;
#[path = "schema/template_error.rs"]
mod template_error;
#[path = "traffic/two_splits.rs"]
mod two_splits;
#[path = "reconcile/undefined_variable.rs"]
mod undefined_variable;
#[path = "schema/unknown_field.rs"]
mod unknown_field;
#[path = "schema/unknown_kind.rs"]
mod unknown_kind;
#[path = "traffic/unreachable_route.rs"]
mod unreachable_route;
#[path = "security/unsafe_loading.rs"]
mod unsafe_loading;
#[path = "artifact/unsupported_scheme.rs"]
mod unsupported_scheme;
#[path = "reconcile/values_file.rs"]
mod values_file;
#[path = "artifact/version_id_ignored.rs"]
mod version_id_ignored;
#[path = "artifact/version_label.rs"]
mod version_label;
#[path = "promotion/version_reused.rs"]
mod version_reused;
#[path = "hygiene/waiver.rs"]
mod waiver;
#[path = "traffic/weights.rs"]
mod weights;
#[path = "schema/yaml_ambiguity.rs"]
mod yaml_ambiguity;
#[path = "schema/yaml_syntax.rs"]
mod yaml_syntax;

/// Every rule, sorted by id.
pub static RULES: &[Rule] = &[
    Rule {
        id: "analysis-gate",
        category: "observability",
        summary: "what decides about a canary can say no, ends, and looks at the canary",
        cases: &[
            Case {
                id: "no-condition",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "endless",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "endless-run",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "skipped",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "other-service",
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
        page: include_str!("../../rules/observability/analysis-gate.md"),
        checks: analysis_gate::CHECKS,
    },
    Rule {
        id: "application-circle",
        category: "reconcile",
        summary: "no Application or Kustomization leads back to itself",
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
            Case {
                id: "kept-out",
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
        id: "cache-miss",
        category: "startup",
        summary: "the version that runs is the version that is cached",
        cases: &[Case {
            id: "other-version",
            levels: [
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Note),
                Some(Severity::Warning),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/startup/cache-miss.md"),
        checks: cache_miss::CHECKS,
    },
    Rule {
        id: "canary-differs",
        category: "traffic",
        summary: "a canary is the stable service with another version",
        cases: &[Case {
            id: "lacks",
            levels: [
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Note),
                Some(Severity::Warning),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/traffic/canary-differs.md"),
        checks: canary_differs::CHECKS,
    },
    Rule {
        id: "canary-first",
        category: "promotion",
        summary: "a version gets full traffic only after a canary stage",
        cases: &[
            Case { id: "no-canary", levels: [None, None, None, None] },
            Case { id: "too-short", levels: [None, None, None, None] },
        ],
        fix: FixKind::None,
        params: &[
            Param {
                name: "samples",
                kind: "int",
                default: "1000",
                meaning: "how many requests the canary must answer where the traffic of the model is known",
            },
            Param {
                name: "soak",
                kind: "duration",
                default: "\"1800s\"",
                meaning: "how long the canary stage must last",
            },
        ],
        since: "0.1.0",
        page: include_str!("../../rules/promotion/canary-first.md"),
        checks: canary_first::CHECKS,
    },
    Rule {
        id: "canary-forgotten",
        category: "traffic",
        summary: "a canary is promoted or taken back, and not left as it is",
        cases: &[Case {
            id: "forgotten",
            levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
        }],
        fix: FixKind::None,
        params: &[Param {
            name: "after",
            kind: "duration",
            default: "\"1209600s\"",
            meaning: "how long a canary may keep its version and its share",
        }],
        since: "0.1.0",
        page: include_str!("../../rules/traffic/canary-forgotten.md"),
        checks: canary_forgotten::CHECKS,
    },
    Rule {
        id: "canary-mode",
        category: "traffic",
        summary: "a canary gets the share that is written",
        cases: &[
            Case {
                id: "ignored",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "annotation",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "refused",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "rolls-back",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "first-deploy",
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
        page: include_str!("../../rules/traffic/canary-mode.md"),
        checks: canary_mode::CHECKS,
    },
    Rule {
        id: "codeowners",
        category: "security",
        summary: "somebody owns what decides what runs in production",
        cases: &[
            Case {
                id: "config",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "guarded",
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
        page: include_str!("../../rules/security/codeowners.md"),
        checks: codeowners::CHECKS,
    },
    Rule {
        id: "coerced-value",
        category: "schema",
        summary: "text of an object is what its values file says",
        cases: &[
            Case {
                id: "text",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
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
        ],
        fix: FixKind::Unsafe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/schema/coerced-value.md"),
        checks: coerced_value::CHECKS,
    },
    Rule {
        id: "controller-conflict",
        category: "traffic",
        summary: "the weights that a controller moves, Argo CD and Flux leave alone",
        cases: &[
            Case {
                id: "healed",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "not-kept",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "owned",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/traffic/controller-conflict.md"),
        checks: controller_conflict::CHECKS,
    },
    Rule {
        id: "dead-sync-option",
        category: "reconcile",
        summary: "every sync option is one that Argo CD or Flux reads, and has something to do",
        cases: &[
            Case {
                id: "unknown",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "nothing-to-respect",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "self-heal",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/dead-sync-option.md"),
        checks: dead_sync_option::CHECKS,
    },
    Rule {
        id: "dead-value",
        category: "hygiene",
        summary: "every values key is read by a template",
        cases: &[Case {
            id: "unread",
            levels: [Some(Severity::Note), Some(Severity::Note), Some(Severity::Note), Some(Severity::Note)],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/hygiene/dead-value.md"),
        checks: dead_value::CHECKS,
    },
    Rule {
        id: "dependency-circle",
        category: "reconcile",
        summary: "no Flux object waits for one that waits for it",
        cases: &[Case {
            id: "circle",
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
        page: include_str!("../../rules/reconcile/dependency-circle.md"),
        checks: dependency_circle::CHECKS,
    },
    Rule {
        id: "destination",
        category: "reconcile",
        summary: "an Application names its cluster by a URL in `server` or by a name in `name`",
        cases: &[
            Case {
                id: "name-as-server",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "url-as-name",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "both",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/destination.md"),
        checks: destination::CHECKS,
    },
    Rule {
        id: "downgrade",
        category: "promotion",
        summary: "no environment goes down to a version it never ran",
        cases: &[Case { id: "older", levels: [Some(Severity::Warning), Some(Severity::Note), None, None] }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/promotion/downgrade.md"),
        checks: downgrade::CHECKS,
    },
    Rule {
        id: "duplicate-key",
        category: "schema",
        summary: "no map has a key twice",
        cases: &[
            Case {
                id: "duplicate",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "same",
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
        page: include_str!("../../rules/schema/duplicate-key.md"),
        checks: duplicate_key::CHECKS,
    },
    Rule {
        id: "duplicate-object",
        category: "reconcile",
        summary: "a deployment defines each object once",
        cases: &[
            Case {
                id: "model",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "other",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "identical",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/duplicate-object.md"),
        checks: duplicate_object::CHECKS,
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
        id: "environment-parity",
        category: "scheduling",
        summary: "the environment that proves a model has what prod has",
        cases: &[
            Case { id: "runtime", levels: [None, Some(Severity::Note), None, None] },
            Case { id: "gpu", levels: [None, Some(Severity::Note), None, None] },
            Case { id: "probes", levels: [None, Some(Severity::Note), None, None] },
            Case { id: "routes", levels: [None, Some(Severity::Note), None, None] },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/scheduling/environment-parity.md"),
        checks: environment_parity::CHECKS,
    },
    Rule {
        id: "feature-contract",
        category: "artifact",
        summary: "a model names the features and the data contract it was made for",
        cases: &[
            Case { id: "missing", levels: [None, None, None, None] },
            Case { id: "moves", levels: [None, None, None, None] },
        ],
        fix: FixKind::None,
        params: &[Param {
            name: "keys",
            kind: "list",
            default: "[\"feature-version\",\"feature-set-version\",\"feature-view-version\",\"data-contract-version\"]",
            meaning: "names of labels, annotations or, in capitals, variables that hold such a version",
        }],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/feature-contract.md"),
        checks: feature_contract::CHECKS,
    },
    Rule {
        id: "floating-revision",
        category: "reconcile",
        summary: "what deploys models names the revision it deploys",
        cases: &[Case {
            id: "moves",
            levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/floating-revision.md"),
        checks: floating_revision::CHECKS,
    },
    Rule {
        id: "format-runtime",
        category: "artifact",
        summary: "some runtime serves the format of a model",
        cases: &[
            Case {
                id: "named",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "none",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/format-runtime.md"),
        checks: format_runtime::CHECKS,
    },
    Rule {
        id: "frozen-application",
        category: "reconcile",
        summary: "what an ApplicationSet says reaches the Applications that exist",
        cases: &[
            Case {
                id: "version",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "template",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "self-heal",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/frozen-application.md"),
        checks: frozen_application::CHECKS,
    },
    Rule {
        id: "gpu-fit",
        category: "scheduling",
        summary: "a model fits the GPUs its pod gets, and uses them",
        cases: &[
            Case {
                id: "parallel",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "memory",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "idle",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/scheduling/gpu-fit.md"),
        checks: gpu_fit::CHECKS,
    },
    Rule {
        id: "gpu-image",
        category: "scheduling",
        summary: "on a GPU runs the image for GPUs",
        cases: &[
            Case {
                id: "version",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "vendor",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::Unsafe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/scheduling/gpu-image.md"),
        checks: gpu_image::CHECKS,
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
        id: "ignore-differences",
        category: "reconcile",
        summary: "Argo CD is told which differences are KServe's",
        cases: &[
            Case {
                id: "absent",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "status",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/ignore-differences.md"),
        checks: ignore_differences::CHECKS,
    },
    Rule {
        id: "ignore-never-matches",
        category: "reconcile",
        summary: "every entry of ignoreDifferences names something that exists",
        cases: &[
            Case {
                id: "group",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "kind",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "name",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "pointer",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "field",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "empty",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "jq",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/ignore-never-matches.md"),
        checks: ignore_never_matches::CHECKS,
    },
    Rule {
        id: "ignore-too-broad",
        category: "reconcile",
        summary: "Argo CD and Flux ignore no field that a promotion changes",
        cases: &[
            Case {
                id: "promoted",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "wide",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/ignore-too-broad.md"),
        checks: ignore_too_broad::CHECKS,
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
        id: "imperative-deploy",
        category: "security",
        summary: "models change in the cluster by a commit, not by a script",
        cases: &[
            Case {
                id: "kubectl",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "helm",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "copy",
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
        page: include_str!("../../rules/security/imperative-deploy.md"),
        checks: imperative_deploy::CHECKS,
    },
    Rule {
        id: "knative-flags",
        category: "scheduling",
        summary: "what a pod asks for, Knative lets pass",
        cases: &[
            Case {
                id: "off",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "unseen",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/scheduling/knative-flags.md"),
        checks: knative_flags::CHECKS,
    },
    Rule {
        id: "kserve-installation",
        category: "reconcile",
        summary: "the parts of KServe fit each other, and its default mode fits the services",
        cases: &[
            Case {
                id: "mixed-versions",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "old-definitions",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "unknown-mode",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "exposed",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "refused",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/kserve-installation.md"),
        checks: kserve_installation::CHECKS,
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
        id: "memory",
        category: "startup",
        summary: "a model fits the memory and the disk that its pod may use",
        cases: &[
            Case {
                id: "limit",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "initializer",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "disk",
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
        page: include_str!("../../rules/startup/memory.md"),
        checks: memory::CHECKS,
    },
    Rule {
        id: "model-alerts",
        category: "observability",
        summary: "alerts on models fire when they are meant to, and each model in production has some",
        cases: &[
            Case {
                id: "no-promql",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "ratio",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "quantile",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "impossible-quantile",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "other-mode",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "unexported",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "baseline",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "other-model",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "other-environment",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "too-soon",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case { id: "no-alert", levels: [Some(Severity::Warning), None, None, None] },
            Case { id: "no-drift-alert", levels: [Some(Severity::Note), None, None, None] },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/observability/model-alerts.md"),
        checks: model_alerts::CHECKS,
    },
    Rule {
        id: "model-identity",
        category: "security",
        summary: "a model in a bucket is read by an identity that may read it",
        cases: &[
            Case {
                id: "no-account",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "unknown-account",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "no-identity",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "malformed",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "azure-label",
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
        page: include_str!("../../rules/security/model-identity.md"),
        checks: model_identity::CHECKS,
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
        id: "orphan",
        category: "hygiene",
        summary: "every model of a repository is deployed by something",
        cases: &[Case {
            id: "unreached",
            levels: [Some(Severity::Note), Some(Severity::Note), Some(Severity::Note), Some(Severity::Note)],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/hygiene/orphan.md"),
        checks: orphan::CHECKS,
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
        id: "patch-matches-nothing",
        category: "reconcile",
        summary: "a patch finds what it is for",
        cases: &[
            Case {
                id: "named",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "selected",
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
        page: include_str!("../../rules/reconcile/patch-matches-nothing.md"),
        checks: patch_matches_nothing::CHECKS,
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
        id: "plaintext-secret",
        category: "security",
        summary: "no credential stands in Git in plain text",
        cases: &[
            Case {
                id: "credential",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "secret",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "environment",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "development",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "overwrites",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "key-id",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/security/plaintext-secret.md"),
        checks: plaintext_secret::CHECKS,
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
        id: "project-denies",
        category: "reconcile",
        summary: "an AppProject permits what its Applications deploy",
        cases: &[
            Case {
                id: "source",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "destination",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "kind",
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
        page: include_str!("../../rules/reconcile/project-denies.md"),
        checks: project_denies::CHECKS,
    },
    Rule {
        id: "prune",
        category: "reconcile",
        summary: "what is removed from Git is removed from the cluster, and never by accident",
        cases: &[
            Case {
                id: "off",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "empty",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/prune.md"),
        checks: prune::CHECKS,
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
        id: "recreate",
        category: "reconcile",
        summary: "no change deletes a model before it makes it anew",
        cases: &[
            Case {
                id: "each-sync",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "on-refusal",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/recreate.md"),
        checks: recreate::CHECKS,
    },
    Rule {
        id: "release-removed",
        category: "promotion",
        summary: "a change that deletes something that runs says so",
        cases: &[
            Case {
                id: "removed",
                levels: [Some(Severity::Error), Some(Severity::Warning), None, Some(Severity::Note)],
            },
            Case {
                id: "renamed",
                levels: [Some(Severity::Error), Some(Severity::Warning), None, Some(Severity::Note)],
            },
            Case {
                id: "left",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/promotion/release-removed.md"),
        checks: release_removed::CHECKS,
    },
    Rule {
        id: "replicas",
        category: "scheduling",
        summary: "a service has the replicas that its traffic and its nodes ask for",
        cases: &[
            Case {
                id: "reversed",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case { id: "fewer", levels: [Some(Severity::Note), None, None, None] },
            Case { id: "one", levels: [None, None, None, None] },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/scheduling/replicas.md"),
        checks: replicas::CHECKS,
    },
    Rule {
        id: "retry",
        category: "reconcile",
        summary: "an automated sync that fails is tried again",
        cases: &[
            Case {
                id: "never",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "duration",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/retry.md"),
        checks: retry::CHECKS,
    },
    Rule {
        id: "rewritten-field",
        category: "reconcile",
        summary: "what Git says of a service is what KServe stores",
        cases: &[
            Case {
                id: "predictor",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "mode",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "quantity",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "mode-depends",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/rewritten-field.md"),
        checks: rewritten_field::CHECKS,
    },
    Rule {
        id: "route-target",
        category: "traffic",
        summary: "a route leads to a Service that KServe makes, on a port it has",
        cases: &[
            Case {
                id: "canary-host",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "default-host",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "bare-name",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "no-model",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "port",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "same-name",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "unknown-host",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/traffic/route-target.md"),
        checks: route_target::CHECKS,
    },
    Rule {
        id: "rule-not-selected",
        category: "observability",
        summary: "alerts on models reach the Prometheus that evaluates them",
        cases: &[
            Case {
                id: "unreached",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "labels",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "namespace",
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
        page: include_str!("../../rules/observability/rule-not-selected.md"),
        checks: rule_not_selected::CHECKS,
    },
    Rule {
        id: "runtime-pinned",
        category: "artifact",
        summary: "the images that serve a model are of one version",
        cases: &[
            Case {
                id: "baked",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "image",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/runtime-pinned.md"),
        checks: runtime_pinned::CHECKS,
    },
    Rule {
        id: "runtime-version",
        category: "artifact",
        summary: "the version of a runtime is one of the runtime that serves",
        cases: &[Case {
            id: "other-runtime",
            levels: [
                Some(Severity::Error),
                Some(Severity::Error),
                Some(Severity::Warning),
                Some(Severity::Error),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/runtime-version.md"),
        checks: runtime_version::CHECKS,
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
        id: "scale-metric",
        category: "traffic",
        summary: "a service scales on what it says",
        cases: &[
            Case {
                id: "ignored",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "refused",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "no-room",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Warning)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/traffic/scale-metric.md"),
        checks: scale_metric::CHECKS,
    },
    Rule {
        id: "scale-to-zero",
        category: "startup",
        summary: "the first request after a pause is answered",
        cases: &[
            Case {
                id: "fails",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "may-fail",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "keeps-one",
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
        page: include_str!("../../rules/startup/scale-to-zero.md"),
        checks: scale_to_zero::CHECKS,
    },
    Rule {
        id: "self-heal",
        category: "reconcile",
        summary: "Argo CD or Flux undoes what people change in the cluster by hand",
        cases: &[
            Case {
                id: "off",
                levels: [Some(Severity::Error), Some(Severity::Warning), None, Some(Severity::Warning)],
            },
            Case {
                id: "manual",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "drift-off",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::Safe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/self-heal.md"),
        checks: self_heal::CHECKS,
    },
    Rule {
        id: "shared-object",
        category: "reconcile",
        summary: "one Application owns each object",
        cases: &[
            Case {
                id: "model",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "namespace",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "other",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/shared-object.md"),
        checks: shared_object::CHECKS,
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
            Case {
                id: "helm-version",
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
            Case {
                id: "sync-timeout",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "flux-timeout",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
        ],
        fix: FixKind::Unsafe,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/startup/startup-budget.md"),
        checks: startup_budget::CHECKS,
    },
    Rule {
        id: "storage-strategy",
        category: "startup",
        summary: "a large model is not downloaded into every pod anew",
        cases: &[
            Case { id: "cache", levels: [Some(Severity::Note), None, None, Some(Severity::Note)] },
            Case {
                id: "image",
                levels: [Some(Severity::Warning), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/startup/storage-strategy.md"),
        checks: storage_strategy::CHECKS,
    },
    Rule {
        id: "suspended",
        category: "reconcile",
        summary: "Flux looks at every object that serves a model",
        cases: &[Case {
            id: "suspended",
            levels: [Some(Severity::Error), Some(Severity::Error), None, Some(Severity::Warning)],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/reconcile/suspended.md"),
        checks: suspended::CHECKS,
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
                id: "alone",
                levels: [
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
                    Some(Severity::Note),
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
        id: "two-splits",
        category: "traffic",
        summary: "one thing decides how the traffic of a model is shared",
        cases: &[Case {
            id: "two",
            levels: [
                Some(Severity::Error),
                Some(Severity::Error),
                Some(Severity::Warning),
                Some(Severity::Error),
            ],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/traffic/two-splits.md"),
        checks: two_splits::CHECKS,
    },
    Rule {
        id: "undefined-variable",
        category: "reconcile",
        summary: "every variable that Flux replaces has a value or a default",
        cases: &[
            Case {
                id: "model",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "empty",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "stops",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "literal",
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
        page: include_str!("../../rules/reconcile/undefined-variable.md"),
        checks: undefined_variable::CHECKS,
    },
    Rule {
        id: "unknown-field",
        category: "schema",
        summary: "every field of a KServe, Argo CD or Flux object exists, and stands at its level",
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
        fix: FixKind::Unsafe,
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
        id: "unreachable-route",
        category: "traffic",
        summary: "every route of a model gets requests, and every request a route",
        cases: &[
            Case {
                id: "behind-all",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "no-default",
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
        page: include_str!("../../rules/traffic/unreachable-route.md"),
        checks: unreachable_route::CHECKS,
    },
    Rule {
        id: "unsafe-loading",
        category: "security",
        summary: "no code of strangers runs with a model",
        cases: &[
            Case {
                id: "moving-code",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "remote-code",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/security/unsafe-loading.md"),
        checks: unsafe_loading::CHECKS,
    },
    Rule {
        id: "unsupported-scheme",
        category: "artifact",
        summary: "KServe fetches what a model reference names",
        cases: &[
            Case {
                id: "unknown",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "custom",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
            Case {
                id: "version",
                levels: [Some(Severity::Note), Some(Severity::Note), None, Some(Severity::Note)],
            },
            Case {
                id: "switched-off",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Note),
                ],
            },
        ],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/artifact/unsupported-scheme.md"),
        checks: unsupported_scheme::CHECKS,
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
        id: "version-reused",
        category: "promotion",
        summary: "a version names one artifact, now and later",
        cases: &[Case {
            id: "reused",
            levels: [Some(Severity::Warning), Some(Severity::Warning), Some(Severity::Note), None],
        }],
        fix: FixKind::None,
        params: &[],
        since: "0.1.0",
        page: include_str!("../../rules/promotion/version-reused.md"),
        checks: version_reused::CHECKS,
    },
    Rule {
        id: "waiver",
        category: "hygiene",
        summary: "a waiver names a rule, gives a reason, has not ended, and is needed",
        cases: &[
            Case {
                id: "expired",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "incomplete",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "too-long",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Error),
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
        params: &[
            Param {
                name: "max-age",
                kind: "duration",
                default: "\"0s\"",
                meaning: "how far ahead the last day of a waiver may lie, such as 90d; 0s: as far as anybody likes",
            },
            Param {
                name: "require",
                kind: "list",
                default: "[]",
                meaning: "what every waiver must state: owner, ticket, until",
            },
        ],
        since: "0.1.0",
        page: include_str!("../../rules/hygiene/waiver.md"),
        checks: waiver::CHECKS,
    },
    Rule {
        id: "weights",
        category: "traffic",
        summary: "the weights of a model's route are the percentages they look like",
        cases: &[
            Case {
                id: "refused",
                levels: [
                    Some(Severity::Error),
                    Some(Severity::Error),
                    Some(Severity::Warning),
                    Some(Severity::Error),
                ],
            },
            Case {
                id: "sum",
                levels: [
                    Some(Severity::Warning),
                    Some(Severity::Warning),
                    Some(Severity::Note),
                    Some(Severity::Warning),
                ],
            },
            Case {
                id: "alone",
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
        page: include_str!("../../rules/traffic/weights.md"),
        checks: weights::CHECKS,
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
        fix: FixKind::Safe,
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
