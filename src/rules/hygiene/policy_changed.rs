//! `hygiene/policy-changed`: what a change to the configuration no longer asks for.

use super::super::registry::RULES;
use super::super::{Check, Context, Rule, Violations};
use crate::config::{Config, EnvironmentConfig, RuleConfig, Waiver};
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
        .note("the change is judged by the stricter of the two policies")
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

/// The loudest a case gets in a column, in one configuration.
fn level(rule: &Rule, case: usize, column: Column, config: &Config) -> Option<Severity> {
    let case = rule.cases.get(case)?;
    let set = |name: &str| config.rules.get(name).and_then(|set| stated(set, case.id));
    let long = format!("{}/{}", rule.category, rule.id);
    match set(rule.id).or_else(|| set(&long)).or_else(|| set(rule.category)) {
        Some(level) => level,
        None => case.level(column),
    }
}

fn stated(set: &RuleConfig, case: &str) -> Option<Option<Severity>> {
    set.cases.get(case).or(set.level.as_ref()).map(|level| level.value)
}

fn rule_levels(rule: &Rule, base: &Config, head: &Config, top: &Location, out: &mut Violations) {
    let lower = (0..rule.cases.len()).find_map(|case| {
        Column::ALL.into_iter().find_map(|column| {
            let (before, after) = (level(rule, case, column, base), level(rule, case, column, head));
            (after < before).then_some((case, before, after))
        })
    });
    let environments =
        |config: &Config| config.rules.get(rule.id).map(|set| set.environments.clone()).unwrap_or_default();
    let in_environment = environments(head).into_iter().find(|(name, level)| {
        let before = environments(base).get(name).map(|level| level.value);
        before.map_or(level.value < Some(Severity::Warning), |before| level.value < before)
    });
    let word = |level: Option<Severity>| level.map_or("off", Severity::word);
    if let Some((case, before, after)) = lower {
        let name = rule.cases.get(case).map_or("", |case| case.id);
        let message =
            format!("this change turns {} ({name}) from {} to {}", rule.id, word(before), word(after));
        out.push(said("rule", place(rule, name, head).unwrap_or(top), message, rule.id));
    } else if let Some((name, level)) = in_environment {
        let message = format!("this change turns {} in {name} to {}", rule.id, word(level.value));
        out.push(said("rule", &level.location, message, rule.id));
    }
}

/// Where the setting of a case stands.
fn place<'c>(rule: &Rule, case: &str, config: &'c Config) -> Option<&'c Location> {
    let long = format!("{}/{}", rule.category, rule.id);
    [rule.id, long.as_str(), rule.category].into_iter().find_map(|name| {
        let set = config.rules.get(name)?;
        let level = set.cases.get(case).or(set.level.as_ref());
        level.map(|level| &level.location).or(set.location.as_ref())
    })
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
