//! From an origin to its spans: the graph, flattened.

use std::collections::HashSet;
use std::ops::Range;

use super::{Entry, Hasher, OriginId, OriginSpan, Origins, Role, Span, TextId, Via};
use crate::text::{Run, runs_over};

impl Origins {
    /// The spans of an origin, with what decided about it where `guards` says so.
    pub(super) fn places(&self, origin: OriginId, guards: bool) -> Vec<OriginSpan> {
        let mut found = Vec::new();
        self.walk(origin, guards, |role, via, span| found.extend(self.place(role, via, span)));
        found
    }

    /// Calls `each` with every span once, in graph order. Iterative: the graph may be deeper than the
    /// stack.
    pub(super) fn walk(&self, origin: OriginId, guards: bool, mut each: impl FnMut(Role, Via, Span)) {
        let mut seen: HashSet<Todo, Hasher> = HashSet::default();
        let mut listed: HashSet<(Via, Span), Hasher> = HashSet::default();
        let first = (Step::To(origin), None, Via::Content);
        let mut walk = Walk { origins: self, guards, now: vec![first], later: Vec::new() };
        while let Some(todo) = walk.now.pop().or_else(|| walk.later.pop()) {
            if !seen.insert(todo) {
                continue;
            }
            let Some((role, span)) = walk.take(todo) else { continue };
            let via = todo.2;
            if !listed.contains(&(Via::Content, span)) && listed.insert((via, span)) {
                each(role, via, span);
            }
        }
    }

    /// The runs over some bytes of a made text, each with its start.
    fn runs_of(&self, text: TextId, range: Range<u32>) -> impl Iterator<Item = (u32, &Run)> {
        runs_over(self.texts.get(text.0 as usize).map_or(&[][..], |runs| runs), range)
    }

    /// The guards that stand around all of an origin, the outermost first: of an exact one, all of
    /// its guards.
    pub(crate) fn guards_around(&self, origin: OriginId) -> Vec<OriginId> {
        let (mut at, mut guards) = (origin, Vec::new());
        loop {
            match self.entry(at) {
                Entry::Guarded(inner, guard) => {
                    guards.push(guard);
                    at = inner;
                }
                Entry::As(inner, _) => at = inner,
                Entry::Atom { .. } | Entry::None | Entry::Joined(..) | Entry::Stretch(..) => return guards,
            }
        }
    }
}

/// A step, the role that what lies behind it has whatever it says itself, and what it counts as.
type Todo = (Step, Option<Role>, Via);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    To(OriginId),
    /// To some bytes, counted from its start, of an origin that is one span.
    Part(OriginId, u32, u32),
    /// To what decided about an origin that is one span.
    GuardsOf(OriginId),
    /// To what decided that the runs over some bytes of a text are there.
    Contexts(TextId, u32, u32),
}

struct Walk<'o> {
    origins: &'o Origins,
    guards: bool,
    /// What comes next, the last first.
    now: Vec<Todo>,
    /// Guards, which come after all content.
    later: Vec<Todo>,
}

impl Walk<'_> {
    /// Takes a step: the span it leads to, or more steps.
    fn take(&mut self, (step, role_over, via): Todo) -> Option<(Role, Span)> {
        match step {
            Step::To(id) => return self.enter(id, role_over, via),
            Step::Part(whole, start, end) => {
                self.guard(Step::GuardsOf(whole));
                let (role, span) = self.origins.exact(whole)?;
                return Some((role_over.unwrap_or(role), span.part(start..end)));
            }
            Step::GuardsOf(whole) => self.go(self.origins.guards_around(whole), None, Via::Guard),
            Step::Contexts(text, start, end) => {
                let contexts = self.origins.runs_of(text, start..end).map(|(_, run)| run.context);
                self.go(contexts.collect(), None, Via::Guard);
            }
        }
        None
    }

    fn enter(&mut self, id: OriginId, role_over: Option<Role>, via: Via) -> Option<(Role, Span)> {
        match self.origins.entry(id) {
            Entry::None => {}
            Entry::Atom { role, span } => return Some((role_over.unwrap_or(role), span)),
            Entry::Joined(first, second) => {
                self.now.push((Step::To(second), role_over, via));
                self.now.push((Step::To(first), role_over, via));
            }
            Entry::Guarded(inner, guard) => {
                self.guard(Step::To(guard));
                self.now.push((Step::To(inner), role_over, via));
            }
            Entry::As(inner, role) => self.now.push((Step::To(inner), role_over.or(Some(role)), via)),
            Entry::Stretch(text, start, end) => {
                self.guard(Step::Contexts(text, start, end));
                let range = start..end;
                let runs = self.origins.runs_of(text, range.clone());
                let steps: Vec<Todo> =
                    runs.map(|(at, run)| (self.step_to(at, run, &range), role_over, via)).collect();
                self.now.extend(steps.into_iter().rev());
            }
        }
        None
    }

    /// Goes to some origins, in their order.
    fn go(&mut self, origins: Vec<OriginId>, role_over: Option<Role>, via: Via) {
        self.now.extend(origins.into_iter().rev().map(|origin| (Step::To(origin), role_over, via)));
    }

    fn guard(&mut self, step: Step) {
        if self.guards {
            self.later.push((step, None, Via::Guard));
        }
    }

    /// To what of a run, that starts `at`, lies in a range.
    fn step_to(&self, at: u32, run: &Run, range: &Range<u32>) -> Step {
        let bytes = run.overlap(at, range);
        match run.offset {
            Some(offset) if self.origins.exact(run.origin).is_some() => {
                Step::Part(run.origin, offset + bytes.start, offset + bytes.end)
            }
            _ => Step::To(run.origin),
        }
    }
}
