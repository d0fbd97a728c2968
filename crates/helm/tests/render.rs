//! Small charts, rendered: what they print, and why each field is what it is.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that finds nothing has failed")]

mod support;

use std::fmt::Write;

use mlgitops_files::RepoPath;
use mlgitops_helm::{Chart, RenderOptions, Rendered, ValuesSource, render};
use mlgitops_yaml::{Lookup, OriginId, OriginSpan, Origins, Pointer, Reader, Via, to_yaml};
use support::Table;

const CHART: (&str, &str) =
    ("chart/Chart.yaml", "apiVersion: v2\nname: model\nversion: 1.2.3\nappVersion: \"4\"\n");

fn run(files: &[(&str, &str)], value_files: &[&str]) -> (Rendered, Origins) {
    let mut all = vec![CHART];
    all.extend(files);
    let files = Table::of(&all);
    let mut origins = Origins::default();
    let chart = Chart::load(Reader::new(&files), &RepoPath::parse("chart").unwrap());
    let values = value_files.iter().map(|path| ValuesSource::File(RepoPath::parse(path).unwrap())).collect();
    let options = RenderOptions { values, ..RenderOptions::default() };
    let rendered = render(Reader::new(&files), &chart, &options, &mut origins);
    (rendered, origins)
}

/// What a chart prints, as YAML, and its problems.
fn printed(files: &[(&str, &str)], value_files: &[&str]) -> String {
    let (rendered, mut origins) = run(files, value_files);
    let mut out = String::new();
    for object in &rendered.objects {
        writeln!(out, "{}", to_yaml(&object.root, &mut origins).as_str()).unwrap();
    }
    for problem in &rendered.problems {
        let place = problem.at.as_ref().map(place).unwrap_or_default();
        writeln!(out, "{} at {place}: {}", problem.kind, problem.message).unwrap();
    }
    out
}

fn place(span: &OriginSpan) -> String {
    let at = span.file.position(span.start);
    format!("{}:{}:{}", span.file.path(), at.line, at.column)
}

/// The origins of a field of the only object: `role bytes`, guards in parentheses.
fn why(files: &[(&str, &str)], value_files: &[&str], path: &str) -> Vec<String> {
    let (rendered, origins) = run(files, value_files);
    assert_eq!(rendered.problems, []);
    let root = &rendered.objects[0].root;
    let pointer = Pointer::parse(path).unwrap();
    let Lookup::Present(node) = root.at(&pointer) else { panic!("{path} is not there") };
    spans(&origins, node.origin)
}

fn spans(origins: &Origins, origin: OriginId) -> Vec<String> {
    let word = |span: &OriginSpan| {
        let text = format!("{} {}", span.role.word(), span.file.slice(span.start..span.end));
        if span.via == Via::Guard { format!("({text})") } else { text }
    };
    origins.all(origin).iter().map(word).collect()
}

const SERVICE: &str = "\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: {{ include \"model.name\" . }}
spec:
  predictor:
    {{- with .Values.gpu }}
    nodeSelector: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- if gt .Values.replicas 1.0 }}
    minReplicas: {{ .Values.replicas }}
    {{- end }}
    model:
      storageUri: {{ printf \"s3://%s/%s/v%s\" .Values.bucket .Values.name (.Values.version | default \"1\") | quote }}
";
const HELPERS: &str = "{{- define \"model.name\" -}}\n{{ .Values.name }}-{{ .Release.Name }}\n{{- end -}}\n";
const VALUES: &str = "name: fraud\nbucket: models\nversion: \"\"\nreplicas: 2\ngpu: {type: a10}\n";

fn service() -> Vec<(&'static str, &'static str)> {
    vec![
        ("chart/values.yaml", VALUES),
        ("chart/templates/_helpers.tpl", HELPERS),
        ("chart/templates/service.yaml", SERVICE),
        ("prod.yaml", "version: \"47\"\ngpu: null\nreplicas: 1\n"),
    ]
}

#[test]
fn a_chart_with_its_own_values() {
    assert_eq!(
        printed(&service(), &[]),
        "\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud-release-name
spec:
  predictor:
    minReplicas: 2
    model:
      storageUri: s3://models/fraud/v1
    nodeSelector:
      type: a10
"
    );
}

#[test]
fn values_of_an_environment_over_its_own() {
    assert_eq!(
        printed(&service(), &["prod.yaml"]),
        "\
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: fraud-release-name
spec:
  predictor:
    model:
      storageUri: s3://models/fraud/v47
"
    );
}

#[test]
fn a_printed_value_is_blamed_on_the_values_entry() {
    // The literal of the condition is a guard; the value itself is content, and not named twice.
    assert_eq!(why(&service(), &[], "/spec/predictor/minReplicas"), ["values 2", "(template 1.0)"]);
}

#[test]
fn every_value_of_a_printf_is_named() {
    let all = why(&service(), &["prod.yaml"], "/spec/predictor/model/storageUri");
    assert_eq!(all[..3], ["values models", "values fraud", "values \"47\""]);
    let without = why(&service(), &[], "/spec/predictor/model/storageUri");
    // The version that was passed over for its default is a guard.
    assert_eq!(without[..2], ["values models", "values fraud"]);
    assert!(without.contains(&"template \"1\"".to_owned()), "{without:?}");
    assert!(without.contains(&"(values \"\")".to_owned()), "{without:?}");
}

#[test]
fn a_field_under_a_condition_names_it() {
    let all = why(&service(), &[], "/spec/predictor/nodeSelector/type");
    // So does the key, which is a value's too.
    assert_eq!(all, ["values a10", "(values {type: a10})", "(values type)"]);
}

#[test]
fn text_of_a_template_is_exactly_its_bytes() {
    assert_eq!(why(&service(), &[], "/kind"), ["template InferenceService"]);
    // Nothing but the release's name flowed into the second piece: the action is the place.
    let name = why(&service(), &[], "/metadata/name");
    assert_eq!(name, ["values fraud", "template -", "template {{ .Release.Name }}"]);
}

#[test]
fn what_helm_refuses_is_told_at_its_place() {
    let table = [
        ("{{ .Values.a.b.c }}", "template-execute at chart/templates/x.yaml:1:1"),
        ("{{ required \"a bucket\" .Values.none }}", "template-refused at chart/templates/x.yaml:1:4"),
        ("{{ fail \"no\" }}", "template-refused at chart/templates/x.yaml:1:9"),
        ("{{ if }}", "template-parse at chart/templates/x.yaml:1:"),
        ("{{ nosuch 1 }}", "template-parse at chart/templates/x.yaml:1:4"),
        ("a: b: c", "template-execute at chart/templates/x.yaml:1:"),
    ];
    for (template, wanted) in table {
        let got = printed(&[("chart/templates/x.yaml", template)], &[]);
        let kind = wanted.split(' ').next().unwrap();
        assert!(got.starts_with(kind), "{template}: {got}");
        assert!(got.contains("chart/templates/x.yaml:1:"), "{template}: {got}");
    }
}

#[test]
fn subcharts_get_their_part_of_the_values_and_the_globals() {
    let files = [
        ("chart/values.yaml", "global: {team: ml}\nsub: {size: 2}\n"),
        ("chart/charts/sub/Chart.yaml", "name: sub\nversion: 1.0.0\n"),
        ("chart/charts/sub/values.yaml", "size: 1\ncolor: red\n"),
        (
            "chart/charts/sub/templates/x.yaml",
            "kind: A\nsize: {{ .Values.size }}\ncolor: {{ .Values.color }}\nteam: {{ .Values.global.team }}\n",
        ),
    ];
    assert_eq!(printed(&files, &[]), "color: red\nkind: A\nsize: 2\nteam: ml\n");
}

#[test]
fn objects_come_in_the_order_helm_installs_them_and_hooks_last() {
    let files = [
        ("chart/templates/a.yaml", "kind: Zebra\n---\nkind: Service\n---\nkind: Apple\n"),
        ("chart/templates/b.yaml", "kind: Namespace\nmetadata: {annotations: {helm.sh/hook: pre-install}}\n"),
        ("chart/templates/c.yaml", "kind: ConfigMap\n"),
        ("chart/templates/d.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: none}}\n"),
    ];
    let (rendered, _) = run(&files, &[]);
    let kinds: Vec<_> = rendered.objects.iter().filter_map(|o| o.root.get("kind").text()).collect();
    assert_eq!(kinds, ["ConfigMap", "Service", "Apple", "Zebra", "Namespace"]);
}

#[test]
fn files_that_are_not_there_count_as_false() {
    let files = [
        ("chart/conf/a.txt", "x"),
        (
            "chart/templates/x.yaml",
            "kind: A\nnone: {{ if .Files.Glob \"no/*\" }}there{{ else }}absent{{ end }}\nsome: {{ empty (.Files.Glob \"conf/*\") }}\n",
        ),
    ];
    assert_eq!(printed(&files, &[]), "kind: A\nnone: absent\nsome: false\n");
}

#[test]
fn what_is_random_is_unknown_and_so_is_what_is_made_of_it() {
    let files = [(
        "chart/templates/x.yaml",
        "kind: Secret\ndata: {a: {{ randAlphaNum 8 | b64enc | quote }}, b: plain, c: x-{{ now | date \"2006\" }}}\n",
    )];
    let (rendered, _) = run(&files, &[]);
    let data = rendered.objects[0].root.get("data");
    assert!(matches!(data.get("a"), Lookup::Unknown(_)));
    assert_eq!(data.get("b").text(), Some("plain"));
    assert!(matches!(data.get("c"), Lookup::Unknown(_)));
}

#[test]
fn what_is_in_no_repository_is_named_and_not_passed_over() {
    let chart = "name: model\nversion: 1.0.0\ndependencies:\n  - {name: redis, version: 1.x, repository: 'https://charts.example.com', condition: redis.enabled}\n";
    let template = ("chart/templates/x.yaml", "kind: A\n");
    let lacking = |values: &str| {
        let files = Table::of(&[("chart/Chart.yaml", chart), ("chart/values.yaml", values), template]);
        let loaded = Chart::load(Reader::new(&files), &RepoPath::parse("chart").unwrap());
        render(Reader::new(&files), &loaded, &RenderOptions::default(), &mut Origins::default())
    };
    let rendered = lacking("");
    assert_eq!(rendered.objects.len(), 1);
    assert!(rendered.not_rendered[0].what.contains("`redis` 1.x"), "{:?}", rendered.not_rendered);
    assert_eq!(place(rendered.not_rendered[0].at.as_ref().unwrap()), "chart/Chart.yaml:4:5");
    assert_eq!(lacking("redis: {enabled: false}\n").not_rendered, []);
}

#[test]
fn a_hostile_chart_ends() {
    let table = [
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}".to_owned(),
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}".to_owned(),
        "{{ range $i := 1000000000 }}x{{ end }}".to_owned(),
        format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000)),
        "{{ $x := \"aaaaaaaaaaaaaaaa\" }}{{ range $i := 60 }}{{ $x = printf \"%s%s\" $x $x }}{{ end }}"
            .to_owned(),
        "{{ $t := \"{{ tpl .t . }}\" }}{{ tpl .Values.t .Values }}".to_owned(),
        "{{ printf \"%1000000s\" \"\" | printf \"%1000000s%1000000s\" | indent 1000000 | nindent 100000 }}"
            .to_owned(),
    ];
    for template in table {
        let files =
            [("chart/values.yaml", "t: '{{ tpl .t . }}'\n"), ("chart/templates/x.yaml", template.as_str())];
        let (rendered, _) = run(&files, &[]);
        let ended = !rendered.problems.is_empty() || !rendered.not_rendered.is_empty();
        assert!(ended, "{}", &template[..40]);
    }
}

/// Whatever a function makes of a value, the value is what has to be edited, and what it passed
/// over or put in does not hide it.
#[test]
fn a_value_that_functions_rewrote_is_still_the_place_to_edit() {
    let expressions = "\
.Values.a | upper | replace \"A\" \"b\"
.Values.a | replace \"a\" \"\"
.Values.x | upper | replace \"B\" \"\" | lower
regexReplaceAll \"^.*$\" .Values.x \"other\"
regexReplaceAll \"(.)-(.)\" .Values.x \"$2$1\"
regexReplaceAllLiteral \".+\" .Values.x \"\"
.Values.x | replace \"1\" \"2\" | trimPrefix \"A\"
regexFind \"[0-9]\" .Values.x
regexFind \"none\" .Values.x
regexFindAll \"[a-z]\" .Values.x -1 | first
regexFindAll \"none\" .Values.x -1 | len
regexSplit \"-\" .Values.x -1 | last
regexMatch \"b\" .Values.x
regexQuoteMeta .Values.x
.Values.x | trimPrefix \"Ab-1\"
.Values.x | trimSuffix \"-1\"
.Values.x | trimAll \"A1\"
.Values.x | trunc 0
.Values.x | trunc -2
.Values.x | substr 0 2
.Values.x | nospace | title | untitle | swapcase | initials
.Values.x | snakecase
.Values.x | kebabcase
.Values.x | camelcase
.Values.x | abbrev 4
.Values.x | wrap 2
.Values.x | b64enc
.Values.x | b64enc | b64dec
.Values.x | sha256sum
.Values.x | squote
.Values.x | repeat 2
.Values.x | repeat 0
cat \"v\" .Values.x
list \"v\" .Values.x | join \"-\"
.Values.x | splitList \"-\" | first
.Values.x | splitList \"-\" | len
(.Values.x | split \"-\")._1
.Values.x | splitList \"-\" | reverse | join \"\"
.Values.x | splitList \"-\" | sortAlpha | join \"\"
.Values.x | splitList \"-\" | uniq | join \"\"
printf \"%.1s\" .Values.x
printf \"%v-%d\" .Values.x 1
.Values.x | len
.Values.x | contains \"b\"
.Values.x | hasPrefix \"b\"
.Values.x | int
.Values.count | int | add 1 | mul 2
.Values.count | float64 | floor
.Values.count | toString | atoi
.Values.x | toString | toJson
.Values.x | toYaml | fromYaml | toJson
dict \"k\" .Values.x | toJson | fromJson | values | first
dict \"k\" .Values.x | toYaml | fromYaml | dig \"k\" \"none\"
.Values.x | empty
.Values.x | not
eq .Values.x \"Ab-1\"
.Values.x | default \"none\"
coalesce .Values.none .Values.x
.Values.x | nindent 2 | trim
.Values.x | urlquery
.Values.x | html
.Values.x | base
.Values.x | clean | dir
(urlParse .Values.x).path
(semver .Values.v).Major
semverCompare \">=1\" .Values.v
tpl \"{{ .Values.x | lower }}\" .
has .Values.x (list \"a\")";
    let values = ("chart/values.yaml", "a: a\nx: Ab-1\ncount: 3\nv: 1.2.3\n");
    for expression in expressions.lines() {
        let template = format!("kind: A\nx: {{{{ {expression} | quote }}}}\n");
        let all = why(&[values, ("chart/templates/x.yaml", &template)], &[], "/x");
        let first = all.first().map_or("", String::as_str);
        assert!(first.starts_with("values "), "{expression}: {all:?}");
    }
}
