//! PromQL: which series an expression asks for, and what it makes of them.

#[path = "promql/tokens.rs"]
mod tokens;
#[path = "promql/wrong.rs"]
mod wrong;

use std::ops::Range;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::token::{T_AVG, T_DIV, T_LOR, T_LUNLESS, T_MAX, T_MIN, T_QUANTILE, T_SUB, T_SUM};
use promql_parser::parser::{BinaryExpr, Expr, LabelModifier, Offset, VectorSelector, parse};

pub(crate) use tokens::{Token, tokens};
pub use wrong::Wrong;

/// An expression that was read.
#[derive(Debug, Clone)]
pub struct Query(Expr);

/// Why an expression was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Larger than anything people write, of a dialect newer than the parser, or with holes that
    /// something else fills: which of these.
    Unknown(&'static str),
    /// No PromQL, as the parser says it.
    Syntax(String),
}

/// Expressions longer than this are not read: the longest of the rules that Kubernetes' own
/// monitoring ships have 3,000 characters.
const LONGEST: usize = 16_384;

/// Expressions with more operators and brackets than this are not read: the tree is as deep as that.
const DEEPEST: usize = 256;

/// What is past `LONGEST` or `DEEPEST`.
const TOO_LARGE: &str = "larger than 16 KiB or 256 operators";
/// What the parser does not know.
const ELSEWHERE: &str = "of a Prometheus newer than 2.45, or of VictoriaMetrics";

/// A series that an expression asks for.
#[derive(Debug, Clone, Copy)]
pub struct Series<'q>(&'q VectorSelector);

impl Query {
    /// Reads an expression (Prometheus 2.45).
    ///
    /// # Errors
    /// Where it is no PromQL, or cannot be known to be none.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let nests = text.bytes().filter(|byte| b"(+-*/%^[<>=!".contains(byte)).count();
        let words = text.split_whitespace().filter(|word| matches!(*word, "and" | "or" | "unless")).count();
        if text.len() > LONGEST || nests + words > DEEPEST {
            return Err(Refused::Unknown(TOO_LARGE));
        }
        parse(text).map(Self).map_err(|error| match () {
            () if has_holes(text) => Refused::Unknown("filled in by something else"),
            () if may_be_read_elsewhere(text, &error) => Refused::Unknown(ELSEWHERE),
            () => Refused::Syntax(error),
        })
    }

    /// Every series it asks for, in order.
    #[must_use]
    pub fn series(&self) -> Vec<Series<'_>> {
        series(&self.0)
    }

    /// The metric of a quotient of two bare rates of one metric: only series with the same labels
    /// are divided by each other, so the quotient of the errors by all is 1 wherever one is.
    #[must_use]
    pub fn ratio_of_itself(&self) -> Option<&str> {
        nodes(&self.0).into_iter().find_map(|node| {
            let Expr::Binary(binary) = node else { return None };
            let (left, right) = (bare(&binary.lhs)?, bare(&binary.rhs)?);
            let is_matched = binary.modifier.as_ref().is_some_and(|modifier| modifier.matching.is_some());
            let narrower = left.0.matchers.matchers.iter().any(|one| {
                !matches!(one.op, MatchOp::NotEqual | MatchOp::NotRe(_)) && right.matcher(&one.name).is_none()
            });
            let holds = binary.op.id() == T_DIV
                && !is_matched
                && left.metric().is_some()
                && left.metric() == right.metric()
                && right.0.matchers.matchers.iter().all(|one| left.0.matchers.matchers.contains(one));
            (holds && narrower).then(|| left.metric()).flatten()
        })
    }

    /// Whether a `histogram_quantile` is asked of buckets that were added up over their bounds: it
    /// gives nothing.
    #[must_use]
    pub fn quantile_of_nothing(&self) -> bool {
        nodes(&self.0).into_iter().any(|node| {
            let Expr::Call(call) = node else { return false };
            let Some(Expr::Aggregate(sum)) = call.args.args.get(1).map(|one| inner(one)) else {
                return false;
            };
            let keeps_le = match &sum.modifier {
                None => false,
                Some(LabelModifier::Include(labels)) => labels.labels.iter().any(|one| one == "le"),
                Some(LabelModifier::Exclude(labels)) => labels.labels.iter().all(|one| one != "le"),
            };
            // Native histograms have no bounds to keep.
            let of_buckets = series(&sum.expr);
            let are_buckets = !of_buckets.is_empty()
                && of_buckets.iter().all(|one| one.metric().is_some_and(|name| name.ends_with("_bucket")));
            let adds_up = [T_SUM, T_AVG, T_MAX, T_MIN].contains(&sum.op.id());
            call.func.name == "histogram_quantile" && adds_up && !keeps_le && are_buckets
        })
    }

    /// A quantile that there is none of, outside 0 and 1, and the bytes it stands at; Prometheus gives
    /// an infinite one for it.
    #[must_use]
    pub fn impossible_quantile(&self, text: &str) -> Option<(f64, Range<usize>)> {
        let asked = nodes(&self.0).into_iter().find_map(|node| {
            match node {
                Expr::Call(call)
                    if ["histogram_quantile", "quantile_over_time"].contains(&call.func.name) =>
                {
                    number(call.args.args.first()?)
                }
                Expr::Aggregate(one) if one.op.id() == T_QUANTILE => number(one.param.as_deref()?),
                _ => None,
            }
            .filter(|quantile| !(0.0..=1.0).contains(quantile))
        })?;
        let tokens = tokens(text);
        let written = tokens.windows(3).find_map(|three| match three {
            [name, open, first] if open.text == "(" && name.text.contains("quantile") => {
                let parses =
                    |text: &str| text.parse::<f64>().is_ok_and(|one| one.to_bits() == asked.abs().to_bits());
                let is_signed = matches!(first.text, "-" | "+");
                let number =
                    tokens.iter().find(|token| token.start >= first.start + usize::from(is_signed))?;
                parses(number.text).then(|| first.start..number.bytes().end)
            }
            _ => None,
        });
        Some((asked, written.unwrap_or(0..text.len())))
    }

    /// Whether it gives something where a part of it gives nothing.
    #[must_use]
    pub fn has_alternatives(&self) -> bool {
        nodes(&self.0).into_iter().any(|node| match node {
            Expr::Binary(binary) => [T_LOR, T_LUNLESS].contains(&binary.op.id()),
            Expr::Call(call) => call.func.name.starts_with("absent"),
            _ => false,
        })
    }

    /// The metric that is compared with what it was some time ago, whichever version it was then.
    #[must_use]
    pub fn baseline(&self) -> Option<&str> {
        nodes(&self.0).into_iter().find_map(|node| {
            let Expr::Binary(binary) = node else { return None };
            let is_compared = [T_SUB, T_DIV].contains(&binary.op.id()) || binary.op.is_comparison_operator();
            is_compared.then(|| of_two_times(binary)).flatten()
        })
    }
}

impl<'q> Series<'q> {
    /// The metric.
    #[must_use]
    pub fn metric(&self) -> Option<&'q str> {
        let named = || {
            let own = self.0.matchers.matchers.iter().find(|one| one.name == "__name__")?;
            matches!(own.op, MatchOp::Equal).then_some(own.value.as_str())
        };
        self.0.name.as_deref().or_else(named)
    }

    /// The labels that it must have, with the texts or patterns it is asked to have in them;
    /// negated ones are none.
    pub fn labels(&self) -> impl Iterator<Item = (&'q str, &'q str)> + use<'q> {
        let asked = self.0.matchers.matchers.iter();
        let asked = asked.filter(|one| !matches!(one.op, MatchOp::NotEqual | MatchOp::NotRe(_)));
        asked.map(|one| (one.name.as_str(), one.value.as_str()))
    }

    /// The text that a label must be equal to.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&'q str> {
        self.matcher(name).filter(|one| matches!(one.op, MatchOp::Equal)).map(|one| one.value.as_str())
    }

    fn matcher(&self, name: &str) -> Option<&'q Matcher> {
        self.0.matchers.matchers.iter().find(|one| one.name == name)
    }

    fn is_of_before(&self) -> bool {
        matches!(self.0.offset, Some(Offset::Pos(_)))
    }
}

/// Whether a later Prometheus, or Go's regular expressions, may take what the parser refuses:
/// functions, names in quotes, numbers in groups (`1_000`), sums of durations, `anchored` and signs for
/// native histograms of 2.54 to 3.9; or VictoriaMetrics, whose operator reads the same rules (MetricsQL).
fn may_be_read_elsewhere(text: &str, error: &str) -> bool {
    let tokens = tokens(text);
    let is_newer_token = |token: &Token<'_>| {
        let is_number = token.text.starts_with(|first: char| first.is_ascii_digit());
        is_number && (token.text.contains('_') || token.text.ends_with(['k', 'K', 'M', 'G', 'T', 'i']))
            || ["anchored", "smoothed", "default", "if", "ifnot", "keep_metric_names", "with"]
                .iter()
                .any(|word| token.text.eq_ignore_ascii_case(word))
    };
    let is_newer_pair = |two: &[Token<'_>]| match two {
        [one, two] => {
            one.text.eq_ignore_ascii_case("offset") && two.text == "("
                || matches!((one.text, two.text), ("<" | ">", "/")) && one.bytes().end == two.start
        }
        _ => false,
    };
    let is_newer = error.contains("unknown function")
        || text.contains("{\"")
        || text.contains("{'")
        || tokens.iter().any(is_newer_token)
        || tokens.windows(2).any(is_newer_pair);
    let in_brackets = text.split('[').skip(1).filter_map(|rest| rest.split(']').next());
    let has_sums = in_brackets
        .into_iter()
        .any(|range| !range.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b':' || byte == b' '));
    is_newer || has_sums || error.contains("regex")
}

/// Whether an expression has variables of templates that this tool does not fill in: `$interval`,
/// `{{ model }}`, `__MODEL__`, `<model>`, `%MODEL%`, `@@MODEL@@`.
fn has_holes(text: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let named = text.replace("__name__", "");
    let dollar =
        text.split('$').skip(1).any(|rest| rest.starts_with(|one| is_word(one) || "{([$".contains(one)));
    let between = |open: char, close: char| {
        text.split(open).skip(1).any(|rest| {
            let named = rest.split_once(|letter| !is_word(letter)).map_or("", |(named, _)| named);
            !named.is_empty() && rest.get(named.len()..).is_some_and(|after| after.starts_with(close))
        })
    };
    dollar
        || text.contains("{{")
        || named.contains("__")
        || text.contains("@@")
        || between('<', '>')
        || between('%', '%')
}

/// The metric of a series now on one side and before on the other, of which no label is a version.
fn of_two_times(binary: &BinaryExpr) -> Option<&str> {
    let (left, right) = (series(&binary.lhs), series(&binary.rhs));
    let is_version = |name: &str| ["version", "revision"].iter().any(|word| name.contains(word));
    let mut all = left.iter().chain(&right);
    if all.any(|one| one.labels().any(|(name, _)| is_version(name))) {
        return None;
    }
    let groups = [&binary.lhs, &binary.rhs].into_iter().flat_map(|side| nodes(side));
    let mut kept = groups.filter_map(|node| match node {
        Expr::Aggregate(sum) => match sum.modifier.as_ref()? {
            LabelModifier::Include(labels) => Some(labels),
            LabelModifier::Exclude(_) => None,
        },
        _ => None,
    });
    if kept.any(|labels| labels.labels.iter().any(|name| is_version(name))) {
        return None;
    }
    let now = left.iter().chain(&right).filter(|one| !one.is_of_before());
    let mut now = now.filter_map(Series::metric);
    let before: Vec<&str> =
        left.iter().chain(&right).filter(|one| one.is_of_before()).filter_map(Series::metric).collect();
    now.find(|name| before.contains(name))
}

/// The one series of an expression that adds nothing up: `rate(x[5m])`, `x`.
fn bare(expr: &Expr) -> Option<Series<'_>> {
    match inner(expr) {
        Expr::VectorSelector(selector) => Some(Series(selector)),
        Expr::MatrixSelector(selector) => Some(Series(&selector.vs)),
        Expr::Call(call) => match call.args.args.as_slice() {
            [one] if matches!(call.func.name, "rate" | "irate" | "increase" | "delta") => bare(one),
            _ => None,
        },
        _ => None,
    }
}

/// A number that is written out.
fn number(expr: &Expr) -> Option<f64> {
    match inner(expr) {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Unary(negative) => number(&negative.expr).map(|number| -number),
        _ => None,
    }
}

/// What stands in brackets.
fn inner(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.expr;
    }
    expr
}

fn series(expr: &Expr) -> Vec<Series<'_>> {
    let all = nodes(expr).into_iter();
    let series = all.filter_map(|node| match node {
        Expr::VectorSelector(selector) => Some(Series(selector)),
        Expr::MatrixSelector(selector) => Some(Series(&selector.vs)),
        _ => None,
    });
    series.collect()
}

/// An expression and all below it, the outer before the inner, left before right.
fn nodes(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut left = vec![expr];
    while let Some(node) = left.pop() {
        found.push(node);
        match node {
            Expr::Aggregate(one) => {
                left.push(&one.expr);
                left.extend(one.param.as_deref());
            }
            Expr::Unary(one) => left.push(&one.expr),
            Expr::Binary(one) => left.extend([&*one.rhs, &*one.lhs]),
            Expr::Paren(one) => left.push(&one.expr),
            Expr::Subquery(one) => left.push(&one.expr),
            Expr::Call(call) => left.extend(call.args.args.iter().rev().map(|one| &**one)),
            Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::VectorSelector(_)
            | Expr::MatrixSelector(_)
            | Expr::Extension(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn quotients_of_a_metric_by_itself() {
        let table = [
            (r#"rate(x{code=~"5.."}[5m]) / rate(x[5m]) > 0.01"#, Some("x")),
            (r#"1 - (rate(x{code="200"}[5m]) / rate(x[5m])) > 0.01"#, Some("x")),
            (r#"rate(x{model="m",code=~"5.."}[5m]) / rate(x{model="m"}[5m])"#, Some("x")),
            (r#"sum(rate(x{code=~"5.."}[5m])) / sum(rate(x[5m]))"#, None),
            (
                r#"rate(x{code=~"5.."}[5m]) / ignoring(code) group_left sum without (code) (rate(x[5m]))"#,
                None,
            ),
            (r#"rate(x_sum[5m]) / rate(x_count[5m])"#, None),
            (r#"rate(x[5m]) / rate(x[5m] offset 1d)"#, None),
            (r#"rate(x{code=~"5.."}[5m]) / on (model) rate(x[5m])"#, None),
            (r#"rate(x{code!="200"}[5m]) / rate(y[5m])"#, None),
        ];
        for (text, expected) in table {
            assert_eq!(query(text).ratio_of_itself(), expected, "{text}");
        }
    }

    #[test]
    fn quantiles_of_nothing() {
        let table = [
            ("histogram_quantile(0.99, sum(rate(x_bucket[5m])))", true),
            ("histogram_quantile(0.99, (sum by (model) (rate(x_bucket[5m])))) > 1", true),
            ("histogram_quantile(0.99, sum without (le) (rate(x_bucket[5m])))", true),
            ("histogram_quantile(0.99, sum(rate(x_bucket[5m])) by (model, le))", false),
            ("histogram_quantile(0.99, sum without (pod) (rate(x_bucket[5m])))", false),
            ("histogram_quantile(0.99, rate(x_bucket[5m]))", false),
            ("histogram_quantile(0.99, sum(rate(x[5m])))", false),
            ("histogram_quantile(0.99, topk(3, rate(x_bucket[5m])))", false),
        ];
        for (text, expected) in table {
            assert_eq!(query(text).quantile_of_nothing(), expected, "{text}");
        }
    }

    #[test]
    fn comparisons_with_the_past() {
        let table = [
            ("abs(avg_over_time(x[10m]) - avg_over_time(x[60m] offset 1d)) > 0.15", Some("x")),
            ("sum(rate(x[5m])) / sum(rate(x[5m] offset 1w)) < 0.5", Some("x")),
            ("avg by (model_version) (x) - avg by (model_version) (x offset 1d)", None),
            ("x{revision=\"v47\"} - x{revision=\"v47\"} offset 1d", None),
            ("x - y offset 1d", None),
            ("x > 1", None),
        ];
        for (text, expected) in table {
            assert_eq!(query(text).baseline(), expected, "{text}");
        }
    }

    #[test]
    fn quantiles_that_there_are_none_of() {
        let table = [
            ("histogram_quantile(99, sum by (le) (rate(x_bucket[5m]))) > 1", Some((99.0, "99"))),
            ("y > 1 and histogram_quantile( 1.5 , x_bucket)", Some((1.5, "1.5"))),
            ("quantile(95, x)", Some((95.0, "95"))),
            ("quantile by (pod) (95, x)", Some((95.0, "quantile by (pod) (95, x)"))),
            ("quantile_over_time(-0.5, x[5m])", Some((-0.5, "-0.5"))),
            ("histogram_quantile(0.9, x_bucket) + histogram_quantile(90, x_bucket)", Some((90.0, "90"))),
            ("histogram_quantile(1, x_bucket)", None),
            ("histogram_quantile(0, x_bucket)", None),
            ("histogram_quantile(scalar(q), x_bucket)", None),
            ("topk(99, x)", None),
        ];
        for (text, expected) in table {
            let got = query(text).impossible_quantile(text);
            assert_eq!(got.map(|(quantile, bytes)| (quantile, &text[bytes])), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_promql_and_what_may_be() {
        let syntax =
            ["rate(x[5m]", "rate(x) >> 5", "x{__name__=a} > 1", "x{code=~\"5..$\"} > 1 >", "x < y > z >"];
        for text in syntax {
            assert!(matches!(Query::parse(text), Err(Refused::Syntax(_))), "{text}");
        }
        let unknown = [
            "a_function_of_tomorrow(x)",
            "{\"a.b\"} > 1 >",
            "rate(x[5m * 2])",
            "x offset (5m + 1m)",
            "x > 1_000",
            "rate(x[5m] anchored) > 1",
            "increase(x[1h] smoothed) > 1",
            "x default 0 > 1",
            "x keep_metric_names",
            "WITH (f = {model=\"fraud\"}) x{f}",
            "x > 10Ki",
            "x > 5M",
            "x >/ 0.5",
            "rate(x[$interval])",
            "rate(x[${WINDOW}])",
            "rate(x{model=$MODEL}[5m])",
            "rate(x{model={{ model }}}[5m])",
            "rate(x[__WINDOW__])",
            "rate(x[<window>])",
            "rate(x[%WINDOW%])",
            "rate(x[@@WINDOW@@])",
            "x{model=~\"(?=a)b\"} > 1",
        ];
        for text in unknown {
            assert!(matches!(Query::parse(text), Err(Refused::Unknown(_))), "{text}");
        }
        let deep = "(".repeat(100_000);
        assert_eq!(Query::parse(&deep).err(), Some(Refused::Unknown(TOO_LARGE)));
    }
}
