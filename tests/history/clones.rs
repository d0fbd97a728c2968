//! Clones that lack a part of history, or make one up: shallow, partial, grafted.

use std::path::Path;
use std::process::Command;

use super::promotion::SOAK;
use super::repository::{NOW, Story, promotion, run, without_ids};

/// Clones of every depth: they pass where they hold the proof, and say what is missing where not.
#[test]
fn shallow_clones_of_every_depth() {
    let story = Story::of(
        &"11-10T09:00 SOAK staging=v45 prod=v43
         11-12T09:00 staging=v47
         11-14T09:00 README.md:=x
         11-15T09:00 staging=v48
         11-16T09:00 README.md:=y
         11-20T09:00 prod=v47"
            .replace("SOAK", SOAK),
    );
    let unknown = "not checked: whether fraud-detector v47 ran in staging before prod: this clone holds";
    for depth in 1..=7 {
        let clone = story.shallow(depth, "main");
        let said = promotion(clone.path(), &["--rev", "HEAD"], &[]);
        match depth {
            // HEAD alone: its parent, the base, is missing.
            1 => assert!(
                said[0].starts_with("not checked: which guarded releases this change touches"),
                "{said:?}"
            ),
            // The base, and up to the commit that replaced v47.
            2..=3 => assert!(said[0].starts_with(unknown) && said[1] == "exit 3", "{depth}: {said:?}"),
            // v47 was there a day before it was replaced: enough, whatever came before.
            _ => assert_eq!(said, [""; 0], "{depth}"),
        }
    }
    let clone = story.shallow(2, "main");
    let said = run(clone.path(), &["lint", "--rev", "HEAD", "--select", "promotion"], &[]);
    assert!(said.out.contains(&story.id("HEAD~2")[..7]), "{}", said.out);
    assert!(said.out.contains("git fetch --unshallow"), "{}", said.out);
}

/// Clones that lack content: what they cannot read is *not checked*, and never a pass.
#[test]
fn partial_clones() {
    let story = Story::of(
        "11-10T09:00 staging=v45 prod=v43
         11-12T09:00 staging=v47
         11-15T09:00 staging=v48
         11-20T09:00 prod=v47",
    );
    git(story.path(), &["config", "uploadpack.allowFilter", "true"]);
    for (filter, missing) in
        [("blob:none", "its content is not in this clone"), ("tree:0", "it lacks the tree")]
    {
        let clone = story.clone_with(&["--filter", filter]);
        let said = promotion(clone.path(), &["--rev", "HEAD"], &[]);
        assert!(said[0].starts_with("not checked: which guarded releases this change touches"), "{said:?}");
        assert!(said[0].contains(missing) && said[1] == "exit 3", "{said:?}");
        let shown = run(clone.path(), &["lint", "--rev", "HEAD", "--select", "promotion"], &[]).out;
        assert!(shown.contains("git fetch --refetch --no-filter"), "{shown}");
        let timeline = run(clone.path(), &["history", "--now", NOW], &[]).out;
        assert!(timeline.contains("v47  2026-11-20 to now  at least 27 h"), "{timeline}");
        assert!(timeline.contains("not checked: what was before:"), "{timeline}");
    }
    let whole = story.clone_with(&[]);
    assert_eq!(promotion(whole.path(), &["--rev", "HEAD"], &[]), [""; 0]);
}

/// Parents that a clone makes up prove nothing; what ran after them does.
#[test]
fn grafted_histories() {
    let story = Story::of(
        "11-10T09:00 staging=v47 prod=v43
         11-12T09:00 README.md:=x
         11-15T09:00 staging=v48
         11-16T09:00 README.md:=y
         11-20T09:00 prod=v47",
    );
    let said = |clone: &Path| promotion(clone, &["--rev", "HEAD"], &[]);
    let not_checked =
        "not checked: whether fraud-detector v47 ran in staging before prod: this clone is grafted";
    let clone = story.clone_with(&[]);
    assert_eq!(said(clone.path()), [""; 0]);
    git(clone.path(), &["replace", "--graft", "HEAD~1"]);
    let of_replaced = said(clone.path());
    assert!(of_replaced[0].starts_with(not_checked) && of_replaced[1] == "exit 3", "{of_replaced:?}");
    let shown = run(clone.path(), &["lint", "--rev", "HEAD", "--select", "promotion"], &[]).out;
    assert!(shown.contains(&format!("git replace -d {}", story.id("HEAD~1"))), "{shown}");

    let clone = story.clone_with(&[]);
    let grafts = clone.path().join(".git/info/grafts");
    std::fs::write(&grafts, format!("{}\n", story.id("HEAD~2"))).unwrap();
    let of_file = said(clone.path());
    assert!(of_file[0].starts_with(not_checked) && of_file[1] == "exit 3", "{of_file:?}");
    let timeline = without_ids(&run(clone.path(), &["history", "--now", NOW, "--env", "staging"], &[]).out);
    assert!(timeline.contains("v48  2026-11-15 to now  at least 6 d 3 h"), "{timeline}");
    std::fs::write(&grafts, format!("{}\n", story.id("HEAD~4"))).unwrap();
    assert_eq!(said(clone.path()), [""; 0], "what is asked lies after the graft");
}

fn git(folder: &Path, args: &[&str]) {
    let done = Command::new("git").arg("-C").arg(folder).args(args).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
