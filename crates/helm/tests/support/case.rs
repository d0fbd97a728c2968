//! The cases of `charts/`: small repositories, each with the arguments `helm template` is given.
//!
//! A folder holds a repository and a file `cases`, a case a line: `NAME: ARGUMENTS`, or
//! `NAME at FILE:LINE: ARGUMENTS` where Helm refuses it and the place to edit is known. What Helm
//! v3.22 said stands beside (`cargo xtask oracle helm`): `NAME.expected.yaml` or `NAME.refused`.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails without its files")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mlgitops_files::{Files, RepoPath};
use mlgitops_helm::{RenderOptions, SetForm, ValuesSource};
use mlgitops_yaml::{Origins, Role, SourceFile, Text};

use crate::support::Table;

/// One chart with one set of options.
pub(crate) struct Case {
    /// `folder/name`.
    pub(crate) name: String,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) chart: RepoPath,
    /// The values files among the options.
    pub(crate) values: Vec<String>,
    /// Where the values of `--set` and its kin stand in `cases`.
    pub(crate) parameters: Vec<(u32, u32)>,
    /// `FILE:LINE` of what has to be edited, where Helm refuses.
    pub(crate) place: Option<String>,
    /// The number of its line in `cases`.
    line: usize,
    golden: PathBuf,
}

impl Case {
    /// Every case, by name.
    pub(crate) fn all() -> Vec<Self> {
        let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts");
        let mut folders: Vec<PathBuf> =
            std::fs::read_dir(charts).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        let mut cases = Vec::new();
        for folder in folders {
            let files = Table::of_folder(&folder);
            let lines = std::fs::read_to_string(folder.join("cases")).unwrap();
            for (line, text) in lines.lines().enumerate() {
                if !text.is_empty() && !text.starts_with('#') {
                    cases.push(Self::parse(&folder, &files, line, text));
                }
            }
        }
        cases
    }

    fn parse(folder: &Path, files: &Arc<dyn Files>, line: usize, text: &str) -> Self {
        let (head, _) = text.split_once(": ").unwrap();
        let (name, place) = head.split_once(" at ").map_or((head, None), |(name, at)| (name, Some(at)));
        let mut case = Self {
            name: format!("{}/{name}", folder.file_name().unwrap().to_str().unwrap()),
            files: Arc::clone(files),
            chart: RepoPath::root(),
            values: Vec::new(),
            parameters: Vec::new(),
            place: place.map(str::to_owned),
            line,
            golden: folder.join(name),
        };
        let arguments = Arguments::of(files, line, &mut Origins::default());
        case.chart = arguments.chart;
        for source in &arguments.options.values {
            match source {
                ValuesSource::File(path) => case.values.push(path.to_string()),
                ValuesSource::SetLine { line, .. } => case.parameters.extend(parameters(line)),
                _ => {}
            }
        }
        case
    }

    /// The options, each with its place in `cases`, read from these files.
    pub(crate) fn options(&self, files: &Arc<dyn Files>, origins: &mut Origins) -> RenderOptions {
        Arguments::of(files, self.line, origins).options
    }

    /// What Helm printed.
    pub(crate) fn expected(&self) -> Option<String> {
        std::fs::read_to_string(self.golden.with_extension("expected.yaml")).ok()
    }

    /// What Helm said when it refused.
    pub(crate) fn refused(&self) -> Option<String> {
        std::fs::read_to_string(self.golden.with_extension("refused")).ok()
    }
}

/// What a line of `cases` gives to `helm template`.
struct Arguments {
    chart: RepoPath,
    options: RenderOptions,
}

impl Arguments {
    fn of(files: &Arc<dyn Files>, line: usize, origins: &mut Origins) -> Self {
        let path = RepoPath::parse("cases").unwrap();
        let file = SourceFile::new("cases", &files.read(&path).unwrap().bytes).unwrap();
        let id = origins.add_file(&Arc::new(file));
        let text = Text::of_file(id, Role::Parameter, origins);
        let start: usize = text.as_str().split_inclusive('\n').take(line).map(str::len).sum();
        let length = text.as_str()[start..].lines().next().unwrap().len();
        let arguments = start + text.as_str()[start..start + length].find(": ").unwrap() + 2;
        let mut all = Self { chart: RepoPath::root(), options: RenderOptions::default() };
        let words = words(&text, arguments, start + length);
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            all.argument(word.as_str(), &mut words);
        }
        // Files first, then the arguments by their form, as Helm takes them.
        all.options.values.sort_by_key(|source| match source {
            ValuesSource::SetLine { form, .. } => Some(*form),
            _ => None,
        });
        all
    }

    fn argument(&mut self, word: &str, words: &mut dyn Iterator<Item = Text>) {
        let options = &mut self.options;
        let form = match word {
            "-f" => {
                let path = RepoPath::parse(words.next().unwrap().as_str()).unwrap();
                return options.values.push(ValuesSource::File(path));
            }
            "--name-template" => return options.release_name = words.next(),
            "--namespace" => return options.namespace = words.next(),
            "--kube-version" => {
                return options.kube_version = Some(words.next().unwrap().as_str().to_owned());
            }
            "--api-versions" => return options.api_versions.push(words.next().unwrap().as_str().to_owned()),
            "--include-crds" => return options.include_crds = true,
            "--is-upgrade" => return options.is_upgrade = true,
            "--set" => SetForm::Typed,
            "--set-string" => SetForm::String,
            "--set-json" => SetForm::Json,
            "--set-file" => SetForm::File,
            "--set-literal" => SetForm::Literal,
            chart => {
                assert!(!chart.starts_with('-'), "{chart}");
                return self.chart = RepoPath::parse(chart).unwrap();
            }
        };
        options.values.push(ValuesSource::SetLine { line: words.next().unwrap(), form });
    }
}

/// The words of a part of a text; `'` holds a word with spaces together.
fn words(text: &Text, from: usize, to: usize) -> Vec<Text> {
    let mut words = Vec::new();
    let mut at = from;
    for (number, piece) in text.as_str()[from..to].split('\'').enumerate() {
        if number % 2 == 1 {
            words.push(text.slice(at..at + piece.len()));
        } else {
            let mut inside = at;
            for word in piece.split(' ') {
                if !word.is_empty() {
                    words.push(text.slice(inside..inside + word.len()));
                }
                inside += word.len() + 1;
            }
        }
        at += piece.len() + 1;
    }
    words
}

/// The places of the values in `a=1,b=x`; of what is written with brackets or escapes none.
fn parameters(line: &Text) -> Vec<(u32, u32)> {
    let text = line.as_str();
    let base = line.runs().first().and_then(|run| run.offset).unwrap();
    if text.contains(['{', '\\', '"']) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = 0;
    for piece in text.split(',') {
        if let Some((name, value)) = piece.split_once('=').filter(|(_, value)| !value.is_empty()) {
            let start = base + u32::try_from(at + name.len() + 1).unwrap();
            found.push((start, start + u32::try_from(value.len()).unwrap()));
        }
        at += piece.len() + 1;
    }
    found
}
