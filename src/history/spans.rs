//! Which version ran where, from when to when: the eras of a timeline, release by release.

use super::state::Running;
use super::timeline::{Era, Timeline};
use crate::source::Gap;

/// One release from the commit that brought it to the commit that took it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What ran, as it was last.
    pub running: Running,
    /// The position of the commit that brought it.
    pub from: usize,
    /// The position of the commit that replaced it; `None` while it runs.
    pub until: Option<usize>,
    /// Whether it may have begun before, in commits this clone lacks.
    pub is_open: bool,
}

impl Span {
    /// Whether it ran at a commit.
    #[must_use]
    pub fn holds(&self, at: usize) -> bool {
        at <= self.from && self.until.is_none_or(|until| until < at)
    }
}

impl Timeline {
    /// Every release there ever was, oldest first, and what could not be read behind the oldest.
    #[must_use]
    pub fn spans(&self) -> (Vec<Span>, Option<Gap>) {
        let mut done: Vec<Span> = Vec::new();
        let mut live: Vec<Span> = Vec::new();
        let mut number = 0;
        let gap = loop {
            match self.era(number) {
                Ok(Some(era)) => live = go_back(&era, live, &mut done),
                Ok(None) => break None,
                Err(gap) => break Some(gap),
            }
            number += 1;
        };
        done.extend(live);
        done.sort_by(|a, b| (b.from, &a.running).cmp(&(a.from, &b.running)));
        (done, gap)
    }
}

/// Lengthens the releases that ran in an era too, begins those that did not run later, and puts
/// the rest away.
fn go_back(era: &Era, mut live: Vec<Span>, done: &mut Vec<Span>) -> Vec<Span> {
    let mut next = Vec::with_capacity(era.state.releases.len());
    let mut left: Vec<&Running> = Vec::new();
    let take = |running: &Running, is_same: fn(&Running, &Running) -> bool, live: &mut Vec<Span>| {
        let at = live.iter().position(|span| is_same(&span.running, running))?;
        let span = live.swap_remove(at);
        Some(Span { from: era.from, is_open: era.is_open, ..span })
    };
    for running in &era.state.releases {
        match take(running, is_same_there, &mut live) {
            Some(span) => next.push(span),
            None => left.push(running),
        }
    }
    // What moved to another cluster or namespace is the same release still.
    for running in left {
        let span = take(running, is_same, &mut live).unwrap_or_else(|| Span {
            running: running.clone(),
            from: era.from,
            until: era.until,
            is_open: era.is_open,
        });
        next.push(span);
    }
    done.extend(live);
    next
}

fn is_same(one: &Running, other: &Running) -> bool {
    one.model == other.model
        && one.environment == other.environment
        && one.written == other.written
        && one.uri.trim_end_matches('/') == other.uri.trim_end_matches('/')
}

fn is_same_there(one: &Running, other: &Running) -> bool {
    one.cluster == other.cluster && one.namespace == other.namespace && is_same(one, other)
}
