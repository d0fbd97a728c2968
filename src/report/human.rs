//! For people, at a terminal or in a log: a block for each finding, what was not checked, and one
//! line that says what was.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use miette::ReportHandler as _;

use super::block::{Block, blocks};
use super::diagnostic::Drawn;
use super::display::{shown, wrap};
use super::frame::FrameHandler;
use super::{Context, Style, summary};
use crate::Report;
use crate::finding::NotChecked;

/// Items of one code that are printed beside the required ones; the rest are counted.
const PER_CODE: usize = 20;
/// Columns before the text of an item: `not checked: `.
const HANGING: usize = 13;

/// The whole report as text.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let mut out = String::new();
    let blocks = blocks(&report.findings);
    let hidden = hidden(&blocks, context.style.per_rule);
    for (at, block) in blocks.iter().enumerate() {
        if !hidden.contains_key(&at) {
            let handler = FrameHandler { style: context.style };
            let _ = writeln!(out, "{}", Printed { drawn: block.diagnostic(), handler });
        }
    }
    let mut more: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, rule) in hidden {
        *more.entry(rule).or_default() += blocks.get(at).map_or(0, Block::len);
    }
    for (rule, count) in more {
        let _ = writeln!(out, "{count} more of {rule}: mlgitops lint --format json\n");
    }
    if let Some([reason, help]) = summary::nothing(report) {
        let _ = writeln!(out, "not checked: anything: {reason}\n       help: {help}\n");
    }
    not_checked(&mut out, &report.not_checked, context.style);
    if let Some(line) = summary::older(report.older.as_ref()) {
        let _ = writeln!(out, "{line}");
    }
    if let Some(line) = summary::fixable(&report.findings) {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "{}", summary::line(&report.summary));
    out
}

/// The blocks that are not printed, with their rules: of each rule the quietest and last ones.
fn hidden<'b>(blocks: &'b [Block<'_>], per_rule: usize) -> BTreeMap<usize, &'b str> {
    let mut loudest: Vec<(usize, &Block<'_>)> = blocks.iter().enumerate().collect();
    loudest.sort_by_key(|(_, block)| std::cmp::Reverse(block.severity()));
    let mut printed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut hidden = BTreeMap::new();
    for (at, block) in loudest {
        let rule = block.main.rule;
        let count = printed.entry(rule).or_default();
        if *count >= per_rule {
            hidden.insert(at, rule);
        } else {
            *count += block.len();
        }
    }
    hidden
}

/// A diagnostic as the frame prints it.
struct Printed<'r> {
    drawn: Drawn<'r>,
    handler: FrameHandler,
}

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handler.debug(&self.drawn, f)
    }
}

/// What was not checked: what fails the run first, and in full.
fn not_checked(out: &mut String, items: &[NotChecked], style: Style) {
    let (required, listed): (Vec<&NotChecked>, Vec<&NotChecked>) =
        items.iter().partition(|item| item.required);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for item in &required {
        write_item(out, item, style);
    }
    for item in &listed {
        let count = counts.entry(item.code.word()).or_default();
        *count += 1;
        if *count <= PER_CODE {
            write_item(out, item, style);
        }
    }
    for (code, count) in counts.into_iter().filter(|(_, count)| *count > PER_CODE) {
        let more = count - PER_CODE;
        let _ = writeln!(out, "not checked: {more} more ({code}): mlgitops lint --format json");
    }
    if !items.is_empty() {
        out.push('\n');
    }
}

fn write_item(out: &mut String, item: &NotChecked, style: Style) {
    let at = item.location.as_ref().filter(|at| !item.what.contains(at.path()));
    let at = at.map(|at| format!(" ({}:{})", at.path(), at.position().line)).unwrap_or_default();
    let text = format!("{}{}: {}", shown(&item.what), shown(&at), item.reason);
    let mut write = |word: &str, text: &str| {
        let columns = style.width.saturating_sub(HANGING);
        for (index, line) in wrap(text, columns, columns).iter().enumerate() {
            let word = if index == 0 { format!("{word}: ") } else { String::new() };
            let _ = writeln!(out, "{}", format!("{word:>HANGING$}{line}").trim_end());
        }
    };
    write("not checked", &text);
    if let Some(help) = &item.help {
        write("help", help);
    }
}
