//! The last line: what was checked, so that silence is never mistaken for a pass.

use super::display::shown;
use crate::Report;
use crate::finding::{Finding, Safety};
use crate::lint::{Older, Summary};

/// `checked 12 releases of 4 models in 3 environments (6 charts): 3 errors; not checked: 1`.
pub(super) fn line(summary: &Summary) -> String {
    let mut text = checked(summary);
    text.push_str(": ");
    text.push_str(&verdict(summary));
    for (count, what) in [(summary.waived, "waived"), (summary.not_checked, "not checked")] {
        if count > 0 {
            text.push_str(&format!("; {what}: {count}"));
        }
    }
    text
}

/// Why a run fails that read nothing it could judge, and what to do; `None` where an item says why,
/// or nothing is wrong.
pub(super) fn nothing(report: &Report) -> Option<[&'static str; 2]> {
    let is_said = report.not_checked.iter().any(|item| item.required);
    (report.summary.exit == 3 && !is_said).then_some([
        "no model, and nothing that deploys one, was found here",
        "name the folder that holds the manifests, as in: mlgitops lint deploy",
    ])
}

/// `37 older findings on main are not counted here: mlgitops lint`; nothing where there are none.
pub(super) fn older(older: Option<&Older>) -> Option<String> {
    let older = older.filter(|older| older.count() > 0)?;
    let is = if older.count() == 1 { "is" } else { "are" };
    let findings = if older.count() == 1 { "finding" } else { "findings" };
    let (count, on) = (older.count(), shown(&older.on));
    Some(format!("{count} older {findings} on {on} {is} not counted here: mlgitops lint"))
}

/// `3 fixable with --fix, 2 more with --fix --unsafe-fixes`; nothing where no edit ends a finding.
pub(super) fn fixable(findings: &[Finding]) -> Option<String> {
    let count = |safety| {
        let fixes = findings.iter().filter(|finding| finding.counts()).filter_map(|one| one.fix.as_ref());
        fixes.filter(|fix| fix.safety == safety).count()
    };
    match (count(Safety::Safe), count(Safety::Unsafe)) {
        (0, 0) => None,
        (0, bold) => Some(format!("{bold} fixable with --fix --unsafe-fixes")),
        (safe, 0) => Some(format!("{safe} fixable with --fix")),
        (safe, bold) => Some(format!("{safe} fixable with --fix, {bold} more with --fix --unsafe-fixes")),
    }
}

fn checked(summary: &Summary) -> String {
    let tools = [
        (summary.helm, "chart"),
        (summary.kustomize, "kustomization"),
        (summary.plain, "folder of plain files"),
    ];
    let tools: Vec<String> =
        tools.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| counted(count, what)).collect();
    let tools = if tools.is_empty() { String::new() } else { format!(" ({})", tools.join(", ")) };
    if summary.releases == 0 {
        return format!("checked no release of a model{tools}");
    }
    format!(
        "checked {} of {} in {}{tools}",
        counted(summary.releases, "release"),
        counted(summary.models, "model"),
        counted(summary.environments, "environment"),
    )
}

fn verdict(summary: &Summary) -> String {
    let counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| counted(count, what))
        .collect();
    match (counts.is_empty(), summary.exit) {
        (false, 3) => format!("{}, and not enough to pass", counts.join(", ")),
        (false, _) => counts.join(", "),
        (true, 0 | 1) => "clean".to_owned(),
        (true, _) => "not enough to pass".to_owned(),
    }
}

/// `1 release`, `2 releases`, `2 folders of plain files`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        return format!("1 {what}");
    }
    match what.split_once(' ') {
        Some((noun, rest)) => format!("{count} {noun}s {rest}"),
        None => format!("{count} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_is_counted() {
        for (counts, said) in [
            (vec![], None),
            (vec![("s3-prefix", 1)], Some("1 older finding on main is not counted here: mlgitops lint")),
            (
                vec![("s3-prefix", 30), ("self-heal", 7)],
                Some("37 older findings on main are not counted here: mlgitops lint"),
            ),
        ] {
            let known = Older { on: "main".to_owned(), findings: counts.into_iter().collect() };
            assert_eq!(older(Some(&known)).as_deref(), said);
        }
        assert_eq!(older(None), None);
    }

    #[test]
    fn the_line_says_what_was_checked_and_how_it_ended() {
        let clean = Summary { releases: 3, models: 1, environments: 3, helm: 3, ..Summary::default() };
        let found = Summary { errors: 3, warnings: 1, not_checked: 1, kustomize: 2, ..clean.clone() };
        let nothing = Summary { not_checked: 2, exit: 3, ..Summary::default() };
        let missing = Summary { errors: 1, not_checked: 1, exit: 3, ..clean.clone() };
        let waived = Summary { waived: 2, plain: 2, helm: 0, releases: 1, environments: 1, ..clean.clone() };
        for (summary, said) in [
            (clean, "checked 3 releases of 1 model in 3 environments (3 charts): clean"),
            (
                found,
                "checked 3 releases of 1 model in 3 environments (3 charts, 2 kustomizations): \
                 3 errors, 1 warning; not checked: 1",
            ),
            (
                missing,
                "checked 3 releases of 1 model in 3 environments (3 charts): \
                 1 error, and not enough to pass; not checked: 1",
            ),
            (nothing, "checked no release of a model: not enough to pass; not checked: 2"),
            (
                waived,
                "checked 1 release of 1 model in 1 environment (2 folders of plain files): clean; waived: 2",
            ),
        ] {
            assert_eq!(line(&summary), said);
        }
    }
}
