//! The page of a rule as people read it: without its settings, and without the marks that make
//! its examples tests.

use std::fmt::Write as _;

/// The page as Markdown: a fence is headed by the file it shows.
#[must_use]
pub fn plain(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut in_fence = false;
    for line in body(page).lines() {
        let Some(info) = line.strip_prefix("```") else {
            let line = if in_fence { line.split("#~").next().unwrap_or(line).trim_end() } else { line };
            let _ = writeln!(out, "{line}");
            continue;
        };
        in_fence = !in_fence;
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or_default();
        if let Some(file) = words.find_map(|word| word.strip_prefix("file=")) {
            let _ = writeln!(out, "`{file}`:");
        }
        let _ = writeln!(out, "```{language}");
    }
    out
}

fn body(page: &str) -> &str {
    let parts = page.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    parts.map_or(page, |(_, body)| body.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_marks_are_left_out() {
        let page =
            "---\nid: a\n---\n## Example\n```yaml file=x/a.yaml line=1\nk: v  #~ a\n```\nsays #~ what\n";
        assert_eq!(plain(page), "## Example\n`x/a.yaml`:\n```yaml\nk: v\n```\nsays #~ what\n");
    }
}
