//! Releases of a project, sets of them, and which of a set have a field.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A release of a project, ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

/// A text that names no release.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no release: write it as `0.17` or `0.17.1`")]
pub struct ReleaseError(pub String);

impl Release {
    /// A release by its numbers.
    #[must_use]
    pub fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// The last patch release its minor release can have.
    fn end_of_minor(self) -> Self {
        Self { patch: u16::MAX, ..self }
    }
}

impl FromStr for Release {
    type Err = ReleaseError;

    /// Reads `v0.15.0`, `0.15` or `v3.5`; numbers left out are 0. A pre-release counts as the
    /// release it leads to.
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let (major, minor, patch) = parts(text)?;
        Ok(Self::new(major, minor.unwrap_or(0), patch.unwrap_or(0)))
    }
}

impl fmt::Display for Release {
    /// `0.15`, and `0.15.2` for a patch release.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch == 0 { Ok(()) } else { write!(f, ".{}", self.patch) }
    }
}

/// Major, and minor and patch where they are written.
fn parts(text: &str) -> Result<(u16, Option<u16>, Option<u16>), ReleaseError> {
    let bad = || ReleaseError(text.to_owned());
    let core = text.strip_prefix('v').unwrap_or(text);
    let core = core.split_once(['-', '+']).map_or(core, |(core, _)| core);
    let mut numbers = core.split('.').map(|number| {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u16>().ok().filter(|_| digits).ok_or_else(bad)
    });
    let major = numbers.next().transpose()?.ok_or_else(bad)?;
    let minor = numbers.next().transpose()?;
    let patch = numbers.next().transpose()?;
    if numbers.next().is_some() { Err(bad()) } else { Ok((major, minor, patch)) }
}

/// The releases something may run on: those a repository names, or all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ReleaseSet {
    /// Inclusive ranges; none at all means every release the tables hold.
    spans: Vec<(Release, Release)>,
}

impl ReleaseSet {
    /// Every release the tables hold: nothing is configured.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether it is every release the tables hold.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.spans.is_empty()
    }

    /// Adds the releases a text names: `0.17` is every 0.17.x, `1` every 1.x.y, `0.17.1` itself.
    ///
    /// # Errors
    /// [`ReleaseError`] for a text that names none; the set is as it was.
    pub fn add(&mut self, text: &str) -> Result<(), ReleaseError> {
        let (major, minor, patch) = parts(text)?;
        let first = Release::new(major, minor.unwrap_or(0), patch.unwrap_or(0));
        let last = Release::new(major, minor.unwrap_or(u16::MAX), patch.unwrap_or(u16::MAX));
        self.spans.push((first, last));
        Ok(())
    }

    /// Which of the set have what came with one release and was last seen in another. The tables
    /// were read at minor releases, so every patch of the last one has it too.
    #[must_use]
    pub fn availability(&self, since: Option<Release>, until: Option<Release>) -> Availability {
        let first = since.unwrap_or(Release::new(0, 0, 0));
        let last = until.map_or(Release::new(u16::MAX, u16::MAX, u16::MAX), Release::end_of_minor);
        let everything = [(Release::new(0, 0, 0), Release::new(u16::MAX, u16::MAX, u16::MAX))];
        let spans = if self.is_all() { &everything[..] } else { &self.spans[..] };
        if spans.iter().all(|&(from, to)| first <= from && to <= last) {
            Availability::Always
        } else if spans.iter().all(|&(from, to)| to < first || last < from) {
            Availability::Never
        } else {
            Availability::Partly { since, until }
        }
    }
}

impl FromStr for ReleaseSet {
    type Err = ReleaseError;

    /// The releases one text names, as [`ReleaseSet::add`] reads it.
    fn from_str(text: &str) -> Result<Self, ReleaseError> {
        let mut set = Self::all();
        set.add(text)?;
        Ok(set)
    }
}

/// Which releases of a set have something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Availability {
    /// All of them.
    Always,
    /// None of them.
    Never,
    /// Some of them: those from the one to the other, each included, as far as they are given.
    Partly {
        /// The first that has it.
        since: Option<Release>,
        /// The last that has it.
        until: Option<Release>,
    },
}
