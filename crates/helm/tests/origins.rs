//! Origins are right if changing them changes the field, and complete if what changes a field is
//! among them: design.md, over every fixture chart.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its charts has failed")]

#[path = "support/causality.rs"]
mod causality;
mod support;

use std::path::Path;
use std::sync::Arc;

use causality::{Report, causality, recall};
use mlgitops_files::Files;

fn cases() -> Vec<(Arc<dyn Files>, Vec<String>)> {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts");
    let mut cases = Vec::new();
    for chart in std::fs::read_dir(charts).unwrap() {
        let folder = chart.unwrap().path();
        let files = support::Table::of_folder(&folder);
        cases.push((Arc::clone(&files), Vec::new()));
        for file in std::fs::read_dir(&folder).unwrap() {
            let name = file.unwrap().file_name().to_str().unwrap().to_owned();
            if name.ends_with(".values.yaml") {
                cases.push((Arc::clone(&files), vec![name]));
            }
        }
    }
    cases
}

#[test]
fn the_first_span_of_every_field_is_the_place_to_edit() {
    let mut report = Report::default();
    for (files, values) in cases() {
        causality(&files, "chart", &values, &mut report);
    }
    assert!(report.tested > 50, "{} fields", report.tested);
    assert_eq!((report.causal, report.without_origin), (report.tested, 0), "{}", report.notes.join("\n"));
}

#[test]
fn what_changes_a_field_is_among_its_origins() {
    let mut report = Report::default();
    for (files, values) in cases() {
        recall(&files, "chart", &values, &mut report);
    }
    assert!(report.effects > 20, "{} effects", report.effects);
    assert_eq!(report.missed, 0, "{}", report.notes.join("\n"));
}
