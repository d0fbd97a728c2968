//! Which release of KServe takes which scheme (§1.3, §1.7 of the domain facts).

use super::*;
use crate::fleet::reference::{
    Consumer, Release, Scheme, SchemePattern, Support, Unsupported, scheme_support,
};

#[test]
fn the_list_of_an_inference_service_grows() {
    let first_accepted = [
        (Scheme::Gs, 11),
        (Scheme::S3, 11),
        (Scheme::Pvc, 11),
        (Scheme::File, 11),
        (Scheme::Https, 11),
        (Scheme::Http, 11),
        (Scheme::Hdfs, 11),
        (Scheme::WebHdfs, 11),
        (Scheme::LocalPath, 11),
        (Scheme::Storage, 11),
        (Scheme::Hf, 15),
        (Scheme::Oci, 16),
        (Scheme::OciNative, 20),
        (Scheme::OciFetch, 21),
        (Scheme::ModelScope, 21),
    ];
    for (scheme, first) in first_accepted {
        for minor in Release::FIRST.0..=Release::LAST.0 + 1 {
            let support = scheme_support(scheme, Release(minor), Consumer::InferenceService);
            let accepted = support == Support::Accepted;
            assert_eq!(accepted, minor >= first, "{scheme:?} in 0.{minor}: {support:?}");
        }
    }
    let oci = |minor| scheme_support(Scheme::Oci, Release(minor), Consumer::InferenceService);
    assert_eq!(oci(11), Support::Rejected);
    assert!((12..=15).all(|minor| oci(minor) == Support::OffByDefault));
}

#[test]
fn no_release_takes_mlflow_or_an_unknown_scheme() {
    for minor in Release::FIRST.0..=Release::LAST.0 + 1 {
        let of = |scheme| scheme_support(scheme, Release(minor), Consumer::InferenceService);
        assert_eq!(of(Scheme::MlflowModels), Support::TakenForLocalPath);
        assert_eq!(of(Scheme::MlflowRuns), Support::TakenForLocalPath);
        assert_eq!(of(Scheme::MlflowArtifacts), Support::TakenForLocalPath);
        assert_eq!(of(Scheme::Dbfs), Support::TakenForLocalPath);
        assert_eq!(of(Scheme::Custom), Support::Rejected);
    }
}

#[test]
fn an_llm_inference_service_has_a_shorter_list() {
    let of = |scheme, minor| scheme_support(scheme, Release(minor), Consumer::LlmInferenceService);
    assert_eq!(of(Scheme::S3, 15), Support::NoSuchKind);
    for scheme in [Scheme::S3, Scheme::Hf, Scheme::Oci, Scheme::Pvc] {
        assert_eq!(of(scheme, 16), Support::Accepted, "{scheme:?}");
    }
    for scheme in [Scheme::Gs, Scheme::Https, Scheme::File, Scheme::LocalPath, Scheme::ModelScope] {
        assert_eq!(of(scheme, 20), Support::Rejected, "{scheme:?}");
    }
    assert_eq!(of(Scheme::OciNative, 19), Support::Rejected);
    assert_eq!(of(Scheme::OciNative, 20), Support::Accepted);
}

#[test]
fn releases_are_read_in_every_spelling() {
    for text in ["0.17", "v0.17", "0.17.1", "v0.17.0-rc1", " 0.17 "] {
        assert_eq!(Release::parse(text), Some(Release(17)), "{text}");
    }
    for text in ["", "1.2", "17", "0.", "0.x", "0.999"] {
        assert_eq!(Release::parse(text), None, "{text}");
    }
}

#[test]
fn what_no_release_fetches() {
    let local = Some(Unsupported::TakenForLocalPath);
    let unknown = Some(Unsupported::UnknownScheme);
    for (text, why) in [
        ("s3://b/fraud/v47/", None),
        ("/mnt/models", None),
        ("models/fraud", None),
        ("models:/fraud/47", local),
        ("runs:/x/model", local),
        ("mlflow-artifacts:/3/x", local),
        ("dbfs:/models/fraud", local),
        ("s3:/b/fraud/v47/", local),
        ("models://llama/Production", unknown),
        ("dbfs://models/fraud", unknown),
        ("ntnx://fraud/v47", unknown),
        ("S3://b/fraud/v47/", unknown),
        ("hf://model", Some(Unsupported::HubForm)),
        ("hf://o/m/", Some(Unsupported::HubForm)),
        ("hf://o/m/sub:v1", Some(Unsupported::HubForm)),
        ("https://a.blob.core.windows.net/c/fraud", None),
        ("https://a.blob.core.windows.net/", Some(Unsupported::AzureForm)),
        ("http://a.blob.core.windows.net/c/fraud", Some(Unsupported::AzureForm)),
    ] {
        assert_eq!(plain(text).unsupported_by_kserve, why, "{text}");
    }
}

#[test]
fn a_storage_container_may_claim_a_scheme() {
    let claims = [
        SchemePattern::Prefix("ntnx://".to_owned()),
        SchemePattern::Regex(regex::Regex::new("models:/(.+)").unwrap()),
        SchemePattern::Prefix(String::new()),
    ];
    let context = Context { extra_schemes: &claims, ..Context::default() };
    for (text, why) in [
        ("ntnx://fraud/v47", None),
        ("models:/fraud/47", None),
        ("other://fraud/v47", Some(Unsupported::UnknownScheme)),
    ] {
        let reference = ModelReference::parse(text, &context);
        assert_eq!(reference.unsupported_by_kserve, why, "{text}");
    }
}

#[test]
fn an_llm_uri_needs_a_scheme_of_its_list() {
    let context = form(Form::LlmModelUri);
    for (text, supported) in [
        ("hf://Qwen/Qwen3-4B", true),
        ("s3://b/llm/v1/", true),
        ("gs://b/llm/v1/", false),
        ("Qwen/Qwen3-4B", false),
        ("https://h/llm.gguf", false),
    ] {
        let reference = ModelReference::parse(text, &context);
        assert_eq!(reference.unsupported_by_kserve.is_none(), supported, "{text}");
    }
}
