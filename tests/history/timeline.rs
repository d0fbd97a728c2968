//! `mlgitops history`: the timeline that people and machines read.

use serde_json::Value;

use super::repository::{NOW, Story, without_ids};

const STORY: &str = "11-10T09:00 staging=v43 prod=v43 | first
     11-12T09:00 staging=v45 | Merge pull request #397 from org/bump
     11-16T09:00 prod=v45 | bump fraud-detector (#398)
     11-18T09:00 prod=- overlays/prod/fraud-detector=v45 | move
     11-20T09:00 staging=v47 staging/churn=v1 | v47";

fn history(story: &Story, args: &[&str]) -> String {
    let said = story.run(&[&["history", "--now", NOW], args].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    said.out
}

#[test]
fn people_read_what_ran_where_and_who_brought_it() {
    let out = history(&Story::of(STORY), &[]);
    let out: String = out
        .lines()
        .map(|line| match line.split_once("  Ana  ") {
            Some((before, after)) => {
                format!("{}COMMIT  Ana  {after}\n", &before[..before.len() - 7])
            }
            None => format!("{line}\n"),
        })
        .collect();
    assert_eq!(
        out,
        "churn
  staging
    v1  2026-11-20 to now  27 h  COMMIT  Ana  v47  ml
fraud-detector
  prod
    v45  2026-11-16 to now         5 d 3 h  COMMIT  Ana  bump fraud-detector (#398)  ml
    v43  2026-11-10 to 2026-11-16  6 d      COMMIT  Ana  first  ml
  staging
    v47  2026-11-20 to now         27 h  COMMIT  Ana  v47  ml
    v45  2026-11-12 to 2026-11-20  8 d   COMMIT  Ana  Merge pull request #397 from org/bump  ml
    v43  2026-11-10 to 2026-11-12  2 d   COMMIT  Ana  first  ml
"
    );
}

#[test]
fn machines_read_the_same_oldest_first() {
    let story = Story::of(STORY);
    let report: Value =
        serde_json::from_str(&history(&story, &["fraud-detector", "--format", "json"])).unwrap();
    assert_eq!(report["version"], 1);
    let line = |release: &Value| {
        let text = |pointer: &str| match release.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            other => format!("{}", other.unwrap_or(&Value::Null)),
        };
        ["/environment", "/version", "/from/time", "/from/pullRequest", "/until/time"].map(text).join(" ")
    };
    let lines: Vec<String> = report["releases"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        lines,
        [
            "prod 43 2026-11-10T09:00:00Z null 2026-11-16T09:00:00Z",
            "staging 43 2026-11-10T09:00:00Z null 2026-11-12T09:00:00Z",
            "staging 45 2026-11-12T09:00:00Z 397 2026-11-20T09:00:00Z",
            "prod 45 2026-11-16T09:00:00Z 398 null",
            "staging 47 2026-11-20T09:00:00Z null null",
        ]
    );
    assert_eq!(report["releases"][0]["from"]["commit"], story.id("HEAD~4"));
}

#[test]
fn one_environment_and_one_day() {
    let story = Story::of(STORY);
    let versions = |args: &[&str]| -> Vec<String> {
        let report: Value =
            serde_json::from_str(&history(&story, &[&["--format", "json"], args].concat())).unwrap();
        let releases = report["releases"].as_array().unwrap();
        let text = |release: &Value| format!("{} {}", release["environment"], release["version"]);
        releases.iter().map(|release| text(release).replace('"', "")).collect()
    };
    assert_eq!(versions(&["--env", "prod"]), ["prod 43", "prod 45"]);
    assert_eq!(versions(&["--at", "2026-11-11"]), ["prod 43", "staging 43"]);
    assert_eq!(versions(&["--at", "2026-11-12T08:59Z"]), ["prod 43", "staging 43"]);
    assert_eq!(versions(&["--at", "2026-11-12"]), ["prod 43", "staging 45"]);
    assert_eq!(versions(&["--at", "2026-11-19", "--env", "prod"]), ["prod 45"]);
}

#[test]
fn a_shallow_clone_says_where_it_ends() {
    let clone = Story::of(STORY).shallow(2, "main");
    let said = super::repository::run(clone.path(), &["history", "--now", NOW, "--env", "prod"], &[]);
    let said = without_ids(&said.out);
    assert!(said.contains("at least 3 d 3 h"), "{said}");
    assert!(said.contains("not checked: what was before: this clone holds 2 commits"), "{said}");
    assert!(said.contains("git fetch --unshallow"), "{said}");
}

#[test]
fn who_asks_for_what_is_not_there_is_told_what_is() {
    let story = Story::of(STORY);
    let asked = |args: &[&str]| {
        let said = story.run(&[&["history", "--now", NOW], args].concat());
        (said.exit, said.out)
    };
    let models = "no model `.` is in this history; there are: churn, fraud-detector\n";
    assert_eq!(asked(&["."]), (3, models.to_owned()));
    let environments = "no environment `production` is in this history; there are: prod, staging\n";
    assert_eq!(asked(&["churn", "--env", "production"]), (3, environments.to_owned()));
    let never = "churn was never deployed to prod\n";
    assert_eq!(asked(&["churn", "--env", "prod"]), (3, never.to_owned()));
    let at = "nothing of that ran at that time\n";
    assert_eq!(asked(&["churn", "--at", "2026-11-12"]), (3, at.to_owned()));
}
