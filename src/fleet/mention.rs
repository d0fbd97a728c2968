//! Which models a text speaks of: their names, and those of their services, as whole words.

use std::collections::{BTreeSet, HashMap};

use super::Fleet;

/// Words of a name that are looked up together, at most: no service has more.
const LONGEST: usize = 12;

/// The models of a fleet by the names that people call them.
#[derive(Debug)]
pub struct Names<'f>(HashMap<String, &'f str>);

impl<'f> Names<'f> {
    /// Those of a fleet.
    #[must_use]
    pub fn of(fleet: &'f Fleet) -> Self {
        let mut names = HashMap::new();
        for release in &fleet.releases {
            let service = fleet.objects.get(release.object).map(|object| object.manifest.id.name.as_str());
            for name in std::iter::once(release.model.as_str()).chain(service) {
                names.entry(words(name).join("-")).or_insert(release.model.as_str());
            }
        }
        Self(names)
    }

    /// The models that a text names, each at its longest: `fraud-detector` is not `fraud`.
    #[must_use]
    pub fn in_text(&self, text: &str) -> BTreeSet<&'f str> {
        let words = words(text);
        let (mut found, mut at) = (BTreeSet::new(), 0);
        while at < words.len() {
            let rest = words.get(at..).unwrap_or_default();
            let hit = (1..=rest.len().min(LONGEST)).rev().find_map(|length| {
                let name = rest.get(..length)?.join("-");
                Some((length, *self.0.get(&name)?))
            });
            at += hit.map_or(1, |(length, _)| length);
            found.extend(hit.map(|(_, model)| model));
        }
        found
    }
}

/// The words of a text in lower case: what letters and digits form.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_words_and_the_longest_counts() {
        let names = ["fraud", "fraud-detector", "churn"].map(|name| (name.to_owned(), name));
        let names = Names(HashMap::from(names));
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
