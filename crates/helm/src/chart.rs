//! A chart as it is loaded, free of any job.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::RepoPath;
use mlgitops_gotemplate::{Failure, Parsed};
use mlgitops_yaml::{Reader, SourceFile, Tree};

use crate::archive::unpack;
use crate::ignore::Rules;
use crate::members::{Member, below};
use crate::reads::Named;
use crate::shelf::Shelf;

/// A chart, its templates parsed, with its subcharts.
#[derive(Debug)]
pub struct Chart {
    /// The folder it stands in, or that of the archive.
    pub(crate) folder: RepoPath,
    /// Chart.yaml.
    pub(crate) metadata: Option<Yaml>,
    /// values.yaml.
    pub(crate) values: Option<Yaml>,
    /// values.schema.json.
    pub(crate) schema: Option<Arc<Yaml>>,
    /// requirements.yaml, where charts of version 1 name their dependencies.
    pub(crate) requirements: Option<Yaml>,
    /// What stands below `templates/`, sorted by name.
    pub(crate) templates: Vec<TemplateFile>,
    /// What `.Files` offers, sorted by name.
    pub(crate) files: Arc<[Member]>,
    /// The charts below `charts/`, by the name of their folder.
    pub(crate) dependencies: Vec<Arc<Chart>>,
    /// What could not be read, with the reason.
    pub(crate) unread: Vec<(String, String)>,
    /// Why Helm loads none of it, and the file and the byte to edit.
    pub(crate) refused: Option<Refused>,
}

/// Why a chart is not loaded at all.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) file: Arc<SourceFile>,
    pub(crate) at: u32,
}

/// A parsed YAML file.
#[derive(Debug)]
pub(crate) struct Yaml {
    pub(crate) file: Arc<SourceFile>,
    pub(crate) tree: Arc<Tree>,
}

/// A file below `templates/`.
#[derive(Debug)]
pub(crate) struct TemplateFile {
    /// Its path in the chart.
    pub(crate) name: String,
    pub(crate) file: Arc<SourceFile>,
    pub(crate) parsed: Result<Arc<Parsed>, Failure>,
    /// What its text names.
    pub(crate) named: Arc<Named>,
}

/// Where a chart is loaded from.
#[derive(Clone, Copy)]
struct Load<'l> {
    reader: Reader<'l>,
    shelf: &'l Shelf,
}

/// Deepest nesting of `charts/` folders.
const NESTING: usize = 16;

impl Chart {
    /// Reads the chart in a folder. What cannot be read is remembered, and [`crate::render`]
    /// reports it.
    #[must_use]
    pub fn load(reader: Reader<'_>, folder: &RepoPath) -> Arc<Self> {
        Self::load_sharing(reader, &Shelf::default(), folder)
    }

    /// The same, its templates shared with the other charts of a shelf.
    #[must_use]
    pub fn load_sharing(reader: Reader<'_>, shelf: &Shelf, folder: &RepoPath) -> Arc<Self> {
        let (mut members, too_many) = below(&**reader.files(), folder);
        let ignore = members.iter().find(|member| member.name == ".helmignore");
        let file = ignore.and_then(|member| member.text(reader).ok());
        let (rules, wrong) = Rules::new(file.as_ref().map_or("", |file| file.text()));
        let was_chart = members.iter().any(|member| member.name == "Chart.yaml");
        members.retain(|member| !rules.ignores(&member.name));
        let wrong = wrong.or_else(|| {
            let at = rules.ignoring("Chart.yaml").filter(|_| was_chart)?;
            Some((at, "Chart.yaml file is missing"))
        });
        let mut chart = Self::of_members(Load { reader, shelf }, folder, members, 0);
        if let (Some((at, message)), Some(file)) = (wrong, file) {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            chart.refused.get_or_insert(Refused { message: message.to_owned(), file, at });
        }
        if too_many {
            chart.unread.push((folder.as_str().to_owned(), "it holds too many files".to_owned()));
        }
        Arc::new(chart)
    }

    fn of_members(load: Load<'_>, folder: &RepoPath, members: Vec<Member>, depth: usize) -> Self {
        let mut chart = Self {
            folder: folder.clone(),
            metadata: None,
            values: None,
            schema: None,
            requirements: None,
            templates: Vec::new(),
            files: Arc::new([]),
            dependencies: Vec::new(),
            unread: Vec::new(),
            refused: None,
        };
        let reader = load.reader;
        let mut others = Vec::new();
        let mut packed = Vec::new();
        let mut below: BTreeMap<String, Vec<Member>> = BTreeMap::new();
        for member in members {
            match member.name.as_str() {
                "Chart.yaml" => chart.metadata = chart.yaml(reader, &member),
                "values.yaml" => chart.values = chart.yaml(reader, &member),
                "values.schema.json" => chart.schema = chart.yaml(reader, &member).map(Arc::new),
                "Chart.lock" => {}
                "requirements.yaml" => {
                    chart.requirements = chart.yaml(reader, &member);
                    others.push(member);
                }
                name if name.starts_with("templates/") => chart.template(load, &member),
                name => match name.strip_prefix("charts/").and_then(|rest| rest.split_once('/')) {
                    Some((chart, inner)) => {
                        let inner = Member { name: inner.to_owned(), place: member.place.clone() };
                        below.entry(chart.to_owned()).or_default().push(inner);
                    }
                    None if is_packed_chart(name) => packed.push(member),
                    None if is_stray(name) => {
                        let message = format!(
                            "error unpacking subchart {}: Chart.yaml file is missing",
                            name.trim_start_matches("charts/")
                        );
                        let file = member.text(reader);
                        chart.refused = file.ok().map(|file| Refused { message, file, at: 0 });
                        others.push(member);
                    }
                    // What else lies there is passed over.
                    None if name.starts_with("charts/") && !name.ends_with(".prov") => {}
                    None => others.push(member),
                },
            }
        }
        chart.files = others.into();
        if depth < NESTING {
            for (name, members) in below {
                // helm v3 pkg/chart/loader/load.go: such names are no charts.
                if name.starts_with(['_', '.']) {
                    continue;
                }
                let inner = folder.join(&format!("charts/{name}")).unwrap_or_else(|_| folder.clone());
                chart.dependencies.push(Arc::new(Self::of_members(load, &inner, members, depth + 1)));
            }
            for member in packed {
                chart.packed(load, &member, depth + 1);
            }
        }
        chart
    }

    /// A subchart in an archive.
    fn packed(&mut self, load: Load<'_>, member: &Member, depth: usize) {
        let bytes = member.bytes(&**load.reader.files()).map_err(|error| error.to_string());
        match bytes.and_then(|bytes| unpack(member.path(), &bytes)) {
            Ok(members) => {
                let folder = self.folder.join(&member.name).unwrap_or_else(|_| self.folder.clone());
                let chart = Self::of_members(load, &folder, members, depth);
                self.dependencies.push(Arc::new(chart));
            }
            Err(reason) => self.unread.push((member.path().to_owned(), reason)),
        }
    }

    fn yaml(&mut self, reader: Reader<'_>, member: &Member) -> Option<Yaml> {
        match member.text(reader) {
            Ok(file) => Some(Yaml { tree: member.tree(reader, &file), file }),
            Err(reason) => {
                self.unread.push((member.path().to_owned(), reason));
                None
            }
        }
    }

    fn template(&mut self, load: Load<'_>, member: &Member) {
        match member.text(load.reader) {
            Ok(file) => {
                let (parsed, named) = load.shelf.parse(&file);
                self.templates.push(TemplateFile { name: member.name.clone(), file, parsed, named });
            }
            Err(reason) => self.unread.push((member.path().to_owned(), reason)),
        }
    }

    /// The chart's own name, from Chart.yaml.
    pub(crate) fn name(&self) -> &str {
        self.field("name").unwrap_or_else(|| self.folder.file_name())
    }

    /// Whether it only defines templates for other charts.
    pub(crate) fn is_library(&self) -> bool {
        self.field("type").is_some_and(|kind| kind.eq_ignore_ascii_case("library"))
    }

    /// A scalar of Chart.yaml.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let tree = &self.metadata.as_ref()?.tree;
        let root = tree.documents().first()?.root?;
        tree.scalar(tree.get(root, name)?)
    }
}

/// `charts/x.tgz`, but for names that Helm passes over.
fn is_packed_chart(name: &str) -> bool {
    name.strip_prefix("charts/").is_some_and(|name| name.ends_with(".tgz") && !name.starts_with(['_', '.']))
}

/// A file right below `charts/` that Helm takes for a chart, and finds no Chart.yaml in.
fn is_stray(name: &str) -> bool {
    name.strip_prefix("charts/").is_some_and(|name| !name.ends_with(".prov") && !name.starts_with(['_', '.']))
}
