//! `promotion/ran-in-staging` where environments differ: ladders, branches, tags, shared bases.

use super::promotion::SOAK;
use super::repository::{NOW, Story, promotion};

/// Ladders of any length, several environments on a rung, and rungs that are skipped.
#[test]
fn ladders() {
    let three = "mlgitops.yaml:=environments:\\n_-_{name:_dev}\\n_-_{name:_staging,_guard:_true}\\n_-_{name:_prod,_soak:_1h}\\n";
    let regions = "mlgitops.yaml:=environments:\\n_-_{name:_staging}\\n_-_{name:_prod-eu,_after:_staging,_soak:_1h}\\n_-_\
         {name:_prod-us,_after:_prod-eu,_soak:_1h}\\n";
    let beside = regions.replace("_after:_prod-eu", "_after:_staging");
    let skip = "mlgitops.yaml:=rules:_{ran-in-staging:_{params:_{from:_{churn:_dev,_search:_none}}}}\\n";
    let told = |name: &str, lines: &str, expected: &[&str]| {
        let lines = lines
            .replace("THREE", three)
            .replace("REGIONS", regions)
            .replace("BESIDE", &beside)
            .replace("SKIP", skip);
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
        "two regions beside each other, each after staging",
        "11-12T09:00 BESIDE staging=v47 prod-eu=v43 prod-us=v43
         edit prod-eu=v47 prod-us=v48",
        &["error never: fraud-detector v48 has never run in staging", "exit 1"],
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

/// What makes two versions the same: the token, unless the configuration says the digest, or all of it.
#[test]
fn identities_of_versions() {
    let digest = |digit: &str| format!("@sha256:{}", digit.repeat(64));
    let told = |identity: &str, lines: &str, expected: &[&str]| {
        let config =
            format!("mlgitops.yaml:=rules:_{{ran-in-staging:_{{params:_{{identity:_{identity}}}}}}}\\n");
        let lines = lines.replace("CONFIG", &config).replace("@1", &digest("1")).replace("@2", &digest("2"));
        assert_eq!(promotion(Story::of(&lines).path(), &[], &[]), expected, "{identity}: {lines}");
    };
    let buckets = "11-12T09:00 CONFIG staging=s3://staging/fraud/v2/ prod=s3://prod/fraud/v1/
         edit prod=s3://prod/fraud/v2/";
    told("token", buckets, &[]);
    told("uri", buckets, &["error never: fraud-detector v2 has never run in staging", "exit 1"]);
    told(
        "uri",
        "11-12T09:00 CONFIG staging=s3://all/fraud/v2 prod=s3://all/fraud/v1
         edit prod=s3://all/fraud/v2/",
        &[],
    );
    told(
        "digest",
        "11-12T09:00 CONFIG staging=oci://registry/fraud@1 prod=oci://registry/fraud@2
         edit prod=oci://registry/fraud@1",
        &[],
    );
    told(
        "digest",
        "11-12T09:00 CONFIG staging=s3://all/fraud/v2/ prod=s3://all/fraud/v1/
         edit prod=s3://all/fraud/v2/",
        &[
            "not checked: whether fraud-detector of prod ran in staging first: `s3://all/fraud/v2/` names no digest, \
             and the configuration compares digests",
            "exit 3",
        ],
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

/// A patch that selects another object is no place for the version of this one; a chart has values.
#[test]
fn a_shared_version_gets_a_patch_or_a_value_of_its_own() {
    let help = |lines: &str| {
        let said =
            Story::of(lines).run(&["lint", "--select", "ran-in-staging", "--format", "json", "--now", NOW]);
        let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        report["findings"][0]["help"].as_str().unwrap().to_owned()
    };
    let overlay = "resources:\\n-_../../base\\npatches:\\n-_target:_{kind:_InferenceService,_name:_churn}\\n__patch:_'[]'\\n";
    assert_eq!(
        help(&format!(
            "11-12T09:00 base=v43 base/kustomization.yaml:=resources:_[fraud-detector.yaml] \
             overlays/staging/kustomization.yaml:={overlay} overlays/prod/kustomization.yaml:={overlay}"
        )),
        "give staging a version of its own in `overlays/staging/kustomization.yaml:4`; prod follows in a later change\n\
         - {target: {kind: InferenceService, name: fraud-detector}, patch: '[{op: replace, path: \
         /spec/predictor/model/storageUri, value: \"s3://models/fraud-detector/v43/\"}]'}"
    );
    assert_eq!(
        help(
            "11-12T09:00 fraud/Chart.yaml:=apiVersion:_v2\\nname:_fraud-detector\\nversion:_1.0.0\\n \
             fraud/templates/service.yaml:=apiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\nmetadata:_{name:_fraud-detector,_namespace:_ml}\\nspec:\\n_predictor:\\n__model:\\n___modelFormat:_{name:_sklearn}\\n___storageUri:_{{_.Values.model.uri_}}\\n \
             fraud/values.yaml:=model:\\n_uri:_s3://models/fraud-detector/v43/\\n \
             fraud/values-staging.yaml:=replicas:_1\\n fraud/values-prod.yaml:=replicas:_2\\n"
        ),
        "give staging a version of its own in `fraud/values-staging.yaml`; prod follows in a later change\n\
         model: {uri: \"s3://models/fraud-detector/v43/\"}"
    );
}
