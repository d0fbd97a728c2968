//! What a chart that wants to hurt takes of the memory: each is rendered alone, in a process that
//! is asked afterwards how large it has been. Linux says it; elsewhere nothing is measured.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot build its chart has failed")]

mod support;

use std::process::Command;

use mlgitops_files::RepoPath;
use mlgitops_helm::{Chart, RenderOptions, render};
use mlgitops_yaml::{Origins, Reader};

/// Most a chart may take, in MiB: well under half of it is the tool before it begins.
const MOST: usize = 200;

/// Charts of one template. Each is refused, or renders what it renders in bounds.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "copies of copies",
        "{{ $x := dict }}{{ range until 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ deepCopy $x | len }}",
    ),
    (
        "copies of one map",
        "{{ $x := dict }}{{ range until 16 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ range until 100000 }}{{ $y := deepCopy $x }}{{ end }}",
    ),
    (
        "a list that grows",
        "{{ $x := list }}{{ range until 1000000 }}{{ $x = append $x . }}{{ end }}{{ len $x }}",
    ),
    (
        "a list that grows in front",
        "{{ $x := list }}{{ range until 1000000 }}{{ $x = prepend $x . }}{{ end }}{{ len $x }}",
    ),
    (
        "lists of lists",
        "{{ $x := list }}{{ range until 1000000 }}{{ $x = list $x $x $x $x }}{{ end }}{{ len $x }}",
    ),
    ("pieces of a text", "{{ $x := repeat 3000000 \"a,\" }}{{ splitList \",\" $x | len }}"),
    ("pieces of a text in a map", "{{ $x := repeat 3000000 \"a,\" }}{{ split \",\" $x | len }}"),
    ("characters", "{{ $x := repeat 6000000 \"a\" }}{{ splitList \"\" $x | len }}"),
    ("matches", "{{ $x := repeat 6000000 \"a\" }}{{ regexFindAll \"a\" $x -1 | len }}"),
    (
        "a map that grows",
        "{{ $x := dict }}{{ range until 1000000 }}{{ $_ := set $x (toString .) . }}{{ end }}{{ len $x }}",
    ),
    ("many maps", "{{ range until 1000000 }}{{ $x := dict \"a\" . }}{{ end }}"),
    (
        "lists put together",
        "{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}{{ len $x }}",
    ),
    (
        "a sum of values",
        "{{ $x := 0 }}{{ range until 2000000 }}{{ $x = add $x $.Values.a $.Values.b }}{{ end }}{{ $x }}",
    ),
    (
        "a list read again and again",
        "{{ $x := fromYamlArray (repeat 100000 \"- a\\n\") }}{{ range until 1000 }}{{ $y := fromYamlArray (repeat 100000 \"- a\\n\") }}{{ end }}",
    ),
    ("a long sequence", "{{ range until 100 }}{{ $x := until 1000000 }}{{ end }}"),
    (
        "texts that are templates",
        "{{ range until 1000000 }}{{ $x := tpl (printf \"{{ %d }}\" .) $ }}{{ end }}",
    ),
    ("a text that is a large template", "{{ $x := tpl (repeat 1000000 \"{{1}}\") $ }}"),
    (
        "expressions",
        "{{ range $i := until 100000 }}{{ $x := regexMatch (print \"[a-z]{100}\" $i) \"x\" }}{{ end }}",
    ),
    ("numbers as texts", "{{ range until 100 }}{{ $x := until 600000 | toStrings }}{{ end }}"),
    ("numbers as YAML", "{{ range until 100 }}{{ $x := until 600000 | toYaml }}{{ end }}"),
    ("numbers as JSON", "{{ range until 100 }}{{ $x := until 600000 | toJson }}{{ end }}"),
    ("YAML of many items", "{{ $x := fromYamlArray (print \"[\" (repeat 5000000 \"a,\") \"]\") | len }}"),
    ("JSON of many items", "{{ $x := fromJsonArray (print \"[\" (repeat 5000000 \"1,\") \"1]\") | len }}"),
    ("output of many items", "a: [{{ repeat 15000000 \"a,\" }}]"),
    ("output of as many items as may be", "a: [{{ repeat 499000 \"a,\" }}]"),
    ("output of many items in parts", "{{ range until 40 }}a: [{{ repeat 400000 \"a,\" }}]\n---\n{{ end }}"),
    (
        "letters again and again",
        "{{ $x := repeat 1000000 \"x\" }}{{ range until 10000 }}{{ $y := upper $x }}{{ end }}",
    ),
    (
        "searches",
        "{{ $x := repeat 1000000 \"x\" }}{{ range until 1000000 }}{{ $y := contains \"y\" $x }}{{ end }}",
    ),
    ("lines", "{{ .Files.Lines \"lines\" | len }}"),
    (
        "texts of many pieces",
        "{{ $x := \"\" }}{{ range until 100000 }}{{ $x = print $x $.Values.a $.Values.b }}{{ end }}{{ len $x }}",
    ),
];

#[test]
fn no_chart_takes_the_memory_of_the_machine() {
    if let Ok(number) = std::env::var("MLGITOPS_TEMPLATE") {
        return render_one(TEMPLATES[number.parse::<usize>().unwrap()].1);
    }
    for (number, (name, _)) in TEMPLATES.iter().enumerate() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "no_chart_takes_the_memory_of_the_machine", "--nocapture"])
            .env("MLGITOPS_TEMPLATE", number.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let peak = said.lines().find_map(|line| line.split_once("MiB at most: ")).unwrap().1;
        eprintln!("{name}: {peak}");
        assert!(peak.parse::<usize>().unwrap() < MOST, "{name} takes {peak} MiB");
    }
}

/// Renders a template and says how large the process has been.
fn render_one(template: &str) {
    let lines = "\n".repeat(8_000_000);
    let files = support::Table::of(&[
        ("lines", &lines),
        ("Chart.yaml", "apiVersion: v2\nname: hostile\nversion: 1.0.0\n"),
        ("values.yaml", "a: 1\nb: 2\n"),
        ("templates/x.yaml", template),
    ]);
    let chart = Chart::load(Reader::new(&files), &RepoPath::root());
    let rendered = render(Reader::new(&files), &chart, &RenderOptions::default(), &mut Origins::default());
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    let said = rendered.not_rendered.iter().map(|item| &item.reason);
    let said = said.chain(rendered.problems.iter().map(|problem| &problem.message));
    println!("{:?}", said.collect::<Vec<_>>());
    println!("MiB at most: {}", kilobytes >> 10);
}
