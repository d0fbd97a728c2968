//! What is drawn as one block: a finding with what follows from it, and the same finding in other
//! environments. Machines get each of them.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostic::Drawn;
use crate::finding::{Finding, Fingerprint, Severity};

/// Findings that are drawn together.
#[derive(Debug)]
pub(super) struct Block<'r> {
    /// The loudest of them; the first, where several are equally loud.
    pub(super) main: &'r Finding,
    /// The same of the same model in other environments, in the order given.
    siblings: Vec<&'r Finding>,
    /// What follows from any of them.
    consequences: Vec<&'r Finding>,
    /// The environments of all but the consequences.
    environments: BTreeSet<&'r str>,
}

/// The blocks of some findings, in the order of their first findings. What is waived everywhere is
/// left out.
pub(super) fn blocks(findings: &[Finding]) -> Vec<Block<'_>> {
    let open: Vec<&Finding> = findings.iter().filter(|finding| !finding.is_waived()).collect();
    let names: BTreeSet<Fingerprint> = open.iter().flat_map(|finding| fingerprints(finding)).collect();
    let is_folded = |finding: &Finding| finding.caused_by.is_some_and(|cause| names.contains(&cause));
    let (folded, shown): (Vec<&Finding>, Vec<&Finding>) =
        open.into_iter().partition(|finding| is_folded(finding));
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut known: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    for finding in shown {
        let key = Key::of(finding);
        let at = key.as_ref().and_then(|key| known.get(key));
        match at.and_then(|&at| blocks.get_mut(at)).filter(|block| block.is_elsewhere(finding)) {
            Some(block) => block.add(finding),
            None => {
                known.extend(key.map(|key| (key, blocks.len())));
                blocks.push(Block::of(finding));
            }
        }
    }
    fold(&mut blocks, folded);
    blocks
}

fn fingerprints(finding: &Finding) -> impl Iterator<Item = Fingerprint> {
    finding.places.iter().map(|place| place.fingerprint)
}

/// Puts each consequence under its cause. One whose cause is a consequence itself goes under the
/// cause of that; one of a ring, which has no first cause, is drawn by itself.
fn fold<'r>(blocks: &mut Vec<Block<'r>>, mut folded: Vec<&'r Finding>) {
    let mut homes: BTreeMap<Fingerprint, usize> = BTreeMap::new();
    for (at, block) in blocks.iter().enumerate() {
        homes.extend(block.findings().flat_map(fingerprints).map(|name| (name, at)));
    }
    let mut by_cause: BTreeMap<Fingerprint, Vec<&'r Finding>> = BTreeMap::new();
    for finding in &folded {
        by_cause.extend(finding.caused_by.map(|cause| (cause, Vec::new())));
    }
    for finding in &folded {
        if let Some(waiting) = finding.caused_by.and_then(|cause| by_cause.get_mut(&cause)) {
            waiting.push(finding);
        }
    }
    let mut reached: Vec<(Fingerprint, usize)> = homes.into_iter().collect();
    while let Some((name, at)) = reached.pop() {
        for finding in by_cause.remove(&name).unwrap_or_default() {
            reached.extend(fingerprints(finding).map(|name| (name, at)));
            if let Some(block) = blocks.get_mut(at) {
                block.consequences.push(finding);
            }
        }
    }
    folded.retain(|finding| finding.caused_by.is_some_and(|cause| by_cause.contains_key(&cause)));
    blocks.extend(folded.into_iter().map(Block::of));
}

/// What findings of one block share: all but the environment.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'r> {
    rule: &'r str,
    case: &'r str,
    model: &'r str,
    object: Option<String>,
    path: String,
    text: &'r str,
}

impl<'r> Key<'r> {
    /// `None` where the repository names no environment or model: then nothing says that two
    /// findings are the same one elsewhere.
    fn of(finding: &'r Finding) -> Option<Self> {
        let place = finding.places.first()?;
        place.environment.as_ref()?;
        Some(Self {
            rule: finding.rule,
            case: finding.case,
            model: place.model.as_deref()?,
            object: place.object.as_ref().map(|object| format!("{}/{}", object.kind, object.name)),
            path: place.path.to_string(),
            text: &finding.primary.text,
        })
    }
}

impl<'r> Block<'r> {
    fn of(main: &'r Finding) -> Self {
        let environments = environments(main).into_iter().collect();
        Self { main, siblings: Vec::new(), consequences: Vec::new(), environments }
    }

    /// Whether a finding holds in none of the environments of this block.
    fn is_elsewhere(&self, finding: &Finding) -> bool {
        !environments(finding).iter().any(|name| self.environments.contains(name))
    }

    fn add(&mut self, finding: &'r Finding) {
        self.environments.extend(environments(finding));
        if finding.severity > self.main.severity {
            self.siblings.insert(0, std::mem::replace(&mut self.main, finding));
        } else {
            self.siblings.push(finding);
        }
    }

    /// The finding and the same in other environments.
    pub(super) fn findings(&self) -> impl Iterator<Item = &'r Finding> {
        std::iter::once(self.main).chain(self.siblings.iter().copied())
    }

    /// How many findings it stands for.
    pub(super) fn len(&self) -> usize {
        1 + self.siblings.len()
    }

    /// How loud it is.
    pub(super) fn severity(&self) -> Severity {
        self.main.severity
    }

    /// The block in the words of miette.
    pub(super) fn diagnostic(&self) -> Drawn<'r> {
        let main = self.main;
        let mut drawn = Drawn::new(main.rule, main.severity, main.message.clone());
        for finding in self.findings() {
            drawn.mark(&finding.primary, &self.text(finding), true);
        }
        for label in &main.related {
            drawn.mark(label, &label.text, false);
        }
        drawn.remark("note", main.note.clone());
        drawn.remark("also", self.also());
        drawn.help = self.help();
        drawn
    }

    /// What to type; where nothing has to be, when it passes.
    pub(super) fn help(&self) -> Option<String> {
        self.main.help.clone().or_else(|| {
            let time = self.main.passes_at?.strftime("%Y-%m-%d %H:%M UTC");
            Some(format!("nothing to change; run this check again after {time}"))
        })
    }

    /// What is said beneath a primary label: the environment too, where there are several.
    fn text(&self, finding: &Finding) -> String {
        let text = &finding.primary.text;
        if self.siblings.is_empty() {
            return text.clone();
        }
        let names = listed(&environments(finding));
        if text.is_empty() { names } else { format!("{names}: {text}") }
    }

    /// The consequences, and environments that neither the message nor a label names.
    pub(super) fn also(&self) -> Option<String> {
        let mut rules: Vec<&str> = Vec::new();
        for finding in &self.consequences {
            if !rules.contains(&finding.rule) {
                rules.push(finding.rule);
            }
        }
        let mut parts = Vec::new();
        if !rules.is_empty() {
            parts.push(format!("{} (same cause)", rules.join(", ")));
        }
        let names = environments(self.main);
        if self.siblings.is_empty() && names.len() > 1 && !self.main.message.contains(&listed(&names)) {
            parts.push(format!("the same in {}", listed(&names)));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// The environments it holds in without a waiver, each once, in the order given.
fn environments(finding: &Finding) -> Vec<&str> {
    let open = finding.places.iter().filter(|place| place.waived.is_none());
    let mut seen = BTreeSet::new();
    open.filter_map(|place| place.environment.as_deref()).filter(|name| seen.insert(*name)).collect()
}

/// `dev, staging and prod`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
