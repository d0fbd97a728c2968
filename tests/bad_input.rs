//! Input that means harm or is broken: each a line that says which file and why, the right exit
//! code, and everything else still checked. Once through the library, once as a user sees it.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use mlgitops::config::Config;
use mlgitops::report::{Context, Format, Style, render};
use mlgitops::source::WorkTree;
use mlgitops::{Options, lint};
use tempfile::TempDir;

/// A service whose path is open at its end: one finding, a note where no environment is named.
const GOOD: &str = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: good, namespace: ml}
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      storageUri: s3://models/good/v47
";

/// Puts the bad thing into a folder.
type Make = fn(&Path);

struct Row {
    what: &'static str,
    make: Make,
    /// The exit code; 0 where the thing is no fault.
    code: i32,
    /// What is said of it, blanks and line breaks as one blank; empty: nothing.
    says: &'static str,
}

fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn sparse(folder: &Path, path: &str, size: u64) {
    fs::File::create(folder.join(path)).unwrap().set_len(size).unwrap();
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn bad() -> String {
    GOOD.replace("good", "bad")
}

/// Nine levels of nine aliases: a billion nodes in three hundred bytes.
fn laughs() -> String {
    let mut text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 lol\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    text
}

const ROWS: [Row; 20] = [
    Row { what: "nothing bad", make: |_| (), code: 0, says: "" },
    Row {
        what: "no YAML, an object",
        make: |at| write(at, "bad.yaml", "apiVersion: v1\nkind: [\n"),
        code: 1,
        says: "`bad.yaml` cannot be read here",
    },
    Row {
        what: "no YAML before a script fills it in",
        make: |at| {
            write(at, "bad.yaml", "apiVersion: v1\nkind: ConfigMap\n{% if a %}\ndata: {a: b}\n{% endif %}\n")
        },
        code: 0,
        says: "not checked: `bad.yaml` from line 3 on: no YAML before something fills in its placeholders",
    },
    Row {
        what: "no YAML, what it is nobody knows",
        make: |at| write(at, "bad.yaml", "a: [1\nb: }\n"),
        code: 0,
        says: "not checked: `bad.yaml` from line 2 on: no YAML",
    },
    Row {
        what: "no UTF-8",
        make: |at| write(at, "bad.yaml", b"a: \xe9\n"),
        code: 0,
        says: "not checked: `bad.yaml`: byte 3 is not UTF-8",
    },
    Row {
        what: "bytes of a picture",
        make: |at| write(at, "bad.yaml", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        code: 0,
        says: "not checked: `bad.yaml`: byte 0 is not UTF-8",
    },
    Row {
        what: "UTF-16, little end first",
        make: |at| write(at, "bad.yaml", utf16(&bad(), u16::to_le_bytes)),
        code: 0,
        says: "bad.yaml:8:19",
    },
    Row {
        what: "UTF-16, big end first",
        make: |at| write(at, "bad.yaml", utf16(&bad(), u16::to_be_bytes)),
        code: 0,
        says: "bad.yaml:8:19",
    },
    Row {
        what: "UTF-16 cut in a unit",
        make: |at| write(at, "bad.yaml", b"\xff\xfea"),
        code: 0,
        says: "not checked: `bad.yaml`: byte 2 is not UTF-16",
    },
    Row {
        what: "a byte order mark",
        make: |at| write(at, "bad.yaml", format!("\u{feff}{}", bad())),
        code: 0,
        says: "bad.yaml:8:19",
    },
    Row {
        what: "CRLF",
        make: |at| write(at, "bad.yaml", bad().replace('\n', "\r\n")),
        code: 0,
        says: "bad.yaml:8:19",
    },
    Row {
        what: "200 MB",
        make: |at| sparse(at, "bad.yaml", 200_000_000),
        code: 0,
        says: "not checked: `bad.yaml`: it has 200000000 bytes, more than the 16 MiB that are read",
    },
    Row {
        what: "a hundred thousand brackets",
        make: |at| write(at, "bad.yaml", format!("apiVersion: v1\nkind: {}\n", "[".repeat(100_000))),
        code: 0,
        says: "not checked: `bad.yaml` from line 2 on: it nests deeper than 128 levels",
    },
    Row {
        what: "a hundred thousand brackets, closed",
        make: |at| write(at, "bad.json", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))),
        code: 0,
        says: "not checked: `bad.json` from line 1 on: it nests deeper than 128 levels",
    },
    Row {
        what: "a billion laughs",
        make: |at| write(at, "bad.yaml", laughs()),
        code: 0,
        says: "not checked: `bad.yaml`",
    },
    Row {
        what: "a link to a file of the machine",
        make: |at| std::os::unix::fs::symlink("/etc/passwd", at.join("bad.yaml")).unwrap(),
        code: 0,
        says: "`bad.yaml` is a link to `/etc/passwd`, outside the repository",
    },
    Row {
        what: "a link to itself",
        make: |at| std::os::unix::fs::symlink("bad.yaml", at.join("bad.yaml")).unwrap(),
        code: 0,
        says: "not checked: `bad.yaml`: its links lead in a circle",
    },
    Row {
        what: "a name of two lines",
        make: |at| write(at, "bad\nname.yaml", bad()),
        code: 0,
        says: "bad\\u{a}name.yaml:8:19",
    },
    Row {
        what: "a name that moves the cursor",
        make: |at| write(at, "\u{1b}[2J\u{202e}.yaml", "a: [1\nb: }\n"),
        code: 0,
        says: "no YAML",
    },
    Row { what: "an empty file", make: |at| write(at, "bad.yaml", ""), code: 0, says: "" },
];

/// The row's text in a report, in which lines may break anywhere.
fn expect(row: &Row, report: &str) {
    let flat = report.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(row.says), "{}: {:?} is not in\n{report}", row.what, row.says);
    assert!(flat.contains("good.yaml:8:19"), "{}: the rest was not checked\n{report}", row.what);
    let hides = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
    assert!(!report.contains(hides), "{}: {report:?}", row.what);
}

#[test]
fn the_library_says_which_file_and_why() {
    for row in &ROWS {
        let folder = TempDir::new().unwrap();
        write(folder.path(), "good.yaml", GOOD);
        (row.make)(folder.path());
        let files: std::sync::Arc<dyn mlgitops_files::Files> =
            std::sync::Arc::new(WorkTree::open(folder.path()).unwrap());
        let report = lint(&files, &Config::default(), &Options::default());
        assert_eq!(i32::from(report.summary.exit), row.code, "{}", row.what);
        let context = Context::new(".");
        let context = Context { style: Style { width: 1000, ..context.style }, ..context };
        expect(row, &render(Format::Human, &report, &context));
    }
}

/// Exit code, standard output, standard error.
fn run(args: &[&str], folder: &Path) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_mlgitops")).args(args).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_says_which_file_and_why() {
    for row in &ROWS {
        let folder = TempDir::new().unwrap();
        write(folder.path(), "good.yaml", GOOD);
        (row.make)(folder.path());
        let (code, out, err) = run(&["lint"], folder.path());
        assert_eq!((code, err.as_str()), (row.code, ""), "{}\n{out}", row.what);
        expect(row, &out);
    }
}

/// Nothing beside the bad thing: an empty check is no success.
#[test]
fn what_holds_nothing_to_check_fails() {
    let table: [(&str, Make); 5] = [
        ("an empty folder without Git", |_| ()),
        ("an empty repository", |at| drop(git2::Repository::init(at).unwrap())),
        ("documents of nothing", |at| write(at, "a.yaml", "---\n---\n# nothing\n")),
        ("only a file that is too large", |at| sparse(at, "a.yaml", 200_000_000)),
        ("only a file that is no text", |at| write(at, "a.yaml", b"\xe9")),
    ];
    for (what, make) in table {
        let folder = TempDir::new().unwrap();
        make(folder.path());
        let (code, out, err) = run(&["lint"], folder.path());
        assert_eq!((code, err.as_str()), (3, ""), "{what}\n{out}");
        assert!(out.contains("checked no release of a model: not enough to pass"), "{what}\n{out}");
    }
}

#[test]
fn what_cannot_be_opened_is_one_line_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "plain/good.yaml", GOOD);
    git2::Repository::init(folder.path().join("unborn")).unwrap();
    write(folder.path(), "unborn/good.yaml", GOOD);
    let table: [(&[&str], &str); 8] = [
        (&["lint", "missing"], "`missing` does not exist"),
        (&["lint", "missing.yaml"], "`missing.yaml` does not exist"),
        (&["lint", "plain/good.yaml/deeper"], "`plain/good.yaml/deeper`"),
        (&["lint", "new\nline"], "`new\\u{a}line` does not exist"),
        (&["lint", "plain", "--rev", "HEAD"], "is in no Git repository, so revision HEAD cannot be read"),
        (&["lint", "plain", "--staged"], "is in no Git repository, so the index cannot be read"),
        (&["lint", "unborn", "--rev", "HEAD"], "has no commit yet"),
        (&["lint", "unborn", "--rev", "main"], "has no "),
    ];
    for (args, says) in table {
        let (code, out, err) = run(args, folder.path());
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}\n{err}");
        assert!(err.starts_with("error: ") && err.contains(says), "{args:?}\n{err}");
        assert_eq!(err.lines().count(), 2, "{args:?}\n{err}");
    }
    // Before the first commit the work tree is read all the same.
    let (code, out, _) = run(&["lint", "unborn"], folder.path());
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("good.yaml:8:19"), "{out}");
}

/// Names of files, folders, models and people that give orders to a terminal or to the log of a run.
fn hostile() -> TempDir {
    let folder = TempDir::new().unwrap();
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=\u{1b}[2Ja", "-c", "user.email=a@example.com"];
        let ran = Command::new("git").args(who).args(args).current_dir(folder.path()).output().unwrap();
        assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    for version in ["v45", "v46"] {
        for environment in ["staging", "prod"] {
            let service = GOOD
                .replace("{name: good,", "{name: \"::error::m\\n::warning::n\\u001b[2J\\u202e\",")
                .replace("v47", version);
            write(folder.path(), &format!("{environment}/a\n::error::b\u{1b}[2J%0A.yaml"), service);
        }
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", "one\u{1b}[2J\n\n::error::c"]);
    }
    folder
}

#[test]
fn no_name_gives_an_order_whatever_is_asked() {
    let model = "::error::m\n::warning::n\u{1b}[2J\u{202e}";
    let table: [&[&str]; 17] = [
        // Not `lint --diff`: what it prints is for `git apply`, byte by byte.
        &["lint"],
        &["lint", "--explain-passes"],
        &["lint", "--format", "markdown"],
        &["lint", "--format", "junit"],
        &["lint", "--format", "human", "--all"],
        &["lint", "--rev", "\u{1b}[2J\n::error::"],
        &["lint", "--select", "\u{1b}[2J\n::error::"],
        &["lint", "--config", "\u{1b}[2J\n::error::"],
        &["lint", "\u{1b}[2J\n::error::"],
        &["status"],
        &["history"],
        &["diff", "HEAD~1"],
        &["diff", "HEAD~1", "--format", "markdown"],
        &["trace", model, "prod"],
        &["trace", model, "\u{1b}[2J\n::error::"],
        &["init"],
        // The last, for it takes what there is to fix.
        &["lint", "--fix", "--unsafe-fixes"],
    ];
    let folder = hostile();
    for arguments in table {
        let (_, out, err) = run(arguments, folder.path());
        let text = out + &err;
        assert!(!text.is_empty(), "{arguments:?}");
        let hidden = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!text.contains(hidden), "{arguments:?}: {text:?}");
        let order = text.lines().find(|line| line.trim_start().starts_with("::"));
        assert_eq!(order, None, "{arguments:?}: {text}");
    }
}

/// A folder may hold a configuration of its own, so its name stands in what is wrong with that.
#[test]
fn a_configuration_of_a_stranger_gives_no_order() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "good.yaml", GOOD);
    let wrong = "\"a\\n::error::\\u001b[2J\": 1\nwaivers: [{rule: \"b\\n::error::\\u001b[2J\"}]\n";
    write(folder.path(), "a\n::error::b\u{1b}[2J/mlgitops.yaml", wrong);
    let (code, _, err) = run(&["lint"], folder.path());
    assert_eq!(code, 2, "{err}");
    assert!(!err.contains('\u{1b}') && !err.lines().any(|line| line.starts_with("::")), "{err:?}");
    assert!(err.starts_with("error: a\\u{a}::error::b\\u{1b}[2J/mlgitops.yaml:1:1: "), "{err}");
}
