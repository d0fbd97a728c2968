//! Charts against what Helm v3.22 printed for them: `charts/NAME/CASE.expected.yaml` is
//! `helm template chart -f CASE.values.yaml --include-crds`, without `-f` for the case `none`.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its charts has failed")]

mod support;

use std::path::Path;
use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_helm::{Chart, RenderOptions, ValuesSource, render};
use mlgitops_yaml::{Origins, Role, SourceFile, Text, parse, to_yaml};

/// The objects of a text, each printed anew, with the template it came from.
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

fn rendered(folder: &Path, case: &str) -> Vec<String> {
    let files = support::Table::of_folder(folder);
    let chart = Chart::load(&files, &RepoPath::parse("chart").unwrap());
    let values = match case {
        "none" => Vec::new(),
        _ => vec![ValuesSource::File(RepoPath::parse(&format!("{case}.values.yaml")).unwrap())],
    };
    let options = RenderOptions {
        values,
        include_crds: true,
        kube_version: Some("v1.20.0".to_owned()),
        ..RenderOptions::default()
    };
    let mut origins = Origins::default();
    let rendered = render(&files, &chart, &options, &mut origins);
    assert_eq!(rendered.problems, []);
    assert_eq!(rendered.not_rendered, []);
    rendered.objects.iter().map(|object| to_yaml(&object.root, &mut origins).as_str().to_owned()).collect()
}

#[test]
fn every_chart_gives_the_objects_helm_gives_in_its_order() {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts");
    let mut cases = 0;
    for chart in std::fs::read_dir(charts).unwrap() {
        let folder = chart.unwrap().path();
        for file in std::fs::read_dir(&folder).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(case) = name.strip_suffix(".expected.yaml") else { continue };
            let wanted = objects(&std::fs::read_to_string(&path).unwrap());
            assert_eq!(rendered(&folder, case).join("\n---\n"), wanted.join("\n---\n"), "{}", path.display());
            cases += 1;
        }
    }
    assert!(cases > 0);
}
