//! The list generator, and both template languages.

use super::{expand_one, set};

/// A set with one list of these elements, whose template has one name and one value.
fn list(go: bool, elements: &str, name: &str, value: &str) -> String {
    let template = format!("    metadata: {{name: '{name}'}}\n    spec: {{project: '{value}'}}");
    set(go, &format!("  - list: {{elements: [{elements}]}}"), &template)
}

#[test]
fn tags_are_replaced_in_strings() {
    for (elements, name, value, expected) in [
        ("{env: dev}, {env: prod}", "m-{{env}}", "{{ env }}", &["dev dev", "prod prod"][..]),
        // What nothing defines stays as it is written, blanks and all.
        ("{env: dev}", "m-{{env}}", "{{ region }}/{{.env}}/{{}}", &["dev {{ region }}/{{.env}}/{{}}"]),
        ("{env: dev, values: {tier: gold}}", "m-{{env}}", "{{values.tier}}", &["dev gold"]),
        // Tags of different lines and an open brace are no tag.
        ("{env: dev}", "m-{{env}}", "a {{ b", &["dev a {{ b"]),
        ("{env: '{{env}}'}", "m-{{env}}", "x", &["{{env}} x"]),
    ] {
        let expanded = expand_one(&list(false, elements, name, value));
        let expected: Vec<String> = expected
            .iter()
            .map(|line| {
                let (name, value) = line.split_once(' ').unwrap();
                format!("/metadata/name=m-{name} /spec/project={value}")
            })
            .collect();
        assert_eq!(expanded.lines(), expected, "{elements} {value}");
        assert_eq!(expanded.problems(), Vec::<String>::new());
    }
}

#[test]
fn without_go_templates_an_element_holds_strings() {
    for (elements, problem) in [
        (
            "{env: dev, replicas: 3}",
            "its element's `replicas` is a number; without goTemplate every value of an element is a string at `3`",
        ),
        (
            "{env: dev, gpu: true}",
            "its element's `gpu` is a boolean; without goTemplate every value of an element is a string at `true`",
        ),
        (
            "{env: dev, a: {b: c}}",
            "its element's `a` is a map; without goTemplate every value of an element is a string at `{b: c}`",
        ),
        ("{env: dev, values: x}", "its element's `values` is a string, not a map at `x`"),
        (
            "{env: dev, values: {a: 1.5}}",
            "its element's `values.a` is a number; without goTemplate every value of an element is a string at `1.5`",
        ),
        ("dev", "its element is a string, not a map at `dev`"),
    ] {
        let expanded = expand_one(&list(false, elements, "m-{{env}}", "x"));
        assert_eq!(expanded.lines(), Vec::<String>::new(), "{elements}");
        assert_eq!(expanded.problems(), [format!("appset-element: ApplicationSet `models`: {problem}")]);
        // With them any value is fine.
        let expanded = expand_one(&list(true, elements, "m-x", "x"));
        assert_eq!(expanded.lines().len(), usize::from(elements != "dev"), "{elements}");
    }
}

#[test]
fn go_templates_are_run_with_sprig_and_argo_cd_functions() {
    for (element, value, expected) in [
        ("{env: dev}", "{{.env}}", "dev"),
        ("{env: dev}", "{{ .env | upper | quote }}", "\"DEV\""),
        ("{env: My_Model/V2}", "{{ normalize .env }}", "my-model-v2"),
        ("{env: feature/a-long-name}", "{{ slugify 9 .env }}", "feature-a"),
        ("{env: feature/a-long-name}", "{{ slugify 9 false .env }}", "feature-a"),
        ("{env: feature/a-long-name}", "{{ .env | slugify }}", "feature-a-long-name"),
        ("{env: dev, count: 3}", "{{ add .count 1 }}", "4"),
        // Numbers are float64, as JSON has them.
        ("{count: 1000000}", "{{ .count }}", "1e+06"),
        ("{version: '1.10'}", "{{ .version }}", "1.10"),
        ("{version: 1.10}", "{{ .version }}", "1.1"),
        // `n` and `on` are booleans to the YAML library of kubectl and Argo CD, keys too.
        ("{n: 3}", "{{ .false }}", "3"),
        ("{a: {b: [one, two]}}", "{{ index .a.b 1 }}", "two"),
        ("{a: {b: [one, two]}}", "{{ toYaml .a }}", "b:\n- one\n- two"),
        ("{a: {b: 1}}", "{{ toJson .a }}", "{\"b\":1}"),
        ("{a: 'b: c'}", "{{ (fromYaml .a).b }}", "c"),
        ("{a: '[b, c]'}", "{{ index (fromYamlArray .a) 0 }}", "b"),
        // A key that is not there prints so, and so does a field of it.
        ("{env: dev}", "{{ .region }}", "<no value>"),
        ("{env: dev}", "{{ .region.name }}", "<no value>"),
        ("{env: dev}", "{{ .region | default \"eu\" }}", "eu"),
        ("{env: dev}", "{{ if eq .env \"dev\" }}1{{ else }}2{{ end }}", "1"),
        // Tags of the other language are templates of this one, or no template at all.
        ("{env: dev}", "x", "x"),
    ] {
        let expanded = expand_one(&list(true, element, "m", &value.replace('\'', "''")));
        assert_eq!(expanded.problems(), Vec::<String>::new(), "{value}");
        assert_eq!(expanded.lines(), [format!("/metadata/name=m /spec/project={expected}")], "{value}");
    }
}

#[test]
fn a_go_template_that_fails_is_refused_at_its_action() {
    for (value, problem) in [
        // A tag of the other language.
        ("{{env}}", "appset-template: ApplicationSet `models`: function \"env\" not defined at `{{env}}`"),
        ("{{.env", "appset-template: ApplicationSet `models`: unclosed action at `{{.env`"),
        (
            "{{ .env.name }}",
            "appset-render: ApplicationSet `models`: at `.env.name`: can't evaluate field name in type string at `dev`",
        ),
        (
            "{{ fromYaml .env }}",
            "appset-render: ApplicationSet `models`: at `fromYaml .env`: error calling fromYaml: the YAML is not a map at `dev`",
        ),
        ("{{ fail \"no\" }}", "appset-render: ApplicationSet `models`: at `fail \"no\"`: no at `\"no\"`"),
        // What would look at the controller's machine is no function.
        (
            "{{ env \"HOME\" }}",
            "appset-template: ApplicationSet `models`: function \"env\" not defined at `{{ env \"HOME\" }}`",
        ),
        (
            "{{ getHostByName \"x\" }}",
            "appset-template: ApplicationSet `models`: function \"getHostByName\" not defined at `{{ getHostByName \"x\" }}`",
        ),
        // Helm's own.
        (
            "{{ include \"x\" . }}",
            "appset-template: ApplicationSet `models`: function \"include\" not defined at `{{ include \"x\" . }}`",
        ),
    ] {
        let expanded = expand_one(&list(true, "{env: dev}", "m", value));
        assert_eq!(expanded.problems(), [problem], "{value}");
        assert_eq!(expanded.lines(), Vec::<String>::new(), "{value}");
    }
}

#[test]
fn a_missing_key_is_what_the_options_say() {
    for (options, value, expected) in [
        ("", "{{ .region }}", Ok("<no value>")),
        ("missingkey=default", "{{ .region }}", Ok("<no value>")),
        ("missingkey=zero", "{{ .region }}", Ok("<no value>")),
        ("missingkey=error", "{{ .region }}", Err("map has no entry for key \"region\"")),
        ("missingkey=error", "{{ .env }}", Ok("dev")),
        ("missingkey=fail", "{{ .env }}", Err("Go has no template option `missingkey=fail`")),
        ("missingkey=error", "{{ .region | default \"eu\" }}", Err("map has no entry for key \"region\"")),
        ("missingkey=error", "{{ dig \"region\" \"eu\" . }}", Ok("eu")),
        ("missingkey=error", "{{ if hasKey . \"region\" }}1{{ end }}x", Ok("x")),
    ] {
        let text = list(true, "{env: dev}", "m", value);
        let text =
            text.replace("  generators:", &format!("  goTemplateOptions: ['{options}']\n  generators:"));
        let text = if options.is_empty() { text.replace("['']", "[]") } else { text };
        let expanded = expand_one(&text);
        match expected {
            Ok(expected) => {
                assert_eq!(expanded.lines(), [format!("/metadata/name=m /spec/project={expected}")]);
            }
            Err(message) => {
                assert!(expanded.problems()[0].contains(message), "{:?}", expanded.problems());
                assert_eq!(expanded.lines(), Vec::<String>::new());
            }
        }
    }
}

#[test]
fn a_text_of_elements_is_read_as_yaml() {
    let text = |go, elements: &str, value: &str| {
        let template = format!("    metadata: {{name: 'm-{value}'}}\n    spec: {{project: '{value}'}}");
        set(
            go,
            &format!("  - list:\n      elementsYaml: |\n        {}", elements.replace('\n', "\n        ")),
            &template,
        )
    };
    for (go, elements, value, expected) in [
        (true, "- env: dev\n- env: prod", "{{.env}}", &["dev", "prod"][..]),
        (false, "- env: dev\n- env: prod", "{{env}}", &["dev", "prod"]),
        // Whatever is no string stays a tag, and so does what is deeper.
        (false, "- {count: 3, a: {b: c}}", "{{count}}/{{a.b}}/{{a}}", &["{{count}}/{{a.b}}/{{a}}"]),
        (true, "[{env: dev}]", "{{.env}}", &["dev"]),
    ] {
        let expanded = expand_one(&text(go, elements, value));
        let expected: Vec<String> =
            expected.iter().map(|value| format!("/metadata/name=m-{value} /spec/project={value}")).collect();
        assert_eq!(expanded.lines(), expected, "{elements}");
    }
    for (elements, problem) in [
        ("env: dev", "its elementsYaml is a map, not a list at `env: dev`"),
        ("- dev", "its element is a string, not a map at `dev`"),
        ("- {env: dev", "its elementsYaml is no YAML: "),
    ] {
        let expanded = expand_one(&text(true, elements, "x"));
        let said = expanded.problems();
        assert!(
            said[0].starts_with(&format!("appset-element: ApplicationSet `models`: {problem}")),
            "{said:?}"
        );
    }
}

#[test]
fn what_is_no_string_is_not_filled_in() {
    let template = "    metadata: {name: m, labels: {'{{env}}-tier': a, tier: b}}\n    spec: {project: default, syncPolicy: {automated: {prune: true}}, revisionHistoryLimit: 3}";
    let expanded = expand_one(&set(false, "  - list: {elements: [{env: dev}]}", template));
    assert_eq!(
        expanded.lines(),
        [
            "/metadata/name=m /metadata/labels/dev-tier=a /metadata/labels/tier=b /spec/project=default /spec/syncPolicy/automated/prune=true /spec/revisionHistoryLimit=3"
        ]
    );
}

#[test]
fn an_application_is_the_sets_in_all_its_template_does_not_say() {
    let template = "    metadata: {name: '{{env}}', namespace: elsewhere}\n    spec: {project: x}";
    let text = set(false, "  - list: {elements: [{env: dev}]}", template);
    let text = text.replace("{name: models}", "{name: models, namespace: argocd}");
    let finalizers = |expanded: &super::Expanded| {
        let metadata = expanded.applications[0].root.get("metadata");
        metadata
            .get("finalizers")
            .items()
            .iter()
            .map(|one| one.text().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let expanded = expand_one(&text);
    assert_eq!(expanded.applications[0].id.namespace.as_deref(), Some("argocd"));
    assert_eq!(finalizers(&expanded), ["resources-finalizer.argocd.argoproj.io"]);
    let kept =
        text.replace("  generators:", "  syncPolicy: {preserveResourcesOnDeletion: true}\n  generators:");
    assert_eq!(finalizers(&expand_one(&kept)), Vec::<String>::new());
    let own = text.replace("namespace: elsewhere", "finalizers: [mine]");
    assert_eq!(finalizers(&expand_one(&own)), ["mine"]);
    // An element without parameters leaves the template as it stands.
    let bare = expand_one(&text.replace("{env: dev}", "{}"));
    assert_eq!(bare.applications[0].id.name, "{{env}}");
    assert_eq!(finalizers(&bare), Vec::<String>::new());
}

#[test]
fn elements_beyond_the_limit_are_said() {
    let many = |count: usize| (0..count).map(|n| format!("{{id: 'a{n}'}}")).collect::<Vec<_>>().join(", ");
    let full = expand_one(&list(false, &many(10_000), "m-{{id}}", "x"));
    assert_eq!(full.applications.len(), 10_000);
    assert_eq!(full.not_checked(), Vec::<String>::new());
    let over = expand_one(&list(true, &many(10_001), "m-{{.id}}", "x"));
    assert_eq!(over.not_checked(), ["ApplicationSet models: it has more than 10000 elements"]);
    let go = expand_one(&list(true, &many(10_000), "m-{{.id}}", "{{ .id | upper }}"));
    assert_eq!(go.applications.len(), 10_000);
    assert_eq!(go.applications[9_999].id.name, "m-a9999");
}

#[test]
fn what_is_random_is_not_known() {
    let expanded = expand_one(&list(true, "{env: dev}", "m", "p-{{ uuidv4 }}"));
    assert_eq!(expanded.lines(), ["/metadata/name=m /spec/project=?it is random"]);
    let expanded = expand_one(&list(true, "{env: dev}", "m-{{ randAlpha 4 }}", "x"));
    assert_eq!(expanded.lines(), Vec::<String>::new());
    assert_eq!(
        expanded.not_checked(),
        ["ApplicationSet models: the name of one of its Applications is not known"]
    );
}

#[test]
fn a_tag_that_stays_where_none_can_be_meant_is_said() {
    let unresolved = |go: bool, spec: &str| {
        let name = if go { "m-{{.env}}" } else { "m-{{env}}" };
        let template = format!("    metadata: {{name: '{name}'}}\n    spec: {spec}");
        expand_one(&set(go, "  - list: {elements: [{env: dev}, {env: prod}]}", &template))
    };
    for (go, spec, problem, kept) in [
        (
            false,
            "{destination: {name: 'c-{{.env}}'}}",
            "`{{.env}}` stays as it is in its `name`: without goTemplate no tag starts with a dot at `{{.env}}`",
            2,
        ),
        (
            false,
            "{source: {path: 'envs/{{path}}/{{env}}'}}",
            "`{{path}}` stays as it is in its `path`: no parameter has this name at `{{path}}`",
            0,
        ),
        (
            false,
            "{sources: [{repoURL: x, targetRevision: '{{revision}}'}]}",
            "`{{revision}}` stays as it is in its `targetRevision`: no parameter has this name at `{{revision}}`",
            2,
        ),
        (
            true,
            "{destination: {namespace: 'ml-{{ .region }}'}}",
            "its `namespace` comes out as `ml-<no value>`: a parameter in it is not there at `ml-`",
            2,
        ),
    ] {
        let expanded = unresolved(go, spec);
        assert_eq!(expanded.problems(), [format!("appset-unresolved: ApplicationSet `models`: {problem}")]);
        assert_eq!(expanded.applications.len(), kept, "{spec}");
    }
    // Braces may be meant elsewhere: in values, an alert.
    let expanded = unresolved(false, "{source: {path: a, helm: {values: 'alert: \"{{ $labels.job }}\"'}}}");
    assert_eq!(expanded.problems(), Vec::<String>::new());
}
