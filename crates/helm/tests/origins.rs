//! Origins are right if changing them changes the field, and complete if what changes a field is
//! among them: design.md, over every fixture chart.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its charts has failed")]

#[path = "support/case.rs"]
mod case;
#[path = "support/causality.rs"]
mod causality;
#[path = "support/change.rs"]
mod change;
#[path = "support/rendering.rs"]
mod rendering;
mod support;

use case::Case;
use causality::{Report, Subject, causality, recall};

fn over_every_case(test: fn(&Subject<'_>, &mut Report)) -> Report {
    let mut report = Report::default();
    for case in Case::all().iter().filter(|case| case.expected().is_some()) {
        let parameters = case.parameters.iter().map(|(start, end)| ("cases".into(), *start, *end));
        let subject = Subject {
            name: case.name.clone(),
            files: case.files.clone(),
            chart: case.chart.clone(),
            options: &|files, origins| case.options(files, origins),
            values: case.values.clone(),
            parameters: parameters.collect(),
            most_of_templates: usize::MAX,
        };
        test(&subject, &mut report);
    }
    report
}

#[test]
fn the_first_span_of_every_field_is_the_place_to_edit() {
    let report = over_every_case(causality);
    assert!(report.tested > 1_000, "{} fields", report.tested);
    assert_eq!((report.causal, report.without_origin), (report.tested, 0), "{}", report.notes.join("\n"));
}

#[test]
fn what_changes_a_field_is_among_its_origins() {
    let report = over_every_case(recall);
    assert!(report.effects > 1_000, "{} effects", report.effects);
    assert_eq!(report.missed, 0, "{}", report.notes.join("\n"));
}
