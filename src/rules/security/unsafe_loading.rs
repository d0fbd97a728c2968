//! `security/unsafe-loading`: no code of strangers runs with a model.

use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::ModelUse;
use crate::fleet::Object;
use crate::fleet::reference::Scheme;
use crate::kinds::kserve::{self, Form};

pub(super) const CHECKS: &[Check] = &[Check::ModelReference(check)];

/// What lets a model bring its own code (kserve v0.20 `python/huggingfaceserver`, vLLM).
const FLAGS: [&str; 2] = ["--trust-remote-code", "--trust_remote_code"];

fn check(used: &ModelUse, object: &Object, _: &Context<'_>, out: &mut Violations) {
    // What lies in a bucket of one's own was put there by somebody.
    let is_public = used.reference.form == Form::Argument || used.parsed.scheme == Scheme::Hf;
    if !is_public {
        return;
    }
    let pinned = used.reference.revision.as_deref().is_some_and(is_commit)
        || is_commit(revision(&used.reference.text));
    for workload in kserve::workloads(&object.manifest) {
        let Some(container) = workload.serving.filter(|_| workload.part == used.reference.part) else {
            continue;
        };
        for list in ["args", "command"] {
            let at = container.path.key(list);
            if let Some((node, path)) = flag(container.node.get(list).items(), &at) {
                out.push(judge(used, object, node, path, pinned));
            }
        }
    }
}

fn judge(used: &ModelUse, object: &Object, node: &Node, path: Pointer, pinned: bool) -> Option<Violation> {
    let manifest = &object.manifest;
    let name = &manifest.id.name;
    let (case, message, help) = if pinned {
        let message = format!("{name}{{places}} runs code that comes with {}", used.reference.text);
        ("remote-code", message, "copy the model to a bucket of your own once its code was read")
    } else {
        let message = format!("{name}{{places}} runs whatever code {} brings next", used.reference.text);
        ("moving-code", message, "name a commit, 40 hexadecimal digits, as the revision")
    };
    let found =
        Violation::in_object(case, manifest, path, node.origin, "runs the model's own code", message)?;
    Some(found.note("it runs in the pod, with its service account, at every start").help(help))
}

/// The item that turns it on.
fn flag<'n>(items: &'n [Node], at: &Pointer) -> Option<(&'n Node, Pointer)> {
    items.iter().enumerate().find_map(|(index, item)| {
        let text = item.text()?;
        let rest = FLAGS.iter().find_map(|flag| text.strip_prefix(flag))?;
        let value = match rest.strip_prefix('=') {
            Some(value) => value,
            None if rest.is_empty() => {
                // A value of its own may follow; another option, or nothing, means yes.
                let next = items.get(index + 1).and_then(Node::text);
                next.filter(|next| !next.starts_with('-')).unwrap_or("true")
            }
            None => return None,
        };
        let is_off = matches!(value.to_lowercase().as_str(), "false" | "0" | "no");
        (!is_off).then(|| (item, at.index(index)))
    })
}

/// What follows the last `:` or `@` of `hf://org/name:revision`.
fn revision(text: &str) -> &str {
    text.rsplit([':', '@']).next().unwrap_or(text)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
