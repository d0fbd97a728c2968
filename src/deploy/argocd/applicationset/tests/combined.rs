//! Matrix and merge generators, selectors, and templates of a generator's own.

use super::{Expanded, expand_in, expand_one, expand_with, set};
use crate::source::Repositories;

const URL: &str = "https://git.example.com/org/models";

/// A set whose template prints one value for each element.
fn printing(go: bool, generators: &str, value: &str) -> String {
    let value = value.replace('\'', "''");
    let template = format!(
        "    metadata: {{name: '{value}'}}
    spec: {{project: '{value}'}}"
    );
    set(go, generators, &template)
}

fn values(expanded: &Expanded) -> Vec<String> {
    let value = |line: String| line.split_once(" /spec/project=").unwrap().1.to_owned();
    expanded.lines().into_iter().map(value).collect()
}

fn in_repository(text: &str) -> Expanded {
    let files = [
        ("set.yaml", text),
        ("envs/dev/fraud/config.yaml", "tier: low\n"),
        ("envs/prod/fraud/config.yaml", "tier: high\n"),
        ("envs/prod/churn/config.yaml", "tier: high\n"),
    ];
    expand_with(&files, &Repositories::default().called(URL))
}

/// A matrix of two generators, in flow style.
fn matrix(first: &str, second: &str) -> String {
    format!("  - matrix: {{generators: [{first}, {second}]}}")
}

fn git(path: &str) -> String {
    format!("{{git: {{repoURL: '{URL}', revision: HEAD, directories: [{{path: '{path}'}}]}}}}")
}

#[test]
fn a_matrix_is_every_element_with_every_other() {
    let envs = "{list: {elements: [{env: dev}, {env: prod}]}}";
    let models = "{list: {elements: [{model: fraud}, {model: churn}]}}";
    for (go, first, second, value, expected) in [
        (
            false,
            envs,
            models,
            "{{env}}/{{model}}",
            &["dev/fraud", "dev/churn", "prod/fraud", "prod/churn"][..],
        ),
        (true, envs, models, "{{.env}}/{{.model}}", &["dev/fraud", "dev/churn", "prod/fraud", "prod/churn"]),
        // The second one is filled in with the first one's element.
        (false, envs, "{list: {elements: [{name: 'm-{{env}}'}]}}", "{{name}}", &["m-dev", "m-prod"]),
        (true, envs, "{list: {elements: [{name: 'm-{{.env}}'}]}}", "{{.name}}", &["m-dev", "m-prod"]),
        // Its elements too, where they are a text.
        (
            true,
            "{list: {elements: [{names: [a, b]}]}}",
            "{list: {elements: [], elementsYaml: '{{ .names | toJson }}'}}",
            "x",
            &[],
        ),
        (
            true,
            "{list: {elements: [{models: [{model: a}, {model: b}]}]}}",
            "{list: {elements: [], elementsYaml: '{{ .models | toJson }}'}}",
            "{{.model}}",
            &["a", "b"],
        ),
        // With Go templates the first one wins where both have a name, and maps are merged.
        (
            true,
            "{list: {elements: [{a: {one: first}, same: first}]}}",
            "{list: {elements: [{a: {one: second, two: second}, same: second}]}}",
            "{{.a.one}} {{.a.two}} {{.same}}",
            &["first second first"],
        ),
        // What is no string in a text of elements becomes one on the way through.
        (
            false,
            "{list: {elements: [], elementsYaml: '[{count: 3}]'}}",
            envs,
            "{{count}} {{env}}",
            &["3 dev", "3 prod"],
        ),
    ] {
        let expanded = expand_one(&printing(go, &matrix(first, second), value));
        let problems = expanded.problems();
        assert_eq!(problems.is_empty(), !expected.is_empty(), "{problems:?}");
        assert_eq!(values(&expanded), expected, "{first} {second}");
    }
}

#[test]
fn a_git_generator_in_a_matrix_reads_what_the_first_one_names() {
    let envs = "{list: {elements: [{env: dev}, {env: prod}]}}";
    let expanded = in_repository(&printing(true, &matrix(envs, &git("envs/{{.env}}/*")), "{{.path.path}}"));
    assert_eq!(values(&expanded), ["envs/dev/fraud", "envs/prod/churn", "envs/prod/fraud"]);
    let expanded =
        in_repository(&printing(false, &matrix(envs, &git("envs/{{env}}/*")), "{{env}} {{path[2]}}"));
    assert_eq!(values(&expanded), ["dev fraud", "prod churn", "prod fraud"]);

    // One environment without folders is no finding; none with any is.
    let more = "{list: {elements: [{env: dev}, {env: test}]}}";
    let expanded = in_repository(&printing(true, &matrix(more, &git("envs/{{.env}}/*")), "{{.path.path}}"));
    assert_eq!((values(&expanded).len(), expanded.problems()), (1, Vec::new()));
    let none = "{list: {elements: [{env: qa}, {env: test}]}}";
    let expanded = in_repository(&printing(true, &matrix(none, &git("envs/{{.env}}/*")), "x"));
    assert_eq!(
        expanded.problems(),
        [
            "appset-no-match: ApplicationSet `models`: nothing in the repository matches `envs/qa/*` at `envs/`"
        ]
    );

    // Its `values` may name what only its own element has, and the first one's; not both at once.
    for (values_of, value, expected) in [
        (
            "own: '{{.path.basename}}', outer: '{{.env}}'",
            "{{.values.own}} {{.values.outer}}",
            ["fraud dev", "churn prod", "fraud prod"],
        ),
        (
            "both: '{{.env}}-{{.path.basename}}'",
            "{{.values.both}} {{.path.path}}",
            [
                "<no value>-fraud envs/dev/fraud",
                "<no value>-churn envs/prod/churn",
                "<no value>-fraud envs/prod/fraud",
            ],
        ),
    ] {
        let generator = git("envs/{{.env}}/*").replace("HEAD", &format!("HEAD, values: {{{values_of}}}"));
        let text = printing(true, &matrix(envs, &generator), value);
        let expanded = in_repository(&text);
        assert_eq!(
            (values(&expanded), expanded.problems()),
            (expected.map(str::to_owned).to_vec(), Vec::new())
        );
        let strict =
            text.replace("  generators:\n", "  goTemplateOptions: ['missingkey=error']\n  generators:\n");
        let expanded = in_repository(&strict);
        let failed = expected[0].contains("<no value>");
        assert_eq!(expanded.problems().len(), usize::from(failed), "{:?}", expanded.problems());
        assert_eq!(values(&expanded).len(), if failed { 0 } else { 3 });
    }
    // Without Go templates a tag that is not known yet stays for later.
    let generator =
        git("envs/{{env}}/*").replace("HEAD", "HEAD, values: {both: '{{env}}-{{path.basename}}'}");
    let expanded = in_repository(&printing(false, &matrix(envs, &generator), "{{values.both}}"));
    assert_eq!(values(&expanded), ["dev-fraud", "prod-churn", "prod-fraud"]);
}

#[test]
fn a_matrix_that_argo_cd_refuses() {
    let one = "{list: {elements: [{env: dev}]}}";
    let number = "{list: {elements: [{env: dev}, {env: prod}]}}";
    for (generators, problem) in [
        (
            format!("  - matrix: {{generators: [{one}]}}"),
            "appset-generator: ApplicationSet `models`: its matrix has 1 generators, and a matrix takes two",
        ),
        (
            format!("  - matrix: {{generators: [{one}, {one}, {one}]}}"),
            "appset-generator: ApplicationSet `models`: its matrix has 3 generators, and a matrix takes two",
        ),
        (
            matrix(one, "{list: {elements: [{a: b}]}, git: {repoURL: x}}"),
            "appset-generator: ApplicationSet `models`: one entry inside its matrix or merge names `list` and `git`",
        ),
        (
            matrix(one, "{selector: {}}"),
            "appset-generator: ApplicationSet `models`: a generator inside its matrix or merge names none",
        ),
        (
            matrix(number, "{list: {elements: [{env: prod}]}}"),
            "appset-element: ApplicationSet `models`: both generators of its matrix give `env`: `dev` and `prod` at `prod`",
        ),
        (
            matrix(
                one,
                &format!("{{matrix: {{generators: [{one}, {{matrix: {{generators: [{one}, {one}]}}}}]}}}}"),
            ),
            "appset-generator: ApplicationSet `models`: its matrix stands in a generator that stands in another already",
        ),
        (
            "  - lists: {elements: []}".to_owned(),
            "appset-generator: ApplicationSet `models`: `lists` is no generator",
        ),
    ] {
        let expanded = expand_one(&printing(false, &generators, "x"));
        let said = expanded.problems();
        assert!(said.len() == 1 && said[0].starts_with(problem), "{said:?}\n{problem}");
        assert!(expanded.lines().is_empty());
    }
    let nested =
        matrix(one, "{matrix: {generators: [{list: {elements: [{a: b}]}}, {list: {elements: [{c: d}]}}]}}");
    assert_eq!(values(&expand_one(&printing(false, &nested, "{{env}}{{a}}{{c}}"))), ["devbd"]);
}

#[test]
fn a_matrix_of_a_million_is_bounded() {
    let list = |name: &str| {
        let elements = (0..1_000).map(|id| format!("{{{name}: 'v{id}'}}")).collect::<Vec<_>>().join(", ");
        format!("{{list: {{elements: [{elements}]}}}}")
    };
    for (go, value) in [(false, "{{a}}-{{b}}"), (true, "{{.a}}-{{.b}}")] {
        let expanded = expand_one(&printing(go, &matrix(&list("a"), &list("b")), value));
        assert_eq!(expanded.applications.len(), 10_000);
        assert_eq!(expanded.not_checked(), ["ApplicationSet models: it has more than 10000 elements"]);
    }
    // A matrix whose second is a matrix of nothing in the end.
    let inner = format!(
        "{{matrix: {{generators: [{}, {{list: {{elements: [{{c: d}}]}}}}]}}, selector: {{matchLabels: {{a: none}}}}}}",
        list("b")
    );
    let expanded = expand_one(&printing(false, &matrix(&list("a"), &inner), "x"));
    assert_eq!(expanded.lines(), Vec::<String>::new());
    assert_eq!(expanded.not_checked(), ["ApplicationSet models: it has more than 10000 elements"]);
}

#[test]
fn a_large_element_in_a_matrix_is_bounded() {
    let wide = (0..20_000).map(|id| format!("k{id}: v")).collect::<Vec<_>>().join(", ");
    let many = (0..1_000).map(|id| format!("{{b: 'v{id}'}}")).collect::<Vec<_>>().join(", ");
    let generators = matrix(
        &format!("{{list: {{elements: [{{{wide}}}]}}}}"),
        &format!("{{list: {{elements: [{many}]}}}}"),
    );
    let expanded = expand_one(&printing(false, &generators, "{{b}}"));
    assert_eq!(
        expanded.not_checked(),
        ["ApplicationSet models: the templates make more than 100663296 bytes of text and values"]
    );
}

#[test]
fn a_merge_changes_the_first_ones_elements() {
    let merge = |keys: &str, generators: &[&str]| {
        format!("  - merge: {{mergeKeys: [{keys}], generators: [{}]}}", generators.join(", "))
    };
    let base = "{list: {elements: [{env: dev, tier: low}, {env: prod, tier: low}]}}";
    let over = "{list: {elements: [{env: prod, tier: high}, {env: test, tier: none}]}}";
    for (go, generators, value, expected) in [
        (false, merge("env", &[base, over]), "{{env}} {{tier}}", &["dev low", "prod high"][..]),
        (true, merge("env", &[base, over]), "{{.env}} {{.tier}}", &["dev low", "prod high"]),
        (
            true,
            merge("env", &[base, over, "{list: {elements: [{env: prod, tier: top}]}}"]),
            "{{.env}} {{.tier}}",
            &["dev low", "prod top"],
        ),
        (
            true,
            merge(
                "env",
                &[
                    "{list: {elements: [{env: dev, a: {one: x, two: x}}]}}",
                    "{list: {elements: [{env: dev, a: {two: z}}]}}",
                ],
            ),
            "{{.a.one}}{{.a.two}}",
            &["xz"],
        ),
        // Several keys, and a nested merge.
        (
            false,
            merge(
                "env, region",
                &[
                    "{list: {elements: [{env: dev, region: eu}, {env: dev, region: us}]}}",
                    "{list: {elements: [{env: dev, region: us, tier: high}]}}",
                ],
            ),
            "{{region}} {{tier}}",
            &["eu {{tier}}", "us high"],
        ),
        (
            false,
            merge("env", &[base, &format!("{{merge: {{mergeKeys: [env], generators: [{over}, {over}]}}}}")]),
            "{{env}} {{tier}}",
            &["dev low", "prod high"],
        ),
        // An element without the key is one without it in both.
        (
            true,
            merge("none", &["{list: {elements: [{env: dev}]}}", "{list: {elements: [{tier: high}]}}"]),
            "{{.env}} {{.tier}}",
            &["dev high"],
        ),
    ] {
        let expanded = expand_one(&printing(go, &generators, value));
        assert_eq!(expanded.problems(), Vec::<String>::new(), "{generators}");
        assert_eq!(values(&expanded), expected, "{generators}");
    }
    for (generators, problem) in [
        (
            merge("env", &[base]),
            "appset-generator: ApplicationSet `models`: its merge has one generator, and it takes two or more",
        ),
        (merge("", &[base, over]), "appset-generator: ApplicationSet `models`: its merge names no mergeKeys"),
        (
            merge("tier", &[base, over]),
            "appset-element: ApplicationSet `models`: two elements of one generator of its merge have tier `low` at `low`",
        ),
    ] {
        let said = expand_one(&printing(false, &generators, "x")).problems();
        assert!(said[0].starts_with(problem), "{said:?}");
    }
}

#[test]
fn a_selector_names_the_elements_that_count() {
    let elements = "elements: [{env: dev, server: 'https://a:6443'}, {env: prod, region: eu, server: b}]";
    for (go, selector, expected) in [
        (false, "matchLabels: {env: prod}", &["prod"][..]),
        (true, "matchLabels: {env: prod}", &["prod"]),
        // Values that no label could have.
        (false, "matchLabels: {server: 'https://a:6443'}", &["dev"]),
        (false, "matchExpressions: [{key: env, operator: In, values: [dev, prod]}]", &["dev", "prod"]),
        (false, "matchExpressions: [{key: env, operator: NotIn, values: [dev]}]", &["prod"]),
        (false, "matchExpressions: [{key: region, operator: NotIn, values: [us]}]", &["dev", "prod"]),
        (false, "matchExpressions: [{key: region, operator: Exists}]", &["prod"]),
        (false, "matchExpressions: [{key: region, operator: DoesNotExist}]", &["dev"]),
        (false, "matchLabels: {env: prod}, matchExpressions: [{key: region, operator: DoesNotExist}]", &[]),
        (false, "", &["dev", "prod"]),
    ] {
        let generators = format!("  - list: {{{elements}}}\n    selector: {{{selector}}}");
        let value = if go { "{{.env}}" } else { "{{env}}" };
        let expanded = expand_one(&printing(go, &generators, value));
        assert_eq!(values(&expanded), expected, "{selector}");
        assert_eq!(expanded.problems(), Vec::<String>::new(), "{selector}");
    }
    // Inside a matrix, and on what lies deeper than the first level.
    let deep = "{list: {elements: [{a: {b: [x, z]}, env: one}, {a: {b: [w]}, env: two}]}, selector: {matchLabels: {a.b.1: z}}}";
    let generators = matrix(deep, "{list: {elements: [{c: d}]}}");
    assert_eq!(values(&expand_one(&printing(true, &generators, "{{.env}}{{.c}}"))), ["oned"]);

    for (selector, problem) in [
        (
            "matchExpressions: [{key: env, operator: Has}]",
            "its selector's `env` has the operator `Has`, which is none of In, NotIn, Exists, DoesNotExist at `Has`",
        ),
        (
            "matchExpressions: [{key: env, operator: In}]",
            "its selector's `env` has the operator In and no values at `In`",
        ),
        (
            "matchExpressions: [{key: env, operator: Exists, values: [a]}]",
            "its selector's `env` has the operator Exists, which takes no values at `[a]`",
        ),
    ] {
        let generators = format!("  - list: {{{elements}}}\n    selector: {{{selector}}}");
        let expanded = expand_one(&printing(false, &generators, "x"));
        assert_eq!(expanded.problems(), [format!("appset-selector: ApplicationSet `models`: {problem}")]);
    }
}

#[test]
fn a_set_without_elements_is_said_unless_a_selector_left_them_out() {
    for (generators, said) in [
        ("  - list: {elements: []}", true),
        ("  - list: {elements: []}\n    selector: {matchLabels: {env: prod}}", false),
        ("  - list: {elements: [{env: dev}]}\n    selector: {matchLabels: {env: prod}}", false),
        ("  - list: {elements: []}\n  - list: {elements: [{env: dev}]}", false),
        ("  - scmProvider: {github: {organization: org}}", false),
        ("  - list: {elements: []}\n  - pullRequest: {}", false),
        ("    []", true),
    ] {
        let expanded = expand_one(&printing(false, generators, "x"));
        let problems = expanded.problems();
        assert_eq!(problems.len(), usize::from(said), "{generators} {problems:?}");
        assert!(problems.iter().all(|one| {
            one.starts_with("appset-no-element: ApplicationSet `models`: its generators give no element at `")
        }));
    }
}

#[test]
fn what_asks_a_cluster_or_a_service_is_not_checked_by_name() {
    for name in ["scmProvider", "pullRequest", "plugin", "clusterDecisionResource"] {
        let expanded =
            expand_one(&printing(false, &format!("  - {name}: {{configMapRef: {{name: x}}}}"), "x"));
        assert_eq!(
            expanded.not_checked(),
            [format!("ApplicationSet models: its generator `{name}` asks what is not in the repository")]
        );
        assert_eq!(expanded.problems(), Vec::<String>::new());
    }
}

#[test]
fn a_generators_template_goes_before_the_sets() {
    let template = "    metadata: {name: m, labels: {a: set, b: set}}\n    spec:\n      project: set\n      source: {path: set, helm: {valueFiles: [set.yaml], valuesObject: {a: set}}}\n      syncPolicy: {automated: {prune: true}, syncOptions: [A=true]}";
    let own = "{metadata: {name: '', labels: {b: own, c: own}}, spec: {source: {path: own, helm: {valueFiles: [], valuesObject: {b: own}}}, syncPolicy: {automated: {prune: false}, syncOptions: [B=true]}}}";
    let generators = format!("  - list:\n      elements: [{{env: dev}}]\n      template: {own}");
    let expanded = expand_one(&set(false, &generators, template));
    let mut lines: Vec<String> = expanded.lines()[0].split(' ').map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "/metadata/labels/a=set",
            "/metadata/labels/b=own",
            "/metadata/labels/c=own",
            "/metadata/name=m",
            "/spec/project=set",
            "/spec/source/helm/valueFiles/0=set.yaml",
            "/spec/source/helm/valuesObject/b=own",
            "/spec/source/path=own",
            // `false` is empty to Go: it overrides nothing.
            "/spec/syncPolicy/automated/prune=true",
            "/spec/syncPolicy/syncOptions/0=B=true",
        ]
    );
    // Inside a matrix only the matrix's own counts.
    let inner = "{list: {elements: [{env: dev}], template: {spec: {project: inner}}}}";
    let generators = format!(
        "  - matrix:\n      generators: [{inner}, {{list: {{elements: [{{a: b}}]}}}}]\n      template: {{metadata: {{}}, spec: {{project: matrix}}}}"
    );
    let expanded = expand_one(&printing(false, &generators, "set"));
    assert_eq!(expanded.lines(), ["/metadata/name=set /spec/project=matrix"]);
}

#[test]
fn one_entry_may_name_two_generators() {
    let generators = format!(
        "  - list: {{elements: [{{env: dev}}]}}\n    git: {{repoURL: '{URL}', directories: [{{path: models}}]}}"
    );
    let text = printing(false, &generators, "{{env}}{{path}}");
    let expanded = expand_in(&[("set.yaml", &text), ("models/a.yaml", "a: 1\n")]);
    assert_eq!(values(&expanded), ["dev{{path}}", "{{env}}models"]);
}
