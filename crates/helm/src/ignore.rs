//! `.helmignore` (helm v3 pkg/ignore/rules.go): which files of a folder are not the chart's.

use crate::glob::Glob;

/// The rules of a chart.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    glob: Glob,
    negated: bool,
    folders_only: bool,
    /// Whether it is compared with the whole path, not the name alone.
    whole: bool,
    /// Where its line begins.
    at: usize,
}

impl Rules {
    /// Reads the rules, and the one Helm adds: hidden files below `templates/` are no templates.
    /// The second value is the first rule that Helm refuses: where it begins, and why.
    pub(crate) fn new(text: &str) -> (Self, Option<(usize, &'static str)>) {
        let mut rules = Self::default();
        let mut refused = None;
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let rule = line.trim();
            if !rule.starts_with('#') && rule.contains("**") {
                refused.get_or_insert((at, "double-star (**) syntax is not supported"));
            } else if !rule.starts_with('#') && !Glob::is_path_pattern(rule) {
                refused.get_or_insert((at, "syntax error in pattern"));
            } else {
                rules.add(rule, at);
            }
            at += line.len();
        }
        rules.add("templates/.?*", text.len());
        (rules, refused)
    }

    fn add(&mut self, line: &str, at: usize) {
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let whole = line.contains('/');
        let glob = Glob::without_braces(line.strip_prefix('/').unwrap_or(line));
        self.rules.push(Rule { glob, negated, folders_only, whole, at });
    }

    /// Whether a file is ignored, itself or a folder it stands in.
    pub(crate) fn ignores(&self, path: &str) -> bool {
        self.ignoring(path).is_some()
    }

    /// Where the rule begins that ignores a file.
    pub(crate) fn ignoring(&self, path: &str) -> Option<usize> {
        let mut folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        let of_folder = folders.find_map(|folder| self.ignoring_one(folder, true));
        of_folder.or_else(|| self.ignoring_one(path, false))
    }

    fn ignoring_one(&self, path: &str, is_folder: bool) -> Option<usize> {
        let ignores = |rule: &&Rule| {
            let name = if rule.whole { path } else { path.rsplit('/').next().unwrap_or(path) };
            let fits = rule.glob.matches(name);
            let of_its_kind = is_folder || !rule.folders_only;
            // As Helm has it: what a negated rule does not name is ignored.
            if rule.negated { !of_its_kind || !fits } else { fits && of_its_kind }
        };
        self.rules.iter().find(ignores).map(|rule| rule.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_a_chart_does_not_have() {
        let rules = Rules::new("# comment\n.git/\n*.swp\n/top.txt\ndocs/*.md\n").0;
        let table = [
            (".git/config", true),
            ("templates/x.swp", true),
            ("top.txt", true),
            ("deep/top.txt", false),
            ("docs/a.md", true),
            ("docs/deep/a.md", false),
            ("templates/.hidden", true),
            ("templates/x.yaml", false),
        ];
        for (path, wanted) in table {
            assert_eq!(rules.ignores(path), wanted, "{path}");
        }
    }

    #[test]
    fn the_rule_that_ignores_a_file() {
        for (text, wanted) in [("a\n*.yaml\n", Some(2)), ("# x\n!*.md\n", Some(4)), ("b\n", None)] {
            assert_eq!(Rules::new(text).0.ignoring("Chart.yaml"), wanted, "{text}");
        }
    }

    #[test]
    fn rules_helm_refuses() {
        for (text, wanted) in
            [("a\n**/b", Some(2)), ("a[\n", Some(0)), ("# **\na[b]", None), ("a\\", Some(0))]
        {
            assert_eq!(Rules::new(text).1.map(|(at, _)| at), wanted, "{text}");
        }
    }
}
