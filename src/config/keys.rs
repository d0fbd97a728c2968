//! The one table of the keys of `mlgitops.yaml`: the reader checks against it, and the schema for
//! editors is made of it.

use super::scalar::{self, Form};

/// One key of a map.
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// What its value is.
    pub(super) kind: Kind,
    /// Whether the map means nothing without it.
    pub(super) required: bool,
    /// What holds where it is left out, in words; empty: nothing.
    pub(super) default: &'static str,
    /// What it means, one sentence without a stop.
    pub(super) meaning: &'static str,
}

/// What a value is.
pub(super) enum Kind {
    /// A scalar.
    Scalar(Form),
    /// A scalar, or a list of them.
    OneOrMany(Form),
    /// A list.
    List(&'static Kind),
    /// A map of known keys.
    Map(&'static Section),
    /// A map whose keys are names.
    Named(&'static Kind),
    /// The severities and parameters of rules, by the names of [`super::Vocabulary`].
    Rules,
}

/// A map of known keys.
pub(super) struct Section {
    /// What it is called where one of its keys is wrong.
    pub(super) noun: &'static str,
    /// Its keys, in the order of the documentation.
    pub(super) keys: &'static [Key],
}

const fn key(name: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Key {
    Key { name, kind, required: false, default, meaning }
}

const fn required(name: &'static str, kind: Kind, meaning: &'static str) -> Key {
    Key { name, kind, required: true, default: "", meaning }
}

const TEXT: Kind = Kind::Scalar(Form::Text);
const TEXTS: Kind = Kind::List(&TEXT);

/// The whole file.
pub(super) static FILE: Section = Section {
    noun: "`mlgitops.yaml`",
    keys: &[
        key(
            "extends",
            Kind::OneOrMany(Form::Path),
            "",
            "files of this repository that hold what several roots share, relative to the root; what stands \
             here counts before them",
        ),
        key(
            "profile",
            Kind::Scalar(Form::Word(&PROFILES)),
            "recommended",
            "how loud rules are where nothing else says it; strict: what is a warning in prod is an error",
        ),
        key(
            "environments",
            Kind::List(&Kind::Map(&ENVIRONMENT)),
            "found where names are usual: dev, staging, prod and their kin",
            "the promotion ladder, lowest rung first",
        ),
        key("kserve", Kind::Map(&KSERVE), "", "facts of the KServe installation"),
        key("argocd", Kind::Map(&ARGOCD), "", "facts of the Argo CD installation"),
        key("flux", Kind::Map(&FLUX), "", "facts of the Flux installation"),
        key("kubernetes", Kind::Map(&KUBERNETES), "", "facts of the clusters"),
        key("storage", Kind::Map(&STORAGE), "", "facts of the object stores"),
        key("models", Kind::Named(&Kind::Map(&MODEL)), "", "facts of the models, by name"),
        key("startup", Kind::Map(&STARTUP), "", "the rates of the start-up budget"),
        key(
            "rules",
            Kind::Rules,
            "the severities of `mlgitops rules`",
            "severities and parameters of rules; the name is a rule, a category, or category/rule",
        ),
        key(
            "paths",
            Kind::List(&Kind::Map(&PATHS)),
            "",
            "severities of what stands at some paths; of several entries that name a rule the last counts",
        ),
        key("waivers", Kind::List(&Kind::Map(&WAIVER)), "", "recorded exceptions"),
        key(
            "repositories",
            Kind::List(&Kind::Map(&REPOSITORY)),
            "",
            "other repositories, and where their content lies inside this one",
        ),
        key("ignore", Kind::List(&Kind::Scalar(Form::Glob)), "", "paths that are not looked at, as globs"),
    ],
};

/// The file of a folder below the root.
pub(super) static FOLDER: Section = Section {
    noun: "the `mlgitops.yaml` of a folder",
    keys: &[
        key("models", Kind::Named(&Kind::Map(&MODEL)), "", "facts of the models in this folder, by name"),
        key("startup", Kind::Map(&STARTUP), "", "the rates of the start-up budget in this folder"),
        key("waivers", Kind::List(&Kind::Map(&WAIVER)), "", "recorded exceptions of this folder"),
    ],
};

/// The words of profiles.
const PROFILES: [&str; 2] = ["recommended", "strict"];

static PATHS: Section = Section {
    noun: "an entry of `paths`",
    keys: &[
        required("path", Kind::OneOrMany(Form::Glob), "the paths, as globs"),
        required("rules", Kind::Rules, "severities of rules, as in `rules`"),
    ],
};

static ENVIRONMENT: Section = Section {
    noun: "an environment",
    keys: &[
        required("name", TEXT, "its name, as the repository calls it"),
        key("after", TEXT, "the one before it in the list", "the environment below it"),
        key(
            "match",
            Kind::Map(&MATCH),
            "its name, where names of environments are usual",
            "what belongs to it; every key that is given must match",
        ),
        key(
            "soak",
            Kind::Scalar(Form::Duration(scalar::YEAR)),
            "",
            "how long a version must have run one rung below; it guards the environment",
        ),
        key(
            "guard",
            Kind::Scalar(Form::Bool),
            "true with `soak`; of the top rung where no environment says either",
            "whether promotion rules protect it",
        ),
    ],
};

static MATCH: Section = Section {
    noun: "`match`",
    keys: &[
        key("path", Kind::OneOrMany(Form::Glob), "", "globs over the path of what is deployed"),
        key("namespace", Kind::OneOrMany(Form::Glob), "", "namespaces, as globs"),
        key("cluster", Kind::OneOrMany(Form::Glob), "", "clusters, by name or URL, as globs"),
        key("branch", Kind::OneOrMany(Form::Glob), "", "branches, as globs"),
    ],
};

static KSERVE: Section = Section {
    noun: "`kserve`",
    keys: &[
        key("version", Kind::Scalar(Form::Version), "every release since 0.11", "the version of KServe"),
        key(
            "mode",
            Kind::Scalar(Form::Word(&super::MODE_WORDS)),
            "Standard or Knative, undecided",
            "the mode of services that name none, as the release or its predecessor calls it",
        ),
        key(
            "virtual-services",
            Kind::Scalar(Form::Bool),
            "true",
            "whether it makes a VirtualService for each service in the mode Knative; `disableIstioVirtualHost` turns it off",
        ),
        key(
            "progress-deadline",
            Kind::Scalar(Form::Duration(scalar::DAY)),
            "600s",
            "Knative's progress deadline, cluster-wide",
        ),
        key(
            "knative-features",
            TEXTS,
            "",
            "Knative feature flags that are on, such as `kubernetes.podspec-nodeselector`",
        ),
    ],
};

static ARGOCD: Section = Section {
    noun: "`argocd`",
    keys: &[
        key("version", Kind::Scalar(Form::Version), "", "the version of Argo CD"),
        key("clusters", Kind::List(&Kind::Map(&CLUSTER)), "", "the clusters it knows"),
    ],
};

static CLUSTER: Section = Section {
    noun: "a cluster",
    keys: &[
        required("name", TEXT, "its name"),
        key("server", TEXT, "", "the URL of its API server"),
        key("labels", Kind::Named(&TEXT), "", "its labels, which cluster generators select by"),
        key("annotations", Kind::Named(&TEXT), "", "its annotations, which cluster generators hand on"),
        key(
            "gpus",
            TEXTS,
            "",
            "the GPU types of its nodes, by the value of their label; with one type placement is idle",
        ),
    ],
};

static FLUX: Section = Section {
    noun: "`flux`",
    keys: &[key(
        "version",
        Kind::Scalar(Form::Version),
        "",
        "the version of Flux, as `flux version` says it",
    )],
};

static KUBERNETES: Section = Section {
    noun: "`kubernetes`",
    keys: &[
        key("version", Kind::Scalar(Form::Version), "", "the version of the clusters"),
        key(
            "api-versions",
            Kind::List(&Kind::Scalar(Form::ApiVersion)),
            "",
            "API versions beyond the built-in ones, which charts ask for",
        ),
    ],
};

static STORAGE: Section = Section {
    noun: "`storage`",
    keys: &[
        key(
            "schemes",
            Kind::List(&Kind::Scalar(Form::Scheme)),
            "",
            "further schemes of model references, such as `ntnx://`",
        ),
        key("immutable-buckets", TEXTS, "", "buckets in which nothing can be overwritten"),
    ],
};

static MODEL: Section = Section {
    noun: "a model",
    keys: &[
        key("size", Kind::Scalar(Form::Size), "", "the size of its artifact"),
        key(
            "requests-per-minute",
            Kind::Scalar(Form::Int(0, 1_000_000_000)),
            "",
            "its traffic, in requests a minute",
        ),
        key("services", TEXTS, "", "names of InferenceServices that are this model, beside its own"),
    ],
};

static STARTUP: Section = Section {
    noun: "`startup`",
    keys: &[
        key(
            "download-up-to",
            Kind::Scalar(Form::Size),
            "5GiB",
            "the largest model that every new pod may download for itself",
        ),
        key(
            "cache-up-to",
            Kind::Scalar(Form::Size),
            "20GiB",
            "the largest model that a cache or a shared volume is enough for; a larger one comes as an image",
        ),
        key("best", Kind::Map(&BEST), "", "a link shorter than this is certain to kill or roll back"),
        key("worst", Kind::Map(&WORST), "", "a link shorter than this is likely to"),
    ],
};

/// The keys of both cases; the defaults are those of [`super::StartupConfig`].
macro_rules! rates {
    ($download:literal, $load:literal, $start:literal, $schedule:literal, $pull:literal, $factor:literal) => {
        &[
            key("download", Kind::Scalar(Form::Rate), $download, "how fast the artifact is downloaded"),
            key("load", Kind::Scalar(Form::Rate), $load, "how fast it is read from disk into memory"),
            key("start", Kind::Scalar(Form::Duration(scalar::DAY)), $start, "start of the process"),
            key("schedule", Kind::Scalar(Form::Duration(scalar::DAY)), $schedule, "finding or making a node"),
            key("pull", Kind::Scalar(Form::Duration(scalar::DAY)), $pull, "pulling the image of the runtime"),
            key("factor", Kind::Scalar(Form::Number(1.0, 100.0)), $factor, "what the sum is multiplied with"),
        ]
    };
}

static BEST: Section =
    Section { noun: "`best`", keys: rates!("400MiB/s", "500MiB/s", "10s", "0s", "0s", "1") };
static WORST: Section =
    Section { noun: "`worst`", keys: rates!("50MiB/s", "100MiB/s", "30s", "180s", "60s", "1.5") };

static WAIVER: Section = Section {
    noun: "a waiver",
    keys: &[
        required("rule", TEXT, "the rule, a category, or category/rule"),
        key(
            "object",
            Kind::Scalar(Form::Object),
            "every object",
            "the object, as Kind/name or Kind/namespace/name",
        ),
        key("environment", TEXT, "every environment", "the environment it holds in"),
        key("reason", TEXT, "", "why; a waiver without one does not hold"),
        key("owner", TEXT, "", "who answers for it"),
        key("ticket", TEXT, "", "where it is followed up"),
        key("until", Kind::Scalar(Form::Date), "for ever", "the last day it holds, in UTC"),
    ],
};

static REPOSITORY: Section = Section {
    noun: "a repository",
    keys: &[
        required("url", TEXT, "its URL, as deployments name it"),
        required("path", Kind::Scalar(Form::Path), "the folder with its content, relative to the root"),
    ],
};
