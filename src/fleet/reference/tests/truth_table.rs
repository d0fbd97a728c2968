//! The truth table at the end of §7.3 of the domain facts, row by row.

use super::*;
use crate::fleet::reference::Unsupported;

const CONVENTION: Proof = Proof::Convention;
const LOW: Proof = Proof::ConventionWeak;

/// Reference, class, and whether its prefix takes siblings too.
fn table(rows: &[(&str, Says<'_>, bool)]) {
    let texts: Vec<(String, Says<'_>)> = rows.iter().map(|(text, says, _)| (filled(text), *says)).collect();
    let classes: Vec<(&str, Says<'_>)> = texts.iter().map(|(text, says)| (text.as_str(), *says)).collect();
    check(&Context::default(), &classes);
    for (text, _, ambiguous) in rows {
        assert_eq!(plain(&filled(text)).prefix_ambiguous, *ambiguous, "{text}");
    }
}

#[test]
fn a_version_at_the_end_pins_and_an_open_end_is_ambiguous() {
    table(&[
        ("s3://ml-models-prod/fraud-detector/v47", Pinned(CONVENTION, "v47"), true),
        ("s3://ml-models-prod/fraud-detector/v47/", Pinned(CONVENTION, "v47"), false),
        ("s3://ml-models-prod/fraud-detector/v47/model.pkl", Pinned(CONVENTION, "v47"), false),
        ("s3://b/prod/fraud/v47/", Pinned(CONVENTION, "v47"), false),
        ("s3://b/fraud/v2.5.0-rc1/", Pinned(CONVENTION, "v2.5.0-rc1"), false),
        ("s3://models/my-model/1.2.0", Pinned(CONVENTION, "1.2.0"), true),
    ]);
}

#[test]
fn the_last_word_moves() {
    table(&[
        ("s3://b/fraud/v47/latest/", Mutable(MutableKind::Latest, "latest"), false),
        ("s3://b/fraud/production/", Mutable(MutableKind::Word, "production"), false),
        ("s3://model-registry/credit-risk/challenger", Mutable(MutableKind::Word, "challenger"), true),
    ]);
}

#[test]
fn the_version_of_a_framework_is_not_the_models() {
    table(&[
        ("gs://kfserving-examples/models/sklearn/1.0/model", Unknown(UnknownWhy::NoVersion), false),
        ("gs://kfserving-samples/models/tensorflow/flowers", Unknown(UnknownWhy::NoVersion), false),
        ("s3://models/sklearn", Unknown(UnknownWhy::NoVersion), true),
    ]);
}

#[test]
fn an_id_pins_wherever_it_stands() {
    let logged = format!("m-{RUN}");
    table(&[
        ("s3://mlflow/3/{run}/artifacts/model", Pinned(Proof::Id, RUN), true),
        ("s3://mlflow/3/models/m-{run}/artifacts/", Pinned(Proof::Id, &logged), false),
    ]);
}

#[test]
fn dates_epochs_and_keys_pin_by_convention() {
    table(&[
        ("s3://b/fraud/20240501T120000Z/", Pinned(CONVENTION, "20240501T120000Z"), false),
        ("s3://b/fraud/2024-05-01/", Pinned(CONVENTION, "2024-05-01"), false),
        ("s3://b/fraud/1714550400/", Pinned(CONVENTION, "1714550400"), false),
        ("s3://b/fraud/version=12/", Pinned(CONVENTION, "12"), false),
    ]);
}

#[test]
fn what_may_be_a_version_pins_weakly() {
    table(&[
        ("s3://b/fraud/47/", Pinned(LOW, "47"), false),
        ("s3://b/fraud-v47/", Pinned(LOW, "v47"), false),
        ("s3://b/fraud/a1b2c3d/", Pinned(LOW, "a1b2c3d"), false),
        ("s3://b/yolov8/1/", Pinned(LOW, "1"), false),
        ("s3://b/whisper-large-v3/", Pinned(LOW, "v3"), false),
        ("s3://b/bge-large-en-v1.5/", Pinned(LOW, "v1.5"), false),
    ]);
}

#[test]
fn a_name_is_no_version() {
    table(&[
        ("s3://b/resnet50/", Unknown(UnknownWhy::NoVersion), false),
        ("s3://b/llama-3.1-8b/", Unknown(UnknownWhy::NoVersion), false),
        ("s3://b/stable-diffusion-xl/", Unknown(UnknownWhy::NoVersion), false),
    ]);
}

#[test]
fn an_empty_version_is_broken_and_takes_every_version() {
    table(&[("s3://b/fraud/v", Broken(BrokenWhy::EmptyVersion, "v"), true)]);
}

#[test]
fn a_version_id_is_dropped_and_never_pins() {
    let reference = plain("s3://b/fraud/v47/model.pkl?versionId=x");
    assert_eq!(said(&reference), Pinned(CONVENTION, "v47"));
    let ignored = reference.version_id_ignored.clone().unwrap();
    assert_eq!(reference.piece(&ignored), "versionId=x");

    let reference = plain("s3://b/fraud/model.pkl?versionId=x");
    assert_eq!(said(&reference), Unknown(UnknownWhy::NoVersion));
    assert!(reference.version_id_ignored.is_some());
}

#[test]
fn mlflow_references_are_taken_for_local_paths() {
    let logged = format!("m-{RUN}");
    let rows = [
        ("models:/fraud/Production", Mutable(MutableKind::Stage, "Production")),
        ("models:/fraud@champion", Mutable(MutableKind::Alias, "champion")),
        ("models:/fraud/47", Pinned(Proof::Registry, "47")),
        ("models:/m-{run}", Pinned(Proof::Registry, &logged)),
    ];
    for (text, says) in rows {
        let reference = plain(&filled(text));
        assert_eq!(said(&reference), says, "{text}");
        let why = reference.unsupported_by_kserve;
        assert_eq!(why, Some(Unsupported::TakenForLocalPath), "{text}");
    }
}

#[test]
fn a_hub_is_pinned_by_a_commit_only() {
    table(&[
        ("hf://Qwen/Qwen3-4B", Mutable(MutableKind::DefaultBranch, "Qwen3-4B"), false),
        ("hf://Qwen/Qwen3-4B:main", Mutable(MutableKind::Branch, "main"), false),
        ("hf://Qwen/Qwen3-4B:{commit}", Pinned(Proof::Commit, COMMIT), false),
        ("hf://Qwen/Qwen3-4B:v1.0", Unknown(UnknownWhy::Tag), false),
    ]);
}

#[test]
fn an_image_is_pinned_by_a_digest_only() {
    let digest = format!("sha256:{HASH}");
    table(&[
        ("oci://r/x@sha256:{hash}", Pinned(Proof::Digest, &digest), false),
        ("oci://r/x:tag", Mutable(MutableKind::Tag, "tag"), false),
        ("oci://r/x", Mutable(MutableKind::NoTag, "r/x"), false),
    ]);
}

#[test]
fn a_git_repository_is_its_default_branch() {
    table(&[("https://github.com/a/b.git", Mutable(MutableKind::DefaultBranch, "b.git"), false)]);
}
