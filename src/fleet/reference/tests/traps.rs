//! What looks wrong and is right, and the other way round: §7.2 and §7.3 beside the truth table,
//! §11 I1 of the domain facts.

use super::*;

const CONVENTION: Proof = Proof::Convention;
const LOW: Proof = Proof::ConventionWeak;
const NO_VERSION: Says<'static> = Unknown(UnknownWhy::NoVersion);
const EMPTY: BrokenWhy = BrokenWhy::EmptyVersion;

fn word(word: &str) -> Says<'_> {
    Mutable(MutableKind::Word, word)
}

#[test]
fn a_bucket_or_host_says_nothing() {
    check(
        &Context::default(),
        &[
            ("s3://production/fraud/v47/", Pinned(CONVENTION, "v47")),
            ("s3://models-v3/fraud/", NO_VERSION),
            ("s3://latest", NO_VERSION),
            ("s3://latest/", NO_VERSION),
            ("gs://staging/fraud", NO_VERSION),
            ("https://latest/fraud/model.onnx", NO_VERSION),
            ("https://acct.blob.core.windows.net/production/fraud/", NO_VERSION),
            ("https://s3.eu-west-1.amazonaws.com/production/fraud/", NO_VERSION),
            ("https://storage.googleapis.com/prod/fraud/v47/m.pt", Pinned(CONVENTION, "v47")),
            ("hdfs://nn:8020/prod/fraud/v47", Pinned(CONVENTION, "v47")),
        ],
    );
}

#[test]
fn environments_and_names_left_of_a_version_are_folders() {
    check(
        &Context::default(),
        &[
            ("s3://b/production/fraud/v47", Pinned(CONVENTION, "v47")),
            ("s3://b/prod/fraud-v47/", Pinned(LOW, "v47")),
            ("s3://b/prod/fraud/47/", Pinned(LOW, "47")),
            ("s3://b/prod/fraud/", NO_VERSION),
            ("s3://b/stable/diffusion-xl/", NO_VERSION),
            ("s3://b/v47/fraud/", Pinned(CONVENTION, "v47")),
        ],
    );
}

#[test]
fn pointers_move_wherever_they_stand_right_of_a_version() {
    let latest = Mutable(MutableKind::Latest, "latest");
    check(
        &Context::default(),
        &[
            ("s3://b/fraud/latest/encoder/", latest),
            ("s3://b/fraud/latest/1/", latest),
            ("s3://b/latest/fraud/v47/", Pinned(CONVENTION, "v47")),
            ("s3://b/latest/fraud-v47/", Pinned(LOW, "v47")),
            ("s3://b/fraud/LATEST/", Mutable(MutableKind::Latest, "LATEST")),
            ("s3://b/fraud/latest/model.onnx", latest),
            ("s3://b/fraud/latest/onnx/model/", latest),
            ("s3://b/fraud-latest/", latest),
            ("s3://b/fraud/v2-latest/", latest),
            ("s3://b/fraud/model-latest.tar.gz", latest),
            ("s3://b/fraud/version=latest/", latest),
            ("s3://b/fraud/stage=Production/", word("Production")),
            ("s3://b/fraud/v47/latest.pt", Pinned(CONVENTION, "v47")),
            ("s3://b/fraud/latest.onnx", latest),
        ],
    );
}

#[test]
fn every_word_of_the_list_moves_as_the_last_one() {
    let words = "latest current live active stable newest recent head tip main master trunk default \
                 prod production prd stage staging stg dev develop development test qa uat preprod \
                 champion challenger candidate canary best final release rc nightly edge beta alpha \
                 archived none shadow baseline previous prev rollback blue green tmp temp";
    for name in words.split_whitespace() {
        for text in [
            format!("s3://b/fraud/{name}/"),
            format!("s3://b/fraud/{}", name.to_uppercase()),
            format!("pvc://claim/fraud/{name}/model.pkl"),
        ] {
            let class = plain(&text).class;
            assert!(matches!(class, Class::Mutable { .. }), "{text}: {class:?}");
        }
    }
}

#[test]
fn only_whole_segments_move() {
    check(
        &Context::default(),
        &[
            ("s3://b/stable-diffusion-xl/", NO_VERSION),
            ("s3://b/best-of-n/", NO_VERSION),
            ("s3://b/final-model-v3/", Pinned(LOW, "v3")),
            ("s3://b/production-fraud/", NO_VERSION),
            ("s3://b/test-time-training/v3/", Pinned(CONVENTION, "v3")),
            ("s3://b/fraud/best.pt", NO_VERSION),
        ],
    );
}

#[test]
fn strong_tokens() {
    let rows = [
        "v47",
        "V47",
        "v2.4.1",
        "v1.2.3.4",
        "v2.5.0-rc1",
        "v47-int8-awq",
        "v47_2",
        "v2.5.0+build7",
        "2.4.1",
        "1.2.3.4",
        "2.4.1-rc.1",
        "1.2.0rc1",
        "1.2.0.dev3",
        "2.4.1+cu121",
        "2.4.1-RC1",
        "version-12",
        "version12",
        "ver_3",
        "rev-9",
        "revision7",
        "build_47",
        "run-7",
        "iter_500",
        "release-47",
        "release-2.4.1",
        "{run}",
        "{commit}",
        "{hash}",
        "sha256-{hash}",
        "sha256:{hash}",
        "sha256={hash}",
        "m-{run}",
        "550e8400-e29b-41d4-a716-446655440000",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "01arz3ndektsv4rrffq69g5fav",
        "20240501",
        "2024-05-01",
        "2024_05_01",
        "2024.05.01",
        "19991231",
        "20240501T120000Z",
        "20240501120000",
        "2024-05-01T12:00:00Z",
        "2024-05-01T12:00:00+02:00",
        "2024-05-01T12:00:00-05:00",
        "2024-05-01T12:00:00.123Z",
        "20240501-120000",
        "20240501_1200",
        "2024-05-01-12",
        "1714550400",
        "1714550400123",
    ];
    for row in rows.map(filled) {
        let text = format!("s3://b/fraud/{row}/");
        let reference = plain(&text);
        let strong = matches!(
            said(&reference),
            Pinned(Proof::Convention | Proof::Id, token) if token == row
        );
        assert!(strong, "{text}: {:?}", reference.class);
    }
}

#[test]
fn keys_name_the_version_in_their_value() {
    check(
        &Context::default(),
        &[
            ("s3://b/fraud/version=champion-ish/", Pinned(CONVENTION, "champion-ish")),
            ("s3://b/fraud/run_id=abc/", Pinned(CONVENTION, "abc")),
            ("s3://b/fraud/dt=2024-05-01/", Pinned(CONVENTION, "2024-05-01")),
            ("s3://b/fraud/year=2024/month=05/day=01/", Pinned(LOW, "01")),
            ("s3://b/fraud/env=prod/", NO_VERSION),
            ("s3://b/fraud/2024/05/01/", Pinned(CONVENTION, "2024/05/01")),
            ("s3://b/fraud/2024/13/01/", Pinned(LOW, "01")),
        ],
    );
}

#[test]
fn weak_tokens() {
    let rows = [
        ("47", "47"),
        ("000001", "000001"),
        ("1.0", "1.0"),
        ("23.08", "23.08"),
        ("1.0-rc1", "1.0-rc1"),
        ("a1b2c3d", "a1b2c3d"),
        ("2024-05", "2024-05"),
        ("2024-W18", "2024-W18"),
        ("checkpoint-500", "checkpoint-500"),
        ("fraud-v47", "v47"),
        ("fraud_v2.4.1", "v2.4.1"),
        ("fraud-v2-4-1", "v2-4-1"),
        ("fraud@v47", "v47"),
        ("fraud-v2.5.0-rc1", "v2.5.0-rc1"),
        ("fraud-2.4.1", "2.4.1"),
        ("name_20240501", "20240501"),
        ("name-2024-05-01", "2024-05-01"),
        ("fraud-2024-05-01-12-00-00-123", "2024-05-01-12-00-00-123"),
        ("model-a1b2c3d", "a1b2c3d"),
        ("model-550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
    ];
    for (segment, token) in rows {
        let text = format!("s3://b/models/x/{segment}/");
        assert_eq!(said(&plain(&text)), Pinned(LOW, token), "{text}");
    }
}

#[test]
fn names_are_neither() {
    let rows = [
        "resnet50",
        "yolov8",
        "yolov8n",
        "llama-3.1-8b",
        "stable-diffusion-xl",
        "qwen2.5-0.5b",
        "gpt2",
        "bert-base-uncased",
        "all-MiniLM-L6",
        "phi-3-mini-4k-instruct",
        "mixtral-8x7b",
        "fraud-decades",
        "fraud-defaced",
        "minicpm-v",
        "t5",
        "e5-large",
        "release-notes",
        "vit-base",
        "version",
        "internationalization-model",
    ];
    for row in rows {
        let text = format!("s3://b/{row}/");
        assert_eq!(said(&plain(&text)), NO_VERSION, "{text}");
    }
}

#[test]
fn a_framework_or_a_dataset_claims_the_version_below_it() {
    check(
        &Context::default(),
        &[
            ("s3://b/sklearn/1.0/", NO_VERSION),
            ("s3://b/fraud/sklearn/1.0/", NO_VERSION),
            ("s3://b/fraud/pytorch/2.4.1/", NO_VERSION),
            ("s3://b/models/sklearn/v1/", NO_VERSION),
            ("s3://b/fraud/dataset/v3/model/", NO_VERSION),
            ("s3://b/fraud/v47/data/v3/", Pinned(CONVENTION, "v47")),
            // The format of a model that is named further left.
            ("s3://b/fraud/onnx/v3/", Pinned(LOW, "v3")),
            ("s3://b/fraud/onnx/47/", Pinned(LOW, "47")),
            ("s3://b/sklearn/version=3/", Pinned(CONVENTION, "3")),
            ("s3://b/sklearn/2024-05-01/", Pinned(CONVENTION, "2024-05-01")),
        ],
    );
}

#[test]
fn triton_and_tensorflow_number_folders_inside_a_model() {
    let triton = Context { numeric_leaf: true, ..Context::default() };
    check(
        &triton,
        &[
            ("s3://b/fraud/latest/1/", Mutable(MutableKind::Latest, "latest")),
            ("s3://b/fraud/production/1/model.onnx", word("production")),
            ("s3://b/fraud/v47/1/", Pinned(CONVENTION, "v47")),
            ("s3://b/yolov8/1/", NO_VERSION),
            ("s3://b/fraud/1714550400/", Pinned(CONVENTION, "1714550400")),
        ],
    );
}

#[test]
fn a_file_may_carry_the_version_in_its_name() {
    check(
        &Context::default(),
        &[
            ("s3://b/fraud/v47.onnx", Pinned(CONVENTION, "v47")),
            ("s3://b/fraud/2.4.1.tar.gz", Pinned(CONVENTION, "2.4.1")),
            ("s3://b/fraud/fraud_v47.onnx", Pinned(LOW, "v47")),
            ("s3://b/fraud/model-20240501.tar.gz", Pinned(LOW, "20240501")),
            ("s3://b/fraud/v47/fraud_v3.onnx", Pinned(CONVENTION, "v47")),
            ("s3://b/production/fraud_v47.onnx", Pinned(LOW, "v47")),
            ("s3://b/fraud/production/model.pkl", word("production")),
            ("s3://b/fraud/pytorch_model-00001-of-00002.bin", NO_VERSION),
            ("s3://b/fraud/model.tar.gz", NO_VERSION),
        ],
    );
}

#[test]
fn a_version_with_dots_has_no_extension() {
    for (text, ambiguous) in [
        ("s3://b/fraud/v2.4.1", true),
        ("s3://b/fraud/1.2.0", true),
        ("s3://b/fraud/model.onnx", false),
        ("s3://b/fraud/model.tar.gz", false),
        ("s3://b/fraud/v47/?versionId=1", false),
        ("s3://b/fraud/v47?versionId=1", true),
        ("s3://b/", false),
        ("gs://b/fraud/v47", false),
        ("hf://o/m", false),
        ("pvc://c/fraud/v47", false),
        ("s3://b/fraud/{{ .Values.version }}", false),
    ] {
        assert_eq!(plain(text).prefix_ambiguous, ambiguous, "{text}");
    }
}

#[test]
fn coerced_numbers() {
    let number = |bytes| Broken(BrokenWhy::CoercedNumber, bytes);
    check(
        &Context::default(),
        &[
            ("s3://b/fraud/v2.0240101e+07", number("2.0240101e+07")),
            ("s3://b/fraud/2.0240101e+07/", number("2.0240101e+07")),
            ("s3://b/2e+06/fraud/v47/", number("2e+06")),
            ("s3://b/fraud-2.0240101e+07/", number("2.0240101e+07")),
            ("s3://b/fraud-v1.2e+21/", number("1.2e+21")),
            ("s3://b/fraud/1.234567e+14.onnx", number("1.234567e+14")),
            ("oci://r/x:2.0240101e+07", number("2.0240101e+07")),
            ("hf://o/m:1.234567e+14", number("1.234567e+14")),
            ("models:/fraud/1e+06", number("1e+06")),
            // Learning rates, and what only looks like an exponent.
            ("s3://b/fraud-lr-1e-04/v3/", Pinned(CONVENTION, "v3")),
            ("s3://b/fraud/3e-05/", NO_VERSION),
            ("s3://b/size1e+06x/v3/", Pinned(CONVENTION, "v3")),
            ("s3://b/fraud/v1e-05/", number("1e-05")),
        ],
    );
}

#[test]
fn empty_versions() {
    check(
        &Context::default(),
        &[
            ("s3://b/fraud/v", Broken(EMPTY, "v")),
            ("s3://b/fraud/v/", Broken(EMPTY, "v")),
            ("s3://b/fraud/V/", Broken(EMPTY, "V")),
            ("s3://b/fraud/v/model.joblib", Broken(EMPTY, "v")),
            ("s3://b/fraud//model.joblib", Broken(EMPTY, "//")),
            ("s3://b/fraud//", Broken(EMPTY, "//")),
            ("s3://b//v47/", Broken(EMPTY, "//")),
            ("s3://b/fraud-", Broken(EMPTY, "-")),
            ("s3://b/fraud-/", Broken(EMPTY, "-")),
            ("s3://b/fraud:", Broken(EMPTY, ":")),
            ("s3://b/fraud@", Broken(EMPTY, "@")),
            ("s3://b/fraud/version=/", Broken(EMPTY, "=")),
            ("s3://b/fraud/model-.tar.gz", Broken(EMPTY, "-")),
            ("gs://b/fraud/v/", Broken(EMPTY, "v")),
            ("pvc://claim/fraud/v", Broken(EMPTY, "v")),
            ("hf://o/m:", Broken(EMPTY, ":")),
            ("oci://r/x:", Broken(EMPTY, ":")),
            ("oci://r/x:v", Broken(EMPTY, "v")),
            ("oci://r/x@", Broken(EMPTY, "@")),
            ("oci://r/x@sha256:", Broken(EMPTY, "@sha256:")),
            ("models:/fraud/", Broken(EMPTY, "/")),
            ("models:/fraud/v", Broken(EMPTY, "v")),
            ("models:/fraud@", Broken(EMPTY, "@")),
            ("models:/", Broken(EMPTY, "/")),
            ("runs:/", Broken(EMPTY, "/")),
            // A slash at the end, and a root, are no holes.
            ("s3://b/fraud/v47/", Pinned(CONVENTION, "v47")),
            ("file:///mnt/models/v47", Pinned(CONVENTION, "v47")),
            ("hdfs:///user/fraud/v47", Pinned(CONVENTION, "v47")),
            ("/mnt/models/v47", Pinned(CONVENTION, "v47")),
        ],
    );
}

#[test]
fn template_holes() {
    let hole = |bytes| Broken(BrokenWhy::TemplateHole, bytes);
    check(
        &Context::default(),
        &[
            ("s3://b/fraud/<no value>", hole("<no value>")),
            ("s3://b/fraud/v<no value>/", hole("<no value>")),
            ("<no value>", hole("<no value>")),
            ("s3://b/fraud/null", hole("null")),
            ("s3://b/fraud/vnull/", hole("vnull")),
            ("null", hole("null")),
            ("s3://b/fraud/%!s(int=47)", hole("%!s(")),
            ("s3://b/fraud/%!d(string=x)/", hole("%!d(")),
            ("s3://b/fraud/v%!s(<nil>)", hole("%!s(")),
            ("s3://b/map[version:47]/", hole("map[")),
            ("s3:///fraud/v47", hole("//")),
            ("s3://", hole("//")),
            ("s3://null/fraud/v47", hole("//null")),
            ("oci://r/x:null", hole("null")),
            ("hf://o/m:null", hole("null")),
            ("models:/fraud/null", hole("null")),
            ("models:/fraud@null", hole("null")),
            ("s3://b/null-space-projection/v3", Pinned(CONVENTION, "v3")),
        ],
    );
}

#[test]
fn what_is_not_rendered_yet_is_not_judged() {
    let rows = [
        ("s3://b/fraud/{{ .Values.version }}/", "{{ .Values.version }}"),
        ("s3://b/fraud/v{{ .Values.version }}/latest", "{{ .Values.version }}"),
        ("${{ values.storageUri }}", "${{ values.storageUri }"),
        ("s3://${BUCKET}/fraud/latest", "${BUCKET}"),
        ("s3://b/fraud/$(VERSION)", "$(VERSION)"),
        ("s3://b/fraud/$VERSION/x", "$VERSION"),
        ("s3://<BUCKET>/fraud/latest", "<BUCKET>"),
        ("s3://b/fraud/REPLACE_ME", "REPLACE_ME"),
        ("s3://changeme/fraud/latest", "changeme"),
        ("s3://b/{model}/{version}", "{model}"),
        ("s3://b/fraud/@VERSION@/", "@VERSION@"),
        ("s3://b/fraud/__MODEL_VERSION__/", "__MODEL_VERSION__"),
        ("oci://r/x:{{ .tag }}", "{{ .tag }}"),
        ("models:/fraud/{{ .stage }}", "{{ .stage }}"),
    ];
    for (text, placeholder) in rows {
        let reference = plain(text);
        assert_eq!(said(&reference), Unknown(UnknownWhy::Unrendered), "{text}");
        assert_eq!(reference.class_text(), placeholder, "{text}");
        assert_eq!(reference.version_token(), None, "{text}");
        assert_eq!(reference.s3_key(), None, "{text}");
    }
}

#[test]
fn an_empty_string_is_nothing() {
    check(&Context::default(), &[("", Unknown(UnknownWhy::Empty)), ("  ", Unknown(UnknownWhy::Empty))]);
}

#[test]
fn media_that_change_in_place() {
    let medium = Unknown(UnknownWhy::Medium);
    check(
        &Context::default(),
        &[
            ("pvc://claim", medium),
            ("pvc://claim/fraud", medium),
            ("pvc://claim/fraud/v47", Pinned(CONVENTION, "v47")),
            ("pvc://claim/fraud/latest", Mutable(MutableKind::Latest, "latest")),
            ("pvc://fraud-v47/", Pinned(LOW, "v47")),
            ("pvc://fraud-v2-4-1/model", Pinned(LOW, "v2-4-1")),
            ("pvc://latest/fraud", medium),
            ("file:///mnt/models", medium),
            ("/mnt/models/fraud", medium),
            ("/mnt/models/fraud/v47/", Pinned(CONVENTION, "v47")),
            ("models/fraud/production", word("production")),
        ],
    );
}

#[test]
fn the_house_may_teach_versions_and_words() {
    let houses: Vec<regex::Regex> = [r"r\d+", r"(?P<name>.+)~(?P<version>\w+)", r"train/(\w+)/out"]
        .iter()
        .map(|text| regex::Regex::new(text).unwrap())
        .collect();
    let moving = ["golden".to_owned()];
    let house = Context { house_versions: &houses, mutable_words: &moving, ..Context::default() };
    check(
        &house,
        &[
            ("s3://b/fraud/r47/", Pinned(CONVENTION, "r47")),
            ("s3://b/fraud/r47.onnx", Pinned(CONVENTION, "r47")),
            ("s3://b/fraud~blue1/", Pinned(CONVENTION, "blue1")),
            ("s3://b/train/abc/out/", Pinned(CONVENTION, "abc")),
            ("s3://b/star47/", NO_VERSION),
            ("s3://b/fraud/Golden/", word("Golden")),
            ("s3://b/golden/fraud/r47/", Pinned(CONVENTION, "r47")),
            ("s3://r47/fraud/", NO_VERSION),
        ],
    );
    check(&Context::default(), &[("s3://b/fraud/r47/", NO_VERSION)]);
}

#[test]
fn fragments_are_no_generations() {
    for (text, ignored) in [
        ("gs://b/fraud/model.pkl#1714550400123456", Some("#1714550400123456")),
        ("s3://b/fraud/model.pkl#v3", Some("#v3")),
        ("https://h/fraud/model.pkl#v3", None),
    ] {
        let reference = plain(text);
        assert_eq!(said(&reference), NO_VERSION, "{text}");
        let fragment = reference.fragment_ignored.clone();
        assert_eq!(fragment.map(|range| reference.piece(&range).to_owned()).as_deref(), ignored);
    }
}
