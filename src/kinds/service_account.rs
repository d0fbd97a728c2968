//! What lets the pods of a ServiceAccount read a bucket (kserve v0.20 `pkg/credentials`; domain.md
//! §9).

use mlgitops_manifest::Manifest;
use mlgitops_yaml::{Node, Pointer};

use super::kubernetes::metadata_value;

/// The annotation of EKS for a role (IRSA).
pub const AWS_ROLE: &str = "eks.amazonaws.com/role-arn";

/// The annotation of GKE for a service account of Google's.
pub const GOOGLE_ACCOUNT: &str = "iam.gke.io/gcp-service-account";

/// The annotation of Azure for a managed identity or an application.
pub const AZURE_CLIENT: &str = "azure.workload.identity/client-id";

/// The label without which Azure gives a pod of the account nothing.
pub const AZURE_LABEL: &str = "azure.workload.identity/use";

/// Whether an account says how its pods get at a bucket: an identity of a cloud, secrets, or that
/// none is needed.
#[must_use]
pub fn gives_access(account: &Manifest) -> bool {
    let has = |name| metadata_value(&account.root, "annotations", name).is_some();
    // What cannot be read may be one.
    let secrets = account.root.get("secrets");
    let has_secrets = !secrets.items().is_empty() || (!secrets.is_absent() && secrets.present().is_none());
    let is_open = metadata_value(&account.root, "annotations", "serving.kserve.io/s3-useanoncredential");
    [AWS_ROLE, GOOGLE_ACCOUNT, AZURE_CLIENT].into_iter().any(has)
        || has_secrets
        || is_open.is_some()
        || other_identity(account)
}

/// Any other annotation that speaks of an identity: clouds and agents have many.
fn other_identity(account: &Manifest) -> bool {
    let annotations = account.root.find(&["metadata", "annotations"]).present().and_then(Node::as_map);
    let mut keys = annotations.into_iter().flat_map(|map| map.iter()).map(|(key, _)| key.name());
    keys.any(|key| {
        ["iam", "identity", "role", "vault", "credential", "ram."].iter().any(|word| key.contains(word))
    })
}

/// An identity that no cloud has the form of: what it is called, its node and where it stands.
#[must_use]
pub fn malformed(account: &Manifest) -> Option<(&'static str, &Node, Pointer)> {
    let role = metadata_value(&account.root, "annotations", AWS_ROLE)
        .filter(|(node, _)| node.text().is_some_and(|text| !is_open(text) && !is_role(text)))
        .map(|(node, path)| ("arn:aws:iam::123456789012:role/NAME", node, path));
    role.or_else(|| {
        let (node, path) = metadata_value(&account.root, "annotations", GOOGLE_ACCOUNT)?;
        let is_wrong = node.text().is_some_and(|text| !is_open(text) && !is_google(text));
        is_wrong.then_some(("NAME@PROJECT.iam.gserviceaccount.com", node, path))
    })
}

/// Whether a text still has to be filled in.
fn is_open(text: &str) -> bool {
    text.contains(['<', '$', '{', '%']) || text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// `arn:aws:iam::123456789012:role/path/name`, also of China and the government's regions.
fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    *arn == "arn"
        && partition.starts_with("aws")
        && *service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}

/// An account of a project, or one that Google made itself.
fn is_google(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.ends_with("gserviceaccount.com") && !text.contains(' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_every_partition() {
        let table = [
            ("arn:aws:iam::123456789012:role/fraud", true),
            ("arn:aws-cn:iam::123456789012:role/a/b", true),
            ("arn:aws-us-gov:iam::123456789012:role/a", true),
            ("arn:aws:iam::12345678901:role/a", false),
            ("arn:aws:iam::123456789012:user/a", false),
            ("arn:aws:sts::123456789012:role/a", false),
            ("fraud-role", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_role(text), expected, "{text}");
        }
        assert!(is_google("fraud@my-project.iam.gserviceaccount.com") && !is_google("fraud@example.com"));
        assert!(is_open("arn:aws:iam::ACCOUNT_ID:role/a") && is_open("arn:aws:iam::${ID}:role/a"));
    }
}
