//! Where the time of a run goes is measured by a clock that the caller lends, and changes nothing.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mlgitops::config::Config;
use mlgitops::source::Memory;
use mlgitops::timing::{Stage, Timings};
use mlgitops::{Options, lint, rules};
use mlgitops_files::Files;

const SERVICE: &str = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: fraud, namespace: ml}
spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: s3://models/fraud/v47}}}
";

fn files() -> Arc<dyn Files> {
    Arc::new(Memory::new(vec![("prod/fraud.yaml".to_owned(), SERVICE.as_bytes().to_vec())]))
}

/// Goes on by a millisecond each time it is looked at.
fn timings() -> Timings {
    let looked = AtomicU64::new(0);
    Timings::by(Arc::new(move || Duration::from_millis(looked.fetch_add(1, Ordering::Relaxed))))
}

#[test]
fn every_stage_and_every_rule_has_its_time() {
    let timings = timings();
    let options = Options { timings: timings.clone(), ..Options::default() };
    let measured = lint(&files(), &Config::default(), &options);
    let plain = lint(&files(), &Config::default(), &Options::default());
    let told = |report: &mlgitops::Report| format!("{:?}", report.findings);
    assert!(!plain.findings.is_empty());
    assert_eq!(told(&measured), told(&plain));
    assert_eq!(measured.summary, plain.summary);
    let spent = timings.spent().unwrap();
    let stages: Vec<Stage> = spent.stages.keys().copied().collect();
    // What the command line does before and after, and edits, are not among them.
    let of_the_library = [Stage::Discover, Stage::Render, Stage::Fleet, Stage::Rules, Stage::Findings];
    assert_eq!(stages, of_the_library);
    let judged: Vec<&str> = spent.rules.keys().copied().collect();
    // What is off until somebody asks for it is not run.
    let on = rules::registry::RULES.iter().filter(|rule| rule.may_report(&Config::default()));
    assert_eq!(judged, on.map(|rule| rule.id).collect::<Vec<_>>());
    assert!(!judged.contains(&"feature-contract"));
    assert!(spent.stages.values().chain(spent.rules.values()).all(|time| *time >= Duration::from_millis(1)));
}

#[test]
fn rules_that_do_not_run_take_no_time() {
    let timings = timings();
    let select = rules::select("s3-prefix");
    let options = Options { timings: timings.clone(), select, ..Options::default() };
    drop(lint(&files(), &Config::default(), &options));
    let judged: Vec<&str> = timings.spent().unwrap().rules.into_keys().collect();
    assert_eq!(judged, ["s3-prefix"]);
}
