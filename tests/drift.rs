//! What the rules about `ignoreDifferences` say beside their findings: what they could not read,
//! and which of two rules owns a finding.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use mlgitops::source::Memory;
use mlgitops::{Options, Report, config, lint};
use mlgitops_files::Files;

const SERVICE: &str = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: fraud}\n\
                       spec: {predictor: {FIELD: {storageUri: 's3://models/fraud/v1/'}}}\n";

/// The report on one Application of a service, with these lines in its spec.
fn report(lines: &str, field: &str) -> Report {
    let application = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: fraud, namespace: argocd}}\nspec:\n\
         \x20 destination: {{name: prod, namespace: fraud}}\n  source: {{repoURL: 'https://git.example.com/a', path: prod}}\n{lines}"
    );
    let texts = [("app.yaml", application), ("prod/fraud.yaml", SERVICE.replace("FIELD", field))];
    let files = texts.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::new(files));
    lint(&files, &config::Config::default(), &Options::default())
}

fn rules(report: &Report) -> Vec<&'static str> {
    let about_drift = |rule: &&str| {
        matches!(
            *rule,
            "ignore-too-broad" | "ignore-differences" | "rewritten-field" | "ignore-never-matches"
        )
    };
    report.findings.iter().map(|finding| finding.rule).filter(about_drift).collect()
}

fn ignoring(list: &str) -> String {
    format!("  ignoreDifferences:\n  - {{group: serving.kserve.io, kind: InferenceService, {list}}}\n")
}

#[test]
fn an_expression_that_may_hide_the_version_is_not_checked_by_name() {
    for expression in [
        ".. | select(type == \"string\")",
        ".spec | to_entries[]",
        ".spec.predictor | select(.model | has(\"storageUri\"))",
    ] {
        let found = report(&ignoring(&format!("jqPathExpressions: ['{expression}']")), "model");
        assert_eq!(rules(&found), Vec::<&str>::new(), "{expression}");
        let item = found.not_checked.iter().find(|item| item.what.contains("storageUri")).expect(expression);
        assert_eq!(item.what, "whether Argo CD deploys a new `storageUri` of fraud");
        assert!(item.reason.contains("is not executed"), "{}", item.reason);
        assert_eq!(item.location.as_ref().unwrap().position().line, 8);
    }
    // What leads elsewhere whatever it selects hides nothing.
    let elsewhere = ".spec.transformer.containers[] | select(.name | test(\"a\"))";
    let found = report(&ignoring(&format!("jqPathExpressions: ['{elsewhere}']")), "model");
    assert!(!found.not_checked.iter().any(|item| item.what.contains("storageUri")));
}

#[test]
fn one_rule_owns_a_field_that_is_written_anew() {
    let mode = ignoring("jsonPointers: [/metadata/annotations/serving.kserve.io~1deploymentMode]");
    for (lines, field, expected) in [
        ("", "model", vec!["ignore-differences"]),
        ("", "sklearn", vec!["rewritten-field"]),
        (mode.as_str(), "model", vec![]),
        (mode.as_str(), "sklearn", vec!["rewritten-field"]),
        (&ignoring("jsonPointers: [/spec/predictor/sklearn]"), "sklearn", vec!["ignore-too-broad"]),
        (&ignoring("jsonPointers: [/spec/predictor]"), "sklearn", vec!["ignore-too-broad"]),
    ] {
        assert_eq!(rules(&report(lines, field)), expected, "{lines} {field}");
    }
}

#[test]
fn the_worst_silent_failure_names_the_pointer_what_it_hides_and_the_option() {
    let option = "  syncPolicy: {syncOptions: [RespectIgnoreDifferences=true]}\n";
    let found = report(&format!("{option}{}", ignoring("jsonPointers: [/spec/predictor]")), "model");
    let finding = found.findings.iter().find(|finding| finding.rule == "ignore-too-broad").unwrap();
    assert_eq!(
        finding.message,
        "Argo CD will not deploy a new model version in prod: it ignores `/spec/predictor`"
    );
    assert_eq!(finding.primary.text, "covers storageUri of fraud");
    assert_eq!(finding.related[0].text, "a sync keeps the live value, not the one in Git");
    assert_eq!(finding.related[0].location.position().line, 7);
    let help = finding.help.as_ref().unwrap();
    assert!(help.ends_with("\n- /metadata/annotations/serving.kserve.io~1deploymentMode"), "{help}");
}

#[test]
fn of_a_version_that_yaml_changes_the_rule_speaks_that_knows_what_becomes_of_it() {
    let template = "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: fraud}\nspec: \
                    {predictor: {model: {modelFormat: {name: onnx}, storageUri: 's3://models/fraud/v{{ .Values.version \
                    }}/'}}}\n";
    let texts = [
        ("chart/Chart.yaml", "apiVersion: v2\nname: fraud\nversion: 0.1.0\n"),
        ("chart/values.yaml", "version: 1.10\nunusedTag: 047\n"),
        ("chart/templates/fraud.yaml", template),
    ];
    let files = texts.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
    let files: Arc<dyn Files> = Arc::new(Memory::new(files));
    let found = |ignore: &str| -> Vec<(&'static str, u32)> {
        let options = Options { ignore: mlgitops::rules::select(ignore), ..Options::default() };
        let report = lint(&files, &config::Config::default(), &options);
        let about = |rule: &str| rule == "coerced-value" || rule == "yaml-ambiguity";
        let findings = report.findings.iter().filter(|finding| about(finding.rule));
        findings.map(|finding| (finding.rule, finding.primary.location.position().line)).collect()
    };
    assert_eq!(found("retry"), [("coerced-value", 1), ("yaml-ambiguity", 2)]);
    assert_eq!(found("coerced-value"), [("yaml-ambiguity", 1), ("yaml-ambiguity", 2)]);
}
