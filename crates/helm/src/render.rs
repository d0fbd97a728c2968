//! Renders a chart: what a job gives, and what it gets.

use std::sync::Arc;

use mlgitops_files::{RepoPath, limits};
use mlgitops_gotemplate::{Failure, FailureKind};
use mlgitops_manifest::Problem;
use mlgitops_yaml::{Node, OriginSpan, Origins, Reader, Role, Text, Via};

use crate::chart::Chart;
use crate::job::Job;
use crate::reads::Reads;
use crate::repeated::RepeatedKey;

/// What a job gives to a chart.
#[derive(Debug, Clone, Default)]
pub struct RenderOptions {
    /// Values over the chart's own, in order: the last one wins.
    pub values: Vec<ValuesSource>,
    /// The release's name; `release-name` without one, as `helm template` has it.
    pub release_name: Option<Text>,
    /// The release's namespace; `default` without one.
    pub namespace: Option<Text>,
    /// The version of Kubernetes; that of Helm's own default without one.
    pub kube_version: Option<String>,
    /// API versions beside Helm's own default (`--api-versions`).
    pub api_versions: Vec<String>,
    /// Whether `.Release.IsUpgrade` holds.
    pub is_upgrade: bool,
    /// Whether what stands below `crds/` is among the objects, before the others
    /// (`--include-crds`, which Argo CD gives).
    pub include_crds: bool,
    /// Whether the chart's own values.yaml does not count (`valuesFiles` of a Flux HelmRelease stand in
    /// for it).
    pub without_own_values: bool,
    /// Whether values are taken that values.schema.json forbids (`--skip-schema-validation`).
    pub skip_schemas: bool,
    /// Whether the documents are kept as the templates printed them ([`Rendered::documents`]).
    pub keep_documents: bool,
}

/// Values from outside the chart.
#[derive(Debug, Clone)]
pub enum ValuesSource {
    /// A values file of the repository.
    File(RepoPath),
    /// Values that were read already, with their origins.
    Node(Node),
    /// A YAML text (`helm.values`), with its origins.
    Text(Text),
    /// The text of a file at a path (`--set-file`): nothing in it means anything.
    SetFile {
        /// The path, as for `Set`.
        path: String,
        /// The text.
        value: Text,
    },
    /// One value at a path (`--set`, `helm.parameters`).
    Set {
        /// The path: `a.b`, `a[0].b`, `a\.b` for a dot in a name.
        path: String,
        /// The value, as written.
        value: Text,
        /// Whether it stays text (`--set-string`).
        force_string: bool,
    },
    /// What a HelmRelease of Flux gives.
    Release {
        /// What it refers to, in its order.
        references: Vec<Reference>,
        /// Its own values.
        own: Option<Node>,
    },
    /// A whole argument of `--set` or its kin: `a=1,b.c=x,d={1,2}`. Helm takes all of one form
    /// before the next, in the order of [`SetForm`], whatever the command line's.
    SetLine {
        /// The argument.
        line: Text,
        /// How its values are read.
        form: SetForm,
    },
}

/// What an entry of `valuesFrom` of a HelmRelease gives.
#[derive(Debug, Clone)]
pub enum Reference {
    /// Values, as YAML text.
    Values(Text),
    /// A text at a path (`targetPath`).
    Path {
        /// The path.
        path: String,
        /// The text, without the quotes that make it [`SetForm::String`].
        value: Text,
        /// How it is read; to [`SetForm::Literal`] nothing in it means anything.
        form: SetForm,
    },
}

/// How the values of a [`ValuesSource::SetLine`] are read, in the order Helm takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetForm {
    /// `--set-json`: JSON.
    Json,
    /// `--set`: booleans, null, integers, else text.
    Typed,
    /// `--set-string`: text.
    String,
    /// `--set-file`: the content of a file of the repository, by its path from the root.
    File,
    /// `--set-literal`: text to the end of the argument, nothing escaped.
    Literal,
}

impl SetForm {
    /// The flag of `helm template`.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Json => "--set-json",
            Self::Typed => "--set",
            Self::String => "--set-string",
            Self::File => "--set-file",
            Self::Literal => "--set-literal",
        }
    }
}

/// What rendering gave.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The objects, in Helm's order.
    pub objects: Vec<RenderedObject>,
    /// The documents, in Helm's order, where they are asked for: comments and all.
    pub documents: Vec<Document>,
    /// What Helm refuses: the chart renders nothing then.
    pub problems: Vec<Problem>,
    /// What could not be rendered here.
    pub not_rendered: Vec<NotRendered>,
    /// Dependencies that are not here, and whose lack changes nothing of what is installed: those that
    /// a condition switches off, though Helm refuses such a chart, and those of subcharts, which Helm
    /// leaves out without a word.
    pub unneeded: Vec<NotRendered>,
    /// Every file and folder of the repository that was used.
    pub reached: Vec<RepoPath>,
    /// Which values its templates can read; `None` where a chart it depends on is not here, or it
    /// did not render.
    pub reads: Option<Arc<Reads>>,
}

/// One object of a chart.
#[derive(Debug, Clone)]
pub struct RenderedObject {
    /// The object.
    pub root: Arc<Node>,
    /// The template that printed it, as Helm names it: `chart/templates/x.yaml`.
    pub template: Arc<str>,
    /// Whether `helm.sh/hook` makes it a hook.
    pub is_hook: bool,
    /// The keys that its template printed twice.
    pub repeated: Vec<RepeatedKey>,
}

/// One document as a template printed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The template, as Helm names it: `chart/templates/x.yaml`.
    pub template: Arc<str>,
    /// What it printed, trimmed; a file below `crds/` is one document, as it stands.
    pub text: String,
    /// The kind of the object; empty where there is none.
    pub kind: String,
    /// Whether `helm.sh/hook` makes it a hook.
    pub is_hook: bool,
}

/// Why something of a chart was not rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotRenderedKind {
    /// A dependency that is not in the repository.
    Dependency,
    /// One of the limits was passed.
    Limit,
    /// A file that is no text, or cannot be read.
    Unreadable,
}

/// Something of a chart that was not rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct NotRendered {
    /// Why.
    pub kind: NotRenderedKind,
    /// What.
    pub what: String,
    /// The reason, in words.
    pub reason: String,
    /// Where it is stated, if anywhere.
    pub at: Option<OriginSpan>,
}

/// Levels of templates that fit into the stack of any thread.
const SHALLOW: usize = 120;
/// Levels for charts that nest deeper, in a thread of their own.
const DEEP: usize = 12 * limits::TEMPLATE_DEPTH;
/// The stack of that thread: address space, of which only what is used is taken.
const DEEP_STACK: usize = 512 << 20;

/// Renders a chart. Never fails: what went wrong is in the result.
#[must_use]
pub fn render(
    reader: Reader<'_>,
    chart: &Arc<Chart>,
    options: &RenderOptions,
    origins: &mut Origins,
) -> Rendered {
    match Job::new(reader, chart, options, origins, SHALLOW).run() {
        Ok(rendered) => rendered,
        Err(failure) if failure.kind == FailureKind::Stack => deep(reader, chart, options, origins),
        Err(failure) => failed(chart, &failure, origins),
    }
}

/// The same once more, with room for a thousand calls inside each other.
fn deep(reader: Reader<'_>, chart: &Arc<Chart>, options: &RenderOptions, origins: &mut Origins) -> Rendered {
    std::thread::scope(|scope| {
        let work = || match Job::new(reader, chart, options, origins, DEEP).run() {
            Ok(rendered) => rendered,
            Err(failure) => failed(chart, &failure, origins),
        };
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, work);
        let no_thread = |reason: &str| Rendered {
            not_rendered: vec![NotRendered {
                kind: NotRenderedKind::Limit,
                what: format!("chart `{}`", chart.folder),
                reason: reason.to_owned(),
                at: None,
            }],
            ..Rendered::default()
        };
        match thread {
            Ok(thread) => thread.join().unwrap_or_else(|_| no_thread("rendering it failed")),
            Err(_) => no_thread("its templates nest too deep for this machine"),
        }
    })
}

fn failed(chart: &Chart, failure: &Failure, origins: &Origins) -> Rendered {
    let mut rendered = Rendered { reached: vec![chart.folder.clone()], ..Rendered::default() };
    let mut places = origins.content(failure.origin).into_iter();
    let at = places.next().or_else(|| beginning(chart));
    // The action that failed comes last; a value of the same line shows nothing more.
    let is_elsewhere = |also: &OriginSpan| at.as_ref().is_none_or(|at| line(at) != line(also));
    let also = places.next_back().filter(is_elsewhere);
    let kind = match failure.kind {
        FailureKind::Limit | FailureKind::Stack => {
            rendered.not_rendered.push(NotRendered {
                kind: NotRenderedKind::Limit,
                what: format!("chart `{}`", chart.folder),
                reason: failure.message.clone(),
                at,
            });
            return rendered;
        }
        FailureKind::Parse => "template-parse",
        FailureKind::Execute => "template-execute",
        FailureKind::Refused => "template-refused",
    };
    rendered.problems.push(Problem { kind, message: failure.to_string(), at, also });
    rendered
}

fn line(span: &OriginSpan) -> (&str, u32) {
    (span.file.path(), span.file.position(span.start).line)
}

/// Where a chart begins: the place of what no byte of it is to blame for.
fn beginning(chart: &Chart) -> Option<OriginSpan> {
    let metadata = chart.metadata.as_ref().map(|yaml| &yaml.file);
    let file = metadata.or_else(|| chart.templates.first().map(|template| &template.file))?;
    let file = Arc::clone(file);
    Some(OriginSpan { role: Role::Chart, via: Via::Content, file, start: 0, end: 0 })
}
