//! What Flux leaves out of a repository before it builds anything: `.sourceignore` files, `spec.ignore` of
//! the GitRepository, and what is no manifest anyway (fluxcd/pkg v1.9 `sourceignore/sourceignore.go`).

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use mlgitops_files::RepoPath;
use mlgitops_yaml::Reader;

const FILE: &str = ".sourceignore";

/// Left out everywhere, unless a file or the GitRepository takes it in again.
const DEFAULTS: &str = ".git/\n.gitignore\n.gitmodules\n.gitattributes\n.github/\n.circleci/\n.travis.yml\n\
                        .gitlab-ci.yml\nappveyor.yml\n.drone.yml\ncloudbuild.yaml\ncodeship-services.yml\n\
                        codeship-steps.yml\n**/.goreleaser.yml\n**/.sops.yaml\n**/.flux.yaml\n";

/// Patterns that one file may have.
const PATTERNS: usize = 1_000;

/// The patterns that hold for what lies in a folder.
pub(super) struct SourceIgnore {
    /// Each with the folder its patterns begin at; the last that says something counts.
    lists: Vec<(RepoPath, Gitignore)>,
    /// Those of the GitRepository, which count over all files.
    own: Gitignore,
    /// The files that have more patterns than are read.
    pub(super) too_long: Vec<RepoPath>,
}

impl SourceIgnore {
    /// Reads the files of the folders above a folder, and its own.
    pub(super) fn around(reader: Reader<'_>, folder: &RepoPath, own: Option<&str>) -> Self {
        let mut ignore = Self {
            lists: vec![(RepoPath::root(), list(DEFAULTS))],
            own: own.map_or_else(Gitignore::empty, list),
            too_long: Vec::new(),
        };
        let mut above: Vec<RepoPath> =
            std::iter::successors(Some(folder.clone()), RepoPath::parent).collect();
        above.reverse();
        above.iter().for_each(|folder| ignore.enter(reader, folder));
        ignore
    }

    /// Adds what the file of a folder says.
    pub(super) fn enter(&mut self, reader: Reader<'_>, folder: &RepoPath) {
        let Ok(path) = folder.join(FILE) else { return };
        if reader.files().kind(&path).is_none() {
            return;
        }
        if let Ok(file) = reader.text(&path) {
            self.lists.push((folder.clone(), list(file.text())));
            if file.text().lines().count() > PATTERNS {
                self.too_long.push(path);
            }
        }
    }

    /// Whether something is left out.
    pub(super) fn leaves_out(&self, path: &RepoPath, is_folder: bool) -> bool {
        let mut is_out = false;
        let root = RepoPath::root();
        let all = self.lists.iter().map(|(folder, list)| (folder, list));
        for (folder, list) in all.chain([(&root, &self.own)]) {
            let Some(below) = path.below(folder).filter(|below| !below.is_empty()) else { continue };
            match list.matched_path_or_any_parents(below, is_folder) {
                Match::Ignore(_) => is_out = true,
                Match::Whitelist(_) => is_out = false,
                Match::None => {}
            }
        }
        is_out
    }
}

/// The patterns of a text; what is none is passed over.
fn list(text: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines().take(PATTERNS) {
        drop(builder.add_line(None, line));
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}
