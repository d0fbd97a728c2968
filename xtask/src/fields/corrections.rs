//! What came with a patch release: the source was read from the first release of each minor, and so
//! names the next one. Compared with the definitions that the releases ship (kserve `install/`).

use serde_json::{Map, Value};

use super::{Failure, member, object, string};

/// What of a kind came with which release, and the release that the source has; without a path it is
/// the kind itself.
struct Correction {
    kind: &'static str,
    path: &'static [&'static str],
    read: &'static str,
    came: &'static str,
}

const LOGGER: [&[&str]; 3] = [
    &["spec", "predictor", "logger", "metadataAnnotations"],
    &["spec", "transformer", "logger", "metadataAnnotations"],
    &["spec", "explainer", "logger", "metadataAnnotations"],
];

const PRIORITY: &[&str] = &["spec", "supportedModelFormats", "[]", "priority"];
const DEPENDENCY: &[&str] = &["spec", "nodes", "{}", "steps", "[]", "dependency"];

const CORRECTIONS: [Correction; 7] = [
    correction("ServingRuntime", PRIORITY, "v0.12.0", "v0.11.1"),
    correction("ClusterServingRuntime", PRIORITY, "v0.12.0", "v0.11.1"),
    correction("InferenceGraph", DEPENDENCY, "v0.12.0", "v0.11.1"),
    correction("ClusterStorageContainer", &[], "v0.12.0", "v0.11.1"),
    correction("InferenceService", LOGGER[0], "v0.16.0", "v0.15.1"),
    correction("InferenceService", LOGGER[1], "v0.16.0", "v0.15.1"),
    correction("InferenceService", LOGGER[2], "v0.16.0", "v0.15.1"),
];

const fn correction(
    kind: &'static str,
    path: &'static [&'static str],
    read: &'static str,
    came: &'static str,
) -> Correction {
    Correction { kind, path, read, came }
}

/// Corrects one file of the source; one that says something else than expected is an error, so that
/// no correction outlives its reason.
pub(super) fn correct(file: &mut Value) -> Result<(), Failure> {
    let kind = string(member(object(file)?, "kind")?)?.to_owned();
    for one in CORRECTIONS.iter().filter(|one| one.kind == kind) {
        let stated = if one.path.is_empty() { first_release(file) } else { since(file, one.path) };
        let Some(stated) = stated else {
            return Err(format!("{kind}: there is no {}", one.path.join(".")).into());
        };
        if string(stated)? != one.read {
            return Err(format!("{kind}: {} came with {stated}, not {}", one.path.join("."), one.read).into());
        }
        *stated = Value::from(one.came);
    }
    Ok(())
}

fn first_release(file: &mut Value) -> Option<&mut Value> {
    file.get_mut("releases")?.get_mut(0)
}

/// `since` of a field of the only version of a kind.
fn since<'v>(file: &'v mut Value, path: &[&str]) -> Option<&'v mut Value> {
    let versions: &mut Map<String, Value> = file.get_mut("versions")?.as_object_mut()?;
    let mut node = versions.values_mut().next()?;
    for step in path {
        node = match *step {
            "[]" => node.get_mut("items")?,
            "{}" => node.get_mut("values")?,
            name => node.get_mut("fields")?.get_mut(name)?,
        };
    }
    node.get_mut("since")
}
