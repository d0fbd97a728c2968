//! Charts against what Helm v3.22 said of them (`cargo xtask oracle helm`): the same objects in the
//! same order, or refused at the place to edit.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its charts has failed")]

#[path = "support/case.rs"]
mod case;
mod support;

use std::sync::Arc;

use case::Case;
use mlgitops_helm::{Chart, NotRenderedKind, Rendered, render};
use mlgitops_yaml::{Node, Origins, Reader, Role, SourceFile, Text, Value, parse, to_yaml};

/// The objects of a text, each printed anew.
fn objects(text: &str) -> Vec<String> {
    let mut origins = Origins::default();
    let file = origins.add_file(&Arc::new(SourceFile::of_text("expected.yaml", text)));
    let tree = parse(Text::of_file(file, Role::Source, &mut origins));
    assert_eq!(tree.errors(), []);
    let roots = tree.documents().iter().filter_map(|document| document.root);
    let mut nodes = Vec::new();
    for root in roots {
        nodes.push(tree.node(root, &mut origins).unwrap());
    }
    nodes
        .iter()
        .filter(|node| !node.is_null())
        .map(|node| to_yaml(node, &mut origins).as_str().to_owned())
        .collect()
}

/// The same, with every scalar that the chart leaves to chance taken out of both.
fn without_unknown(node: &mut Node) {
    match &mut node.value {
        Value::Unknown(_) => *node = Node::string("unknown", node.origin),
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| without_unknown(value)),
        Value::Sequence(items) => items.iter_mut().for_each(without_unknown),
        _ => {}
    }
}

fn rendered(case: &Case, origins: &mut Origins) -> Rendered {
    let chart = Chart::load(Reader::new(&case.files), &case.chart);
    let options = case.options(&case.files, origins);
    render(Reader::new(&case.files), &chart, &options, origins)
}

fn printed(rendered: &Rendered, origins: &mut Origins) -> Vec<String> {
    let print = |object: &mlgitops_helm::RenderedObject| {
        let mut root = (*object.root).clone();
        without_unknown(&mut root);
        to_yaml(&root, origins).as_str().to_owned()
    };
    rendered.objects.iter().map(print).collect()
}

fn lines_that_differ(got: &str, wanted: &str) -> String {
    let pairs = got.lines().zip(wanted.lines()).filter(|(got, wanted)| got != wanted);
    let pairs: Vec<String> =
        pairs.take(3).map(|(got, wanted)| format!("\n  here {got}\n  helm {wanted}")).collect();
    let (here, helm) = (got.lines().count(), wanted.lines().count());
    format!("{} ({here} lines, Helm has {helm})", pairs.concat())
}

/// What Helm says of values that break a schema, line by line; why a text has not its format, and
/// which references go in a circle, is said in our own words.
fn violations(said: &str) -> impl Iterator<Item = &str> {
    let own = ["metaschema", "reference cycle"].iter().any(|words| said.contains(words));
    let lines = said.lines().filter(move |_| !own);
    lines.filter_map(|line| line.trim_start().strip_prefix("- at ")).map(|line| {
        let format = line.split_once(" is not valid ").and_then(|(_, format)| format.find(": "));
        format.map_or(line, |at| &line[..line.find(" is not valid ").unwrap() + " is not valid ".len() + at])
    })
}

fn compared(case: &Case) -> Result<(), String> {
    let mut origins = Origins::default();
    let rendered = rendered(case, &mut origins);
    let problems: Vec<&str> = rendered.problems.iter().map(|problem| &*problem.message).collect();
    let lacking = rendered.not_rendered.iter().any(|item| item.kind == NotRenderedKind::Dependency);
    match case.expected() {
        Some(_) if !problems.is_empty() => Err(format!("refused: {problems:?}")),
        Some(_) if !rendered.not_rendered.is_empty() => Err(format!("{:?}", rendered.not_rendered)),
        Some(expected) => {
            let (got, wanted) = (printed(&rendered, &mut origins), objects(&expected));
            let differs = got.iter().zip(&wanted).find(|(got, wanted)| got != wanted);
            match differs {
                Some((got, wanted)) => Err(lines_that_differ(got, wanted)),
                None if got.len() != wanted.len() => {
                    Err(format!("{} objects, Helm has {}", got.len(), wanted.len()))
                }
                None => Ok(()),
            }
        }
        None => {
            let said = case.refused().ok_or("no golden: run cargo xtask oracle helm")?;
            // What Helm cannot find is named, and the rest is rendered.
            if lacking && said.contains("missing in charts/ directory") {
                return Ok(());
            }
            if problems.is_empty() {
                return Err(format!("not refused; Helm: {said}"));
            }
            if let Some(lacking) = violations(&said).find(|words| !problems.concat().contains(words)) {
                return Err(format!("says {problems:?}, not {lacking:?}"));
            }
            let at = rendered.problems.iter().find_map(|problem| problem.at.as_ref());
            let place = at.map(|at| format!("{}:{}", at.file.path(), at.file.position(at.start).line));
            match (&case.place, place) {
                (Some(wanted), Some(place)) if *wanted != place => {
                    Err(format!("refused at {place}, not at {wanted}: {problems:?}"))
                }
                (Some(_), None) => Err(format!("refused nowhere: {problems:?}")),
                _ => Ok(()),
            }
        }
    }
}

#[test]
fn every_chart_gives_the_objects_helm_gives_in_its_order() {
    let cases = Case::all();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| compared(case).err().map(|why| format!("{}: {why}", case.name)))
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
