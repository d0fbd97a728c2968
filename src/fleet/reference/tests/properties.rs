//! What holds for every string.

use std::ops::Range;

use proptest::prelude::*;

use super::*;
use crate::fleet::reference::{Scheme, compare_versions};

/// Pieces that references are made of, and what hides between them.
fn reference() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "s3://",
        "gs://",
        "hf://",
        "oci://",
        "pvc://",
        "https://",
        "models:/",
        "runs:/",
        "file://",
        "dbfs:/",
        "x://",
        "/",
        "//",
        ":",
        "@",
        "#",
        "?",
        "=",
        "&",
        "-",
        "_",
        ".",
        "v",
        "v47",
        "47",
        "2.4.1",
        "latest",
        "production",
        "model",
        "sklearn",
        "fraud",
        "1e+07",
        "null",
        "{{",
        "}}",
        "$",
        "<no value>",
        "%!s(",
        "versionId=",
        "sha256:",
        ".git",
        "raw",
        "resolve",
        "refs",
        ".onnx",
        ".tar.gz",
        "é",
        "模型",
        "\u{202e}",
        "\0",
        " ",
        "\n",
        "2024-05-01",
        "2024/05/01",
        "github.com",
        "blob.core.windows.net",
        "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    ]);
    prop_oneof![prop::collection::vec(pieces, 0..14).prop_map(|pieces| pieces.concat()), any::<String>(),]
}

fn context() -> impl Strategy<Value = Context<'static>> {
    let forms = prop::sample::select(vec![
        Form::StorageUri,
        Form::StoragePath { scheme: None },
        Form::StoragePath { scheme: Some(Scheme::S3) },
        Form::ModelId { revision: None },
        Form::ModelId { revision: Some("é-main") },
        Form::ModelId { revision: Some("") },
        Form::CustomContainer,
        Form::LlmModelUri,
        Form::Image,
    ]);
    (forms, any::<bool>()).prop_map(|(form, numeric_leaf)| Context {
        form,
        numeric_leaf,
        ..Context::default()
    })
}

fn assert_inside(text: &str, range: &Range<usize>) {
    assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_range_lies_on_characters_of_its_input(text in reference(), context in context()) {
        let found = ModelReference::parse(&text, &context);
        prop_assert_eq!(found.text(), &text);
        let optional = [
            &found.authority,
            &found.version_id_ignored,
            &found.fragment_ignored,
            &found.at_revision_ignored,
            &found.presigned,
        ];
        for range in optional.into_iter().flatten() {
            assert_inside(&text, range);
        }
        assert_inside(&text, &found.path);
        assert_inside(&text, &found.scheme_name);
        let input = match (found.class_input, context.form) {
            (crate::fleet::reference::Input::Revision, Form::ModelId { revision }) => {
                revision.unwrap()
            }
            _ => &text,
        };
        assert_inside(input, &found.class.range());
        prop_assert!(found.version_token().is_none_or(|token| input.contains(token)));
        let prefix = found.s3_key_prefix();
        prop_assert!(prefix.is_none_or(|prefix| text.contains(prefix.key)));
        prop_assert!(found.artifact_path(&["eu"]).len() <= text.len());
        prop_assert!(found.same_artifact_any_version(&found));
    }

    #[test]
    fn the_bucket_never_contributes(
        rest in "[a-z0-9/._=-]{0,40}",
        bucket in prop::sample::select(vec![
            "production", "latest", "v47", "models-prod", "2.4.1", "fraud-v3", "a1b2c3d", "dev",
        ]),
        scheme in prop::sample::select(vec!["s3", "gs", "hdfs", "https"]),
    ) {
        let of = |bucket: &str| plain(&format!("{scheme}://{bucket}/{rest}"));
        let (a, b) = (of("x"), of(bucket));
        let shift = bucket.len() - 1;
        prop_assert_eq!(a.class_text(), b.class_text());
        prop_assert_eq!(
            std::mem::discriminant(&a.class),
            std::mem::discriminant(&b.class)
        );
        prop_assert_eq!(a.class.range().end + shift, b.class.range().end);
        prop_assert_eq!(a.prefix_ambiguous, b.prefix_ambiguous);
        prop_assert_eq!(a.artifact_path(&[]), b.artifact_path(&[]));
    }

    #[test]
    fn an_order_is_the_same_from_both_sides(a in "v?[0-9.]{0,6}(-rc[0-9])?", b in "v?[0-9.]{0,6}(-rc[0-9])?") {
        prop_assert_eq!(
            compare_versions(&a, &b),
            compare_versions(&b, &a).map(std::cmp::Ordering::reverse)
        );
    }
}

/// Shapes that make a careless scanner quadratic: with one that is, this test takes minutes.
#[test]
fn a_megabyte_is_read() {
    let length = |scheme: &str| {
        if scheme == "s3://b/" { 1 << 20 } else { 1 << 17 }
    };
    for unit in [
        "/",
        "-",
        "v1-",
        "1e+11",
        "-1e+11",
        "{{",
        "${",
        "$a",
        "__",
        "@A",
        "<",
        "%!",
        "a/",
        "é",
        "e",
        "1",
        "s3://",
        "?a&",
        "#",
        "raw/",
        ".tar.gz",
        "2024/05/01/",
        "map",
        "x=",
    ] {
        for scheme in ["s3://b/", "https://github.com/", "oci://", "hf://", "models:/", ""] {
            let text = format!("{scheme}{}", unit.repeat(length(scheme) / unit.len()));
            let found = plain(&text);
            assert_inside(&text, &found.class.range());
            assert!(found.artifact_path(&[]).len() <= text.len());
        }
    }
}
