//! JSON pointers (RFC 6901) and the steps they are made of.

use std::fmt;

use thiserror::Error;

/// One step into a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A key of a map, or a number as text where the pointer could mean either.
    Key(String),
    /// An item of a sequence, from 0.
    Index(usize),
}

/// A path to a value.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer(pub Vec<Step>);

/// Why a text is no pointer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PointerError {
    /// It is not empty and does not begin with `/`.
    #[error("a JSON pointer begins with `/`")]
    NoSlash,
    /// A `~` that neither `0` nor `1` follows, at this byte.
    #[error("`~` at byte {0} is neither `~0` nor `~1`")]
    Escape(usize),
}

impl Pointer {
    /// Reads a pointer; every step is a key, for only a document tells keys from indices.
    ///
    /// # Errors
    /// [`PointerError`] for text that is no RFC 6901 pointer.
    pub fn parse(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Some(body) = text.strip_prefix('/') else { return Err(PointerError::NoSlash) };
        let mut at = 1;
        let mut steps = Vec::new();
        for segment in body.split('/') {
            steps.push(Step::Key(unescape(segment, at)?));
            at += segment.len() + 1;
        }
        Ok(Self(steps))
    }

    /// A pointer of keys.
    #[must_use]
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|&key| Step::Key(key.to_owned())).collect())
    }

    /// This pointer and one key more.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// This pointer and one index more.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// Whether `self` is `other` or leads to something that holds it.
    #[must_use]
    pub fn covers(&self, other: &Pointer) -> bool {
        self.0.len() <= other.0.len()
            && self.0.iter().zip(&other.0).all(|(mine, its)| mine.to_string() == its.to_string())
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }
}

/// The steps from a root down to where a walk is, kept on the stack: only where something is found
/// is a pointer made of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trail<'t>(Option<Last<'t>>);

#[derive(Debug, Clone, Copy)]
struct Last<'t> {
    above: &'t Trail<'t>,
    step: TrailStep<'t>,
}

#[derive(Debug, Clone, Copy)]
enum TrailStep<'t> {
    Key(&'t str),
    Index(usize),
}

impl<'t> Trail<'t> {
    /// One key further down.
    #[must_use]
    pub fn key(&'t self, key: &'t str) -> Self {
        Self(Some(Last { above: self, step: TrailStep::Key(key) }))
    }

    /// One index further down.
    #[must_use]
    pub fn index(&'t self, index: usize) -> Self {
        Self(Some(Last { above: self, step: TrailStep::Index(index) }))
    }

    /// The trail without its last step; `None` at the root.
    #[must_use]
    pub fn above(&self) -> Option<&'t Self> {
        self.0.map(|last| last.above)
    }

    /// The last step, where it is a key.
    #[must_use]
    pub fn last_key(&self) -> Option<&'t str> {
        match self.0?.step {
            TrailStep::Key(key) => Some(key),
            TrailStep::Index(_) => None,
        }
    }

    /// The whole way.
    #[must_use]
    pub fn to_pointer(&self) -> Pointer {
        let mut steps = Vec::new();
        let mut here = self;
        while let Some(last) = &here.0 {
            steps.push(match last.step {
                TrailStep::Key(key) => Step::Key(key.to_owned()),
                TrailStep::Index(index) => Step::Index(index),
            });
            here = last.above;
        }
        steps.reverse();
        Pointer(steps)
    }
}

fn unescape(segment: &str, at: usize) -> Result<String, PointerError> {
    let mut text = String::with_capacity(segment.len());
    let mut rest = segment.char_indices();
    while let Some((here, character)) = rest.next() {
        match character {
            '~' => match rest.next() {
                Some((_, '0')) => text.push('~'),
                Some((_, '1')) => text.push('/'),
                _ => return Err(PointerError::Escape(at + here)),
            },
            other => text.push(other),
        }
    }
    Ok(text)
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(&key.replace('~', "~0").replace('/', "~1")),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "/{step}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_read_and_printed() {
        for text in ["", "/spec/predictor", "/a~1b/~0c", "/", "/0/x"] {
            assert_eq!(Pointer::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Pointer::parse("/metadata/annotations/serving.kserve.io~1deploymentMode").unwrap(),
            Pointer::of(&["metadata", "annotations", "serving.kserve.io/deploymentMode"])
        );
        assert_eq!(Pointer::parse("spec"), Err(PointerError::NoSlash));
        assert_eq!(Pointer::parse("/a~b"), Err(PointerError::Escape(2)));
        assert_eq!(Pointer::parse("/x/a~"), Err(PointerError::Escape(4)));
    }

    #[test]
    fn a_trail_knows_its_steps() {
        let root = Trail::default();
        let (list, name);
        let env = {
            list = root.key("env");
            name = list.index(1);
            name.key("a/b")
        };
        assert_eq!(env.to_pointer(), Pointer::of(&["env"]).index(1).key("a/b"));
        assert_eq!(env.last_key(), Some("a/b"));
        let above = env.above().unwrap();
        assert_eq!((above.last_key(), above.above().unwrap().last_key()), (None, Some("env")));
        assert!(root.above().is_none() && root.to_pointer() == Pointer::default());
    }

    #[test]
    fn a_pointer_covers_what_lies_below_it() {
        let pointer = |text| Pointer::parse(text).unwrap();
        assert!(pointer("/spec/predictor").covers(&pointer("/spec/predictor/model")));
        assert!(pointer("").covers(&pointer("/x")));
        assert!(!pointer("/spec/predictor").covers(&pointer("/spec/predictorX")));
        assert!(pointer("/a/0").covers(&Pointer::of(&["a"]).index(0)));
    }
}
