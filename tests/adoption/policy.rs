//! A change is judged by its own policy and by the one it starts from: what either finds is found.

use mlgitops::{Options, lint};

use super::{Repository, config, files, options, said, service};

/// What is said of `head` where it starts from `base`.
fn judged(rules: &str, base: Repository<'_>, head: Repository<'_>) -> Vec<String> {
    let options = Options { base: Some(config(base).unwrap()), ..options(rules) };
    said(&lint(&files(head), &config(head).unwrap(), &options))
}

#[test]
fn no_change_switches_its_own_gate_off() {
    let moves = service("fraud", "latest");
    let strict =
        "environments: [{name: staging, match: {path: \"s/**\"}}, {name: prod, match: {path: \"p/**\"}}]
rules: {pinned-model-uri: {prod: error, params: {moving-words: [current]}}}
";
    let word = service("fraud", "current");
    let finding = "error pinned-model-uri p/fraud.yaml";
    // What the change states, the model it brings, and what is found.
    let table: [(&str, String, &str); 8] = [
        ("rules", strict.replace("prod: error", "prod: off"), &moves),
        ("all of it", String::new(), &moves),
        ("ignore", format!("{strict}ignore: [\"p/**\"]\n"), &moves),
        ("match", strict.replace("p/**", "nowhere/**"), &moves),
        (
            "environments",
            strict.replace(", {name: prod, match: {path: \"p/**\"}}", "").replace("prod: error, ", ""),
            &moves,
        ),
        ("paths", format!("{strict}paths: [{{path: \"p/**\", rules: {{artifact: off}}}}]\n"), &moves),
        ("params", strict.replace("current", "newest"), &word),
        (
            "category",
            strict.replace("{pinned-model-uri: {prod: error", "{artifact: off, pinned-model-uri: {prod: off"),
            &moves,
        ),
    ]
    .map(|(what, head, model)| (what, head, model.as_str()));
    for (what, head, model) in &table {
        let base = [("mlgitops.yaml", strict)];
        let found = judged("pinned-model-uri", &base, &[("mlgitops.yaml", head), ("p/fraud.yaml", model)]);
        assert_eq!(found, [finding], "{what}: {head}");
    }
}

#[test]
fn the_shared_file_belongs_to_the_policy() {
    let moves = service("fraud", "latest");
    let own = "extends: base.yaml\n";
    let base = [("mlgitops.yaml", own), ("base.yaml", "rules: {pinned-model-uri: error}\n")];
    let head = [
        ("mlgitops.yaml", own),
        ("base.yaml", "rules: {pinned-model-uri: off}\n"),
        ("prod/fraud.yaml", &*moves),
    ];
    assert_eq!(judged("pinned-model-uri", &base, &head), ["error pinned-model-uri prod/fraud.yaml"]);
}

#[test]
fn what_the_change_makes_stricter_counts_at_once() {
    let open = service("fraud", "v47");
    let head = [("mlgitops.yaml", "rules: {s3-prefix: error}\n"), ("prod/fraud.yaml", &*open)];
    assert_eq!(judged("s3-prefix", &[], &head), ["error s3-prefix prod/fraud.yaml"]);
}

#[test]
fn facts_and_waivers_are_the_changes_own() {
    let service = service("fraud", "v47").replace("s3://", "ntnx://");
    let head = [("mlgitops.yaml", "storage: {schemes: [\"ntnx://\"]}\n"), ("prod/fraud.yaml", &*service)];
    assert_eq!(judged("artifact", &[], &head), linted_alone("artifact", &head));
    let open = super::service("fraud", "v47");
    let waiver = "waivers: [{rule: s3-prefix, reason: one folder}]\n";
    let head = [("mlgitops.yaml", waiver), ("prod/fraud.yaml", &*open)];
    assert_eq!(judged("s3-prefix", &[], &head), [""; 0], "a new waiver counts at once");
}

fn linted_alone(rules: &str, head: Repository<'_>) -> Vec<String> {
    super::linted(rules, head)
}

#[test]
fn one_fact_is_said_once_though_both_find_it() {
    let moves = service("fraud", "latest");
    let base = [("mlgitops.yaml", "environments: [{name: production, match: {path: \"p/**\"}}]\n")];
    let head = [
        ("mlgitops.yaml", "environments: [{name: live, match: {path: \"p/**\"}}]\n"),
        ("p/fraud.yaml", &*moves),
    ];
    assert_eq!(judged("pinned-model-uri", &base, &head).len(), 1);
}
