//! Fixes: from what a rule wants to be different to edits of the files that say it.
//!
//! A rule states an intent on an object ([`crate::finding::Intent`]). The planner finds the places
//! whose edit could bring it (`sites`), makes the edits in a copy in memory, and renders the
//! repository again: exactly the intended fields may differ, wherever the edited bytes flow
//! (`judge`). What passes is the finding's fix, said with what restarts (`consequences`); for
//! everything else there is none. Findings whose edits do not touch are tried together.

mod consequences;
mod edited;
mod expect;
mod judge;
mod make;
mod mask;
mod sites;
mod view;

use std::collections::VecDeque;
use std::sync::Arc;

use mlgitops_files::Files;

use crate::discover::Discovery;
use crate::finding::{Edit, Finding};
use crate::fleet::Fleet;
pub use make::{Made, make, over};

use edited::Edited;
use judge::{Attempt, Things, Verdict, judge};
use sites::{Change, Way};
use view::Views;

/// How often the repository is rendered again at most for the fixes of one run.
const MOST_RENDERS: usize = 64;
/// How many ways are tried for one finding.
const MOST_WAYS: usize = 6;

/// The repository that is fixed.
pub struct World<'w> {
    /// Its files.
    pub files: &'w Arc<dyn Files>,
    /// What was found in them.
    pub discovery: &'w Discovery,
    /// What they deploy.
    pub fleet: &'w Fleet,
    /// Reads and renders a tree as the first one was.
    pub render: &'w Render<'w>,
}

/// Reads and renders a tree.
pub type Render<'r> = dyn Fn(&Arc<dyn Files>) -> (Arc<Discovery>, Fleet) + 'r;

/// Gives each finding that has one its fix.
pub fn plan(findings: &mut [Finding], world: &World<'_>) {
    let things = Things::of(world.fleet);
    let mut views = Views::new(&**world.files, world.discovery);
    let mut pending = VecDeque::new();
    for (number, finding) in findings.iter().enumerate() {
        if !finding.wanted.is_empty() && !finding.is_waived() {
            pending.push_back(Pending { number, plans: plans(finding, &things, &mut views) });
        }
    }
    let mut planner = Planner { findings, world, things: &things, renders: 0, found: Vec::new() };
    planner.settle(pending);
    for (number, edits, fed) in planner.found {
        if let Some(finding) = findings.get_mut(number) {
            finding.fix = consequences::fix(&finding.wanted, edits, &fed, &things, world.fleet);
        }
    }
}

/// A finding without a fix yet, and the edits left to try.
struct Pending {
    number: usize,
    plans: VecDeque<Vec<Edit>>,
}

/// The edits that could end a finding, the likeliest first.
fn plans(finding: &Finding, things: &Things<'_>, views: &mut Views<'_>) -> VecDeque<Vec<Edit>> {
    let Some(first) = finding.wanted.first() else { return VecDeque::new() };
    let manifest = things.find(first).and_then(|index| things.get(index));
    let Some((manifest, _)) = manifest else { return VecDeque::new() };
    let ways: Vec<Vec<Way>> =
        first.remedy.intents.iter().map(|intent| sites::ways(intent, manifest, views)).collect();
    if ways.iter().any(Vec::is_empty) {
        return VecDeque::new();
    }
    let most = ways.iter().map(Vec::len).max().unwrap_or(0);
    let mut plans: VecDeque<Vec<Edit>> = VecDeque::new();
    for at in 0..most {
        let way = |ways: &Vec<Way>| ways.get(at).or(ways.last()).cloned().unwrap_or_default();
        let changes: Vec<Change> = ways.iter().flat_map(way).collect();
        if let Some(edits) = sites::edits(&changes).filter(|edits| !plans.contains(edits)) {
            plans.push_back(edits);
        }
    }
    plans.truncate(MOST_WAYS);
    plans
}

/// The things that edits changed, each with its fields.
type Fed = Vec<(usize, Vec<mlgitops_yaml::Pointer>)>;

struct Planner<'p, 'w> {
    findings: &'p [Finding],
    world: &'p World<'w>,
    things: &'p Things<'w>,
    renders: usize,
    found: Vec<(usize, Vec<Edit>, Fed)>,
}

impl Planner<'_, '_> {
    /// Tries what is pending, as much together as can be, until each finding has a fix or nothing
    /// is left to try for it.
    fn settle(&mut self, mut pending: VecDeque<Pending>) {
        while !pending.is_empty() && self.renders < MOST_RENDERS {
            let mut edited = Edited::default();
            let (mut batch, mut later) = (Vec::new(), VecDeque::new());
            for mut one in pending {
                let Some(edits) = one.plans.pop_front() else { continue };
                if edited.add(one.number, &edits) {
                    batch.push((one, edits));
                } else {
                    one.plans.push_front(edits);
                    later.push_back(one);
                }
            }
            pending = later;
            pending.extend(self.together(batch, &mut edited));
        }
    }

    /// Makes the edits of some findings together; gives back those that have to be tried otherwise.
    fn together(&mut self, batch: Vec<(Pending, Vec<Edit>)>, edited: &mut Edited) -> Vec<Pending> {
        if batch.is_empty() || self.renders >= MOST_RENDERS {
            return Vec::new();
        }
        self.renders += 1;
        match self.verdicts(&batch, edited) {
            Some(verdicts) => {
                let mut again = Vec::new();
                for ((one, edits), verdict) in batch.into_iter().zip(verdicts) {
                    match verdict {
                        Verdict::Good(fed) => self.found.push((one.number, edits, fed)),
                        Verdict::Bad => again.push(one),
                    }
                }
                again
            }
            None if batch.len() == 1 => batch.into_iter().map(|(one, _)| one).collect(),
            None => {
                let mut first = batch;
                let second = first.split_off(first.len() / 2);
                let mut again = Vec::new();
                for half in [first, second] {
                    let mut edited = Edited::default();
                    for (one, edits) in &half {
                        edited.add(one.number, edits);
                    }
                    again.extend(self.together(half, &mut edited));
                }
                again
            }
        }
    }

    fn verdicts(&self, batch: &[(Pending, Vec<Edit>)], edited: &mut Edited) -> Option<Vec<Verdict>> {
        let overlay = edited.overlay(self.world.files)?;
        let (discovery, fleet) = (self.world.render)(&overlay);
        let worse = fleet.problems.len() > self.world.fleet.problems.len()
            || fleet.refused.len() > self.world.fleet.refused.len()
            || fleet.not_checked.len() > self.world.fleet.not_checked.len()
            || errors(&discovery) > errors(self.world.discovery);
        if worse {
            return None;
        }
        let attempt = |(one, _): &(Pending, Vec<Edit>)| {
            let wanted = self.findings.get(one.number).map_or(&[][..], |finding| &finding.wanted);
            Attempt { number: one.number, wanted }
        };
        let attempts: Vec<Attempt<'_>> = batch.iter().map(attempt).collect();
        judge(&attempts, edited, self.things, &Things::of(&fleet))
    }
}

/// How many files cannot be read as YAML.
fn errors(discovery: &Discovery) -> usize {
    discovery.files.values().map(|found| found.tree.errors().len()).sum()
}
