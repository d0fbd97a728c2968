//! Waivers in comments: `# mlgitops: allow RULE until 2027-01-31 -- reason`.
//!
//! Read from the lines of a file, not from its tree: a template is no YAML yet, and a comment
//! inside inline values is as good as any other.

use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use mlgitops_yaml::{Role, SourceFile};

use super::nearest::nearest;
use super::scalar::{Form, date, shown};
use super::{ConfigError, Stated, Waiver};
use crate::finding::Location;

/// What makes a comment ours.
const MARK: &str = "mlgitops:";

/// The waivers in the comments of files.
#[derive(Debug, Clone, Default)]
pub struct CommentWaivers {
    /// The waivers.
    pub waivers: Vec<Waiver>,
    /// Comments that look like one and cannot be read.
    pub malformed: Vec<ConfigError>,
}

/// The waivers in the comments of one file, in its order.
///
/// A comment behind something covers its line; one on a line of its own covers the next line that
/// holds content, too.
#[must_use]
pub fn comment_waivers(file: &Arc<SourceFile>) -> CommentWaivers {
    let mut found = CommentWaivers::default();
    let text = file.text();
    let mut next_line = 0;
    for at in memmem::find_iter(text.as_bytes(), MARK) {
        // Every offset of a file fits: it has at most 16 MiB.
        let line = file.position(u32::try_from(at).unwrap_or(u32::MAX)).line;
        if line < next_line {
            continue;
        }
        next_line = line + 1;
        let Some(comment) = Comment::find(file, line) else { continue };
        match comment.waiver(file) {
            Some(Ok(waiver)) => found.waivers.push(waiver),
            Some(Err(error)) => found.malformed.push(error),
            None => {}
        }
    }
    found
}

/// A comment that begins with the mark.
struct Comment<'f> {
    line: u32,
    /// From the opener to the end of the comment.
    range: Range<u32>,
    /// What follows the mark.
    body: &'f str,
    /// Where that begins in the file.
    start: u32,
    /// Whether nothing else stands on its line.
    alone: bool,
}

impl<'f> Comment<'f> {
    fn find(file: &'f SourceFile, line: u32) -> Option<Self> {
        let range = file.line_range(line);
        let text = file.line(line);
        let mark = text.find(MARK)?;
        let before = text.get(..mark)?.trim_end();
        let after = text.get(mark + MARK.len()..)?;
        let (opener, body, end) = if let Some(content) = before.strip_suffix("/*") {
            let opener = content.strip_suffix('-').unwrap_or(content).strip_suffix("{{")?;
            let body = after.split("*/").next().unwrap_or(after);
            let closed =
                after.get(body.len()..).and_then(|rest| rest.find("}}")).map(|at| body.len() + at + 2);
            (opener, body, mark + MARK.len() + closed.unwrap_or(body.len()))
        } else {
            let opener = before.strip_suffix('#')?;
            // Inside a word, a hash begins no comment.
            if !(opener.is_empty() || opener.ends_with([' ', '\t'])) {
                return None;
            }
            (opener, after, text.len())
        };
        let rest = text.get(end..).unwrap_or("").trim();
        let offset = |at: usize| range.start + u32::try_from(at).unwrap_or(0);
        Some(Self {
            line,
            range: offset(opener.len())..offset(end),
            body,
            start: offset(mark + MARK.len()),
            alone: opener.trim().is_empty() && (rest.is_empty() || rest.starts_with('#')),
        })
    }

    /// The waiver it states; `None` for a comment that only mentions the linter.
    fn waiver(&self, file: &Arc<SourceFile>) -> Option<Result<Waiver, ConfigError>> {
        let (terms, reason) = match self.body.split_once("--") {
            Some((terms, reason)) => (terms, reason.trim()),
            None => (self.body, ""),
        };
        let mut words = Words { comment: self, terms, at: 0 };
        let verb = words.next()?;
        if verb.text != "allow" {
            return is_meant_as_waiver(verb.text).then(|| {
                let message = format!("`{}` is no word of a waiver", shown(verb.text));
                Err(self.refuse(file, message, "write `# mlgitops: allow RULE until 2027-01-31 -- reason`"))
            });
        }
        Some(self.read(file, words, reason))
    }

    fn read(
        &self,
        file: &Arc<SourceFile>,
        mut words: Words<'_>,
        reason: &str,
    ) -> Result<Waiver, ConfigError> {
        let form = "write `# mlgitops: allow RULE until 2027-01-31 -- reason`";
        let Some(rule) = words.next() else {
            return Err(self.refuse(file, "this waiver names no rule".to_owned(), form));
        };
        let until = match words.next() {
            None => None,
            Some(word) if word.text == "until" => Some(self.until(file, words.next())?),
            Some(word) => {
                let message = format!("`{}` is no part of a waiver", shown(word.text));
                let help = "one rule a comment; the reason stands behind `--`";
                return Err(self.refuse(file, message, help));
            }
        };
        if let Some(word) = words.next() {
            let message = format!("`{}` is no part of a waiver", shown(word.text));
            return Err(self.refuse(file, message, "the reason stands behind `--`"));
        }
        Ok(Waiver {
            rule: Stated { value: rule.text.to_owned(), location: rule.location(file) },
            object: None,
            environment: None,
            reason: reason.to_owned(),
            owner: None,
            ticket: None,
            folder: None,
            until,
            location: Location::new(file, self.range.clone(), Role::Source),
            lines: Some(self.line..=self.last_line(file)),
        })
    }

    fn until(
        &self,
        file: &Arc<SourceFile>,
        word: Option<Word<'_>>,
    ) -> Result<Stated<jiff::civil::Date>, ConfigError> {
        let Some(word) = word else {
            return Err(self.refuse(file, "`until` names no day".to_owned(), &Form::Date.written()));
        };
        match date(word.text) {
            Some(value) => Ok(Stated { value, location: word.location(file) }),
            None => Err(ConfigError {
                message: format!("`until` takes a day, not `{}`", shown(word.text)),
                help: Some(Form::Date.written()),
                location: word.location(file),
            }),
        }
    }

    fn refuse(&self, file: &Arc<SourceFile>, message: String, help: &str) -> ConfigError {
        let location = Location::new(file, self.range.clone(), Role::Source);
        ConfigError { message, help: Some(help.to_owned()), location }
    }

    /// The last line it covers: its own, or the next one with content if it stands alone.
    fn last_line(&self, file: &SourceFile) -> u32 {
        if !self.alone {
            return self.line;
        }
        let rest = file.text().get(file.line_range(self.line).end as usize..).unwrap_or("");
        let skipped = rest.split('\n').skip(1).position(|line| !is_blank_or_comment(line));
        // A file has fewer lines than bytes, and those fit.
        skipped.map_or(self.line, |skipped| self.line + 1 + u32::try_from(skipped).unwrap_or(0))
    }
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim();
    let template = line.strip_prefix("{{").map(|rest| rest.strip_prefix('-').unwrap_or(rest).trim_start());
    line.is_empty()
        || line.starts_with('#')
        || (template.is_some_and(|rest| rest.starts_with("/*")) && line.ends_with("}}"))
}

/// A mistyped `allow`, or the word of another linter: not what a remark begins with.
fn is_meant_as_waiver(word: &str) -> bool {
    let others = ["ignore", "disable", "skip", "waive", "off", "noqa", "allow:"];
    nearest(word, ["allow"]).is_some() || others.contains(&word.to_lowercase().as_str())
}

/// A word of a comment.
struct Word<'c> {
    text: &'c str,
    start: u32,
}

impl Word<'_> {
    fn location(&self, file: &Arc<SourceFile>) -> Location {
        let end = self.start + u32::try_from(self.text.len()).unwrap_or(0);
        Location::new(file, self.start..end, Role::Source)
    }
}

/// The words before the reason.
struct Words<'c> {
    comment: &'c Comment<'c>,
    terms: &'c str,
    at: usize,
}

impl<'c> Words<'c> {
    fn next(&mut self) -> Option<Word<'c>> {
        let rest = self.terms.get(self.at..)?;
        let skipped = rest.len() - rest.trim_start().len();
        let text = rest.split_whitespace().next()?;
        let start = self.at + skipped;
        self.at = start + text.len();
        Some(Word { text, start: self.comment.start + u32::try_from(start).unwrap_or(0) })
    }
}
