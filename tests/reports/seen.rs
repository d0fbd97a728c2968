//! What a user sees: small repositories as they are printed, and the diagnostics of voice.md whose
//! rules are still to come, drawn from their facts.

use std::sync::Arc;

use mlgitops::finding::{Code, Finding, Fix, Label, NotChecked, Safety, Severity};
use mlgitops::report::{self, Context, Format, Style};
use mlgitops_yaml::SourceFile;

use crate::read::text;
use crate::sample::{at, file, finding, label, linted_by, place, report, service, waived};

/// What is printed of what one rule finds, without the line that ends every report.
fn seen(rule: &str, files: &[(&str, &str)]) -> String {
    blocks(&text(Format::Human, &linted_by(rule, files)))
}

fn drawn(findings: Vec<Finding>) -> String {
    blocks(&text(Format::Human, &report(findings, Vec::new())))
}

fn blocks(text: &str) -> String {
    text.rsplit_once("\n\n").map_or(String::new(), |(blocks, _)| format!("{blocks}\n"))
}

const APPLICATION_SET: &str = r#"apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: churn, namespace: argocd}
spec:
  generators:
    - list:
        elements: [{env: staging}, {env: prod}]
  template:
    metadata: {name: "churn-{{env}}"}
    spec:
      source:
        repoURL: https://git.example.com/org/models
        path: chart
        helm: {parameters: [{name: environment, value: "{{env}}"}]}
      destination: {name: "{{env}}", namespace: "churn-{{env}}"}
"#;

const TEMPLATE: &str = "apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: {name: churn}
spec:
  predictor:
    model:
      modelFormat: {name: sklearn}
      storageUri: {{ index .Values .Values.environment | quote }}
";

/// voice.md 1: a stage name, through a Helm value.
#[test]
fn a_stage_name_through_a_helm_value() {
    let values = "environment: staging\nstaging: s3://models/churn/v9/\nprod: models:/churn/Production\n";
    let files = [
        ("applicationset.yaml", APPLICATION_SET),
        ("chart/Chart.yaml", "apiVersion: v2\nname: churn\nversion: 1.0.0\n"),
        ("chart/templates/churn.yaml", TEMPLATE),
        ("chart/values.yaml", values),
    ];
    insta::assert_snapshot!(seen("pinned-model-uri", &files), @r"
    error[pinned-model-uri]: churn in prod names the MLflow stage `Production`, not a version
       ╭─[chart/values.yaml:3:7]
     3 │ prod: models:/churn/Production
       ·       ^^^^^^^^^^^^^^^^^^^^^^^^ moves in MLflow, without a commit
       ╰─
      note: KServe has no such scheme and takes this for a local path: Argo CD says Synced, the new pods
            never start, the old ones keep serving
      help: name a version, as a path that ends in `/`: `s3://bucket/model/v47/`
    ");
}

/// voice.md 4: a field at the wrong level.
#[test]
fn a_field_at_the_wrong_level() {
    let level = service("fraud", "v47/") + "      nodeSelector:\n        pool: gpu\n";
    insta::assert_snapshot!(seen("unknown-field", &[("fraud.yaml", &level)]), @r"
    error[unknown-field]: fraud loses its `nodeSelector`: `model` has no such field
       ╭─[fraud.yaml:9:7]
     9 │       nodeSelector:
       ·       ^^^^^^^^^^^^ belongs one level up, in `spec.predictor`
       ╰─
      note: the API server drops it and Argo CD says Synced; Flux refuses the whole object
      help: move it to `spec.predictor`; fraud restarts
    ");
}

/// voice.md 8: one finding in three environments is one block, under the loudest.
#[test]
fn one_finding_in_three_environments() {
    let files = [("dev/fraud.yaml", "v47"), ("staging/fraud.yaml", "v45"), ("prod/fraud.yaml", "v43")]
        .map(|(path, version)| (path, service("fraud", version)));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    insta::assert_snapshot!(text(Format::Human, &linted_by("s3-prefix", &files)), @r"
    warning[s3-prefix]: fraud in prod would also download `v430/…` or `v43-rc1/…`: no `/` at the end
       ╭─[prod/fraud.yaml:8:19]
     8 │       storageUri: s3://models/fraud/v43
       ·                   ^^^^^^^^^^^^^^^^^^^^^ prod
       ├─[dev/fraud.yaml:8:19]
     8 │       storageUri: s3://models/fraud/v47
       ·                   ^^^^^^^^^^^^^^^^^^^^^ dev
       ├─[staging/fraud.yaml:8:19]
     8 │       storageUri: s3://models/fraud/v45
       ·                   ^^^^^^^^^^^^^^^^^^^^^ staging
       ╰─
      note: KServe takes every key with this beginning; none is named here: no harm yet
      help: end it in `/`: s3://models/fraud/v43/; its pods restart

    checked 3 releases of 1 model in 3 environments (3 folders of plain files): 1 warning, 2 notes
    ");
}

#[test]
fn nothing_to_say_is_one_line() {
    let clean = service("fraud", "v47/");
    insta::assert_snapshot!(text(Format::Human, &linted_by("s3-prefix", &[("prod/fraud.yaml", &clean)])), @"checked 1 release of 1 model in 1 environment (1 folder of plain files): clean");
    insta::assert_snapshot!(text(Format::Human, &linted_by("s3-prefix", &[("README.md", "words\n")])), @"
    not checked: anything: no model, and nothing that deploys one, was found here
           help: name the folder that holds the manifests, as in: mlgitops lint deploy

    checked no release of a model: not enough to pass
    ");
}

/// voice.md 2: a version that never ran in staging.
#[test]
fn two_files_are_one_frame() {
    let prod = file("environments/prod/values.yaml", 4, "  storageUri: \"s3://models/fraud/v47\"\n");
    let staging = file("environments/staging/values.yaml", 4, "  storageUri: \"s3://models/fraud/v45\"\n");
    let uri = |file: &Arc<SourceFile>| {
        let text = file.text().clone();
        text[text.find('"').unwrap()..text.trim_end().len()].to_owned()
    };
    let goes = label(&prod, &uri(&prod), "prod goes from v43 to v47");
    let since = label(&staging, &uri(&staging), "v45 since 2026-11-12 (8c1f2e0)");
    let found = Finding {
        related: vec![since],
        note: Some(
            "staging ran v41, v43 and v45 in the 214 commits of main; v47 runs in dev since 2026-11-19 (3fa90b1)"
                .to_owned(),
        ),
        help: Some(
            "merge v47 into staging first, or promote v45, which may go now\n\
             in an emergency, add to the commit message: Mlgitops-Override: ran-in-staging -- REASON"
                .to_owned(),
        ),
        ..finding(
            "ran-in-staging",
            Severity::Error,
            "fraud-detector v47 has never run in staging",
            goes,
            Some("prod"),
        )
    };
    insta::assert_snapshot!(drawn(vec![found]), @r#"
    error[ran-in-staging]: fraud-detector v47 has never run in staging
       ╭─[environments/prod/values.yaml:4:15]
     4 │   storageUri: "s3://models/fraud/v47"
       ·               ^^^^^^^^^^^^^^^^^^^^^^^ prod goes from v43 to v47
       ├─[environments/staging/values.yaml:4:15]
     4 │   storageUri: "s3://models/fraud/v45"
       ·               ----------------------- v45 since 2026-11-12 (8c1f2e0)
       ╰─
      note: staging ran v41, v43 and v45 in the 214 commits of main; v47 runs in dev since 2026-11-19
            (3fa90b1)
      help: merge v47 into staging first, or promote v45, which may go now
            in an emergency, add to the commit message: Mlgitops-Override: ran-in-staging -- REASON
    "#);
}

/// voice.md 5: what makes it matter stands above the place to edit.
#[test]
fn lines_between_two_marks_are_left_out() {
    let text = format!("  - RespectIgnoreDifferences=true\n{}  - /spec/predictor\n", "#\n".repeat(11));
    let app = file("argocd/apps/ml-models.yaml", 23, &text);
    let found = Finding {
        related: vec![label(
            &app,
            "RespectIgnoreDifferences=true",
            "a sync keeps the live value, not the one in Git",
        )],
        ..finding(
            "ignore-too-broad",
            Severity::Error,
            "Argo CD will not deploy a new model version: it ignores `/spec/predictor`",
            label(&app, "/spec/predictor", "covers storageUri of fraud-detector and image-classifier"),
            None,
        )
    };
    insta::assert_snapshot!(drawn(vec![found]), @r"
    error[ignore-too-broad]: Argo CD will not deploy a new model version: it ignores `/spec/predictor`
        ╭─[argocd/apps/ml-models.yaml:35:5]
     23 │   - RespectIgnoreDifferences=true
        ·     ----------------------------- a sync keeps the live value, not the one in Git
        ⋮
     35 │   - /spec/predictor
        ·     ^^^^^^^^^^^^^^^ covers storageUri of fraud-detector and image-classifier
        ╰─
    ");
}

/// voice.md 6 and 4: what follows from a finding is named under it, and so are its environments.
#[test]
fn one_cause_is_drawn_once() {
    let template = file("templates/service.yaml", 11, "    sklearn:\n      storageUri: s3://m/v1/\n");
    let mut cause = finding(
        "rewritten-field",
        Severity::Error,
        "Argo CD applies fraud-detector again and again: KServe replaces `sklearn:`",
        label(&template, "sklearn:", "stored as `model: {modelFormat: {name: sklearn}, …}`"),
        Some("dev"),
    );
    cause.places.extend(["staging", "prod"].map(|name| place(name, Severity::Error, Some(name))));
    let follows = Finding {
        caused_by: Some(cause.places[2].fingerprint),
        ..finding(
            "ignore-differences",
            Severity::Warning,
            "no difference is ignored",
            label(&template, "storageUri", ""),
            Some("prod"),
        )
    };
    insta::assert_snapshot!(drawn(vec![cause, follows]), @r"
    error[rewritten-field]: Argo CD applies fraud-detector again and again: KServe replaces `sklearn:`
        ╭─[templates/service.yaml:11:5]
     11 │     sklearn:
        ·     ^^^^^^^^ stored as `model: {modelFormat: {name: sklearn}, …}`
        ╰─
      also: ignore-differences (same cause); the same in dev, staging and prod
    ");
}

#[test]
fn what_only_time_ends_says_when() {
    let values = file("values.yaml", 1, "version: v47\n");
    let found = Finding {
        passes_at: Some("2026-11-22T09:14:00Z".parse().unwrap()),
        ..finding(
            "ran-in-staging",
            Severity::Error,
            "fraud-detector v47 has run in staging for 20 h 48 min, prod asks for 24 h",
            label(&values, "v47", ""),
            Some("prod"),
        )
    };
    insta::assert_snapshot!(drawn(vec![found]), @r"
    error[ran-in-staging]: fraud-detector v47 has run in staging for 20 h 48 min, prod asks for 24 h
       ╭─[values.yaml:1:10]
     1 │ version: v47
       ·          ^^^
       ╰─
      help: nothing to change; run this check again after 2026-11-22 09:14 UTC
    ");
}

#[test]
fn marks_of_every_kind_are_seen() {
    let file = file("values.yaml", 1, "model:\n  uri: 日本 v1\n\tsize: 4\nkey:\n  - value\n");
    let found = Finding {
        related: vec![
            label(&file, "v1", "a full-width character takes two columns"),
            label(&file, "size", "a tab takes four"),
            label(&file, "key:\n  - value", "a mark of two lines shows both"),
        ],
        ..finding("s3-prefix", Severity::Note, "marks of all kinds", label(&file, "model", "here"), None)
    };
    insta::assert_snapshot!(drawn(vec![found]), @r"
    note[s3-prefix]: marks of all kinds
       ╭─[values.yaml:1:1]
     1 │ model:
       · ^^^^^ here
     2 │   uri: 日本 v1
       ·             -- a full-width character takes two columns
     3 │     size: 4
       ·     ---- a tab takes four
     4 │ key:
       · --- a mark of two lines shows both
     5 │   - value
       ╰─
    ");
}

#[test]
fn a_long_line_is_cut_around_each_mark() {
    let text = format!("{{a: 1, {}uri: s3://models/v1, {}z: 3}}\n", "x: 1, ".repeat(40), "y: 2, ".repeat(40));
    let file = file("values.yaml", 1, &text);
    let found = Finding {
        related: vec![label(&file, "a:", "its beginning"), label(&file, "z:", "its end")],
        ..finding(
            "s3-prefix",
            Severity::Note,
            "a line of JSON",
            label(&file, "s3://models/v1", "its middle"),
            None,
        )
    };
    insta::assert_snapshot!(drawn(vec![found]), @r"
    note[s3-prefix]: a line of JSON
       ╭─[values.yaml:1:253]
     1 │ {a: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: …
       ·  -- its beginning
     1 │ … 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, uri: s3://models/v1, y: 2, y: 2, y:…
       ·                                                                 ^^^^^^^^^^^^^^ its middle
     1 │ …2, y: 2, y: 2, y: 2, y: 2, y: 2, y: 2, y: 2, y: 2, y: 2, y: 2, y: 2, y: 2, z: 3}
       ·                                                                             -- its end
       ╰─
    ");
}

#[test]
fn what_does_not_fit_is_counted() {
    let lines: String = (1..=30).map(|line| format!("key{line}: 1\n")).collect();
    let file = file("values.yaml", 1, &lines);
    let found = Finding {
        related: (2..=30).map(|line| label(&file, &format!("key{line}:"), "the same here")).collect(),
        note: Some("one line of a long explanation\n".repeat(20)),
        help: Some("type this".to_owned()),
        ..finding("s3-prefix", Severity::Note, "many places", label(&file, "key1:", "here"), None)
    };
    insta::assert_snapshot!(drawn(vec![found]), @r"
    note[s3-prefix]: many places
       ╭─[values.yaml:1:1]
     1 │ key1: 1
       · ^^^^^ here
     2 │ key2: 1
       · ----- the same here
       ╰─ … and 28 more places
      note: one line of a long explanation
            one line of a long explanation
            one line of a long explanation
            one line of a long explanation
            one line of a long explanation …
      help: type this
    ");
}

#[test]
fn a_rule_is_printed_twenty_times_errors_before_notes() {
    let lines: String = (1..=25).map(|line| format!("key{line}: 1\n")).collect();
    let file = file("values.yaml", 1, &lines);
    let findings = (1..=25).map(|line| {
        let severity = if line == 25 { Severity::Error } else { Severity::Note };
        finding("s3-prefix", severity, "it breaks", label(&file, &format!("key{line}:"), ""), None)
    });
    let text = text(Format::Human, &report(findings.collect(), Vec::new()));
    assert_eq!(text.matches("note[s3-prefix]").count(), 19);
    assert_eq!(text.matches("error[s3-prefix]").count(), 1);
    assert!(text.contains("\n\n5 more of s3-prefix: mlgitops lint --format json\n\n"), "{text}");
}

#[test]
fn what_was_not_checked_is_listed_the_required_first() {
    let app = file("argocd/apps/addons.yaml", 9, "    repoURL: https://git.example.com/org/charts\n");
    let sizes = NotChecked::new(Code::InCluster, "start-up budget of 31 of 40 models", "size unknown")
        .help("models.NAME.size in mlgitops.yaml, or a LocalModelCache with modelSize");
    let remote = NotChecked::new(Code::Remote, "Application addons", "its source is another repository")
        .at(Some(at(&app, "https://git.example.com/org/charts")));
    let history = NotChecked::new(
        Code::History,
        "whether fraud-detector v47 ran in staging before prod",
        "this clone holds 1 commit, and its parent 8c1f2e0 is missing",
    )
    .help("give actions/checkout `fetch-depth: 0`; on a laptop: git fetch --unshallow")
    .required(true);
    let text = text(Format::Human, &report(Vec::new(), vec![sizes, remote, history]));
    insta::assert_snapshot!(text, @r"
    not checked: whether fraud-detector v47 ran in staging before prod: this clone holds 1 commit, and
                 its parent 8c1f2e0 is missing
           help: give actions/checkout `fetch-depth: 0`; on a laptop: git fetch --unshallow
    not checked: start-up budget of 31 of 40 models: size unknown
           help: models.NAME.size in mlgitops.yaml, or a LocalModelCache with modelSize
    not checked: Application addons (argocd/apps/addons.yaml:9): its source is another repository

    checked 1 release of 1 model in 1 environment (1 folder of plain files): clean; not checked: 3
    ");
}

#[test]
fn what_is_waived_is_only_counted() {
    let values = file("values.yaml", 1, "uri: v1\n");
    let mut found = finding("s3-prefix", Severity::Error, "it breaks", label(&values, "v1", ""), None);
    found.places[0].waived = Some(waived(at(&values, "uri"), "known"));
    insta::assert_snapshot!(text(Format::Human, &report(vec![found], Vec::new())), @"checked 1 release of 1 model in 1 environment (1 folder of plain files): clean; waived: 1");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let values = file("values.yaml", 1, "uri: v1\nother: v2\n");
    let found = Finding {
        related: vec![Label::new(at(&values, "v2"), "because of this")],
        note: Some("why".to_owned()),
        help: Some("what to type".to_owned()),
        ..finding("s3-prefix", Severity::Error, "it breaks", label(&values, "v1", "here"), None)
    };
    let report = report(vec![found], Vec::new());
    let style = Style { color: true, ..Style::default() };
    let coloured = report::render(Format::Human, &report, &Context { style, ..Context::new(".") });
    let escape = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let plain = text(Format::Human, &report);
    assert!(coloured.len() > plain.len() && !plain.contains('\u{1b}'));
    assert_eq!(escape.replace_all(&coloured, ""), plain);
}

#[test]
fn annotations_are_one_line_each() {
    let open = service("fraud", "v47");
    insta::assert_snapshot!(text(Format::Github, &linted_by("s3-prefix", &[("prod/fraud.yaml", &open)])), @"::warning file=prod/fraud.yaml,line=8,endLine=8,col=19,endColumn=40,title=warning[s3-prefix]::fraud in prod would also download `v470/…` or `v47-rc1/…`: no `/` at the end%0Anote: KServe takes every key with this beginning; none is named here: no harm yet%0Ahelp: end it in `/`: s3://models/fraud/v47/; its pods restart");
}

/// What edits can end is counted in one line, by what asks for it; what is waived or follows from
/// another finding is not.
#[test]
fn what_can_be_fixed_is_one_line() {
    let values = file("values.yaml", 1, "uri: s3://models/v1\n");
    let found = |safety: Option<Safety>| Finding {
        fix: safety.map(|safety| Fix { title: "end it in `/`".to_owned(), safety, edits: Vec::new() }),
        ..finding("s3-prefix", Severity::Warning, "it breaks", label(&values, "s3:", ""), None)
    };
    let mut known = found(Some(Safety::Safe));
    known.places[0].waived = Some(waived(at(&values, "uri"), "one folder"));
    let (safe, bold) = (Some(Safety::Safe), Some(Safety::Unsafe));
    for (fixes, line) in [
        (vec![None, None], ""),
        (vec![None, safe], "1 fixable with --fix\n"),
        (vec![bold, bold], "2 fixable with --fix --unsafe-fixes\n"),
        (vec![bold, safe, safe, safe], "3 fixable with --fix, 1 more with --fix --unsafe-fixes\n"),
    ] {
        let mut all: Vec<Finding> = fixes.iter().map(|safety| found(*safety)).collect();
        all.push(known.clone());
        let shown = text(Format::Human, &report(all, Vec::new()));
        let (_, end) = shown.rsplit_once("\n\n").unwrap();
        let (before, _) = end.rsplit_once("checked ").unwrap();
        assert_eq!(before, line);
    }
}

/// A field that is not declared: what becomes of it, in the words of who applies the object.
#[test]
fn what_becomes_of_a_field_that_is_not_declared() {
    let application = "apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: fraud, namespace: argocd}
spec:
  source: {repoURL: 'https://git.example.com/org/models', path: models}
  destination: {name: in-cluster, namespace: ml}
";
    let kustomization = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: fraud, namespace: flux-system}
spec:
  interval: 10m
  path: ./models
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
";
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: fraud, namespace: ml}
spec:
  interval: 10m
  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}}}
";
    let level = |name: &str| service(name, "v47/") + "      nodeSelector: {pool: gpu}\n";
    let runtime = |_: &str| {
        "apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata: {name: mine}
spec:
  supportedModelFormats: [{name: sklearn, priority: 2}]
  containers: [{name: kserve-container, image: 'registry.example.com/mine:1.0.0'}]
"
        .to_owned()
    };
    let note = |of: &dyn Fn(&str) -> String, deployed: Option<&str>| {
        let object = of("fraud");
        let chart = "apiVersion: v2\nname: fraud\nversion: 0.1.0\n";
        let config = "kserve: {version: '0.11'}\n";
        let mut files = vec![("mlgitops.yaml", config)];
        files.extend(deployed.map(|text| ("apps/fraud.yaml", text)));
        match deployed == Some(release) {
            true => {
                files.extend([("chart/Chart.yaml", chart), ("chart/templates/fraud.yaml", object.as_str())])
            }
            false => files.push(("models/fraud.yaml", object.as_str())),
        }
        let report = linted_by("unknown-field", &files);
        let notes: Vec<_> = report.findings.iter().filter_map(|one| one.note.clone()).collect();
        notes.join("\n")
    };
    let both = |deployed| [note(&level, deployed), note(&runtime, deployed)];
    assert_eq!(
        both(Some(application)),
        [
            "the API server drops it and Argo CD says Synced",
            "another release drops it, and Argo CD says Synced",
        ]
    );
    let on_server = format!("{application}  syncPolicy: {{syncOptions: [ServerSideApply=true]}}\n");
    assert_eq!(
        both(Some(&on_server)),
        [
            "ServerSideApply=true: the API server refuses a field that is not declared, nothing of the object is \
             applied, and later waves wait",
            "another release refuses it: the sync fails, and its later waves wait",
        ]
    );
    let replaced = on_server.replace("=true]", "=true, Replace=true]");
    assert_eq!(both(Some(&replaced)), both(Some(application)), "it replaces the object");
    assert_eq!(
        both(Some(release)),
        ["the API server drops it and Flux says Ready", "another release drops it, and Flux says Ready"]
    );
    assert_eq!(
        both(Some(kustomization)),
        [
            "Flux applies on the server's side, which refuses a field that is not declared: nothing of the \
             Kustomization is applied, and every later change waits",
            "another release refuses it: Flux applies nothing of the Kustomization, and every later change waits",
        ]
    );
    assert_eq!(
        both(None),
        [
            "the API server drops it and Argo CD says Synced; Flux refuses the whole object",
            "another release drops it and Argo CD says Synced; Flux refuses the whole object",
        ]
    );
}
