//! The git generator over a small repository.

use super::{Expanded, expand_in, expand_with, set};
use crate::source::Repositories;

const URL: &str = "https://git.example.com/org/models";

/// A set with one git generator of this body, whose template prints one value for each element.
fn git(go: bool, body: &str, value: &str) -> String {
    let value = value.replace('\'', "''");
    let template = format!(
        "    metadata: {{name: '{value}'}}
    spec: {{project: '{value}'}}"
    );
    set(go, &format!("  - git: {{repoURL: '{URL}', revision: HEAD, {body}}}"), &template)
}

fn expanded(text: &str) -> Expanded {
    let files = [
        ("set.yaml", text),
        ("models/fraud/config.yaml", "name: fraud\nreplicas: 3\nlimits: {gpu: 1, ids: [a, b]}\n"),
        ("models/Churn_V2/config.json", "[{\"name\": \"churn\"}, {\"name\": \"churn-eu\", \"on\": true}]"),
        ("models/Churn_V2/chart/Chart.yaml", "name: churn\nversion: 0.1.0\napiVersion: v2\n"),
        ("models/.hidden/inner/config.yaml", "name: hidden\n"),
        ("models/notes.txt", "no\n"),
        ("README.md", "read\n"),
        ("empty/config.yaml", ""),
        ("broken/config.yaml", "a: [\n"),
        ("words/config.yaml", "just words\n"),
    ];
    expand_with(&files, &Repositories::default().called(URL))
}

fn values(expanded: &Expanded) -> Vec<String> {
    let value = |line: String| line.split_once(" /spec/project=").unwrap().1.to_owned();
    expanded.lines().into_iter().map(value).collect()
}

#[test]
fn folders_are_elements() {
    for (go, body, value, expected) in [
        (false, "directories: [{path: models/*}]", "{{path}}", &["models/Churn_V2", "models/fraud"][..]),
        (
            false,
            "directories: [{path: models/*}]",
            "{{path.basename}} {{path.basenameNormalized}} {{path[0]}} {{path[1]}} {{path[2]}}",
            &["Churn_V2 churn-v2 models Churn_V2 {{path[2]}}", "fraud fraud models fraud {{path[2]}}"],
        ),
        (
            true,
            "directories: [{path: models/*}]",
            "{{.path.path}} {{.path.basename}} {{.path.basenameNormalized}} {{index .path.segments 1}}",
            &["models/Churn_V2 Churn_V2 churn-v2 Churn_V2", "models/fraud fraud fraud fraud"],
        ),
        // In the order a walk visits them; hidden ones and the root are none.
        (
            true,
            "directories: [{path: '*'}, {path: '*/*'}, {path: '*/*/*'}]",
            "{{.path.path}}",
            &[
                "broken",
                "empty",
                "models",
                "models/Churn_V2",
                "models/Churn_V2/chart",
                "models/fraud",
                "words",
            ],
        ),
        (
            true,
            "directories: [{path: models/*}, {path: models/fraud, exclude: true}]",
            "{{.path.path}}",
            &["models/Churn_V2"],
        ),
        (
            true,
            "directories: [{path: models/fraud, exclude: true}, {path: models/*}]",
            "{{.path.path}}",
            &["models/Churn_V2"],
        ),
        (
            true,
            "directories: [{path: models/fraud}, {path: 'models/f*'}]",
            "{{.path.path}}",
            &["models/fraud"],
        ),
        (
            false,
            "pathParamPrefix: app, directories: [{path: models/f*}]",
            "{{app.path}} {{app.path.basename}} {{app.path[1]}} {{path}}",
            &["models/fraud fraud fraud {{path}}"],
        ),
        (
            true,
            "pathParamPrefix: app, directories: [{path: models/f*}]",
            "{{.app.path.path}} {{.app.path.basename}}",
            &["models/fraud fraud"],
        ),
        (
            false,
            "directories: [{path: models/f*}], values: {name: 'x-{{path.basename}}', other: '{{values.name}}'}",
            "{{values.name}} {{values.other}}",
            &["x-fraud {{values.name}}"],
        ),
        (
            true,
            "directories: [{path: models/f*}], values: {name: 'x-{{.path.basename}}'}",
            "{{.values.name}}",
            &["x-fraud"],
        ),
    ] {
        let expanded = expanded(&git(go, body, value));
        assert_eq!(expanded.problems(), Vec::<String>::new(), "{body}");
        assert_eq!(values(&expanded), expected, "{body} {value}");
    }
}

#[test]
fn files_are_elements() {
    for (go, body, value, expected) in [
        (
            false,
            "files: [{path: models/fraud/config.yaml}]",
            "{{name}} {{replicas}} {{limits.gpu}} {{limits.ids.1}} {{path}} {{path.basename}} {{path.filename}} {{path.filenameNormalized}}",
            &["fraud 3 1 b models/fraud fraud config.yaml config.yaml"][..],
        ),
        (
            true,
            "files: [{path: models/fraud/config.yaml}]",
            "{{.name}} {{.limits.gpu}} {{index .limits.ids 1}} {{.path.path}} {{.path.filename}} {{index .path.segments 0}}",
            &["fraud 1 b models/fraud config.yaml models"],
        ),
        // A list holds several; a star stands for folders too; hidden folders count here.
        (
            true,
            "files: [{path: 'models/*/config.*'}]",
            "{{.path.path}} {{.name}}",
            &[
                "models/.hidden/inner hidden",
                "models/Churn_V2 churn",
                "models/Churn_V2 churn-eu",
                "models/fraud fraud",
            ],
        ),
        (
            true,
            "files: [{path: 'models/*/config.*'}, {path: 'models/.hidden/**', exclude: true}, {path: models/fraud, exclude: true}]",
            "{{.name}}",
            &["churn", "churn-eu"],
        ),
        // What is empty says where it lies, and a file at the root lies in `.`.
        (true, "files: [{path: empty/config.yaml}]", "{{.path.path}} {{.name}}", &["empty <no value>"]),
        (
            false,
            "files: [{path: set.yaml}]",
            "{{path}} {{path.basename}} {{path[0]}} {{kind}}",
            &[". . . ApplicationSet"],
        ),
        (
            true,
            "pathParamPrefix: my, files: [{path: models/fraud/config.yaml}], values: {a: '{{.name}}-{{.my.path.filename}}'}",
            "{{.values.a}}",
            &["fraud-config.yaml"],
        ),
    ] {
        let expanded = expanded(&git(go, body, value));
        assert_eq!(expanded.problems(), Vec::<String>::new(), "{body}");
        assert_eq!(values(&expanded), expected, "{body} {value}");
    }
}

#[test]
fn a_file_that_is_no_map_is_refused_at_its_place() {
    for (path, problem) in [
        (
            "broken/config.yaml",
            "appset-file: ApplicationSet `models`: its file `broken/config.yaml` is no YAML: ",
        ),
        (
            "words/config.yaml",
            "appset-file: ApplicationSet `models`: its file `words/config.yaml` holds a string, not a map at `just words`",
        ),
        (
            "README.md",
            "appset-file: ApplicationSet `models`: its file `README.md` holds a string, not a map at `read`",
        ),
    ] {
        let expanded = expanded(&git(true, &format!("files: [{{path: {path}}}]"), "x"));
        assert!(expanded.problems()[0].starts_with(problem), "{:?}", expanded.problems());
        assert!(expanded.lines().is_empty());
    }
}

#[test]
fn a_git_generator_that_matches_nothing_is_said() {
    let text = git(true, "directories: [{path: modles/*}]", "x");
    assert_eq!(
        expanded(&text).problems(),
        [
            "appset-no-match: ApplicationSet `models`: nothing in the repository matches `modles/*` at `modles/*`"
        ]
    );
    let text = git(true, "files: [{path: modles/*}, {path: b.yaml}]", "x");
    assert_eq!(
        expanded(&text).problems(),
        [
            "appset-no-match: ApplicationSet `models`: nothing in the repository matches `modles/*` or 1 more paths at `modles/*`"
        ]
    );
    let text = git(true, "values: {a: b}", "x");
    assert_eq!(
        expanded(&text).problems(),
        [format!(
            "appset-generator: ApplicationSet `models`: its git generator has neither directories nor files at `{{repoURL: '{URL}', revision: HEAD, values: {{a: b}}}}`"
        )]
    );
}

#[test]
fn a_set_that_keeps_out_all_that_is_there_makes_nothing() {
    for (body, words) in [
        (
            "directories: [{path: models/*}, {path: models/*, exclude: true}]",
            "all that `models/*` matches at `models/*`",
        ),
        (
            "files: [{path: 'models/**'}, {path: models, exclude: true}]",
            "all that `models/**` matches at `'models/**'`",
        ),
        (
            "directories: [{path: models/*}, {path: models}, {path: models, exclude: true}, {path: models/*, exclude: true}]",
            "all that its git generator includes at `models/*`",
        ),
    ] {
        let expanded = expanded(&git(true, body, "x"));
        let said =
            format!("appset-kept-out: ApplicationSet `models`: its `exclude` entries keep out {words}");
        assert_eq!((expanded.lines(), expanded.problems()), (Vec::new(), vec![said]), "{body}");
    }
}

#[test]
fn another_repository_is_not_checked() {
    let text = git(true, "directories: [{path: models/*}]", "{{.path.path}}");
    let files = [("set.yaml", text.as_str()), ("models/fraud/a.yaml", "a: 1\n")];
    let elsewhere = Repositories::default().called("https://git.example.com/org/other");
    let expanded = expand_with(&files, &elsewhere);
    assert_eq!(
        expanded.not_checked(),
        [format!("ApplicationSet models: its git generator reads another repository, `{URL}`")]
    );
    assert_eq!(expanded.problems(), Vec::<String>::new());
    // Where nobody says what this repository is called, what matches says so.
    assert_eq!(values(&expand_in(&files)), ["models/fraud"]);
    let nothing = expand_in(&[("set.yaml", &text)]);
    assert_eq!(
        nothing.not_checked(),
        [format!(
            "ApplicationSet models: its git generator reads `{URL}`, and nothing here matches its paths"
        )]
    );
    assert_eq!(nothing.problems(), Vec::<String>::new());
}

#[test]
fn a_hundred_thousand_folders_are_bounded() {
    let paths: Vec<String> = (0..100_000).map(|n| format!("models/m{n}/a.txt")).collect();
    let text = git(true, "directories: [{path: models/*}]", "{{.path.basename}}");
    let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "a: 1\n")).collect();
    files.push(("set.yaml", &text));
    let expanded = expand_with(&files, &Repositories::default().called(URL));
    assert_eq!(expanded.applications.len(), 10_000);
    assert_eq!(expanded.not_checked(), ["ApplicationSet models: it has more than 10000 elements"]);
    // Patterns that match nothing, many of them: the work is bounded, too.
    let patterns = vec!["{path: models/*a*b*c*d}"; 500].join(", ");
    let text = git(true, &format!("directories: [{patterns}]"), "x");
    files.pop();
    files.push(("set.yaml", &text));
    let expanded = expand_with(&files, &Repositories::default().called(URL));
    assert_eq!(
        expanded.not_checked(),
        ["ApplicationSet models: the templates take more than 10000000 steps"]
    );
}
