//! The schemes of model references, and which release of KServe takes which.

use std::ops::Range;

use regex::Regex;

/// How a model reference says where the model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `s3://bucket/key`: KServe lists by string prefix and appends no slash.
    S3,
    /// `gs://bucket/key`: a slash is appended before listing.
    Gs,
    /// `hf://owner/model[:revision]`, and the `--model_id` argument.
    Hf,
    /// `modelscope://owner/model[:revision]`.
    ModelScope,
    /// `oci://image`: a modelcar.
    Oci,
    /// `oci+native://image`: an image volume.
    OciNative,
    /// `oci+fetch://image`.
    OciFetch,
    /// `pvc://claim/path`: mounted, not copied.
    Pvc,
    /// `https://`: one file, an Azure container, or a Git repository (`.git`).
    Https,
    /// `http://`.
    Http,
    /// `hdfs://`.
    Hdfs,
    /// `webhdfs://`.
    WebHdfs,
    /// `file://`.
    File,
    /// A path without a scheme.
    LocalPath,
    /// `storage.path`: the scheme and the bucket stand in a Secret (or in `parameters`).
    Storage,
    /// `models:/…`: an MLflow model registry.
    MlflowModels,
    /// `runs:/…`: an artifact of an MLflow run.
    MlflowRuns,
    /// `mlflow-artifacts:/…`.
    MlflowArtifacts,
    /// `dbfs:/…`: the Databricks file system.
    Dbfs,
    /// The image of a custom predictor, which no scheme stands before.
    Image,
    /// Any other.
    Custom,
}

/// The names as KServe (and MLflow) spell them.
const NAMES: [(&str, Scheme); 17] = [
    ("s3", Scheme::S3),
    ("gs", Scheme::Gs),
    ("hf", Scheme::Hf),
    ("modelscope", Scheme::ModelScope),
    ("oci", Scheme::Oci),
    ("oci+native", Scheme::OciNative),
    ("oci+fetch", Scheme::OciFetch),
    ("pvc", Scheme::Pvc),
    ("https", Scheme::Https),
    ("http", Scheme::Http),
    ("hdfs", Scheme::Hdfs),
    ("webhdfs", Scheme::WebHdfs),
    ("file", Scheme::File),
    ("models", Scheme::MlflowModels),
    ("runs", Scheme::MlflowRuns),
    ("mlflow-artifacts", Scheme::MlflowArtifacts),
    ("dbfs", Scheme::Dbfs),
];

impl Scheme {
    fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, scheme)| *scheme)
    }

    /// Whether the reference names an image in a registry.
    #[must_use]
    pub fn is_oci(self) -> bool {
        matches!(self, Self::Oci | Self::OciNative | Self::OciFetch | Self::Image)
    }

    /// Whether the scheme is one of MLflow's, none of which KServe knows.
    #[must_use]
    pub fn is_mlflow(self) -> bool {
        matches!(self, Self::MlflowModels | Self::MlflowRuns | Self::MlflowArtifacts)
    }

    /// Whether an empty authority is right: `file:///mnt`, `hdfs:///user`, `dbfs:/`.
    pub(super) fn needs_no_authority(self) -> bool {
        self.is_mlflow()
            || matches!(
                self,
                Self::File
                    | Self::LocalPath
                    | Self::Storage
                    | Self::Hdfs
                    | Self::WebHdfs
                    | Self::Dbfs
                    | Self::Custom
            )
    }
}

/// Where the scheme of a reference ends.
pub(super) struct Split {
    pub(super) scheme: Scheme,
    /// The scheme's name; empty for a path.
    pub(super) name: Range<usize>,
    /// First byte after `:`, `:/` or `://`.
    pub(super) rest: usize,
    /// How many slashes followed the colon, at most 2.
    pub(super) slashes: usize,
    /// The name is not in lower case: KServe compares prefixes as they are.
    pub(super) wrong_case: bool,
}

/// Splits the scheme off `text[start..]`.
///
/// KServe takes everything without `\w+?://` for a local path (`ValidateStorageURI`); of those only
/// the names it or MLflow would know with other slashes are taken for schemes here.
pub(super) fn split(text: &str, start: usize) -> Split {
    let local =
        Split { scheme: Scheme::LocalPath, name: start..start, rest: start, slashes: 0, wrong_case: false };
    let Some(body) = text.get(start..) else {
        return local;
    };
    let Some(colon) = body.find([':', '/']) else {
        return local;
    };
    let (name, after) = body.split_at(colon);
    let Some(after) = after.strip_prefix(':') else {
        return local;
    };
    if name.is_empty() {
        return local;
    }
    let slashes = after.bytes().take(2).take_while(|b| *b == b'/').count();
    let scheme = match (Scheme::named(name), slashes) {
        (Some(scheme), _) => scheme,
        (None, 2) => Scheme::Custom,
        (None, _) => return local,
    };
    Split {
        scheme,
        name: start..start + colon,
        rest: text.len() - after.len() + slashes,
        slashes,
        wrong_case: scheme != Scheme::Custom && name.bytes().any(|b| b.is_ascii_uppercase()),
    }
}

/// A form of reference that a `ClusterStorageContainer` (or `storage.schemes` of the
/// configuration) claims: `spec.supportedUriFormats[].prefix` or `.regex`.
#[derive(Debug, Clone)]
pub enum SchemePattern {
    /// The reference begins so.
    Prefix(String),
    /// The expression is found anywhere in the reference, as Go's `regexp.MatchString` does.
    Regex(Regex),
}

impl SchemePattern {
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            // An empty prefix is "no prefix" to KServe, never "every reference".
            Self::Prefix(prefix) => !prefix.is_empty() && text.starts_with(prefix.as_str()),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A minor release of KServe: 17 is 0.17.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u8);

impl Release {
    /// The oldest release the table knows.
    pub const FIRST: Self = Self(11);
    /// The newest release the table knows.
    pub const LAST: Self = Self(20);

    /// Reads `0.17`, `v0.17` or `v0.17.1`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('v').unwrap_or(text);
        let minor = text.strip_prefix("0.")?;
        let minor = minor.split(['.', '-', '+']).next()?;
        minor.parse().ok().map(Self)
    }
}

/// Which kind of object holds the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consumer {
    /// InferenceService (and TrainedModel, LocalModelCache): the list of `ValidateStorageURI`.
    InferenceService,
    /// LLMInferenceService, which has a shorter list of its own.
    LlmInferenceService,
}

/// What a release of KServe does with a scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// Taken and fetched.
    Accepted,
    /// Taken, but only where the cluster's configuration enables it (`enableModelcar`, default
    /// false up to 0.15).
    OffByDefault,
    /// The controller refuses it: the object is applied, its status carries the error, and the old
    /// revision keeps serving.
    Rejected,
    /// It has no `://`, passes for a local path, and fails in the init container.
    TakenForLocalPath,
    /// The kind does not exist in this release.
    NoSuchKind,
}

/// What `release` does with `scheme`, without a ClusterStorageContainer of the house's own.
///
/// Source: kserve `pkg/controller/v1beta1/inferenceservice/utils/utils.go` (`ValidateStorageURI`,
/// 0.11: the webhook), `config/storagecontainers/default.yaml`, and
/// `pkg/controller/v1alpha2/llmisvc/workload_storage.go`. A release newer than [`Release::LAST`]
/// is judged as the head of 2026-08.
#[must_use]
pub fn scheme_support(scheme: Scheme, release: Release, consumer: Consumer) -> Support {
    match consumer {
        Consumer::InferenceService => inference_service_support(scheme, release),
        Consumer::LlmInferenceService => llm_support(scheme, release),
    }
}

fn inference_service_support(scheme: Scheme, Release(minor): Release) -> Support {
    let since = |first: u8| {
        if minor >= first { Support::Accepted } else { Support::Rejected }
    };
    match scheme {
        Scheme::S3
        | Scheme::Gs
        | Scheme::Pvc
        | Scheme::Https
        | Scheme::Http
        | Scheme::Hdfs
        | Scheme::WebHdfs
        | Scheme::File
        | Scheme::LocalPath
        | Scheme::Image
        | Scheme::Storage => Support::Accepted,
        Scheme::Oci if (12..=15).contains(&minor) => Support::OffByDefault,
        Scheme::Oci => since(16),
        // The default container of 0.14 was meant to claim hf, but its key is misspelt.
        Scheme::Hf => since(15),
        Scheme::OciNative => since(20),
        Scheme::OciFetch | Scheme::ModelScope => since(21),
        Scheme::MlflowModels | Scheme::MlflowRuns | Scheme::MlflowArtifacts | Scheme::Dbfs => {
            Support::TakenForLocalPath
        }
        Scheme::Custom => Support::Rejected,
    }
}

fn llm_support(scheme: Scheme, Release(minor): Release) -> Support {
    match scheme {
        _ if minor < 16 => Support::NoSuchKind,
        Scheme::S3 | Scheme::Hf | Scheme::Oci | Scheme::Pvc => Support::Accepted,
        Scheme::OciNative if minor >= 20 => Support::Accepted,
        _ => Support::Rejected,
    }
}
