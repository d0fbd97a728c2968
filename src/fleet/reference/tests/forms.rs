//! Schemes with a grammar of their own (§1.4, §7.1, §7.2 of the domain facts) and the fields and
//! arguments a reference may stand in.

use super::*;
use crate::fleet::reference::{Input, Scheme};

const CONVENTION: Proof = Proof::Convention;
const NO_VERSION: Says<'static> = Unknown(UnknownWhy::NoVersion);
const TAG: Says<'static> = Unknown(UnknownWhy::Tag);

fn stage(word: &str) -> Says<'_> {
    Mutable(MutableKind::Stage, word)
}

fn branch(word: &str) -> Says<'_> {
    Mutable(MutableKind::Branch, word)
}

#[test]
fn mlflow_models() {
    let latest = |word| Mutable(MutableKind::Latest, word);
    check(
        &Context::default(),
        &[
            ("models:/fraud/47", Pinned(Proof::Registry, "47")),
            ("models:/fraud/latest", latest("latest")),
            ("models:/fraud/LaTest", latest("LaTest")),
            ("models:/fraud/Production", stage("Production")),
            ("models:/fraud/production", stage("production")),
            ("models:/fraud/STAGING", stage("STAGING")),
            ("models:/fraud/Archived", stage("Archived")),
            ("models:/fraud/None", stage("None")),
            ("models:/fraud/whatever", stage("whatever")),
            ("models:/fraud@champion", Mutable(MutableKind::Alias, "champion")),
            ("models:/main.risk.fraud@Champion", Mutable(MutableKind::Alias, "Champion")),
            ("models:/main.risk.fraud/3", Pinned(Proof::Registry, "3")),
            ("models:/fraud/47/encoder", Pinned(Proof::Registry, "47")),
            ("models:/fraud", NO_VERSION),
            ("MODELS:/fraud/Production", stage("Production")),
            ("models://profile@databricks/fraud/47", Pinned(Proof::Registry, "47")),
            ("models://databricks/fraud/Production", stage("Production")),
            // As found in public repositories.
            ("models:/product-classifier/Production", stage("Production")),
            ("models://llama/Production", stage("Production")),
        ],
    );
}

#[test]
fn mlflow_runs_and_artifacts() {
    let rows = [
        ("runs:/{run}/model", Pinned(Proof::Registry, RUN)),
        ("runs:/{run}", Pinned(Proof::Registry, RUN)),
        ("runs:/fraud/model", NO_VERSION),
        ("mlflow-artifacts:/3/{run}/artifacts/model", Pinned(Proof::Id, RUN)),
        ("mlflow-artifacts://host:5000/3/{run}/artifacts/model", Pinned(Proof::Id, RUN)),
        ("dbfs:/databricks/mlflow-tracking/3/{run}/artifacts/model", Pinned(Proof::Id, RUN)),
        ("dbfs:/models/fraud/production", Mutable(MutableKind::Word, "production")),
    ];
    for (text, says) in rows {
        assert_eq!(said(&plain(&filled(text))), says, "{text}");
    }
}

#[test]
fn hubs() {
    check(
        &Context::default(),
        &[
            ("hf://Qwen/Qwen3-4B:master", branch("master")),
            ("hf://Qwen/Qwen3-4B:dev", branch("dev")),
            ("hf://Qwen/Qwen3-4B:a1b2c3d", TAG),
            ("hf://Qwen/Qwen3-4B:release-candidate-of-forty-characters-xx", TAG),
            ("modelscope://Qwen/Qwen3-4B:v1", TAG),
            ("modelscope://Qwen/Qwen3-4B", Mutable(MutableKind::DefaultBranch, "Qwen3-4B")),
            // Not a revision: it becomes part of the name.
            ("hf://o/m@main", Mutable(MutableKind::DefaultBranch, "m@main")),
        ],
    );
    let reference = plain("hf://o/m@main");
    let ignored = reference.at_revision_ignored.clone().unwrap();
    assert_eq!(reference.piece(&ignored), "main");
}

#[test]
fn images() {
    let tag = |word| Mutable(MutableKind::Tag, word);
    check(
        &Context::default(),
        &[
            ("oci://quay.io/org/fraud:1.2.0", tag("1.2.0")),
            ("oci://localhost:5000/fraud", Mutable(MutableKind::NoTag, "fraud")),
            ("oci://registry:5000/org/fraud", Mutable(MutableKind::NoTag, "org/fraud")),
            ("oci://quay.io/org/fraud:latest", Mutable(MutableKind::Latest, "latest")),
            ("oci://quay.io/org/fraud:production", Mutable(MutableKind::Word, "production")),
            ("oci+native://quay.io/org/fraud:1", tag("1")),
            ("oci+fetch://quay.io/org/fraud:1", tag("1")),
            (
                "oci://quay.io/redhat-ai-services/modelcar-catalog:granite-3.3-8b-instruct",
                tag("granite-3.3-8b-instruct"),
            ),
            ("oci://r/x@sha256:abc", Broken(BrokenWhy::BadDigest, "@sha256:abc")),
            ("oci://", Broken(BrokenWhy::TemplateHole, "//")),
        ],
    );
    let both = filled("oci://quay.io/org/fraud:1.2.0@sha256:{hash}");
    let digest = format!("sha256:{HASH}");
    assert_eq!(said(&plain(&both)), Pinned(Proof::Digest, &digest));
}

#[test]
fn an_image_splits_as_the_container_runtimes_do() {
    let rows = [
        ("oci://quay.io/org/fraud:1", Some("quay.io"), "org/fraud"),
        ("oci://registry:5000/fraud", Some("registry:5000"), "fraud"),
        ("oci://localhost/fraud:1", Some("localhost"), "fraud"),
        ("oci://org/fraud:1", None, "org/fraud"),
        ("oci://fraud:1", None, "fraud"),
    ];
    for (text, registry, repository) in rows {
        let reference = plain(text);
        let authority = reference.authority.clone();
        assert_eq!(authority.map(|range| reference.piece(&range).to_owned()).as_deref(), registry);
        assert_eq!(reference.piece(&reference.path), repository, "{text}");
    }
}

#[test]
fn web() {
    let default = |word| Mutable(MutableKind::DefaultBranch, word);
    let rows = [
        ("https://huggingface.co/o/m/resolve/{commit}/model.bin", Pinned(Proof::Commit, COMMIT)),
        ("https://mirror.example.com/o/m/resolve/{commit}/m.bin", Pinned(Proof::Commit, COMMIT)),
        ("https://huggingface.co/o/m/resolve/main/model.bin", branch("main")),
        ("https://huggingface.co/o/m/resolve/v1.0/model.bin", TAG),
        ("https://raw.githubusercontent.com/o/r/{commit}/m.pt", Pinned(Proof::Commit, COMMIT)),
        ("https://raw.githubusercontent.com/o/r/main/m.pt", branch("main")),
        ("https://raw.githubusercontent.com/o/r/refs/heads/x/m.pt", branch("x")),
        ("https://raw.githubusercontent.com/o/r/refs/tags/v1/m.pt", TAG),
        ("https://github.com/o/r/raw/{commit}/m.pt", Pinned(Proof::Commit, COMMIT)),
        ("https://github.com/o/r/raw/master/m.pt", branch("master")),
        ("https://git.example.com/g/p/-/raw/main/m.pt", branch("main")),
        ("https://github.com/o/r/releases/download/v1.0/m.onnx", Pinned(CONVENTION, "v1.0")),
        ("https://github.com/a/b.git", default("b.git")),
        ("https://github.com/a/b.git/", default("b.git")),
        ("https://github.com/a/b.git?ref=v1", default("b.git")),
        ("https://github.com/a/b.git#v1", default("b.git")),
        ("https://github.com/a/b.git@v1", default("b.git@v1")),
        ("https://models.example.com/raw/latest/m.onnx", Mutable(MutableKind::Latest, "latest")),
        ("https://models.example.com/fraud/v47/m.onnx", Pinned(CONVENTION, "v47")),
        ("https://bucket.s3.amazonaws.com/fraud/m.onnx?versionId=abc", Pinned(Proof::Id, "abc")),
        ("https://acct.blob.core.windows.net/prod/fraud/v47", Pinned(CONVENTION, "v47")),
    ];
    for (text, says) in rows {
        let text = filled(text);
        assert_eq!(said(&plain(&text)), says, "{text}");
    }
}

#[test]
fn presigned_links() {
    for (text, shows) in [
        ("https://b.s3.amazonaws.com/v47/m.pt?X-Amz-Date=1&X-Amz-Signature=ab", Some("X-Amz-Signature=ab")),
        ("https://a.blob.core.windows.net/c/m.pt?sp=r&sig=xyz", Some("sig=xyz")),
        ("https://b.s3.amazonaws.com/m.pt?Expires=17&Signature=x", Some("Signature=x")),
        ("https://h/m.pt?design=1", None),
        ("https://h/sig=1/m.pt", None),
    ] {
        let reference = plain(text);
        let range = reference.presigned.clone();
        assert_eq!(range.map(|range| reference.piece(&range).to_owned()).as_deref(), shows, "{text}");
    }
}

#[test]
fn the_tag_of_an_image_with_the_model_in_it_is_its_version() {
    let digest = format!("registry.example.com/fraud@sha256:{}", "0a".repeat(32));
    let hex = digest.split('@').nth(1).unwrap().to_owned();
    check(
        &form(Form::Image),
        &[
            ("registry.example.com/fraud:v47", Pinned(CONVENTION, "v47")),
            ("localhost:5000/fraud:2.4.1", Pinned(CONVENTION, "2.4.1")),
            ("fraud:3f2a1b9", Pinned(CONVENTION, "3f2a1b9")),
            (&digest, Pinned(Proof::Digest, &hex)),
            ("registry.example.com/fraud:latest", Mutable(MutableKind::Latest, "latest")),
            ("registry.example.com/fraud:main", Mutable(MutableKind::Word, "main")),
            ("registry.example.com:5000/fraud", Mutable(MutableKind::NoTag, "fraud")),
        ],
    );
    let of = |text| ModelReference::parse(text, &form(Form::Image));
    assert_eq!(of("registry.example.com/fraud:v47").version_token(), Some("47"));
    assert!(of("a.example.com/fraud:v47").same_artifact_any_version(&of("a.example.com/fraud:v48")));
    assert!(!of("a.example.com/fraud:v47").same_artifact_any_version(&of("a.example.com/churn:v47")));
}

#[test]
fn a_storage_path_has_no_bucket() {
    let path = form(Form::StoragePath { scheme: None });
    check(
        &path,
        &[
            ("fraud/v47/", Pinned(CONVENTION, "v47")),
            ("/fraud/v47/", Pinned(CONVENTION, "v47")),
            ("production", Mutable(MutableKind::Word, "production")),
            ("fraud", NO_VERSION),
            ("fraud/v", Broken(BrokenWhy::EmptyVersion, "v")),
        ],
    );
    let of = |scheme| ModelReference::parse("fraud/v47", &form(Form::StoragePath { scheme }));
    assert!(of(Some(Scheme::S3)).prefix_ambiguous);
    assert!(!of(Some(Scheme::Gs)).prefix_ambiguous);
    assert!(!of(None).prefix_ambiguous, "only the Secret knows the scheme");
    assert_eq!(of(Some(Scheme::S3)).s3_key(), None, "its bucket is not known");
    assert_eq!(of(None).unsupported_by_kserve, None);
}

#[test]
fn a_model_id_is_pinned_by_its_revision() {
    let id = |revision| ModelReference::parse("Qwen/Qwen3-4B", &form(Form::ModelId { revision }));
    let rows = [
        (None, Mutable(MutableKind::DefaultBranch, "Qwen3-4B"), Input::Reference),
        (Some(COMMIT), Pinned(Proof::Commit, COMMIT), Input::Revision),
        (Some("main"), branch("main"), Input::Revision),
        (Some("v1.0"), TAG, Input::Revision),
        (Some(""), Broken(BrokenWhy::EmptyVersion, ""), Input::Revision),
        (Some("$(REV)"), Unknown(UnknownWhy::Unrendered), Input::Revision),
    ];
    for (revision, says, input) in rows {
        let reference = id(revision);
        assert_eq!(said(&reference), says, "{revision:?}");
        assert_eq!(reference.class_input, input, "{revision:?}");
        assert_eq!(reference.scheme, Scheme::Hf);
        assert_eq!(reference.unsupported_by_kserve, None);
    }
    let local = ModelReference::parse("/mnt/models", &form(Form::ModelId { revision: None }));
    assert_eq!(said(&local), Unknown(UnknownWhy::Medium));
    let single = ModelReference::parse("gpt2", &form(Form::ModelId { revision: None }));
    assert_eq!(said(&single), Mutable(MutableKind::DefaultBranch, "gpt2"));
}

#[test]
fn custom_schemes() {
    check(
        &Context::default(),
        &[
            ("ntnx://fraud/abc", Unknown(UnknownWhy::CustomScheme)),
            ("ntnx://fraud/v47", Pinned(CONVENTION, "v47")),
            ("model-registry://fraud/production", Mutable(MutableKind::Word, "production")),
        ],
    );
}
