//! `promotion/ran-in-staging`: histories, and what the linter says at 2026-11-21 12:00 UTC.

use super::repository::{NOW, Story, promotion};

/// A name, the history, and everything that must be said.
type Told = (&'static str, &'static str, &'static [&'static str]);

const SOAK: &str = "mlgitops.yaml:=environments:\\n_-_{name:_staging}\\n_-_{name:_prod,_soak:_24h}\\n";

fn check(told: &[Told], args: &[&str]) {
    let mut wrong = String::new();
    for (name, lines, expected) in told {
        let story = Story::of(&lines.replace("SOAK", SOAK));
        let said = promotion(story.path(), args, &[]);
        if said != *expected {
            wrong += &format!("\n{name}:\n  said     {said:#?}\n  expected {expected:#?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The change under review is what the work tree holds beyond HEAD.
#[test]
fn changes_of_the_work_tree() {
    check(
        &[
            ("nothing changes", "11-12T09:00 staging=v45 prod=v43", &[]),
            (
                "straight promotion",
                "11-12T09:00 staging=v45 prod=v43
                 11-18T09:00 staging=v47
                 edit prod=v47",
                &[],
            ),
            (
                "promotion with a soak that is over",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 11-18T09:00 staging=v47
                 edit prod=v47",
                &[],
            ),
            (
                "too short a soak",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 11-20T15:12 staging=v47
                 edit prod=v47",
                &[
                    "error soak: fraud-detector v47 has run in staging for 20 h 48 min, prod asks for 24 h",
                    "exit 1",
                ],
            ),
            (
                "never in staging",
                "11-12T09:00 staging=v45 prod=v43
                 edit prod=v47",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
            (
                "both at once",
                "11-12T09:00 staging=v45 prod=v43
                 edit staging=v47 prod=v47",
                &[
                    "error same-change: one merge takes fraud-detector v47 to staging and prod at once",
                    "exit 1",
                ],
            ),
            (
                "a version that staging ran and gave up, long enough",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 11-13T09:00 staging=v46
                 11-15T09:00 staging=v45
                 edit prod=v46",
                &[],
            ),
            (
                "a version that staging gave up too soon",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 11-13T09:00 staging=v46
                 11-13T12:00 staging=v45
                 edit prod=v46",
                &["error soak: fraud-detector v46 ran in staging for 3 h only, prod asks for 24 h", "exit 1"],
            ),
            (
                "two short stays are not one long one",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 11-13T09:00 staging=v46
                 11-13T23:00 staging=v45
                 11-14T09:00 staging=v46
                 11-14T22:00 staging=v45
                 edit prod=v46",
                &[
                    "error soak: fraud-detector v46 ran in staging for 14 h only, prod asks for 24 h",
                    "exit 1",
                ],
            ),
            (
                "rollback",
                "11-12T09:00 SOAK staging=v43 prod=v43
                 11-14T09:00 staging=v47
                 11-19T09:00 prod=v47
                 edit prod=v43",
                &[
                    "note rollback: rollback: fraud-detector in prod goes from v47 back to v43, prod ran it until \
                   2026-11-19 (COMMIT)",
                ],
            ),
            (
                "revert of a revert",
                "11-12T09:00 SOAK staging=v43 prod=v43
                 11-14T09:00 staging=v47
                 11-16T09:00 prod=v47
                 11-17T09:00 prod=v43 staging=v43
                 edit prod=v47",
                &[],
            ),
            (
                "back to what prod ran before staging was kept",
                "11-10T09:00 prod=v41
                 11-12T09:00 staging=v43 prod=v43
                 edit prod=v41",
                &[
                    "note rollback: rollback: fraud-detector in prod goes from v43 back to v41, prod ran it until \
                   2026-11-12 (COMMIT)",
                ],
            ),
            (
                "two models in one file: only one of them may go",
                "11-12T09:00 staging=v45 prod=v43 staging/churn=v2 prod/churn=v1
                 edit prod=v45 prod/churn=v3",
                &["error never: churn v3 has never run in staging", "exit 1"],
            ),
            (
                "first deploy of a model that staging runs",
                "11-12T09:00 staging=v45 prod=v43 staging/churn=v2
                 edit prod/churn=v2",
                &[],
            ),
            (
                "first deploy of a model that staging never had",
                "11-12T09:00 staging=v45 prod=v43
                 edit prod/churn=v2",
                &["error never: churn v2 has never run in staging", "exit 1"],
            ),
            (
                "a model new in staging asks nothing",
                "11-12T09:00 staging=v45 prod=v43
                 edit staging/churn=v2",
                &[],
            ),
            (
                "an environment with nothing below it guards nothing",
                "11-12T09:00 prod=v43
                 edit prod=v47",
                &[],
            ),
            (
                "the token of another model",
                "11-12T09:00 staging=s3://models/fraud-detector/v2/ prod=s3://models/fraud-detector/v1/
                 edit prod=s3://models/fraud-detector-lite/v2/",
                &[
                    "not checked: whether fraud-detector v2 ran in staging first: staging ran v2 of \
                     `s3://models/fraud-detector/v2/`, prod takes it from `s3://models/fraud-detector-lite/v2/`: \
                     the same number, perhaps not the same model",
                    "exit 3",
                ],
            ),
            (
                "a bucket for each environment",
                "11-12T09:00 staging=s3://models-staging/fraud/v2/ prod=s3://models-prod/fraud/v1/
                 edit prod=s3://models-prod/fraud/v2/",
                &[],
            ),
            (
                "a version that can move",
                "11-12T09:00 staging=oci://registry/fraud:v2 prod=oci://registry/fraud:v1
                 edit prod=oci://registry/fraud:v2",
                &[
                    "not checked: whether fraud-detector of prod ran in staging first: `oci://registry/fraud:v2` \
                   names no version that stays the same, so its past proves nothing",
                ],
            ),
            (
                "a version nobody knows",
                "11-12T09:00 staging=s3://models/fraud/ prod=s3://models/fraud/
                 edit prod=s3://models/other/",
                &[
                    "not checked: whether fraud-detector of prod ran in staging first: `s3://models/other/` names \
                   no version that stays the same, so its past proves nothing",
                ],
            ),
            (
                "a move of files",
                "11-12T09:00 staging=v43 prod=v43
                 edit prod=- overlays/prod/fraud-detector=v43",
                &[],
            ),
            (
                "a canary of what staging never had",
                "11-12T09:00 staging=v45 prod=v43
                 edit prod=v47%10",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
            (
                "more traffic for a canary is no new version",
                "11-12T09:00 staging=v45 prod=v45%10
                 edit prod=v45%50",
                &[],
            ),
            (
                "no traffic at all is a way back",
                "11-12T09:00 staging=v45 prod=v47%10
                 edit prod=v47%0",
                &["note rollback: rollback: fraud-detector in prod takes all traffic off v47"],
            ),
            (
                "a twin service is exposure",
                "11-12T09:00 staging=v45 prod=v43
                 edit prod/fraud-detector-canary=v47",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
            (
                "a commit that is no YAML keeps what was known",
                "11-12T09:00 SOAK staging=v47 prod=v43
                 11-18T09:00 staging/fraud-detector.yaml:=apiVersion:_serving.kserve.io/v1beta1\\nkind:_[\\n
                 11-18T10:00 staging=v47
                 edit prod=v47",
                &[],
            ),
            (
                "a clock that was behind counts from the commit before",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 11-21T08:00 prod/churn=-/v1/
                 11-13T09:00 staging=v47
                 edit prod=v47",
                &["error soak: fraud-detector v47 has run in staging for 4 h, prod asks for 24 h", "exit 1"],
            ),
            (
                "a clock that was ahead",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 12-24T09:00 staging=v47
                 edit prod=v47",
                &["error soak: fraud-detector v47 has run in staging for 0 s, prod asks for 24 h", "exit 1"],
            ),
            (
                "one version, and from now on another bucket",
                "11-12T09:00 staging=s3://a/fraud/v2/ prod=s3://a/fraud/v2/
                 edit prod=s3://b/fraud/v2/",
                &["warning reused: fraud-detector in prod takes v2 from another place than before"],
            ),
        ],
        &[],
    );
}

/// The change under review is a branch, asked about with `--base main`.
#[test]
fn changes_on_a_branch() {
    check(
        &[
            (
                "a branch that promotes what main has",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 11-14T09:00 staging=v47
                 branch bump
                 11-20T09:00 prod=v47",
                &[],
            ),
            (
                "a branch cannot vouch for itself",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 branch bump
                 11-14T09:00 staging=v47
                 11-20T09:00 prod=v47",
                &["error same-change: one merge takes fraud-detector v47 to staging and prod at once", "exit 1"],
            ),
            (
                "what the branch did and took back never ran",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 branch bump
                 11-14T09:00 staging=v47
                 11-16T09:00 staging=v45
                 11-20T09:00 prod=v47",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
            (
                "main went on after the branch left",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 branch bump
                 11-20T09:00 prod=v47
                 switch main
                 11-15T09:00 staging=v47
                 switch bump",
                &[],
            ),
            (
                "a merge brings it on the day of the merge",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 branch feature
                 11-13T09:00 staging=v47
                 switch main
                 11-14T09:00 README.md:=x
                 merge feature 11-21T08:00
                 branch bump
                 11-21T09:00 prod=v47",
                &["error soak: fraud-detector v47 has run in staging for 4 h, prod asks for 24 h", "exit 1"],
            ),
            (
                "what a merged branch had and took back never ran",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 branch feature
                 11-13T09:00 staging=v47
                 11-14T09:00 staging=v45
                 switch main
                 11-14T09:00 README.md:=x
                 merge feature 11-16T08:00
                 branch bump
                 11-20T09:00 prod=v47",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
            (
                "a branch that has main merged into it",
                "11-12T09:00 SOAK staging=v45 prod=v43
                 branch bump
                 11-13T09:00 prod=v47
                 switch main
                 11-14T09:00 staging=v47
                 switch bump
                 merge main 11-20T09:00",
                &[],
            ),
            (
                "an override, in any commit of the branch",
                "11-12T09:00 staging=v45 prod=v43
                 branch bump
                 11-20T09:00 prod=v47 | bump\\n\\nMlgitops-Override: ran-in-staging -- fraud wave, INC-2291
                 11-20T10:00 README.md:=x",
                &["warning override: override: ran-in-staging, fraud-detector v47 in prod: \"fraud wave, INC-2291\" \
                   (COMMIT)"],
            ),
            (
                "an override in the middle of a squashed message",
                "11-12T09:00 staging=v45 prod=v43
                 branch bump
                 11-20T09:00 prod=v47 | bump (#7)\\n\\n* first\\n\\nMlgitops-Override: ran-in-staging -- hot fix\\n\\n* second",
                &["warning override: override: ran-in-staging, fraud-detector v47 in prod: \"hot fix\" (COMMIT)"],
            ),
            (
                "an override without a reason, or inside a sentence, or of another rule, is none",
                "11-12T09:00 staging=v45 prod=v43
                 branch bump
                 11-20T09:00 prod=v47 | bump\\nMlgitops-Override: ran-in-staging\\nsee Mlgitops-Override: ran-in-staging -- x\\nMlgitops-Override: s3-prefix -- x",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
            (
                "an override of the past is over",
                "11-12T09:00 staging=v45 prod=v43
                 11-13T09:00 README.md:=x | Mlgitops-Override: ran-in-staging -- then
                 branch bump
                 11-20T09:00 prod=v47",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
        ],
        &["--base", "main"],
    );
}

/// What the variables of a CI system say about the base and the overrides.
#[test]
fn changes_in_ci() {
    let bump = "11-12T09:00 staging=v45 prod=v43
         branch bump
         11-20T09:00 prod=v47 | bump\\n\\nMlgitops-Override: ran-in-staging -- hot fix";
    let story = Story::of(bump);
    let overridden =
        ["warning override: override: ran-in-staging, fraud-detector v47 in prod: \"hot fix\" (COMMIT)"];
    let never = ["error never: fraud-detector v47 has never run in staging", "exit 1"];
    let event = |name: &str, text: String| {
        let path = story.path().join(".git").join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let own = r#"{"pull_request":{"head":{"repo":{"full_name":"o/r"}},"base":{"repo":{"full_name":"o/r"}}}}"#;
    let own = event("own.json", own.to_owned());
    let fork =
        r#"{"pull_request":{"head":{"repo":{"full_name":"x/r"}},"base":{"repo":{"full_name":"o/r"}}}}"#;
    let fork = event("fork.json", fork.to_owned());
    let push = event("push.json", format!(r#"{{"before":"{}"}}"#, story.id("main")));
    let new = event("new.json", format!(r#"{{"before":"{}"}}"#, "0".repeat(40)));
    let github = |name: &'static str, base: &'static str, event: &str| {
        vec![
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_EVENT_NAME", name.to_owned()),
            ("GITHUB_BASE_REF", base.to_owned()),
            ("GITHUB_EVENT_PATH", event.to_owned()),
        ]
    };
    let gitlab = |source: &str| {
        vec![
            ("GITLAB_CI", "true".to_owned()),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main".to_owned()),
            ("CI_MERGE_REQUEST_PROJECT_ID", "1".to_owned()),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source.to_owned()),
        ]
    };
    type Variables = Vec<(&'static str, String)>;
    let table: [(&str, Variables, &[&str]); 8] = [
        ("GitHub, a pull request", github("pull_request", "main", &own), &overridden),
        ("GitHub, a fork overrides nothing", github("pull_request", "main", &fork), &never),
        ("GitHub, a push", github("push", "", &push), &overridden),
        ("GitHub, a push of a new branch", github("push", "", &new), &overridden),
        ("GitLab", gitlab("1"), &overridden),
        ("GitLab, a fork", gitlab("2"), &never),
        ("any other", vec![("MLGITOPS_BASE", "main".to_owned())], &overridden),
        ("a laptop: nothing is changed beyond HEAD", vec![], &[]),
    ];
    for (name, variables, expected) in table {
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(promotion(story.path(), &[], &variables), expected, "{name}");
    }
}

/// Clones of every depth: they pass where they hold the proof, and say what is missing where not.
#[test]
fn shallow_clones_of_every_depth() {
    let story = Story::of(
        &"11-10T09:00 SOAK staging=v45 prod=v43
         11-12T09:00 staging=v47
         11-14T09:00 README.md:=x
         11-15T09:00 staging=v48
         11-16T09:00 README.md:=y
         11-20T09:00 prod=v47"
            .replace("SOAK", SOAK),
    );
    let unknown = "not checked: whether fraud-detector v47 ran in staging before prod: this clone holds";
    for depth in 1..=7 {
        let clone = story.shallow(depth, "main");
        let said = promotion(clone.path(), &["--rev", "HEAD"], &[]);
        match depth {
            // HEAD alone: its parent, the base, is missing.
            1 => assert!(
                said[0].starts_with("not checked: which guarded releases this change touches"),
                "{said:?}"
            ),
            // The base, and up to the commit that replaced v47.
            2..=3 => assert!(said[0].starts_with(unknown) && said[1] == "exit 3", "{depth}: {said:?}"),
            // v47 was there a day before it was replaced: enough, whatever came before.
            _ => assert_eq!(said, [""; 0], "{depth}"),
        }
    }
    let clone = story.shallow(2, "main");
    let said = super::repository::run(clone.path(), &["lint", "--rev", "HEAD", "--select", "promotion"], &[]);
    assert!(said.out.contains(&story.id("HEAD~2")[..7]), "{}", said.out);
    assert!(said.out.contains("git fetch --unshallow"), "{}", said.out);
}

/// `--explain-passes` prints the proof of what passes.
#[test]
fn passes_are_explained() {
    let story = Story::of(
        "11-12T09:00 staging=v45 prod=v43
         11-18T08:00 staging=v47
         edit prod=v47",
    );
    let said =
        story.run(&["lint", "--explain-passes", "--select", "promotion", "--now", super::repository::NOW]);
    let last = super::repository::without_ids(said.out.lines().last().unwrap());
    assert_eq!(last, "fraud-detector v47: staging since 2026-11-18 (COMMIT, 3d 4h)");
}

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
        let said = story.run(&["lint", "--format", "json", "--now", super::repository::NOW]);
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

/// `mlgitops diff` and `mlgitops status --at`.
#[test]
fn what_a_change_does_in_one_line() {
    let story = Story::of(
        "11-12T09:00 staging=v45 prod=v43
         11-18T08:00 staging=v47 staging/churn=v1
         edit prod=v47%10 staging/churn=-",
    );
    let diff = |args: &[&str]| {
        let said = story.run(&[&["diff", "--now", super::repository::NOW], args].concat());
        assert_eq!(said.exit, 0, "{}", said.err);
        said.out
    };
    assert_eq!(
        diff(&[]),
        "churn           staging  v1 → gone
fraud-detector  prod     v43 → v47  (staging since 3d 4h); traffic all → 10 %\n"
    );
    assert_eq!(
        diff(&["HEAD~1", "HEAD"]),
        "churn           staging  new: v1
fraud-detector  staging  v45 → v47\n"
    );
    assert!(diff(&["--format", "markdown"]).contains("| `fraud-detector` | prod | v43 → v47 |"));
    let report: serde_json::Value = serde_json::from_str(&diff(&["--format", "json"])).unwrap();
    assert_eq!(report["changes"][1]["after"]["canaryPercent"], 10);
    assert_eq!(report["changes"][1]["proof"], "staging since 3d 4h");

    let status = |at: &str| story.run(&["status", "--at", at]);
    assert_eq!(
        status("2026-11-12").out,
        "model            staging   prod
                 ml        ml
fraud-detector   v45       v43\n"
    );
    assert!(status("2026-11-18").out.contains("fraud-detector   v47"), "{}", status("2026-11-18").out);
    assert_eq!(status("2026-11-11").exit, 2);
}

/// `mlgitops trace`: the chain of origins, each with the commit that last changed its lines.
#[test]
fn why_a_field_has_its_value() {
    let kustomization = "resources:_[../../base]\\npatches:\\n__-_target:_{kind:_InferenceService}\\n____patch:_|-\\n\
         ______-_{op:_replace,_path:_/spec/predictor/model/storageUri,_value:_\"s3://m/fraud/VERSION/\"}\\n";
    let lines = format!(
        "11-10T09:00 fraud/base/fraud-detector=v1 fraud/base/kustomization.yaml:=resources:_[fraud-detector.yaml]\\n | base
         11-12T09:00 fraud/overlays/prod/kustomization.yaml:={} | overlay
         11-18T09:00 fraud/overlays/prod/kustomization.yaml:={} | bump to v2 (#7)",
        kustomization.replace("VERSION", "v1"),
        kustomization.replace("VERSION", "v2")
    );
    let story = Story::of(&lines);
    let trace = |args: &[&str]| story.run(&[&["trace", "fraud-detector", "prod"], args].concat());
    let report: serde_json::Value = serde_json::from_str(&trace(&["--format", "json"]).out).unwrap();
    let field = &report["fields"][0];
    assert_eq!(
        (field["path"].as_str(), field["value"].as_str()),
        (Some("/spec/predictor/model/storageUri"), Some("s3://m/fraud/v2/"))
    );
    let steps: Vec<String> = field["origins"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["via"] == "content")
        .map(|step| {
            format!("{} {}:{} {}", step["role"], step["file"], step["line"], step["subject"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        steps,
        [
            "base fraud/base/fraud-detector.yaml:11 base",
            "patch fraud/overlays/prod/kustomization.yaml:5 bump to v2 (#7)",
        ]
    );
    let said = trace(&["spec.predictor.model.modelFormat.name"]).out;
    assert!(
        said.starts_with(
            "InferenceService/ml/fraud-detector /spec/predictor/model/modelFormat/name\n  = sklearn\n"
        ),
        "{said}"
    );
    assert!(said.contains("fraud/base/fraud-detector.yaml:10:15") && said.contains("Ana  base"), "{said}");
    story.set(
        "fraud/overlays/prod/kustomization.yaml:=resources:_[../../base]\\n#_new\\nnamePrefix:_prod-\\n",
    );
    assert!(trace(&["metadata.name"]).out.contains("not committed"), "{}", trace(&["metadata.name"]).out);
    let wrong = story.run(&["trace", "fraud-detektor", "prod"]);
    assert!(wrong.exit == 2 && wrong.err.contains("did you mean `fraud-detector`?"), "{}", wrong.err);
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

/// A branch for each environment: what ran in staging is what the branch of staging held itself.
#[test]
fn a_branch_for_each_environment() {
    let config = "mlgitops.yaml:=environments:\\n_-_{name:_staging,_match:_{branch:_env/staging}}\\n_-_{name:_prod,_soak:\
         _24h,_match:_{branch:_env/prod}}\\n";
    let told = |name: &str, lines: &str, expected: &[&str]| {
        let story = Story::of(&lines.replace("CONFIG", config));
        assert_eq!(promotion(story.path(), &["--base", "env/prod"], &[]), expected, "{name}");
    };
    let begin = "11-10T09:00 CONFIG apps/fraud-detector=v43
         branch env/staging
         branch env/prod
         switch env/staging";
    told(
        "straight promotion",
        &format!(
            "{begin}
         11-12T09:00 apps/fraud-detector=v47
         switch env/prod
         branch bump
         11-20T09:00 apps/fraud-detector=v47"
        ),
        &[],
    );
    told(
        "never in staging",
        &format!(
            "{begin}
         11-12T09:00 apps/fraud-detector=v45
         switch env/prod
         branch bump
         11-20T09:00 apps/fraud-detector=v47"
        ),
        &["error never: fraud-detector v47 has never run in staging", "exit 1"],
    );
    told(
        "what a branch merged into staging had and took back",
        &format!(
            "{begin}
         branch feature
         11-11T09:00 apps/fraud-detector=v47
         11-12T09:00 apps/fraud-detector=v43
         switch env/staging
         11-12T10:00 README.md:=x
         merge feature 11-13T09:00
         switch env/prod
         branch bump
         11-20T09:00 apps/fraud-detector=v47"
        ),
        &["error never: fraud-detector v47 has never run in staging", "exit 1"],
    );
    told(
        "staging merged into prod, too early",
        &format!(
            "{begin}
         11-21T08:00 apps/fraud-detector=v47
         switch env/prod
         branch bump
         merge env/staging 11-21T09:00"
        ),
        &["error soak: fraud-detector v47 has run in staging for 4 h, prod asks for 24 h", "exit 1"],
    );
}

/// Ladders of any length, several environments on a rung, and rungs that are skipped.
#[test]
fn ladders() {
    let three = "mlgitops.yaml:=environments:\\n_-_{name:_dev}\\n_-_{name:_staging,_guard:_true}\\n_-_{name:_prod,_soak:_1h}\\n";
    let regions = "mlgitops.yaml:=environments:\\n_-_{name:_staging}\\n_-_{name:_prod-eu,_after:_staging,_soak:_1h}\\n_-_\
         {name:_prod-us,_after:_prod-eu,_soak:_1h}\\n";
    let skip = "mlgitops.yaml:=rules:_{ran-in-staging:_{params:_{from:_{churn:_dev,_search:_none}}}}\\n";
    let told = |name: &str, lines: &str, expected: &[&str]| {
        let lines = lines.replace("THREE", three).replace("REGIONS", regions).replace("SKIP", skip);
        assert_eq!(promotion(Story::of(&lines).path(), &[], &[]), expected, "{name}");
    };
    told(
        "staging is guarded by dev",
        "11-12T09:00 THREE dev=v45 staging=v44 prod=v43
         edit staging=v47",
        &["error never: fraud-detector v47 has never run in dev", "exit 1"],
    );
    told(
        "what dev ran is not enough for prod",
        "11-12T09:00 THREE dev=v47 staging=v44 prod=v43
         edit prod=v47",
        &["error never: fraud-detector v47 has never run in staging", "exit 1"],
    );
    told(
        "one region after the other",
        "11-12T09:00 REGIONS staging=v47 prod-eu=v43 prod-us=v43
         11-14T09:00 prod-eu=v47
         edit prod-us=v47",
        &[],
    );
    told(
        "a region before its turn",
        "11-12T09:00 REGIONS staging=v47 prod-eu=v43 prod-us=v43
         edit prod-us=v47",
        &["error never: fraud-detector v47 has never run in prod-eu", "exit 1"],
    );
    told(
        "a model that skips a rung, and one that has no other environment",
        "11-12T09:00 SKIP dev/churn=v2 staging=v1 prod/churn=v1 prod/search=v1
         edit prod/churn=v2 prod/search=v2",
        &[],
    );
    told(
        "several usual names on one rung",
        "11-12T09:00 uat=v47 staging=v44 prod=v43
         edit prod=v47",
        &[],
    );
    told(
        "staging is taken away with the change",
        "11-12T09:00 staging=v45 prod=v43
         edit staging=- prod=v47",
        &[
            "error never: fraud-detector v47 has never run in staging",
            "warning removed: merging this deletes fraud-detector from staging",
            "exit 1",
        ],
    );
    told(
        "an environment's guard is taken away with the change",
        "11-12T09:00 THREE dev=v45 staging=v44 prod=v43
         edit staging=v47 mlgitops.yaml:=environments:\\n_-_{name:_dev}\\n_-_{name:_staging}\\n_-_{name:_prod,_soak:_1h}\\n",
        &["error never: fraud-detector v47 has never run in dev", "exit 1"],
    );
    told(
        "the soak is shortened with the change",
        "11-12T09:00 SOAK staging=v45 prod=v43
         11-21T08:00 staging=v47
         edit prod=v47 mlgitops.yaml:=environments:\\n_-_{name:_staging}\\n_-_{name:_prod,_soak:_1h}\\n"
            .replace("SOAK", SOAK)
            .as_str(),
        &["error soak: fraud-detector v47 has run in staging for 4 h, prod asks for 24 h", "exit 1"],
    );
}

/// A change is judged by the environments of its target too: what it takes out of prod is prod still,
/// and what it calls staging was none.
#[test]
fn a_change_of_globs_is_judged_by_both_policies() {
    let ladder = |staging: &str, prod: &str| {
        format!(
            "mlgitops.yaml:=environments:\\n_-_{{name:_staging,_match:_{{path:_\"{staging}\"}}}}\\n_-_{{name:_prod,_\
             guard:_true,_match:_{{path:_\"{prod}\"}}}}\\n"
        )
    };
    let policy = ladder("stage/**", "live/**");
    let told = |name: &str, lines: &str, expected: &[&str]| {
        let story = Story::of(&lines.replace("POLICY", &policy));
        assert_eq!(promotion(story.path(), &[], &[]), expected, "{name}");
    };
    let never = ["error never: fraud-detector v47 has never run in staging", "exit 1"];
    told("as it is", "11-12T09:00 POLICY stage=v45 live=v43 trial=v47\n edit live=v47", &never);
    told(
        "prod is elsewhere, says the change",
        &format!(
            "11-12T09:00 POLICY stage=v45 live=v43 trial=v47
             edit live=v47 {}",
            ladder("stage/**", "production/**")
        ),
        &never,
    );
    told(
        "what ran elsewhere was staging, says the change",
        &format!(
            "11-12T09:00 POLICY stage=v45 live=v43 trial=v47
             edit live=v47 {}",
            ladder("{stage,trial}/**", "live/**")
        ),
        &never,
    );
    told(
        "the ladder is turned round",
        "11-12T09:00 POLICY stage=v45 live=v43
         edit live=v47 \
         mlgitops.yaml:=environments:\\n_-_{name:_prod,_match:_{path:_\"live/**\"}}\\n_-_{name:_staging,_match:_{path:_\
         \"stage/**\"}}\\n",
        &never,
    );
    told(
        "a change of globs that touches no release",
        &format!("11-12T09:00 POLICY stage=v45 live=v43\n edit {}", ladder("{stage,trial}/**", "live/**")),
        &[],
    );
    told(
        "a later change is judged by the new globs",
        &format!(
            "11-12T09:00 POLICY stage=v45 live=v43 trial=v47
             11-13T09:00 {}
             edit live=v47",
            ladder("{stage,trial}/**", "live/**")
        ),
        &[],
    );
}

/// Production at a tag: what it runs is what the tag holds, and the change moves the tag's name.
#[test]
fn a_tag_for_production() {
    let application = |environment: &str, revision: &str| {
        format!(
            "argocd/{environment}.yaml:=apiVersion:_argoproj.io/v1alpha1\\nkind:_Application\\nmetadata:_{{name:_\
             {environment},_namespace:_argocd}}\\nspec:\\n__project:_default\\n__source:_{{repoURL:_\
             https://git.example.com/ml/models.git,_path:_models,_targetRevision:_{revision}}}\\n__destination:_{{\
             name:_{environment}-cluster,_namespace:_ml}}\\n"
        )
    };
    let config = "mlgitops.yaml:=environments:\\n_-_{name:_staging,_match:_{cluster:_staging-cluster}}\\n_-_{name:_prod,_\
                  soak:_24h,_match:_{cluster:_prod-cluster}}\\n";
    let begin = format!(
        "11-10T09:00 {config} models/fraud-detector=v43 {} {}
         tag r1",
        application("staging", "HEAD"),
        application("prod", "r1")
    );
    let told = |name: &str, lines: &str, expected: &[&str]| {
        assert_eq!(promotion(Story::of(lines).path(), &[], &[]), expected, "{name}");
    };
    told(
        "main goes on, production stays at its tag",
        &format!(
            "{begin}
             11-12T09:00 models/fraud-detector=v47
             edit README.md:=x"
        ),
        &[],
    );
    told(
        "a new tag that holds what staging ran",
        &format!(
            "{begin}
             11-12T09:00 models/fraud-detector=v47
             11-13T09:00 README.md:=x
             tag r2
             edit {}",
            application("prod", "r2")
        ),
        &[],
    );
    told(
        "a new tag, too early",
        &format!(
            "{begin}
             11-21T08:00 models/fraud-detector=v47
             tag r2
             edit {}",
            application("prod", "r2")
        ),
        &["error soak: fraud-detector v47 has run in staging for 4 h, prod asks for 24 h", "exit 1"],
    );
    told(
        "a tag beside the branch, which staging never ran",
        &format!(
            "{begin}
             branch hotfix
             11-14T09:00 models/fraud-detector=v48
             tag r2
             switch main
             edit {}",
            application("prod", "r2")
        ),
        &["error never: fraud-detector v48 has never run in staging", "exit 1"],
    );
}

/// Both environments take the version from the base: the help names the lines to write in.
#[test]
fn a_shared_version_is_parted_at_named_lines() {
    let overlay = "resources:\\n_-_../../base\\npatches:\\n_-_{target:_{kind:_InferenceService},_patch:_'-_{op:_add,_path:_\
                   /metadata/labels,_value:_{a:_b}}'}\\n";
    let lines = format!(
        "11-12T09:00 base=v43 base/kustomization.yaml:=resources:_[fraud-detector.yaml] \
         overlays/staging/kustomization.yaml:={overlay} overlays/prod/kustomization.yaml:={overlay}\n"
    );
    let help = |lines: &str| {
        let said =
            Story::of(lines).run(&["lint", "--select", "ran-in-staging", "--format", "json", "--now", NOW]);
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let finding = &report["findings"][0];
        format!("{}\n{}", finding["message"].as_str().unwrap(), finding["help"].as_str().unwrap())
    };
    assert_eq!(
        help(&lines),
        "every version of fraud-detector reaches staging and prod at once\n\
         give staging a version of its own in `overlays/staging/kustomization.yaml:4`; prod follows in a later change\n\
         - {op: replace, path: /spec/predictor/model/storageUri, value: \"s3://models/fraud-detector/v43/\"}"
    );
    assert_eq!(
        help(&format!("{lines}edit base=v47")),
        "one merge takes fraud-detector v47 to staging and prod at once\n\
         put `base/fraud-detector.yaml:11` back to v43, and give staging a version of its own in \
         `overlays/staging/kustomization.yaml:4`; prod follows in a later change\n\
         - {op: replace, path: /spec/predictor/model/storageUri, value: \"s3://models/fraud-detector/v47/\"}"
    );
}
