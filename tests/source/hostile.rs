//! Repositories that mean harm: nothing hangs, nothing outside is read, nothing passes unseen.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use mlgitops::source::{Memory, Root, SourceError, Which, open};
use mlgitops_files::{EntryKind, Files, ReadError, limits};
use tempfile::TempDir;

use super::repository::{Repository, all, path, read, refused};

/// Makes a named pipe; `false` where this machine has no `mkfifo`.
fn pipe(path: &Path) -> bool {
    Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success())
}

#[test]
fn pipes_and_sockets_are_never_opened() {
    let repository = Repository::unborn();
    repository.write("a.yaml", "a");
    let _listener = UnixListener::bind(repository.at("socket.yaml")).unwrap();
    let mut expected = vec!["a.yaml", "socket.yaml"];
    if pipe(&repository.at("pipe.yaml")) {
        expected.insert(1, "pipe.yaml");
    }
    let files = repository.work_tree();
    assert_eq!(all(&files), expected);
    assert_eq!(read(&files, "socket.yaml"), Err(ReadError::Irregular("a socket")));
    if expected.len() == 3 {
        assert_eq!(read(&files, "pipe.yaml"), Err(ReadError::Irregular("a named pipe")));
    }
}

#[test]
fn ignore_files_that_are_pipes_links_or_too_large_ignore_nothing() {
    let repository = Repository::unborn();
    for folder in ["pipe", "zero", "large", "binary"] {
        repository.write(&format!("{folder}/a.yaml"), "a");
    }
    let _made = pipe(&repository.at("pipe/.gitignore"));
    symlink("/dev/zero", repository.at("zero/.gitignore")).unwrap();
    let size = usize::try_from(limits::IGNORE_BYTES).unwrap();
    repository.write("large/.gitignore", "*.yaml\n".repeat(size / 7 + 1));
    repository.write("binary/.gitignore", [0xff, b'\n', b'[', b'\n', 0, b'\n', b'\\', b'\n']);
    let files = all(&repository.work_tree());
    for folder in ["pipe", "zero", "large", "binary"] {
        assert!(files.contains(&format!("{folder}/a.yaml")), "{files:?}");
    }
}

#[test]
fn a_folder_that_became_a_link_leads_nowhere() {
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("b.yaml"), "secret").unwrap();
    let repository = Repository::unborn();
    repository.write("a/b.yaml", "tracked");
    repository.stage(&["a/b.yaml"]);
    fs::remove_dir_all(repository.at("a")).unwrap();
    symlink(outside.path(), repository.at("a")).unwrap();
    let files = repository.work_tree();
    let target = outside.path().to_str().unwrap().to_owned();
    assert_eq!(all(&files), ["a"]);
    assert_eq!(files.kind(&path("a")), Some(EntryKind::Outside(target.clone())));
    assert_eq!(read(&files, "a/b.yaml"), Err(ReadError::Outside(target)));
}

#[test]
fn what_changes_after_it_was_listed_is_not_trusted() {
    let repository = Repository::unborn();
    for name in ["grows", "goes", "leads-out", "waits", "stays"] {
        repository.write(name, "small");
    }
    let files = repository.work_tree();
    fs::File::options()
        .write(true)
        .open(repository.at("grows"))
        .unwrap()
        .set_len(limits::FILE_BYTES + 5)
        .unwrap();
    fs::remove_file(repository.at("goes")).unwrap();
    fs::remove_file(repository.at("leads-out")).unwrap();
    symlink("/etc/passwd", repository.at("leads-out")).unwrap();
    fs::remove_file(repository.at("waits")).unwrap();
    let piped = pipe(&repository.at("waits"));
    assert_eq!(read(&files, "grows"), Err(ReadError::TooLarge(limits::FILE_BYTES + 5)));
    assert_eq!(read(&files, "goes"), Err(ReadError::Missing));
    let changed = ReadError::Irregular("something else than when it was listed");
    assert_eq!(read(&files, "leads-out"), Err(changed.clone()));
    if piped {
        assert_eq!(read(&files, "waits"), Err(changed));
    }
    assert_eq!(read(&files, "stays"), Ok(b"small".to_vec()));
}

#[test]
fn names_that_are_no_text_are_listed_and_refused() {
    let repository = Repository::unborn();
    let odd = OsStr::from_bytes(b"caf\xe9.yaml");
    // A name that is text and looks as the escaped one does keeps its place.
    repository.write("caf\\xe9.yaml", "text");
    fs::write(repository.at("").join(odd), "bytes").unwrap();
    fs::create_dir(repository.at("").join(OsStr::from_bytes(b"d\xff"))).unwrap();
    fs::write(repository.at("").join(OsStr::from_bytes(b"d\xff/a.yaml")), "below").unwrap();
    symlink(OsStr::from_bytes(b"\xff"), repository.at("link")).unwrap();
    let mut index = repository.git.index().unwrap();
    for name in [b"caf\\xe9.yaml".as_slice(), b"caf\xe9.yaml", b"d\xff/a.yaml", b"link"] {
        index.add_path(Path::new(OsStr::from_bytes(name))).unwrap();
    }
    index.write().unwrap();
    repository.commit();
    let not_utf8 = Err(ReadError::Name("its path is not UTF-8"));
    for files in [repository.work_tree(), repository.staged(), repository.head()] {
        assert_eq!(all(&files), ["caf\\xe9.yaml", "caf\\xe9.yaml~2", "d\\xff/a.yaml", "link"]);
        assert_eq!(read(&files, "caf\\xe9.yaml"), Ok(b"text".to_vec()));
        assert_eq!(read(&files, "caf\\xe9.yaml~2"), not_utf8);
        assert_eq!(read(&files, "d\\xff/a.yaml"), not_utf8);
        assert_eq!(read(&files, "link"), Err(ReadError::Name("it is a link to a path that is not UTF-8")));
    }
}

#[test]
fn trees_that_git_would_never_write() {
    let repository = Repository::unborn();
    let blob = repository.blob("x");
    let empty_link = repository.blob("");
    let long_link = repository.blob("x/".repeat(limits::PATH_BYTES));
    let inner = repository.raw_tree(&[("100644", b"passwd", blob)]);
    let tree = repository.raw_tree(&[
        ("40000", b"..", inner),
        ("100644", b"a/../../b", blob),
        ("120000", b"empty", empty_link),
        ("120000", b"long", long_link),
        ("100644", b"missing", git2::Oid::from_str(&"1".repeat(40)).unwrap()),
        ("100644", b"tree-as-file", inner),
    ]);
    repository.commit_tree(tree);
    let files = repository.head();
    assert_eq!(
        all(&files),
        ["\\x2e\\x2e/passwd", "a/\\x2e\\x2e/\\x2e\\x2e/b", "empty", "long", "missing", "tree-as-file"]
    );
    for entry in files.all() {
        let error = files.read(&entry.path).unwrap_err();
        assert!(
            matches!(error, ReadError::Name(_) | ReadError::Failed(_) | ReadError::TooLarge(_)),
            "{entry:?} {error:?}"
        );
    }
}

#[test]
fn a_tree_deeper_than_any_path_is_one_refused_entry() {
    let repository = Repository::unborn();
    let mut tree = repository.raw_tree(&[("100644", b"a.yaml", repository.blob("x"))]);
    let name = [b'd'; 250];
    for _ in 0..30 {
        tree = repository.raw_tree(&[("40000", &name, tree)]);
    }
    repository.commit_tree(tree);
    let files = repository.head();
    let entries = files.all();
    assert_eq!(entries.len(), 1);
    let error = files.read(&entries[0].path).unwrap_err();
    assert_eq!(error, ReadError::Name("its path has more than 4,096 bytes"));
}

#[test]
fn a_tree_that_unfolds_to_a_billion_files_is_refused() {
    let repository = Repository::unborn();
    let names: Vec<String> = (0..1000).map(|number| format!("{number:03}")).collect();
    let level = |mode: &str, id| {
        let entries: Vec<(&str, &[u8], git2::Oid)> =
            names.iter().map(|name| (mode, name.as_bytes(), id)).collect();
        repository.raw_tree(&entries)
    };
    let bomb = level("40000", level("40000", level("100644", repository.blob("x"))));
    repository.commit_tree(bomb);
    let error = refused(&repository.root(), &Which::Rev("HEAD".into()));
    assert!(matches!(error, SourceError::TooMany { .. }), "{error:?}");
}

#[test]
fn files_that_look_like_a_bare_repository_are_files() {
    let repository = Repository::unborn();
    // What a pull request can add: everything a repository is made of, but no `.git`.
    for (name, text) in [
        ("deploy/HEAD", "ref: refs/heads/forged\n"),
        ("deploy/config", "[core]\n\tbare = false\n\tworktree = ../..\n"),
        ("deploy/objects/info/x", ""),
        ("deploy/refs/heads/x", ""),
        ("deploy/a.yaml", ""),
    ] {
        repository.write(name, text);
    }
    let root = Root::find(&repository.at("deploy")).unwrap();
    assert_eq!(root.git().unwrap().prefix, path("deploy"));
    let files = open(&root, &Which::WorkTree).unwrap();
    assert_eq!(all(&files), ["HEAD", "a.yaml", "config", "objects/info/x", "refs/heads/x"]);
}

#[test]
fn memory_takes_any_names() {
    let files = ["", "/", "..", "/etc/passwd", "a//b", "nul\0", "good"];
    let files = Memory::new(files.iter().map(|name| ((*name).to_owned(), b"x".to_vec())).collect());
    let names: Vec<String> = files.all().iter().map(|entry| entry.path.as_str().to_owned()).collect();
    assert_eq!(names, ["\\x2e\\x2e", "\\x2f", "\\x2f~2", "a/b", "etc/passwd", "good", "nul\\x00"]);
    assert!(files.read(&path("etc/passwd")).is_err() && files.read(&path("good")).is_ok());
}
