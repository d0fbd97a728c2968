//! `mlgitops diff`, `status --at` and `trace`: what they print of a history.

use super::repository::{NOW, Story};

/// `mlgitops diff` and `mlgitops status --at`.
#[test]
fn what_a_change_does_in_one_line() {
    let story = Story::of(
        "11-12T09:00 staging=v45 prod=v43
         11-18T08:00 staging=v47 staging/churn=v1
         edit prod=v47%10 staging/churn=-",
    );
    let diff = |args: &[&str]| {
        let said = story.run(&[&["diff", "--now", NOW], args].concat());
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
