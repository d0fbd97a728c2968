//! Which version ran where, from when to when: the eras of a timeline, release by release.

use std::collections::HashMap;
use std::sync::Arc;

use super::state::Running;
use super::timeline::{Era, Timeline};
use crate::source::Gap;

/// One release from the commit that brought it to the commit that took it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What ran, as it was last.
    pub running: Arc<Running>,
    /// The position of the commit that brought it.
    pub from: usize,
    /// The position of the commit that replaced it; `None` while it runs.
    pub until: Option<usize>,
    /// Whether it may have begun before, in commits this clone lacks.
    pub is_open: bool,
    /// What ran when it began, as far as is known.
    last: Arc<Running>,
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
fn go_back(era: &Era, live: Vec<Span>, done: &mut Vec<Span>) -> Vec<Span> {
    let mut next = Vec::with_capacity(era.state.releases.len());
    let mut left: Vec<&Arc<Running>> = Vec::new();
    let mut at_once = ByPointer::new(live);
    let longer = |span: Span, running: &Arc<Running>| Span {
        from: era.from,
        is_open: era.is_open,
        last: Arc::clone(running),
        ..span
    };
    for running in &era.state.releases {
        match at_once.take(running) {
            Some(span) => next.push(longer(span, running)),
            None => left.push(running),
        }
    }
    let mut live = at_once.left();
    let mut take = |running: &Arc<Running>, is_same: fn(&Running, &Running) -> bool| {
        let at = live.iter().position(|span| is_same(&span.running, running))?;
        Some(longer(live.swap_remove(at), running))
    };
    let mut moved = Vec::new();
    for running in left {
        match take(running, is_same_there) {
            Some(span) => next.push(span),
            None => moved.push(running),
        }
    }
    // What moved to another cluster or namespace is the same release still.
    for running in moved {
        let begun = || Span {
            running: Arc::clone(running),
            from: era.from,
            until: era.until,
            is_open: era.is_open,
            last: Arc::clone(running),
        };
        next.push(take(running, is_same).unwrap_or_else(begun));
    }
    done.extend(live);
    next
}

/// Spans by the release they hold last: most go on with the very same one.
struct ByPointer {
    spans: HashMap<*const Running, Vec<Span>>,
}

impl ByPointer {
    fn new(all: Vec<Span>) -> Self {
        let mut spans: HashMap<*const Running, Vec<Span>> = HashMap::with_capacity(all.len());
        for span in all {
            spans.entry(Arc::as_ptr(&span.last)).or_default().push(span);
        }
        Self { spans }
    }

    fn take(&mut self, running: &Arc<Running>) -> Option<Span> {
        self.spans.get_mut(&Arc::as_ptr(running))?.pop()
    }

    /// What was not taken, in an order that does not depend on where it lies in memory.
    fn left(self) -> Vec<Span> {
        let mut left: Vec<Span> = self.spans.into_values().flatten().collect();
        left.sort_by(|a, b| (&a.running, a.from).cmp(&(&b.running, b.from)));
        left
    }
}

fn is_same(one: &Running, other: &Running) -> bool {
    one.model == other.model
        && one.environment == other.environment
        && one.written == other.written
        // A canary stage is a line of its own.
        && one.exposure == other.exposure
        && one.uri.trim_end_matches('/') == other.uri.trim_end_matches('/')
}

fn is_same_there(one: &Running, other: &Running) -> bool {
    one.cluster == other.cluster && one.namespace == other.namespace && is_same(one, other)
}
