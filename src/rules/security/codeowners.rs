//! `security/codeowners`: somebody owns what decides what runs in production.

#[path = "codeowners/owners.rs"]
mod owners;

use std::collections::BTreeSet;

use mlgitops_yaml::Role;

use super::super::{Check, Context, Violations};
use crate::config::FILE_NAME;
use crate::discover::{FileKind, Found};
use crate::finding::{Label, Location, Violation};
use crate::fleet::Column;
use owners::Owners;

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// The order in which GitHub looks for the file; GitLab's own place comes last.
const PLACES: [&str; 4] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];

fn check(context: &Context<'_>, out: &mut Violations) {
    let files = &context.discovery.files;
    let found = PLACES.into_iter().find_map(|place| {
        files.values().find(|found| found.kind == FileKind::Owners && found.path.as_str() == place)
    });
    // Without the file, who may merge is decided by settings of the forge.
    let Some(found) = found else { return };
    let owners = Owners::read(found.file.text());
    let config = context.config.file.as_ref();
    let has_config = config.is_some_and(|file| &**file.path() == FILE_NAME);
    out.push(has_config.then(|| of_config(found, &owners)).flatten());
    out.push(of_guarded(found, &owners, &guarded(context)));
}

/// The files that name what runs in production.
fn guarded(context: &Context<'_>) -> BTreeSet<String> {
    let fleet = context.fleet;
    let releases = fleet.releases.iter().filter(|one| fleet.column(Some(one.place)) == Column::Prod);
    let files = releases.filter_map(|release| {
        let model_use = fleet.uses.get(release.model_use)?;
        let object = fleet.object_of(model_use)?;
        let at = object.manifest.place(model_use.reference.origin)?;
        Some(at.file.path().to_string())
    });
    files.collect()
}

fn of_config(found: &Found, owners: &Owners) -> Option<Violation> {
    if owners.has(FILE_NAME) {
        return None;
    }
    let label = Label::new(Location::top_of(&found.file, Role::Source), "has no line for it");
    let message = format!("nobody owns {FILE_NAME}: a pull request may turn off the rules it breaks");
    let note = "CODEOWNERS is what keeps a change to the rules from being approved with the change they stop";
    Some(Violation::in_file("config", label, message).note(note).help(format!("add `/{FILE_NAME} @TEAM`")))
}

fn of_guarded(found: &Found, owners: &Owners, guarded: &BTreeSet<String>) -> Option<Violation> {
    let open: Vec<&str> = guarded.iter().map(String::as_str).filter(|path| !owners.has(path)).collect();
    let first = open.first()?;
    let what = match open.len() {
        1 => format!("`{first}`"),
        2 => format!("`{first}` and 1 file more"),
        count => format!("`{first}` and {} files more", count - 1),
    };
    let label = Label::new(Location::top_of(&found.file, Role::Source), "has no line for them");
    let message = format!("nobody owns {what}, which decides what runs in production");
    let violation = Violation::in_file("guarded", label, message).word(*first);
    let note = "without an owner anybody who may merge may promote a model";
    let folder = first.rsplit_once('/').map_or(*first, |(folder, _)| folder);
    Some(violation.note(note).help(format!("add `/{folder}/ @TEAM`")))
}
