//! The kinds the tables know, and how one is found.

use std::cmp::Ordering;
use std::sync::LazyLock;

use super::blob::{Blob, KindRow};
use super::{Availability, Corrupt, FieldRef, Release, ReleaseSet};

/// The tables of every kind.
#[derive(Debug)]
pub struct FieldTables {
    pub(super) blob: Blob,
}

/// The tables this project is built with.
#[must_use]
pub fn tables() -> &'static FieldTables {
    static TABLES: LazyLock<FieldTables> = LazyLock::new(|| {
        let blob = Blob::open(include_bytes!("../../data/fields.bin"));
        // Never empty in a build that passed its tests: `the_tables_hold_every_kind`.
        FieldTables { blob: blob.unwrap_or_default() }
    });
    &TABLES
}

/// The project whose releases a kind's `since` and `until` are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Project {
    /// KServe.
    KServe,
    /// Argo CD.
    ArgoCd,
    /// Argo Rollouts.
    ArgoRollouts,
    /// Flux' kustomize-controller.
    KustomizeController,
    /// Flux' helm-controller.
    HelmController,
    /// Istio.
    Istio,
    /// prometheus-operator.
    PrometheusOperator,
    /// Flagger.
    Flagger,
    /// Kubernetes itself.
    Kubernetes,
}

impl Project {
    /// The project that owns a kind of the tables; by group, and in `argoproj.io`, which two
    /// projects share, by kind.
    #[must_use]
    pub fn of(group: &str, kind: &str) -> Self {
        match (group, kind) {
            ("serving.kserve.io", _) => Self::KServe,
            ("argoproj.io", "Rollout" | "AnalysisTemplate") => Self::ArgoRollouts,
            ("argoproj.io", _) => Self::ArgoCd,
            ("kustomize.toolkit.fluxcd.io", _) => Self::KustomizeController,
            ("helm.toolkit.fluxcd.io", _) => Self::HelmController,
            ("networking.istio.io", _) => Self::Istio,
            ("monitoring.coreos.com", _) => Self::PrometheusOperator,
            ("flagger.app", _) => Self::Flagger,
            _ => Self::Kubernetes,
        }
    }

    /// The name people know it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KServe => "KServe",
            Self::ArgoCd => "Argo CD",
            Self::ArgoRollouts => "Argo Rollouts",
            Self::KustomizeController => "kustomize-controller",
            Self::HelmController => "helm-controller",
            Self::Istio => "Istio",
            Self::PrometheusOperator => "prometheus-operator",
            Self::Flagger => "Flagger",
            Self::Kubernetes => "Kubernetes",
        }
    }
}

/// One version of a kind.
#[derive(Debug, Clone, Copy)]
pub struct KindTable {
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// The version within the group.
    pub version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The project whose releases are meant.
    pub project: Project,
    /// The first release read that has the kind.
    pub first: Release,
    /// The last release read that has the kind.
    pub last: Release,
    /// The object itself: `apiVersion`, `kind`, `metadata`, `spec` …
    pub root: FieldRef,
}

/// What the tables say of an object's apiVersion and kind.
#[derive(Debug, Clone)]
pub enum KindLookup {
    /// This version of the kind is known.
    Known(KindTable),
    /// The kind is known, this version is not. Of Kubernetes one release was read: an older one
    /// may have had the version.
    OtherVersion {
        /// The versions of the group that have the kind, sorted.
        known: Vec<&'static str>,
    },
    /// The tables know no such kind; most kinds of the world are not in them.
    UnknownKind,
}

impl FieldTables {
    /// Reads tables from their bytes. Only the header is read; a damaged part gives no fields or
    /// empty names when it is asked for, never a panic.
    ///
    /// # Errors
    /// [`Corrupt`] for bytes whose header is not that of field tables.
    pub fn open(bytes: &'static [u8]) -> Result<Self, Corrupt> {
        Ok(Self { blob: Blob::open(bytes)? })
    }

    /// The table of a kind, by the object's `apiVersion` and `kind`.
    #[must_use]
    pub fn kind(&'static self, api_version: &str, kind: &str) -> Option<KindTable> {
        let (group, version) = split(api_version);
        self.versions(group, kind).find(|table| table.version == version)
    }

    /// The table of a kind, or why there is none.
    #[must_use]
    pub fn lookup(&'static self, api_version: &str, kind: &str) -> KindLookup {
        if let Some(table) = self.kind(api_version, kind) {
            return KindLookup::Known(table);
        }
        let known: Vec<_> = self.versions(split(api_version).0, kind).map(|table| table.version).collect();
        if known.is_empty() { KindLookup::UnknownKind } else { KindLookup::OtherVersion { known } }
    }

    /// The tables of a kind in every version, sorted by version.
    pub fn versions(&'static self, group: &str, kind: &str) -> impl Iterator<Item = KindTable> {
        let first = self.first(group, kind);
        let count =
            (first..self.blob.kinds()).take_while(|&row| self.compare(row, group, kind).is_eq()).count();
        (first..first + count).filter_map(|row| self.table(self.blob.kind(row)?))
    }

    /// Every kind in every version, sorted by group, kind and version.
    pub fn kinds(&'static self) -> impl Iterator<Item = KindTable> {
        (0..self.blob.kinds()).filter_map(|row| self.table(self.blob.kind(row)?))
    }

    /// The kinds of a group, in every version, sorted by kind and version.
    pub fn kinds_of(&'static self, group: &str) -> impl Iterator<Item = KindTable> {
        let first = self.first(group, "");
        let rows = (first..self.blob.kinds()).map_while(|row| self.blob.kind(row));
        let of_group = rows.take_while(move |row| self.blob.bytes_of(row.group) == group.as_bytes());
        of_group.filter_map(|row| self.table(row))
    }

    /// The first row that is not before a kind.
    fn first(&self, group: &str, kind: &str) -> usize {
        let (mut low, mut high) = (0, self.blob.kinds());
        while low < high {
            let middle = low.midpoint(high);
            match self.compare(middle, group, kind) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal | Ordering::Greater => high = middle,
            }
        }
        low
    }

    fn compare(&self, row: usize, group: &str, kind: &str) -> Ordering {
        let Some(row) = self.blob.kind(row) else { return Ordering::Greater };
        let groups = self.blob.bytes_of(row.group).cmp(group.as_bytes());
        groups.then_with(|| self.blob.bytes_of(row.kind).cmp(kind.as_bytes()))
    }

    fn table(&'static self, row: KindRow) -> Option<KindTable> {
        let (group, kind) = (self.blob.text(row.group), self.blob.text(row.kind));
        Some(KindTable {
            group,
            version: self.blob.text(row.version),
            kind,
            project: Project::of(group, kind),
            first: self.release(row.first)?,
            last: self.release(row.last)?,
            root: FieldRef::root(self, row.node)?,
        })
    }

    pub(super) fn release(&self, id: u8) -> Option<Release> {
        self.blob.release(id).map(|[major, minor, patch]| Release::new(major, minor, patch))
    }
}

impl KindTable {
    /// The object's `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Which of these releases have the kind. Releases past the last one read are taken to have it.
    #[must_use]
    pub fn availability(&self, releases: &ReleaseSet) -> Availability {
        releases.availability(self.since(), None)
    }

    /// The first release that has the kind, if an earlier one was read of the project: a kind that
    /// came later begins later than its siblings.
    #[must_use]
    pub fn since(&self) -> Option<Release> {
        let first = self.root.tables().kinds().filter(|other| other.project == self.project);
        first.map(|other| other.first).min().filter(|&first| first < self.first).map(|_| self.first)
    }
}

/// Group and version of an `apiVersion`.
fn split(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}
