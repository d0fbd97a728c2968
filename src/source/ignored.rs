//! What Git ignores: `.gitignore` files and `.git/info/exclude`, never the user's own excludes,
//! so that a laptop and a CI job see the same files.
//!
//! The files are read here and only their lines are given to the `ignore` crate: its own walk
//! follows a `.gitignore` that is a link, to `/dev/zero` if a pull request says so.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use mlgitops_files::limits;

/// The patterns in force in a folder: those of the folders above first.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignored(Arc<[Patterns]>);

/// The patterns of one file.
#[derive(Debug, Clone)]
struct Patterns {
    /// Bytes of the path of the folder they are relative to, with its `/`.
    base: usize,
    globs: Gitignore,
}

impl Ignored {
    /// Adds the patterns of a file that apply below `folder`, a path of the repository. A file
    /// that is missing, no regular file or too large adds none: more is read, never less.
    #[must_use]
    pub(super) fn and(self, file: &Path, folder: &str) -> Self {
        let Some(globs) = patterns(file) else { return self };
        let base = if folder.is_empty() { 0 } else { folder.len() + 1 };
        self.0.iter().cloned().chain([Patterns { base, globs }]).collect()
    }

    /// Whether Git ignores a path of the repository, no folder above it being ignored.
    pub(super) fn matches(&self, path: &str, is_folder: bool) -> bool {
        for patterns in self.0.iter().rev() {
            let Some(path) = path.get(patterns.base..) else { continue };
            match patterns.globs.matched(path, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}

impl FromIterator<Patterns> for Ignored {
    fn from_iter<I: IntoIterator<Item = Patterns>>(patterns: I) -> Self {
        Self(patterns.into_iter().collect())
    }
}

fn patterns(file: &Path) -> Option<Gitignore> {
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(file).ok()?.take(limits::IGNORE_BYTES + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > limits::IGNORE_BYTES {
        return None;
    }
    globs(&String::from_utf8_lossy(&bytes))
}

fn globs(text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
        if !matches!(line.trim_end(), "" | "!" | "/" | "!/") {
            // A pattern that cannot be read matches nothing, as in Git.
            let _ = builder.add_line(None, &literal_braces(line));
        }
    }
    builder.build().ok().filter(|globs| !globs.is_empty())
}

/// `{` and `,` mean themselves to Git, an alternative to the `ignore` crate.
fn literal_braces(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if !in_class => {
                out.push(letter);
                out.extend(letters.next());
                continue;
            }
            '[' if !in_class && letters.clone().skip(1).any(|later| later == ']') => {
                in_class = true;
                out.push(letter);
                // `]` right after `[`, `[!` or `[^` is a member of the class.
                if let Some(negation) = letters.next_if(|next| matches!(next, '!' | '^')) {
                    out.push(negation);
                }
                out.extend(letters.next_if_eq(&']'));
                continue;
            }
            ']' => in_class = false,
            '{' | '}' if !in_class => out.push('\\'),
            _ => {}
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row: the patterns, a path (a folder ends in `/`), and whether Git ignores it, by
    /// `git check-ignore` 2.39.
    #[test]
    fn patterns_mean_what_they_mean_to_git() {
        let table = [
            ("*.yaml", "a/b.yaml", true),
            ("*.yaml\n!keep.yaml", "a/keep.yaml", false),
            ("/top.yaml", "a/top.yaml", false),
            ("a/b", "a/b", true),
            ("a/b", "c/a/b", false),
            ("build/", "build", false),
            ("build/", "a/build/", true),
            ("a/**", "a/", false),
            ("a/**", "a/b", true),
            ("**/b", "a/x/b", true),
            ("a/**/b", "a/b", true),
            ("*.{yaml,yml}", "a.yaml", false),
            ("*.{yaml,yml}", "a.{yaml,yml}", true),
            ("[{]a", "{a", true),
            ("\\!a", "!a", true),
            ("\\#a", "#a", true),
            ("# a", "# a", false),
            ("a   ", "a", true),
            ("!", "a", false),
            ("/", "a/", false),
            ("a\r\nb\r\n", "a", true),
            ("\u{feff}a", "a", true),
            ("[", "[", false),
            ("a?c", "a/c", false),
            ("a*c", "a/c", false),
        ];
        for (text, path, expected) in table {
            let ignored: Ignored = globs(text).map(|globs| Patterns { base: 0, globs }).into_iter().collect();
            let is_folder = path.ends_with('/');
            assert_eq!(
                ignored.matches(path.trim_end_matches('/'), is_folder),
                expected,
                "{text:?} on {path:?}"
            );
        }
    }
}
