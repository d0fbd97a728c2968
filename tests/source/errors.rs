//! What cannot be opened says which path, why, and what to do.

use std::fs;
use std::path::Path;

use mlgitops::source::{Root, SourceError, Which, WorkTree};
use tempfile::TempDir;

use super::repository::{Repository, path, refused, write};

/// What is said, with the temporary folder as `ROOT`.
fn said(error: &SourceError, folder: &Path) -> (String, String) {
    let real = folder.canonicalize().unwrap();
    let scrub = |text: String| {
        text.replace(&real.to_string_lossy().into_owned(), "ROOT")
            .replace(&folder.to_string_lossy().into_owned(), "ROOT")
    };
    (scrub(error.to_string()), scrub(error.help()))
}

fn expect(error: &SourceError, folder: &Path, message: &str, help: &str) {
    assert_eq!(said(error, folder), (message.to_owned(), help.to_owned()));
}

#[test]
fn paths() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    write(folder, "file", "");
    let find = |path: &str| Root::find(&folder.join(path)).unwrap_err();
    expect(&find("none"), folder, "`ROOT/none` does not exist", "name a folder or a file that exists");
    expect(&find("file"), folder, "`ROOT/file` is not a folder", "name a folder, or a file in one");
    expect(
        &find("new\nline\u{202e}"),
        folder,
        "`ROOT/new\\u{a}line\\u{202e}` does not exist",
        "name a folder or a file that exists",
    );
    let of = Root::of(&folder.join("none/file.yaml")).unwrap_err();
    expect(&of, folder, "`ROOT/none/file.yaml` does not exist", "name a folder or a file that exists");
    assert_eq!(WorkTree::open(&folder.join("none")).err(), Some(find("none")));
}

#[test]
fn no_git() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), ".gitignore", "*.yaml\n");
    write(folder.path(), "a.yaml", "");
    let root = Root::find(folder.path()).unwrap();
    assert!(root.git().is_none());
    let cure = "leave out `--rev` and `--staged`, or run it in a clone";
    expect(
        &refused(&root, &Which::Rev("main".into())),
        folder.path(),
        "`ROOT` is in no Git repository, so revision main cannot be read",
        cure,
    );
    expect(
        &refused(&root, &Which::Staged),
        folder.path(),
        "`ROOT` is in no Git repository, so the index cannot be read",
        cure,
    );
}

#[test]
fn revisions() {
    let repository = Repository::unborn();
    repository.write("folder/a.yaml", "");
    let rev = |rev: &str| refused(&repository.root(), &Which::Rev(rev.into()));
    let folder = repository.at("");
    let unborn = "commit first, or leave out `--rev` to read the work tree";
    expect(&rev("HEAD"), &folder, "`ROOT` has no commit yet", unborn);
    repository.stage(&["folder/a.yaml"]);
    let commit = repository.commit();
    expect(
        &rev("none"),
        &folder,
        "`ROOT` has no revision `none`",
        "git fetch, or name one that `git log` shows",
    );
    expect(
        &rev("HEAD~1"),
        &folder,
        "`ROOT` has no revision `HEAD~1`",
        "git fetch, or name one that `git log` shows",
    );
    for odd in ["", "\0", "a..b", "@{", "\u{202e}"] {
        assert!(matches!(rev(odd), SourceError::UnknownRevision { .. }), "{odd:?}");
    }
    expect(
        &rev("HEAD:folder"),
        &folder,
        "`HEAD:folder` names no commit of `ROOT`: it is a tree",
        "name a branch, a tag or the id of a commit",
    );
    repository.git.remote("origin", "https://user:secret@example.com/x.git").unwrap();
    repository.git.reference("refs/remotes/origin/release", commit, true, "").unwrap();
    expect(&rev("release"), &folder, "`ROOT` has no revision `release`", "`origin/release` exists");
    fs::write(repository.at(".git/shallow"), format!("{commit}\n")).unwrap();
    expect(
        &rev("HEAD~1"),
        &folder,
        "`ROOT` has no revision `HEAD~1`; it is a shallow clone",
        "git fetch --unshallow; in actions/checkout, `fetch-depth: 0`",
    );
    let remotes = repository.root().git().unwrap().remotes.clone();
    assert_eq!(remotes.len(), 1);
    assert_eq!((remotes[0].name.as_str(), remotes[0].url.as_str()), ("origin", "https://example.com/x.git"));
}

#[test]
fn a_bare_repository_has_commits_only() {
    let repository = Repository::unborn();
    repository.write("a.yaml", "");
    repository.stage(&["a.yaml"]);
    repository.commit();
    let bare = TempDir::new().unwrap();
    git2::build::RepoBuilder::new()
        .bare(true)
        .clone(repository.at("").to_str().unwrap(), bare.path())
        .unwrap();
    let root = Root::find(bare.path()).unwrap();
    assert_eq!(root.git().unwrap().prefix, path(""));
    let message = "`ROOT` is a bare repository: it has neither work tree nor index";
    for which in [Which::WorkTree, Which::Staged] {
        expect(&refused(&root, &which), bare.path(), message, "name a commit: `--rev HEAD`");
    }
    let files = mlgitops::source::open(&root, &Which::Rev("HEAD".into())).unwrap();
    assert_eq!(super::repository::all(&files), ["a.yaml"]);
}

#[test]
fn a_broken_repository() {
    let repository = Repository::unborn();
    fs::write(repository.at(".git/index"), "no index").unwrap();
    for which in [Which::WorkTree, Which::Staged] {
        let error = refused(&repository.root(), &which);
        assert!(matches!(error, SourceError::Index { .. }), "{error:?}");
    }
    let astray = TempDir::new().unwrap();
    write(astray.path(), ".git", "gitdir: /nowhere/.git/worktrees/x\n");
    let error = Root::find(astray.path()).unwrap_err();
    let message =
        "the Git repository of `ROOT` cannot be read: `ROOT/.git` names a repository that is not there";
    expect(&error, astray.path(), message, "git fsck shows what is broken");
}

#[test]
fn the_root_of_an_argument() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    write(&folder, "plain/deep/a.yaml", "");
    write(&folder, "plain/deep/b.yaml", "");
    write(&folder, "configured/mlgitops.yaml", "");
    write(&folder, "configured/deep/er/a.yaml", "");
    git2::Repository::init(folder.join("git")).unwrap();
    write(&folder, "git/deep/a.yaml", "");
    write(&folder, "git/configured/mlgitops.yaml", "");
    write(&folder, "git/configured/x/a.yaml", "");
    std::os::unix::fs::symlink("/etc/passwd", folder.join("git/deep/link.yaml")).unwrap();
    let table = [
        ("plain", "plain", None),
        ("configured/deep", "configured/deep", None),
        ("plain/deep/a.yaml", "plain/deep", Some("a.yaml")),
        ("configured/deep/er/a.yaml", "configured", Some("deep/er/a.yaml")),
        ("configured/mlgitops.yaml", "configured", Some("mlgitops.yaml")),
        ("git/deep/a.yaml", "git", Some("deep/a.yaml")),
        ("git/deep/../deep/a.yaml", "git", Some("deep/a.yaml")),
        ("git/deep/link.yaml", "git", Some("deep/link.yaml")),
        ("git/configured/x/a.yaml", "git/configured", Some("x/a.yaml")),
    ];
    for (argument, root, file) in table {
        let (found, named) = Root::of(&folder.join(argument)).unwrap();
        assert_eq!(found.folder(), folder.join(root), "{argument}");
        assert_eq!(named, file.map(path), "{argument}");
    }
}
