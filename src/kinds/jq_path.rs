//! jq expressions as far as they are paths: `.spec.a["b"].c[]`, `.a[] | select(.name == "x") | .b`.
//!
//! Nothing is executed (design.md, Safety): what is no path is not read, in one pass over the text.

use mlgitops_yaml::{Lookup, Node, Pointer, Step};
use thiserror::Error;

/// One step of a path into an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathStep {
    /// A key.
    Key(String),
    /// An item, from 0.
    Index(usize),
    /// `[]`: every item or value.
    Each,
    /// `select(.name == "x")`: goes on only where the value at these keys is this text.
    Where(Vec<String>, String),
    /// `select(…)` of another condition: goes on in objects that cannot be told.
    Filter,
}

/// A path into an object.
pub type Path = Vec<PathStep>;

/// Why an expression is not read as a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// jq has no such syntax: Argo CD cannot compare the Application at all.
    #[error("jq cannot read it: a path begins with `.`")]
    Syntax,
    /// It may be a program; only its run would tell what it deletes.
    #[error("it is more than a path, and is not executed")]
    NotAPath,
}

/// Whether a path covers a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// It is the field, or holds it.
    Yes,
    /// It leads elsewhere.
    No,
    /// A condition decides that cannot be told.
    Maybe,
}

/// Reads the paths of an expression: several where `,` parts them.
///
/// # Errors
/// [`PathError`] for what is no path.
pub fn parse(text: &str) -> Result<Vec<Path>, PathError> {
    if text.trim_start().starts_with('/') {
        return Err(PathError::Syntax);
    }
    let mut reader = Reader { rest: text, open: 0 };
    let mut paths = vec![reader.pipeline()?];
    while reader.eat(",") {
        paths.push(reader.pipeline()?);
    }
    reader.skip_space();
    if reader.rest.is_empty() { Ok(paths) } else { Err(PathError::NotAPath) }
}

/// A JSON pointer as a path.
#[must_use]
pub fn of_pointer(pointer: &Pointer) -> Path {
    let step = |step: &Step| match step {
        Step::Key(key) => PathStep::Key(key.clone()),
        Step::Index(index) => PathStep::Index(*index),
    };
    pointer.0.iter().map(step).collect()
}

/// Whether a path covers the field at a pointer of an object.
#[must_use]
pub fn covers(path: &[PathStep], object: &Node, field: &Pointer) -> Covers {
    let (mut left, mut at, mut sure) = (field.0.iter(), object.as_lookup(), true);
    for step in path {
        match step {
            PathStep::Where(keys, text) => {
                let found = keys.iter().fold(at, |at, key| at.get(key));
                match found {
                    Lookup::Present(node) if node.text() == Some(text) => {}
                    Lookup::Unknown(_) => sure = false,
                    _ => return Covers::No,
                }
            }
            PathStep::Filter => sure = false,
            _ => {
                let Some(next) = left.next().filter(|next| is_step(step, next)) else { return Covers::No };
                at = enter(at, next);
            }
        }
    }
    if sure { Covers::Yes } else { Covers::Maybe }
}

fn is_step(step: &PathStep, next: &Step) -> bool {
    match (step, next) {
        (PathStep::Each, _) => true,
        (PathStep::Key(key), Step::Key(name)) => key == name,
        // A pointer's steps are keys, for only an object tells them from indices.
        (PathStep::Key(key), Step::Index(index)) => *key == index.to_string(),
        (PathStep::Index(index), Step::Index(other)) => index == other,
        _ => false,
    }
}

fn enter<'n>(at: Lookup<'n>, step: &Step) -> Lookup<'n> {
    match (at, step) {
        (Lookup::Present(node), Step::Index(index)) => node.item(*index),
        (Lookup::Present(node), Step::Key(key)) => node.get(key),
        (other, _) => other,
    }
}

/// What is left of an expression, and how many parentheses are open.
struct Reader<'t> {
    rest: &'t str,
    open: usize,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Terms joined by `|`. A parenthesis around some of them changes nothing, unless a `,` stands
    /// in it.
    fn pipeline(&mut self) -> Result<Path, PathError> {
        let mut path = Path::new();
        loop {
            while self.eat("(") {
                self.open += 1;
            }
            self.term(&mut path)?;
            while self.open > 0 && self.eat(")") {
                self.open -= 1;
                self.suffixes(&mut path)?;
            }
            if !self.eat("|") || self.rest.starts_with('=') {
                break;
            }
        }
        if self.open == 0 { Ok(path) } else { Err(PathError::NotAPath) }
    }

    fn term(&mut self, path: &mut Path) -> Result<(), PathError> {
        self.skip_space();
        if let Some(rest) = self.rest.strip_prefix("select") {
            self.rest = rest;
            path.push(self.condition()?);
            return self.suffixes(path);
        }
        let Some(rest) = self.rest.strip_prefix('.').filter(|rest| !rest.starts_with('.')) else {
            return Err(PathError::NotAPath);
        };
        // `.name` and `."name"`; a lone `.` is the value itself.
        if rest.starts_with(|first: char| first == '"' || is_name(first)) {
            return self.suffixes(path);
        }
        self.rest = rest;
        self.suffixes(path)
    }

    /// `.name`, `."name"`, `["name"]`, `[0]`, `[]` and `?`, as often as they come.
    fn suffixes(&mut self, path: &mut Path) -> Result<(), PathError> {
        loop {
            self.skip_space();
            if self.eat("?") {
                continue;
            }
            if let Some(rest) = self.rest.strip_prefix('.') {
                self.rest = rest;
                if !rest.starts_with('[') {
                    path.push(PathStep::Key(self.name()?));
                }
            } else if self.eat("[") {
                path.push(self.brackets()?);
            } else {
                return Ok(());
            }
        }
    }

    fn name(&mut self) -> Result<String, PathError> {
        if self.rest.starts_with('"') {
            return self.string();
        }
        let end = self.rest.find(|next: char| !is_name(next)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() {
            return Err(PathError::NotAPath);
        }
        self.rest = rest;
        Ok(name.to_owned())
    }

    fn brackets(&mut self) -> Result<PathStep, PathError> {
        if self.eat("]") {
            return Ok(PathStep::Each);
        }
        self.skip_space();
        let step = if self.rest.starts_with('"') {
            PathStep::Key(self.string()?)
        } else {
            let end = self.rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(self.rest.len());
            let (digits, rest) = self.rest.split_at(end);
            self.rest = rest;
            PathStep::Index(digits.parse().map_err(|_| PathError::NotAPath)?)
        };
        if self.eat("]") { Ok(step) } else { Err(PathError::NotAPath) }
    }

    /// A JSON string; one with an escape or an interpolation is not read.
    fn string(&mut self) -> Result<String, PathError> {
        let body = self.rest.strip_prefix('"').ok_or(PathError::NotAPath)?;
        let (text, rest) = body.split_once('"').ok_or(PathError::Syntax)?;
        if text.contains('\\') {
            return Err(PathError::NotAPath);
        }
        self.rest = rest;
        Ok(text.to_owned())
    }

    /// What `select` asks. The end is found by counting parentheses outside of strings.
    fn condition(&mut self) -> Result<PathStep, PathError> {
        if !self.eat("(") {
            return Err(PathError::NotAPath);
        }
        let (mut depth, mut in_string, mut escaped) = (1_usize, false, false);
        for (at, next) in self.rest.char_indices() {
            match next {
                _ if escaped => escaped = false,
                '\\' if in_string => escaped = true,
                '"' => in_string = !in_string,
                '(' if !in_string => depth += 1,
                ')' if !in_string => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                let (asked, rest) = self.rest.split_at(at);
                self.rest = rest.strip_prefix(')').unwrap_or(rest);
                return Ok(equality(asked).unwrap_or(PathStep::Filter));
            }
        }
        Err(PathError::Syntax)
    }
}

/// `.a.b == "text"`.
fn equality(asked: &str) -> Option<PathStep> {
    let (left, right) = asked.split_once("==")?;
    let text = right.trim().strip_prefix('"')?.strip_suffix('"')?;
    if text.contains(['"', '\\']) || left.contains("select") {
        return None;
    }
    let mut reader = Reader { rest: left.trim(), open: 0 };
    let path = reader.pipeline().ok().filter(|_| reader.rest.is_empty())?;
    let keys = path.into_iter().map(|step| match step {
        PathStep::Key(key) => Some(key),
        _ => None,
    });
    Some(PathStep::Where(keys.collect::<Option<_>>()?, text.to_owned()))
}

fn is_name(next: char) -> bool {
    next.is_ascii_alphanumeric() || next == '_'
}

#[cfg(test)]
mod tests {
    use super::PathStep::{Each, Filter, Index, Key, Where};
    use super::*;

    fn key(name: &str) -> PathStep {
        Key(name.to_owned())
    }

    #[test]
    fn path_forms_are_read() {
        let with = |name: &str| Where(vec!["name".to_owned()], name.to_owned());
        for (text, expected) in [
            (".", vec![vec![]]),
            (".spec", vec![vec![key("spec")]]),
            (r#".spec["a.b/c"].d"#, vec![vec![key("spec"), key("a.b/c"), key("d")]]),
            (r#".spec."a-b"?"#, vec![vec![key("spec"), key("a-b")]]),
            (r#".["spec"].a"#, vec![vec![key("spec"), key("a")]]),
            (
                ".webhooks[]?.clientConfig.caBundle",
                vec![vec![key("webhooks"), Each, key("clientConfig"), key("caBundle")]],
            ),
            (".a[0].[1]", vec![vec![key("a"), Index(0), Index(1)]]),
            (".a, .b", vec![vec![key("a")], vec![key("b")]]),
            (
                r#".env[] | select(.name == "X") | .value"#,
                vec![vec![key("env"), Each, with("X"), key("value")]],
            ),
            (r#"(.c[] | select(.name=="x)")).image"#, vec![vec![key("c"), Each, with("x)"), key("image")]]),
            (
                r#".c[] | select(.name | startswith("(")) .image"#,
                vec![vec![key("c"), Each, Filter, key("image")]],
            ),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn programs_are_not_read() {
        for text in [
            "..",
            ".a | keys",
            ".a[1:2]",
            ".a[-1]",
            "to_entries[]",
            "path(..)",
            ".a |= 1",
            "(.a, .b)",
            ".a | (.b",
            ".a b",
            "",
            ".a[\"x\\u0041\"]",
            "if .a then .b else .c end",
            ".a + .b",
            ".a.-b",
        ] {
            assert_eq!(parse(text), Err(PathError::NotAPath), "{text}");
        }
        for text in ["/spec/replicas", "  /spec", ".a[\"b", ".a[] | select(.b"] {
            assert_eq!(parse(text), Err(PathError::Syntax), "{text}");
        }
    }

    #[test]
    fn long_expressions_are_read_in_one_pass() {
        let deep = format!("{}.a", "(".repeat(100_000));
        assert_eq!(parse(&deep), Err(PathError::NotAPath));
        let wide = ".a".repeat(100_000);
        assert_eq!(parse(&wide).unwrap()[0].len(), 100_000);
    }

    #[test]
    fn a_path_covers_what_lies_below_it_in_the_objects_it_selects() {
        let text = "spec: {env: [{name: A, value: x}, {name: B, value: y}]}";
        let file = std::sync::Arc::new(mlgitops_yaml::SourceFile::of_text("f", text));
        let mut origins = mlgitops_yaml::Origins::default();
        let tree = mlgitops_yaml::parse_file(&file);
        let root = tree.documents()[0].root.unwrap();
        let object = tree.node(root, &mut origins).unwrap();
        let field = Pointer::of(&["spec", "env"]).index(1).key("value");
        for (text, expected) in [
            (".", Covers::Yes),
            (".spec", Covers::Yes),
            (".spec.env[1]", Covers::Yes),
            (".spec.env[0]", Covers::No),
            (".spec.env[].value", Covers::Yes),
            (".spec.env[].value.more", Covers::No),
            (r#".spec.env[] | select(.name == "B")"#, Covers::Yes),
            (r#".spec.env[] | select(.name == "A") | .value"#, Covers::No),
            (r#".spec.env[] | select(.name | test("B"))"#, Covers::Maybe),
            (r#".spec.env[] | select(.name | test("B")) | .name"#, Covers::No),
            (".spec.other", Covers::No),
        ] {
            assert_eq!(covers(&parse(text).unwrap()[0], &object, &field), expected, "{text}");
        }
        let pointer = of_pointer(&Pointer::parse("/spec/env/1").unwrap());
        assert_eq!(covers(&pointer, &object, &field), Covers::Yes);
    }
}
