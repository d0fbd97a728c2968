//! What promotion proofs and prefix collisions ask of a reference (§7.3, §11 I4).

use std::cmp::Ordering;

use super::*;
use crate::fleet::reference::{S3Key, compare_versions, s3_prefix_collides};

#[test]
fn tokens_compare_without_a_leading_v() {
    for (text, token) in [
        ("s3://b/fraud/v47/", Some("47")),
        ("s3://b/fraud/V2.4.1", Some("2.4.1")),
        ("s3://b/fraud-v47/", Some("47")),
        ("s3://b/fraud/version=v12/", Some("12")),
        ("models:/fraud/47", Some("47")),
        ("s3://b/fraud/run-7/", Some("run-7")),
        ("oci://r/x:v1.2.0", Some("1.2.0")),
        ("oci://r/x:latest", None),
        ("oci://r/x:granite-3.3-8b-instruct", None),
        ("hf://o/m:v1.0", Some("1.0")),
        ("hf://o/m:main", None),
        ("models:/fraud/Production", None),
        ("s3://b/fraud/latest/", None),
        ("s3://b/fraud/", None),
    ] {
        assert_eq!(plain(text).version_token(), token, "{text}");
    }
    let digest = plain(&filled("oci://r/x@sha256:{hash}"));
    assert_eq!(digest.version_token(), Some(format!("sha256:{HASH}").as_str()));
}

#[test]
fn an_artifact_is_the_same_in_every_environment() {
    for (text, artifact) in [
        ("s3://ml-models-prod/fraud-detector/v47", "fraud-detector"),
        ("s3://ml-models-staging/fraud-detector/v45/", "fraud-detector"),
        ("s3://b/prod/fraud/v47/", "fraud"),
        ("s3://b/staging/fraud/v47/model.onnx", "fraud/model.onnx"),
        ("s3://b/fraud-prod/v47/", "fraud"),
        ("s3://b/staging_fraud/v47/", "fraud"),
        ("s3://b/fraud-v47/", "fraud"),
        ("s3://b/fraud/fraud_v47.onnx", "fraud/fraud.onnx"),
        ("s3://b/fraud/version=47/", "fraud/version"),
        ("s3://b/fraud/2024/05/01/model.pt", "fraud/model.pt"),
        ("oci://quay.io/org/fraud:1.2.0", "org/fraud"),
        ("hf://Qwen/Qwen3-4B:v1.0", "Qwen/Qwen3-4B"),
        ("models:/fraud/47", "fraud"),
        ("pvc://fraud-v47/", "fraud"),
        ("pvc://claim/fraud/v47", "fraud"),
        ("s3://b/eu1/fraud/v47/", "fraud"),
    ] {
        assert_eq!(plain(text).artifact_path(&["eu1"]), artifact, "{text}");
    }
    assert_eq!(plain("s3://b/eu1/fraud/v47/").artifact_path(&[]), "eu1/fraud");
}

#[test]
fn siblings_differ_in_the_version_only() {
    let same = |a, b| plain(a).same_artifact_any_version(&plain(b));
    assert!(same("s3://b/fraud/v4", "s3://b/fraud/v47/"));
    assert!(same("s3://b/fraud-v4", "s3://b/fraud-v47"));
    assert!(same("pvc://fraud-v4/m", "pvc://fraud-v47/m"));
    assert!(!same("s3://b/fraud/v4", "s3://other/fraud/v47"));
    assert!(!same("s3://b/fraud/v4", "s3://b/risk/v47"));
    assert!(!same("s3://b/fraud/v4", "gs://b/fraud/v4"));
    assert!(!same("s3://b/prod/fraud/v4", "s3://b/dev/fraud/v4"));
    assert!(!same("pvc://a/fraud/v4", "pvc://b/fraud/v4"));
}

#[test]
fn siblings_share_the_key_in_front_of_the_version() {
    let prefix = |text| plain(text).s3_key_prefix().map(|key| key.key.to_owned());
    assert_eq!(prefix("s3://b/fraud/v47/").as_deref(), Some("fraud/"));
    assert_eq!(prefix("s3://b/fraud-v47/model.pkl").as_deref(), Some("fraud-"));
    assert_eq!(prefix("s3://b/v47/"), Some(String::new()));
    assert_eq!(prefix("s3://b/fraud/"), None);
    assert_eq!(prefix("gs://b/fraud/v47/"), None);
}

#[test]
fn a_prefix_collides_with_what_begins_so() {
    let collides = |a, b| {
        let (a, b) = (plain(a), plain(b));
        s3_prefix_collides(&a.s3_key().unwrap(), &b.s3_key().unwrap())
    };
    assert!(collides("s3://b/fraud/v4", "s3://b/fraud/v43"));
    assert!(collides("s3://b/fraud/v4", "s3://b/fraud/v43/"));
    assert!(collides("s3://b/fraud/v47", "s3://b/fraud/v47-rc1"));
    assert!(collides("s3://b/fraud/v", "s3://b/fraud/v47"));
    assert!(collides("s3://b/fraud/v2.4.1", "s3://b/fraud/v2.4.10/model.pkl"));
    assert!(!collides("s3://b/fraud/v4/", "s3://b/fraud/v43"));
    assert!(!collides("s3://b/fraud/v4", "s3://b/fraud/v4"));
    assert!(!collides("s3://b/fraud/v4", "s3://b/fraud/v4/model.pkl"));
    assert!(!collides("s3://b/fraud/v43", "s3://b/fraud/v4"));
    assert!(!collides("s3://a/fraud/v4", "s3://b/fraud/v43"));
    assert!(!collides("s3://b/fraud/model.pkl", "s3://b/fraud/model.pkl.bak"));
    let empty = S3Key { bucket: "b", key: "" };
    assert!(!s3_prefix_collides(&empty, &S3Key { bucket: "b", key: "x" }));
}

#[test]
fn only_versions_counted_the_same_way_are_ordered() {
    let ascending = [
        ("v9", "v10"),
        ("47", "v48"),
        ("2.4.1", "2.4.10"),
        ("v2.4", "v2.4.1"),
        ("2.5.0-rc1", "2.5.0"),
        ("2.5.0-rc9", "2.5.0-rc10"),
        ("2.5.0-alpha", "2.5.0-beta"),
        ("20240501", "20240601"),
        ("2024-05-01T12:00:00Z", "2024-05-02T00:00:00Z"),
        ("1714550400", "1714550401"),
        ("run-9", "run-10"),
        ("99999999999999999999998", "99999999999999999999999"),
    ];
    for (older, newer) in ascending {
        assert_eq!(compare_versions(older, newer), Some(Ordering::Less), "{older} {newer}");
        assert_eq!(compare_versions(newer, older), Some(Ordering::Greater), "{older} {newer}");
    }
    assert_eq!(compare_versions("v47", "047"), Some(Ordering::Equal));
    assert_eq!(compare_versions("v2.0", "2.0.0"), Some(Ordering::Equal));
    for (a, b) in [
        ("47", "2.4.1"),
        ("a1b2c3d", "b1b2c3d"),
        ("20240501", "2024-05-02"),
        ("20240501", "47"),
        ("run-7", "build-8"),
        ("v47-int8", "v48"),
        ("", "1"),
        (COMMIT, COMMIT),
    ] {
        assert_eq!(compare_versions(a, b), None, "{a} {b}");
    }
}
