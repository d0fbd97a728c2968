//! Did you mean: the known word that a mistyped one is closest to.

/// The closest of some words, if one is close enough to be meant.
///
/// A third of the letters may differ, at least one; of equally close words the first counts.
#[must_use]
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // A word this long was never a mistyped key, and the distance is quadratic.
    if word.len() > 100 {
        return None;
    }
    let lower = word.to_lowercase();
    let bound = (word.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        if distance <= bound && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_else() {
        let known = ["environments", "rules", "waivers", "tag", "storage", "startup"];
        for (word, meant) in [
            ("enviroments", Some("environments")),
            ("environment", Some("environments")),
            ("Rules", Some("rules")),
            ("wavers", Some("waivers")),
            ("tga", Some("tag")),
            ("start-up", Some("startup")),
            ("policies", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
    }
}
