//! A template with its actions painted over: YAML of the same length, in which literal text is
//! found where it stands.

/// What an action on a line of its own becomes, and one beside text.
const COMMENT: u8 = b'#';
const PAINT: u8 = b'x';

/// The template with every action painted over. Lines that hold nothing else become comments.
pub(super) fn masked(template: &str) -> String {
    let source = template.as_bytes();
    let mut painted = source.to_vec();
    let mut at = 0;
    while let Some(open) = find(source, at, b"{{") {
        let end = end_of_action(source, open);
        let (from, to) = (line_start(source, open), line_end(source, end));
        let alone = is_blank_or_actions(source, from, to);
        let region = painted.get_mut(open..end).unwrap_or_default();
        for byte in region.iter_mut() {
            // On lines of its own an action may take several.
            if !(alone && matches!(*byte, b'\n' | b'\r')) {
                *byte = PAINT;
            }
        }
        if alone {
            comment_out(&mut painted, open, end);
        }
        at = end;
    }
    // Every byte of an action became ASCII, and no other byte was touched.
    String::from_utf8(painted).unwrap_or_default()
}

/// Every line of the range begins a comment at its first painted byte.
fn comment_out(painted: &mut [u8], open: usize, end: usize) {
    let mut fresh = true;
    for byte in painted.get_mut(open..end).unwrap_or_default() {
        if *byte == b'\n' {
            fresh = true;
        } else if fresh && *byte == PAINT {
            *byte = COMMENT;
            fresh = false;
        }
    }
}

/// One past the end of the action that begins here: behind its `}}`, or the end of the text.
fn end_of_action(source: &[u8], open: usize) -> usize {
    let body = open + 2;
    let comment = [&b"/*"[..], b"- /*"]
        .iter()
        .any(|start| source.get(body..).is_some_and(|rest| rest.starts_with(start)));
    if comment {
        let close = find(source, body, b"*/").map_or(source.len(), |at| at + 2);
        return find(source, close, b"}}").map_or(source.len(), |at| at + 2);
    }
    let mut at = body;
    let mut quote = None;
    while let Some(&byte) = source.get(at) {
        match quote {
            Some(b'"') if byte == b'\\' => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'"' | b'`') => quote = Some(byte),
            None if byte == b'}' && source.get(at + 1) == Some(&b'}') => return at + 2,
            None => {}
        }
        at += 1;
    }
    source.len()
}

/// Whether a range of whole lines holds nothing but actions and blanks.
fn is_blank_or_actions(source: &[u8], from: usize, to: usize) -> bool {
    let mut at = from;
    while let Some(&byte) = source.get(at).filter(|_| at < to) {
        if source.get(at..).is_some_and(|rest| rest.starts_with(b"{{")) {
            at = end_of_action(source, at);
        } else if byte.is_ascii_whitespace() {
            at += 1;
        } else {
            return false;
        }
    }
    true
}

fn find(source: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    memchr::memmem::find(source.get(from..)?, what).map(|at| from + at)
}

fn line_start(source: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', source.get(..at).unwrap_or_default()).map_or(0, |end| end + 1)
}

fn line_end(source: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', source.get(at..).unwrap_or_default()).map_or(source.len(), |end| at + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_painted_over_and_nothing_else() {
        for (template, expected) in [
            ("a: {{ .x }}\n", "a: xxxxxxxx\n"),
            ("  {{- if .x }}\n  a: 1\n  {{- end }}\n", "  #xxxxxxxxxxx\n  a: 1\n  #xxxxxxxxx\n"),
            ("{{ .k }}: \"s3://{{ .b }}/v4\"\n", "xxxxxxxx: \"s3://xxxxxxxx/v4\"\n"),
            ("{{/* a\nb */}}\nx: 1", "#xxxxx\n#xxxxx\nx: 1"),
            ("a: {{ \"}}\" }} # c", "a: xxxxxxxxxx # c"),
            ("{{ a }} {{ b }}\n", "#xxxxxx #xxxxxx\n"),
            ("{{ é\n", "#xxxx\n"),
        ] {
            assert_eq!(masked(template), expected, "{template:?}");
            assert_eq!(masked(template).len(), template.len());
        }
    }
}
