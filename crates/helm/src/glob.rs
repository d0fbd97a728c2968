//! File patterns of `.Files.Glob` (gobwas/glob with `/` as separator) and `.helmignore`.

/// A pattern: its alternatives.
#[derive(Debug)]
pub(crate) struct Glob {
    alternatives: Vec<Alternative>,
}

/// What a path has to begin with, and the steps behind it.
#[derive(Debug)]
struct Alternative {
    literal: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Char(char),
    /// `?`: one character that is no separator.
    One,
    /// `*`: any of them.
    Any,
    /// `**`: any characters.
    All,
    /// `[a-z]`, `[!a-z]`.
    Class(bool, Vec<(char, char)>),
}

/// Most patterns that braces may stand for.
const ALTERNATIVES: usize = 256;

impl Glob {
    /// Reads a pattern; one that cannot be read matches every file (helm v3 pkg/engine/files.go).
    pub(crate) fn new(pattern: &str) -> Self {
        let pattern = if is_glob(pattern) { pattern } else { "**" };
        let mut alternatives = Vec::new();
        expand(pattern, &mut alternatives, 0);
        Self { alternatives: alternatives.iter().map(|pattern| Alternative::new(pattern, '!')).collect() }
    }

    /// A pattern in which braces stand for themselves.
    pub(crate) fn without_braces(pattern: &str) -> Self {
        Self { alternatives: vec![Alternative::new(pattern, '^')] }
    }

    /// Whether Go's `filepath.Match` can read a pattern (go1.26 path/filepath, `ErrBadPattern`).
    pub(crate) fn is_path_pattern(pattern: &str) -> bool {
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' if characters.next().is_none() => return false,
                '[' if !is_class(&mut characters) => return false,
                _ => {}
            }
        }
        true
    }

    /// Whether a path fits.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.alternatives.iter().any(|alternative| alternative.fits(path))
    }
}

/// Whether what follows `[` is a class of at least one range, and closed.
fn is_class(characters: &mut std::str::Chars<'_>) -> bool {
    let mut rest = characters.as_str();
    rest = rest.strip_prefix('^').unwrap_or(rest);
    let mut ranges = 0;
    loop {
        if let Some(after) = rest.strip_prefix(']').filter(|_| ranges > 0) {
            *characters = after.chars();
            return true;
        }
        let Some(after) = class_character(rest) else { return false };
        rest = after;
        if let Some(after) = rest.strip_prefix('-') {
            let Some(after) = class_character(after) else { return false };
            rest = after;
        }
        ranges += 1;
    }
}

/// What follows one character of a class; nothing where it cannot stand there.
fn class_character(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    match characters.next()? {
        '-' | ']' => return None,
        '\\' => drop(characters.next()?),
        _ => {}
    }
    Some(characters.as_str()).filter(|rest| !rest.is_empty())
}

/// The patterns braces stand for.
fn expand(pattern: &str, out: &mut Vec<String>, depth: usize) {
    let open = pattern.find('{').filter(|_| depth < 8 && out.len() < ALTERNATIVES);
    let Some((open, close)) = open.and_then(|open| Some((open, closing(pattern, open)?))) else {
        if out.len() < ALTERNATIVES {
            out.push(pattern.to_owned());
        }
        return;
    };
    let (before, inside) = (&pattern[..open], &pattern[open + 1..close]);
    let after = &pattern[close + 1..];
    // Braces without anything in them fit nothing.
    for choice in choices(inside).into_iter().filter(|_| !inside.is_empty()) {
        expand(&format!("{before}{choice}{after}"), out, depth + 1);
    }
}

fn closing(pattern: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in pattern.get(open..)?.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(open + at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between commas that stand in no further braces.
fn choices(inside: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0_usize, 0);
    let mut choices = Vec::new();
    for (at, character) in inside.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                choices.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    choices.push(&inside[start..]);
    choices
}

/// Whether gobwas/glob can read a pattern: a class is `[a-z]` or some characters, with `!` before.
fn is_glob(pattern: &str) -> bool {
    let mut rest = pattern;
    while let Some(at) = rest.find(['[', '\\']) {
        let after = &rest[at + 1..];
        if rest[at..].starts_with('\\') {
            let mut skipped = after.chars();
            skipped.next();
            rest = skipped.as_str();
            continue;
        }
        let after = after.strip_prefix('!').unwrap_or(after);
        let mut characters = after.chars();
        let first = characters.next();
        rest = match (first, characters.next(), characters.next(), characters.next()) {
            (Some(low), Some('-'), Some(high), Some(']')) if low <= high => characters.as_str(),
            (Some(_), Some('-'), ..) => return false,
            _ => match after.split_once(']') {
                Some((class, behind)) if !class.is_empty() => behind,
                _ => return false,
            },
        };
    }
    true
}

/// `not` is what begins a class of all other characters.
fn steps(pattern: &str, not: char) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        steps.push(match character {
            '*' => {
                let mut many = false;
                while characters.next_if_eq(&'*').is_some() {
                    many = true;
                }
                if many { Step::All } else { Step::Any }
            }
            '?' => Step::One,
            '\\' => Step::Char(characters.next().unwrap_or('\\')),
            '[' => {
                let negated = characters.next_if_eq(&not).is_some();
                let mut ranges = Vec::new();
                while let Some(first) = characters.next().filter(|&c| c != ']') {
                    let last = if characters.next_if_eq(&'-').is_some() {
                        characters.next().unwrap_or(first)
                    } else {
                        first
                    };
                    ranges.push((first, last));
                }
                Step::Class(negated, ranges)
            }
            other => Step::Char(other),
        });
    }
    steps
}

impl Alternative {
    fn new(pattern: &str, not: char) -> Self {
        let mut steps = steps(pattern, not);
        let character = |step: &Step| match step {
            Step::Char(character) => Some(*character),
            _ => None,
        };
        let literal: String = steps.iter().map_while(character).collect();
        steps.drain(..literal.chars().count());
        Self { literal, steps }
    }

    /// Runs all ways through the pattern at once: linear in the path.
    fn fits(&self, path: &str) -> bool {
        let Some(path) = path.strip_prefix(&*self.literal) else { return false };
        let steps = &*self.steps;
        let mut here = vec![false; steps.len() + 1];
        let mut next = here.clone();
        here[0] = true;
        skip_empty(steps, &mut here);
        for character in path.chars() {
            next.fill(false);
            for (at, step) in steps.iter().enumerate().filter(|(at, _)| here[*at]) {
                let stays = match step {
                    Step::Any => character != '/',
                    Step::All => true,
                    _ => false,
                };
                let goes = match step {
                    Step::Char(wanted) => *wanted == character,
                    Step::One => character != '/',
                    Step::Class(negated, ranges) => {
                        let inside = ranges.iter().any(|(first, last)| (*first..=*last).contains(&character));
                        character != '/' && inside != *negated
                    }
                    _ => false,
                };
                next[at] |= stays;
                next[at + 1] |= goes;
            }
            skip_empty(steps, &mut next);
            std::mem::swap(&mut here, &mut next);
        }
        here.last().copied().unwrap_or(false)
    }
}

/// Stars match nothing, too.
fn skip_empty(steps: &[Step], here: &mut [bool]) {
    for (at, step) in steps.iter().enumerate() {
        if here[at] && matches!(step, Step::Any | Step::All) {
            here[at + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_the_paths_they_fit() {
        let table = [
            ("conf/*", "conf/a.txt", true),
            ("conf/*", "conf/d/a.txt", false),
            ("conf/**", "conf/d/a.txt", true),
            ("**.txt", "conf/d/a.txt", true),
            ("conf/?.txt", "conf/a.txt", true),
            ("conf/[a-c].txt", "conf/b.txt", true),
            ("conf/[!a-c].txt", "conf/b.txt", false),
            ("{x,conf}/*.{txt,md}", "conf/b.md", true),
            ("*", "a/b", false),
            ("", "", true),
            ("templates/.?*", "templates/.x", true),
            ("templates/.?*", "templates/.", false),
            ("templates/.?*", "templates/x", false),
            ("a\\*b", "a*b", true),
            ("abc", "abcd", false),
            ("abc", "ab", false),
        ];
        for (pattern, path, wanted) in table {
            assert_eq!(Glob::new(pattern).matches(path), wanted, "{pattern} {path}");
        }
    }
}
