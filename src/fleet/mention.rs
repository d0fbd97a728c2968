//! Which models a text speaks of: their names, and those of their services, as whole words.

use std::collections::{BTreeSet, HashMap};

use super::Fleet;

/// Words of a name that are looked up together, at most: no service has more.
const LONGEST: usize = 12;

/// The models of a fleet by the names that people call them.
#[derive(Debug)]
pub struct Names<'f> {
    /// By their words, joined by `-`.
    models: HashMap<String, BTreeSet<&'f str>>,
    /// Of the first words: how many words the longest name has that begins so.
    longest: HashMap<String, usize>,
}

impl<'f> Names<'f> {
    /// Those of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let names = fleet.releases.iter().flat_map(|release| {
            let service = fleet.objects.get(release.object).map(|object| object.manifest.id.name.as_str());
            let model = release.model.as_str();
            std::iter::once(model).chain(service).map(move |name| (name, model))
        });
        Self::from_pairs(names)
    }

    fn from_pairs(names: impl Iterator<Item = (&'f str, &'f str)>) -> Self {
        let mut models: HashMap<String, BTreeSet<&'f str>> = HashMap::new();
        let mut longest = HashMap::new();
        for (name, model) in names {
            let words = Words::of(name);
            let Some(first) = words.joined(0, 1) else { continue };
            let most: &mut usize = longest.entry(first.to_owned()).or_default();
            *most = words.len().min(LONGEST).max(*most);
            models.entry(words.text).or_default().insert(model);
        }
        Self { models, longest }
    }

    /// The models that a text names, each at its longest: `fraud-detector` is not `fraud`.
    #[must_use]
    pub fn in_text(&self, text: &str) -> BTreeSet<&'f str> {
        let words = Words::of(text);
        let (mut found, mut at) = (BTreeSet::new(), 0);
        while let Some(first) = words.joined(at, 1) {
            let longest = self.longest.get(first).copied().unwrap_or(0);
            let hit = (1..=longest).rev().find_map(|length| {
                let name = words.joined(at, length)?;
                Some((length, self.models.get(name)?))
            });
            at += hit.map_or(1, |(length, _)| length);
            found.extend(hit.into_iter().flat_map(|(_, models)| models));
        }
        found
    }
}

/// The words of a text in lower case, what letters and digits form, joined by `-`.
struct Words {
    text: String,
    /// Where each begins and ends.
    bounds: Vec<(usize, usize)>,
}

impl Words {
    fn of(text: &str) -> Self {
        let mut words = Self { text: String::with_capacity(text.len()), bounds: Vec::new() };
        let all = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        for word in all.filter(|word| !word.is_empty()) {
            if !words.text.is_empty() {
                words.text.push('-');
            }
            let start = words.text.len();
            words.text.extend(word.chars().map(|letter| letter.to_ascii_lowercase()));
            words.bounds.push((start, words.text.len()));
        }
        words
    }

    fn len(&self) -> usize {
        self.bounds.len()
    }

    /// So many words from a number on; `None` where there are not so many.
    fn joined(&self, from: usize, count: usize) -> Option<&str> {
        let (start, _) = self.bounds.get(from)?;
        let (_, end) = self.bounds.get(from + count.checked_sub(1)?)?;
        self.text.get(*start..*end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words_and_the_longest_counts() {
        let names =
            Names::from_pairs(["fraud", "fraud-detector", "churn"].map(|name| (name, name)).into_iter());
        let table: [(&str, &[&str]); 6] = [
            ("fraud_detector_request_total", &["fraud-detector"]),
            ("fraud-predictor-00001", &["fraud"]),
            ("fraudulent", &[]),
            ("churn|fraud.*", &["churn", "fraud"]),
            ("Fraud-Detector", &["fraud-detector"]),
            ("", &[]),
        ];
        for (text, expected) in table {
            assert_eq!(names.in_text(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
