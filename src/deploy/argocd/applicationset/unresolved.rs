//! Tags that stayed in fields where no brace can be meant: a parameter that no element has, or a
//! tag of the other language (domain.md §3.8: mixing them is the usual mistake).

use mlgitops_yaml::{Node, Value};

use super::expansion::{Expansion, Language};
use super::refusal::Stop;

/// The fields of a source, and whether nothing can be deployed without them.
const SOURCE: [(&str, bool); 4] =
    [("path", true), ("chart", true), ("repoURL", true), ("targetRevision", false)];

/// The fields of a destination.
const DESTINATION: [&str; 3] = ["name", "server", "namespace"];

impl Expansion<'_> {
    /// Says which tags stayed in an Application's sources and destination; false where it can
    /// deploy nothing so.
    pub(super) fn is_resolved(&mut self, application: &Node) -> bool {
        let spec = application.get("spec");
        let one = spec.get("source").present();
        let sources = one.into_iter().chain(spec.get("sources").items());
        let mut resolved = true;
        for (source, (field, needed)) in sources.flat_map(|source| SOURCE.map(|field| (source, field))) {
            let stays = source.get(field).present().is_some_and(|node| self.stays(node, field));
            resolved &= !(stays && needed);
        }
        for field in DESTINATION {
            if let Some(node) = spec.get("destination").get(field).present() {
                self.stays(node, field);
            }
        }
        resolved
    }

    /// Says which tag stayed in a field, if one did.
    fn stays(&mut self, node: &Node, field: &str) -> bool {
        let Value::Scalar(scalar) = &node.value else { return false };
        let text = &*scalar.text;
        let found = match self.language {
            Language::Fast => text.find("{{").and_then(|at| {
                let end = at + text.get(at..)?.find("}}")? + 2;
                Some(at..end)
            }),
            Language::Go => text.find("<no value>").map(|at| at..at + "<no value>".len()),
        };
        let Some(range) = found else { return false };
        let tag = text.get(range.clone()).unwrap_or("");
        let message = match self.language {
            Language::Go => format!("its `{field}` comes out as `{text}`: a parameter in it is not there"),
            Language::Fast if tag.trim_start_matches(['{', ' ']).starts_with('.') => {
                format!(
                    "`{tag}` stays as it is in its `{field}`: without goTemplate no tag starts with a dot"
                )
            }
            Language::Fast => format!("`{tag}` stays as it is in its `{field}`: no parameter has this name"),
        };
        // The action that printed it is not among its bytes where nothing flowed: the field is.
        let piece = scalar.origin_at(node.origin, range, self.machine.origins);
        let at = if self.machine.origins.first(piece).is_some() { piece } else { node.origin };
        self.record(Stop::refused("appset-unresolved", message, at));
        true
    }
}
