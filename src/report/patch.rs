//! What a fix changes, as a unified diff that `git apply` and `patch -p1` take.

use mlgitops_files::RepoPath;

use super::display::{harmless, shown};

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// How far lines that are the same again are looked for.
const LOOK_AHEAD: usize = 400;

/// The difference of two texts of one file; empty where there is none. With `for_people`, nothing
/// is printed that a terminal would act on.
#[must_use]
pub fn print(path: &RepoPath, before: &str, after: &str, for_people: bool) -> String {
    let (old, new) = (lines(before), lines(after));
    let changes = changes(&old, &new);
    if changes.is_empty() {
        return String::new();
    }
    let mut text = format!("--- {}\n+++ {}\n", quoted(&format!("a/{path}")), quoted(&format!("b/{path}")));
    for hunk in hunks(&changes) {
        text.push_str(&printed(hunk, &old, &new, for_people));
    }
    if for_people { harmless(&text) } else { text }
}

/// Lines that one text has in the place of lines of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    old: (usize, usize),
    new: (usize, usize),
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The changes, in order. After each difference the nearest lines are taken that are the same
/// again: what is made by hand or by a fix is small.
fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let (mut at, mut to) = (0, 0);
    let mut changes = Vec::new();
    while at < old.len() || to < new.len() {
        if at < old.len() && old.get(at) == new.get(to) {
            at += 1;
            to += 1;
            continue;
        }
        let (skipped, added) = apart(old.get(at..).unwrap_or(&[]), new.get(to..).unwrap_or(&[]));
        changes.push(Change { old: (at, at + skipped), new: (to, to + added) });
        at += skipped;
        to += added;
    }
    changes
}

/// How many lines of each differ before both go on alike.
fn apart(old: &[&str], new: &[&str]) -> (usize, usize) {
    let is_same = |at: usize, to: usize| {
        let pair = |more: usize| (old.get(at + more), new.get(to + more));
        let (first, second) = (pair(0), pair(1));
        first.0.is_some() && first.0 == first.1 && second.0 == second.1
    };
    for distance in 1..LOOK_AHEAD {
        let found = (0..=distance).find(|skipped| is_same(*skipped, distance - skipped));
        if let Some(skipped) = found {
            return (skipped, distance - skipped);
        }
    }
    (old.len(), new.len())
}

/// Changes that are printed together: their context touches.
fn hunks(changes: &[Change]) -> Vec<&[Change]> {
    changes.chunk_by(|a, b| b.old.0 - a.old.1 <= 2 * CONTEXT).collect()
}

fn printed(hunk: &[Change], old: &[&str], new: &[&str], for_people: bool) -> String {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return String::new() };
    let lead = first.old.0.min(CONTEXT);
    let tail = (old.len() - last.old.1).min(CONTEXT);
    let range = |from: usize, to: usize| match to - from {
        0 => format!("{from},0"),
        1 => format!("{}", from + 1),
        count => format!("{},{count}", from + 1),
    };
    let mut text = format!(
        "@@ -{} +{} @@\n",
        range(first.old.0 - lead, last.old.1 + tail),
        range(first.new.0 - lead, last.new.1 + tail)
    );
    let mut line = |mark: char, content: &str| {
        let body = content.strip_suffix('\n');
        let plain = body.unwrap_or(content);
        let plain =
            if for_people { shown(plain.strip_suffix('\r').unwrap_or(plain)) } else { plain.to_owned() };
        text.push_str(&format!("{mark}{plain}\n"));
        if body.is_none() {
            text.push_str("\\ No newline at end of file\n");
        }
    };
    let part = |lines: &[&str], from: usize, to: usize| -> Vec<String> {
        lines.get(from..to).unwrap_or(&[]).iter().map(|line| (*line).to_owned()).collect()
    };
    let mut at = first.old.0 - lead;
    for change in hunk {
        part(old, at, change.old.0).iter().for_each(|content| line(' ', content));
        part(old, change.old.0, change.old.1).iter().for_each(|content| line('-', content));
        part(new, change.new.0, change.new.1).iter().for_each(|content| line('+', content));
        at = change.old.1;
    }
    part(old, at, at + tail).iter().for_each(|content| line(' ', content));
    text
}

/// A path as Git writes it: in quotes, with escapes, where it holds what is no plain character.
fn quoted(path: &str) -> String {
    if !path.chars().any(|c| c.is_control() || c == '"' || c == '\\' || !c.is_ascii()) {
        return path.to_owned();
    }
    let mut text = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b' '..=b'~' => text.push(char::from(byte)),
            other => text.push_str(&format!("\\{other:03o}")),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: &str) -> String {
        print(&RepoPath::parse("a/x.yaml").unwrap(), before, after, false)
    }

    #[test]
    fn a_changed_line_stands_in_its_context() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let expected = "--- a/a/x.yaml\n+++ b/a/x.yaml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
        assert_eq!(diff(before, &before.replace('5', "five")), expected);
        assert_eq!(diff(before, before), "");
    }

    #[test]
    fn what_is_added_removed_and_without_a_last_line_break_is_shown() {
        assert_eq!(diff("a\n", "a\nb\n"), "--- a/a/x.yaml\n+++ b/a/x.yaml\n@@ -1 +1,2 @@\n a\n+b\n");
        assert_eq!(diff("a\nb\n", "b\n"), "--- a/a/x.yaml\n+++ b/a/x.yaml\n@@ -1,2 +1 @@\n-a\n b\n");
        let expected = "--- a/a/x.yaml\n+++ b/a/x.yaml\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n";
        assert_eq!(diff("a", "b"), expected);
    }

    #[test]
    fn a_name_is_quoted_as_git_does() {
        assert_eq!(quoted("a/x y.yaml"), "a/x y.yaml");
        assert_eq!(quoted("a/\"é\n"), "\"a/\\\"\\303\\251\\n\"");
    }

    #[test]
    fn nothing_reaches_a_terminal_that_it_acts_on() {
        let path = RepoPath::parse("x").unwrap();
        assert!(!print(&path, "a\n", "\u{1b}[31mb\n", true).contains('\u{1b}'));
        assert!(print(&path, "a\n", "\u{1b}[31mb\n", false).contains('\u{1b}'));
    }
}
