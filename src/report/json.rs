//! For machines: the shape that design.md promises (Machine-readable output). Fields may be added;
//! none is changed or removed without a new `version`.

use std::collections::BTreeMap;

use mlgitops_manifest::ObjectId;
use serde::Serialize;

use super::Context;
use super::display::visible_json;
use crate::Report;
use crate::finding::{
    Edit, Finding, Fix, Label, Location, NotChecked, OtherTree, PlaceOfFinding, ReadTree, Safety, Waived,
};

/// The whole report, in one line.
#[must_use]
pub fn print(report: &Report, context: &Context<'_>) -> String {
    let mut document = Document {
        version: 1,
        summary: summary(report, context),
        findings: report.findings.iter().map(FindingOut::from).collect(),
        not_checked: report.not_checked.iter().map(NotCheckedOut::from).collect(),
        older: report.older.as_ref().map(|older| OlderOut { on: &older.on, findings: &older.findings }),
    };
    document.attribute(&report.trees);
    line(&document)
}

/// A value as one line of JSON in which nothing is hidden.
pub(super) fn line(value: &impl Serialize) -> String {
    // Maps with keys that are no strings are the only values that serde_json refuses: none is here.
    let mut text = visible_json(&serde_json::to_string(value).unwrap_or_default());
    text.push('\n');
    text
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'r> {
    version: u32,
    summary: SummaryOut,
    findings: Vec<FindingOut<'r>>,
    not_checked: Vec<NotCheckedOut<'r>>,
    older: Option<OlderOut<'r>>,
}

/// What was there before the change, counted by rule.
#[derive(Serialize)]
struct OlderOut<'r> {
    on: &'r str,
    findings: &'r BTreeMap<&'static str, usize>,
}

impl<'r> Document<'r> {
    /// Says of every file which tree it is of, where that is not the one under review.
    fn attribute(&mut self, trees: &'r [ReadTree]) {
        if trees.is_empty() {
            return;
        }
        for finding in &mut self.findings {
            let related = finding.related.iter_mut().map(|label| &mut label.location);
            let waived = finding.places.iter_mut().filter_map(|place| place.waived.as_mut());
            let waived = waived.map(|waived| &mut waived.location);
            related.chain(waived).chain([&mut finding.location]).for_each(|at| at.attribute(trees));
        }
        let items = self.not_checked.iter_mut().filter_map(|item| item.location.as_mut());
        items.for_each(|at| at.attribute(trees));
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SummaryOut {
    releases: usize,
    models: usize,
    environments: usize,
    deployables: Deployables,
    errors: usize,
    warnings: usize,
    notes: usize,
    waived: usize,
    not_checked: usize,
    exit: u8,
    elapsed_ms: u64,
}

#[derive(Serialize)]
struct Deployables {
    helm: usize,
    kustomize: usize,
    plain: usize,
}

fn summary(report: &Report, context: &Context<'_>) -> SummaryOut {
    let summary = &report.summary;
    SummaryOut {
        releases: summary.releases,
        models: summary.models,
        environments: summary.environments,
        deployables: Deployables { helm: summary.helm, kustomize: summary.kustomize, plain: summary.plain },
        errors: summary.errors,
        warnings: summary.warnings,
        notes: summary.notes,
        waived: summary.waived,
        not_checked: summary.not_checked,
        exit: summary.exit,
        elapsed_ms: context.elapsed_ms,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingOut<'r> {
    rule: &'r str,
    case: &'r str,
    category: &'r str,
    severity: &'static str,
    message: &'r str,
    note: Option<&'r str>,
    help: Option<&'r str>,
    location: LocationOut<'r>,
    related: Vec<RelatedOut<'r>>,
    places: Vec<PlaceOut<'r>>,
    caused_by: Option<String>,
    passes_at: Option<String>,
    fix: Option<FixOut<'r>>,
}

impl<'r> From<&'r Finding> for FindingOut<'r> {
    fn from(finding: &'r Finding) -> Self {
        Self {
            rule: finding.rule,
            case: finding.case,
            category: finding.category,
            severity: finding.severity.word(),
            message: &finding.message,
            note: finding.note.as_deref(),
            help: finding.help.as_deref(),
            location: LocationOut::from(&finding.primary.location),
            related: finding.related.iter().map(RelatedOut::from).collect(),
            places: finding.places.iter().map(PlaceOut::from).collect(),
            caused_by: finding.caused_by.map(|cause| cause.to_string()),
            passes_at: finding.passes_at.map(|time| time.to_string()),
            fix: finding.fix.as_ref().map(FixOut::from),
        }
    }
}

/// Lines and columns from 1, columns in code points; `start` and `end` are byte offsets of the
/// file as stored. `repository` and `rev` are null for the tree under review.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocationOut<'r> {
    file: &'r str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start: usize,
    end: usize,
    role: &'static str,
    repository: Option<&'r str>,
    rev: Option<&'r str>,
}

impl<'r> From<&'r Location> for LocationOut<'r> {
    fn from(at: &'r Location) -> Self {
        let (from, to) = (at.position(), at.end_position());
        Self {
            file: at.path(),
            line: from.line,
            column: from.column,
            end_line: to.line,
            end_column: to.column,
            start: at.file.raw(at.start),
            end: at.file.raw(at.end),
            role: at.role.word(),
            repository: None,
            rev: None,
        }
    }
}

impl<'r> LocationOut<'r> {
    pub(super) fn attribute(&mut self, trees: &'r [ReadTree]) {
        let Some((read, file)) = ReadTree::of(trees, self.file) else { return };
        self.file = file;
        match &read.tree {
            OtherTree::Revision(name) => self.rev = Some(name),
            OtherTree::Repository(name) => self.repository = Some(name),
        }
    }
}

#[derive(Serialize)]
struct RelatedOut<'r> {
    #[serde(flatten)]
    location: LocationOut<'r>,
    message: &'r str,
}

impl<'r> From<&'r Label> for RelatedOut<'r> {
    fn from(label: &'r Label) -> Self {
        Self { location: LocationOut::from(&label.location), message: &label.text }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceOut<'r> {
    environment: Option<&'r str>,
    cluster: Option<&'r str>,
    namespace: Option<&'r str>,
    model: Option<&'r str>,
    object: Option<ObjectOut<'r>>,
    path: String,
    fingerprint: String,
    waived: Option<WaivedOut<'r>>,
}

impl<'r> From<&'r PlaceOfFinding> for PlaceOut<'r> {
    fn from(place: &'r PlaceOfFinding) -> Self {
        Self {
            environment: place.environment.as_deref(),
            cluster: place.cluster.as_deref(),
            namespace: place.namespace.as_deref(),
            model: place.model.as_deref(),
            object: place.object.as_ref().map(ObjectOut::from),
            path: place.path.to_string(),
            fingerprint: place.fingerprint.to_string(),
            waived: place.waived.as_ref().map(WaivedOut::from),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectOut<'r> {
    api_version: &'r str,
    kind: &'r str,
    namespace: Option<&'r str>,
    name: &'r str,
}

impl<'r> From<&'r ObjectId> for ObjectOut<'r> {
    fn from(id: &'r ObjectId) -> Self {
        Self {
            api_version: &id.api_version,
            kind: &id.kind,
            namespace: id.namespace.as_deref(),
            name: &id.name,
        }
    }
}

#[derive(Serialize)]
struct WaivedOut<'r> {
    reason: &'r str,
    owner: Option<&'r str>,
    ticket: Option<&'r str>,
    until: Option<&'r str>,
    location: LocationOut<'r>,
}

impl<'r> From<&'r Waived> for WaivedOut<'r> {
    fn from(waived: &'r Waived) -> Self {
        Self {
            reason: &waived.reason,
            owner: waived.owner.as_deref(),
            ticket: waived.ticket.as_deref(),
            until: waived.until.as_deref(),
            location: LocationOut::from(&waived.location),
        }
    }
}

#[derive(Serialize)]
struct FixOut<'r> {
    title: &'r str,
    safety: &'static str,
    edits: Vec<EditOut<'r>>,
}

impl<'r> From<&'r Fix> for FixOut<'r> {
    fn from(fix: &'r Fix) -> Self {
        let safety = match fix.safety {
            Safety::Safe => "safe",
            Safety::Unsafe => "unsafe",
        };
        Self { title: &fix.title, safety, edits: fix.edits.iter().map(EditOut::from).collect() }
    }
}

#[derive(Serialize)]
struct EditOut<'r> {
    file: &'r str,
    start: usize,
    end: usize,
    text: &'r str,
}

impl<'r> From<&'r Edit> for EditOut<'r> {
    fn from(edit: &'r Edit) -> Self {
        let at = &edit.location;
        Self { file: at.path(), start: at.file.raw(at.start), end: at.file.raw(at.end), text: &edit.text }
    }
}

#[derive(Serialize)]
pub(super) struct NotCheckedOut<'r> {
    code: &'static str,
    what: &'r str,
    reason: &'r str,
    help: Option<&'r str>,
    required: bool,
    pub(super) location: Option<LocationOut<'r>>,
}

impl<'r> From<&'r NotChecked> for NotCheckedOut<'r> {
    fn from(item: &'r NotChecked) -> Self {
        Self {
            code: item.code.word(),
            what: &item.what,
            reason: &item.reason,
            help: item.help.as_deref(),
            required: item.required,
            location: item.location.as_ref().map(LocationOut::from),
        }
    }
}
