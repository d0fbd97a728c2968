//! `promotion/ran-in-staging`: histories, and what the linter says at 2026-11-21 12:00 UTC.

use super::repository::{Story, promotion};

/// A name, the history, and everything that must be said.
pub(super) type Told = (&'static str, &'static str, &'static [&'static str]);

pub(super) const SOAK: &str =
    "mlgitops.yaml:=environments:\\n_-_{name:_staging}\\n_-_{name:_prod,_soak:_24h}\\n";

/// Two models in one file.
const TWO: &str = "apiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\nmetadata:_{name:_fraud-detector,_namespace:_ml}\\nspec:_{predictor:_{model:_{modelFormat:_{name:_sklearn},_storageUri:_\"s3://models/fraud-detector/v43/\"}}}\\n---\\napiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\nmetadata:_{name:_churn,_namespace:_ml}\\nspec:_{predictor:_{model:_{modelFormat:_{name:_sklearn},_storageUri:_\"s3://models/churn/v1/\"}}}\\n";

pub(super) fn check(told: &[Told], args: &[&str]) {
    let mut wrong = String::new();
    for (name, lines, expected) in told {
        let story = Story::of(&lines.replace("SOAK", SOAK).replace("TWO", TWO));
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
                "a chart in place of plain files",
                "11-12T09:00 staging=v45 prod=v43
                 edit staging=- prod=- fraud/Chart.yaml:=apiVersion:_v2\\nname:_fraud-detector\\nversion:_1.0.0\\n \
                 fraud/templates/service.yaml:=apiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\nmetadata:_{name:_fraud-detector,_namespace:_ml}\\nspec:\\n_predictor:\\n__model:\\n___modelFormat:_{name:_sklearn}\\n___storageUri:_{{_.Values.uri_}}\\n \
                 fraud/values.yaml:=uri:_none\\n fraud/values-staging.yaml:=uri:_s3://models/fraud-detector/v45/\\n \
                 fraud/values-prod.yaml:=uri:_s3://models/fraud-detector/v43/\\n",
                &[],
            ),
            (
                "a kustomization in place of a plain file, and a bump with it",
                "11-12T09:00 staging=v45 prod=v43
                 edit prod=- base=v43 base/kustomization.yaml:=resources:_[fraud-detector.yaml]\\n \
                 overlays/prod/kustomization.yaml:=resources:_[../../base]\\npatches:\\n-_target:_{kind:_InferenceService}\\n__patch:_'-_{op:_replace,_path:_/spec/predictor/model/storageUri,_value:_s3://models/fraud-detector/v47/}'\\n",
                &["error never: fraud-detector v47 has never run in staging", "exit 1"],
            ),
            (
                "a file of two models split in two",
                "11-12T09:00 staging=v43 prod/all.yaml:=TWO
                 edit prod/all.yaml:=- prod=v43 prod/churn=v1",
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
