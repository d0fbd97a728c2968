//! Who owns which path, as GitHub and GitLab read CODEOWNERS: the last line that fits counts, in each
//! section of GitLab's.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The lines of a CODEOWNERS file, by section.
#[derive(Debug)]
pub(super) struct Owners(Vec<Section>);

#[derive(Debug)]
struct Section {
    paths: GlobSet,
    /// For each glob: whether its line names anybody.
    owned: Vec<bool>,
}

/// Lines beyond this are not read: GitHub reads 3 MB, which is less.
const LONGEST: usize = 50_000;

impl Owners {
    pub(super) fn read(text: &str) -> Self {
        let mut sections = Vec::new();
        let (mut builder, mut owned) = (GlobSetBuilder::new(), Vec::new());
        let mut by_section = false;
        for line in text.lines().take(LONGEST) {
            let line = line.split(" #").next().unwrap_or(line).trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(rest) = line.strip_prefix("^[").or_else(|| line.strip_prefix('[')) {
                let default = rest.split_once(']').map_or("", |(_, rest)| rest);
                sections.extend(section(&mut builder, &mut owned));
                by_section = default.contains('@');
                continue;
            }
            let mut words = line.split_whitespace();
            let Some(pattern) = words.next() else { continue };
            let has_owner = words.next().is_some() || by_section;
            for glob in globs(pattern) {
                if let Ok(glob) = GlobBuilder::new(&glob).literal_separator(true).build() {
                    builder.add(glob);
                    owned.push(has_owner);
                }
            }
        }
        sections.extend(section(&mut builder, &mut owned));
        Self(sections)
    }

    /// Whether anybody owns a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.iter().any(|section| {
            let last = section.paths.matches(path).into_iter().max();
            last.and_then(|at| section.owned.get(at)).copied().unwrap_or(false)
        })
    }
}

fn section(builder: &mut GlobSetBuilder, owned: &mut Vec<bool>) -> Option<Section> {
    let paths = std::mem::replace(builder, GlobSetBuilder::new()).build().ok()?;
    Some(Section { paths, owned: std::mem::take(owned) })
}

/// The globs of a pattern: a folder is all below it, a name without a slash stands anywhere.
fn globs(pattern: &str) -> Vec<String> {
    let is_folder = pattern.ends_with('/');
    let core = pattern.trim_end_matches('/').trim_start_matches('/');
    let is_fixed = pattern.trim_end_matches('/').contains('/');
    if core.is_empty() {
        return vec!["**".to_owned()];
    }
    let base = if is_fixed || core.starts_with("**") { core.to_owned() } else { format!("**/{core}") };
    match (is_folder, core.ends_with("/*")) {
        (true, _) => vec![format!("{base}/**")],
        (false, true) => vec![base],
        (false, false) => vec![format!("{base}/**"), base],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_fits_counts() {
        let table = [
            ("* @a", "environments/prod/values.yaml", true),
            ("/environments/prod/ @a", "environments/prod/values.yaml", true),
            ("/environments/prod @a", "environments/prod/deep/values.yaml", true),
            ("prod/ @a", "environments/prod/values.yaml", true),
            ("*.yaml @a", "environments/prod/values.yaml", true),
            ("environments/* @a", "environments/prod/values.yaml", false),
            ("environments/** @a", "environments/prod/values.yaml", true),
            ("/prod/ @a", "environments/prod/values.yaml", false),
            ("* @a\n/environments/", "environments/prod/values.yaml", false),
            ("# * @a", "environments/prod/values.yaml", false),
            ("[Models] @a\nenvironments/", "environments/prod/values.yaml", true),
            ("[Models]\nenvironments/", "environments/prod/values.yaml", false),
            ("[A]\n* @a\n[B]\ndocs/ @b", "environments/prod/values.yaml", true),
            ("/mlgitops.yaml @a # the rules", "mlgitops.yaml", true),
            ("", "mlgitops.yaml", false),
        ];
        for (text, path, expected) in table {
            assert_eq!(Owners::read(text).has(path), expected, "{text} of {path}");
        }
    }
}
