//! A finding in the words of miette: one diagnostic for the file to edit, one related diagnostic
//! for every other file, and one for every remark.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};
use mlgitops_yaml::SourceFile;

use crate::finding::{Label, Severity};

/// What is drawn as one block.
#[derive(Debug)]
pub(super) struct Drawn<'r> {
    /// The rule's id.
    pub(super) rule: &'static str,
    /// How loud it is.
    pub(super) severity: Severity,
    /// What will happen to whom.
    pub(super) message: String,
    /// What to type.
    pub(super) help: Option<String>,
    /// The files, the one to edit first, with their labels.
    files: Vec<Marked<'r>>,
    /// `note` and `also`.
    remarks: Vec<Remark>,
    /// The number of each file, by its path.
    numbers: BTreeMap<&'r str, usize>,
    /// What is marked already: file, start, end, text.
    said: BTreeSet<(usize, u32, u32, String)>,
}

/// The labels of one file.
#[derive(Debug)]
struct Marked<'r> {
    file: FileText<'r>,
    labels: Vec<LabeledSpan>,
}

/// A line of prose beneath a frame, under its word.
#[derive(Debug)]
struct Remark {
    /// `note`, `also`.
    word: &'static str,
    /// What it says.
    text: String,
}

impl<'r> Drawn<'r> {
    /// A block without labels.
    pub(super) fn new(rule: &'static str, severity: Severity, message: String) -> Self {
        Self {
            rule,
            severity,
            message,
            help: None,
            files: Vec::new(),
            remarks: Vec::new(),
            numbers: BTreeMap::new(),
            said: BTreeSet::new(),
        }
    }

    /// Adds a line of prose, if there is one.
    pub(super) fn remark(&mut self, word: &'static str, text: Option<String>) {
        self.remarks.extend(text.map(|text| Remark { word, text }));
    }

    /// Adds a label, under its file. One that says what is said there already is left out.
    pub(super) fn mark(&mut self, label: &'r Label, text: &str, primary: bool) {
        let Label { location, .. } = label;
        let new = self.files.len();
        let file = *self.numbers.entry(location.path()).or_insert(new);
        if file == new {
            let file = FileText { file: &location.file, starred: None };
            self.files.push(Marked { file, labels: Vec::new() });
        }
        if let Some(marked) = self.files.get_mut(file).filter(|_| label.is_secret) {
            marked.file.hide(location.start..location.end);
        }
        if !self.said.insert((file, location.start, location.end, text.to_owned())) {
            return;
        }
        let span = SourceSpan::from(location.start as usize..location.end.max(location.start) as usize);
        let text = (!text.is_empty()).then(|| text.to_owned());
        let label = match primary {
            true => LabeledSpan::new_primary_with_span(text, span),
            false => LabeledSpan::new_with_span(text, span),
        };
        if let Some(marked) = self.files.get_mut(file) {
            marked.labels.push(label);
        }
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl Diagnostic for Drawn<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.rule))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.files.first().and_then(Marked::source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.files.first().and_then(Marked::labels)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        let files = self.files.iter().skip(1).map(|marked| marked as &dyn Diagnostic);
        Some(Box::new(files.chain(self.remarks.iter().map(|remark| remark as &dyn Diagnostic))))
    }
}

impl fmt::Display for Marked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.file.path())
    }
}

impl std::error::Error for Marked<'_> {}

impl Diagnostic for Marked<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Remark {}

impl Diagnostic for Remark {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.word))
    }
}

/// A file as miette reads it: by its line index, in O(log n), where miette's own sources scan from
/// the first byte.
#[derive(Debug, Clone)]
struct FileText<'r> {
    file: &'r SourceFile,
    /// The text with a star for each byte of a secret, where it holds one.
    starred: Option<Vec<u8>>,
}

impl FileText<'_> {
    /// Shows stars for some bytes, as many as there are.
    fn hide(&mut self, range: Range<u32>) {
        let starred = self.starred.get_or_insert_with(|| self.file.text().as_bytes().to_vec());
        let bytes = starred.get_mut(range.start as usize..range.end as usize);
        for byte in bytes.into_iter().flatten().filter(|byte| **byte != b'\n') {
            *byte = b'*';
        }
    }

    fn bytes(&self, range: Range<u32>) -> &[u8] {
        let plain = self.file.slice(range.clone()).as_bytes();
        let start = range.start as usize;
        let starred = self.starred.as_ref().and_then(|starred| starred.get(start..start + plain.len()));
        starred.unwrap_or(plain)
    }
}

impl SourceCode for FileText<'_> {
    /// As miette's own sources: without context exactly the span, with context whole lines.
    /// Columns count code points.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset().saturating_add(span.len());
        let (Ok(start), Ok(end)) = (u32::try_from(span.offset()), u32::try_from(end)) else {
            return Err(MietteError::OutOfBounds);
        };
        let file = self.file;
        let (first, last) = (file.position(start), file.position(end));
        let line = first.line.saturating_sub(u32::try_from(before).unwrap_or(u32::MAX)).max(1);
        let last = last.line.saturating_add(u32::try_from(after).unwrap_or(u32::MAX)).min(file.line_count());
        let (start, column) = match before {
            0 => (start, first.column - 1),
            _ => (file.line_range(line).start, 0),
        };
        let end = if after == 0 { end } else { file.line_range(last).end };
        let data = self.bytes(start..end);
        Ok(Box::new(MietteSpanContents::new_named(
            file.path().to_string(),
            data,
            SourceSpan::from((start as usize, data.len())),
            line as usize - 1,
            column as usize,
            (last.max(line) - line) as usize + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        file: &SourceFile,
        span: std::ops::Range<usize>,
        context: usize,
    ) -> (String, usize, usize, usize) {
        let text = FileText { file, starred: None };
        let contents = text.read_span(&span.into(), context, context).unwrap();
        let data = String::from_utf8(contents.data().to_vec()).unwrap();
        (data, contents.line(), contents.column(), contents.line_count())
    }

    #[test]
    fn a_source_is_read_as_miette_reads_one() {
        let file = SourceFile::of_text("a.yaml", "één: 1\r\ntwo: 2\nthree: 3\n");
        let two = file.text().find('2').unwrap();
        assert_eq!(read(&file, two..two + 1, 0), ("2".to_owned(), 1, 5, 1));
        assert_eq!(read(&file, two..two + 1, 1), ("één: 1\r\ntwo: 2\nthree: 3".to_owned(), 0, 0, 3));
        assert_eq!(read(&file, 5..two + 1, 0), (": 1\r\ntwo: 2".to_owned(), 0, 3, 2));
        let own = file.text().to_string();
        let theirs = SourceCode::read_span(&own, &(two, 1).into(), 0, 0).unwrap();
        assert_eq!((theirs.line(), theirs.data()), (1, &b"2"[..]));
    }

    #[test]
    fn a_span_past_the_end_is_clamped() {
        let file = SourceFile::of_text("a.yaml", "a: 1");
        assert_eq!(read(&file, 2..900, 1), ("a: 1".to_owned(), 0, 0, 1));
        assert_eq!(read(&file, 900..901, 0).0, "");
    }
}
