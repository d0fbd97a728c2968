//! `security/outside-root`: a link that leads out of the repository.

use std::sync::Arc;

use mlgitops_yaml::{Role, SourceFile};

use super::super::{Check, Context, Violations};
use crate::finding::{Label, Location, Violation};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

fn check(context: &Context<'_>, out: &mut Violations) {
    for (path, target) in &context.discovery.outside {
        // Git stores a link as a file that holds its target.
        let link = Arc::new(SourceFile::of_text(path.as_str(), target));
        let at = Location::top_of(&link, Role::Source);
        let message = format!("`{path}` is a link to `{target}`, outside the repository");
        out.push(
            Violation::in_file("link", Label::new(at, "leads out of the repository"), message)
                .note("it was not followed; Argo CD refuses a repository that holds such a link")
                .help("put the file here, or take the link out")
                .word(path.as_str()),
        );
    }
}
