//! Every function over a table of arguments, against what Helm v3.22 printed.
//!
//! `conformance/table.tsv` has a template a line, and behind a tab `=` and what it prints, or `!`
//! where Helm refuses it.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its table has failed")]

mod support;

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use mlgitops_files::{Blob, Entry, EntryKind, Files, ReadError, RepoPath};
use mlgitops_helm::{Chart, RenderOptions, render};
use mlgitops_yaml::{Node, Origins, Reader, Value};

/// The chart, and one template beside.
struct WithTemplate {
    chart: Arc<dyn Files>,
    template: Arc<[u8]>,
}

const TEMPLATE: &str = "templates/_row.tpl";

impl Files for WithTemplate {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        match path.as_str() {
            TEMPLATE => Ok(Blob { bytes: Arc::clone(&self.template) }),
            _ => self.chart.read(path),
        }
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        let entry = |path: &str, kind| Entry { path: RepoPath::parse(path).unwrap(), kind };
        let mut entries = self.chart.list(folder);
        if folder.as_str() == "templates" {
            entries.push(entry(TEMPLATE, EntryKind::File));
        }
        entries
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        self.chart.kind(path)
    }
    fn all(&self) -> Vec<Entry> {
        self.chart.all()
    }
}

/// What a template prints, which may be any text: it is rendered as one scalar of an object.
fn printed(chart: &Arc<dyn Files>, row: &str) -> Result<String, String> {
    let template: Arc<[u8]> = row.as_bytes().into();
    let files: Arc<dyn Files> = Arc::new(WithTemplate { chart: Arc::clone(chart), template });
    let mut origins = Origins::default();
    let chart = Chart::load(Reader::new(&files), &RepoPath::root());
    let options = RenderOptions { kube_version: Some("v1.20.0".to_owned()), ..RenderOptions::default() };
    let rendered = render(Reader::new(&files), &chart, &options, &mut origins);
    let problems: Vec<String> = rendered
        .problems
        .iter()
        .map(|problem| format!("{}: {}", problem.kind, problem.message))
        .chain(rendered.not_rendered.iter().map(|item| format!("limit: {}", item.reason)))
        .collect();
    match rendered.objects.first().and_then(|object| object.root.find(&["v"]).present()) {
        Some(Node { value: Value::Scalar(scalar), .. }) => Ok(scalar.text.replace("<no value>", "")),
        _ => Err(problems.join("; ")),
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.push(match characters.next().unwrap() {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            other => out.push(other),
        }
    }
    out
}

#[test]
fn every_row_prints_what_helm_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let chart = support::Table::of_folder(&folder.join("chart"));
    let table = std::fs::read_to_string(folder.join("table.tsv")).unwrap();
    let mut wrong = String::new();
    let (mut rows, mut failed) = (0, 0);
    for line in table.lines() {
        let (template, wanted) = line.rsplit_once('\t').unwrap();
        let got = printed(&chart, &unescaped(template));
        rows += 1;
        let fits = match (wanted.strip_prefix('='), &got) {
            (Some(wanted), Ok(got)) => *got == unescaped(wanted),
            (None, Err(_)) => true,
            _ => false,
        };
        if !fits {
            failed += 1;
            writeln!(wrong, "{template}\n  helm {wanted:?}\n  here {got:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{failed} of {rows} rows:\n{wrong}");
}
