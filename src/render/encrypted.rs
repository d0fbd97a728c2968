//! What SOPS encrypted: a file with a top-level key `sops` whose values only the cluster can read
//! (kustomize-controller v1.9 `internal/decryptor`).

use std::sync::Arc;

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Unknown, Value};

/// The key under which SOPS keeps what it needs to decrypt.
const SOPS: &str = "sops";
/// How an encrypted value begins.
const MARK: &str = "ENC[";

/// Makes the encrypted values of an object unknown, and takes out what SOPS wrote beside them: the
/// cluster gets neither.
pub(super) fn hide_encrypted(manifest: &mut Manifest) {
    if manifest.root.get(SOPS).get("mac").present().is_none() {
        return;
    }
    let object = Arc::make_mut(&mut manifest.root);
    let Value::Map(map) = &mut object.value else { return };
    map.remove(SOPS);
    let mut open = vec![object];
    while let Some(node) = open.pop() {
        if node.as_scalar().is_some_and(|scalar| scalar.text.starts_with(MARK)) {
            node.value = Value::Unknown(Unknown { reason: "it is encrypted by SOPS".into() });
        }
        match &mut node.value {
            Value::Sequence(items) => open.extend(items),
            Value::Map(map) => open.extend(map.iter_mut().map(|(_, value)| value)),
            _ => {}
        }
    }
}
