//! Scalars as kustomize prints them, so that they read the same in every mode.

use mlgitops_yaml::{Mode, Node, OriginId, Resolved, Scalar, Style, Value, go_time};

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

/// Whether a key is text to kustomize, which prints no other.
fn is_text(key: &Scalar) -> bool {
    key.style != Style::Plain || matches!(key.resolve(Mode::Kustomize), Resolved::Str | Resolved::Timestamp)
}

fn is_infinite(read: &Resolved) -> bool {
    matches!(read, Resolved::Float(value) if !value.is_finite())
}
