//! Every format holds the same findings. What is waived or follows from another finding is kept
//! for machines; people see a finding with what follows from it, once for all environments.

use std::collections::BTreeSet;

use mlgitops::Report;
use mlgitops::finding::{Finding, Severity};

use crate::read::{Drawn, Said, in_github, in_gitlab, in_human, in_json, in_junit, in_markdown, in_sarif};
use crate::sample::{at, file, finding, label, linted, place, report, service, waived};

/// Holds all formats of a report to the same findings.
pub(crate) fn agree(report: &Report) {
    let json = in_json(report);
    assert_eq!(json, in_sarif(report), "SARIF and JSON differ");
    let commands = in_github(report);
    assert!(commands.is_sorted_by(|a, b| a.severity >= b.severity), "errors come first");
    assert_eq!(json.counted, commands.into_iter().collect(), "GitHub and JSON differ");
    let junit = in_junit(report);
    assert_eq!((&junit.counted, &junit.waived), (&json.counted, &json.waived), "JUnit and JSON differ");
    assert_eq!(json.counted, in_gitlab(report), "GitLab and JSON differ");
    agree_with_blocks(&in_human(report), &json.counted);
    agree_with_blocks(&in_markdown(report), &json.counted);
}

fn agree_with_blocks(blocks: &[Drawn], counted: &BTreeSet<Said>) {
    for said in counted {
        let at = (said.file.clone(), said.line);
        let block = blocks.iter().find(|block| {
            block.rule == said.rule && block.marks.contains(&at) && block.severity >= said.severity
        });
        assert!(block.is_some(), "people do not see {said:?} in {blocks:#?}");
    }
    for block in blocks {
        let of_block: Vec<&Said> = counted
            .iter()
            .filter(|said| said.rule == block.rule && block.marks.contains(&(said.file.clone(), said.line)))
            .collect();
        let loudest = of_block.iter().map(|said| said.severity).max();
        assert!(loudest >= Some(block.severity), "{block:?} is louder than its findings");
        for at in &block.marks {
            let is_said = of_block.iter().any(|said| (&said.file, said.line) == (&at.0, at.1));
            assert!(is_said, "only people see {} at {at:?}", block.rule);
        }
    }
}

#[test]
fn of_small_repositories() {
    let open = service("fraud", "v47");
    let moves = service("churn", "latest");
    let level = open.replace("    model:\n", "    model:\n      nodeSelector: {pool: gpu}\n");
    let broken = format!("{}---\n{open} x: [\n", service("churn", "v1/"));
    let waiver = "waivers:\n- {rule: s3-prefix, reason: known, until: 2027-01-31}\n";
    let quiet = "rules: {s3-prefix: {open: off}}\n";
    let clean = service("fraud", "v47/");
    type Files<'f> = &'f [(&'f str, &'f str)];
    let table: &[(Files<'_>, usize, usize)] = &[
        (&[("fraud.yaml", &clean)], 0, 0),
        (&[("fraud.yaml", &open)], 1, 0),
        (&[("fraud.yaml", &open), ("mlgitops.yaml", waiver)], 0, 1),
        (&[("churn.yaml", &moves), ("mlgitops.yaml", quiet)], 1, 0),
        (&[("fraud.yaml", &level)], 2, 0),
        (&[("dev/fraud.yaml", &open), ("staging/fraud.yaml", &open), ("prod/fraud.yaml", &open)], 3, 0),
        (&[("fraud.yaml", &broken), ("b.yaml", &open)], 2, 0),
        (&[("models, 50% off: x=1.yaml", &open)], 1, 0),
    ];
    for (files, counted, waived) in table {
        let report = linted(files);
        agree(&report);
        let all = in_json(&report);
        assert_eq!((all.counted.len(), all.waived.len()), (*counted, *waived), "{files:?}");
    }
}

#[test]
fn of_a_report_with_everything_in_it() {
    let values = file("values.yaml", 3, "uri: v1\nselector: x\nlabel: v2\n");
    let config = file("mlgitops.yaml", 1, "waivers: []\n");
    let one = |rule, severity, text, environment| {
        finding(rule, severity, "it breaks", label(&values, text, ""), environment)
    };
    let cause = one("unknown-field", Severity::Warning, "selector: x", None);
    let follows = Finding {
        caused_by: Some(cause.places[0].fingerprint),
        ..one("gpu-placement", Severity::Error, "x", None)
    };
    let follows_again = Finding {
        caused_by: Some(follows.places[0].fingerprint),
        ..one("gpu-limit", Severity::Note, "label", None)
    };
    let mut known = one("s3-prefix", Severity::Error, "v1", Some("prod"));
    known.places[0].waived = Some(waived(at(&config, "waivers"), "known"));
    let mut partly = one("version-label", Severity::Warning, "v2", Some("prod"));
    partly.places.push(place("other", Severity::Error, Some("dev")));
    partly.places[1].waived = Some(waived(at(&config, "waivers"), "known"));
    let report = report(vec![cause, follows, follows_again, known, partly], Vec::new());
    agree(&report);
    let all = in_json(&report);
    assert_eq!((all.counted.len(), all.waived.len(), all.following.len()), (2, 1, 2));
    let blocks = in_human(&report);
    assert_eq!(blocks[0].also, ["gpu-placement", "gpu-limit"], "what follows is named under its cause");
}

#[test]
fn what_follows_from_itself_is_not_lost() {
    let values = file("values.yaml", 1, "a: 1\nb: 2\n");
    let mut ring: Vec<Finding> = ["a", "b"]
        .into_iter()
        .map(|key| finding("s3-prefix", Severity::Error, "it breaks", label(&values, key, ""), None))
        .collect();
    ring[0].caused_by = Some(ring[1].places[0].fingerprint);
    ring[1].caused_by = Some(ring[0].places[0].fingerprint);
    assert_eq!(in_human(&report(ring, Vec::new())).len(), 2);
}
