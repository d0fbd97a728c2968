//! How long a model takes, at best and at worst, and the arithmetic people read.

use mlgitops_manifest::size::{Rate, Size as Bytes};

use crate::config::{Rates, StartupConfig};
use crate::finding::Label;
use crate::fleet::ModelUse;
use crate::fleet::reference::Scheme;
use crate::fleet::size::Size;
use crate::fleet::startup_time::{Download, Phases};
use crate::kinds::kserve::Form;

/// How long a model takes.
pub(super) struct Start {
    pub(super) size: Size,
    pub(super) download: Download,
    pub(super) best: Phases,
    pub(super) worst: Phases,
    config: StartupConfig,
}

/// Which phases a link waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Covers {
    /// What passes while the container runs.
    Container,
    /// All of them.
    Whole,
}

impl Start {
    pub(super) fn of(size: Size, download: Download, config: &StartupConfig) -> Self {
        let best = Phases::of(size.bytes, download, &config.best);
        let worst = Phases::of(size.bytes, download, &config.worst);
        // A volume may hold what the server would download.
        let best = if download == Download::ByServer { best.without_download() } else { best };
        Self { size, download, best, worst, config: *config }
    }

    /// The size as people write it.
    pub(super) fn bytes(&self) -> Bytes {
        Bytes(self.size.bytes)
    }

    /// Where the size is stated.
    pub(super) fn size_label(&self) -> Option<Label> {
        self.size.location.clone().map(|at| Label::new(at, "size from here"))
    }

    /// The arithmetic of the best case: `start 10 s + … = 37 s`.
    pub(super) fn best_arithmetic(&self, covers: Covers) -> String {
        sum(&self.best, &self.config.best, covers)
    }

    /// The arithmetic of both cases: `at best, start 10 s + … = 37 s; on a slow disk, …`.
    pub(super) fn arithmetic(&self, covers: Covers) -> String {
        let best = sum(&self.best, &self.config.best, covers);
        let worst = sum(&self.worst, &self.config.worst, covers);
        format!("at best, {best}; {}, {worst}", covers.worst_words())
    }
}

impl Covers {
    /// What the worst case is called.
    pub(super) fn worst_words(self) -> &'static str {
        match self {
            Self::Container => "on a slow disk",
            Self::Whole => "on a cold node",
        }
    }

    /// The seconds of the phases waited for.
    pub(super) fn seconds(self, phases: &Phases) -> f64 {
        match self {
            Self::Container => phases.in_container(),
            Self::Whole => phases.whole(),
        }
    }
}

/// `start 10 s + load at 500 MiB/s 27 s = 37 s`, `(… + …) × 1.5 = 245 s`.
fn sum(phases: &Phases, rates: &Rates, covers: Covers) -> String {
    let mut terms = Vec::new();
    let downloads = match covers {
        Covers::Container => phases.download_in_container(),
        Covers::Whole => phases.download,
    };
    if covers == Covers::Whole && phases.schedule > 0.0 {
        terms.push(format!("schedule {} s", whole(phases.schedule)));
    }
    if covers == Covers::Whole && phases.pull > 0.0 {
        terms.push(format!("pull {} s", whole(phases.pull)));
    }
    if downloads > 0.0 {
        terms.push(format!("download at {} {} s", Rate(rates.download), whole(downloads)));
    }
    terms.push(format!("start {} s", whole(phases.start)));
    terms.push(format!("load at {} {} s", Rate(rates.load), whole(phases.load)));
    let (terms, total) = (terms.join(" + "), whole(covers.seconds(phases)));
    if (phases.factor - 1.0).abs() < f64::EPSILON {
        format!("{terms} = {total} s")
    } else {
        format!("({terms}) × {} = {total} s", phases.factor)
    }
}

/// Whether a link gives up before so many seconds.
#[expect(clippy::cast_precision_loss, reason = "a budget of centuries may lose a second")]
pub(super) fn exceeds(seconds: f64, budget: u64) -> bool {
    seconds > budget as f64
}

/// Whole seconds that show to be more than the budget.
pub(super) fn shown(seconds: f64, budget: u64) -> String {
    let nearest = seconds.round();
    if exceeds(nearest, budget) { whole(nearest) } else { whole(seconds.ceil()) }
}

/// Seconds without a fraction.
pub(super) fn whole(seconds: f64) -> String {
    format!("{:.0}", seconds.round())
}

/// Whole seconds that are enough.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds; a cast saturates")]
pub(super) fn enough(seconds: f64) -> u64 {
    seconds.ceil() as u64
}

/// When the artifact is downloaded (domain.md §2.4).
pub(super) fn download(model_use: &ModelUse, is_cached: bool) -> Download {
    match (model_use.parsed.scheme, model_use.reference.form) {
        _ if is_cached => Download::Never,
        (Scheme::Pvc | Scheme::File, _) => Download::Never,
        (scheme, _) if scheme.is_oci() => Download::Never,
        (_, Form::Argument) => Download::ByServer,
        _ => Download::Before,
    }
}

/// Whether a reference names the model itself, and not one more part of it.
pub(super) fn is_main(model_use: &ModelUse) -> bool {
    let path = model_use.reference.path.to_string();
    !path.contains("/adapters/") && (!path.contains("/storageUris/") || path.contains("/storageUris/0/"))
}
