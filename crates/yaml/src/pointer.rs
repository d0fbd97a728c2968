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
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
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
    fn a_pointer_covers_what_lies_below_it() {
        let pointer = |text| Pointer::parse(text).unwrap();
        assert!(pointer("/spec/predictor").covers(&pointer("/spec/predictor/model")));
        assert!(pointer("").covers(&pointer("/x")));
        assert!(!pointer("/spec/predictor").covers(&pointer("/spec/predictorX")));
        assert!(pointer("/a/0").covers(&Pointer::of(&["a"]).index(0)));
    }
}
