//! Why a node has its value: spans of files, each with a role, in a shared graph.
//!
//! One render job owns one append-only [`Origins`]; nodes hold [`OriginId`]s into it. Sets of
//! origins are nodes of a hash-consed graph and are flattened only when somebody asks.

mod walk;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;
use std::sync::Arc;

use rapidhash::fast::RapidHasher;

use crate::SourceFile;
use crate::text::Run;

/// An entry of an [`Origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginId(u32);

impl OriginId {
    /// No origin: what the tool itself supplied.
    pub const NONE: Self = Self(0);

    /// Whether this is [`OriginId::NONE`].
    #[must_use]
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// A file of an [`Origins`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A text of an [`Origins`] that something made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TextId(u32);

/// What the bytes of a span are, in the words of design.md (Origins).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A value in a plain manifest.
    Source,
    /// A value in a values file, in `helm.values`, `valuesObject`, or HelmRelease `values`.
    Values,
    /// An Argo CD `helm.parameters` entry, an ApplicationSet element, a `postBuild` variable.
    Parameter,
    /// A literal inside an action of a template, with its quotes.
    Literal,
    /// Text of a template, or a whole action where nothing else flowed.
    Template,
    /// The patch that set a value.
    Patch,
    /// The value before a patch.
    Base,
    /// The field of a kustomization that made it.
    Transformer,
    /// An entry of a generator.
    Generated,
    /// A field of Chart.yaml, or a file read by `.Files`.
    Chart,
    /// A field of an Application, ApplicationSet template, Flux object or `mlgitops.yaml`.
    Deployment,
    /// No file: the command line, or a tool's default.
    Builtin,
}

impl Role {
    /// The word printed for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Values => "values",
            Self::Parameter => "parameter",
            Self::Literal | Self::Template => "template",
            Self::Patch => "patch",
            Self::Base => "base",
            Self::Transformer => "transformer",
            Self::Generated => "generated",
            Self::Chart => "chart",
            Self::Deployment => "deployment",
            Self::Builtin => "builtin",
        }
    }

    /// Order among the content of one node: the smaller is the better place to edit.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Patch => 0,
            Self::Transformer => 1,
            Self::Generated => 2,
            Self::Parameter => 3,
            Self::Values => 4,
            Self::Chart => 5,
            Self::Deployment => 6,
            Self::Source => 7,
            Self::Literal => 8,
            Self::Template => 9,
            Self::Base => 10,
            Self::Builtin => 11,
        }
    }
}

/// How a span takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// Its bytes are in the node.
    Content,
    /// It decided which bytes, or whether.
    Guard,
}

/// Bytes of one file of an [`Origins`]; offsets count its decoded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte; equal to `start` for an insertion point.
    pub end: u32,
}

impl Span {
    /// How many bytes it has.
    #[must_use]
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it is an insertion point.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Some of its bytes, counted from its start; no more than there are.
    fn part(self, range: Range<u32>) -> Self {
        let start = self.start.saturating_add(range.start).min(self.end);
        let end = self.start.saturating_add(range.end).min(self.end).max(start);
        Self { start, end, ..self }
    }
}

/// One span of an origin, free of the job that found it.
#[derive(Debug, Clone)]
pub struct OriginSpan {
    /// What the bytes are.
    pub role: Role,
    /// Whether they are in the node or decided about it.
    pub via: Via,
    /// The file they stand in.
    pub file: Arc<SourceFile>,
    /// First byte, in the decoded text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl PartialEq for OriginSpan {
    fn eq(&self, other: &Self) -> bool {
        self.role == other.role
            && self.via == other.via
            && self.start == other.start
            && self.end == other.end
            && self.file.path() == other.file.path()
    }
}

impl Eq for OriginSpan {}

impl std::hash::Hash for OriginSpan {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.role, self.via, self.start, self.end).hash(state);
        self.file.path().hash(state);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Entry {
    None,
    Atom {
        role: Role,
        span: Span,
    },
    /// Content of both, the first one's before.
    Joined(OriginId, OriginId),
    /// The first as it is; everything of the second as guards.
    Guarded(OriginId, OriginId),
    /// The first with every content span given this role.
    As(OriginId, Role),
    /// These bytes of a made text, from several origins: what [`crate::Text::origin`] joins, found
    /// where somebody asks. Hardly anybody asks where a map of thirty fields is from.
    Stretch(TextId, u32, u32),
}

/// Ids and spans are ours: nobody can choose them to collide.
type Hasher = BuildHasherDefault<RapidHasher<'static>>;

/// The origins of one render job. Append-only; ids stay valid.
#[derive(Debug, Clone)]
pub struct Origins {
    files: Vec<Arc<SourceFile>>,
    by_path: HashMap<Arc<str>, FileId>,
    texts: Vec<Arc<[Run]>>,
    /// The runs of all those texts.
    runs: usize,
    entries: Vec<Entry>,
    shared: HashMap<Entry, OriginId, Hasher>,
    /// The roles of all spans: a bit for each rank.
    roles: u16,
}

impl Default for Origins {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            by_path: HashMap::new(),
            texts: Vec::new(),
            runs: 0,
            entries: vec![Entry::None],
            shared: HashMap::default(),
            roles: 0,
        }
    }
}

impl Origins {
    /// Adds a file, once for each path.
    pub fn add_file(&mut self, file: &Arc<SourceFile>) -> FileId {
        if let Some(&known) = self.by_path.get(file.path()) {
            return known;
        }
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Arc::clone(file));
        self.by_path.insert(Arc::clone(file.path()), id);
        id
    }

    /// Gives back the memory that only further origins would need. More may still be added; sets
    /// that are equal to earlier ones are then entries of their own.
    pub fn freeze(&mut self) {
        self.shared = HashMap::default();
        self.entries.shrink_to_fit();
        self.files.shrink_to_fit();
        self.texts.shrink_to_fit();
    }

    /// How many entries there are, with what else takes memory counted as so many of them: about 64
    /// bytes each.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len() + self.runs / 3
    }

    /// Whether nothing was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.len() <= 1
    }

    /// The file of an id this graph gave.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&Arc<SourceFile>> {
        self.files.get(id.0 as usize)
    }

    /// Whether any origin may have spans of a role.
    #[must_use]
    pub fn has_role(&self, role: Role) -> bool {
        self.roles & 1 << role.rank() != 0
    }

    /// The origin that is exactly these bytes.
    pub fn span(&mut self, role: Role, span: Span) -> OriginId {
        self.roles |= 1 << role.rank();
        self.push(Entry::Atom { role, span })
    }

    /// The content of `first`, then that of `second`, with the guards of both.
    pub fn join(&mut self, first: OriginId, second: OriginId) -> OriginId {
        if second.is_none() || first == second {
            return first;
        }
        if first.is_none() {
            return second;
        }
        self.share(Entry::Joined(first, second))
    }

    /// `origin`, and everything of `guard` as guards.
    pub fn guard(&mut self, origin: OriginId, guard: OriginId) -> OriginId {
        if guard.is_none() || origin == guard {
            return origin;
        }
        self.share(Entry::Guarded(origin, guard))
    }

    /// `origin` with its content in another role: what a values entry is to a patch over it.
    pub fn with_role(&mut self, origin: OriginId, role: Role) -> OriginId {
        self.roles |= 1 << role.rank();
        if origin.is_none() { origin } else { self.share(Entry::As(origin, role)) }
    }

    /// Whether an origin names bytes of a file, and not only what decided. Of a very large one that
    /// is taken for granted.
    #[must_use]
    pub fn has_content(&self, origin: OriginId) -> bool {
        let (mut at, mut others) = (origin, Vec::new());
        for _ in 0..64 {
            at = match self.entry(at) {
                Entry::Atom { .. } | Entry::Stretch(..) => return true,
                Entry::Guarded(inner, _) | Entry::As(inner, _) => inner,
                Entry::Joined(first, second) => {
                    others.push(second);
                    first
                }
                Entry::None => match others.pop() {
                    Some(other) => other,
                    None => return false,
                },
            };
        }
        true
    }

    /// The span of an origin that is exactly one span.
    #[must_use]
    pub fn exact(&self, origin: OriginId) -> Option<(Role, Span)> {
        let (mut at, mut role_over) = (origin, None);
        loop {
            match self.entry(at) {
                Entry::Atom { role, span } => return Some((role_over.unwrap_or(role), span)),
                Entry::Guarded(inner, _) => at = inner,
                Entry::As(inner, role) => {
                    role_over = role_over.or(Some(role));
                    at = inner;
                }
                Entry::None | Entry::Joined(..) | Entry::Stretch(..) => return None,
            }
        }
    }

    /// Part of an exact origin, with all its guards: `range` counts bytes from the start of its
    /// span. Anything else is returned unchanged, for a part of it cannot be told from the whole.
    pub fn part(&mut self, origin: OriginId, range: Range<u32>) -> OriginId {
        let Some((role, span)) = self.exact(origin) else { return origin };
        let guards = self.guards_around(origin).into_iter();
        let guards = guards.fold(OriginId::NONE, |all, guard| self.join(all, guard));
        let part = self.span(role, span.part(range));
        self.guard_new(part, guards)
    }

    /// As [`Origins::guard`], of an origin that was made just now: no set is equal to it.
    pub(crate) fn guard_new(&mut self, origin: OriginId, guard: OriginId) -> OriginId {
        if guard.is_none() { origin } else { self.push(Entry::Guarded(origin, guard)) }
    }

    /// Adds a made text, of which [`Origins::stretch`] names parts.
    pub(crate) fn add_text(&mut self, runs: &Arc<[Run]>) -> TextId {
        let id = TextId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(Arc::clone(runs));
        self.runs += runs.len();
        id
    }

    /// The origin of some bytes of a made text, where more than one origin has content there.
    pub(crate) fn stretch(&mut self, text: TextId, range: Range<u32>) -> OriginId {
        self.push(Entry::Stretch(text, range.start, range.end))
    }

    /// The content spans, the place to edit first; without duplicates.
    #[must_use]
    pub fn content(&self, origin: OriginId) -> Vec<OriginSpan> {
        let mut spans = self.places(origin, false);
        spans.sort_by_key(|span| span.role.rank());
        spans
    }

    /// The content spans as [`Origins::content`] has them, then the guards.
    #[must_use]
    pub fn all(&self, origin: OriginId) -> Vec<OriginSpan> {
        let mut spans = self.places(origin, true);
        spans.sort_by_key(|span| if span.via == Via::Guard { u8::MAX } else { span.role.rank() });
        spans
    }

    /// The place to edit: the first content span.
    #[must_use]
    pub fn first(&self, origin: OriginId) -> Option<OriginSpan> {
        if let Some((role, span)) = self.exact(origin) {
            return self.place(role, Via::Content, span);
        }
        let mut best: Option<(Role, Span)> = None;
        self.walk(origin, false, |role, _, span| {
            if best.is_none_or(|(best, _)| role.rank() < best.rank()) {
                best = Some((role, span));
            }
        });
        best.and_then(|(role, span)| self.place(role, Via::Content, span))
    }

    fn entry(&self, id: OriginId) -> Entry {
        self.entries.get(id.0 as usize).copied().unwrap_or(Entry::None)
    }

    fn push(&mut self, entry: Entry) -> OriginId {
        // A job's output is bounded (32 MiB a chart), so that the entries stay far below 2^32;
        // past it, the last id is an origin like any other and nothing breaks.
        let id = OriginId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.entries.push(entry);
        id
    }

    fn share(&mut self, entry: Entry) -> OriginId {
        if let Some(&id) = self.shared.get(&entry) {
            return id;
        }
        let id = self.push(entry);
        self.shared.insert(entry, id);
        id
    }

    fn place(&self, role: Role, via: Via, span: Span) -> Option<OriginSpan> {
        let file = Arc::clone(self.file(span.file)?);
        Some(OriginSpan { role, via, file, start: span.start, end: span.end })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn graph() -> (Origins, FileId) {
        let mut origins = Origins::default();
        let file = origins.add_file(&Arc::new(SourceFile::of_text("f", "0123456789")));
        (origins, file)
    }

    #[test]
    fn a_role_is_known_once_a_span_has_it() {
        let (mut origins, file) = graph();
        let source = origins.span(Role::Source, Span { file, start: 0, end: 2 });
        let has =
            |origins: &Origins| [Role::Source, Role::Values, Role::Patch].map(|role| origins.has_role(role));
        assert_eq!(has(&origins), [true, false, false]);
        origins.with_role(source, Role::Patch);
        assert_eq!(has(&origins), [true, false, true]);
    }

    #[test]
    fn content_comes_before_guards_and_the_better_role_first() {
        let (mut origins, file) = graph();
        let template = origins.span(Role::Template, Span { file, start: 0, end: 2 });
        let values = origins.span(Role::Values, Span { file, start: 3, end: 4 });
        let condition = origins.span(Role::Values, Span { file, start: 5, end: 6 });
        let joined = origins.join(template, values);
        let whole = origins.guard(joined, condition);
        let got: Vec<_> = origins.all(whole).iter().map(|s| (s.role, s.via, s.start)).collect();
        assert_eq!(
            got,
            [
                (Role::Values, Via::Content, 3),
                (Role::Template, Via::Content, 0),
                (Role::Values, Via::Guard, 5)
            ]
        );
        assert_eq!(origins.content(whole).len(), 2);
        assert_eq!(origins.first(whole).unwrap().start, 3);
    }

    /// One step towards a set: a span of a role, or two earlier sets put together.
    fn step() -> impl Strategy<Value = (u8, usize, usize)> {
        (0_u8..4, 0_usize..64, 0_usize..64)
    }

    proptest! {
        #[test]
        fn the_first_place_is_the_first_of_the_content(steps in prop::collection::vec(step(), 1..40)) {
            let (mut origins, file) = graph();
            let roles = [Role::Template, Role::Values, Role::Base, Role::Patch, Role::Literal];
            let mut made = vec![OriginId::NONE];
            for (kind, a, b) in steps {
                let (role, start) = (roles[a % roles.len()], u32::try_from(b % 9).unwrap());
                let (first, second) = (made[a % made.len()], made[b % made.len()]);
                made.push(match kind {
                    0 => origins.span(role, Span { file, start, end: start + 1 }),
                    1 => origins.join(first, second),
                    2 => origins.guard(first, second),
                    _ => origins.with_role(first, role),
                });
                let whole = made[made.len() - 1];
                prop_assert_eq!(origins.first(whole), origins.content(whole).into_iter().next());
            }
        }
    }

    #[test]
    fn a_patch_goes_before_its_base() {
        let (mut origins, file) = graph();
        let values = origins.span(Role::Values, Span { file, start: 0, end: 2 });
        let base = origins.with_role(values, Role::Base);
        let patch = origins.span(Role::Patch, Span { file, start: 3, end: 4 });
        let whole = origins.guard(patch, base);
        let got: Vec<_> = origins.all(whole).iter().map(|s| (s.role, s.via)).collect();
        assert_eq!(got, [(Role::Patch, Via::Content), (Role::Base, Via::Guard)]);
    }

    #[test]
    fn equal_sets_are_one_entry() {
        let (mut origins, file) = graph();
        let a = origins.span(Role::Values, Span { file, start: 0, end: 1 });
        let b = origins.span(Role::Values, Span { file, start: 1, end: 2 });
        assert_eq!(origins.join(a, b), origins.join(a, b));
        assert_eq!(origins.join(a, OriginId::NONE), a);
        assert_eq!(origins.guard(a, a), a);
    }

    #[test]
    fn a_part_of_an_exact_origin_is_exact() {
        let (mut origins, file) = graph();
        let whole = origins.span(Role::Values, Span { file, start: 2, end: 8 });
        let part = origins.part(whole, 1..3);
        let span = origins.first(part).unwrap();
        assert_eq!((span.start, span.end), (3, 5));
        let clamped = origins.part(whole, 4..99);
        assert_eq!(origins.first(clamped).unwrap().end, 8);
    }

    #[test]
    fn a_graph_deeper_than_any_stack_is_flattened() {
        let (mut origins, file) = graph();
        let mut whole = OriginId::NONE;
        for start in 0..200_000 {
            let atom = origins.span(Role::Values, Span { file, start, end: start + 1 });
            whole = origins.join(whole, atom);
        }
        assert_eq!(origins.content(whole).len(), 200_000);
    }
}
