//! How long a new pod takes until it serves: the phases of its start, in seconds (domain.md §2.1,
//! §2.4).

use crate::config::Rates;

/// When a model's artifact is downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Download {
    /// Never: it lies on a volume, in an image, or in a cache.
    Never,
    /// By an init container, before any probe starts.
    Before,
    /// By the server itself, while its probes count, unless a volume has it already.
    ByServer,
}

/// The phases of one start, in seconds, before the factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Phases {
    /// Finding or making a node.
    pub schedule: f64,
    /// Pulling the runtime's image.
    pub pull: f64,
    /// Downloading the artifact.
    pub download: f64,
    /// Starting the process.
    pub start: f64,
    /// Loading from disk into memory.
    pub load: f64,
    /// What the sum is multiplied with.
    pub factor: f64,
    by_server: bool,
}

impl Phases {
    /// The phases for an artifact of so many bytes.
    #[must_use]
    pub fn of(bytes: u64, download: Download, rates: &Rates) -> Self {
        Self {
            schedule: rates.schedule.as_secs_f64(),
            pull: rates.pull.as_secs_f64(),
            download: if download == Download::Never { 0.0 } else { seconds(bytes, rates.download) },
            start: rates.start.as_secs_f64(),
            load: seconds(bytes, rates.load),
            factor: rates.factor,
            by_server: download == Download::ByServer,
        }
    }

    /// The same, as if a volume had the artifact.
    #[must_use]
    pub fn without_download(mut self) -> Self {
        self.download = 0.0;
        self
    }

    /// What passes while the container runs, which is what its probes count.
    #[must_use]
    pub fn in_container(&self) -> f64 {
        self.factor * (self.start + self.load + self.download_in_container())
    }

    /// What of the download passes while the container runs.
    #[must_use]
    pub fn download_in_container(&self) -> f64 {
        if self.by_server { self.download } else { 0.0 }
    }

    /// All of it, which is what deadlines count.
    #[must_use]
    pub fn whole(&self) -> f64 {
        self.factor * (self.schedule + self.pull + self.download + self.start + self.load)
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds are shown whole; a byte more or less is none")]
fn seconds(bytes: u64, rate: u64) -> f64 {
    bytes as f64 / rate.max(1) as f64
}
