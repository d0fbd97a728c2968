//! JUnit as Jenkins reads it: the elements and attributes that `junit-10.xsd` of its xunit plugin
//! allows, and which of them it requires.

use mlgitops::Report;
use mlgitops::finding::{Code, Finding, NotChecked, Severity};
use mlgitops::report::{self, Context, Format};
use proptest::prelude::*;
use roxmltree::{Document, Node};

use crate::hostile::hostile_report;
use crate::read::text;
use crate::sample::{at, file, finding, label, linted, report, service, waived};

/// An element: what may stand in it, the attributes it must have, and those it may have.
type Allowed = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const OUTCOME: &[&str] = &["type", "message"];
const ELEMENTS: [Allowed; 8] = [
    ("testsuites", &["testsuite"], &[], &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
        &["name", "tests", "failures", "errors"],
        &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
    ),
    (
        "testcase",
        &["skipped", "error", "failure", "system-out", "system-err"],
        &["name"],
        &["time", "classname", "group"],
    ),
    ("failure", &[], &[], OUTCOME),
    ("error", &[], &[], OUTCOME),
    ("skipped", &[], &[], OUTCOME),
    ("system-out", &[], &[], &[]),
    ("system-err", &[], &[], &[]),
];

fn assert_valid(node: Node<'_, '_>) {
    let name = node.tag_name().name();
    let (_, children, required, optional) =
        ELEMENTS.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("`{name}` is unknown"));
    let has = |attribute: &str| node.attribute(attribute).is_some();
    assert!(required.iter().all(|attribute| has(attribute)), "`{name}` lacks one of {required:?}");
    for attribute in node.attributes() {
        let known = required.iter().chain(*optional).any(|known| *known == attribute.name());
        assert!(known, "`{name}` has no `{}`", attribute.name());
        if attribute.name() == "time" {
            let is_time = attribute.value().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            assert!(is_time, "{} is no time", attribute.value());
        }
    }
    let is_text = matches!(name, "failure" | "error" | "skipped" | "system-out" | "system-err");
    for child in node.children() {
        match child.is_element() {
            true => {
                let below = child.tag_name().name();
                assert!(children.contains(&below), "`{below}` may not stand in `{name}`");
                assert_valid(child);
            }
            false => {
                let is_blank = child.text().unwrap_or_default().trim().is_empty();
                assert!(is_text || is_blank, "`{name}` holds no text");
            }
        }
    }
}

fn count(document: &Document<'_>, element: &str) -> usize {
    document.descendants().filter(|node| node.has_tag_name(element)).count()
}

/// Holds a report to the schema, and its counts to what stands in it.
pub(crate) fn assert_document(xml: &str) {
    let document = Document::parse(xml).unwrap_or_else(|error| panic!("{error}:\n{xml}"));
    assert_valid(document.root_element());
    for suite in document.descendants().filter(|node| node.has_tag_name("testsuite")) {
        for (attribute, element) in
            [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
        {
            let said: usize = suite.attribute(attribute).unwrap().parse().unwrap();
            assert_eq!(said, count(&document, element), "{attribute}");
        }
    }
}

fn everything() -> Report {
    let values = file("values.yaml", 3, "uri: v1\nlabel: v2\nother: v3\n");
    let one =
        |severity, text| finding("s3-prefix", severity, "it breaks", label(&values, text, "here"), None);
    let mut known = one(Severity::Error, "v2");
    known.places[0].waived = Some(waived(at(&values, "label"), "known"));
    let item = NotChecked::new(Code::Remote, "Application addons", "another repository");
    let required = NotChecked::new(Code::History, "whether it ran", "this clone is shallow").required(true);
    let all = vec![one(Severity::Error, "v1"), known, one(Severity::Warning, "v3")];
    report(all, vec![item, required])
}

#[test]
fn it_is_what_jenkins_reads() {
    let open = service("fraud", "latest");
    for report in [everything(), linted(&[("prod/fraud.yaml", &open)]), linted(&[("README.md", "words\n")])] {
        assert_document(&text(Format::Junit, &report));
    }
}

#[test]
fn what_fails_the_run_fails_and_nothing_is_green_by_silence() {
    let of = |report: &Report, fail_on| {
        let xml = report::render(Format::Junit, report, &Context { fail_on, ..Context::new(".") });
        let document = Document::parse(&xml).unwrap();
        ["failure", "error", "skipped"].map(|element| count(&document, element))
    };
    let all = everything();
    assert_eq!(of(&all, Some(Severity::Error)), [1, 1, 2]);
    assert_eq!(of(&all, Some(Severity::Warning)), [2, 1, 2]);
    assert_eq!(of(&all, None), [0, 1, 2]);
    assert_eq!(of(&linted(&[("README.md", "words\n")]), None), [0, 1, 0], "a run that checked nothing");
}

#[test]
fn a_case_says_where_and_what_to_type() {
    let values = file("prod/values.yaml", 3, "uri: v1\n");
    let found = Finding {
        help: Some("write <v2> & \"this\"".to_owned()),
        ..finding("s3-prefix", Severity::Error, "it breaks", label(&values, "v1", ""), None)
    };
    insta::assert_snapshot!(text(Format::Junit, &report(vec![found], Vec::new())), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="mlgitops" tests="2" failures="1" errors="0" time="0.000">
    <testsuite name="mlgitops" tests="2" failures="1" errors="0" time="0.000" skipped="0">
    <testcase classname="mlgitops" name="enough was checked">
    <system-out>checked 1 release of 1 model in 1 environment (1 folder of plain files): 1 error</system-out>
    </testcase>
    <testcase classname="artifact.s3-prefix" name="it breaks">
    <failure type="error" message="it breaks">error[s3-prefix] prod/values.yaml:3:6
    it breaks
    help: write &lt;v2&gt; &amp; &quot;this&quot;</failure>
    </testcase>
    </testsuite>
    </testsuites>
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_leaves_its_place(report in hostile_report()) {
        let xml = text(Format::Junit, &report);
        assert_document(&xml);
        let document = Document::parse(&xml).unwrap();
        prop_assert_eq!(count(&document, "testcase"), report.findings.len() + 2);
    }
}
