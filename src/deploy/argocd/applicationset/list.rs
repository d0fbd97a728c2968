//! The list generator (argo-cd `applicationset/generators/list.go`).

use mlgitops_yaml::{Key, Map, Node, OriginId, Role, Value, parse};

use super::expansion::{Expansion, Language};
use super::parameters::{Parameters, in_role, is_text, word};
use super::refusal::Stop;

const KIND: &str = "appset-element";

impl Expansion<'_> {
    /// The elements of a list, then those of its `elementsYaml`.
    pub(super) fn list(&mut self, list: &Node) -> Result<Vec<Parameters>, Stop> {
        let mut found = Vec::new();
        for element in list.get("elements").items() {
            if !self.take() {
                return Ok(found);
            }
            found.push(match self.language {
                Language::Go => go_element(element)?,
                Language::Fast => fast_element(element)?,
            });
        }
        if let Some(text) = list.get("elementsYaml").present().filter(|node| node.text().is_some()) {
            found.extend(self.elements_of_text(text)?);
        }
        Ok(found)
    }

    /// `elementsYaml`: a text that is a list of maps. Its values are taken as they are, in either
    /// language.
    fn elements_of_text(&mut self, node: &Node) -> Result<Vec<Parameters>, Stop> {
        let Some(scalar) = node.as_scalar() else { return Ok(Vec::new()) };
        let text = scalar.to_text(node.origin, self.machine.origins);
        self.machine.make(text.len()).map_err(|failure| Stop::failure(&failure))?;
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let tree = parse(text.clone());
        if let Some(error) = tree.errors().first() {
            let at = error.at.min(end);
            let place = text.origin(at..at.saturating_add(1), self.machine.origins);
            let message = format!("its elementsYaml is no YAML: {}", error.message);
            return Err(Stop::refused(KIND, message, place));
        }
        let Some(root) = tree.documents().first().and_then(|document| document.root) else {
            return Ok(Vec::new());
        };
        let elements = tree
            .node(root, self.machine.origins)
            .map_err(|error| Stop::refused(KIND, format!("its elementsYaml: {error}"), node.origin))?;
        if elements.is_null() {
            return Ok(Vec::new());
        }
        let Value::Sequence(items) = &elements.value else {
            let message = format!("its elementsYaml is {}, not a list", word(&elements));
            return Err(Stop::refused(KIND, message, elements.origin));
        };
        let mut found = Vec::new();
        for item in items {
            if !self.take() {
                break;
            }
            let item = in_role(item, Role::Parameter, self.machine.origins);
            found.push(go_element(&item)?);
        }
        Ok(found)
    }
}

/// An element as a Go template sees it: any map.
fn go_element(element: &Node) -> Result<Parameters, Stop> {
    match &element.value {
        Value::Map(map) => Ok(Parameters::of_map(map)),
        _ if element.is_null() => Ok(Parameters::default()),
        _ => Err(Stop::refused(KIND, format!("its element is {}, not a map", word(element)), element.origin)),
    }
}

/// An element without Go templates: strings, and a map `values` of strings.
fn fast_element(element: &Node) -> Result<Parameters, Stop> {
    let mut parameters = Parameters::default();
    let whole = go_element(element)?;
    for (name, entry) in whole.into_entries() {
        if &*name != "values" {
            text_only(&name, &entry.value)?;
            parameters.set(&name, entry.key, entry.value);
            continue;
        }
        let Some(values) = entry.value.as_map() else {
            let message = format!("its element's `values` is {}, not a map", word(&entry.value));
            return Err(Stop::refused(KIND, message, at(&entry.value, entry.key)));
        };
        set_values(values, &mut parameters)?;
    }
    Ok(parameters)
}

fn set_values(values: &Map, parameters: &mut Parameters) -> Result<(), Stop> {
    for (key, value) in values.iter() {
        let Key { origin, .. } = key;
        let name = format!("values.{}", key.name());
        text_only(&name, value)?;
        parameters.set(&name, *origin, value.clone());
    }
    Ok(())
}

fn text_only(name: &str, value: &Node) -> Result<(), Stop> {
    let is_string = matches!(&value.value, Value::Unknown(_)) || value.as_scalar().is_some_and(is_text);
    if is_string {
        return Ok(());
    }
    let message = format!(
        "its element's `{name}` is {}; without goTemplate every value of an element is a string",
        word(value)
    );
    Err(Stop::refused(KIND, message, at(value, OriginId::NONE)))
}

/// The place of a value; a value that is nothing stands where its key does.
fn at(value: &Node, key: OriginId) -> OriginId {
    if value.origin.is_none() { key } else { value.origin }
}
