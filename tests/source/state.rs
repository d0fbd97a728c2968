//! What each state of a repository holds: tracked, ignored, staged, deleted, left out.

use std::collections::BTreeSet;
use std::fs;

use mlgitops::source::{Commit, Memory, Root, Which, open};
use mlgitops_files::{EntryKind, Files, Looked, ReadError, Traced};
use tempfile::TempDir;

use super::repository::{Repository, all, path, read, write};

#[test]
fn tracked_files_and_untracked_ones_that_are_not_ignored() {
    let repository = Repository::unborn();
    repository.write(".gitignore", "*.log\nout/\n");
    repository.write("kept/.gitignore", "!*.log\nlocal.yaml\n");
    repository.write(".git/info/exclude", "private.yaml\n");
    repository.write("tracked.yaml", "");
    repository.write("deleted.yaml", "");
    repository.write("out/tracked.yaml", "");
    repository.stage(&["tracked.yaml", "deleted.yaml", "out/tracked.yaml"]);
    repository.commit();
    fs::remove_file(repository.at("deleted.yaml")).unwrap();
    repository.write("untracked.yaml", "");
    repository.write(".hidden/untracked.yaml", "");
    repository.write("x.log", "");
    repository.write("out/ignored.yaml", "");
    repository.write("kept/y.log", "");
    repository.write("kept/local.yaml", "");
    repository.write("private.yaml", "");
    // As `git ls-files -co --exclude-standard` says, without the deleted file.
    assert_eq!(
        all(&repository.work_tree()),
        [
            ".gitignore",
            ".hidden/untracked.yaml",
            "kept/.gitignore",
            "kept/y.log",
            "out/tracked.yaml",
            "tracked.yaml",
            "untracked.yaml"
        ]
    );
    assert_eq!(all(&repository.staged()), ["deleted.yaml", "out/tracked.yaml", "tracked.yaml"]);
    // A folder asked for by name is listed although it is ignored.
    let out = open(&Root::find(&repository.at("out")).unwrap(), &Which::WorkTree).unwrap();
    assert_eq!(all(&out), ["ignored.yaml", "tracked.yaml"]);
}

#[test]
fn without_git_nothing_is_ignored() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), ".gitignore", "*.yaml\n");
    write(folder.path(), "a.yaml", "");
    let files = open(&Root::find(folder.path()).unwrap(), &Which::WorkTree).unwrap();
    assert_eq!(all(&files), [".gitignore", "a.yaml"]);
}

#[test]
fn work_tree_index_and_commit_are_three_contents() {
    let repository = Repository::unborn();
    for text in ["committed", "staged"] {
        repository.write("a.yaml", text);
        repository.stage(&["a.yaml"]);
        if text == "committed" {
            repository.commit();
        }
    }
    repository.write("a.yaml", "on disk");
    assert_eq!(read(&repository.work_tree(), "a.yaml"), Ok(b"on disk".to_vec()));
    assert_eq!(read(&repository.staged(), "a.yaml"), Ok(b"staged".to_vec()));
    assert_eq!(read(&repository.head(), "a.yaml"), Ok(b"committed".to_vec()));
    let older = repository.git.head().unwrap().target().unwrap();
    repository.commit();
    let older = Commit::open(&repository.root(), &older.to_string()[..10]).unwrap();
    assert_eq!(older.id(), repository.git.revparse_single("HEAD~1").unwrap().id().to_string());
    assert_eq!(older.read(&path("a.yaml")).unwrap().bytes.as_ref(), b"committed");
    assert_eq!(read(&repository.head(), "a.yaml"), Ok(b"staged".to_vec()));
}

#[test]
fn before_the_first_commit_and_with_nothing_in_it() {
    let repository = Repository::unborn();
    assert_eq!(all(&repository.work_tree()), [""; 0]);
    assert_eq!(all(&repository.staged()), [""; 0]);
    repository.commit();
    assert_eq!(all(&repository.head()), [""; 0]);
    assert_eq!(repository.head().kind(&path("")), Some(EntryKind::Folder));
    repository.write("later/a.yaml", "");
    repository.stage(&["later/a.yaml"]);
    assert_eq!(all(&repository.work_tree()), ["later/a.yaml"]);
    assert_eq!(all(&repository.staged()), ["later/a.yaml"]);
    let later = Root::find(&repository.at("later")).unwrap();
    let at_head = open(&later, &Which::Rev("HEAD".into())).unwrap();
    assert_eq!(all(&at_head), [""; 0], "the folder is not in the commit yet");
}

#[test]
fn a_linked_work_tree_has_its_own_index_and_the_excludes_of_all() {
    let repository = Repository::unborn();
    repository.write("a.yaml", "main");
    repository.stage(&["a.yaml"]);
    repository.commit();
    repository.write(".git/info/exclude", "private.yaml\n");
    let folder = TempDir::new().unwrap();
    let linked = folder.path().join("linked");
    repository.git.worktree("linked", &linked, None).unwrap();
    write(&linked, "private.yaml", "");
    write(&linked, "deep/b.yaml", "");
    let root = Root::find(&linked.join("deep")).unwrap();
    assert_eq!(root.git().unwrap().prefix, path("deep"));
    let root = Root::find(&linked).unwrap();
    assert_eq!(all(&open(&root, &Which::WorkTree).unwrap()), ["a.yaml", "deep/b.yaml"]);
    assert_eq!(all(&open(&root, &Which::Staged).unwrap()), ["a.yaml"]);
    assert_eq!(all(&open(&root, &Which::Rev("main".into())).unwrap()), ["a.yaml"]);
}

#[test]
fn other_repositories_inside_are_named_not_entered() {
    let repository = Repository::unborn();
    repository.write("a.yaml", "");
    repository.stage(&["a.yaml"]);
    let commit = repository.commit();
    // A submodule that was not fetched is an empty folder; a clone that nobody added is one too.
    fs::create_dir(repository.at("vendor")).unwrap();
    repository.stage_entry("vendor", commit, 0o160_000, 0, 0);
    git2::Repository::init(repository.at("clone")).unwrap();
    repository.write("clone/b.yaml", "");
    let kinds = |files: &dyn Files| {
        files.all().into_iter().map(|entry| (entry.path.as_str().to_owned(), entry.kind)).collect::<Vec<_>>()
    };
    let file = ("a.yaml".to_owned(), EntryKind::File);
    let module = |name: &str| (name.to_owned(), EntryKind::Submodule);
    assert_eq!(kinds(&repository.work_tree()), [file.clone(), module("clone"), module("vendor")]);
    assert_eq!(kinds(&repository.staged()), [file, module("vendor")]);
    assert_eq!(read(&repository.staged(), "vendor/Chart.yaml"), Err(ReadError::Submodule));
    // What Git tracks below a folder is read, whatever the folder has become.
    repository.write("clone/tracked.yaml", "tracked");
    repository.stage_entry("clone/tracked.yaml", repository.blob("tracked"), 0o100_644, 0, 0);
    assert_eq!(all(&repository.work_tree()), ["a.yaml", "clone/tracked.yaml", "vendor"]);
}

#[test]
fn what_a_sparse_checkout_left_out_is_read_from_the_index() {
    const SKIP_WORKTREE: u16 = 1 << 14;
    const EXTENDED: u16 = 1 << 14;
    let repository = Repository::unborn();
    repository.write("here.yaml", "here");
    repository.stage(&["here.yaml"]);
    repository.stage_entry("prod/a.yaml", repository.blob("left out"), 0o100_644, EXTENDED, SKIP_WORKTREE);
    repository.stage_entry("prod/link", repository.blob("a.yaml"), 0o120_000, EXTENDED, SKIP_WORKTREE);
    let files = repository.work_tree();
    assert_eq!(all(&files), ["here.yaml", "prod/a.yaml", "prod/link"]);
    assert_eq!(read(&files, "prod/link"), Ok(b"left out".to_vec()));
    repository.write("prod/a.yaml", "back on disk");
    assert_eq!(read(&repository.work_tree(), "prod/a.yaml"), Ok(b"back on disk".to_vec()));
}

#[test]
fn the_index_is_what_a_commit_would_hold() {
    const INTENT_TO_ADD: u16 = 1 << 13;
    const EXTENDED: u16 = 1 << 14;
    let repository = Repository::unborn();
    let blob = repository.blob("x");
    repository.stage_entry("intended.yaml", blob, 0o100_644, EXTENDED, INTENT_TO_ADD);
    repository.stage_entry("conflict.yaml", blob, 0o100_644, 2 << 12, 0);
    repository.stage_entry("conflict.yaml", blob, 0o100_644, 3 << 12, 0);
    let files = repository.staged();
    assert_eq!(all(&files), ["conflict.yaml"]);
    let conflict = ReadError::Failed("it has a merge conflict in the index".into());
    assert_eq!(read(&files, "conflict.yaml"), Err(conflict));
}

#[test]
fn a_trace_holds_every_link_on_the_way() {
    let files = vec![("real/a.yaml".to_owned(), Vec::new())];
    let links = vec![("alias".to_owned(), "real".to_owned())];
    let traced = Traced::new(std::sync::Arc::new(Memory::with_links(files, links)));
    traced.read(&path("alias/a.yaml")).unwrap();
    traced.list(&path("real"));
    let expected = [
        Looked::Read(path("alias")),
        Looked::Read(path("alias/a.yaml")),
        Looked::Read(path("real/a.yaml")),
        Looked::Listed(path("real")),
    ];
    assert_eq!(traced.into_trace().0, BTreeSet::from(expected));
}
