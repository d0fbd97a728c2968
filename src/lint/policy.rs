//! The stricter of two policies: what either of them finds is found, as loud as the louder says.

use std::collections::{BTreeMap, BTreeSet};

use super::{Judged, in_order, leave};
use crate::finding::Finding;
use crate::rules::{self, sink};

/// What people read where only the policy that a change starts from finds something.
const BY_THE_OLD: &str = "the policy before this change finds this; what the change itself states would not";

/// Adds what the policy before the change finds.
pub(super) fn unite(own: &mut Judged, mut before: Judged) {
    let mut united = United::of(std::mem::take(&mut own.findings));
    for finding in std::mem::take(&mut before.findings) {
        // Waivers are the change's own in both, and are judged by its own policy.
        if finding.rule != rules::WAIVER_RULE {
            united.add(finding);
        }
    }
    own.findings = united.findings.into_iter().flatten().collect();
    sink::sort(&mut own.findings);
    let mut known: BTreeSet<Fact> = own.older.iter().map(Fact::of).collect();
    let fresh =
        std::mem::take(&mut before.older).into_iter().filter(|finding| known.insert(Fact::of(finding)));
    own.older.extend(fresh);
    own.not_checked =
        in_order([std::mem::take(&mut own.not_checked), std::mem::take(&mut before.not_checked)].concat());
    own.had_subject &= before.had_subject;
    own.rolled_back &= before.rolled_back;
    leave(before);
}

/// What a finding is about: an environment may have another name in another policy.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    rule: &'static str,
    case: &'static str,
    file: String,
    bytes: (u32, u32),
    is_waived: bool,
}

impl Fact {
    fn of(finding: &Finding) -> Self {
        let (file, start, end) = finding.primary.location.key();
        Self {
            rule: finding.rule,
            case: finding.case,
            file: file.to_owned(),
            bytes: (start, end),
            is_waived: finding.is_waived(),
        }
    }
}

/// The findings of both policies.
struct United {
    /// In the order in which they came; `None` in place of one that a louder one replaced.
    findings: Vec<Option<Finding>>,
    /// Where those of a fact stand.
    of: BTreeMap<Fact, Vec<usize>>,
}

impl United {
    fn of(findings: Vec<Finding>) -> Self {
        let mut of: BTreeMap<Fact, Vec<usize>> = BTreeMap::new();
        for (at, finding) in findings.iter().enumerate() {
            of.entry(Fact::of(finding)).or_default().push(at);
        }
        Self { findings: findings.into_iter().map(Some).collect(), of }
    }

    /// Adds a finding of the policy before the change, where it is louder than what its own says of
    /// the fact.
    fn add(&mut self, mut finding: Finding) {
        let same = self.of.entry(Fact::of(&finding)).or_default();
        let mut known = same.iter().filter_map(|&at| self.findings.get(at)?.as_ref());
        if known.any(|other| other.severity >= finding.severity) {
            return;
        }
        for at in same.drain(..) {
            if let Some(quieter) = self.findings.get_mut(at) {
                *quieter = None;
            }
        }
        same.push(self.findings.len());
        finding.note = Some(match finding.note {
            Some(note) => format!("{note}\n{BY_THE_OLD}"),
            None => BY_THE_OLD.to_owned(),
        });
        self.findings.push(Some(finding));
    }
}
