//! From checked values to the configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use super::check::{Entry, Value};
use super::scalar::Single;
use super::{
    ArgocdConfig, ClusterConfig, Config, DeploymentMode, EnvironmentConfig, FluxConfig, KserveConfig,
    KubernetesConfig, ModelConfig, PathRules, Profile, Rates, RepositoryConfig, StartupConfig, Stated,
    StorageConfig, Waiver,
};

/// The configuration that checked values state, with rates over those of `base`; the rules are read
/// apart.
pub(super) fn config(root: &Value, base: &Config) -> Config {
    let each = |key: &str| root.get(key).map_or(&[][..], Value::items).iter();
    Config {
        branch: None,
        file: None,
        parts: Vec::new(),
        profile: stated(root, "profile", |single| match single {
            Single::Text(word) if word == "strict" => Some(Profile::Strict),
            Single::Text(_) => Some(Profile::Recommended),
            _ => None,
        }),
        environments: each("environments").filter_map(environment).collect(),
        kserve: root.get("kserve").map(kserve).unwrap_or_default(),
        argocd: root.get("argocd").map(argocd).unwrap_or_default(),
        flux: FluxConfig { version: root.get("flux").and_then(|value| text(value, "version")) },
        kubernetes: root.get("kubernetes").map(kubernetes).unwrap_or_default(),
        storage: root.get("storage").map(storage).unwrap_or_default(),
        models: root.get("models").map(models).unwrap_or_default(),
        startup: root.get("startup").map_or(base.startup, |value| startup(value, base.startup)),
        rules: BTreeMap::new(),
        paths: Vec::new(),
        folders: Vec::new(),
        waivers: each("waivers").filter_map(waiver).collect(),
        repositories: each("repositories").filter_map(repository).collect(),
        ignore: texts(Some(root), "ignore"),
    }
}

fn environment(value: &Value) -> Option<EnvironmentConfig> {
    let matches = value.get("match");
    Some(EnvironmentConfig {
        name: text(value, "name")?,
        after: text(value, "after"),
        path: texts(matches, "path"),
        namespace: texts(matches, "namespace"),
        cluster: texts(matches, "cluster"),
        branch: texts(matches, "branch"),
        soak: duration(value, "soak"),
        guard: boolean(value, "guard"),
    })
}

fn kserve(value: &Value) -> KserveConfig {
    KserveConfig {
        version: text(value, "version"),
        mode: stated(value, "mode", |single| match single {
            Single::Text(word) => DeploymentMode::parse(word),
            _ => None,
        }),
        virtual_services: boolean(value, "virtual-services"),
        progress_deadline: duration(value, "progress-deadline"),
        knative_features: texts(Some(value), "knative-features"),
    }
}

fn argocd(value: &Value) -> ArgocdConfig {
    let clusters = value.get("clusters").map_or(&[][..], Value::items);
    ArgocdConfig { version: text(value, "version"), clusters: clusters.iter().filter_map(cluster).collect() }
}

fn cluster(value: &Value) -> Option<ClusterConfig> {
    let texts_by_name = |name| {
        let entries = value.get(name).map_or(&[][..], Value::entries).iter();
        let stated = |entry: &Entry| {
            Some(Stated { value: text_of(entry.value.single()?)?, location: entry.value.location.clone() })
        };
        entries.filter_map(|entry| Some((entry.key.value.clone(), stated(entry)?))).collect()
    };
    Some(ClusterConfig {
        name: text(value, "name")?,
        server: text(value, "server"),
        labels: texts_by_name("labels"),
        annotations: texts_by_name("annotations"),
        gpus: texts(Some(value), "gpus"),
    })
}

fn kubernetes(value: &Value) -> KubernetesConfig {
    KubernetesConfig { version: text(value, "version"), api_versions: texts(Some(value), "api-versions") }
}

fn storage(value: &Value) -> StorageConfig {
    StorageConfig {
        schemes: texts(Some(value), "schemes"),
        immutable_buckets: texts(Some(value), "immutable-buckets"),
    }
}

fn models(value: &Value) -> BTreeMap<String, ModelConfig> {
    let model = |entry: &Entry| {
        let config = ModelConfig {
            location: Some(entry.key.location.clone()),
            size: bytes(&entry.value, "size"),
            requests_per_minute: stated(&entry.value, "requests-per-minute", |single| match single {
                Single::Int(value) => u64::try_from(*value).ok(),
                _ => None,
            }),
            services: texts(Some(&entry.value), "services"),
        };
        (entry.key.value.clone(), config)
    };
    value.entries().iter().map(model).collect()
}

fn startup(value: &Value, base: StartupConfig) -> StartupConfig {
    let up_to = |key, default| bytes(value, key).map_or(default, |stated| stated.value);
    StartupConfig {
        download_up_to: up_to("download-up-to", base.download_up_to),
        cache_up_to: up_to("cache-up-to", base.cache_up_to),
        best: rates(value.get("best"), base.best),
        worst: rates(value.get("worst"), base.worst),
    }
}

/// What a case states, over its defaults.
fn rates(value: Option<&Value>, default: Rates) -> Rates {
    let Some(value) = value else { return default };
    let rate = |key, default| bytes(value, key).map_or(default, |stated| stated.value);
    let span = |key, default| duration(value, key).map_or(default, |stated| stated.value);
    let factor = stated(value, "factor", |single| match single {
        Single::Number(value) => Some(*value),
        _ => None,
    });
    Rates {
        download: rate("download", default.download),
        load: rate("load", default.load),
        start: span("start", default.start),
        schedule: span("schedule", default.schedule),
        pull: span("pull", default.pull),
        factor: factor.map_or(default.factor, |stated| stated.value),
    }
}

fn waiver(value: &Value) -> Option<Waiver> {
    let rule = text(value, "rule")?;
    Some(Waiver {
        location: rule.location.clone(),
        rule,
        object: text(value, "object"),
        environment: text(value, "environment"),
        reason: text(value, "reason").map(|reason| reason.value.trim().to_owned()).unwrap_or_default(),
        owner: text(value, "owner").map(|owner| owner.value),
        ticket: text(value, "ticket"),
        folder: None,
        until: stated(value, "until", |single| match single {
            Single::Date(date) => Some(*date),
            _ => None,
        }),
        lines: None,
    })
}

fn repository(value: &Value) -> Option<RepositoryConfig> {
    Some(RepositoryConfig { url: text(value, "url")?, path: text(value, "path")? })
}

/// The single value of a key, as what `take` makes of it.
fn stated<T>(value: &Value, key: &str, take: impl Fn(&Single) -> Option<T>) -> Option<Stated<T>> {
    let value = value.get(key)?;
    Some(Stated { value: take(value.single()?)?, location: value.location.clone() })
}

fn text(value: &Value, key: &str) -> Option<Stated<String>> {
    stated(value, key, text_of)
}

fn boolean(value: &Value, key: &str) -> Option<Stated<bool>> {
    stated(value, key, |single| match single {
        Single::Bool(value) => Some(*value),
        _ => None,
    })
}

fn duration(value: &Value, key: &str) -> Option<Stated<Duration>> {
    stated(value, key, |single| match single {
        Single::Duration(duration) => Some(*duration),
        _ => None,
    })
}

fn bytes(value: &Value, key: &str) -> Option<Stated<u64>> {
    stated(value, key, |single| match single {
        Single::Bytes(bytes) => Some(*bytes),
        _ => None,
    })
}

/// The paths of an entry of `paths`; its rules are read apart.
pub(super) fn path_rules(value: &Value) -> PathRules {
    let globs = texts(Some(value), "path");
    let matchers = globs.iter().filter_map(|glob| globset::Glob::new(&glob.value).ok());
    PathRules {
        matchers: matchers.map(|glob| glob.compile_matcher()).collect(),
        globs,
        rules: BTreeMap::new(),
    }
}

/// The texts of a list, or of a single text.
pub(super) fn texts(value: Option<&Value>, key: &str) -> Vec<Stated<String>> {
    let items = value.and_then(|value| value.get(key)).map_or(&[][..], Value::items);
    let stated =
        |item: &Value| Some(Stated { value: text_of(item.single()?)?, location: item.location.clone() });
    items.iter().filter_map(stated).collect()
}

fn text_of(single: &Single) -> Option<String> {
    match single {
        Single::Text(text) => Some(text.clone()),
        _ => None,
    }
}
