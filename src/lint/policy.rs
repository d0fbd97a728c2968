//! The stricter of two policies: what either of them finds is found, as loud as the louder says.

use super::{Judged, in_order, leave};
use crate::finding::Finding;
use crate::rules::{self, sink};

/// What people read where only the policy that a change starts from finds something.
const BY_THE_OLD: &str = "the policy before this change finds this; what the change itself states would not";

/// Adds what the policy before the change finds.
pub(super) fn unite(own: &mut Judged, mut before: Judged) {
    for mut finding in std::mem::take(&mut before.findings) {
        // Waivers are the change's own in both, and are judged by its own policy.
        if finding.rule == rules::WAIVER_RULE {
            continue;
        }
        let same = |other: &Finding| is_same(other, &finding);
        if own.findings.iter().any(|other| same(other) && other.severity >= finding.severity) {
            continue;
        }
        own.findings.retain(|other| !same(other));
        finding.note = Some(match finding.note {
            Some(note) => format!("{note}\n{BY_THE_OLD}"),
            None => BY_THE_OLD.to_owned(),
        });
        own.findings.push(finding);
    }
    sink::sort(&mut own.findings);
    for finding in std::mem::take(&mut before.older) {
        if !own.older.iter().any(|other| is_same(other, &finding)) {
            own.older.push(finding);
        }
    }
    own.not_checked =
        in_order([std::mem::take(&mut own.not_checked), std::mem::take(&mut before.not_checked)].concat());
    own.had_subject &= before.had_subject;
    own.rolled_back &= before.rolled_back;
    leave(before);
}

/// Whether two findings are of one fact: an environment may have another name in another policy.
fn is_same(one: &Finding, other: &Finding) -> bool {
    one.rule == other.rule
        && one.case == other.case
        && one.primary.location.key() == other.primary.location.key()
        && one.is_waived() == other.is_waived()
}
