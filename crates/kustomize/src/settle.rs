//! Scalars as kustomize prints them, so that they read the same in every mode.

use mlgitops_yaml::{Mode, Node, OriginId, Pieces, Resolved, Scalar, Style, Value, go_time};

/// A scalar that has no JSON form.
pub(crate) struct Unreadable {
    pub(crate) message: String,
    pub(crate) at: OriginId,
}

/// Writes every scalar so that the API server reads what kustomize read: `yes` is text to it, and
/// a date becomes a time.
pub(crate) fn as_read_by_kustomize(node: &mut Node) -> Result<(), Unreadable> {
    settle(node, Mode::Kustomize)
}

/// Writes every scalar so that kustomize reads what `sigs.k8s.io/yaml` read: the values of JSON
/// patches go through it.
pub(crate) fn as_read_by_api(node: &mut Node) -> Result<(), Unreadable> {
    settle(node, Mode::Api)
}

fn settle(node: &mut Node, mode: Mode) -> Result<(), Unreadable> {
    match &mut node.value {
        Value::Map(map) => map.iter_mut().try_for_each(|(key, value)| {
            if mode == Mode::Kustomize && !is_text(&key.scalar) {
                let message = format!("the key `{}` is no text: quote it", key.name());
                return Err(Unreadable { message, at: key.origin });
            }
            settle(value, mode)
        }),
        Value::Sequence(items) => items.iter_mut().try_for_each(|item| settle(item, mode)),
        Value::Scalar(scalar) => {
            let at = node.origin;
            settle_scalar(scalar, mode).map_err(|message| Unreadable { message, at })
        }
        Value::Null | Value::Unknown(_) => Ok(()),
    }
}

fn settle_scalar(scalar: &mut Scalar, mode: Mode) -> Result<(), String> {
    if scalar.style == Style::Folded && mode == Mode::Kustomize {
        *scalar = folded_again(scalar);
    }
    if scalar.style != Style::Plain && scalar.tag.is_none() {
        return Ok(());
    }
    let other = if mode == Mode::Api { Mode::Kustomize } else { Mode::Api };
    let read = scalar.resolve(mode);
    if scalar.tag.is_none() && read == scalar.resolve(other) && !is_infinite(&read) {
        return Ok(());
    }
    let pieces = scalar.pieces.clone();
    *scalar = match read {
        Resolved::Null => Scalar::plain("null"),
        Resolved::Bool(value) => Scalar::plain(if value { "true" } else { "false" }),
        Resolved::Int(value) => Scalar::plain(&value.to_string()),
        Resolved::Uint(value) => Scalar::plain(&value.to_string()),
        Resolved::Float(value) if value.is_finite() => Scalar::plain(&mlgitops_yaml::go_float(value)),
        Resolved::Float(_) => return Err(format!("`{}` has no form in JSON", scalar.text)),
        Resolved::Timestamp => match go_time(&scalar.text) {
            Some(time) => Scalar::string(&time),
            None => Scalar::string(&scalar.text),
        },
        Resolved::Str => Scalar { style: Style::Double, tag: None, pieces, ..scalar.clone() },
        Resolved::Refused => return Err(format!("`{}` cannot be read as its tag says", scalar.text)),
    };
    Ok(())
}

/// A folded text as kustomize has it after printing and reading it once. Its printer doubles the line
/// break after every line that is not indented further, so that folding gives one back; before a
/// line that is, nothing is folded, and both stay (go-yaml v3 `yaml_emitter_write_folded_scalar`).
fn folded_again(scalar: &Scalar) -> Scalar {
    let is_blank = |line: &str| line.starts_with([' ', '\t']);
    let text = &*scalar.text;
    // It looks at the first character of the text where it means the next one.
    let doubles = !text.is_empty() && !text.starts_with([' ', '\t', '\n']);
    let body = text.trim_end_matches('\n');
    let mut again = String::with_capacity(text.len());
    let mut lines = body.split('\n').peekable();
    while let Some(line) = lines.next() {
        again.push_str(line);
        let mut breaks = 1;
        while lines.next_if(|next| next.is_empty()).is_some() {
            breaks += 1;
        }
        let Some(next) = lines.peek() else { break };
        let printed = breaks + usize::from(doubles && !is_blank(line));
        if is_blank(line) || is_blank(next) {
            again.push_str(&"\n".repeat(printed));
        } else if printed == 1 {
            again.push(' ');
        } else {
            again.push_str(&"\n".repeat(printed - 1));
        }
    }
    let ending = text.len() - body.len();
    let kept = ending > 1 && doubles && !body.rsplit('\n').next().is_some_and(is_blank);
    again.push_str(&"\n".repeat(ending + usize::from(kept)));
    let pieces = if again == *text { scalar.pieces.clone() } else { Pieces::Whole };
    Scalar { text: again.into(), style: Style::Double, tag: scalar.tag.clone(), pieces }
}

/// Whether a key is text to kustomize, which prints no other.
fn is_text(key: &Scalar) -> bool {
    key.style != Style::Plain || matches!(key.resolve(Mode::Kustomize), Resolved::Str | Resolved::Timestamp)
}

fn is_infinite(read: &Resolved) -> bool {
    matches!(read, Resolved::Float(value) if !value.is_finite())
}
