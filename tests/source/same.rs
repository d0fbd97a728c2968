//! Work tree, commit, index and memory cannot be told apart.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use mlgitops::source::{Memory, Root, Which, is_lfs_pointer, open};
use mlgitops_files::{EntryKind, Files, ReadError, RepoPath, limits};
use proptest::prelude::*;
use tempfile::TempDir;

use super::repository::{Repository, link, names, path, read, write};

const FILES: [(&str, &str); 14] = [
    (".gitignore", "*.log\n/ignored/\n"),
    (".github/workflows/ci.yaml", "on: push\n"),
    ("README.md", ""),
    ("a/b/c/d/e.yaml", "deep: true\n"),
    ("a-b.yaml", "sorts: before a/\n"),
    ("a.yaml", "sorts: before a/\n"),
    ("crlf.yaml", "a: 1\r\nb: 2\r\n"),
    ("ignored/kept.yaml", "tracked: although ignored\n"),
    ("models/fraud.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
    ("notes/kept.log", "tracked: although ignored\n"),
    ("run.sh", "#!/bin/sh\n"),
    ("unicode/é-模型.yaml", "name: é\n"),
    ("unicode/new\nline.yaml", "name: two lines\n"),
    ("with space/\"quoted\".yaml", "name: q\n"),
];

const LINKS: [(&str, &str); 15] = [
    ("links/absolute", "/etc/passwd"),
    ("links/chain", "near"),
    ("links/circle-a", "circle-b"),
    ("links/circle-b", "circle-a"),
    ("links/far", "../../../../../../etc/passwd"),
    ("links/folder", "../a/b"),
    ("links/nothing", "missing.yaml"),
    ("links/near", "../a.yaml"),
    ("links/root", ".."),
    ("links/self", "self"),
    ("links/through", "folder/c/d/e.yaml"),
    ("links/through-absolute", "etc/passwd"),
    ("links/etc", "/etc"),
    ("links/winding", "../a/../a.yaml"),
    ("links/winding-through-a-link", "folder/../a.yaml"),
];

const LARGE: &str = "models/large.yaml";

/// A source, by its word.
type Named = (&'static str, Arc<dyn Files>);

/// A work tree, its index and its commit, and the same in memory.
fn four() -> (Repository, Vec<Named>) {
    let repository = Repository::unborn();
    let mut paths = vec![LARGE];
    for (path, text) in FILES {
        repository.write(path, text);
        paths.push(path);
    }
    for (path, target) in LINKS {
        repository.link(path, target);
        paths.push(path);
    }
    fs::set_permissions(repository.at("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::File::create(repository.at(LARGE)).unwrap().set_len(17 << 20).unwrap();
    repository.stage(&paths);
    repository.commit();
    let mut files: Vec<(String, Vec<u8>)> =
        FILES.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    files.push((LARGE.to_owned(), vec![0; 17 << 20]));
    let links = LINKS.iter().map(|(path, target)| ((*path).to_owned(), (*target).to_owned()));
    let memory: Arc<dyn Files> = Arc::new(Memory::with_links(files, links.collect()));
    let sources = vec![
        ("work tree", repository.work_tree()),
        ("commit", repository.head()),
        ("index", repository.staged()),
        ("memory", memory),
    ];
    (repository, sources)
}

#[test]
fn four_sources_of_the_same_content_answer_the_same() {
    let (_repository, sources) = four();
    let (_, first) = &sources[0];
    let mut expected: Vec<&str> = FILES.iter().chain(&LINKS).map(|(path, _)| *path).chain([LARGE]).collect();
    expected.sort_unstable();
    assert_eq!(names(&first.all()), expected);
    let mut asked: Vec<RepoPath> = first.all().into_iter().map(|entry| entry.path).collect();
    let folders: Vec<RepoPath> = asked.iter().filter_map(RepoPath::parent).collect();
    asked.extend(folders);
    asked.extend(
        ["links/folder/c", "links/root/a.yaml", "nothing", "a/b/none.yaml", "links/etc/passwd"].map(path),
    );
    for (name, source) in &sources {
        assert_eq!(source.all(), first.all(), "{name}");
        assert_eq!(source.unlisted(), [], "{name}");
        for path in &asked {
            assert_eq!(source.read(path), first.read(path), "{name}: read {path:?}");
            assert_eq!(source.list(path), first.list(path), "{name}: list {path:?}");
            assert_eq!(source.kind(path), first.kind(path), "{name}: kind {path:?}");
            assert_eq!(source.trail(path), first.trail(path), "{name}: trail {path:?}");
        }
    }
}

#[test]
fn files_give_their_bytes_and_links_what_they_lead_to() {
    let (_repository, sources) = four();
    let outside = |target: &str| Err(ReadError::Outside(target.to_owned()));
    let table = [
        ("links/absolute", outside("/etc/passwd")),
        ("links/far", outside("../../../../../../etc/passwd")),
        ("links/etc/passwd", outside("/etc")),
        ("links/through-absolute", outside("/etc")),
        ("links/chain", Ok("sorts: before a/\n")),
        ("links/winding", Ok("sorts: before a/\n")),
        ("links/through", Ok("deep: true\n")),
        ("links/folder/c/d/e.yaml", Ok("deep: true\n")),
        ("links/root/links/root/a.yaml", Ok("sorts: before a/\n")),
        ("links/circle-a", Err(ReadError::Circle)),
        ("links/self", Err(ReadError::Circle)),
        ("links/nothing", Err(ReadError::Missing)),
        ("links/folder", Err(ReadError::IsFolder)),
        ("a/b", Err(ReadError::IsFolder)),
        ("a/b/none.yaml", Err(ReadError::Missing)),
        (LARGE, Err(ReadError::TooLarge(17 << 20))),
        (
            // `links/folder/..` is `a`, and `a/a.yaml` is not what the name says.
            "links/winding-through-a-link",
            Err(ReadError::Name(
                "it is a link whose target climbs by `..` out of something else than a folder",
            )),
        ),
    ];
    for (name, source) in &sources {
        for (path, text) in FILES {
            assert_eq!(read(source, path), Ok(text.as_bytes().to_vec()), "{name}: {path:?}");
        }
        for (path, expected) in &table {
            let expected = expected.clone().map(|text| text.as_bytes().to_vec());
            assert_eq!(read(source, path), expected, "{name}: {path:?}");
        }
        assert_eq!(source.kind(&path("links/root")), Some(EntryKind::Link(RepoPath::root())), "{name}");
        assert_eq!(
            source.kind(&path("links/nothing")),
            Some(EntryKind::Link(path("links/missing.yaml"))),
            "{name}"
        );
        let pointer = read(source, "models/fraud.onnx").unwrap();
        assert!(is_lfs_pointer(&pointer) && !is_lfs_pointer(b"version: 1"), "{name}");
        assert_eq!(
            names(&source.list(&path("unicode"))),
            ["unicode/new\nline.yaml", "unicode/é-模型.yaml"],
            "{name}"
        );
    }
}

#[test]
fn a_folder_as_root_hides_what_lies_beside_it() {
    let repository = Repository::unborn();
    repository.write(".gitignore", "*.tmp\n/deploy/prod/drop.yaml\n");
    repository.write("deploy/.gitignore", "!keep.tmp\n");
    repository.write("base/a.yaml", "base\n");
    repository.write("deploy/prod/a.yaml", "prod\n");
    repository.write("deploy/prod-2/a.yaml", "prod 2\n");
    repository.link("deploy/prod/up", "../../base/a.yaml");
    repository.link("deploy/prod/in", "a.yaml");
    repository.stage(&[
        "base/a.yaml",
        "deploy/prod/a.yaml",
        "deploy/prod/up",
        "deploy/prod/in",
        "deploy/prod-2/a.yaml",
    ]);
    repository.commit();
    repository.write("deploy/prod/drop.yaml", "ignored from the top\n");
    repository.write("deploy/prod/x.tmp", "ignored from the top\n");

    let root = Root::find(&repository.at("deploy/prod")).unwrap();
    assert_eq!(root.git().unwrap().prefix, path("deploy/prod"));
    for which in [Which::WorkTree, Which::Staged, Which::Rev("main".into())] {
        let files = open(&root, &which).unwrap();
        assert_eq!(names(&files.all()), ["a.yaml", "in", "up"], "{which:?}");
        assert_eq!(read(&files, "in"), Ok(b"prod\n".to_vec()), "{which:?}");
        assert_eq!(read(&files, "up"), Err(ReadError::Outside("../../base/a.yaml".into())), "{which:?}");
    }
    repository.write("deploy/prod/keep.tmp", "kept by the folder between\n");
    let files = open(&root, &Which::WorkTree).unwrap();
    assert_eq!(names(&files.all()), ["a.yaml", "in", "keep.tmp", "up"]);
}

#[test]
fn a_file_exactly_at_the_limit_is_read_and_one_byte_more_is_not() {
    let size = usize::try_from(limits::FILE_BYTES).unwrap();
    let repository = Repository::unborn();
    repository.write("at", vec![b'x'; size]);
    repository.write("over", vec![b'x'; size + 1]);
    repository.stage(&["at", "over"]);
    repository.commit();
    let memory = Memory::new(vec![("at".into(), vec![b'x'; size]), ("over".into(), vec![b'x'; size + 1])]);
    for files in [repository.work_tree(), repository.staged(), repository.head(), Arc::new(memory)] {
        assert_eq!(read(&files, "at").map(|bytes| bytes.len()), Ok(size));
        assert_eq!(read(&files, "over"), Err(ReadError::TooLarge(limits::FILE_BYTES + 1)));
    }
}

/// Few names, so that links meet files, folders and each other; targets wind as they like.
fn any_link() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![Just("a"), Just("b"), Just("c")];
    let step = prop_oneof![3 => Just("a"), 3 => Just("b"), 2 => Just("c"), 4 => Just("..")];
    (
        prop::collection::vec(name, 1..3).prop_map(|names| names.join("/")),
        (prop::bool::ANY, prop::collection::vec(step, 1..5))
            .prop_map(|(dot, steps)| format!("{}{}", if dot { "./" } else { "" }, steps.join("/"))),
    )
}

/// Whether some name on the way down is refused itself, so that what is below has no name.
fn is_below_a_refusal(files: &Arc<dyn Files>, path: &str) -> bool {
    let ends = path.match_indices('/').map(|(end, _)| end);
    ends.into_iter().any(|end| matches!(read(files, &path[..end]), Err(ReadError::Name(_))))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// The kernel is the judge: what it finds inside the root is read (or refused by name, where a
    /// target climbs out of a link), what it does not find or finds outside never is.
    #[test]
    fn links_lead_where_the_kernel_says(links in prop::collection::vec(any_link(), 0..8)) {
        let around = TempDir::new().unwrap();
        let folder = around.path().join("root");
        let mut memory = (Vec::new(), Vec::new());
        for file in ["a/b/c", "b/c", "a/c"] {
            write(&folder, file, file);
            memory.0.push((file.to_owned(), file.as_bytes().to_vec()));
        }
        write(around.path(), "a/c", "secret");
        write(around.path(), "c", "secret");
        for (at, target) in links {
            let at_disk = folder.join(&at);
            let free = at_disk.symlink_metadata().is_err();
            // Below a link the two would write to different folders.
            let in_folder = at_disk.parent().is_some_and(|parent| parent.canonicalize().is_ok_and(|real| real == *parent));
            if free && in_folder {
                link(&folder, &at, &target);
                memory.1.push((at, target));
            }
        }
        let disk = open(&Root::find(&folder).unwrap(), &Which::WorkTree).unwrap();
        let memory: Arc<dyn Files> = Arc::new(Memory::with_links(memory.0, memory.1));
        prop_assert_eq!(disk.all(), memory.all());
        let inside = folder.canonicalize().unwrap();
        for segments in ["a", "b", "c", "a/a", "a/b", "a/c", "b/a", "b/b", "b/c", "c/a", "c/b", "c/c", "a/b/c", "b/a/c", "c/b/c"] {
            let real = folder.join(segments).canonicalize().ok().filter(|real| real.is_file());
            let got = read(&disk, segments);
            prop_assert_eq!(&got, &read(&memory, segments));
            match (real, got) {
                (Some(real), Ok(bytes)) => {
                    prop_assert!(real.starts_with(&inside), "{} is outside", segments);
                    prop_assert_eq!(bytes, fs::read(real).unwrap(), "{}", segments);
                }
                (None, Ok(bytes)) => prop_assert!(false, "{} has {:?}", segments, bytes),
                (Some(real), Err(ReadError::Missing | ReadError::Circle | ReadError::IsFolder)) => {
                    let found = real.starts_with(&inside) && !is_below_a_refusal(&disk, segments);
                    prop_assert!(!found, "{} was not found", segments);
                }
                (_, Err(_)) => {}
            }
        }
    }
}
