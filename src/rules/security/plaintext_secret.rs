//! `security/plaintext-secret`: credentials that stand in Git for everybody to read.

#[path = "plaintext_secret/overwrites.rs"]
mod overwrites;
#[path = "plaintext_secret/value.rs"]
mod value;

use std::ops::Range;

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer, Trail, Value};

use super::super::{Check, Context, Violations};
use crate::finding::Violation;
use crate::fleet::Object;

pub(super) const CHECKS: &[Check] = &[Check::Manifest(check)];

const NOTE: &str = "it stays in every clone and in history: to remove the line does not take it back";
const HELP: &str = "revoke it, then keep the new one in a SealedSecret, an ExternalSecret or SOPS, or give the \
                    ServiceAccount a role and keep none";

fn check(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    // Encrypted as a whole, or sealed; and schemas, which hold patterns and no values.
    let is_sealed = manifest.root.get("sops").present().is_some()
        || matches!(
            manifest.id.group(),
            "bitnami.com" | "external-secrets.io" | "secrets-store.csi.x-k8s.io"
        );
    if is_sealed || manifest.id.kind == "CustomResourceDefinition" {
        return;
    }
    if manifest.id.is("", "Secret") {
        return secret(object, context, out);
    }
    Walk { manifest, out }.node(&manifest.root, &Trail::default());
}

/// Every text of an object, and every variable of its containers.
struct Walk<'w> {
    manifest: &'w Manifest,
    out: &'w mut Violations,
}

impl Walk<'_> {
    /// Goes as deep as a document may be nested (`limits::DEPTH`).
    fn node(&mut self, node: &Node, at: &Trail<'_>) {
        match &node.value {
            Value::Map(map) => {
                if self.variable(node, at) {
                    return;
                }
                for (key, value) in map.iter() {
                    self.node(value, &at.key(key.name()));
                }
            }
            Value::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &at.index(index));
                }
            }
            Value::Scalar(scalar) => {
                if let Some((what, range)) = value::credential(&scalar.text) {
                    self.out.push(found(case_of(what), self.manifest, at.to_pointer(), Some(range), what));
                }
            }
            Value::Null | Value::Unknown(_) => {}
        }
    }

    /// Whether an entry of `env` names a secret and holds it.
    fn variable(&mut self, entry: &Node, at: &Trail<'_>) -> bool {
        let in_env = at.last_key().is_none() && at.above().and_then(Trail::last_key) == Some("env");
        if !in_env {
            return false;
        }
        let (Some(name), Some(text)) = (entry.get("name").text(), entry.get("value").text()) else {
            return false;
        };
        if !value::names_a_secret(name) || value::credential(text).is_some() {
            return false;
        }
        let Some(case) = judge(text) else { return true };
        // `S3_SECRET: aws-credentials` names an object.
        if name.to_ascii_lowercase().ends_with("secret") && is_object_name(text) {
            return true;
        }
        let case = if case == "secret" { "environment" } else { case };
        let path = at.key("value").to_pointer();
        self.out.push(found(case, self.manifest, path, None, &format!("`{name}`")));
        true
    }
}

fn case_of(what: &str) -> &'static str {
    if what == value::KEY_ID { "key-id" } else { "credential" }
}

/// What a text is that is called a secret; `None` where it is none, or not in Git.
fn judge(text: &str) -> Option<&'static str> {
    if value::is_placeholder(text) || value::is_kept_elsewhere(text) || value::is_setting(text) {
        return None;
    }
    Some(if value::is_development(text) { "development" } else { "secret" })
}

/// Lower-case words with dashes and hardly a digit, as people name objects.
fn is_object_name(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.contains('-') && digits <= 2 && text.bytes().all(is_word)
}

/// A Secret: each of its values, decoded.
fn secret(object: &Object, context: &Context<'_>, out: &mut Violations) {
    let manifest = &object.manifest;
    let root = &manifest.root;
    let is_filled_in =
        root.get("metadata").get("annotations").get("avp.kubernetes.io/path").present().is_some();
    if is_filled_in || root.get("type").text() == Some("kubernetes.io/service-account-token") {
        return;
    }
    let mut empty = Vec::new();
    for field in ["data", "stringData"] {
        for (key, node) in
            root.get(field).present().and_then(Node::as_map).into_iter().flat_map(|map| map.iter())
        {
            let Some(scalar) = node.as_scalar() else { continue };
            let written = &*scalar.text;
            let is_open = value::is_kept_elsewhere(written);
            let decoded = if field == "data" { value::decoded(written) } else { None };
            let text = decoded.as_deref().filter(|_| !is_open).unwrap_or(written);
            let path = Pointer::of(&[field, key.name()]);
            if let Some((case, what)) = in_secret(key.name(), text) {
                out.push(found(case, manifest, path, None, &what));
            } else if !is_open && value::names_a_secret(key.name()) && value::is_placeholder(text) {
                empty.push((path, node));
            }
        }
    }
    out.push(overwrites::judge(object, &empty, context));
}

/// What a value of a Secret is.
fn in_secret(key: &str, text: &str) -> Option<(&'static str, String)> {
    if let Some((what, _)) = value::credential(text) {
        return Some((case_of(what), what.to_owned()));
    }
    if matches!(key, ".dockerconfigjson" | ".dockercfg")
        && ["\"auth\"", "\"password\"", "token\""].iter().any(|field| text.contains(field))
        && !text.contains("${")
        && opens_a_registry(text)
    {
        return Some(("secret", "the registry's password".to_owned()));
    }
    // The values of KServe's `storage-config` are JSON (kserve `pkg/credentials`).
    if text.trim_start().starts_with('{')
        && let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(text)
    {
        let of = |(name, value): (&String, &serde_json::Value)| {
            let case = judge(value.as_str()?).filter(|_| value::names_a_secret(name))?;
            Some((case, format!("`{name}` in `{key}`")))
        };
        return fields.iter().find_map(of);
    }
    let case = judge(text).filter(|_| value::names_a_secret(key))?;
    Some((case, format!("`{key}`")))
}

/// Whether a file of registries holds a password, and no stand-in for one; one that cannot be read may.
fn opens_a_registry(text: &str) -> bool {
    let Ok(serde_json::Value::Object(file)) = serde_json::from_str(text) else { return true };
    let registries = file.get("auths").and_then(serde_json::Value::as_object).unwrap_or(&file);
    let mut registries = registries.values();
    registries.any(|one| {
        let written = |key: &str| one.get(key).and_then(serde_json::Value::as_str);
        let pair = written("auth").and_then(value::decoded);
        let of_pair = pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, password)| password);
        let written = ["password", "identitytoken", "registrytoken"].into_iter().filter_map(written);
        written.chain(of_pair).any(|password| judge(password).is_some())
    })
}

/// The violation; where the value was joined of several pieces, the piece with the credential.
fn found(
    case: &'static str,
    manifest: &Manifest,
    path: Pointer,
    bytes: Option<Range<usize>>,
    what: &str,
) -> Option<Violation> {
    let (kind, name) = (&manifest.id.kind, &manifest.id.name);
    let (message, label) = match case {
        "development" => {
            (format!("anybody would try the password of {kind} {name}{{places}}: {what}"), "a common one")
        }
        "key-id" => {
            (format!("{kind} {name}{{places}} uses a long-lived AWS access key"), "its id, half of the pair")
        }
        _ => {
            (format!("whoever reads this repository has {what} of {kind} {name}{{places}}"), "in plain text")
        }
    };
    let node = manifest.at(&path).present()?;
    let mut found = match bytes {
        Some(bytes) => Violation::in_piece(case, manifest, path, bytes, label, message)?,
        None => Violation::in_object(case, manifest, path, node.origin, label, message)?,
    };
    found.primary = found.primary.secret();
    let (note, help) = match case {
        "development" => (
            "who reaches the service can log in",
            "set one of your own, and keep it out of Git: a SealedSecret, an ExternalSecret or SOPS",
        ),
        "key-id" => (
            "the id alone opens nothing; its secret is kept somewhere, and does not end by itself",
            "give the ServiceAccount a role and keep no key",
        ),
        _ => (NOTE, HELP),
    };
    Some(found.note(note).help(help).word(what))
}
