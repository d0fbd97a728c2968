//! Which of two version tokens is the newer one, where both say so themselves.

use std::cmp::Ordering;

use super::stamp;
use super::token::is_prerelease;

/// Compares two tokens of [`super::ModelReference::version_token`].
///
/// Only tokens that are counted the same way compare: numbers (`47`, `v47`), dotted numbers
/// (`2.4.1`, semver's order for what follows a dash), dates and times of one layout, and counted
/// words (`run-7`). Hashes, ids and mixed pairs give `None`.
#[must_use]
pub fn compare_versions(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (without_v(a), without_v(b));
    match (stamp::is_stamp(a), stamp::is_stamp(b)) {
        (true, true) => return compare_stamps(a, b),
        (false, false) => {}
        _ => return None,
    }
    if let (Some(a), Some(b)) = (Numbered::read(a), Numbered::read(b)) {
        return a.compare(&b);
    }
    let ((word_a, number_a), (word_b, number_b)) = (counted(a)?, counted(b)?);
    word_a.eq_ignore_ascii_case(word_b).then(|| compare_digits(number_a, number_b))
}

pub(super) fn without_v(token: &str) -> &str {
    token
        .strip_prefix(['v', 'V'])
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or(token)
}

/// Decimal numbers of any length.
fn compare_digits(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Same layout means: the same characters between the digits.
fn compare_stamps(a: &str, b: &str) -> Option<Ordering> {
    let layout =
        |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    (layout(a) == layout(b)).then(|| a.cmp(b))
}

struct Numbered<'a> {
    numbers: Vec<&'a str>,
    prerelease: &'a str,
}

impl<'a> Numbered<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(end);
        let prerelease = match rest.strip_prefix('-') {
            Some(suffix) if is_prerelease(suffix) => suffix,
            None if rest.is_empty() => "",
            _ => return None,
        };
        let numbers: Vec<&str> = numbers.split('.').collect();
        numbers.iter().all(|number| !number.is_empty()).then_some(Self { numbers, prerelease })
    }

    /// A bare number and a dotted one are two ways of counting: `47` is not newer than `2.4.1`.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        let bare = |numbers: &[&str]| numbers.len() == 1;
        if bare(&self.numbers) != bare(&other.numbers) {
            return None;
        }
        let length = self.numbers.len().max(other.numbers.len());
        let at = |numbers: &[&'a str], index: usize| numbers.get(index).copied().unwrap_or("0");
        let numbers = (0..length)
            .map(|index| compare_digits(at(&self.numbers, index), at(&other.numbers, index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal);
        Some(numbers.then_with(|| compare_prereleases(self.prerelease, other.prerelease)))
    }
}

/// Semver's order: a release is newer than what leads to it; numbers before words.
fn compare_prereleases(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (mut left, mut right) = (a.split(['.', '-', '_']), b.split(['.', '-', '_']));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => compare_identifiers(a, b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// `rc10` is newer than `rc9`, though semver compares them as text.
fn compare_identifiers(a: &str, b: &str) -> Ordering {
    let split = |text: &'_ str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let ((word_a, number_a), (word_b, number_b)) = (a.split_at(split(a)), b.split_at(split(b)));
    word_a
        .to_ascii_lowercase()
        .cmp(&word_b.to_ascii_lowercase())
        .then_with(|| compare_digits(number_a, number_b))
}

/// `run-7` → `run-`, `7`.
fn counted(text: &str) -> Option<(&str, &str)> {
    let word = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let letters = word.trim_end_matches(['-', '_', '=']);
    let is_word = !letters.is_empty() && letters.bytes().all(|b| b.is_ascii_alphabetic());
    let (word, number) = text.split_at(word.len());
    (is_word && !number.is_empty()).then_some((word, number))
}
