//! The two kinds of glob that git generators use: Go's `path.Match` for directories, and Git's
//! pathspecs for files (argo-cd `util/git/client.go` `LsFiles` runs `git ls-files`).

/// What a `*` and a `?` may match, and how a class is negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// No `/`; `[^a]`.
    Go,
    /// Anything, `/` too; `[!a]` and `[^a]` (Git `wildmatch.c` without `WM_PATHNAME`).
    Git,
}

/// A pattern of a git generator, ready to be asked about many paths.
pub(super) struct Pattern {
    /// The pattern as written; for files, the path that it may simply be.
    text: String,
    /// `None`: it is malformed and matches no path by its wildcards.
    glob: Option<Glob>,
}

impl Pattern {
    /// A pattern of `directories`, as Go's `path.Match` has it.
    pub(super) fn of_folders(text: &str) -> Self {
        Self { text: text.to_owned(), glob: Glob::parse(text, Dialect::Go) }
    }

    /// A pattern of `files`: a path, a folder above it, or wildcards, a `*` of which stands for
    /// folders too.
    pub(super) fn of_files(text: &str) -> Self {
        // Git refuses what lies outside its work tree.
        let Some(inside) = plain_path(text) else { return Self { text: text.to_owned(), glob: None } };
        Self { glob: Glob::parse(&inside, Dialect::Git), text: inside }
    }

    /// Whether a path matches; `letters` are its characters.
    pub(super) fn matches(&self, path: &str, letters: &[char]) -> bool {
        let Some(glob) = &self.glob else { return false };
        (glob.dialect == Dialect::Git && self.is_at_or_above(path)) || glob.matches(letters)
    }

    fn is_at_or_above(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.text);
        self.text.is_empty()
            || rest.is_some_and(|rest| rest.is_empty() || self.text.ends_with('/') || rest.starts_with('/'))
    }

    /// How much work it is to ask about a path, in steps of a template.
    pub(super) fn cost(&self, path: &str) -> u64 {
        1 + (self.text.len() * path.len()) as u64 / 256
    }
}

/// A path without `.`, `..` and empty segments; Git reads a pathspec so. The slash at its end
/// stays. `None` for one that is absolute or leaves the repository.
fn plain_path(pattern: &str) -> Option<String> {
    if pattern.starts_with('/') {
        return None;
    }
    let end = if pattern.ends_with('/') { "/" } else { "" };
    let mut segments: Vec<&str> = Vec::new();
    for segment in pattern.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
        if segment != ".." {
            segments.push(segment);
        } else {
            segments.pop()?;
        }
    }
    let joined = segments.join("/");
    Some(if joined.is_empty() { joined } else { joined + end })
}

/// A parsed pattern.
struct Glob {
    tokens: Vec<Token>,
    dialect: Dialect,
}

enum Token {
    Letter(char),
    Any,
    Star,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// `None` for a malformed pattern.
    fn parse(pattern: &str, dialect: Dialect) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut letters = pattern.chars().peekable();
        while let Some(letter) = letters.next() {
            tokens.push(match letter {
                '*' => Token::Star,
                '?' => Token::Any,
                '\\' => Token::Letter(letters.next()?),
                '[' => class(&mut letters, dialect)?,
                letter => Token::Letter(letter),
            });
        }
        Some(Self { tokens, dialect })
    }

    /// Whether the whole text fits. A star that failed is tried one letter longer, and only the
    /// last one: between two stars of one segment an earlier one can give nothing more.
    fn matches(&self, text: &[char]) -> bool {
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.tokens.get(token), text.get(at)) {
                (None, None) => return true,
                (Some(Token::Star), _) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                (Some(one), Some(&letter)) if self.takes(one, letter) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            // The star takes one letter more.
            let Some((after, from)) = retry else { return false };
            match text.get(from) {
                Some(&letter) if letter != '/' || self.dialect == Dialect::Git => {
                    retry = Some((after, from + 1));
                    (token, at) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }

    fn takes(&self, token: &Token, letter: char) -> bool {
        let slash = letter == '/' && self.dialect == Dialect::Go;
        match token {
            Token::Letter(one) => *one == letter,
            Token::Any => !slash,
            Token::Star => false,
            Token::Class { negated, ranges } => {
                let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter));
                !slash && inside != *negated
            }
        }
    }
}

/// The rest of `[…]`.
fn class(letters: &mut Letters<'_>, dialect: Dialect) -> Option<Token> {
    let is_not = |letter: &char| *letter == '^' || (dialect == Dialect::Git && *letter == '!');
    let negated = letters.next_if(is_not).is_some();
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut is_first = true;
    loop {
        let is_first = std::mem::take(&mut is_first);
        if dialect == Dialect::Git
            && let Some((name, behind)) = named_class(letters)?
        {
            ranges.extend(members(&name)?);
            *letters = behind;
            // What follows begins no range with it: `[[:alpha:]-z]` holds a dash.
            if letters.next_if_eq(&'-').is_some() {
                ranges.push(('-', '-'));
            }
            continue;
        }
        let low = match letters.next()? {
            ']' if !is_first => return Some(Token::Class { negated, ranges }),
            // Go refuses an empty class and a range without a start.
            ']' | '-' if dialect == Dialect::Go => return None,
            '\\' => letters.next()?,
            letter => letter,
        };
        let high = match letters.peek() {
            Some('-') => {
                letters.next();
                match letters.next()? {
                    ']' if dialect == Dialect::Git => {
                        ranges.extend([(low, low), ('-', '-')]);
                        return Some(Token::Class { negated, ranges });
                    }
                    ']' | '-' if dialect == Dialect::Go => return None,
                    '\\' => letters.next()?,
                    letter => letter,
                }
            }
            _ => low,
        };
        ranges.push((low, high));
    }
}

type Letters<'p> = std::iter::Peekable<std::str::Chars<'p>>;

/// The name of the class `[:name:]` that comes next in a class, and what follows it; none where the
/// bracket is a letter. `None` for a class that is not closed.
fn named_class<'p>(letters: &Letters<'p>) -> Option<Option<(String, Letters<'p>)>> {
    let mut ahead = letters.clone();
    if ahead.next() != Some('[') || ahead.next() != Some(':') {
        return Some(None);
    }
    let mut name = String::new();
    loop {
        match ahead.next()? {
            ']' => break,
            letter => name.push(letter),
        }
    }
    Some(name.strip_suffix(':').map(|name| (name.to_owned(), ahead)))
}

/// The letters of a POSIX class, ASCII alone (git v2.47 `wildmatch.c`, `ctype.c`); `None` for a name
/// that is none, which makes the pattern malformed.
fn members(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "alnum" => vec![('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => vec![('A', 'Z'), ('a', 'z')],
        "blank" => vec![(' ', ' '), ('\t', '\t')],
        "cntrl" => vec![('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => vec![('0', '9')],
        "graph" => vec![('!', '~')],
        "lower" => vec![('a', 'z')],
        "print" => vec![(' ', '~')],
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => vec![(' ', ' '), ('\t', '\n'), ('\r', '\r')],
        "upper" => vec![('A', 'Z')],
        "xdigit" => vec![('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches_folder(pattern: &str, path: &str) -> bool {
        Pattern::of_folders(pattern).matches(path, &path.chars().collect::<Vec<_>>())
    }

    fn matches_file(pattern: &str, path: &str) -> bool {
        Pattern::of_files(pattern).matches(path, &path.chars().collect::<Vec<_>>())
    }

    #[test]
    fn folders_match_as_gos_path_match_has_it() {
        for (pattern, path, expected) in [
            ("models/*", "models/fraud", true),
            ("models/*", "models/fraud/v1", false),
            ("models/*", "models", false),
            ("models/*/v?", "models/fraud/v1", true),
            ("*", "models", true),
            ("*", "models/fraud", false),
            // Go knows no `**`: it is two stars.
            ("models/**", "models/fraud", true),
            ("models/**", "models/fraud/v1", false),
            ("**/v1", "models/fraud/v1", false),
            ("models/[a-f]*", "models/fraud", true),
            ("models/[^a-f]*", "models/fraud", false),
            ("models/[!a-f]*", "models/fraud", true),
            ("models/[", "models/[", false),
            ("models/[]a]", "models/a", false),
            // Go knows no names of classes: `[[:alpha:]` and a bracket.
            ("models/[[:alpha:]]*", "models/fraud", false),
            ("models/[[:alpha:]]", "models/a]", true),
            ("models/a\\*", "models/a*", true),
            ("models/", "models", false),
            ("./models", "models", false),
            ("*a*b", "aab", true),
            ("m*/f*d", "models/fraud", true),
            ("m*/*/v1", "models/a/b/v1", false),
        ] {
            assert_eq!(matches_folder(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn files_match_as_git_pathspecs_do() {
        for (pattern, path, expected) in [
            ("models/*/config.yaml", "models/fraud/config.yaml", true),
            ("models/*/config.yaml", "models/fraud/eu/config.yaml", true),
            ("models/**/config.yaml", "models/fraud/config.yaml", true),
            ("models/**/config.yaml", "models/config.yaml", false),
            ("**/config.yaml", "a/config.yaml", true),
            ("**/config.yaml", "config.yaml", false),
            ("*.yaml", "a/b/c.yaml", true),
            ("models", "models/fraud/config.yaml", true),
            ("models/", "models/fraud/config.yaml", true),
            ("models", "models2/config.yaml", false),
            ("./models/*.yaml", "models/a.yaml", true),
            ("models/dev/../*.yaml", "models/a.yaml", true),
            ("../models/*.yaml", "models/a.yaml", false),
            ("/models/a.yaml", "models/a.yaml", false),
            (".", "models/a.yaml", true),
            ("models/[!a]*.yaml", "models/b.yaml", true),
            ("models/[!a]*.yaml", "models/a.yaml", false),
            ("models/?.yaml", "models/a.yaml", true),
            ("models/a[1-]", "models/a-", true),
            ("models/{a,b}.yaml", "models/a.yaml", false),
            ("models/[[:alpha:]]*.yaml", "models/fraud.yaml", true),
            ("models/[[:alpha:]]*.yaml", "models/4d.yaml", false),
            ("models/[![:digit:]]*.yaml", "models/4d.yaml", false),
            ("models/v[[:digit:]x]", "models/vx", true),
            ("models/[[:alpha:]-z]", "models/-", true),
            ("models/[[:upper:][:digit:]]", "models/A", true),
            ("models/[[:upper:][:digit:]]", "models/a", false),
            ("models/[[:letter:]]", "models/a", false),
            ("models/[[:alpha]", "models/:", true),
            ("models/[[:alpha:", "models/a", false),
            ("models/[]a]", "models/]", true),
        ] {
            assert_eq!(matches_file(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = "*a".repeat(500) + "b";
        assert!(!matches_file(&pattern, &"a".repeat(4_000)));
        assert!(!matches_folder(&pattern, &"a".repeat(4_000)));
    }
}
