//! `schema/duplicate-key`: a key that stands in one map twice.

use mlgitops_yaml::Role;

use super::super::{Check, Context, Violations};
use crate::discover::Found;
use crate::finding::{Label, Location, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Tree(check)];

fn check(found: &Found, _: &Context<'_>, out: &mut Violations) {
    let tree = &found.tree;
    for duplicate in tree.duplicates() {
        let at = |key| Location::new(&found.file, tree.range(key), Role::Source);
        let name = tree.scalar(duplicate.key).unwrap_or_default();
        let first = at(duplicate.first);
        let message =
            format!("`{name}` stands here twice: the one in line {} is lost", first.position().line);
        out.push(
            Violation::in_file("duplicate", Label::new(at(duplicate.key), "this one counts"), message)
                .also_at(Label::new(first, "lost"))
                .note("kubectl, Argo CD and Helm keep the last one in silence; Kustomize refuses the file")
                .help("keep one; where both hold a map, merge them")
                .word(name),
        );
    }
}
