//! The comment of a pull request: what it holds, that it fits, and that no text of a stranger is
//! anything but text in it.

use std::collections::BTreeMap;

use mlgitops::finding::{Code, Edit, Finding, Fix, NotChecked, Safety, Severity, Waived};
use mlgitops::report::{self, Context, Format};
use mlgitops::{Older, Report};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::hostile::hostile_report;
use crate::read::{BLOB, in_human, in_markdown, markdown};
use crate::sample::{at, file, finding, label, linted, report, service, waived};

const TAGS: [&str; 9] = [
    "<!-- mlgitops:summary -->",
    "<!-- -->",
    "<details>",
    "<details open>",
    "</details>",
    "<summary>",
    "</summary>",
    "<sub>",
    "</sub>",
];

/// Nothing of a body is active but what the reporter wrote.
fn assert_inert(body: &str) {
    let mut headings = 0;
    for event in Parser::new_ext(body, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => assert!(dest_url.starts_with(BLOB), "{dest_url}"),
            Event::Start(Tag::Image { dest_url, .. }) => panic!("an image of {dest_url}"),
            Event::Start(Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::Strikethrough) => panic!("{body}"),
            Event::Start(Tag::Heading { .. }) => headings += 1,
            Event::Html(html) | Event::InlineHtml(html) => {
                let mut rest = html.trim();
                while !rest.is_empty() {
                    let tag = TAGS.iter().find(|tag| rest.starts_with(**tag));
                    // The counts between the tags of a summary are the reporter's own.
                    rest = match tag {
                        Some(tag) => rest[tag.len()..].trim_start(),
                        None => {
                            let end = rest.find("</summary>").unwrap_or_else(|| panic!("{rest:?} in {body}"));
                            assert!(!rest[..end].contains('<'), "{rest}");
                            &rest[end..]
                        }
                    };
                }
            }
            _ => {}
        }
    }
    assert_eq!(headings, 1, "{body}");
    assert_plain(body);
}

/// GitHub makes links, mentions and references of the finished text: none is in it.
fn assert_plain(body: &str) {
    let mut texts = vec![String::new()];
    for event in Parser::new_ext(body, Options::ENABLE_TABLES) {
        match event {
            Event::Text(text) => texts.last_mut().unwrap().push_str(&text),
            _ => texts.push(String::new()),
        }
    }
    for text in texts {
        let lower = text.to_lowercase();
        assert!(!lower.contains("://") && !lower.contains("www."), "{text:?} is a link");
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            let is_name = letters.peek().is_some_and(|next| next.is_alphanumeric());
            assert!(!(matches!(letter, '@' | '#') && is_name), "{text:?} is a mention");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_anything_but_text(report in hostile_report()) {
        let body = markdown(&report);
        assert_inert(&body);
        prop_assert!(body.chars().all(|letter| letter == '\n' || !letter.is_control()));
        prop_assert_eq!(in_markdown(&report).len(), in_human(&report).len());
    }
}

#[test]
fn names_of_files_are_names() {
    let open = service("fraud", "latest");
    for path in
        ["a](https://evil.example)[b.yaml", "<img src=x>.yaml", "@org/team.yaml", "`x`|y.yaml", "a\nb.yaml"]
    {
        let body = markdown(&linted(&[(path, &open)]));
        assert_inert(&body);
    }
}

fn everything() -> Report {
    let values = file("values.yaml", 3, "uri: v1\nlabel: v2\nother: v3\nlast: v4\n");
    let config = file("mlgitops.yaml", 1, "waivers: [{rule: s3-prefix}]\n");
    let one = |severity, message, text| {
        finding("s3-prefix", severity, message, label(&values, text, ""), Some("prod"))
    };
    let mut known = one(Severity::Warning, "it is known", "v2");
    known.places[0].waived = Some(waived(at(&config, "rule"), "one folder in this bucket"));
    known.places[0].model = Some("fraud".to_owned());
    let loud = Finding {
        help: Some("write `v2`".to_owned()),
        ..one(Severity::Error, "fraud in prod names `latest`", "v1")
    };
    let note = one(Severity::Note, "worth knowing", "v4");
    let warning = one(Severity::Warning, "likely wrong", "v3");
    let item = NotChecked::new(Code::InCluster, "start-up budget of fraud", "size unknown")
        .help("models.fraud.size in mlgitops.yaml");
    let older = Older { on: "main".to_owned(), findings: BTreeMap::from([("s3-prefix", 3)]) };
    Report {
        older: Some(older),
        changes: Some(Vec::new()),
        ..report(vec![warning, known, loud, note], vec![item])
    }
}

#[test]
fn errors_stand_first_and_the_rest_is_folded() {
    insta::assert_snapshot!(markdown(&everything()), @r#"
    <!-- mlgitops:summary -->
    ### mlgitops: 1 error blocks this merge; 1 warning, 1 note

    Nothing that runs is changed.

    **error** `s3-prefix` · [values.yaml:3](https://git.example.com/org/ml/blob/4d2c9e7/values.yaml#L3)  
    fraud in prod names `latest`  
    → write `v2`  

    **warning** `s3-prefix` · [values.yaml:5](https://git.example.com/org/ml/blob/4d2c9e7/values.yaml#L5)  
    likely wrong  

    <details><summary>1 note · 1 waiver in force · 1 not checked · 3 older findings not counted</summary>

    - not checked: start-up budget of fraud: size unknown → models.fraud.size in mlgitops.yaml
    - waived until 2027-01-31, 71 days left: `s3-prefix` on `fraud`, "one folder in this bucket" ([mlgitops.yaml:1](https://git.example.com/org/ml/blob/4d2c9e7/mlgitops.yaml#L1))
    - older, on main: 3 × `s3-prefix` (`mlgitops lint` shows them)

    **note** `s3-prefix` · [values.yaml:6](https://git.example.com/org/ml/blob/4d2c9e7/values.yaml#L6)  
    worth knowing  

    </details>

    <sub>checked 1 release of 1 model in 1 environment (1 folder of plain files): 1 error, 1 warning, 1 note; waived: 1; not checked: 1 · mlgitops 0.1.0, 0 ms</sub>
    "#);
}

#[test]
fn it_fits_and_says_what_does_not() {
    let lines: String = (1..=2_000).map(|line| format!("key{line}: 1\n")).collect();
    let file = file("values.yaml", 1, &lines);
    let findings = (1..=2_000).map(|line| {
        let severity = if line % 2 == 0 { Severity::Error } else { Severity::Warning };
        let message = format!("{line}: {}", "日本 ".repeat(20));
        finding("s3-prefix", severity, &message, label(&file, &format!("key{line}:"), ""), None)
    });
    let items =
        (1..500).map(|item| NotChecked::new(Code::Remote, format!("Application {item}"), "elsewhere"));
    let report = report(findings.collect(), items.collect());
    let body = markdown(&report);
    assert!(body.len() <= 65_536, "{} bytes", body.len());
    assert!(body.starts_with(
        "<!-- mlgitops:summary -->\n### mlgitops: 1000 errors block this merge; 1000 warnings\n"
    ));
    let shown = in_markdown(&report).len();
    assert!(shown > 50, "{shown} are shown");
    let more = format!("… and {} more that do not fit here, {} of them errors", 2_000 - shown, 1_000 - shown);
    assert!(body.contains(&more), "{more}");
    assert!(body.trim_end().ends_with("</sub>"), "the last line is whole");
}

#[test]
fn a_waiver_says_how_long_it_holds_and_for_what() {
    let values = file("values.yaml", 1, "uri: v1\n");
    let config = file("mlgitops.yaml", 1, "waivers: [{rule: s3-prefix}]\n");
    for (days_left, models, said) in [
        (Some(0), 1, "waived until 2027-01-31, its last day: `s3-prefix` on `m0`, "),
        (Some(1), 2, "waived until 2027-01-31, 1 day left: `s3-prefix` on `m0`, `m1`, "),
        (Some(71), 5, "waived until 2027-01-31, 71 days left: `s3-prefix` on `m0`, `m1`, `m2`, 2 more, "),
    ] {
        let known = (0..models).map(|model| {
            let label = label(&values, "v1", "");
            let mut known = finding("s3-prefix", Severity::Warning, "it is known", label, Some("prod"));
            let waived = Waived { days_left, ..waived(at(&config, "rule"), "one folder") };
            known.places[0].model = Some(format!("m{model}"));
            known.places[0].waived = Some(waived);
            known
        });
        let body = markdown(&report(known.collect(), Vec::new()));
        assert!(body.contains(said) && body.contains("1 waiver in force"), "{said}: {body}");
    }
}

#[test]
fn a_summary_says_what_to_type_at_home() {
    let command = "git fetch origin main && mlgitops lint --base origin/main";
    let body = report::render(
        Format::Markdown,
        &everything(),
        &Context { at_home: Some(command), ..Context::new(".") },
    );
    assert!(body.trim_end().ends_with(&format!(" · here at home: `{command}`</sub>")), "{body}");
}

#[test]
fn a_run_that_read_nothing_says_what_to_do() {
    let body = markdown(&linted(&[("README.md", "words\n")]));
    let said = "\nno model, and nothing that deploys one, was found here  \n→ name the folder that holds";
    assert!(body.contains(said), "{body}");
}

#[test]
fn without_an_address_there_is_no_link() {
    let body = report::render(Format::Markdown, &everything(), &Context::new("."));
    let links = Parser::new(&body).filter(|event| matches!(event, Event::Start(Tag::Link { .. })));
    assert_eq!(links.count(), 0);
    assert!(body.contains("values.yaml:3"));
}

#[test]
fn a_fix_is_shown_as_the_lines_it_makes() {
    let values = file("prod/values.yaml", 1, "name: fraud\nuri: s3://models/v1\nnote: \"```\"\n");
    let fix = Fix {
        title: "end the path in `/`; fraud restarts".to_owned(),
        safety: Safety::Unsafe,
        edits: vec![Edit { location: at(&values, "s3://models/v1"), text: "s3://models/v1/".to_owned() }],
    };
    let found = Finding {
        fix: Some(fix),
        ..finding("s3-prefix", Severity::Warning, "it breaks", label(&values, "s3://models/v1", ""), None)
    };
    let body = markdown(&report(vec![found], Vec::new()));
    let expected = "→ `mlgitops lint --fix --unsafe-fixes`: end the path in `/`; fraud restarts  
````diff
--- a/prod/values.yaml
+++ b/prod/values.yaml
@@ -1,3 +1,3 @@
 name: fraud
-uri: s3://models/v1
+uri: s3://models/v1/
 note: \"```\"
````
";
    assert!(body.contains(expected), "{body}");
}
