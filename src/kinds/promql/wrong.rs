//! Why an expression is no PromQL, and which bytes of it are to blame: the parser gives a reason and
//! no place, and for most mistakes not even a reason. It is asked about beginnings of the expression
//! instead: the first token that nothing can follow is the one to blame.

use std::ops::Range;

use promql_parser::parser::{lexer, parse};

use super::tokens::{Token, tokens};

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The reason, lower case.
    pub reason: String,
    /// The bytes of the expression to blame.
    pub bytes: Range<usize>,
}

/// Expressions with more tokens than this are blamed as a whole for what is not their syntax.
const MOST: usize = 200;

impl Wrong {
    /// What is wrong with an expression that the parser refused with an error. It is asked up to 400
    /// times more.
    #[must_use]
    pub fn of(text: &str, error: &str) -> Self {
        let tokens = tokens(text);
        let Some(last) = tokens.last() else { return Self::whole(text, "it is empty") };
        if let Some(open) = tokens.iter().find(|token| token.is_open()) {
            let bytes = open.start..open.start + 1;
            return Self { reason: "this text in quotes does not end".to_owned(), bytes };
        }
        if !is_syntax(text, error) {
            return Self::of_types(text, error, &tokens);
        }
        // Up to here something can follow; that is so of every shorter beginning.
        let good = tokens.partition_point(|token| may_go_on(text, &tokens, token));
        if let Some(bad) = tokens.get(good) {
            return Self { reason: format!("unexpected `{}`", shortened(bad.text)), bytes: bad.bytes() };
        }
        match open_brackets(&tokens).last() {
            Some(open) => {
                Self { reason: format!("this `{}` is never closed", open.text), bytes: open.bytes() }
            }
            None => Self { reason: "it ends too early".to_owned(), bytes: last.bytes() },
        }
    }

    /// What is wrong with an expression that can be read and makes no sense: the smallest part of it
    /// of which the parser says the same.
    fn of_types(text: &str, error: &str, tokens: &[Token<'_>]) -> Self {
        if tokens.len() > MOST {
            return Self::whole(text, error);
        }
        let says_so = |part: &[Token<'_>]| {
            part_of(text, part).is_some_and(|part| parse(&part).is_err_and(|got| got == error))
        };
        let end = (1..=tokens.len()).find(|end| tokens.get(..*end).is_some_and(says_so));
        let part = end.and_then(|end| {
            let starts = (0..end).rev().filter_map(|start| tokens.get(start..end));
            starts.into_iter().find(|part| says_so(part))
        });
        let Some([first, .., last] | [first @ last]) = part else { return Self::whole(text, error) };
        // Some errors quote what is not meant to be there.
        let quoted = error.strip_prefix("unexpected").and_then(|error| error.split('\'').nth(1));
        if let Some(bad) = part.into_iter().flatten().rev().find(|token| Some(token.text) == quoted) {
            return Self { reason: error.to_owned(), bytes: bad.bytes() };
        }
        let end = part.and_then(|part| closed_at(tokens, part)).unwrap_or(last.bytes().end);
        Self { reason: error.to_owned(), bytes: first.start..end }
    }

    /// The same, without a look for the part to blame.
    #[must_use]
    pub fn whole(text: &str, reason: &str) -> Self {
        let start = text.len() - text.trim_start().len();
        Self { reason: reason.to_owned(), bytes: start..text.trim_end().len().max(start) }
    }
}

/// Whether an error is that of a text which no rule of the grammar gives.
fn is_syntax(text: &str, error: &str) -> bool {
    error == "invalid promql query" || lexer(text).is_err()
}

/// What can follow a beginning, before its brackets are closed, and after.
const INSIDE: [&str; 12] =
    ["", " x", "(x)", "(a) (x)", "(a) x", "a", " = \"a\"", " \"a\"", " 5m", "()", " 1", ": 5m"];
const OUTSIDE: [&str; 3] = ["", " (x)", " x"];

/// Whether something can follow the tokens up to one.
fn may_go_on(text: &str, tokens: &[Token<'_>], last: &Token<'_>) -> bool {
    let before = tokens.partition_point(|token| token.start <= last.start);
    let Some(begun) = tokens.get(..before).zip(text.get(..last.bytes().end)) else { return false };
    let closing: String = open_brackets(begun.0).iter().rev().map(|open| closing(open.text)).collect();
    INSIDE.iter().any(|inside| {
        OUTSIDE.iter().any(|outside| {
            let whole = format!("{}{inside}{closing}{outside}", begun.1);
            parse(&whole).map_or_else(|error| !is_syntax(&whole, &error), |_| true)
        })
    })
}

/// The text of some tokens that follow one another, with their brackets closed.
fn part_of(text: &str, tokens: &[Token<'_>]) -> Option<String> {
    let whole = tokens.first()?.start..tokens.last()?.bytes().end;
    let closing: String = open_brackets(tokens).iter().rev().map(|open| closing(open.text)).collect();
    Some(format!("{}{closing}", text.get(whole)?))
}

/// The brackets that are still open after some tokens, the outer first.
fn open_brackets<'a, 't>(tokens: &'a [Token<'t>]) -> Vec<&'a Token<'t>> {
    let mut open: Vec<&Token<'_>> = Vec::new();
    for token in tokens {
        match token.text {
            "(" | "[" | "{" => open.push(token),
            ")" | "]" | "}" if open.last().is_some_and(|last| closing(last.text) == token.text) => {
                open.pop();
            }
            _ => {}
        }
    }
    open
}

/// Where the brackets are closed that some of the tokens leave open.
fn closed_at(tokens: &[Token<'_>], part: &[Token<'_>]) -> Option<usize> {
    let last = part.last()?;
    let mut open = open_brackets(part).len();
    let after = tokens.iter().filter(|token| token.start > last.start);
    let mut ends = after.filter_map(|token| {
        match token.text {
            "(" | "[" | "{" => open += 1,
            ")" | "]" | "}" => open = open.saturating_sub(1),
            _ => {}
        }
        (open == 0).then(|| token.bytes().end)
    });
    if open_brackets(part).is_empty() { None } else { ends.next() }
}

fn closing(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// A token as a message quotes it.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the parser refuses of an expression, and the bytes to blame.
    fn wrong(text: &str) -> (String, String) {
        let error = parse(text).expect_err(text);
        let wrong = Wrong::of(text, &error);
        (wrong.reason, text[wrong.bytes].to_owned())
    }

    #[test]
    fn the_bytes_to_blame() {
        let table = [
            ("sum(rate(x[5m]) > 0.5", "this `(` is never closed", "("),
            ("rate(x[5m]", "this `(` is never closed", "("),
            ("rate(x[5m)) > 1", "unexpected `)`", ")"),
            ("rate(x[5m]))) > 1", "unexpected `)`", ")"),
            ("rate(x[5m]) >> 5", "unexpected `>`", ">"),
            ("x{model=\"a\" code=\"5\"} > 1", "unexpected `code`", "code"),
            (
                "x{model=fraud} > 1",
                "unexpected identifier 'fraud' in label matching, expected string",
                "fraud",
            ),
            ("x{model=\"a} > 1", "this text in quotes does not end", "\""),
            ("sum(x) by (le) > 1 and", "it ends too early", "and"),
            ("x > 1 && y > 1", "unexpected `&`", "&"),
            ("sum by le (x) > 1", "unexpected `le`", "le"),
            ("", "it is empty", ""),
            ("  # nothing\n", "it is empty", "# nothing"),
        ];
        for (text, reason, blamed) in table {
            assert_eq!(wrong(text), (reason.to_owned(), blamed.to_owned()), "{text}");
        }
    }

    #[test]
    fn the_part_that_makes_no_sense() {
        let table = [
            ("sum(y) > 1 and rate(x) > 1", "rate(x)"),
            ("1 + sum(avg_over_time(x))", "avg_over_time(x)"),
            ("y > 2 and sum(1 + \"text\")", "1 + \"text\""),
            ("sum(y) + (2 > 1)", "2 > 1"),
            ("sum(y{a=~\".*\"}) > {a=~\".*\"}", "{a=~\".*\"}"),
            ("round(y, 1, 2) > 1", "round(y, 1, 2)"),
        ];
        for (text, blamed) in table {
            assert_eq!(wrong(text).1, blamed, "{text}: {:?}", wrong(text).0);
        }
    }

    #[test]
    fn every_beginning_of_an_expression_may_go_on() {
        let expressions = [
            "sum by (le, model) (rate(x_bucket{model=~\"a|b\", code!=\"200\",}[5m])) > 0.5",
            "histogram_quantile(0.99, sum(rate(x_bucket[5m])) by (le)) > bool 1",
            "sum without (pod) (x) / on (a, b) group_left (c) y unless ignoring (d) z",
            "avg_over_time(x[1h:5m] offset 1d) - x offset -5m",
            "x @ 1609746000 > -1 ^ 2 or vector(0) and absent(up{job=\"a\"} == 0)",
            "topk(5, x @ start()) * on () group_right y % 2 != 3",
            "count_values(\"version\", build) >= 1 # said\n <= +Inf",
            "{__name__=~\"a.*\"} * 2 atan2 3",
            "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\") == 1",
            "max_over_time((x > 1)[10m:]) / time()",
        ];
        for text in expressions {
            assert!(parse(text).is_ok(), "{text}");
            let tokens = tokens(text);
            for token in &tokens {
                assert!(may_go_on(text, &tokens, token), "{}", &text[..token.bytes().end]);
            }
        }
    }
}
