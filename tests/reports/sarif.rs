//! SARIF as the standard and as GitHub want it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use jsonschema::Validator;
use mlgitops::Report;
use mlgitops::finding::{Edit, Finding, Fix, Safety, Severity};
use mlgitops::report::{self, Context, Format};
use mlgitops::rules::registry;
use proptest::prelude::*;
use serde_json::Value;

use crate::hostile::hostile_report;
use crate::read::text;
use crate::sample::{at, file, finding, label, linted, report, service, waived};

fn log(report: &Report) -> Value {
    serde_json::from_str(&text(Format::Sarif, report)).unwrap()
}

fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The schema of OASIS, from the package that holds it: it is not copied here.
fn schema() -> &'static Validator {
    static SCHEMA: OnceLock<Validator> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let version = run("rustc", &["-vV"]);
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        let args = ["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host];
        let metadata: Value = serde_json::from_str(&run(env!("CARGO"), &args)).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
        let schema = std::fs::read(manifest.with_file_name("src").join("schema.json")).unwrap();
        let mut schema: Value = serde_json::from_slice(&schema).unwrap();
        // Its pattern of a language is no regular expression; nothing here names a language.
        for part in ["run", "toolComponent"] {
            schema["definitions"][part]["properties"]["language"] = false.into();
        }
        assert!(schema["$id"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    })
}

fn assert_valid(log: &Value) {
    let errors: Vec<String> =
        schema().iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// One finding of each kind: open, waived in the configuration, waived in its file, with a fix.
fn everything() -> Report {
    let values = file("values.yaml", 3, "uri: v1\nlabel: v2\nother: v3\nlast: v4\n");
    let config = file("mlgitops.yaml", 1, "waivers: []\n");
    let one = |text| finding("s3-prefix", Severity::Error, "it breaks", label(&values, text, "here"), None);
    let mut in_config = one("v2");
    in_config.places[0].waived = Some(waived(at(&config, "waivers"), "known"));
    let mut in_source = one("v3");
    in_source.places[0].waived = Some(waived(at(&values, "other"), "known"));
    let edit = Edit { location: at(&values, "v4"), text: "v4/".to_owned() };
    let fix = Fix { title: "end it in `/`".to_owned(), safety: Safety::Unsafe, edits: vec![edit] };
    let fixed = Finding { fix: Some(fix), related: vec![label(&values, "v1", "so does this")], ..one("v4") };
    report(vec![one("v1"), in_config, in_source, fixed], Vec::new())
}

#[test]
fn the_schema_can_be_broken() {
    let mut log = log(&everything());
    assert_valid(&log);
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
    assert!(!schema().is_valid(&log), "the schema accepts what it must not");
}

#[test]
fn what_a_run_prints_is_valid() {
    let open = service("fraud", "v47");
    let broken = format!("{open} x: [\n");
    for files in [&[("a b.yaml", open.as_str())][..], &[("a.yaml", &broken)], &[("README.md", "words")]] {
        assert_valid(&log(&linted(files)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_strangers_write_is_valid(report in hostile_report()) {
        // The rules are the same in every log: validated once above.
        let context = Context { rules: &[], ..Context::new(".") };
        let text = report::render(Format::Sarif, &report, &context);
        assert_valid(&serde_json::from_str(&text).unwrap());
    }
}

#[test]
fn every_rule_is_described_whole() {
    let log = log(&report(Vec::new(), Vec::new()));
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["version"], env!("CARGO_PKG_VERSION"));
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), registry::RULES.len());
    for (described, rule) in rules.iter().zip(registry::RULES) {
        assert_eq!(described["id"], rule.id);
        let page = described["help"]["markdown"].as_str().unwrap();
        for part in ["## What it does", "## Why it matters", "## Use instead", "## Limits"] {
            assert!(page.contains(part), "the help of {} lacks `{part}`", rule.id);
        }
        assert!(!page.contains("#~") && !page.starts_with("---"), "{}: {page}", rule.id);
        // docs.github.com, "SARIF support for code scanning": longer texts are refused.
        assert!(described["shortDescription"]["text"].as_str().unwrap().len() <= 1024);
    }
}

#[test]
fn results_have_what_github_asks_for() {
    let log = log(&everything());
    assert!(!log.to_string().contains("\"snippet\""));
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let mut names = BTreeSet::new();
    for result in results {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region["startLine"].as_u64().unwrap() >= 1, "{result}");
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(names.insert(result["partialFingerprints"].to_string()), "{result}");
    }
    let kinds: Vec<&Value> = results.iter().map(|result| &result["suppressions"]).collect();
    assert_eq!(kinds[0].as_array().unwrap().len(), 0);
    assert_eq!(kinds[1][0]["kind"], "external");
    assert_eq!(kinds[1][0]["justification"], "known");
    assert_eq!(kinds[2][0]["kind"], "inSource");
    let change = &results[3]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "v4/");
}

#[test]
fn paths_are_those_of_the_git_repository() {
    let report = everything();
    let context = Context { prefix: "deploy/models", ..Context::new(".") };
    let sarif = report::render(Format::Sarif, &report, &context);
    assert!(sarif.contains("\"uri\":\"deploy/models/values.yaml\"") && !sarif.contains("\"uri\":\"values"));
    let commands = report::render(Format::Github, &report, &context);
    assert!(commands.contains("file=deploy/models/values.yaml,"), "{commands}");
    let json = report::render(Format::Json, &report, &context);
    assert!(json.contains("\"file\":\"values.yaml\"") && !json.contains("deploy/models"));
}
