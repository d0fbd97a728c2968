//! Links that give up and kill nothing: Standard's deadline and the readinessProbe (domain.md
//! §2.2, B3 and B5).

use super::super::super::start::{Covers, Start, exceeds, shown};
use super::Service;
use crate::config::DeploymentMode;
use crate::finding::Violation;
use crate::fleet::startup_time::Download;

/// `progressDeadlineSeconds`, which KServe writes into every Deployment (kserve v0.11 to v0.20,
/// `deployment_reconciler.go`).
const FIXED: u64 = 600;

impl Service<'_> {
    /// The deadline of Standard's Deployment. Only the best case counts: what recovers by itself
    /// is worth a word only where it is sure to come.
    pub(super) fn of_fixed_deadline(&self, start: &Start) -> Option<Violation> {
        let best = start.best.whole();
        if self.mode != Some(DeploymentMode::Standard) || !exceeds(best, FIXED) {
            return None;
        }
        let (model, size, takes) = (&self.model_use.model, start.bytes(), shown(best, FIXED));
        let message = format!(
            "{model}{{places}} shows Degraded at first: {size} take {takes} s at best, KServe allows {FIXED} s"
        );
        let reference = &self.model_use.reference;
        let (manifest, path) = (&self.object.manifest, reference.path.clone());
        let label = "its Deployment gets 600 s, always";
        let mut found = Violation::in_object("fixed-600", manifest, path, reference.origin, label, message)?;
        found.related.extend(start.size_label());
        let sum = start.best_arithmetic(Covers::Whole);
        let note = format!("{sum}; nothing is killed, and Argo CD says Healthy once it is ready");
        let help = match start.download {
            Download::Never => "nothing to change: wait for it longer than Argo CD does",
            _ => "a LocalModelCache or a pvc:// volume saves the download; else nothing to change",
        };
        Some(found.note(note).help(help))
    }

    /// A readinessProbe that is over before the model has loaded.
    pub(super) fn of_readiness(&self, start: &Start) -> Option<Violation> {
        let (object, probe, timing) = self.readiness()?;
        let (budget, best) = (timing.budget(), start.best.in_container());
        if self.mode != Some(DeploymentMode::Standard) || !exceeds(best, budget) {
            return None;
        }
        let (model, size, takes) = (&self.model_use.model, start.bytes(), shown(best, budget));
        let message =
            format!("{model}{{places}} is not ready at first, without harm: {size} take {takes} s at best");
        let label = format!("not ready after {timing}, and asked again");
        let mut found =
            Violation::in_object("readiness", &object.manifest, probe.path, probe.key, label, message)?;
        found.related.extend(start.size_label());
        let note = "a failed readinessProbe kills nothing: the pod gets traffic as soon as it passes";
        Some(found.note(note).help("nothing to change; a longer one only makes every scale-up slower"))
    }
}
