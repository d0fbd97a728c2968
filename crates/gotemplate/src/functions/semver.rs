//! Semantic versions and constraints as Masterminds/semver v3 reads them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, LazyLock};

use mlgitops_yaml::OriginId;
use regex::Regex;

use super::{Answer, Args, Function, nothing};
use crate::error::Failure;
use crate::machine::Machine;
use crate::value::{Data, IntType, Object, Value};

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("semver", 1, semver), Function::new("semverCompare", 2, semver_compare)];

/// A version; missing parts are zero.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    pre: String,
    metadata: String,
    original: String,
}

impl Version {
    /// Reads a version, `v` before it and parts missing allowed.
    ///
    /// # Errors
    /// `Invalid Semantic Version` and its kin, in the library's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        const INVALID: &str = "invalid semantic version";
        let body = text.strip_prefix('v').unwrap_or(text);
        let (body, metadata) = body.split_once('+').map_or((body, None), |(body, rest)| (body, Some(rest)));
        let (core, pre) = body.split_once('-').map_or((body, None), |(core, pre)| (core, Some(pre)));
        let mut numbers = [0; 3];
        let mut parts = core.split('.');
        for (at, slot) in numbers.iter_mut().enumerate() {
            match parts.next() {
                Some(part) if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) => {
                    *slot = part.parse().map_err(|_| INVALID.to_owned())?;
                }
                None if at > 0 => break,
                _ => return Err(INVALID.to_owned()),
            }
        }
        let identifiers = |text: Option<&str>| match text {
            None => Ok(String::new()),
            Some(text) => {
                let valid = text.split('.').all(|part| {
                    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                });
                if valid { Ok(text.to_owned()) } else { Err(INVALID.to_owned()) }
            }
        };
        if parts.next().is_some() {
            return Err(INVALID.to_owned());
        }
        let pre = identifiers(pre)?;
        let bad_zero = |part: &str| {
            part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if pre.split('.').any(bad_zero) {
            return Err("version segment starts with 0".to_owned());
        }
        Ok(Self { numbers, pre, metadata: identifiers(metadata)?, original: text.to_owned() })
    }

    /// The next version of a part; what is before a release becomes it where the patch is asked for.
    fn next(&self, part: usize) -> Self {
        let mut numbers = self.numbers;
        let is_before = part == 2 && !self.pre.is_empty();
        if let Some(number) = numbers.get_mut(part).filter(|_| !is_before) {
            *number = number.saturating_add(1);
        }
        numbers.iter_mut().skip(part + 1).for_each(|number| *number = 0);
        Self { numbers, ..Self::default() }
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre.as_str(), other.pre.as_str()) {
            ("", "") => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => compare_pre(a, b),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.pre.is_empty() {
            write!(f, "-{}", self.pre)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn compare_pre(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (one, other) = (a.next(), b.next());
        let order = match (one, other) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(one), Some(other)) => match (one.parse::<u64>(), other.parse::<u64>()) {
                (Ok(one), Ok(other)) => one.cmp(&other),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => one.cmp(other),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Alternatives of comparisons that must all hold.
#[derive(Debug)]
pub struct Constraint {
    any: Vec<Vec<Comparison>>,
}

#[derive(Debug)]
struct Comparison {
    operator: String,
    version: Version,
    /// Whether a part is left open, and which.
    dirty: bool,
    minor_dirty: bool,
    patch_dirty: bool,
}

/// Longest constraint, and most alternatives, that the library reads.
const LENGTH: usize = 512;
const GROUPS: usize = 32;

struct Patterns {
    range: Regex,
    one: Regex,
    all: Regex,
}

fn patterns() -> Option<&'static Patterns> {
    static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
        let version = r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?(-([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?";
        let operator = r"=|!=|>=|=>|<=|=<|>|<|~>|~|\^|";
        Some(Patterns {
            range: Regex::new(&format!(r"\s*({version})\s+-\s+({version})\s*")).ok()?,
            one: Regex::new(&format!(r"({operator})\s*({version})")).ok()?,
            all: Regex::new(&format!(
                r"^(\s*({operator})\s*({version})\s*)((?:\s+|,\s*)({operator})\s*({version})\s*)*$"
            ))
            .ok()?,
        })
    });
    PATTERNS.as_ref()
}

impl Constraint {
    /// Reads a constraint.
    ///
    /// # Errors
    /// `improper constraint` and the library's limits.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LENGTH {
            return Err(format!("constraint string is too long (max {LENGTH} bytes)"));
        }
        let Some(patterns) = patterns() else { return Err("internal".to_owned()) };
        // `1 - 2` is `>= 1, <= 2`: the second version is group 10 + 1.
        let text = patterns.range.replace_all(text, ">= $1, <= $11 ");
        let groups: Vec<&str> = text.split("||").collect();
        if groups.len() > GROUPS {
            return Err(format!("too many constraint groups (max {GROUPS})"));
        }
        let mut any = Vec::with_capacity(groups.len());
        for group in groups {
            if !patterns.all.is_match(group) {
                return Err(format!("improper constraint: {group:?}"));
            }
            let mut all = Vec::new();
            for found in patterns.one.captures_iter(group) {
                let part = |at: usize| found.get(at).map_or("", |part| part.as_str());
                all.push(Comparison::of(part(1), [part(3), part(4), part(5)], part(6))?);
            }
            any.push(all);
        }
        Ok(Self { any })
    }

    /// Whether a version fits.
    #[must_use]
    pub fn holds(&self, version: &Version) -> bool {
        self.any.iter().any(|all| {
            let pre = all.iter().any(|one| !one.version.pre.is_empty());
            all.iter().all(|one| one.holds(version, pre))
        })
    }
}

impl Comparison {
    fn of(operator: &str, parts: [&str; 3], pre: &str) -> Result<Self, String> {
        let open = |part: &str| matches!(part.trim_start_matches('.'), "" | "x" | "X" | "*");
        let [major, minor, patch] = parts;
        let (text, dirty, minor_dirty, patch_dirty) = if open(major) {
            (format!("0.0.0{pre}"), true, false, false)
        } else if open(minor) {
            (format!("{major}.0.0{pre}"), true, true, false)
        } else if open(patch) {
            (format!("{major}{minor}.0{pre}"), true, false, true)
        } else {
            (format!("{major}{minor}{patch}{pre}"), false, false, false)
        };
        let version = Version::parse(&text).map_err(|_| "constraint parser error".to_owned())?;
        Ok(Self { operator: operator.to_owned(), version, dirty, minor_dirty, patch_dirty })
    }

    fn holds(&self, version: &Version, pre: bool) -> bool {
        if !version.pre.is_empty() && !pre {
            return false;
        }
        let order = version.compare(&self.version);
        let [major, minor, _] = version.numbers;
        let [my_major, my_minor, _] = self.version.numbers;
        match self.operator.as_str() {
            "" | "=" if self.dirty => self.tilde(version, order),
            "" | "=" => order.is_eq(),
            "!=" => self.differs(version, order),
            ">" if !self.dirty => order.is_gt(),
            ">" if major != my_major => major > my_major,
            ">" if self.minor_dirty => false,
            ">" if self.patch_dirty => minor > my_minor,
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            ">=" | "=>" => order.is_ge(),
            "<=" | "=<" if !self.dirty => order.is_le(),
            "<=" | "=<" => major < my_major || (major == my_major && (minor <= my_minor || self.minor_dirty)),
            "~" | "~>" => self.tilde(version, order),
            "^" => self.caret(version, order),
            _ => false,
        }
    }

    fn tilde(&self, version: &Version, order: Ordering) -> bool {
        if order.is_lt() {
            return false;
        }
        if self.version.numbers == [0, 0, 0] && !self.minor_dirty && !self.patch_dirty {
            return true;
        }
        let ([major, minor, _], [my_major, my_minor, _]) = (version.numbers, self.version.numbers);
        major == my_major && (minor == my_minor || self.minor_dirty)
    }

    fn caret(&self, version: &Version, order: Ordering) -> bool {
        let ([major, minor, patch], [my_major, my_minor, my_patch]) = (version.numbers, self.version.numbers);
        if order.is_lt() || major != my_major {
            return false;
        }
        if my_major > 0 || self.minor_dirty {
            return true;
        }
        if my_minor > 0 || self.patch_dirty {
            return minor == my_minor;
        }
        minor == 0 && patch == my_patch
    }

    fn differs(&self, version: &Version, order: Ordering) -> bool {
        if !self.dirty {
            return order.is_ne();
        }
        let ([major, minor, _], [my_major, my_minor, _]) = (version.numbers, self.version.numbers);
        if major != my_major {
            return true;
        }
        if minor != my_minor && !self.minor_dirty {
            return true;
        }
        if self.minor_dirty {
            return false;
        }
        if self.patch_dirty {
            return (!version.pre.is_empty() || !self.version.pre.is_empty())
                && version.pre != self.version.pre;
        }
        order.is_ne()
    }
}

/// `*semver.Version` as templates see it, or the `semver.Version` that a method made of it.
#[derive(Debug)]
struct Shown {
    version: Version,
    origin: OriginId,
    /// Whether it is no pointer: Go then finds none of the methods that need one.
    by_value: bool,
}

impl Shown {
    fn made(version: Version, origin: OriginId) -> Value {
        Value::from(Data::Object(Arc::new(Self { version, origin, by_value: true })), origin)
    }

    /// `SetPrerelease` and `SetMetadata`.
    fn with(&self, name: &str, text: &Value, machine: &mut Machine<'_>) -> Answer {
        let written = machine.arg_str(text)?;
        let given = text.whole(machine.origins);
        let origin = machine.origins.join(self.origin, given);
        let is_pre = name == "SetPrerelease";
        let (what, sign) = if is_pre { ("prerelease", '-') } else { ("metadata", '+') };
        let failed = || Failure::execute(format!("error calling {name}: invalid {what} string"));
        let mut version = self.version.clone();
        let read = match written {
            "" => Version::default(),
            written => Version::parse(&format!("0.0.0{sign}{written}")).map_err(|_| failed())?,
        };
        if is_pre {
            version.pre = read.pre;
        } else {
            version.metadata = read.metadata;
        }
        Ok(Self::made(version, origin))
    }
}

impl Object for Shown {
    fn type_name(&self) -> &str {
        if self.by_value { "semver.Version" } else { "*semver.Version" }
    }

    fn field(&self, name: &str, _machine: &mut Machine<'_>) -> Option<Result<Value, Failure>> {
        let [major, minor, patch] = self.version.numbers;
        let number = |value: u64| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            Value::from(Data::Int(value, IntType::Int64), self.origin)
        };
        let text = |text: &str| Value::str(text, self.origin);
        Some(Ok(match name {
            "Major" => number(major),
            "Minor" => number(minor),
            "Patch" => number(patch),
            "Prerelease" => text(&self.version.pre),
            "Metadata" => text(&self.version.metadata),
            "Original" if !self.by_value => text(&self.version.original),
            "String" | "MarshalText" | "Value" => text(&self.version.to_string()),
            "IncMajor" => Self::made(self.version.next(0), self.origin),
            "IncMinor" => Self::made(self.version.next(1), self.origin),
            "IncPatch" => Self::made(self.version.next(2), self.origin),
            _ => return None,
        }))
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Value],
        machine: &mut Machine<'_>,
    ) -> Option<Result<Value, Failure>> {
        let [other] = arguments else { return None };
        if matches!(name, "SetPrerelease" | "SetMetadata") {
            return Some(self.with(name, other, machine));
        }
        let compared = ["Compare", "Equal", "LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"];
        if self.by_value || !compared.contains(&name) {
            return None;
        }
        // Only what is still the pointer says how it was written.
        let original = match &other.data {
            Data::Object(object) if object.type_name() == self.type_name() => {
                Arc::clone(object).field("Original", machine)
            }
            _ => None,
        };
        let Some(Ok(Value { data: Data::Str(text), .. })) = original else {
            let got = other.go_type(&machine.heap);
            let message = format!("wrong type for value; expected *semver.Version; got {got}");
            return Some(Err(Failure::execute(message)));
        };
        let version = match Version::parse(text.as_str()) {
            Ok(version) => version,
            Err(why) => return Some(Err(Failure::execute(why))),
        };
        let order = self.version.compare(&version);
        let given = other.whole(machine.origins);
        let origin = machine.origins.join(self.origin, given);
        Some(Ok(match name {
            "Compare" => Value::int(order as i64, origin),
            "Equal" => Value::bool(order.is_eq(), origin),
            "LessThan" => Value::bool(order.is_lt(), origin),
            "LessThanEqual" => Value::bool(order.is_le(), origin),
            "GreaterThan" => Value::bool(order.is_gt(), origin),
            _ => Value::bool(order.is_ge(), origin),
        }))
    }

    fn plain(&self, _machine: &mut Machine<'_>) -> Value {
        Value::str(&self.version.to_string(), self.origin)
    }
}

fn semver(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [value] = arguments else { return nothing() };
    let version = Version::parse(machine.arg_str(value)?).map_err(Failure::execute)?;
    let origin = machine.joined(arguments);
    Ok(Value::from(Data::Object(Arc::new(Shown { version, origin, by_value: false })), origin))
}

fn semver_compare(machine: &mut Machine<'_>, arguments: Args<'_>) -> Answer {
    let [constraint, version] = arguments else { return nothing() };
    machine.spend(1_000)?;
    let constraint = Constraint::parse(machine.arg_str(constraint)?).map_err(Failure::execute)?;
    let version = Version::parse(machine.arg_str(version)?).map_err(Failure::execute)?;
    let holds = constraint.holds(&version);
    let origin = machine.joined(arguments);
    Ok(Value::bool(holds, origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_as_the_library_decides_them() {
        let table = [
            (">=1.19-0", "v1.31.0", true),
            (">=1.19", "1.31.0-eks.1", false),
            (">=1.19-0", "1.31.0-eks.1", true),
            ("^1.2.3", "1.9.0", true),
            ("^0.2.3", "0.3.0", false),
            ("~1.2", "1.2.9", true),
            ("~1.2", "1.3.0", false),
            ("1.x", "1.4.0", true),
            ("<1.21 || >=1.25", "1.23.0", false),
            ("1.2 - 1.4.5", "1.4.5", true),
            (">= 1.2, < 2", "1.9.9", true),
            (">1", "1.9.0", false),
            ("*", "3.0.0", true),
            ("!=1.2.3", "1.2.3", false),
            ("<=1.2", "1.2.9", true),
        ];
        for (constraint, version, wanted) in table {
            let constraint_read = Constraint::parse(constraint).unwrap();
            let version_read = Version::parse(version).unwrap();
            assert_eq!(constraint_read.holds(&version_read), wanted, "{version} in {constraint}");
        }
        assert!(Constraint::parse("bananas").is_err());
        assert!(Version::parse("1.2.3.4").is_err());
    }
}
