//! `hygiene/policy-changed`: what a change to the configuration no longer asks for.

use std::collections::BTreeSet;

use super::super::registry::RULES;
use super::super::{Check, Context, Rule, Violations};
use crate::config::{Config, EnvironmentConfig, Levels, PathRules, Profile, RuleConfig, Waiver};
use crate::finding::{Label, Location, Severity, Violation};
use crate::fleet::Column;

pub(super) const CHECKS: &[Check] = &[Check::Change(check)];

fn check(base: &Config, context: &Context<'_>, out: &mut Violations) {
    let head = context.config;
    let top = head
        .file
        .as_ref()
        .or(base.file.as_ref())
        .map(|file| Location::top_of(file, mlgitops_yaml::Role::Source));
    let Some(top) = top else { return };
    environments(base, head, &top, out);
    for rule in RULES {
        rule_levels(rule, base, head, &top, out);
    }
    for entry in &head.paths {
        paths(entry, base, out);
    }
    for (name, set) in &head.rules {
        params(name, set, base, out);
    }
    profile(base, head, &top, out);
    for waiver in &head.waivers {
        waivers(waiver, base, out);
    }
    for glob in head.ignore.iter().filter(|glob| !base.ignore.iter().any(|known| known.value == glob.value)) {
        let message = format!("this change stops looking at `{}`", glob.value);
        out.push(said("ignore", &glob.location, message, &glob.value));
    }
}

fn said(case: &'static str, at: &Location, message: String, word: &str) -> Violation {
    Violation::in_file(case, Label::new(at.clone(), "asks for less than before"), message)
        .note("this change is judged by both: by what was asked for before, and by what it states")
        .help("if it is meant, merge it by itself; else take the line out")
        .word(word)
}

fn environments(base: &Config, head: &Config, top: &Location, out: &mut Violations) {
    let find = |name: &str| head.environments.iter().find(|one| one.name.value == name);
    for before in &base.environments {
        let name = &before.name.value;
        let Some(after) = find(name) else {
            out.push(said("environment", top, format!("this change takes `{name}` out of the ladder"), name));
            continue;
        };
        if let Some(message) = loosened(before, after) {
            let at = after.soak.as_ref().map_or(&after.name.location, |soak| &soak.location);
            out.push(said("environment", at, message, name));
        }
    }
}

fn loosened(before: &EnvironmentConfig, after: &EnvironmentConfig) -> Option<String> {
    let name = &after.name.value;
    let soak = |one: &EnvironmentConfig| one.soak.as_ref().map(|soak| soak.value).unwrap_or_default();
    let guard = |one: &EnvironmentConfig| one.guard.as_ref().map_or(one.soak.is_some(), |guard| guard.value);
    if guard(before) && !guard(after) {
        return Some(format!("this change takes the guard off `{name}`"));
    }
    (soak(after) < soak(before)).then(|| {
        format!(
            "this change shortens the soak of `{name}` from {} s to {} s",
            soak(before).as_secs(),
            soak(after).as_secs()
        )
    })
}

/// How loud a case gets where its environment goes by `name`, and where that is set.
fn level<'c>(
    rule: &Rule,
    case: &str,
    name: &str,
    config: &'c Config,
) -> Option<(Option<Severity>, &'c Location)> {
    let stated = config.level(rule.id, rule.category, case, &[name])?;
    Some((stated.value, &stated.location))
}

fn rule_levels(rule: &Rule, base: &Config, head: &Config, top: &Location, out: &mut Violations) {
    let word = |level: Option<Severity>| level.map_or("off", Severity::word);
    let names = environment_names(rule, base, head);
    for case in rule.cases {
        let columns = Column::ALL.into_iter().map(|column| (column.word(), case.level(column), ""));
        // What a case is by default where an environment is called so depends on the ladder.
        let named = names.iter().map(|name| (*name, Some(Severity::Warning), *name));
        for (name, default, shown) in columns.chain(named) {
            let before = level(rule, case.id, name, base).map_or(default, |(level, _)| level);
            let (after, place) = level(rule, case.id, name, head).unwrap_or((default, top));
            if after < before {
                let environment = if shown.is_empty() { String::new() } else { format!(" in {shown}") };
                let message = format!(
                    "this change turns {} ({}){environment} from {} to {}",
                    rule.id,
                    case.id,
                    word(before),
                    word(after)
                );
                out.push(said("rule", place, message, rule.id));
                return;
            }
        }
    }
}

/// Severities of paths that the base did not set so.
fn paths(entry: &PathRules, base: &Config, out: &mut Violations) {
    let stated = |entry: &PathRules| {
        let globs: Vec<String> = entry.globs.iter().map(|glob| glob.value.clone()).collect();
        let levels: Vec<_> = entry.rules.iter().map(|(name, set)| (name.clone(), levels_of(set))).collect();
        (globs, levels)
    };
    if base.paths.iter().any(|known| stated(known) == stated(entry)) {
        return;
    }
    let names: Vec<&str> = entry.rules.keys().map(String::as_str).collect();
    for glob in &entry.globs {
        let message =
            format!("this change gives {} severities of its own in `{}`", names.join(", "), glob.value);
        out.push(said("rule", &glob.location, message, &glob.value));
    }
}

type Named = (String, Option<Severity>);

/// What is set, without the places it stands at.
fn levels_of(set: &RuleConfig) -> Vec<(String, Option<Option<Severity>>, Vec<Named>)> {
    let of = |case: &str, levels: &Levels| {
        let named = levels.environments.iter().map(|(name, level)| (name.clone(), level.value)).collect();
        (case.to_owned(), levels.everywhere.as_ref().map(|level| level.value), named)
    };
    let cases = set.cases.iter().map(|(case, levels)| of(case, levels));
    std::iter::once(of("", &set.levels)).chain(cases).collect()
}

/// Parameters that the base did not set so: which of two is the stricter only the rule knows.
fn params(name: &str, set: &RuleConfig, base: &Config, out: &mut Violations) {
    let before = base.rules.get(name);
    for (param, stated) in &set.params {
        let known = before.and_then(|set| set.params.get(param));
        if known.is_none_or(|known| known.value != stated.value) {
            let message = format!("this change sets `{param}` of {name}");
            let mut found = said("rule", &stated.location, message, &format!("{name}.{param}"));
            found.primary.text = "may ask for less than before".to_owned();
            out.push(found);
        }
    }
}

fn profile(base: &Config, head: &Config, top: &Location, out: &mut Violations) {
    let is_strict =
        |config: &Config| config.profile.as_ref().is_some_and(|profile| profile.value == Profile::Strict);
    if is_strict(base) && !is_strict(head) {
        let at = head.profile.as_ref().map_or(top, |profile| &profile.location);
        let message = "this change takes the profile from strict to recommended".to_owned();
        out.push(said("rule", at, message, "profile"));
    }
}

/// The environments that one of the configurations sets a severity of the rule for.
fn environment_names<'c>(rule: &Rule, base: &'c Config, head: &'c Config) -> BTreeSet<&'c str> {
    let of = |config: &'c Config| {
        let sets = [rule.id, rule.category].into_iter().filter_map(|name| config.rules.get(name));
        sets.flat_map(|set| std::iter::once(&set.levels).chain(set.cases.values()))
            .flat_map(|levels| levels.environments.keys().map(String::as_str))
            .filter(|name| Column::ALL.into_iter().all(|column| column.word() != *name))
    };
    of(base).chain(of(head)).collect()
}

fn waivers(waiver: &Waiver, base: &Config, out: &mut Violations) {
    let same = |other: &&Waiver| {
        let object = |one: &Waiver| one.object.as_ref().map(|object| object.value.clone());
        let environment = |one: &Waiver| one.environment.as_ref().map(|name| name.value.clone());
        other.rule.value == waiver.rule.value
            && object(other) == object(waiver)
            && environment(other) == environment(waiver)
    };
    let until = |one: &Waiver| one.until.as_ref().map(|until| until.value);
    let rule = &waiver.rule.value;
    let on = waiver.object.as_ref().map(|object| format!(" on {}", object.value)).unwrap_or_default();
    let message = match base.waivers.iter().find(same) {
        None => format!("this change waives {rule}{on}: \"{}\"", waiver.reason),
        Some(before) => match (until(before), until(waiver)) {
            (Some(before), Some(after)) if after > before => {
                format!("this change waives {rule}{on} until {after}, before it was until {before}")
            }
            (Some(_), None) => format!("this change waives {rule}{on} without an end"),
            _ => return,
        },
    };
    out.push(said("waiver", &waiver.location, message, rule));
}
