//! The decision procedure for paths (domain facts, §7.3, steps 4 to 7).

use std::ops::Range;

use super::class::{BrokenWhy, Class, MutableKind, Proof, UnknownWhy};
use super::token::{self, Shape, Token};
use super::{Context, path, slice, stamp, words};

/// The class of the path `text[range]`, which holds no bucket; `otherwise` is the answer where it
/// names no version.
pub(super) fn classify(
    text: &str,
    range: &Range<usize>,
    context: &Context<'_>,
    otherwise: UnknownWhy,
) -> Class {
    let segments = path::segments(text, range);
    let walk = Walk { text, range, segments: &segments, context };
    walk.coerced_number()
        .or_else(|| walk.printed_null())
        .or_else(|| walk.empty_version())
        .or_else(|| walk.verdict_by_whole_path())
        .or_else(|| walk.verdict())
        .unwrap_or(Class::Unknown { range: range.clone(), why: otherwise })
}

struct Walk<'a> {
    text: &'a str,
    range: &'a Range<usize>,
    segments: &'a [Range<usize>],
    context: &'a Context<'a>,
}

/// What is left of a path after the names of files and formats at its end.
#[derive(Default)]
struct Stripped {
    /// Segments that remain.
    end: usize,
    /// A file whose own name holds a version, strongly.
    strong: Option<Class>,
    /// A file whose own name holds a version, weakly.
    weak: Option<Found>,
    /// A file whose own name moves: counts only if no folder says more.
    moving: Option<(Range<usize>, MutableKind)>,
}

#[derive(Clone)]
struct Found {
    range: Range<usize>,
    shape: Shape,
}

impl Walk<'_> {
    fn segment(&self, index: usize) -> &str {
        self.segments.get(index).map_or("", |range| slice(self.text, range))
    }

    /// A range within segment `index`, as a range of the text.
    fn within(&self, index: usize, range: &Range<usize>) -> Range<usize> {
        let start = self.segments.get(index).map_or(0, |segment| segment.start);
        start + range.start..start + range.end
    }

    fn whole(&self, index: usize) -> Range<usize> {
        self.segments.get(index).cloned().unwrap_or_default()
    }

    /// Step 4a.
    fn coerced_number(&self) -> Option<Class> {
        self.segments.iter().find_map(|segment| {
            let found = coerced(slice(self.text, segment))?;
            Some(Class::Broken {
                range: segment.start + found.start..segment.start + found.end,
                why: BrokenWhy::CoercedNumber,
            })
        })
    }

    /// A whole segment `null`, or `vnull`: what Helm prints for a value that is not there.
    fn printed_null(&self) -> Option<Class> {
        let hole = self.segments.iter().find(|segment| is_null(slice(self.text, segment)))?;
        Some(Class::Broken { range: hole.clone(), why: BrokenWhy::TemplateHole })
    }

    /// Step 4b.
    fn empty_version(&self) -> Option<Class> {
        let broken = |range| Some(Class::Broken { range, why: BrokenWhy::EmptyVersion });
        let path = slice(self.text, self.range);
        if let Some(at) = path.find("//") {
            let start = self.range.start + at;
            return broken(start..start + 2);
        }
        if path.starts_with('/') {
            return broken(self.range.start.saturating_sub(1)..self.range.start + 1);
        }
        let last = self.segments.last()?;
        if slice(self.text, last).ends_with(['-', ':', '@', '=']) {
            return broken(last.end - 1..last.end);
        }
        self.dangling_stem(last).or_else(|| {
            // `…/v`, `…/v/`, and `…/v/model.joblib`: the number behind the v is missing.
            let identity = self.strip().end.checked_sub(1)?;
            let is_v = self.segment(identity).eq_ignore_ascii_case("v");
            is_v.then(|| self.whole(identity)).and_then(broken)
        })
    }

    /// `model-.tar.gz`: the number between the dash and the extension is missing.
    fn dangling_stem(&self, last: &Range<usize>) -> Option<Class> {
        let name = slice(self.text, last);
        let stem = path::stem_len(name)?;
        let dangling = name.get(..stem)?.ends_with(['-', ':', '@', '=']);
        dangling.then(|| Class::Broken {
            range: last.start + stem - 1..last.start + stem,
            why: BrokenWhy::EmptyVersion,
        })
    }

    /// A house version that spans segments (its expression holds a slash).
    fn verdict_by_whole_path(&self) -> Option<Class> {
        let path = slice(self.text, self.range);
        let spanning = self.context.house_versions.iter();
        spanning.filter(|house| house.as_str().contains('/')).find_map(|house| house_token(house, path)).map(
            |found| {
                let start = self.range.start;
                pinned(start + found.start..start + found.end, Proof::Convention)
            },
        )
    }

    /// Steps 5 to 7.
    fn verdict(&self) -> Option<Class> {
        let stripped = self.strip();
        if stripped.strong.is_some() {
            return stripped.strong;
        }
        let mut weak = stripped.weak;
        for index in (0..stripped.end).rev() {
            if let Some(class) = self.strong(index) {
                return Some(class);
            }
            if let Some(class) = self.moving(index, index + 1 == stripped.end, weak.as_ref()) {
                return Some(class);
            }
            if weak.is_none() {
                weak = self.weak(index);
            }
        }
        let by_name = || stripped.moving.map(|(word, kind)| Class::Mutable { word, kind });
        weak.map(|found| pinned(found.range, Proof::ConventionWeak)).or_else(by_name)
    }

    /// Step 5: from the right, what says how the model is stored and not which one it is.
    fn strip(&self) -> Stripped {
        let mut stripped = Stripped { end: self.segments.len(), ..Stripped::default() };
        while let Some(index) = stripped.end.checked_sub(1) {
            let segment = self.segment(index);
            if let Some(stem) = path::stem_len(segment) {
                self.read_stem(index, stem, &mut stripped);
            } else if !words::is_generic_leaf(segment) && !self.is_numeric_leaf(segment) {
                break;
            }
            stripped.end = index;
        }
        stripped
    }

    fn read_stem(&self, index: usize, stem: usize, stripped: &mut Stripped) {
        let name = self.segment(index).get(..stem).unwrap_or_default();
        if let Some(found) = self.house(name) {
            let found = self.within(index, &found);
            stripped.strong.get_or_insert(pinned(found, Proof::Convention));
        }
        if let Some(Token { range, shape }) = token::recognise(name) {
            let range = self.within(index, &range);
            if shape.is_strong() && !self.is_claimed(index, shape) {
                stripped.strong.get_or_insert(pinned(range, shape.proof()));
            } else if matches!(shape, Shape::Joined | Shape::Number | Shape::Vague) {
                stripped.weak.get_or_insert(Found { range, shape });
            }
        } else if let Some(found) = token::moving(name, self.context.mutable_words)
            && found.anywhere
        {
            let kind = kind_of(found.latest);
            stripped.moving.get_or_insert((self.within(index, &found.range), kind));
        }
    }

    /// Triton and TensorFlow number the folders inside a model. A date or an epoch is more than
    /// that.
    fn is_numeric_leaf(&self, segment: &str) -> bool {
        self.context.numeric_leaf && segment.bytes().all(|b| b.is_ascii_digit()) && !stamp::is_stamp(segment)
    }

    fn house(&self, segment: &str) -> Option<Range<usize>> {
        self.context
            .house_versions
            .iter()
            .filter(|house| !house.as_str().contains('/'))
            .find_map(|house| whole_match(house, segment))
    }

    fn strong(&self, index: usize) -> Option<Class> {
        let segment = self.segment(index);
        if let Some(found) = self.house(segment) {
            return Some(pinned(self.within(index, &found), Proof::Convention));
        }
        if let (Some(year), Some(month)) = (index.checked_sub(2), index.checked_sub(1))
            && stamp::is_date_folder(self.segment(year), self.segment(month), segment)
        {
            let day = self.whole(index);
            return Some(pinned(self.whole(year).start..day.end, Proof::Convention));
        }
        let Token { range, shape } = token::recognise(segment)?;
        if !shape.is_strong() || self.is_claimed(index, shape) {
            return None;
        }
        Some(pinned(self.within(index, &range), shape.proof()))
    }

    /// Whether the folder above claims the version for itself: `sklearn/1.0`, `dataset/v3`. What is
    /// unique by construction, dated or named `version=` is never a framework's.
    fn is_claimed(&self, index: usize, shape: Shape) -> bool {
        let Some(parent) = index.checked_sub(1).map(|parent| self.segment(parent)) else {
            return false;
        };
        match shape {
            Shape::Version | Shape::Semver => words::is_framework(parent) || words::is_dataset(parent),
            Shape::Dotted | Shape::Number => words::is_framework(parent),
            _ => false,
        }
    }

    fn weak(&self, index: usize) -> Option<Found> {
        let Token { range, shape } = token::recognise(self.segment(index))?;
        let range = self.within(index, &range);
        if self.is_claimed(index, shape) && !self.is_format_folder(index, shape) {
            return None;
        }
        Some(Found { range, shape })
    }

    /// `fraud/onnx/v3`: the folder above is the format of a model named further left, and `v3` is
    /// hardly a version of ONNX. `sklearn/1.0` stays the framework's whatever is left of it.
    fn is_format_folder(&self, index: usize, shape: Shape) -> bool {
        let Some(parent) = index.checked_sub(1) else {
            return false;
        };
        matches!(shape, Shape::Version | Shape::Number)
            && words::is_framework(self.segment(parent))
            && (0..parent).any(|left| {
                let name = self.segment(left);
                !words::is_generic_leaf(name)
                    && !words::is_framework(name)
                    && !words::is_dataset(name)
                    && !words::is_mutable(name)
            })
    }

    /// A word that moves counts as the last word; to the left of that only if nobody calls a folder
    /// of models so, and nothing but a bare number stands to its right (`latest/1`).
    fn moving(&self, index: usize, last: bool, weak: Option<&Found>) -> Option<Class> {
        let found = token::moving(self.segment(index), self.context.mutable_words)?;
        let counts = match weak {
            None => last || found.anywhere,
            Some(Found { shape, .. }) => found.anywhere && *shape == Shape::Number,
        };
        counts.then(|| Class::Mutable { word: self.within(index, &found.range), kind: kind_of(found.latest) })
    }
}

fn kind_of(latest: bool) -> MutableKind {
    if latest { MutableKind::Latest } else { MutableKind::Word }
}

fn pinned(token: Range<usize>, by: Proof) -> Class {
    Class::Pinned { token, by }
}

/// A version the configuration describes: the group `version`, else the first group, else all.
fn house_token(house: &regex::Regex, text: &str) -> Option<Range<usize>> {
    let captures = house.captures(text)?;
    captures
        .name("version")
        .or_else(|| captures.get(1))
        .or_else(|| captures.get(0))
        .map(|found| found.range())
        .filter(|range| !range.is_empty())
}

fn whole_match(house: &regex::Regex, segment: &str) -> Option<Range<usize>> {
    let whole = house.find(segment)?;
    (whole.range() == (0..segment.len())).then(|| house_token(house, segment)).flatten()
}

/// `null` as Helm prints it, alone or behind the `v` of a template.
pub(super) fn is_null(segment: &str) -> bool {
    matches!(segment, "null" | "vnull" | "nil" | "undefined")
}

/// A float as Go prints a large number: `2.0240101e+07`, also behind `v` or a joined name. With a
/// minus it is a learning rate (`lr-1e-04`), except where nothing else could be meant (`v1e-05`).
pub(super) fn coerced(segment: &str) -> Option<Range<usize>> {
    let bytes = segment.as_bytes();
    let stem = path::stem_len(segment);
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    segment.match_indices(['e', 'E']).find_map(|(at, _)| {
        let sign = *bytes.get(at + 1)?;
        let exponent = (at + 2..).take_while(|i| digit(*i)).count();
        let start = mantissa_start(segment.get(..at)?)?;
        let end = at + 2 + exponent;
        let head = segment.get(..start)?;
        let tail = segment.get(end..)?;
        let alone = tail.is_empty() || stem == Some(end);
        let fits = match sign {
            b'+' => head.is_empty() || head.ends_with(JOINTS) || is_v(head),
            b'-' => matches!(head, "v" | "V"),
            _ => false,
        };
        (fits && alone && exponent >= 2).then_some(start..end)
    })
}

/// What may stand between a name and its version.
const JOINTS: [char; 6] = ['-', '_', '@', ':', '=', '.'];

/// `v`, or a joined name that ends in one: `fraud-v`.
fn is_v(head: &str) -> bool {
    head.strip_suffix(['v', 'V']).is_some_and(|name| name.is_empty() || name.ends_with(JOINTS))
}

/// Where `d` or `d.ddd` at the end of the text begins.
fn mantissa_start(text: &str) -> Option<usize> {
    let whole = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - whole.len();
    let integer = match whole.strip_suffix('.') {
        Some(integer) if digits > 0 => integer,
        _ if digits == 1 => return Some(whole.len()),
        _ => return None,
    };
    let start = integer.len().checked_sub(1)?;
    integer
        .get(start..)
        .is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()))
        .then_some(start)
        // Two digits before the point are no mantissa of Go's.
        .filter(|start| !integer.get(..*start).is_some_and(|h| h.ends_with(|c: char| c.is_ascii_digit())))
}
