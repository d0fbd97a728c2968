//! GitLab's code quality report: what its documentation asks of every item.

use std::collections::BTreeSet;

use mlgitops::finding::{Code, NotChecked, Severity};
use mlgitops::report::Format;
use serde_json::Value;

use crate::read::text;
use crate::sample::{at, file, finding, label, report, waived};

#[test]
fn every_item_has_what_gitlab_asks() {
    let values = file("values.yaml", 3, "uri: v1\nlabel: v2\nother: v3\n");
    let one = |severity, text| finding("s3-prefix", severity, "it breaks", label(&values, text, ""), None);
    let mut known = one(Severity::Error, "v2");
    known.places[0].waived = Some(waived(at(&values, "label"), "known"));
    let optional = NotChecked::new(Code::Remote, "Application addons", "another repository");
    let required = NotChecked::new(Code::History, "whether it ran", "this clone is shallow").required(true);
    let all = vec![one(Severity::Error, "v1"), known, one(Severity::Note, "v3")];
    let items: Value =
        serde_json::from_str(&text(Format::Gitlab, &report(all, vec![optional, required]))).unwrap();
    let items = items.as_array().unwrap();
    let mut fingerprints = BTreeSet::new();
    for item in items {
        assert!(!item["description"].as_str().unwrap().is_empty());
        assert!(item["check_name"].is_string());
        assert!(fingerprints.insert(item["fingerprint"].as_str().unwrap()), "fingerprints are unique");
        assert!(
            ["info", "minor", "major", "critical", "blocker"].contains(&item["severity"].as_str().unwrap())
        );
        assert!(!item["location"]["path"].as_str().unwrap().starts_with("./"));
        assert!(item["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
    }
    let severities: Vec<&str> = items.iter().map(|item| item["severity"].as_str().unwrap()).collect();
    assert_eq!(severities, ["critical", "info", "blocker"], "what is waived or optional degrades nothing");
}
