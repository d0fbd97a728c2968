//! The waivers of a run: those of the configuration and those in comments, and which of them
//! something needed.

use std::collections::BTreeSet;

use super::Context;
use crate::config::{Config, ConfigError, Waiver, comment_waivers};
use crate::discover::Discovery;

/// Every waiver of a run.
#[derive(Debug, Default)]
pub struct Waivers {
    /// Those that can be read, of the configuration first.
    pub stated: Vec<Waiver>,
    /// Comments that look like one and cannot be read.
    pub malformed: Vec<ConfigError>,
}

/// A waiver, as a rule is asked about it.
#[derive(Debug, Clone, Copy)]
pub enum WaiverSubject<'w> {
    /// One that can be read.
    Stated {
        /// The waiver.
        waiver: &'w Waiver,
        /// Whether it is known that nothing needs it: only where all rules ran over everything it
        /// may be for.
        unused: bool,
    },
    /// A comment that cannot be read.
    Malformed(&'w ConfigError),
}

impl Waivers {
    /// The waivers of a configuration and of the comments in every file that was read.
    #[must_use]
    pub fn collect(config: &Config, discovery: &Discovery) -> Self {
        let mut waivers = Self { stated: config.waivers.clone(), malformed: Vec::new() };
        for found in discovery.files.values() {
            let comments = comment_waivers(&found.file);
            waivers.stated.extend(comments.waivers);
            waivers.malformed.extend(comments.malformed);
        }
        waivers
    }

    /// What rules are asked about, once it is known which waivers something needed. `filtered`
    /// runs know of none that nothing needs it.
    #[must_use]
    pub fn subjects(
        &self,
        used: &BTreeSet<usize>,
        filtered: bool,
        context: &Context<'_>,
    ) -> Vec<WaiverSubject<'_>> {
        let stated = self.stated.iter().enumerate().map(|(index, waiver)| WaiverSubject::Stated {
            waiver,
            unused: !filtered && !used.contains(&index) && is_checked(waiver, context),
        });
        stated.chain(self.malformed.iter().map(WaiverSubject::Malformed)).collect()
    }
}

/// Whether everything a waiver may be for was checked.
fn is_checked(waiver: &Waiver, context: &Context<'_>) -> bool {
    let fleet = context.fleet;
    let all =
        fleet.not_checked.is_empty() && fleet.problems.is_empty() && context.discovery.not_checked.is_empty();
    all || waiver.object.as_ref().is_some_and(|object| {
        fleet.objects.iter().any(|one| {
            let id = &one.manifest.id;
            id.to_string() == object.value || format!("{}/{}", id.kind, id.name) == object.value
        })
    })
}
