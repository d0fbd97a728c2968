//! Violations that differ in nothing but whom they name: one line of a chart that twenty models are
//! made of is one finding, which names one of them and counts the others.

use std::collections::BTreeSet;

use crate::finding::Violation;

/// Stands for the name in what is compared.
const ANYBODY: &str = "\u{0}";

/// What follows whom a message names.
const PLACES: &str = "{places}";

/// Everything a violation says, without whom it names.
pub(super) fn said(violation: &Violation) -> [String; 3] {
    let [message, help] = match name(violation) {
        Some(name) => named(violation, name, ANYBODY),
        None => [violation.message.clone(), violation.help.clone().unwrap_or_default()],
    };
    [message, violation.note.clone().unwrap_or_default(), help]
}

/// Whom a message names before its places: the object, or its model.
pub(super) fn name(violation: &Violation) -> Option<&str> {
    let object = violation.object.as_ref().map(|object| object.name.as_str());
    let (before, _) = violation.message.split_once(PLACES)?;
    object.into_iter().chain(violation.model.as_deref()).filter(|name| !name.is_empty()).find(|name| {
        let is_of_name = |letter: char| letter.is_alphanumeric() || "-_./".contains(letter);
        // The last of several is not the one it is about.
        let stands_alone = |rest: &str| !rest.ends_with(is_of_name) && !rest.ends_with(" and ");
        before.strip_suffix(name).is_some_and(stands_alone)
    })
}

/// The same violation of all that are named.
pub(super) fn of_all(mut violation: Violation, names: &BTreeSet<String>) -> Violation {
    let mut names = names.iter();
    let all = match (names.next(), names.next(), names.len()) {
        (Some(first), Some(second), 0) => format!("{first} (and {second})"),
        (Some(first), Some(_), others) => format!("{first} (and {} more)", others + 1),
        _ => return violation,
    };
    let Some(name) = name(&violation) else { return violation };
    let [message, help] = named(&violation, name, &all);
    violation.message = message;
    violation.help = violation.help.map(|_| help);
    violation
}

/// The message and the help with another name: help says of nobody but that it restarts.
fn named(violation: &Violation, name: &str, other: &str) -> [String; 2] {
    let message = violation.message.replacen(&format!("{name}{PLACES}"), &format!("{other}{PLACES}"), 1);
    let help = violation.help.as_deref().unwrap_or_default();
    [message, help.replace(&format!("; {name} restarts"), &format!("; {other} restarts"))]
}
