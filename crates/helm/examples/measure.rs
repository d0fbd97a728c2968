//! Compares every chart below some folders with the real `helm`, and tests its origins: the numbers
//! of docs/compatibility.md. `measure [--origins] [--own-values] [--templates=N] FOLDER…`; each
//! chart is rendered with its own values, and unless `--own-values` with each `values*.yaml` and
//! `ci/*.yaml` beside them. `--templates` bounds the places of template text that are tried, every
//! n-th of them; what stands below `crds/` is no part of the test of origins.

#![allow(missing_docs, clippy::unwrap_used, reason = "a program for the people who work on this one")]

#[path = "../tests/support/causality.rs"]
mod causality;
#[path = "../tests/support/change.rs"]
mod change;
#[path = "../tests/support/rendering.rs"]
mod rendering;
#[path = "../tests/support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use causality::{Report, Subject};
use mlgitops_files::RepoPath;
use mlgitops_helm::{Chart, NotRenderedKind, RenderOptions, ValuesSource, render};
use mlgitops_yaml::{Node, Origins, Reader, Role, SourceFile, Text, Value, parse, to_yaml};

const KUBERNETES: &str = "v1.33.0";

#[derive(Default)]
struct Tally {
    same: usize,
    differ: usize,
    both_refuse: usize,
    only_helm_refuses: usize,
    only_we_refuse: usize,
    lacking: usize,
    report: Report,
}

/// What the arguments ask for.
#[derive(Clone, Copy)]
struct Wish {
    with_origins: bool,
    own_values: bool,
    most_of_templates: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let says = |flag: &str| arguments.iter().any(|word| word == flag);
    let most = arguments.iter().find_map(|word| word.strip_prefix("--templates="));
    let wish = Wish {
        with_origins: says("--origins"),
        own_values: says("--own-values"),
        most_of_templates: most.map_or(usize::MAX, |most| most.parse().unwrap()),
    };
    let mut tally = Tally::default();
    for folder in arguments.iter().filter(|word| !word.starts_with("--")) {
        let mut charts = Vec::new();
        find(Path::new(folder), &mut charts);
        for chart in charts {
            measure(&chart, wish, &mut tally);
        }
    }
    let Tally { same, differ, both_refuse, only_helm_refuses, only_we_refuse, lacking, report } = tally;
    println!(
        "same {same}, differ {differ}, both refuse {both_refuse}, only helm refuses {only_helm_refuses}"
    );
    println!("only we refuse {only_we_refuse}, a dependency is not there {lacking}");
    if wish.with_origins {
        for note in report.notes.iter().take(NOTES) {
            println!("{}", note.replace('\n', " ").chars().take(300).collect::<String>());
        }
        print(&report);
    }
}

/// Most notes that are printed.
const NOTES: usize = 2_000;

fn print(report: &Report) {
    let Report { scalars, without_origin, untried, passed_over, .. } = report;
    println!(
        "scalars {scalars}, without origin {without_origin}, not tried {untried}, passed over {passed_over}"
    );
    println!("causal {} of {}, {} of them refused", report.causal, report.tested, report.refused);
    let (sourced, of, split) = (report.sourced_causal, report.sourced, report.split);
    println!("in values, parameters, Chart.yaml, files: {sourced} of {of}, {split} of them names that split");
    println!("missed {} of {} effects, {} moved in lists", report.missed, report.effects, report.shifted);
}

/// The folders of charts; not those inside another's `charts/`.
fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("Chart.yaml").is_file() {
        found.push(folder.to_path_buf());
        return;
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_dir() && !path.is_symlink()).for_each(|path| find(path, found));
}

fn measure(folder: &Path, wish: Wish, tally: &mut Tally) {
    let files = support::Table::of_folder(folder);
    let mut sets: Vec<Vec<String>> = vec![Vec::new()];
    for entry in files.all() {
        let path = entry.path.as_str();
        let is_values = path.starts_with("values") && !path.contains('/') && path != "values.yaml";
        let is_wanted = (is_values || path.starts_with("ci/")) && !wish.own_values;
        if is_wanted && path.ends_with(".yaml") {
            sets.push(vec![path.to_owned()]);
        }
    }
    for values in sets {
        let label = format!("{} {}", folder.display(), values.concat());
        compare(folder, &label, &files, &values, tally);
        if wish.with_origins {
            let subject = Subject {
                name: label,
                files: Arc::clone(&files),
                chart: RepoPath::root(),
                options: &|_, _| RenderOptions { include_crds: false, ..options(&values) },
                values: values.clone(),
                parameters: Vec::new(),
                most_of_templates: wish.most_of_templates,
            };
            causality::causality(&subject, &mut tally.report);
            causality::recall(&subject, &mut tally.report);
        }
    }
}

fn options(values: &[String]) -> RenderOptions {
    let values = values.iter().map(|path| ValuesSource::File(RepoPath::parse(path).unwrap())).collect();
    RenderOptions {
        values,
        include_crds: true,
        kube_version: Some(KUBERNETES.to_owned()),
        ..RenderOptions::default()
    }
}

fn compare(
    folder: &Path,
    label: &str,
    files: &Arc<dyn mlgitops_files::Files>,
    values: &[String],
    tally: &mut Tally,
) {
    let mut command = Command::new("helm");
    command.args(["template", ".", "--include-crds", "--kube-version", KUBERNETES]).current_dir(folder);
    for path in values {
        command.args(["-f", path]);
    }
    let helm = command.output().unwrap();
    let mut origins = Origins::default();
    let chart = Chart::load(Reader::new(files), &RepoPath::root());
    let ours = render(Reader::new(files), &chart, &options(values), &mut origins);
    if ours.not_rendered.iter().any(|item| item.kind == NotRenderedKind::Dependency) {
        tally.lacking += 1;
        return;
    }
    let refused = !ours.problems.is_empty() || !ours.not_rendered.is_empty();
    match (helm.status.success(), refused) {
        (false, true) => tally.both_refuse += 1,
        (false, false) => {
            tally.only_helm_refuses += 1;
            let said = String::from_utf8_lossy(&helm.stderr);
            println!("only helm refuses {label}: {}", said.lines().next().unwrap_or(""));
        }
        (true, true) => {
            tally.only_we_refuse += 1;
            println!("only we refuse {label}: {:?} {:?}", ours.problems, ours.not_rendered);
        }
        (true, false) => {
            let wanted = nodes(&String::from_utf8_lossy(&helm.stdout), &mut origins);
            let ours: Vec<Node> = ours.objects.iter().map(|object| (*object.root).clone()).collect();
            match difference(&ours, &wanted, &mut origins) {
                None => tally.same += 1,
                Some(what) => {
                    tally.differ += 1;
                    println!("differs {label}: {what}");
                }
            }
        }
    }
}

fn nodes(text: &str, origins: &mut Origins) -> Vec<Node> {
    let file = origins.add_file(&Arc::new(SourceFile::of_text("helm", text)));
    let tree = parse(Text::of_file(file, Role::Source, origins));
    let roots = tree.documents().iter().filter_map(|document| document.root);
    let nodes: Vec<Node> = roots.filter_map(|root| tree.node(root, origins).ok()).collect();
    nodes.into_iter().filter(|node| !node.is_null()).collect()
}

/// The first object that differs, random values aside.
fn difference(ours: &[Node], wanted: &[Node], origins: &mut Origins) -> Option<String> {
    if ours.len() != wanted.len() {
        return Some(format!("{} objects, helm has {}", ours.len(), wanted.len()));
    }
    for (ours, wanted) in ours.iter().zip(wanted) {
        let (mut ours, mut wanted) = (ours.clone(), wanted.clone());
        blind(&mut ours, &mut wanted);
        let (ours, wanted) = (to_yaml(&ours, origins), to_yaml(&wanted, origins));
        let mut lines = ours.as_str().lines().zip(wanted.as_str().lines());
        if let Some((ours, wanted)) = lines.find(|(ours, wanted)| ours != wanted) {
            return Some(format!("here {ours:?}, helm {wanted:?}"));
        }
    }
    None
}

/// Takes out of both what nobody can know.
fn blind(ours: &mut Node, wanted: &mut Node) {
    match (&mut ours.value, &mut wanted.value) {
        (Value::Unknown(_), _) => {
            *ours = Node::string("unknown", ours.origin);
            *wanted = ours.clone();
        }
        (Value::Map(ours), Value::Map(wanted)) => {
            for (key, value) in ours.iter_mut() {
                if let Some(other) = wanted.get_mut(key.name()) {
                    blind(value, other);
                }
            }
        }
        (Value::Sequence(ours), Value::Sequence(wanted)) => {
            ours.iter_mut().zip(wanted).for_each(|(ours, wanted)| blind(ours, wanted));
        }
        _ => {}
    }
}
