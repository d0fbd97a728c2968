//! What was there before a change: found by judging the state before it the same way.

use std::collections::BTreeSet;

use super::{NewSince, Older, Options, Sight, judge, leave, selected};
use crate::config::Config;
use crate::finding::{Finding, Fingerprint};
use crate::rules::Rule;

/// The fingerprints of what some rules find in a state, by the policies that a change is judged by. What
/// a waiver covered there is not among them: a change that takes the waiver out brings its findings.
pub(super) fn known(
    since: &NewSince,
    (config, before): (&Config, Option<&Config>),
    sight: &Sight,
    rules: &[&'static Rule],
    options: &Options,
) -> BTreeSet<Fingerprint> {
    if rules.is_empty() {
        return BTreeSet::new();
    }
    let is_whole = rules.len() == selected(options).len();
    let options = Options {
        select: if is_whole { options.select.clone() } else { rules.to_vec() },
        base: None,
        change: None,
        new_since: None,
        with_changes: false,
        fixes: false,
        only: Vec::new(),
        ..options.clone()
    };
    let sight = sight.at(&since.files);
    let mut known = BTreeSet::new();
    for policy in [Some(config), before].into_iter().flatten() {
        let config = Config { waivers: since.config.waivers.clone(), ..policy.clone() };
        let judged = judge(&sight, &config, &options, None);
        let places = judged.findings.iter().flat_map(|finding| &finding.places);
        known.extend(places.filter(|place| place.waived.is_none()).map(|place| place.fingerprint));
        leave(judged);
    }
    known
}

/// How many of some findings would count, by rule.
pub(super) fn counted(on: &str, findings: &[Finding]) -> Older {
    let mut older = Older { on: on.to_owned(), ..Older::default() };
    for finding in findings.iter().filter(|finding| finding.counts()) {
        *older.findings.entry(finding.rule).or_default() += 1;
    }
    older
}
