//! Whether each field blames the right place: other bytes there, and the field is another
//! (the two layouts of Flux's users, and what variables, patches and values make of them).

use std::fs;
use std::path::Path;

use mlgitops::Survey;
use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Value};

use super::world::World;

pub(super) type Files = Vec<(String, String)>;

pub(super) fn fixture(name: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/flux").join(name);
    let (mut files, mut open) = (Files::new(), vec![root.clone()]);
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                    files.push((name, fs::read_to_string(&path).unwrap()));
                }
            }
        }
    }
    files
}

pub(super) fn survey(files: &Files) -> Survey {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    World::of(&files).survey()
}

/// The services a survey deploys, in order.
fn services(survey: &Survey) -> Vec<&Manifest> {
    let objects = survey.fleet.objects.iter().map(|object| &object.manifest);
    objects.filter(|manifest| manifest.id.kind == "InferenceService").collect()
}

/// The scalars below a node, each with the way to it.
fn scalars<'n>(node: &'n Node, at: &str, found: &mut Vec<(String, &'n Node)>) {
    match &node.value {
        Value::Map(map) => {
            map.iter().for_each(|(key, value)| scalars(value, &format!("{at}/{}", key.name()), found))
        }
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, item)| scalars(item, &format!("{at}/{index}"), found));
        }
        _ => found.push((at.to_owned(), node)),
    }
}

fn of(manifest: &Manifest) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    scalars(&manifest.root, "", &mut found);
    found
}

/// Another value of the same type, of the same length where that can be.
fn other(text: &str) -> String {
    match text.trim_matches(['"', '\'']) {
        "true" => return text.replace("true", "false"),
        "false" => return text.replace("false", "true"),
        _ => {}
    }
    let at = text.rfind(|letter: char| letter.is_ascii_alphanumeric()).unwrap();
    let letter = match text.as_bytes()[at] {
        digit @ b'0'..=b'8' => digit + 1,
        b'9' => b'8',
        b'a' | b'A' => b'b',
        _ => b'a',
    };
    format!("{}{}{}", &text[..at], char::from(letter), &text[at + 1..])
}

#[test]
fn other_bytes_at_the_first_place_are_another_value() {
    for (name, least) in [("environments", 40), ("folder-per-app", 25)] {
        let files = fixture(name);
        let before = survey(&files);
        let (mut tried, mut wrong) = (0, String::new());
        for (index, manifest) in services(&before).into_iter().enumerate() {
            for (path, node) in of(manifest) {
                if ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"].contains(&path.as_str())
                {
                    continue;
                }
                let Some(at) = manifest.place(node.origin) else {
                    wrong += &format!("{name}: {}{path} has no place\n", manifest.id.name);
                    continue;
                };
                let mut changed = files.clone();
                let file = changed.iter_mut().find(|(file, _)| **file == **at.file.path()).unwrap();
                let range = at.start as usize..at.end as usize;
                let replaced = other(&file.1[range.clone()]);
                file.1.replace_range(range, &replaced);
                tried += 1;
                let after = survey(&changed);
                let now = services(&after).get(index).and_then(|manifest| {
                    let all = of(manifest);
                    all.into_iter()
                        .find(|(other, _)| *other == path)
                        .map(|(_, node)| format!("{:?}", node.text()))
                });
                if now.as_deref() == Some(&format!("{:?}", node.text())) {
                    let line = at.file.path();
                    wrong += &format!(
                        "{name}: {}{path} is the same with `{replaced}` in {line}\n",
                        manifest.id.name
                    );
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
        assert!(tried >= least, "{name}: {tried} fields");
    }
}
