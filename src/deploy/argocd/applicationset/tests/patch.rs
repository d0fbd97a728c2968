//! `templatePatch`, strategies, and names.

use super::{Expanded, expand_one, set};

const TEMPLATE: &str = "    metadata: {name: '{{.env}}', labels: {team: fraud}}
    spec:
      project: models
      source: {path: chart, helm: {valueFiles: [a.yaml, b.yaml], valuesObject: {a: {b: c}, d: e}}}
      syncPolicy: {automated: {prune: true}, syncOptions: [A=true]}";

fn patched(elements: &str, patch: &str) -> Expanded {
    let text = set(true, &format!("  - list: {{elements: [{elements}]}}"), TEMPLATE);
    expand_one(&format!("{text}  templatePatch: |\n    {}\n", patch.replace('\n', "\n    ")))
}

/// The lines of the first Application that the template alone does not give.
fn changed(expanded: &Expanded) -> Vec<String> {
    let fields = |expanded: &Expanded| -> Vec<String> {
        expanded.lines().first().map(|line| line.split(' ').map(str::to_owned).collect()).unwrap_or_default()
    };
    let (before, after) = (fields(&patched("{env: dev}", "")), fields(expanded));
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("-{line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+{line}"));
    gone.chain(new).collect()
}

#[test]
fn a_patch_is_merged_over_the_application() {
    for (patch, expected) in [
        ("", &[][..]),
        ("{{- if eq .env \"prod\" }}\nspec: {project: x}\n{{- end }}", &[]),
        // Booleans can be templated here and nowhere else.
        (
            "spec: {syncPolicy: {automated: {selfHeal: {{ eq .env \"dev\" }}}}}",
            &["+/spec/syncPolicy/automated/selfHeal=true"],
        ),
        (
            "spec:\n  syncPolicy:\n    automated: null\n    syncOptions:\n    {{- range list \"B=true\" \"C=true\" }}\n    - {{ . }}\n    {{- end }}",
            &[
                "-/spec/syncPolicy/automated/prune=true",
                "-/spec/syncPolicy/syncOptions/0=A=true",
                "+/spec/syncPolicy/syncOptions/0=B=true",
                "+/spec/syncPolicy/syncOptions/1=C=true",
            ],
        ),
        // JSON is YAML.
        ("{\"metadata\": {\"labels\": {\"env\": \"{{ .env }}\"}}}", &["+/metadata/labels/env=dev"]),
        // The project is the template's.
        ("spec: {project: other}", &[]),
        ("spec: {source: {path: null, chart: x}}", &["-/spec/source/path=chart", "+/spec/source/chart=x"]),
        (
            "metadata: {labels: {$patch: replace, x: z}}",
            &["-/metadata/labels/team=fraud", "+/metadata/labels/x=z"],
        ),
        ("metadata: {labels: {$patch: delete}}", &["-/metadata/labels/team=fraud"]),
        (
            "spec: {syncPolicy: {$retainKeys: [automated, retry], retry: {limit: 3}}}",
            &["-/spec/syncPolicy/syncOptions/0=A=true", "+/spec/syncPolicy/retry/limit=3"],
        ),
        ("spec: {syncPolicy: {$retainKeys: [automated, syncOptions]}}", &[]),
        (
            "spec: {syncPolicy: {$setElementOrder/syncOptions: [B], syncOptions: [B]}}",
            &["-/spec/syncPolicy/syncOptions/0=A=true", "+/spec/syncPolicy/syncOptions/0=B"],
        ),
        ("metadata: {name: '{{ .env }}-2'}", &["-/metadata/name=dev", "+/metadata/name=dev-2"]),
        (
            "spec: {source: {helm: {valuesObject: {d: f, g: {h: i}}}}}",
            &[
                "-/spec/source/helm/valuesObject/d=e",
                "+/spec/source/helm/valuesObject/d=f",
                "+/spec/source/helm/valuesObject/g/h=i",
            ],
        ),
    ] {
        let expanded = patched("{env: dev}", patch);
        assert_eq!(expanded.problems(), Vec::<String>::new(), "{patch}");
        assert_eq!(changed(&expanded), expected, "{patch}");
    }
}

#[test]
fn a_spec_that_is_empty_takes_all_of_it_away() {
    // argo-cd#17040: nothing under `spec:` is null, and null deletes.
    let expanded = patched(
        "{env: dev}",
        "spec: # nothing in here\n{{- if eq .env \"prod\" }}\n  source: {}\n{{- end }}",
    );
    assert_eq!(expanded.lines(), ["/metadata/name=dev /metadata/labels/team=fraud /spec/project=models"]);
}

#[test]
fn a_patch_that_argo_cd_refuses() {
    for (patch, problem) in [
        (
            "spec: {syncPolicy: {automated: {prune: '{{ eq .env \"dev\" }}'}}}",
            "its templatePatch gives `spec.syncPolicy.automated.prune` a string, and it takes a boolean at `'`",
        ),
        (
            "spec: {source: {targetRevision: {{ 1.10 }}}}",
            "its templatePatch gives `spec.source.targetRevision` a number, and it takes a string at `1.10`",
        ),
        ("spec: [a]", "its templatePatch gives `spec` a list, and it takes a map at `[a]`"),
        ("just words", "its templatePatch is a string, not a map at `just words`"),
        ("spec: {a: [", "its templatePatch is no YAML: "),
        (
            "spec: {$patch: remove}",
            "its templatePatch has the directive `$patch: remove`, which is none at `remove`",
        ),
        (
            "spec: {syncPolicy: {$retainKeys: [automated], retry: {limit: 3}}}",
            "its templatePatch sets `retry`, which its `$retainKeys` does not name at `retry`",
        ),
        (
            "spec: {syncPolicy: {$retainKeys: x}}",
            "its templatePatch gives `$retainKeys` a string, and it takes a list at `x`",
        ),
        (
            "metadata: {labels: {$retainKeys: [x], x: z}}",
            "its templatePatch gives `metadata.labels.$retainKeys` a list, and it takes a string at `[x]`",
        ),
        (
            "spec: {source: {helm: {valuesObject: {a: {b: z}}}}}",
            "its templatePatch changes `a` inside valuesObject, where only whole scalars can be replaced: unable to find api field in struct RawExtension for the json field \"a\" at `a`",
        ),
    ] {
        let expanded = patched("{env: dev}", patch);
        let said = expanded.problems();
        let wanted = format!("appset-patch: ApplicationSet `models`: {problem}");
        assert!(said.len() == 1 && said[0].starts_with(&wanted), "{said:?}\n{wanted}");
        assert!(expanded.lines().is_empty());
    }
    // One cause, once, whatever the number of elements.
    let expanded = patched("{env: dev}, {env: prod}", "spec: [a]");
    assert_eq!(expanded.problems().len(), 1);
}

#[test]
fn without_go_templates_a_patch_has_tags() {
    let template = TEMPLATE.replace("{{.env}}", "{{env}}");
    let text = set(false, "  - list: {elements: [{env: dev, prune: 'false'}]}", &template);
    let text = format!(
        "{text}  templatePatch: |\n    spec: {{syncPolicy: {{automated: {{prune: {{{{prune}}}}}}}}}}\n"
    );
    let expanded = expand_one(&text);
    assert!(expanded.lines()[0].contains("/spec/syncPolicy/automated/prune=false"), "{:?}", expanded.lines());
}

#[test]
fn patches_that_explode_are_bounded() {
    for patch in [
        "spec: {info: [{name: a, value: \"{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}\"}]}",
        "spec: {source: {path: \"{{ repeat 100000000 \"x\" }}\"}}",
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
    ] {
        let expanded = patched("{env: dev}, {env: prod}", patch);
        assert_eq!(expanded.not_checked().len(), 1, "{patch} {:?}", expanded.problems());
        assert!(expanded.lines().is_empty());
    }
    let aliases = (1..12).fold("a0: &a0 [x, x]".to_owned(), |text, level| {
        let before = level - 1;
        format!("{text}\na{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}]")
    });
    let expanded = patched("{env: dev}", &aliases);
    assert_eq!(expanded.problems().len(), 1, "{:?}", expanded.not_checked());
    let deep = format!("spec: {}{}", "[".repeat(300), "]".repeat(300));
    assert_eq!(patched("{env: dev}", &deep).problems().len(), 1);
}

#[test]
fn rolling_sync_switches_automated_syncing_off() {
    let rolling = |strategy: &str, policy: &str| {
        let template = format!("    metadata: {{name: '{{{{env}}}}'}}\n    spec: {{{policy}}}");
        let text = set(false, "  - list: {elements: [{env: dev}]}", &template);
        expand_one(&text.replace("  generators:", &format!("  strategy: {strategy}\n  generators:")))
    };
    let steps = "{type: RollingSync, rollingSync: {steps: [{matchExpressions: []}]}}";
    let on = "syncPolicy: {automated: {selfHeal: true}}";
    let expanded = rolling(steps, on);
    assert_eq!(
        expanded.lines(),
        [
            "/metadata/name=dev /spec/syncPolicy/automated/selfHeal=true /spec/syncPolicy/automated/enabled=false"
        ]
    );
    let application = &expanded.applications[0];
    let enabled = application.root.find(&["spec", "syncPolicy", "automated", "enabled"]).present().unwrap();
    assert_eq!(enabled.as_bool(), Some(false));
    let place = application.place(enabled.origin).unwrap();
    assert_eq!((place.file.slice(place.start..place.end), place.role.word()), ("RollingSync", "deployment"));
    for (strategy, policy, lines) in [
        (steps, "project: x", "/metadata/name=dev /spec/project=x"),
        (
            steps,
            "syncPolicy: {automated: {enabled: true}}",
            "/metadata/name=dev /spec/syncPolicy/automated/enabled=false",
        ),
        (
            "{type: AllAtOnce}",
            "syncPolicy: {automated: {prune: true}}",
            "/metadata/name=dev /spec/syncPolicy/automated/prune=true",
        ),
    ] {
        assert_eq!(rolling(strategy, policy).lines(), [lines], "{strategy}");
    }
    let expanded = rolling("{type: RollingSync, rollingSync: {steps: []}}", on);
    assert_eq!(
        expanded.problems(),
        [
            "appset-strategy: ApplicationSet `models`: its strategy RollingSync has no steps: nothing is ever synced at `RollingSync`"
        ]
    );
}

#[test]
fn two_applications_of_one_name_are_refused() {
    let template = "    metadata: {name: 'm-{{env}}'}\n    spec: {project: '{{tier}}'}";
    let elements = "{env: dev, tier: a}, {env: dev, tier: b}, {env: prod, tier: c}, {env: dev, tier: d}";
    let expanded = expand_one(&set(false, &format!("  - list: {{elements: [{elements}]}}"), template));
    assert_eq!(
        expanded.problems(),
        [
            "appset-duplicate: ApplicationSet `models`: two of its elements make an Application called `m-dev` at `dev`"
        ]
    );
    assert_eq!(expanded.applications.len(), 2);
    let empty = expand_one(&set(
        true,
        "  - list: {elements: [{env: ''}]}",
        "    metadata: {name: '{{.env}}'}\n    spec: {}",
    ));
    assert_eq!(empty.problems().len(), 1);
    assert!(
        empty.problems()[0]
            .starts_with("appset-name: ApplicationSet `models`: one of its Applications has no name")
    );
}
