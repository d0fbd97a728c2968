//! Draws one diagnostic: what happens, one frame for all files, why, and what to type.

use std::fmt::{self, Write as _};

use anstyle::{AnsiColor, Style as Paint};
use miette::{Diagnostic, ReportHandler, Severity};

use super::Style;
use super::display::{cut, cut_front, shown, width, wrap};
use super::excerpt::Mark;

/// Lines of one diagnostic. What needs more is two findings, or a page of `mlgitops explain`.
const LINES: usize = 14;
/// Lines of what happens.
const HEADER: usize = 3;
/// Lines of a frame that prose leaves to it: two files with a mark each, and the end.
const FRAME: usize = 7;
/// Columns before the prose of a remark, `  note: `, and before every further line.
const HANGING: usize = 8;

/// Prints a diagnostic as voice.md shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameHandler {
    /// Colour and width.
    pub(super) style: Style,
}

impl ReportHandler for FrameHandler {
    fn debug(&self, error: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = self.header(error);
        let mut prose = prose(error, self.style.width);
        let mut marks = Vec::new();
        collect(error, 0, &mut marks);
        for (file, other) in error.related().into_iter().flatten().enumerate() {
            collect(other, file + 1, &mut marks);
        }
        let ink = Ink { color: self.style.color, severity: error.severity().unwrap_or(Severity::Error) };
        let frame = Frame { marks: &marks, width: self.style.width, ink };
        shorten(&mut prose, LINES.saturating_sub(header.len() + frame.least()), self.style.width);
        let taken = header.len() + prose.iter().map(|part| part.lines.len()).sum::<usize>();
        for line in header {
            writeln!(f, "{line}")?;
        }
        if !marks.is_empty() {
            f.write_str(&frame.draw(LINES.saturating_sub(taken)))?;
        }
        prose.iter().try_for_each(|part| part.write(ink, f))
    }
}

impl FrameHandler {
    /// `error[rule]: what happens`.
    fn header(&self, error: &dyn Diagnostic) -> Vec<String> {
        let severity = error.severity().unwrap_or(Severity::Error);
        let ink = Ink { color: self.style.color, severity };
        let code = error.code().map(|code| format!("[{}]", shown(&code.to_string()))).unwrap_or_default();
        let word = format!("{}{code}:", word(severity));
        let message = shown(&error.to_string());
        let rest = self.style.width.saturating_sub(HANGING);
        let mut lines = wrap(&format!("{word} {message}"), self.style.width, rest);
        truncate(&mut lines, HEADER, rest);
        for (index, line) in lines.iter_mut().enumerate() {
            *line = match line.strip_prefix(&word) {
                Some(rest) if index == 0 => {
                    format!("{}{}", ink.paint(ink.loud(), &word), ink.paint(BOLD, rest))
                }
                _ => format!("{:HANGING$}{}", "", ink.paint(BOLD, line)),
            };
        }
        lines
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Advice => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// The marks of the labels of one file; where a span is not in its source there is none.
fn collect(diagnostic: &dyn Diagnostic, file: usize, marks: &mut Vec<Mark>) {
    let (Some(source), Some(labels)) = (diagnostic.source_code(), diagnostic.labels()) else { return };
    marks.extend(labels.filter_map(|label| Mark::read(source, &label, file)));
}

/// One remark in lines.
struct Prose {
    word: String,
    lines: Vec<String>,
}

impl Prose {
    fn new(word: &str, text: &str, columns: usize) -> Self {
        let columns = columns.saturating_sub(HANGING);
        Self { word: word.to_owned(), lines: wrap(text, columns, columns) }
    }

    fn write(&self, ink: Ink, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines.iter().enumerate() {
            match index {
                0 => writeln!(f, "  {}: {line}", ink.paint(QUIET.bold(), &self.word))?,
                _ => writeln!(f, "{:HANGING$}{line}", "")?,
            }
        }
        Ok(())
    }
}

/// Remarks are the related diagnostics that mark nothing; help comes last.
fn prose(error: &dyn Diagnostic, columns: usize) -> Vec<Prose> {
    let remarks = error.related().into_iter().flatten().filter(|other| other.source_code().is_none());
    let mut all: Vec<Prose> = remarks
        .filter_map(|remark| Some(Prose::new(&remark.code()?.to_string(), &remark.to_string(), columns)))
        .collect();
    all.extend(error.help().map(|help| Prose::new("help", &help.to_string(), columns)));
    all
}

/// Takes lines from the longest part, help last, until everything fits.
fn shorten(prose: &mut [Prose], room: usize, columns: usize) {
    while prose.iter().map(|part| part.lines.len()).sum::<usize>() > room {
        let longest = prose.iter_mut().rev().max_by_key(|part| (part.lines.len(), part.word != "help"));
        match longest {
            Some(part) if part.lines.len() > 1 => {
                let keep = part.lines.len() - 1;
                truncate(&mut part.lines, keep, columns.saturating_sub(HANGING));
            }
            _ => return,
        }
    }
}

/// Drops lines behind the first `keep` and says so.
fn truncate(lines: &mut Vec<String>, keep: usize, columns: usize) {
    if lines.len() <= keep {
        return;
    }
    lines.truncate(keep);
    if let Some(last) = lines.last_mut()
        && !last.ends_with('…')
    {
        *last = format!("{} …", cut(last, columns.saturating_sub(2)).trim_end_matches('…'));
    }
}

/// Colours, where there are any.
#[derive(Debug, Clone, Copy)]
struct Ink {
    color: bool,
    severity: Severity,
}

const BOLD: Paint = Paint::new().bold();
const QUIET: Paint = AnsiColor::Cyan.on_default();

impl Ink {
    fn loud(self) -> Paint {
        let color = match self.severity {
            Severity::Advice => AnsiColor::Blue,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Error => AnsiColor::Red,
        };
        color.on_default().bold()
    }

    fn paint(self, paint: Paint, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{paint}{text}{paint:#}") } else { text.to_owned() }
    }
}

/// One line of a frame.
enum Row {
    /// The head of a file: its first mark, as `path:line:column`.
    File { path: String, at: String },
    /// A line of it.
    Line { number: usize, text: String },
    /// A mark beneath the line, with its text.
    Under { indent: usize, columns: usize, text: String, primary: bool },
    /// Lines left out.
    Gap,
}

struct Frame<'m> {
    marks: &'m [Mark],
    width: usize,
    ink: Ink,
}

impl Frame<'_> {
    /// Lines that prose leaves to the frame: all it needs up to [`FRAME`], and never fewer than its
    /// first mark takes.
    fn least(&self) -> usize {
        let lines = |count: usize| {
            let marks = self.marks.get(..count).unwrap_or(self.marks);
            if marks.is_empty() { 0 } else { rows(marks, self.width, gutter(marks)).len() + 1 }
        };
        lines(LINES).min(FRAME).max(lines(1))
    }

    /// The frame with as many marks, the first ones first, as fit into `room` lines.
    fn draw(&self, room: usize) -> String {
        let mut count = self.marks.len().min(room);
        let rows = loop {
            let kept = self.marks.get(..count).unwrap_or(self.marks);
            let rows = rows(kept, self.width, gutter(kept));
            if rows.len() < room || count <= 1 {
                break rows;
            }
            count -= 1;
        };
        let gutter = gutter(self.marks.get(..count).unwrap_or(self.marks));
        let mut out = String::new();
        let mut opened = false;
        for row in &rows {
            let edge = if opened { "├─" } else { "╭─" };
            opened = true;
            let _ = writeln!(out, "{}", self.row(row, gutter, edge));
        }
        let more = match self.marks.len() - count {
            0 => String::new(),
            1 => " … and 1 more place".to_owned(),
            more => format!(" … and {more} more places"),
        };
        let _ = writeln!(out, "{:gutter$}  {}{more}", "", self.ink.paint(QUIET, "╰─"));
        out
    }

    fn row(&self, row: &Row, gutter: usize, edge: &str) -> String {
        let ink = self.ink;
        match row {
            Row::File { path, at } => {
                let room = self.width.saturating_sub(gutter + width(at) + 7);
                format!(
                    "{:gutter$}  {}{}:{at}]",
                    "",
                    ink.paint(QUIET, &format!("{edge}[")),
                    cut_front(path, room)
                )
            }
            Row::Line { number, text } => {
                let head = format!(" {number:>gutter$} │");
                format!("{} {text}", ink.paint(QUIET, &head)).trim_end().to_owned()
            }
            Row::Under { indent, columns, text, primary } => {
                let (sign, paint) = if *primary { ("^", ink.loud()) } else { ("-", QUIET) };
                let marked = format!("{} {text}", sign.repeat(*columns));
                let marked = ink.paint(paint, marked.trim());
                format!("{:gutter$}  {} {:indent$}{marked}", "", ink.paint(QUIET, "·"), "")
            }
            Row::Gap => format!("{:gutter$}  {}", "", ink.paint(QUIET, "⋮")),
        }
    }
}

/// Columns of the largest line number.
fn gutter(marks: &[Mark]) -> usize {
    marks.iter().map(|mark| mark.last_line().to_string().len()).max().unwrap_or(1)
}

fn rows(marks: &[Mark], width: usize, gutter: usize) -> Vec<Row> {
    let columns = width.saturating_sub(gutter + 4);
    let mut rows = Vec::new();
    let mut left = marks;
    while let Some(first) = left.first() {
        let (file, rest) = left.split_at(left.iter().take_while(|mark| mark.file == first.file).count());
        left = rest;
        rows.push(Row::File { path: first.path.clone(), at: format!("{}:{}", first.line, first.column) });
        let mut sorted: Vec<&Mark> = file.iter().collect();
        sorted.sort_by_key(|mark| (mark.line, !mark.is_context(), mark.column, !mark.primary));
        push_file(&sorted, columns, &mut rows);
    }
    rows
}

fn push_file(marks: &[&Mark], columns: usize, rows: &mut Vec<Row>) {
    let mut last: Option<usize> = None;
    for (index, mark) in marks.iter().enumerate() {
        let line = mark.excerpt.window(columns);
        let is_shown = last.is_some_and(|last| mark.line <= last);
        if last.is_some_and(|last| mark.line > last + 1) {
            rows.push(Row::Gap);
        }
        // A line too long to be seen whole is shown once for each mark, around the mark.
        if !is_shown || (!line.is_whole && !mark.is_context()) {
            rows.push(Row::Line { number: mark.line, text: line.text });
        }
        last = last.max(Some(mark.line));
        if mark.is_context() {
            continue;
        }
        push_under(mark, line.indent, line.columns, columns, rows);
        let next = marks.get(index + 1).is_some_and(|next| next.line <= mark.line + 1);
        if let Some(second) = mark.second_line.as_ref().filter(|_| !next) {
            rows.push(Row::Line { number: mark.line + 1, text: cut(second, columns) });
            last = Some(mark.line + 1);
        }
    }
}

/// The mark and its text behind it; beneath it where it does not fit.
fn push_under(mark: &Mark, indent: usize, marked: usize, columns: usize, rows: &mut Vec<Row>) {
    let primary = mark.primary;
    let text = shown(&mark.text);
    if indent + marked + 1 + width(&text) <= columns {
        rows.push(Row::Under { indent, columns: marked, text, primary });
        return;
    }
    let text = cut(&mark.text, columns);
    let beneath = indent.min(columns.saturating_sub(width(&text)));
    rows.push(Row::Under { indent, columns: marked, text: String::new(), primary });
    rows.push(Row::Under { indent: beneath, columns: 0, text, primary });
}
