//! `{{name}}` in a set without `goTemplate` (argo-cd `applicationset/utils/utils.go`, over
//! `valyala/fasttemplate`).

use mlgitops_yaml::{Origins, Text, TextBuilder, Value};

use super::parameters::{Parameters, is_text};

/// A tag that no `}}` closes, in a text that has others that are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// Where its `{{` stands.
    pub(super) at: usize,
}

/// The text with each tag replaced by the parameter it names. What names none, or one that is no
/// string, stays as it is.
pub(super) fn replace(
    template: &Text,
    parameters: &Parameters,
    origins: &mut Origins,
) -> Result<Text, Unclosed> {
    let text = template.as_str();
    if !has_tag(text) {
        return Ok(template.clone());
    }
    let mut out = TextBuilder::default();
    let mut at = 0;
    while let Some(open) = find(text, at, "{{") {
        let Some(close) = find(text, open + 2, "}}") else { return Err(Unclosed { at: open }) };
        out.push_part(template, at..open);
        let name = text.get(open + 2..close).unwrap_or("").trim();
        match value(parameters, name, origins) {
            Some(value) => out.push(&value),
            None => out.push_part(template, open..close + 2),
        }
        at = close + 2;
    }
    out.push_part(template, at..text.len());
    Ok(out.build())
}

/// How many bytes the parameters of a text take where its tags are replaced.
pub(super) fn filled(text: &str, parameters: &Parameters) -> usize {
    let (mut at, mut size) = (0, 0usize);
    while let Some(open) = find(text, at, "{{") {
        let Some(close) = find(text, open + 2, "}}") else { break };
        let name = text.get(open + 2..close).unwrap_or("").trim();
        let scalar = parameters.get(name).and_then(|node| node.as_scalar());
        size = size.saturating_add(scalar.map_or(0, |scalar| scalar.text.len()));
        at = close + 2;
    }
    size
}

/// Whether any line holds a closed tag; only then does Argo CD look at a text at all.
fn has_tag(text: &str) -> bool {
    text.lines().any(|line| line.find("{{").is_some_and(|open| find(line, open + 2, "}}").is_some()))
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

fn value(parameters: &Parameters, name: &str, origins: &mut Origins) -> Option<Text> {
    let node = parameters.get(name).filter(|_| !name.is_empty())?;
    match &node.value {
        Value::Scalar(scalar) if is_text(scalar) => Some(scalar.to_text(node.origin, origins)),
        Value::Unknown(_) => Some(Text::opaque(mlgitops_gotemplate::UNKNOWN, node.origin)),
        _ => None,
    }
}
