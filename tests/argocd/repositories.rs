//! Which repository a URL is, and which folder a path.

use std::fs;
use std::path::Path;
use std::process::Command;

use git2::Repository;
use mlgitops::source::{Repositories, Root};

use super::world::{World, application, jobs, not_checked, service};

const OWN: &str = "https://git.example.com/org/models";

fn world(url: &str, path: &str) -> World {
    let source = format!("repoURL: {url}\npath: {path}");
    World::of(&[
        ("apps/fraud.yaml", &application("fraud", &source)),
        ("models/fraud.yaml", &service("fraud", "s3://models/fraud/v1/")),
    ])
}

#[test]
fn a_url_is_this_repository_where_a_remote_says_so() {
    let here = "fraud = manifests models";
    // Remotes; the URL of the Application; whether what it deploys lies here.
    let table: [(&[&str], &str, bool); 12] = [
        (&[OWN], OWN, true),
        (&[OWN], "https://git.example.com/org/models.git", true),
        (&[OWN], "git@git.example.com:org/models.git", true),
        (&[OWN], "ssh://git@GIT.example.com:2222/Org/Models", true),
        (&["git@git.example.com:org/models.git"], OWN, true),
        (&["https://git.example.com/me/fork", OWN], OWN, true),
        (&["https://git.example.com/me/fork"], OWN, false),
        (&[OWN], "https://git.example.com/org/models-2", false),
        (&[OWN], "https://git.example.org/org/models", false),
        // A clone of a path of this machine says nothing of what the server calls it.
        (&["/srv/git/models.git", "file:///srv/git/models.git"], OWN, true),
        (&[], OWN, true),
        (&[], "https://git.example.com/org/models-2", true),
    ];
    for (remotes, url, is_here) in table {
        let known = remotes.iter().fold(Repositories::default(), |known, remote| known.called(remote));
        let survey = world(url, "models").with(known).survey();
        let bound = jobs(&survey).iter().any(|job| job == here);
        assert_eq!(bound, is_here, "{remotes:?} {url}: {:?}", jobs(&survey));
        let said = format!("Application fraud: its source is another repository, `{url}`");
        assert_eq!(not_checked(&survey), if is_here { vec![] } else { vec![said] }, "{remotes:?} {url}");
    }
}

#[test]
fn a_path_that_is_not_here_is_wrong_or_elsewhere() {
    let own = Repositories::default().called(OWN);
    let table = [
        ("modles", "there is no folder `modles`"),
        ("models/fraud.yaml", "`models/fraud.yaml` is a file, and a folder is needed"),
        ("/models", "`/models` is absolute"),
        ("../models", "`../models` leaves the repository"),
    ];
    for (path, words) in table {
        let world = world(OWN, path);
        let known = world.clone().with(own.clone());
        let expected =
            format!("apps/fraud.yaml:9 source-path/missing fraud in prod deploys nothing: {words}");
        assert_eq!(known.findings(&["source-path"]), [expected], "{path}");
        assert_eq!(not_checked(&known.survey()), Vec::<String>::new(), "{path}");
    }
    let unknown = world(OWN, "modles");
    assert_eq!(unknown.findings(&["source-path"]), Vec::<String>::new());
    assert_eq!(
        not_checked(&unknown.survey()),
        [format!("Application fraud: its source is `{OWN}`, and there is no folder `modles` here")]
    );
}

#[test]
fn the_configuration_says_where_another_repository_lies() {
    let config = "repositories:
  - {url: 'https://git.example.com/org/charts', path: vendor/charts}
  - {url: 'https://git.example.com/org/models', path: .}
";
    let files = [
        ("mlgitops.yaml", config),
        ("vendor/charts/models/a.yaml", &service("vendored", "s3://models/vendored/v1/")),
    ];
    let vendored = world("git@git.example.com:org/charts", "models").and(&files).survey();
    assert!(jobs(&vendored).contains(&"fraud = manifests vendor/charts/models".to_owned()));
    let own = world(OWN, "models").and(&files).survey();
    assert!(jobs(&own).contains(&"fraud = manifests models".to_owned()));
    let other = world("https://git.example.com/org/x", "models").and(&files).survey();
    assert_eq!(
        not_checked(&other),
        ["Application fraud: its source is another repository, `https://git.example.com/org/x`"]
    );
}

#[test]
fn another_repository_is_read_where_the_command_line_says_it_lies() {
    let charts = World::of(&[("models/other.yaml", &service("other", "s3://models/other/latest"))]);
    let url = "https://git.example.com/org/charts";
    let known = Repositories::default().called(OWN).with_files(url, charts.files());
    let world = world(url, "models").with(known);
    let survey = world.survey();
    assert!(jobs(&survey).contains(&"fraud = manifests git.example.com/org/charts.git:/models".to_owned()));
    assert_eq!(not_checked(&survey), Vec::<String>::new());
    // What is wrong there is said with the file it stands in.
    let found = world.findings(&["pinned-model-uri"]);
    assert!(found[0].starts_with("git.example.com/org/charts.git:/models/other.yaml:9 "), "{found:?}");
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_root_below_the_top_reads_paths_from_the_top() {
    let folder = tempfile::tempdir().unwrap();
    let git = Repository::init(folder.path()).unwrap();
    git.remote("origin", "git@git.example.com:org/models.git").unwrap();
    let source = |path: &str| application("fraud", &format!("repoURL: {OWN}\npath: {path}"));
    write(folder.path(), "deploy/models/fraud.yaml", &service("fraud", "s3://models/fraud/v1/"));
    write(folder.path(), "other/fraud.yaml", &service("fraud", "s3://models/fraud/v1/"));
    for (path, expected) in [
        ("deploy/models", Ok("fraud = manifests models")),
        ("other", Err("Application fraud: `other` lies outside the folder that is checked")),
    ] {
        write(folder.path(), "deploy/apps/fraud.yaml", &source(path));
        let root = Root::find(&folder.path().join("deploy")).unwrap();
        let files = mlgitops::source::open(&root, &mlgitops::source::Which::WorkTree).unwrap();
        let known = Repositories::of(&root, None);
        let survey = mlgitops::survey(&files, &mlgitops::config::Config::default(), &known);
        match expected {
            Ok(job) => assert!(jobs(&survey).contains(&job.to_owned()), "{:?}", jobs(&survey)),
            Err(said) => assert_eq!(not_checked(&survey), [said]),
        }
    }
}

#[test]
fn the_command_line_takes_a_folder_inside_or_outside() {
    let own = tempfile::tempdir().unwrap();
    let charts = tempfile::tempdir().unwrap();
    let url = "https://git.example.com/org/charts";
    write(own.path(), "app.yaml", &application("fraud", &format!("repoURL: {url}\npath: models")));
    write(own.path(), "vendor/models/a.yaml", &service("fraud", "s3://models/fraud/v1/"));
    write(charts.path(), "models/b.yaml", &service("fraud", "s3://models/fraud/v2/"));
    let status = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlgitops"));
        command.arg("status").arg(own.path()).arg("--repository").arg(format!("{url}={}", folder.display()));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    // The place of an Application named `prod` holds the version.
    assert!(status(&own.path().join("vendor")).contains("v1"), "{}", status(&own.path().join("vendor")));
    assert!(status(charts.path()).contains("v2"), "{}", status(charts.path()));
}
