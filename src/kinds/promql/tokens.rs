//! Where the words of an expression stand: the tree of the parser does not say.

use std::ops::Range;

/// A word, a number, a text in quotes, or a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    /// Its characters, quotes included.
    pub(crate) text: &'t str,
    /// Its first byte in the expression.
    pub(crate) start: usize,
}

impl Token<'_> {
    /// Its bytes in the expression.
    pub(crate) fn bytes(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// Whether it is a text in quotes.
    pub(crate) fn is_quoted(&self) -> bool {
        self.text.starts_with(['"', '\'', '`'])
    }

    /// Whether it is a text whose end is missing.
    pub(super) fn is_open(&self) -> bool {
        let quote = self.text.chars().next().filter(|_| self.is_quoted());
        quote.is_some_and(|quote| quoted(self.text, quote).is_none())
    }
}

/// The tokens of an expression, in order, without comments.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut in_range) = (0, false);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ if first.is_whitespace() => first.len_utf8(),
            _ => token(rest, first, in_range),
        };
        if first != '#' && !first.is_whitespace() {
            found.push(Token { text: rest.get(..length).unwrap_or(rest), start: at });
        }
        in_range = first == '[' || in_range && first != ']';
        at += length;
    }
    found
}

/// How long the token at the beginning of a text is.
fn token(rest: &str, first: char, in_range: bool) -> usize {
    let while_in = |holds: &dyn Fn(char) -> bool| rest.find(|letter| !holds(letter)).unwrap_or(rest.len());
    match first {
        '"' | '\'' | '`' => quoted(rest, first).unwrap_or(rest.len()),
        // In brackets a colon parts the range from the step.
        _ if first.is_ascii_alphabetic() || first == '_' || (first == ':' && !in_range) => {
            while_in(&|letter| {
                letter.is_ascii_alphanumeric() || letter == '_' || (letter == ':' && !in_range)
            })
        }
        _ if first.is_ascii_digit() || first == '.' => number(rest),
        _ if ["==", "!=", "=~", "!~", ">=", "<="].iter().any(|sign| rest.starts_with(sign)) => 2,
        _ => first.len_utf8(),
    }
}

/// A number or a duration: `0.99`, `1e-3`, `0x1F`, `1h30m`.
fn number(rest: &str) -> usize {
    let mut before = ' ';
    let is_hex = rest.starts_with("0x") || rest.starts_with("0X");
    let end = rest.find(|letter: char| {
        let is_exponent = matches!(before, 'e' | 'E') && matches!(letter, '+' | '-') && !is_hex;
        before = letter;
        !(letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_') || is_exponent)
    });
    end.unwrap_or(rest.len())
}

/// How long a text in quotes is; `None` where it does not end.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    rest.char_indices().skip(1).find_map(|(at, letter)| {
        let ends = letter == quote && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped && quote != '`';
        ends.then_some(at + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn words_numbers_texts_and_signs() {
        let table = [
            (
                "sum by (le)(rate(a:b{c=~\"5..\"}[5m]))>=1e-3",
                "sum|by|(|le|)|(|rate|(|a:b|{|c|=~|\"5..\"|}|[|5m|]|)|)|>=|1e-3",
            ),
            ("x[1h30m:5m] offset -1d # why\n/ .5", "x|[|1h30m|:|5m|]|offset|-|1d|/|.5"),
            ("'a\\'b' `c\\`", "'a\\'b'|`c\\`"),
            ("x ~ \"open", "x|~|\"open"),
        ];
        for (text, expected) in table {
            let got: Vec<&str> = tokens(text).iter().map(|token| token.text).collect();
            assert_eq!(got.join("|"), expected);
        }
    }
}
