//! What is said beside `ran-in-staging`: rollbacks, what a change deletes, canaries, proofs.

use super::promotion::{SOAK, check};
use super::repository::{NOW, Story, promotion, without_ids};

/// A rollback passes whatever is found on what it brings back: a bump and a fix in one commit,
/// reverted.
#[test]
fn a_rollback_is_a_lane_of_the_whole_gate() {
    let broken = |version: &str| {
        format!(
            "prod/fraud-detector.yaml:=apiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\n\
             metadata:_{{name:_fraud-detector,_namespace:_ml}}\\nspec:\\n_predictor:\\n__model:\\n___modelFormat:\
             _{{name:_sklearn}}\\n___nodeSelector:_{{a:_b}}\\n___storageUri:_s3://models/fraud-detector/{version}/\\n"
        )
    };
    let lines = |edit: &str| {
        format!(
            "11-10T09:00 staging=v47 {}
             11-18T09:00 prod=v47
             edit {edit}",
            broken("v43")
        )
    };
    let lint = |story: &Story| {
        let said = story.run(&["lint", "--format", "json", "--now", NOW]);
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let unknown = findings.iter().find(|finding| finding["rule"] == "unknown-field").cloned();
        (said.exit, unknown.map(|finding| finding["severity"].as_str().unwrap().to_owned()))
    };
    let back = Story::of(&lines(&broken("v43")));
    assert_eq!(lint(&back), (0, Some("warning".to_owned())), "back to what ran");
    let further = Story::of(&lines(&broken("v46")));
    assert_eq!(lint(&further), (1, Some("error".to_owned())), "to what never ran");
    let more = Story::of(&lines(&format!("{} prod/churn=v1", broken("v43"))));
    assert_eq!(lint(&more), (1, Some("error".to_owned())), "and something else beside");
}

/// `release-removed`: what a change deletes.
#[test]
fn what_a_change_deletes() {
    check(
        &[
            (
                "a file that is gone",
                "11-12T09:00 staging=v45 prod=v43
                 edit prod=-",
                &["error removed: merging this deletes fraud-detector from prod", "exit 1"],
            ),
            (
                "in staging it is a warning",
                "11-12T09:00 staging=v45 prod=v43 staging/churn=v1
                 edit staging/churn=-",
                &["warning removed: merging this deletes churn from staging"],
            ),
            (
                "a new name",
                "11-12T09:00 staging=v45 prod=v43
                 edit prod=- prod/fraud-detector-prod=s3://models/fraud-detector/v43/",
                &[
                    "error renamed: merging this deletes fraud-detector from prod and starts it anew under another \
                   name",
                    "exit 1",
                ],
            ),
            (
                "a canary that is over",
                "11-12T09:00 staging=v45 prod=v43 prod/fraud-detector-canary=v45
                 edit prod=v45 prod/fraud-detector-canary=-",
                &[],
            ),
        ],
        &[],
    );
}

/// `canary-first`, where the configuration asks for it: the arithmetic of samples.
#[test]
fn a_canary_before_all_traffic() {
    let config = "mlgitops.yaml:=environments:_[{name:_staging},_{name:_prod,_guard:_true}]\\nrules:_{canary-first:_error}\\n\
         models:_{fraud-detector:_{requests-per-minute:_30}}\\n";
    let told = |name: &'static str, lines: &str, expected: &[&str]| {
        let story = Story::of(&lines.replace("CONFIG", config));
        assert_eq!(
            promotion(story.path(), &["--select", "canary-first"], &[])
                .iter()
                .filter(|line| !line.contains("rollback"))
                .collect::<Vec<_>>(),
            expected,
            "{name}"
        );
    };
    told(
        "at once",
        "11-12T09:00 CONFIG staging=v47 prod=v43
         edit prod=v47",
        &["error no-canary: fraud-detector v47 gets all traffic of prod without a canary stage", "exit 1"],
    );
    told(
        "five minutes",
        "11-12T09:00 CONFIG staging=v47 prod=v43
         11-21T11:55 prod=v47%10
         edit prod=v47",
        &[
            "error too-short: the canary of fraud-detector v47 in prod was too short: 5 min of 30 min",
            "exit 1",
        ],
    );
    told(
        "long, but few requests",
        "11-12T09:00 CONFIG staging=v47 prod=v43
         11-21T10:00 prod=v47%10
         11-21T11:00 prod=v47%20
         edit prod=v47",
        &[
            "error too-short: the canary of fraud-detector v47 in prod was too short: 30 a minute × 10 % × 1 h + 30 a \
           minute × 20 % × 1 h = 540 requests, 1000 are asked",
            "exit 1",
        ],
    );
    told(
        "enough of both",
        "11-12T09:00 CONFIG staging=v47 prod=v43
         11-21T01:00 prod=v47%10
         edit prod=v47",
        &[],
    );
    let route = |percent: u8| {
        format!(
            "prod/route.yaml:=apiVersion:_networking.istio.io/v1\\nkind:_VirtualService\\nmetadata:_{{name:_\
             fraud-detector,_namespace:_ml}}\\nspec:\\n__hosts:_[fraud.example.com]\\n__http:\\n____-_route:_[{{\
             destination:_{{host:_fraud-detector-predictor}},_weight:_{}}},_{{destination:_{{host:_\
             fraud-detector-canary-predictor}},_weight:_{percent}}}]\\n",
            100 - percent
        )
    };
    told(
        "a twin with the share that a route gives it",
        &format!(
            "11-12T09:00 CONFIG staging=v47 prod=v43 {}
             11-21T11:00 prod/fraud-detector-canary=v47
             edit prod=v47",
            route(10)
        ),
        &[
            "error too-short: the canary of fraud-detector v47 in prod was too short: 30 a minute × 10 % × 1 h = 180 \
           requests, 1000 are asked",
            "exit 1",
        ],
    );
    told(
        "a twin whose share grew in the route alone",
        &format!(
            "11-12T09:00 CONFIG staging=v47 prod=v43 {}
             11-21T10:00 prod/fraud-detector-canary=v47
             11-21T11:00 {}
             edit prod=v47",
            route(10),
            route(60)
        ),
        &[],
    );
    told("a first deploy has no traffic to split", "11-12T09:00 CONFIG staging=v47\n edit prod=v47", &[]);
    told(
        "what has all traffic keeps it",
        "11-12T09:00 CONFIG staging=v47 prod=v47\n edit prod/fraud-detector=v47",
        &[],
    );
}

/// `--explain-passes` prints the proof of what passes.
#[test]
fn passes_are_explained() {
    let story = Story::of(
        "11-12T09:00 staging=v45 prod=v43
         11-18T08:00 staging=v47
         edit prod=v47",
    );
    let said = story.run(&["lint", "--explain-passes", "--select", "promotion", "--now", NOW]);
    let last = without_ids(said.out.lines().last().unwrap());
    assert_eq!(last, "fraud-detector v47: staging since 2026-11-18 (COMMIT, 3d 4h)");
}

/// What time ends says when, to people and to machines.
#[test]
fn a_soak_says_when_it_is_over() {
    let story = Story::of(
        &"11-12T09:00 SOAK staging=v45 prod=v43
          11-20T15:12 staging=v47
          edit prod=v47"
            .replace("SOAK", SOAK),
    );
    let said = story.run(&["lint", "--select", "promotion", "--format", "json", "--now", NOW]);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(finding["passesAt"], "2026-11-21T15:12:00Z");
    let help = finding["help"].as_str().unwrap();
    assert!(help.contains("nothing to change; run this check again after 2026-11-21 15:12 UTC"), "{help}");
    let later = ["lint", "--select", "promotion", "--now", "2026-11-21T15:12:00Z"];
    assert_eq!(story.run(&later).exit, 0, "and then it passes");
}

/// `canary-mode`: the share of a service that has no revision to share with.
#[test]
fn a_share_on_the_first_deploy() {
    let standard = "mlgitops.yaml:=environments:_[{name:_staging},_{name:_prod,_guard:_true}]\\nkserve:_{mode:_Standard}\\n";
    for (what, lines, expected) in [
        ("a service that is new in prod", "edit prod/churn=v1%10", true),
        ("one that runs there", "edit prod=v45%10", false),
        ("one that is new, without a share", "edit prod/churn=v1", false),
        ("one of an environment that nothing guards", "edit staging/offers=v1%10", true),
        ("one that shares in no revision anyway", &format!("edit prod/churn=v1%10 {standard}"), false),
    ] {
        let story = Story::of(&format!("11-10T09:00 staging=v45 prod=v43 staging/churn=v1\n{lines}"));
        let said = story.run(&["lint", "--select", "canary-mode", "--format", "json", "--now", NOW]);
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let found = report["findings"].as_array().unwrap();
        let first = found.iter().any(|finding| finding["case"] == "first-deploy");
        assert_eq!(first, expected, "{what}: {}", said.out);
    }
}
