//! Which values the templates of a chart can read: by the names in their text, whatever the
//! values and the branches taken.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use rapidhash::fast::RapidHasher;

/// Words; nothing goes through them in their order.
type Words = HashSet<Box<str>, BuildHasherDefault<RapidHasher<'static>>>;

/// What some templates name, and what they take whole. It errs on one side only: a value that
/// [`Reads`] says nothing of is read by no rendering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// What the templates name.
    templates: Vec<Arc<Named>>,
    /// What is named elsewhere.
    other: Named,
    /// Keys of other charts: Helm hands what is below them on.
    exempt: Words,
}

/// What one text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// Every word that stands in an action. What stands outside of them is printed; a key that is
    /// made of it while rendering is looked up in a map that is taken whole.
    names: Words,
    /// The names that stand alone: printed, ranged over, handed to a function.
    whole: Words,
}

/// Functions whose second argument names what they read of their first.
const BY_NAME: [&str; 3] = ["index", "get", "hasKey"];
/// Words of a condition that take nothing but the truth of what follows.
const OF_TRUTH: [&str; 3] = ["and", "or", "not"];

impl Reads {
    /// Adds what a value that is run as a template names.
    pub fn read(&mut self, text: &str) {
        self.other.read(text);
    }

    /// Adds what a template names.
    pub(crate) fn template(&mut self, named: &Arc<Named>) {
        self.templates.push(Arc::clone(named));
    }

    /// Adds a key that belongs to another chart.
    pub(crate) fn exempt(&mut self, key: &str) {
        self.exempt.insert(key.into());
    }

    /// Adds a path of values that Chart.yaml reads.
    pub(crate) fn path(&mut self, path: &str) {
        self.other.path(path);
    }

    /// Whether a key of any map may be looked up.
    #[must_use]
    pub fn names(&self, key: &str) -> bool {
        key.is_empty() || !key.chars().all(is_of_a_name) || self.any(|named| named.names.contains(key))
    }

    /// Whether everything below a key of this name may be read.
    #[must_use]
    pub fn takes_whole(&self, key: &str) -> bool {
        self.any(|named| named.whole.contains(key))
    }

    /// Whether all values may be read.
    #[must_use]
    pub fn takes_all(&self) -> bool {
        self.takes_whole("Values")
    }

    /// Whether a key at the top is for other charts: a subchart's, `global`, `tags`.
    #[must_use]
    pub fn is_for_others(&self, key: &str) -> bool {
        key == "global" || self.exempt.contains(key)
    }

    fn any(&self, holds: impl Fn(&Named) -> bool) -> bool {
        holds(&self.other) || self.templates.iter().any(|named| holds(named))
    }
}

impl Named {
    /// What a text names.
    pub(crate) fn in_text(text: &str) -> Self {
        let mut named = Self::default();
        named.read(text);
        named
    }

    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once("{{") {
            let end = end_of_action(after);
            let (action, behind) = after.split_at_checked(end).unwrap_or((after, ""));
            let action = action.trim_start_matches('-').trim_end_matches('-').trim();
            if !action.starts_with("/*") {
                self.words(action);
                self.action(action);
            }
            rest = behind;
        }
    }

    fn path(&mut self, path: &str) {
        for word in path.split(|c: char| !is_of_a_name(c)).filter(|word| !word.is_empty()) {
            self.name(word);
            self.take(word);
        }
    }

    fn words(&mut self, action: &str) {
        for word in action.split(|c: char| !is_of_a_name(c)).filter(|word| !word.is_empty()) {
            self.name(word);
            if word.contains('-') {
                word.split('-').filter(|part| !part.is_empty()).for_each(|part| self.name(part));
            }
        }
    }

    fn name(&mut self, word: &str) {
        if !self.names.contains(word) {
            self.names.insert(word.into());
        }
    }

    fn take(&mut self, word: &str) {
        if !self.whole.contains(word) {
            self.whole.insert(word.into());
        }
    }

    /// What one action takes whole: each field or text that no further field follows.
    fn action(&mut self, action: &str) {
        if is_bare_condition(action) {
            return;
        }
        let bytes = action.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'"' | b'`' => {
                    let text = action.get(at + 1..).unwrap_or("");
                    let end = end_of_text(text, byte);
                    let inner = text.get(..end).unwrap_or("");
                    self.path(inner);
                    at += end + 2;
                }
                b'.' => {
                    let rest = action.get(at + 1..).unwrap_or("");
                    let name = field(rest);
                    let after = rest.get(name.len()..).unwrap_or("").trim_start_matches(')');
                    let goes_on = after.strip_prefix('.').is_some_and(|next| !field(next).is_empty());
                    let before = action.get(..at).unwrap_or("");
                    // `.Values.AsMap` is a method.
                    let goes_on = goes_on && !(name == "Values" && after.starts_with(".AsMap"));
                    if !name.is_empty() && !goes_on && !is_asked_by_name(before, after) {
                        self.take(name);
                    }
                    at += name.len() + 1;
                }
                _ => at += 1,
            }
        }
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// The name of a field at the start of a text.
fn field(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

/// Where an action ends: at the first `}}` outside of a text.
fn end_of_action(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_comment = text.trim_start_matches('-').trim_start().starts_with("/*");
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'`' if !is_comment => {
                at += end_of_text(text.get(at + 1..).unwrap_or(""), byte) + 2;
            }
            b'}' if bytes.get(at + 1) == Some(&b'}') => return at,
            _ => at += 1,
        }
    }
    text.len()
}

/// Where a text ends that began before: at its quote, or at the end of all.
fn end_of_text(text: &str, quote: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            byte if byte == quote => return at,
            _ => at += 1,
        }
    }
    text.len()
}

/// `if .Values.a.b`: nothing of it is read but whether it is empty.
fn is_bare_condition(action: &str) -> bool {
    let condition = action.strip_prefix("else ").unwrap_or(action).trim_start();
    let Some(condition) = condition.strip_prefix("if ") else { return false };
    condition.split_whitespace().all(|word| {
        let word = word.trim_matches(['(', ')']);
        let is_chain = word.starts_with(['.', '$'])
            && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '$' | '_' | '(' | ')'));
        is_chain || OF_TRUTH.contains(&word)
    })
}

/// `index .Values "a"`: the text names what is read.
fn is_asked_by_name(before: &str, after: &str) -> bool {
    let is_chain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '$' | '_');
    let function = before.trim_end_matches(is_chain);
    let asks = function.ends_with(char::is_whitespace)
        && BY_NAME.contains(&function.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or(""));
    asks && after.trim_start().starts_with('"') && after.starts_with(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_alone_is_taken_whole() {
        for (text, whole, not_whole) in [
            ("{{ .Values.a.b }}", &["b"][..], &["Values", "a"][..]),
            ("{{ toYaml .Values.a | nindent 2 }}", &["a"], &["Values"]),
            ("{{- with $.Values.a -}}{{ .b }}{{ end }}", &["a", "b"], &["Values"]),
            ("{{ range $k, $v := .Values.a }}{{ end }}", &["a"], &["Values"]),
            ("{{ if .Values.a }}{{ end }}", &[], &["Values", "a"]),
            ("{{ if and (not .Values.a) .Values.b }}{{ else if .Values.c }}{{ end }}", &[], &["a", "b", "c"]),
            ("{{ if eq .Values.a \"b\" }}{{ end }}", &["a", "b"], &["Values"]),
            ("{{ index .Values \"a-b\" \"c\" }}", &["a-b", "c"], &["Values"]),
            ("{{ index .Values $name }}", &["Values"], &[]),
            ("{{ (.Values.a).b }}", &["b"], &["a", "Values"]),
            ("{{ include \"x\" (dict \"v\" .Values.a) }}", &["a", "x", "v"], &["Values"]),
            ("{{ tpl (toYaml .Values) . }}", &["Values"], &[]),
            ("{{/* toYaml .Values */}}", &[], &["Values"]),
            ("{{ \"}}\" }}{{ .Values.a.b }}", &["b"], &["a"]),
            ("{{ .Values.AsMap }}", &["Values"], &[]),
            ("text .Values.a", &[], &["a"]),
            ("{{ .a", &["a"], &[]),
        ] {
            let mut reads = Reads::default();
            reads.read(text);
            for name in whole {
                assert!(reads.takes_whole(name), "{text} takes {name} whole");
            }
            for name in not_whole {
                assert!(!reads.takes_whole(name), "{text} does not take {name} whole");
            }
        }
    }

    #[test]
    fn every_word_of_an_action_is_a_name() {
        let mut reads = Reads::default();
        reads.read("a: {{ index .Values \"my-key\" }} # {{/* note */}} see {{ $auth.password }}");
        for name in ["my-key", "my", "auth", "password", "", "with space", "a/b"] {
            assert!(reads.names(name), "{name}");
        }
        for name in ["key2", "Value", "pass", "a", "note", "see"] {
            assert!(!reads.names(name), "{name}");
        }
    }
}
