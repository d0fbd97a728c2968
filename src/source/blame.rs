//! Who last changed a line: Git's blame, for the lines as they are read now.

use std::path::Path;

use git2::BlameOptions;

use super::chain::About;
use super::root::Root;

/// The commit that last changed a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blamed {
    /// Its full id.
    pub id: String,
    /// Its committer date, seconds since 1970.
    pub time: i64,
    /// Who made it.
    pub about: About,
}

/// The commits that last changed some lines of a file, counted from 1: of its content now, seen from
/// HEAD. `None` for a line that is not committed, and where there is no Git.
#[must_use]
pub fn blame(root: &Root, path: &str, content: &[u8], lines: &[u32]) -> Vec<Option<Blamed>> {
    let nothing = || lines.iter().map(|_| None).collect();
    let Ok((repo, prefix)) = root.repo("blame") else { return nothing() };
    let git = repo.git();
    let whole = match prefix.as_str() {
        "" => path.to_owned(),
        prefix => format!("{prefix}/{path}"),
    };
    let mut options = BlameOptions::new();
    let Ok(committed) = git.blame_file(Path::new(&whole), Some(&mut options)) else { return nothing() };
    let Ok(now) = committed.blame_buffer(content) else { return nothing() };
    let blamed = |line: &u32| {
        let id = now.get_line(*line as usize)?.final_commit_id();
        let commit = git.find_commit(id).ok()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let message = text(commit.message_bytes());
        let subject = message.lines().next().unwrap_or("").trim().to_owned();
        let about = About { author: text(commit.author().name_bytes()), subject, message };
        Some(Blamed { id: id.to_string(), time: commit.time().seconds(), about })
    };
    lines.iter().map(blamed).collect()
}
