//! What Git ignores: `.gitignore` files and `.git/info/exclude`, never the user's own excludes,
//! so that a laptop and a CI job see the same files.
//!
//! The files are read here and only their lines are given to the `ignore` crate: its own walk
//! follows a `.gitignore` that is a link, to `/dev/zero` if a pull request says so.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use mlgitops_files::{EntryKind, Files, RepoPath, limits};

/// The patterns in force in a folder: those of the folders above first.
#[derive(Debug, Clone, Default)]
pub(super) struct Ignored(Arc<[Patterns]>);

/// The patterns of one file.
#[derive(Debug, Clone)]
struct Patterns {
    /// Bytes of the path of the folder they are relative to, with its `/`.
    base: usize,
    globs: Arc<Gitignore>,
}

impl Ignored {
    /// Adds the patterns of a file that apply below `folder`, a path of the repository. A file
    /// that is missing, no regular file or too large adds none: more is read, never less.
    #[must_use]
    pub(super) fn and(self, file: &Path, folder: &str) -> Self {
        self.with(patterns(file), folder)
    }

    fn with(self, globs: Option<Gitignore>, folder: &str) -> Self {
        let Some(globs) = globs else { return self };
        let base = if folder.is_empty() { 0 } else { folder.len() + 1 };
        Self(self.0.iter().cloned().chain([Patterns { base, globs: Arc::new(globs) }]).collect())
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

/// The `.gitignore` files of a tree, each read once: what they say of paths at which nothing stands.
pub(crate) struct IgnoreFiles<'f> {
    files: &'f dyn Files,
    known: BTreeMap<RepoPath, Ignored>,
}

impl<'f> IgnoreFiles<'f> {
    /// Those of a tree; none is read yet.
    pub(crate) fn of(files: &'f dyn Files) -> Self {
        Self { files, known: BTreeMap::new() }
    }

    /// Whether Git ignores what would stand at a path, a file or a folder.
    pub(crate) fn ignores(&mut self, path: &RepoPath) -> bool {
        let mut at = RepoPath::root();
        let mut ignored = Ignored::default();
        let mut segments = path.segments().peekable();
        while let Some(segment) = segments.next() {
            ignored = match self.known.get(&at) {
                Some(known) => known.clone(),
                None => self.read(&at, ignored),
            };
            let Ok(next) = at.join(segment) else { return false };
            at = next;
            let may_be_file = segments.peek().is_none();
            if ignored.matches(at.as_str(), true) || may_be_file && ignored.matches(at.as_str(), false) {
                return true;
            }
        }
        false
    }

    /// With the patterns of one folder. Git follows no link at `.gitignore`.
    fn read(&mut self, folder: &RepoPath, above: Ignored) -> Ignored {
        let own = folder.join(".gitignore").ok();
        let own = own.filter(|path| self.files.kind(path) == Some(EntryKind::File));
        let bytes = own.and_then(|path| self.files.read(&path).ok()).map(|blob| blob.bytes);
        let bytes = bytes.filter(|bytes| bytes.len() as u64 <= limits::IGNORE_BYTES);
        let globs = bytes.and_then(|bytes| globs(&String::from_utf8_lossy(&bytes)));
        let ignored = above.with(globs, folder.as_str());
        self.known.insert(folder.clone(), ignored.clone());
        ignored
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
            let ignored: Ignored = Ignored::default().with(globs(text), "");
            let is_folder = path.ends_with('/');
            assert_eq!(
                ignored.matches(path.trim_end_matches('/'), is_folder),
                expected,
                "{text:?} on {path:?}"
            );
        }
    }

    #[test]
    fn what_the_files_of_a_tree_say_of_a_path_without_a_file() {
        let files = [
            (".gitignore", "config/dev/*_patch.yaml\nout/\n*.env\n"),
            ("config/.gitignore", "!keep.env\n/local.yaml\n"),
            ("config/dev/kustomization.yaml", "resources: []\n"),
        ];
        let owned = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let memory = crate::source::Memory::new(owned.into_iter().collect());
        let mut ignored = IgnoreFiles::of(&memory);
        for (path, expected) in [
            ("config/dev/image_patch.yaml", true),
            ("config/prod/image_patch.yaml", false),
            ("config/dev/more/image_patch.yaml", false),
            ("config/out", true),
            ("config/out/deep/a.yaml", true),
            ("a/.env", true),
            ("config/keep.env", false),
            ("config/dev/keep.env", false),
            ("keep.env", true),
            ("config/local.yaml", true),
            ("local.yaml", false),
            ("config/dev/local.yaml", false),
            ("", false),
        ] {
            let path = RepoPath::parse(path).unwrap();
            assert_eq!(ignored.ignores(&path), expected, "{path}");
        }
    }
}
