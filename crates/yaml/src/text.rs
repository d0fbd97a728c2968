//! A string that knows where each of its characters comes from.

use std::ops::Range;
use std::sync::Arc;

use crate::{FileId, OriginId, Origins, Role, Span};

/// A run of characters with one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// One past its last byte in the text; it starts where the run before ends. A run of no
    /// bytes marks what printed nothing there.
    pub end: u32,
    /// Where its bytes come from.
    pub origin: OriginId,
    /// If `Some(n)`, its bytes are the bytes of the origin's one span from the n-th on, one to
    /// one; else every byte of it comes from the whole origin.
    pub offset: Option<u32>,
    /// What decided that the run is there at all.
    pub context: OriginId,
}

impl Run {
    /// Its bytes in a range of the text, counted from `at`, where it starts.
    pub(crate) fn overlap(&self, at: u32, range: &Range<u32>) -> Range<u32> {
        let from = range.start.max(at);
        let to = range.end.min(self.end).max(from);
        from - at..to - at
    }

    /// The origin of some of its bytes, counted from its start, without what decided that they are
    /// there.
    pub(crate) fn origin_of(&self, bytes: Range<u32>, origins: &mut Origins) -> OriginId {
        match self.offset {
            Some(offset) => origins.part(self.origin, offset + bytes.start..offset + bytes.end),
            None => self.origin,
        }
    }
}

/// Characters with sorted runs of origins; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Text {
    string: Arc<str>,
    runs: Arc<[Run]>,
}

impl Text {
    /// The text of a whole file, every byte of it from the file.
    pub fn of_file(file: FileId, role: Role, origins: &mut Origins) -> Self {
        let string = origins.file(file).map(|file| Arc::clone(file.text())).unwrap_or_default();
        let end = narrow(string.len());
        let origin = origins.span(role, Span { file, start: 0, end });
        let run = Run { end, origin, offset: Some(0), context: OriginId::NONE };
        Self { string, runs: Arc::new([run]) }
    }

    /// The text of a file outside any job: byte for byte, of no origin yet.
    #[must_use]
    pub fn of_shared(string: &Arc<str>) -> Self {
        let end = narrow(string.len());
        let run = Run { end, origin: OriginId::NONE, offset: Some(0), context: OriginId::NONE };
        Self { string: Arc::clone(string), runs: Arc::new([run]) }
    }

    /// A text that is all of one origin, not byte for byte.
    #[must_use]
    pub fn opaque(string: &str, origin: OriginId) -> Self {
        let run = Run { end: narrow(string.len()), origin, offset: None, context: OriginId::NONE };
        Self { string: string.into(), runs: Arc::new([run]) }
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.string
    }

    /// The characters, shared.
    #[must_use]
    pub fn shared(&self) -> &Arc<str> {
        &self.string
    }

    /// The runs, sorted.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.string.len()
    }

    /// Whether it holds no character.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.string.is_empty()
    }

    /// The part of the text at `range`, with its runs; clamped to whole characters inside.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut builder = TextBuilder::default();
        builder.push_part(self, range);
        builder.build()
    }

    /// The origin of the bytes at `range`: exact where they lie in one byte-for-byte run, joined
    /// where they span several; what decided about each run is a guard.
    pub fn origin(&self, range: Range<u32>, origins: &mut Origins) -> OriginId {
        let mut whole = OriginId::NONE;
        let mut guards = OriginId::NONE;
        for (start, run) in self.runs_over(&range) {
            let origin = run.origin_of(run.overlap(start, &range), origins);
            whole = origins.join(whole, origin);
            guards = origins.join(guards, run.context);
        }
        origins.guard(whole, guards)
    }

    /// The one run that a range lies in, with its start; `None` where runs beside it have a say, and
    /// for an empty range. `near` is where the last search ended: readers go forward.
    pub(crate) fn only_run(&self, range: &Range<u32>, near: &mut usize) -> Option<(u32, &Run)> {
        let end_of = |at: usize| self.runs.get(at).map(|run| run.end);
        let start_of = |at: usize| at.checked_sub(1).and_then(end_of).unwrap_or(0);
        let holds =
            |at: usize| start_of(at) <= range.start && end_of(at).is_some_and(|end| range.start < end);
        if !holds(*near) {
            let next = near.saturating_add(1);
            let search = || self.runs.partition_point(|run| run.end <= range.start);
            *near = if holds(next) { next } else { search() };
        }
        let (at, start) = (*near, start_of(*near));
        let run = self.runs.get(at).filter(|run| range.start < range.end && range.end <= run.end)?;
        // A run of no bytes at either end would count too.
        let is_marked_before = start == range.start && at > 0 && start_of(at - 1) == start;
        let is_marked_behind = run.end == range.end && end_of(at + 1) == Some(run.end);
        (!is_marked_before && !is_marked_behind).then_some((start, run))
    }

    /// The runs that touch a range, each with its start. Runs of no bytes count when they stand
    /// inside the range; for an empty range the run it stands in is taken.
    pub fn runs_over(&self, range: &Range<u32>) -> impl Iterator<Item = (u32, &Run)> {
        runs_over(&self.runs, range.clone())
    }

    /// Whether more than one origin has content in a range: then it is no single span.
    pub(crate) fn is_of_several(&self, range: &Range<u32>) -> bool {
        let mut content = self.runs_over(range).map(|(_, run)| run).filter(|run| !run.origin.is_none());
        let Some(first) = content.next() else { return false };
        content.any(|run| run.offset.is_some() || run.origin != first.origin)
    }

    /// The runs, shared.
    pub(crate) fn shared_runs(&self) -> &Arc<[Run]> {
        &self.runs
    }
}

/// [`Text::runs_over`], of the runs alone.
pub(crate) fn runs_over(runs: &[Run], range: Range<u32>) -> impl Iterator<Item = (u32, &Run)> {
    let Range { start, end } = range;
    let first = runs.partition_point(|run| run.end < start);
    let mut at = first.checked_sub(1).and_then(|before| runs.get(before)).map_or(0, |run| run.end);
    let from = runs.iter().skip(first).map(move |run| {
        let begin = at;
        at = run.end;
        (begin, run)
    });
    from.take_while(move |(begin, _)| *begin <= end).filter(move |(begin, run)| {
        let overlaps = *begin < end && run.end > start;
        let marks = *begin == run.end && start <= *begin && *begin <= end;
        overlaps || marks || (start == end && *begin <= start && start < run.end)
    })
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.string == other.string
    }
}

impl Eq for Text {}

/// Builds a [`Text`] from pieces.
#[derive(Debug, Clone, Default)]
pub struct TextBuilder {
    string: String,
    runs: Vec<Run>,
}

impl TextBuilder {
    /// Length so far, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.string.len()
    }

    /// Whether nothing was printed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.string.is_empty()
    }

    /// The characters so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.string
    }

    /// Adds characters that are all of one origin; an empty string leaves a run of no bytes.
    pub fn push_str(&mut self, string: &str, origin: OriginId) {
        self.string.push_str(string);
        self.push_run(origin, None, OriginId::NONE);
    }

    /// Adds characters that are the bytes of `origin`'s one span from `offset` on.
    pub fn push_linear(&mut self, string: &str, origin: OriginId, offset: u32) {
        self.string.push_str(string);
        self.push_run(origin, Some(offset), OriginId::NONE);
    }

    /// Adds a whole text.
    pub fn push(&mut self, text: &Text) {
        self.push_part(text, 0..text.len());
    }

    /// Adds a part of a text, clamped to whole characters inside it.
    pub fn push_part(&mut self, text: &Text, range: Range<usize>) {
        let string = text.as_str();
        let end = floor(string, range.end);
        let start = floor(string, range.start).min(end);
        let base = narrow(self.string.len());
        let (from, to) = (narrow(start), narrow(end));
        self.string.push_str(&string[start..end]);
        for (begin, run) in text.runs_over(&(from..to)) {
            if from == to && begin != run.end {
                continue;
            }
            let cut = from.saturating_sub(begin);
            self.runs.push(Run {
                end: base + run.end.min(to) - from,
                offset: run.offset.map(|offset| offset + cut),
                ..*run
            });
        }
    }

    /// Ends the building.
    #[must_use]
    pub fn build(self) -> Text {
        Text { string: self.string.into(), runs: self.runs.into() }
    }

    fn push_run(&mut self, origin: OriginId, offset: Option<u32>, context: OriginId) {
        self.runs.push(Run { end: narrow(self.string.len()), origin, offset, context });
    }

    /// Adds a guard to every run from the given one on: what decided that they are there.
    pub fn guard_since(&mut self, run: usize, guard: OriginId, origins: &mut Origins) {
        for run in self.runs.iter_mut().skip(run) {
            run.context = origins.join(run.context, guard);
        }
    }

    /// How many runs there are, for [`TextBuilder::guard_since`].
    #[must_use]
    pub fn run_count(&self) -> usize {
        self.runs.len()
    }
}

fn floor(string: &str, at: usize) -> usize {
    let mut at = at.min(string.len());
    while !string.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Texts are bounded far below 4 GiB (a file 16 MiB, a chart's output 32 MiB).
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SourceFile;

    fn file_text(content: &str) -> (Origins, Text) {
        let mut origins = Origins::default();
        let file = origins.add_file(&Arc::new(SourceFile::of_text("f", content)));
        let text = Text::of_file(file, Role::Values, &mut origins);
        (origins, text)
    }

    fn spans(text: &Text, range: Range<u32>, origins: &mut Origins) -> Vec<(u32, u32)> {
        let origin = text.origin(range, origins);
        origins.content(origin).iter().map(|span| (span.start, span.end)).collect()
    }

    #[test]
    fn a_slice_of_a_slice_is_still_exact() {
        let (mut origins, text) = file_text("0123456789");
        let slice = text.slice(2..8).slice(1..4);
        assert_eq!(slice.as_str(), "345");
        assert_eq!(spans(&slice, 0..3, &mut origins), [(3, 6)]);
        assert_eq!(spans(&slice, 1..2, &mut origins), [(4, 5)]);
    }

    #[test]
    fn joined_pieces_keep_their_own_origins() {
        let (mut origins, text) = file_text("abcdef");
        let mut builder = TextBuilder::default();
        builder.push(&text.slice(0..2));
        builder.push_str("--", OriginId::NONE);
        builder.push(&text.slice(4..6));
        let joined = builder.build();
        assert_eq!(joined.as_str(), "ab--ef");
        assert_eq!(spans(&joined, 0..6, &mut origins), [(0, 2), (4, 6)]);
        assert_eq!(spans(&joined, 4..5, &mut origins), [(4, 5)]);
        assert_eq!(spans(&joined, 2..4, &mut origins), []);
    }

    #[test]
    fn what_printed_nothing_is_still_found() {
        let (mut origins, text) = file_text("abcdef");
        let whole = text.runs()[0].origin;
        let empty = origins.part(whole, 3..4);
        let mut builder = TextBuilder::default();
        builder.push(&text.slice(0..1));
        builder.push_str("", empty);
        builder.push(&text.slice(1..2));
        let text = builder.build();
        assert_eq!(spans(&text, 0..2, &mut origins), [(0, 1), (3, 4), (1, 2)]);
        let cut = text.slice(1..1);
        assert_eq!(spans(&cut, 0..0, &mut origins), [(3, 4)]);
    }

    #[test]
    fn a_guard_covers_the_runs_since() {
        let (mut origins, text) = file_text("abcdef");
        let whole = text.runs()[0].origin;
        let condition = origins.part(whole, 5..6);
        let mut builder = TextBuilder::default();
        builder.push(&text.slice(0..1));
        let since = builder.run_count();
        builder.push(&text.slice(1..2));
        builder.guard_since(since, condition, &mut origins);
        let text = builder.build();
        let guarded = text.origin(1..2, &mut origins);
        assert_eq!(origins.all(guarded).len(), 2);
        let free = text.origin(0..1, &mut origins);
        assert_eq!(origins.all(free).len(), 1);
    }

    proptest! {
        #[test]
        fn a_stretch_is_what_its_runs_join_to(
            pieces in prop::collection::vec((0_usize..5, 0_usize..6, 0_usize..6, 0_usize..4), 1..12),
            ranges in prop::collection::vec((0_u32..30, 0_u32..30), 1..20),
        ) {
            let (mut origins, text) = file_text("0123456789");
            let whole = text.runs()[0].origin;
            let (first, last) = (origins.part(whole, 0..1), origins.part(whole, 9..10));
            let conditions = [OriginId::NONE, first, last, origins.guard(first, last)];
            let mut made = Text::default();
            for (kind, start, len, guard) in pieces {
                let mut builder = TextBuilder::default();
                builder.push(&made);
                let since = builder.run_count();
                match kind {
                    0 => builder.push_str(&"x".repeat(len), first),
                    1 => builder.push_str("", last),
                    2 => builder.push_str("yy", OriginId::NONE),
                    3 => builder.push(&made.slice(start..start + len)),
                    _ => builder.push(&text.slice(start..(start + len).min(10))),
                }
                builder.guard_since(since, conditions[guard], &mut origins);
                made = builder.build();
            }
            let id = origins.add_text(made.shared_runs());
            for (start, end) in ranges {
                let joined = made.origin(start..end, &mut origins);
                if made.is_of_several(&(start..end)) {
                    let stretch = origins.stretch(id, start..end);
                    prop_assert_eq!(origins.exact(joined), None);
                    prop_assert_eq!(origins.all(stretch), origins.all(joined));
                    prop_assert_eq!(origins.first(stretch), origins.first(joined));
                    let role = origins.with_role(stretch, Role::Base);
                    let role_of_joined = origins.with_role(joined, Role::Base);
                    prop_assert_eq!(origins.all(role), origins.all(role_of_joined));
                }
            }
        }

        #[test]
        fn the_only_run_of_a_range_says_what_all_its_runs_say(
            pieces in prop::collection::vec((0_usize..3, 0_usize..6, 0_usize..6, any::<bool>()), 1..12),
            ranges in prop::collection::vec((0_u32..30, 0_u32..30), 1..20),
        ) {
            let (mut origins, text) = file_text("0123456789");
            let whole = text.runs()[0].origin;
            let condition = origins.part(whole, 9..10);
            let mut builder = TextBuilder::default();
            for (kind, start, len, guarded) in pieces {
                let since = builder.run_count();
                match kind {
                    0 => builder.push_str(&"x".repeat(len), whole),
                    1 => builder.push_str("", whole),
                    _ => builder.push(&text.slice(start..(start + len).min(10))),
                }
                if guarded {
                    builder.guard_since(since, condition, &mut origins);
                }
            }
            let made = builder.build();
            let mut near = 0;
            for (start, end) in ranges {
                let range = start..end;
                let only = made.only_run(&range, &mut near);
                prop_assert_eq!(only.is_some(), start < end && made.runs_over(&range).count() == 1
                    && made.runs_over(&range).all(|(begin, run)| begin <= start && end <= run.end));
                let Some((begin, run)) = only else { continue };
                let one = run.origin_of(start - begin..end - begin, &mut origins);
                let one = origins.guard(one, run.context);
                let all = made.origin(range, &mut origins);
                prop_assert_eq!(origins.all(one), origins.all(all));
            }
        }
    }
}
