//! The action: every step's script runs as it stands in `action.yml`, in the environment that GitHub
//! gives it for a push, a pull request, a merge queue and a fork.

use std::fs;
use std::process::Command;

use super::root;
use super::runner::{Event, Runner, executable};

/// A service that names `version` of its model.
pub(crate) fn service(version: &str) -> String {
    format!(
        "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {{name: fraud, namespace: ml}}
spec:
  predictor:
    model:
      modelFormat: {{name: sklearn}}
      storageUri: {version}
"
    )
}

/// main: v45 everywhere. The change: production moves on its own.
pub(crate) fn with_a_bad_promotion(event: Event) -> Runner {
    let runner = Runner::new(event);
    for environment in ["staging", "prod"] {
        runner.write(&format!("{environment}/fraud.yaml"), &service("s3://models/fraud/v45/"));
    }
    runner.write("mlgitops.yaml", "environments: [{name: staging}, {name: prod, guard: true}]\n");
    runner.commit("v45 everywhere");
    runner.branch();
    runner.write("prod/fraud.yaml", &service("s3://models/fraud/v47/"));
    runner.commit("v47 in production");
    runner
}

#[test]
fn a_bad_promotion_is_red_wherever_it_comes_from() {
    for event in [Event::PullRequest, Event::Fork, Event::MergeGroup, Event::Push] {
        let runner = with_a_bad_promotion(event);
        let run = runner.run(&[]);
        assert_eq!(run.code, 1, "{event:?}: {}", run.log);
        assert_eq!((run.output("findings"), run.output("errors"), run.output("exit-code")), ("1", "1", "1"));
        let annotations: Vec<&str> = run.log.lines().filter(|line| line.starts_with("::")).collect();
        assert!(annotations[0].starts_with("::error file=prod/fraud.yaml,line=8,"), "{event:?}: {}", run.log);
        let summary = run.summary();
        assert!(summary.starts_with("<!-- mlgitops:summary -->\n### mlgitops: 1 error blocks this merge"));
        assert!(summary.contains("| `fraud` | prod | `v45` → `v47` | never in staging |"), "{summary}");
        assert!(summary.contains("https://github.com/org/ml/blob/"), "{summary}");
        assert!(summary.contains("/prod/fraud.yaml#L8)"), "{summary}");
        let sarif: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(run.output("sarif-file")).unwrap()).unwrap();
        assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "ran-in-staging");
    }
}

#[test]
fn a_good_change_is_green() {
    for event in [Event::PullRequest, Event::Fork, Event::MergeGroup, Event::Push, Event::Schedule] {
        let runner = Runner::new(event);
        runner.write("prod/fraud.yaml", &service("s3://models/fraud/v45/"));
        runner.commit("one");
        runner.branch();
        runner.write("README.md", "words\n");
        runner.commit("two");
        let run = runner.run(&[]);
        assert_eq!((run.code, run.output("findings")), (0, "0"), "{event:?}: {}", run.log);
        assert_eq!(run.output("retry-at"), "");
    }
}

#[test]
fn a_promotion_that_may_go_shows_its_proof() {
    let runner = Runner::new(Event::PullRequest);
    for environment in ["staging", "prod"] {
        runner.write(&format!("{environment}/fraud.yaml"), &service("s3://models/fraud/v45/"));
    }
    runner.write("mlgitops.yaml", "environments: [{name: staging}, {name: prod, guard: true}]\n");
    runner.commit("v45 everywhere");
    runner.write("staging/fraud.yaml", &service("s3://models/fraud/v47/"));
    runner.commit("v47 in staging (#398)");
    let proof = runner.head();
    runner.branch();
    runner.write("prod/fraud.yaml", &service("s3://models/fraud/v47/"));
    runner.commit("v47 in production");
    let run = runner.run(&[]);
    assert_eq!(run.code, 0, "{}", run.log);
    let summary = run.summary();
    let link = format!("([`{}`](https://github.com/org/ml/commit/{proof}) of ", &proof[..7]);
    let row =
        summary.lines().find(|line| line.starts_with("| `fraud` | prod | `v45` → `v47` | staging since "));
    let row = row.unwrap_or_else(|| panic!("{summary}"));
    assert!(row.contains(&link) && row.contains(", #398)"), "{row}");
}

#[test]
fn what_time_ends_says_when_to_come_back() {
    let runner = with_a_bad_promotion(Event::PullRequest);
    runner.write("mlgitops.yaml", "environments: [{name: staging}, {name: prod, soak: 24h}]\n");
    runner.on_main(|| {
        runner.write("staging/fraud.yaml", &service("s3://models/fraud/v47/"));
        runner.commit("v47 in staging");
    });
    runner.commit("a day of soak");
    let run = runner.run(&[]);
    assert_eq!(run.code, 1, "{}", run.log);
    let at: jiff::Timestamp = run.output("retry-at").parse().expect(&run.log);
    let hours = at.duration_since(jiff::Timestamp::now()).as_hours();
    assert!((22..=24).contains(&hours), "{hours} h");
    let line = format!("mlgitops: run this job again after {}", run.output("retry-at"));
    assert!(run.log.lines().any(|said| said == line), "{}", run.log);
}

/// The schedule of docs/github.md, with a `gh` that knows four failed runs.
#[test]
fn a_schedule_runs_again_what_only_had_to_wait() {
    let page = fs::read_to_string(root().join("docs/github.md")).unwrap();
    let script = page.split("name: mlgitops soak").nth(1).unwrap().split("run: |\n").nth(1).unwrap();
    let script: Vec<&str> = script.lines().map_while(|line| line.strip_prefix("          ")).collect();
    let folder = tempfile::tempdir().unwrap();
    let gh = r#"#!/usr/bin/env bash
case "$*" in
    "run list"*) printf '%s\n' 11 12 13 14 ;;
    "run view 11"*) printf 'job\tstep\tZ mlgitops: run this job again after 2020-01-02T03:04:05Z\n' ;;
    "run view 12"*) printf 'job\tstep\tZ mlgitops: run this job again after 2999-01-02T03:04:05Z\n' ;;
    "run view 13"*) printf 'job\tstep\tZ mlgitops: findings block this change\n' ;;
    "run view 14"*) exit 1 ;;
    *) printf '%s\n' "$*" >>asked ;;
esac
"#;
    executable(&folder.path().join("gh"), gh);
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script.join("\n")])
        .current_dir(folder.path())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("asked")).unwrap(), "run rerun 11 --failed\n");
}

#[test]
fn the_source_of_the_action_is_built_where_that_is_asked_for() {
    let runner = with_a_bad_promotion(Event::PullRequest);
    let run = runner.with_cargo().run(&[("source", "true")]);
    assert_eq!(run.code, 1, "{}", run.log);
    assert!(run.log.contains("mlgitops 0.") && run.log.contains("error[ran-in-staging]"), "{}", run.log);
}

#[test]
fn a_shallow_clone_is_told_what_to_set() {
    let runner = with_a_bad_promotion(Event::PullRequest);
    let shallow = runner.shallow();
    let run = shallow.run(&[]);
    assert_eq!(run.code, 3, "{}", run.log);
    assert!(run.log.contains("::warning title=mlgitops::this clone is shallow"), "{}", run.log);
    assert!(run.log.contains("give actions/checkout `fetch-depth: 0`"), "{}", run.log);
}

#[test]
fn inputs_that_mean_nothing_are_refused_before_anything_runs() {
    let table: [(&str, &str, &str); 9] = [
        ("fail-on", "sometimes", "the input `fail-on` takes note, warning, error or never, not `sometimes`"),
        ("comment", "yes", "the input `comment` takes true or false, not `yes`"),
        ("version", "latest", "the input `version` takes a release such as 0.1.0, not `latest`"),
        (
            "version",
            "1.2.3\n::error::x",
            "the input `version` takes a release such as 0.1.0, not `1.2.3error",
        ),
        ("base", "--upload-pack=x", "the input `base` takes a branch or a commit, not `--upload-pack"),
        ("base", "main; id", "the input `base` takes a branch or a commit, not `main id`"),
        ("checksum", "abc", "the input `checksum` takes 64 hexadecimal digits, not `abc`"),
        ("path", "-rf", "the input `path` takes a path, not `-rf`"),
        ("path", "nowhere", "`nowhere` does not exist: is actions/checkout a step before this one?"),
    ];
    let runner = with_a_bad_promotion(Event::PullRequest);
    for (input, value, said) in table {
        let run = runner.run(&[(input, value)]);
        assert_ne!(run.code, 0, "{input}={value}");
        assert!(run.log.contains(said), "{input}: {}", run.log);
        assert!(run.steps == 1, "{input} stops at the first step");
        assert_eq!(run.log.lines().filter(|line| line.starts_with("::")).count(), 1, "{}", run.log);
    }
}

#[test]
fn every_input_does_what_it_says() {
    let runner = with_a_bad_promotion(Event::PullRequest);
    assert_eq!(runner.run(&[("fail-on", "never")]).code, 0);
    let quiet = runner.run(&[("annotations", "false"), ("summary", "false")]);
    assert!(!quiet.log.lines().any(|line| line.starts_with("::")), "{}", quiet.log);
    assert_eq!((quiet.code, quiet.summary()), (1, String::new()));
    assert_eq!(runner.run(&[("path", "staging")]).code, 0, "nothing changes there");
    let wrong = runner.run(&[("config", "prod/fraud.yaml")]);
    assert_eq!((wrong.code, wrong.output("exit-code")), (2, "2"), "{}", wrong.log);
}

#[test]
fn the_comment_is_written_once_and_again_in_place() {
    let runner = with_a_bad_promotion(Event::PullRequest);
    let run = runner.run(&[("comment", "true")]);
    let asked = run.asked_of_gh();
    assert!(asked.contains("--method POST repos/org/ml/issues/7/comments --field body=@"), "{asked}");
    runner.comment_exists();
    let asked = runner.run(&[("comment", "true")]).asked_of_gh();
    assert!(asked.contains("--method PATCH repos/org/ml/issues/comments/4242 --field body=@"), "{asked}");
    assert!(!asked.contains("POST"), "{asked}");
    assert_eq!(runner.run(&[]).asked_of_gh(), "", "off until asked for");
}

#[test]
fn what_is_not_allowed_is_one_line() {
    let fork = with_a_bad_promotion(Event::Fork).run(&[("comment", "true"), ("sarif", "true")]);
    let lines = [
        "comment not posted: this pull request comes from a fork; the summary of this run holds the same text",
        "not uploaded to code scanning: this pull request comes from a fork",
    ];
    assert!(lines.iter().all(|line| fork.log.lines().any(|said| said == *line)), "{}", fork.log);
    assert_eq!((fork.code, fork.asked_of_gh().as_str()), (1, ""), "the findings alone decide");
    let runner = with_a_bad_promotion(Event::PullRequest);
    runner.gh_refuses();
    let refused = runner.run(&[("comment", "true"), ("sarif", "true"), ("fail-on", "never")]);
    assert_eq!(refused.code, 0, "{}", refused.log);
    for line in ["give the job `pull-requests: write`", "give the job `security-events: write`"] {
        assert_eq!(refused.log.lines().filter(|said| said.contains(line)).count(), 1, "{}", refused.log);
    }
    let push = with_a_bad_promotion(Event::Push).run(&[("comment", "true")]);
    assert!(push.log.contains("comment not posted: this run is of no pull request"), "{}", push.log);
}

#[test]
fn findings_are_uploaded_for_the_commit_that_was_checked() {
    let runner = with_a_bad_promotion(Event::PullRequest);
    let run = runner.run(&[("sarif", "true")]);
    assert!(run.asked_of_gh().contains("--method POST repos/org/ml/code-scanning/sarifs --input -"));
    let sent: serde_json::Value = serde_json::from_str(&run.sent_to_gh()).unwrap();
    assert_eq!(
        (sent["ref"].as_str(), sent["tool_name"].as_str()),
        (Some("refs/pull/7/merge"), Some("mlgitops"))
    );
    assert_eq!(sent["commit_sha"].as_str().unwrap(), runner.head());
}

#[test]
fn only_a_binary_with_the_right_checksum_is_installed() {
    let runner = with_a_bad_promotion(Event::Push);
    let installed = runner.with_release(None).run(&[]);
    assert_eq!(installed.code, 1, "{}", installed.log);
    assert!(installed.log.contains("mlgitops 0."), "{}", installed.log);
    let wrong = runner.with_release(Some("00")).run(&[]);
    assert_eq!((wrong.code, wrong.steps), (2, 2), "{}", wrong.log);
    assert!(wrong.log.contains("is not what it claims to be: its SHA-256 is"), "{}", wrong.log);
    let pinned = runner.with_release(None).run(&[("checksum", &"0".repeat(64))]);
    assert_eq!((pinned.code, pinned.steps), (2, 2), "{}", pinned.log);
    let unknown = runner.with_release(None).run(&[("version", "9.9.9")]);
    assert!(unknown.log.contains("release 9.9.9 cannot be downloaded"), "{}", unknown.log);
}

#[test]
fn names_of_strangers_give_no_orders() {
    let runner = with_a_bad_promotion(Event::Fork);
    let name = "prod/a\n::error::forged%0A$(touch pwned)`id`<img src=x>@org\u{1b}[2J.yaml";
    runner.write(name, &service("s3://models/x/latest").replace("fraud", "x"));
    runner.commit("a name");
    let run = runner.run(&[("comment", "true")]);
    assert_eq!(run.code, 1, "{}", run.log);
    for line in run.log.lines().filter(|line| line.starts_with("::")) {
        assert!(
            line.starts_with("::error ") || line.starts_with("::warning ") || line.starts_with("::notice "),
            "{line}"
        );
        assert!(!line.starts_with("::error::"), "{line}");
    }
    assert!(!run.log.contains('\u{1b}') && !run.summary().contains('\u{1b}'));
    // Inside a fence nothing is anything but text.
    let summary = run.summary();
    let outside: String = summary.split("```").step_by(2).collect();
    assert!(!outside.contains("<img") && !outside.contains("@org"), "{summary}");
    assert!(summary.matches("```").count().is_multiple_of(2), "{summary}");
    assert!(!runner.folder().join("pwned").exists());
}
