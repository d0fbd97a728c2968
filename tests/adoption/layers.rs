//! What shared files, folders and paths state.

use super::{config, linted, service};

#[test]
fn a_shared_file_is_extended_and_what_stands_here_counts_first() {
    let open = service("fraud", "v47");
    let shared = "rules: {s3-prefix: {prod: error, dev: warning}, artifact: off}\nignore: [\"old/**\"]\n";
    let own = "extends: shared/base.yaml\nrules: {s3-prefix: {dev: note}}\n";
    let repository = [
        ("mlgitops.yaml", own),
        ("shared/base.yaml", shared),
        ("prod/fraud.yaml", &*open),
        ("dev/fraud.yaml", &*open),
        ("old/prod/fraud.yaml", &*open),
    ];
    assert_eq!(
        linted("s3-prefix", &repository),
        ["note s3-prefix dev/fraud.yaml", "error s3-prefix prod/fraud.yaml"]
    );
}

#[test]
fn a_severity_for_all_takes_the_place_of_shared_ones() {
    let open = service("fraud", "v47");
    let repository = [
        ("mlgitops.yaml", "extends: [base.yaml]\nrules: {s3-prefix: note}\n"),
        ("base.yaml", "rules: {s3-prefix: {open: {prod: error}}}\n"),
        ("prod/fraud.yaml", &*open),
    ];
    assert_eq!(linted("s3-prefix", &repository), ["note s3-prefix prod/fraud.yaml"]);
}

#[test]
fn of_several_shared_files_the_later_counts() {
    let repository = [
        ("mlgitops.yaml", "extends: [a.yaml, b.yaml]\n"),
        ("a.yaml", "kserve: {version: \"0.15\"}\nmodels: {fraud: {size: 1GiB}}\n"),
        ("b.yaml", "kserve: {version: \"0.17\"}\nextends: c.yaml\n"),
        ("c.yaml", "profile: strict\nenvironments: [{name: tokyo}]\n"),
    ];
    let config = config(&repository).unwrap();
    assert_eq!(config.kserve.version.unwrap().value, "0.17");
    assert_eq!(config.environments[0].name.value, "tokyo");
    assert!(config.models.contains_key("fraud") && config.profile.is_some());
}

#[test]
fn mistakes_are_said_where_they_stand() {
    type Row<'r> = (&'r [(&'r str, &'r str)], &'r [&'r str]);
    let table: [Row<'_>; 6] = [
        (
            &[("mlgitops.yaml", "extends: a.yaml\n"), ("a.yaml", "extends: mlgitops.yaml\n")],
            &["a.yaml:1: `mlgitops.yaml` extends itself"],
        ),
        (
            &[("mlgitops.yaml", "extends: gone.yaml\n")],
            &["mlgitops.yaml:1: `gone.yaml` cannot be read: no such file"],
        ),
        (
            &[("mlgitops.yaml", "extends: a.yaml\n"), ("a.yaml", "rule: {}\n")],
            &["a.yaml:1: `rule` is no key of `mlgitops.yaml`"],
        ),
        (
            &[("team/mlgitops.yaml", "rules: {}\n")],
            &["team/mlgitops.yaml:1: `rules` is no key of the `mlgitops.yaml` of a folder"],
        ),
        (
            &[(
                "mlgitops.yaml",
                "paths:\n- {path: a, rules: {pinned-model-uri: {params: {versions: [x]}}}}\n",
            )],
            &["mlgitops.yaml:2: parameters of `pinned-model-uri` hold for every path"],
        ),
        (
            &[("mlgitops.yaml", "profile: pedantic\n")],
            &["mlgitops.yaml:1: `profile` takes `recommended` or `strict`, not `pedantic`"],
        ),
    ];
    for (repository, said) in table {
        assert_eq!(config(repository).unwrap_err(), said, "{repository:?}");
    }
}

#[test]
fn a_path_has_severities_of_its_own() {
    let open = service("fraud", "v47");
    let policy = "rules: {s3-prefix: error}
paths:
- {path: \"sandbox/**\", rules: {artifact: warning}}
- {path: [\"sandbox/b/**\"], rules: {s3-prefix: {prod: off}}}
";
    let repository = [
        ("mlgitops.yaml", policy),
        ("prod/fraud.yaml", &*open),
        ("sandbox/a/prod/fraud.yaml", &*open),
        ("sandbox/b/prod/fraud.yaml", &*open),
    ];
    let expected = ["error s3-prefix prod/fraud.yaml", "warning s3-prefix sandbox/a/prod/fraud.yaml"];
    assert_eq!(linted("s3-prefix", &repository), expected);
}

#[test]
fn strict_turns_warnings_of_prod_into_errors() {
    let open = service("fraud", "v47");
    let of = |config: &str| {
        let repository =
            [("mlgitops.yaml", config), ("prod/fraud.yaml", &*open), ("staging/fraud.yaml", &*open)];
        linted("s3-prefix", &repository)
    };
    let (prod, staging) = ("s3-prefix prod/fraud.yaml", "note s3-prefix staging/fraud.yaml");
    assert_eq!(of("profile: recommended\n"), [&format!("warning {prod}"), staging]);
    assert_eq!(of("profile: strict\n"), [&format!("error {prod}"), staging]);
    assert_eq!(of("{profile: strict, rules: {s3-prefix: warning}}\n")[0], format!("warning {prod}"));
}

#[test]
fn a_folder_waives_only_what_lies_in_it() {
    let open = service("fraud", "v47");
    let waiver = "waivers: [{rule: s3-prefix, reason: one folder in this bucket}]\n";
    let repository =
        [("team/mlgitops.yaml", waiver), ("team/prod/fraud.yaml", &*open), ("teams/prod/fraud.yaml", &*open)];
    assert_eq!(linted("s3-prefix", &repository), ["warning s3-prefix teams/prod/fraud.yaml"]);
}

#[test]
fn a_folder_states_sizes_and_rates_of_its_own() {
    let service = service("llm", "v1/").replace(
        "      modelFormat",
        "      livenessProbe: {periodSeconds: 10, failureThreshold: 3}\n      modelFormat",
    );
    let of = |folder: &str| {
        let repository =
            [("a/mlgitops.yaml", folder), ("a/prod/llm.yaml", &*service), ("b/prod/llm.yaml", &*service)];
        linted("startup-budget", &repository)
    };
    assert_eq!(of("models: {llm: {size: 40GiB}}\n"), ["error startup-budget a/prod/llm.yaml"]);
    let fast = "models: {llm: {size: 40GiB}}\nstartup:
  best: {load: 40GiB/s, start: 1s}
  worst: {load: 40GiB/s, start: 1s, factor: 1}
";
    assert_eq!(of(fast), [""; 0]);
}

#[test]
fn the_innermost_folder_counts() {
    let repository = [
        ("mlgitops.yaml", "models: {llm: {size: 1GiB}}\n"),
        ("a/mlgitops.yaml", "models: {llm: {size: 2GiB}}\n"),
        ("a/b/mlgitops.yaml", "models: {llm: {size: 3GiB}}\n"),
    ];
    let config = config(&repository).unwrap();
    let size = |path: &str| config.model("llm", [path]).unwrap().size.as_ref().unwrap().value >> 30;
    assert_eq!(["x.yaml", "a/x.yaml", "a/b/c/x.yaml", "ab/x.yaml"].map(size), [1, 2, 3, 1]);
}
