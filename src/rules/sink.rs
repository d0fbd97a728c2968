//! The one place where severities, waivers and selection apply and violations become findings.

mod alike;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use crate::config::{Config, Level, Waiver, is_below};
use crate::finding::{Finding, Fingerprint, Location, PlaceOfFinding, Severity, Violation, Waived, Wanted};
use crate::fleet::{Column, Environment, Fleet};

use super::Rule;

/// What the sink is told beside the violations.
pub struct Settings<'s> {
    /// The configuration: severities.
    pub config: &'s Config,
    /// Where things run.
    pub fleet: &'s Fleet,
    /// Waivers of the configuration and of comments.
    pub waivers: &'s [Waiver],
    /// The day it is, for waivers that end.
    pub today: jiff::civil::Date,
    /// The releases that a rollback takes back: what is found on their objects is at most a
    /// warning.
    pub softened: Option<&'s BTreeSet<usize>>,
    /// Whether a commit is about to be made, on a machine whose main is as old as its last fetch:
    /// what is said of promotion is at most a warning.
    pub is_hook: bool,
    /// What was there before the change, and is not its doing; `None` where nobody asks.
    pub older: Option<&'s BTreeSet<Fingerprint>>,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Sunk {
    /// The findings, in the total order of reports.
    pub findings: Vec<Finding>,
    /// Those that were there before the change.
    pub older: Vec<Finding>,
    /// The indices of waivers that something needed.
    pub used_waivers: BTreeSet<usize>,
}

/// Turns violations into findings.
#[must_use]
pub fn sink(violations: Vec<(&'static Rule, Vec<Violation>)>, settings: &Settings<'_>) -> Sunk {
    let all: Vec<(&'static Rule, Violation)> =
        violations.into_iter().flat_map(|(rule, all)| all.into_iter().map(move |one| (rule, one))).collect();
    let causes = all.iter().filter_map(|(_, violation)| Some(violation.caused_by.as_ref()?.rule)).collect();
    let weighed: Vec<Weighed<'_>> =
        all.into_par_iter().filter_map(|(rule, violation)| settings.weigh(rule, violation)).collect();
    let mut sink = Sink {
        settings,
        sunk: Sunk::default(),
        counts: HashMap::with_capacity(weighed.len()),
        causes,
        named: BTreeMap::new(),
        located: BTreeMap::new(),
        candidates: Candidates::of(settings.waivers),
    };
    // Each with whether it was there before the change.
    let mut groups: Vec<(bool, Vec<Judged>)> = Vec::new();
    let mut known: HashMap<GroupKey, usize> = HashMap::with_capacity(weighed.len());
    for mut one in weighed {
        let said = std::mem::take(&mut one.said);
        let judged = sink.judge(one);
        let is_older = sink.is_older(judged.place.fingerprint);
        let index = *known.entry(group_key(&judged, is_older, said)).or_insert(groups.len());
        match groups.get_mut(index) {
            Some(group) => group.1.push(judged),
            None => groups.push((is_older, vec![judged])),
        }
    }
    drop(known);
    let owned: HashSet<About<'_>> = groups.iter().filter_map(|(_, group)| owns(group.first()?)).collect();
    let is_said = |group: &[Judged]| group.first().is_some_and(|one| owned.contains(&about(one)));
    let is_said: Vec<bool> = groups.iter().map(|(_, group)| is_said(group)).collect();
    let groups = groups.into_par_iter().zip(is_said).filter(|(_, is_said)| !is_said);
    let merged: Vec<(bool, Finding)> =
        groups.filter_map(|((is_older, group), _)| Some((is_older, sink.merge(group)?))).collect();
    for (is_older, finding) in merged {
        let sunk = &mut sink.sunk;
        if is_older { sunk.older.push(finding) } else { sunk.findings.push(finding) }
    }
    sink.finish()
}

/// A violation with what it says of itself alone.
struct Weighed<'s> {
    rule: &'static Rule,
    violation: Violation,
    environment: Option<&'s Environment>,
    severity: Severity,
    /// Its fingerprint, if it is the first of that.
    first: Fingerprint,
    /// What it says but whom it is said of.
    said: [String; 3],
}

/// A violation with its severity and its waiver.
struct Judged {
    rule: &'static Rule,
    violation: Violation,
    place: PlaceOfFinding,
}

/// Violations with the same key are one finding: rule, case, primary span, and everything said but
/// whom it is said of.
#[derive(PartialEq, Eq, Hash)]
struct GroupKey {
    is_older: bool,
    rule: &'static str,
    case: &'static str,
    span: (String, u32, u32),
    said: [String; 3],
}

fn group_key(judged: &Judged, is_older: bool, said: [String; 3]) -> GroupKey {
    let (file, start, end) = judged.violation.primary.location.key();
    GroupKey {
        is_older,
        rule: judged.rule.id,
        case: judged.violation.case,
        span: (file.to_owned(), start, end),
        said,
    }
}

/// Rules that say of some bytes what becomes of them, each with the rule that says of the same bytes
/// that something may.
const OWNERS: [(&str, &str); 1] = [("coerced-value", "yaml-ambiguity")];

/// A rule, and the bytes it speaks of.
type About<'j> = (&'static str, (&'j str, u32, u32));

fn about(judged: &Judged) -> About<'_> {
    (judged.rule.id, judged.violation.primary.location.key())
}

/// What a finding leaves nothing to say about: the rule that is silent, and the bytes.
fn owns(judged: &Judged) -> Option<About<'_>> {
    let (rule, span) = about(judged);
    let (_, silent) = OWNERS.iter().find(|(owner, _)| *owner == rule)?;
    Some((silent, span))
}

/// What names a violation that another one may follow from: rule, object, field, place.
type Name = (&'static str, Option<String>, String, Option<u32>);

/// The same by where it stands: rule, file, first and last byte, environment.
type Located = (&'static str, String, u32, u32, Option<String>);

fn located(rule: &'static str, at: &Location, environment: Option<&Environment>) -> Located {
    let (file, start, end) = at.key();
    (rule, file.to_owned(), start, end, environment.map(|environment| environment.name.clone()))
}

struct Sink<'s> {
    settings: &'s Settings<'s>,
    sunk: Sunk,
    /// How often each fingerprint came up: the second one is another violation.
    counts: HashMap<Fingerprint, u32>,
    /// The rules that others may follow from.
    causes: HashSet<&'static str>,
    /// The fingerprints of their violations by rule, object, field and place.
    named: BTreeMap<Name, Fingerprint>,
    /// The same by rule, place of the primary label and environment.
    located: BTreeMap<Located, Fingerprint>,
    candidates: Candidates<'s>,
}

/// Which waivers may cover a violation, found without asking all of them.
struct Candidates<'s> {
    /// Those of the configuration.
    stated: Vec<usize>,
    /// Those in comments, by file: first line, last line, index. A comment covers up to the next
    /// line that holds content, so the last lines ascend as the first ones do.
    comments: BTreeMap<&'s str, Vec<(u32, u32, usize)>>,
}

impl<'s> Candidates<'s> {
    fn of(waivers: &'s [Waiver]) -> Self {
        let mut found = Self { stated: Vec::new(), comments: BTreeMap::new() };
        for (index, waiver) in waivers.iter().enumerate() {
            match &waiver.lines {
                Some(lines) => {
                    let in_file = found.comments.entry(waiver.location.path()).or_default();
                    in_file.push((*lines.start(), *lines.end(), index));
                }
                None => found.stated.push(index),
            }
        }
        found
    }

    /// The indices of those that may cover a violation, in their order.
    fn for_violation(&self, violation: &Violation) -> BTreeSet<usize> {
        let mut indices: BTreeSet<usize> = self.stated.iter().copied().collect();
        for location in &violation.content {
            let (first, last) = (location.position().line, location.end_position().line);
            let in_file = self.comments.get(location.path()).map_or(&[][..], Vec::as_slice);
            let begin = in_file.partition_point(|(_, end, _)| *end < first);
            let covering = in_file.iter().skip(begin).take_while(|(start, _, _)| *start <= last);
            indices.extend(covering.map(|(_, _, index)| *index));
        }
        indices
    }
}

impl<'s> Settings<'s> {
    /// What is known of a violation without the others; `None` where its case is off.
    fn weigh(&self, rule: &'static Rule, violation: Violation) -> Option<Weighed<'s>> {
        let environment = violation.place.and_then(|place| self.fleet.environment(place));
        let severity = self.severity(rule, &violation, environment)?;
        let is_soft = self.is_softened(&violation) || (self.is_hook && rule.category == "promotion");
        let severity = if is_soft { severity.min(Severity::Warning) } else { severity };
        let first = self.fingerprint(rule, &violation, environment);
        let said = alike::said(&violation);
        Some(Weighed { rule, violation, environment, severity, first, said })
    }

    /// What the configuration sets, else the table of defaults.
    fn severity(&self, rule: &Rule, violation: &Violation, environment: Option<&Environment>) -> Level {
        let column = environment.map_or(Column::Unnamed, |environment| environment.column);
        // A column's word that is also the name of an environment means that environment alone.
        let word = Some(column.word()).filter(|word| !self.is_environment(word));
        let names: Vec<&str> =
            environment.map(|environment| environment.name.as_str()).into_iter().chain(word).collect();
        let path = violation.primary.location.path();
        match self.config.level_at((rule.id, rule.category, violation.case), &names, path) {
            Some(stated) => stated.value,
            None => {
                let case = rule.cases.iter().find(|case| case.id == violation.case)?;
                self.config.default_level(case.level(column), column == Column::Prod)
            }
        }
    }

    /// Whether a violation stands in an object that a rollback takes back.
    fn is_softened(&self, violation: &Violation) -> bool {
        let fleet = self.fleet;
        let releases = self.softened.into_iter().flatten();
        let mut objects = releases.filter_map(|index| fleet.objects.get(fleet.releases.get(*index)?.object));
        objects.any(|object| {
            Some(object.place) == violation.place && Some(&object.manifest.id) == violation.object.as_ref()
        })
    }

    fn is_environment(&self, word: &str) -> bool {
        self.fleet.environments.iter().any(|environment| environment.name == word)
    }

    fn fingerprint(
        &self,
        rule: &Rule,
        violation: &Violation,
        environment: Option<&Environment>,
    ) -> Fingerprint {
        let place = violation.place.and_then(|place| self.fleet.place(place));
        let cluster = place.and_then(|place| place.cluster.as_deref()).unwrap_or("");
        let namespace = place.and_then(|place| place.namespace.as_deref()).unwrap_or("");
        let object = violation.object.as_ref().map(|object| format!("{}/{}", object.kind, object.name));
        Fingerprint::of(&[
            rule.id,
            violation.case,
            environment.map_or("", |environment| environment.name.as_str()),
            cluster,
            namespace,
            object.as_deref().unwrap_or(""),
            &violation.field,
            violation.word.as_deref().unwrap_or(""),
        ])
    }
}

impl Sink<'_> {
    /// Tells a violation from those of the same fingerprint, and applies waivers.
    fn judge(&mut self, weighed: Weighed<'_>) -> Judged {
        let Weighed { rule, violation, environment, severity, first, .. } = weighed;
        let fingerprint = self.counted(first);
        let place = violation.place.and_then(|place| self.settings.fleet.place(place));
        let waived = self.waiver(rule, &violation, environment);
        if self.causes.contains(rule.id) {
            let object = violation.object.as_ref().map(ToString::to_string);
            let name = (rule.id, object, violation.field.clone(), violation.place.map(|place| place.0));
            self.named.entry(name).or_insert(fingerprint);
            let located = located(rule.id, &violation.primary.location, environment);
            self.located.entry(located).or_insert(fingerprint);
        }
        let place = PlaceOfFinding {
            environment: environment.map(|environment| environment.name.clone()),
            cluster: place.and_then(|place| place.cluster.clone()),
            namespace: place.and_then(|place| place.namespace.clone()),
            model: violation.model.clone(),
            object: violation.object.clone(),
            path: violation.path.clone(),
            fingerprint,
            severity,
            waived,
        };
        Judged { rule, violation, place }
    }

    /// The fingerprint of the next violation that has this one.
    fn counted(&mut self, first: Fingerprint) -> Fingerprint {
        let count = self.counts.entry(first).or_default();
        *count += 1;
        match count {
            1 => first,
            count => Fingerprint::of(&[&first.to_string(), &count.to_string()]),
        }
    }

    fn waiver(
        &mut self,
        rule: &Rule,
        violation: &Violation,
        environment: Option<&Environment>,
    ) -> Option<Waived> {
        let today = self.settings.today;
        let holds = |waiver: &&Waiver| {
            let word = waiver.rule.value.as_str();
            let names_rule = word == rule.id
                || word == rule.category
                || word.split_once('/') == Some((rule.category, rule.id));
            let in_time = waiver.until.as_ref().is_none_or(|until| today <= until.value);
            let in_environment = waiver
                .environment
                .as_ref()
                .is_none_or(|name| environment.is_some_and(|environment| environment.name == name.value));
            // Where CODEOWNERS can hold them: a comment waives no promotion (design.md, Safety).
            let may_stand_there = waiver.lines.is_none() || rule.category != "promotion";
            names_rule
                && may_stand_there
                && in_time
                && in_environment
                && !waiver.reason.is_empty()
                && covers(waiver, violation)
        };
        let candidates = self.candidates.for_violation(violation).into_iter();
        let mut waivers = candidates.filter_map(|index| Some((index, self.settings.waivers.get(index)?)));
        let (index, waiver) = waivers.find(|(_, waiver)| holds(waiver))?;
        self.sunk.used_waivers.insert(index);
        Some(Waived {
            reason: waiver.reason.clone(),
            owner: waiver.owner.clone(),
            ticket: waiver.ticket.as_ref().map(|ticket| ticket.value.clone()),
            until: waiver.until.as_ref().map(|until| until.value.to_string()),
            days_left: waiver.until.as_ref().map(|until| until.value.duration_since(today).as_hours() / 24),
            location: waiver.location.clone(),
        })
    }

    /// Whether it was there before the change.
    fn is_older(&self, fingerprint: Fingerprint) -> bool {
        self.settings.older.is_some_and(|older| older.contains(&fingerprint))
    }

    /// One finding of violations with one cause; places of one fingerprint are one place.
    fn merge(&self, group: Vec<Judged>) -> Option<Finding> {
        let names = group.iter().filter_map(|one| alike::name(&one.violation)).map(str::to_owned).collect();
        let mut group = group.into_iter();
        let Judged { rule, violation, place } = group.next()?;
        let is_older = self.is_older(place.fingerprint);
        let mut places = vec![place];
        let mut related = violation.related.clone();
        let mut wanted = vec![wanted(&violation)];
        for next in group {
            wanted.push(self::wanted(&next.violation));
            for label in next.violation.related {
                if !related.contains(&label) {
                    related.push(label);
                }
            }
            places.push(next.place);
        }
        let violation = alike::of_all(violation, &names);
        let severity = |waived: bool| {
            places.iter().filter(|place| place.waived.is_some() == waived).map(|place| place.severity).max()
        };
        let severity = severity(false).or(severity(true)).unwrap_or(Severity::Note);
        let environment = || violation.place.and_then(|place| self.settings.fleet.environment(place));
        let caused_by = violation.caused_by.as_ref().and_then(|cause| {
            if let Some(at) = &cause.at {
                return self.located.get(&located(cause.rule, at, environment())).copied();
            }
            let object = violation.object.as_ref().map(ToString::to_string);
            let place = violation.place.map(|place| place.0);
            let field = cause.field.clone();
            match field {
                Some(field) => self.named.get(&(cause.rule, object, field, place)).copied(),
                None => self
                    .named
                    .iter()
                    .find(|((rule, of, _, at), _)| *rule == cause.rule && *of == object && *at == place)
                    .map(|(_, fingerprint)| *fingerprint),
            }
        });
        // What follows from something that is not reported stands for itself.
        let caused_by = caused_by.filter(|cause| is_older || !self.is_older(*cause));
        Some(Finding {
            rule: rule.id,
            case: violation.case,
            category: rule.category,
            severity,
            message: with_places(&violation.message, &places),
            primary: violation.primary,
            related,
            note: violation.note,
            help: violation.help,
            places,
            caused_by,
            passes_at: violation.passes_at,
            // What cannot be ended at one place is not ended at the others.
            wanted: wanted.into_iter().collect::<Option<_>>().unwrap_or_default(),
            fix: None,
        })
    }

    fn finish(mut self) -> Sunk {
        sort(&mut self.sunk.findings);
        self.sunk
    }
}

/// What would end a violation, and where.
fn wanted(violation: &Violation) -> Option<Wanted> {
    let (object, root) = (violation.object.clone()?, violation.root.clone()?);
    Some(Wanted { place: violation.place, object, root, remedy: violation.remedy.clone()? })
}

/// Brings findings into the total order of reports.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
}

/// What findings are ordered by: file, start and end; the rule; the first environment and its
/// fingerprint.
type Order<'f> = ((&'f str, u32, u32), &'f str, Option<&'f str>, Option<Fingerprint>);

fn order(finding: &Finding) -> Order<'_> {
    let first = finding.places.first();
    let environment = first.and_then(|place| place.environment.as_deref());
    (finding.primary.location.key(), finding.rule, environment, first.map(|place| place.fingerprint))
}

fn covers(waiver: &Waiver, violation: &Violation) -> bool {
    if let Some(lines) = &waiver.lines {
        let covers_line = |location: &Location| {
            let first = location.position().line;
            let last = location.end_position().line;
            location.path() == waiver.location.path() && *lines.start() <= last && first <= *lines.end()
        };
        return violation.content.iter().any(covers_line);
    }
    let is_in = |folder: &String| violation.content.iter().any(|at| is_below(at.path(), folder));
    if waiver.folder.as_ref().is_some_and(|folder| !is_in(folder)) {
        return false;
    }
    let Some(object) = &waiver.object else { return true };
    violation.object.as_ref().is_some_and(|id| {
        let long = id.to_string();
        long == object.value || format!("{}/{}", id.kind, id.name) == object.value
    })
}

/// ` in prod`, ` in dev and staging`, or nothing where no environment has a name.
fn with_places(message: &str, places: &[PlaceOfFinding]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in places.iter().filter_map(|place| place.environment.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let text = match names.as_slice() {
        [] => String::new(),
        [one] => format!(" in {one}"),
        [rest @ .., last] => format!(" in {} and {last}", rest.join(", ")),
    };
    message.replace("{places}", &text)
}
