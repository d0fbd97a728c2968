//! Which files of a chart its templates read by `.Files`: Helm applies none of them by itself
//! (helm v3 `pkg/engine/files.go`).

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobSetBuilder};
use mlgitops_files::RepoPath;

use super::{Discovery, FileKind, Found};

/// The functions of `.Files` that give content, or paths for one that does.
const READS: [&str; 4] = ["Get", "GetBytes", "Glob", "Lines"];

const FILES: &str = ".Files.";

/// What makes a pattern of a name.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// Whether a file is a template that reads others.
pub(super) fn reads_files(found: &Found) -> bool {
    found.kind == FileKind::Template && found.file.text().contains(FILES)
}

/// Patterns of one chart that are looked at; a chart has a few.
const PATTERNS: usize = 256;

/// Every file that a template of its chart names: as it is written, by a pattern, or by the text a
/// `printf` fills. What a chart keeps beside them (the Application that installs it) is not read.
pub(super) fn find(discovery: &Discovery) -> BTreeSet<RepoPath> {
    let mut patterns: BTreeMap<&RepoPath, BTreeSet<String>> = BTreeMap::new();
    let mut inputs = BTreeSet::new();
    for template in discovery.files.values().filter(|found| reads_files(found)) {
        let Some(chart) = discovery.chart_of(&template.path) else { continue };
        for name in named(&without_comments(template.file.text())) {
            if let Some(pattern) = pattern(name) {
                if !pattern.starts_with(WILD) {
                    patterns.entry(chart).or_default().insert(pattern);
                }
            } else {
                inputs.extend(chart.join(name).ok().filter(|path| path.is_within(chart)));
            }
        }
    }
    for (chart, patterns) in patterns {
        let mut set = GlobSetBuilder::new();
        let globs = patterns.iter().take(PATTERNS);
        for glob in globs.filter_map(|glob| GlobBuilder::new(glob).literal_separator(true).build().ok()) {
            set.add(glob);
        }
        let Ok(set) = set.build() else { continue };
        let files = discovery.files_in(chart).map(|found| &found.path);
        inputs.extend(files.filter(|path| path.below(chart).is_some_and(|path| set.is_match(path))).cloned());
    }
    inputs.retain(|path| discovery.files.contains_key(path));
    inputs
}

/// A template without its comments, which read nothing.
fn without_comments(template: &str) -> String {
    let mut parts = template.split("/*");
    let mut text = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let is_comment = text.ends_with("{{") || text.ends_with("{{- ");
        match part.split_once("*/").filter(|_| is_comment) {
            Some((_, behind)) => text.push_str(behind),
            None => text.extend(["/*", part]),
        }
    }
    text
}

/// The first text in the action behind each function of `.Files`.
fn named(template: &str) -> impl Iterator<Item = &str> {
    let calls = template.split(FILES).skip(1);
    calls.filter_map(|call| {
        let word = call.split(|letter: char| !letter.is_ascii_alphanumeric()).next()?;
        let action = call.split("}}").next()?;
        let start = action.find(['"', '`']).filter(|_| READS.contains(&word))?;
        let (quote, text) = action.get(start..)?.split_at_checked(1)?;
        text.split(quote).next()
    })
}

/// A name as a pattern, where it is one: with wildcards, or for `printf`. One that begins with a
/// wildcard would take the whole chart for what its templates read, and names nothing.
fn pattern(name: &str) -> Option<String> {
    let pattern = ["%s", "%v", "%d", "%q"].iter().fold(name.to_owned(), |name, verb| name.replace(verb, "*"));
    pattern.contains(WILD).then_some(pattern)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mlgitops_files::Files;

    use super::*;
    use crate::source::Memory;

    #[test]
    fn what_templates_read_is_no_manifest_and_what_lies_beside_it_is_one() {
        let object = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
        let chart = "apiVersion: v2\nname: a\nversion: 0.1.0\n".to_owned();
        for (action, read) in [
            (r#"{{ .Files.Get "files/a.yaml" }}"#, vec!["chart/files/a.yaml"]),
            (r#"{{ tpl (.Files.Get "files/a.yaml") . }}"#, vec!["chart/files/a.yaml"]),
            ("{{ $.Files.Get `files/a.yaml` }}", vec!["chart/files/a.yaml"]),
            (r#"{{ .Files.Lines "files/a.yaml" }}"#, vec!["chart/files/a.yaml"]),
            (
                r#"{{ .Files.Get (printf "files/%s.yaml" .x) }}"#,
                vec!["chart/files/a.yaml", "chart/files/b.yaml"],
            ),
            (
                r#"{{ range $p, $_ := .Files.Glob "files/**.yaml" }}{{ end }}"#,
                vec!["chart/files/a.yaml", "chart/files/b.yaml"],
            ),
            (r#"{{ (.Files.Glob "files/a.*").AsConfig }}"#, vec!["chart/files/a.yaml"]),
            (r#"{{/* .Files.Get "files/a.yaml" */}}"#, vec![]),
            (
                r#"{{- /* {{ .Files.Get "files/b.yaml" }} */ -}}{{ .Files.Get "files/a.yaml" }}"#,
                vec!["chart/files/a.yaml"],
            ),
            // What a value names, and every file there is, say nothing of the one beside them.
            (r#"{{ .Files.Get .Values.file }} {{ quote "files/a.yaml" }}"#, vec![]),
            (r#"{{ .Files.Glob "**" }}"#, vec![]),
            (r#"{{ .Values.Files.Got "files/a.yaml" }}"#, vec![]),
        ] {
            let texts = [
                ("chart/Chart.yaml", chart.clone()),
                ("chart/templates/all.yaml", action.to_owned()),
                ("chart/files/a.yaml", object("a")),
                ("chart/files/b.yaml", object("b")),
                ("chart/app.yaml", object("app")),
                ("files/a.yaml", object("outside")),
            ];
            let files = texts.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
            let files: Arc<dyn Files> = Arc::new(Memory::new(files));
            let found = crate::discover::discover(&files, &globset::GlobSet::empty());
            let inputs: Vec<&str> = found.chart_inputs.iter().map(RepoPath::as_str).collect();
            assert_eq!(inputs, read, "{action}");
            for (path, found) in &found.files {
                let is_manifest = found.kind == FileKind::Manifests;
                let may_be = !path.as_str().contains("Chart.yaml") && !path.as_str().contains("templates");
                assert_eq!(is_manifest, may_be && !inputs.contains(&path.as_str()), "{action}: {path}");
            }
        }
    }
}
