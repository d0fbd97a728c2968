//! From the text a template printed to objects.

use mlgitops_yaml::{Origins, Text, TextBuilder};

/// Takes out what Go prints for nothing, as Helm does at the end of each file.
pub(crate) fn without_no_value(text: Text, origins: &mut Origins) -> Text {
    const NOTHING: &str = "<no value>";
    if !text.as_str().contains(NOTHING) {
        return text;
    }
    let mut out = TextBuilder::default();
    let mut at = 0;
    while let Some(found) = text.as_str().get(at..).and_then(|rest| rest.find(NOTHING)) {
        let (start, end) = (at + found, at + found + NOTHING.len());
        out.push_part(&text, at..start);
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let origin = text.origin(narrow(start)..narrow(end), origins);
        out.push_str("", origin);
        at = end;
    }
    out.push_part(&text, at..text.len());
    out.build()
}
