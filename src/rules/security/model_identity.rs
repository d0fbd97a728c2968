//! `security/model-identity`: a model in a bucket is read by an identity that may read it.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_yaml::{Node, Pointer};

use super::super::{Check, Context, Violations};
use crate::config::nearest;
use crate::finding::{Label, Location, Violation};
use crate::fleet::reference::Scheme;
use crate::fleet::{EnvironmentIndex, Fleet, ModelUse, Object};
use crate::kinds::kserve::{self, Form, Workload};
use crate::kinds::kubernetes::metadata_value;
use crate::kinds::service_account::{AZURE_CLIENT, AZURE_LABEL, gives_access, malformed};

pub(super) const CHECKS: &[Check] = &[Check::Fleet(check)];

/// The annotation that names the Secret to read a bucket with (kserve v0.20 `pkg/constants`).
const SECRET: &str = "serving.kserve.io/storageSecretName";

/// The account of pods that name none.
const DEFAULT: &str = "default";

/// The bucket of KServe's examples, which anybody may read (kserve v0.20 `docs/samples`).
const PUBLIC: &str = "kfserving-examples";

fn check(context: &Context<'_>, out: &mut Violations) {
    let fleet = context.fleet;
    let readers = readers(context);
    if readers.is_empty() {
        return;
    }
    let accounts = Accounts::of(fleet, &readers);
    for reader in &readers {
        let found = match (reader.account, accounts.of_reader(reader)) {
            (None, _) => accounts.without(reader),
            // Every namespace has it.
            (Some((DEFAULT, _)), None) => None,
            (Some(named), None) => accounts.unknown(reader, named),
            (Some(_), Some(account)) => accounts.of_account(reader, account),
        };
        out.push(found.map(|found| found.at_place(reader.object.place).of_model(&reader.model_use.model)));
    }
}

/// An environment and a namespace in it.
type Where<'f> = (Option<EnvironmentIndex>, Option<&'f str>);

/// A service that downloads its model from a bucket.
struct Reader<'f> {
    model_use: &'f ModelUse,
    object: &'f Object,
    workload: Workload<'f>,
    place: Where<'f>,
    /// The account it names, and its node.
    account: Option<(&'f str, &'f Node)>,
}

/// The services that download from a bucket by the identity of their pods.
fn readers<'f>(context: &Context<'f>) -> Vec<Reader<'f>> {
    let (fleet, caches) = (context.fleet, context.caches());
    // A container of one's own for a scheme brings its own ways.
    if fleet.of_kind("ClusterStorageContainer").any(|one| one.manifest.id.name != "default") {
        return Vec::new();
    }
    let readers = fleet.uses.iter().filter_map(|model_use| {
        let object = fleet.object_of(model_use)?;
        let manifest = &object.manifest;
        let form = model_use.reference.form;
        let by_pod = matches!(form, Form::StorageUri | Form::Environment | Form::LlmUri);
        let by_secret = metadata_value(&manifest.root, "annotations", SECRET).is_some();
        if !by_pod || by_secret || !is_bucket(model_use) || caches.of_model(model_use).is_some() {
            return None;
        }
        let workload =
            kserve::workloads(manifest).into_iter().find(|one| one.part == model_use.reference.part)?;
        let keys = ["serviceAccountName", "serviceAccount"];
        // What is written and cannot be read may be right.
        if keys.iter().any(|key| is_unknown(workload.pod, key)) {
            return None;
        }
        let account = keys.into_iter().find_map(|key| {
            let node = workload.pod.get(key).present()?;
            Some((node.text()?, node))
        });
        let account = account.filter(|(name, _)| !name.is_empty());
        Some(Reader { model_use, object, workload, place: place_of(fleet, object), account })
    });
    readers.collect()
}

fn is_unknown(node: &Node, key: &str) -> bool {
    !node.get(key).is_absent() && node.get(key).present().is_none()
}

/// Whether a model lies in a bucket that asks who reads it.
fn is_bucket(model_use: &ModelUse) -> bool {
    match model_use.parsed.scheme {
        Scheme::Gs => bucket(model_use) != Some(PUBLIC),
        Scheme::S3 => true,
        Scheme::Https => bucket(model_use).is_some_and(|host| host.contains(".core.windows.net")),
        _ => false,
    }
}

/// The bucket of a reference, or its host.
fn bucket(model_use: &ModelUse) -> Option<&str> {
    let range = model_use.parsed.authority.clone()?;
    model_use.reference.text.get(range)
}

fn place_of<'f>(fleet: &'f Fleet, object: &'f Object) -> Where<'f> {
    let place = fleet.place(object.place);
    let own = object.manifest.id.namespace.as_deref();
    let namespace = own.or_else(|| place.and_then(|place| place.namespace.as_deref()));
    (place.and_then(|place| place.environment), namespace)
}

/// The ServiceAccounts of a fleet, and who uses them.
struct Accounts<'f> {
    by_name: BTreeMap<(Where<'f>, &'f str), &'f Object>,
    /// The names of those of one deployable.
    beside: BTreeMap<usize, BTreeSet<&'f str>>,
    /// The first service that names an account, by place and bucket.
    named: BTreeMap<(Where<'f>, Scheme, &'f str), (&'f str, Location)>,
    /// An account that gives access, by the scheme of a model it reads.
    giving: BTreeMap<Scheme, &'f Object>,
    /// Whether something in the repository gives identities to accounts that say nothing of it.
    is_given_otherwise: bool,
}

impl<'f> Accounts<'f> {
    fn of(fleet: &'f Fleet, readers: &[Reader<'f>]) -> Self {
        let mut all = Self {
            by_name: BTreeMap::new(),
            beside: BTreeMap::new(),
            named: BTreeMap::new(),
            giving: BTreeMap::new(),
            is_given_otherwise: fleet.objects.iter().any(gives_identity),
        };
        for account in fleet.of_kind("ServiceAccount").filter(|one| one.manifest.id.group().is_empty()) {
            let name = account.manifest.id.name.as_str();
            all.by_name.entry((place_of(fleet, account), name)).or_insert(account);
            all.beside.entry(account.deployable).or_default().insert(name);
        }
        for reader in readers {
            let Some((name, node)) = reader.account.filter(|(name, _)| *name != DEFAULT) else { continue };
            if let (Some(bucket), Some(at)) =
                (bucket(reader.model_use), reader.object.manifest.place(node.origin))
            {
                let key = (reader.place, reader.model_use.parsed.scheme, bucket);
                all.named.entry(key).or_insert_with(|| (name, Location::from(at)));
            }
            if let Some(account) = all.of_reader(reader).filter(|one| gives_access(&one.manifest)) {
                all.giving.entry(reader.model_use.parsed.scheme).or_insert(account);
            }
        }
        all
    }

    fn of_reader(&self, reader: &Reader<'f>) -> Option<&'f Object> {
        let (name, _) = reader.account?;
        self.by_name.get(&(reader.place, name)).copied()
    }

    /// No account is named, where another service names one for the same bucket.
    fn without(&self, reader: &Reader<'f>) -> Option<Violation> {
        let bucket = bucket(reader.model_use)?;
        let (account, at) = self.named.get(&(reader.place, reader.model_use.parsed.scheme, bucket))?;
        let default = self.by_name.get(&(reader.place, DEFAULT));
        if self.is_given_otherwise || default.is_some_and(|one| gives_access(&one.manifest)) {
            return None;
        }
        let manifest = &reader.object.manifest;
        let message = format!(
            "{}{{places}} reads the bucket {bucket} as nobody: it names no service account",
            manifest.id.name
        );
        let path = reader.workload.path.clone();
        let origin = reader.workload.pod.origin;
        let label = "no `serviceAccountName`";
        let found = Violation::in_object("no-account", manifest, path, origin, label, message)?;
        let note = "without one its pods run as `default`; the download is refused with 403, and the old pods keep serving";
        Some(
            found
                .also_at(Label::new(at.clone(), "reads the same bucket as this account"))
                .note(note)
                .help(format!("add `serviceAccountName: {account}`; the pods restart")),
        )
    }

    /// The account is in no file, where others of the same deployment are.
    fn unknown(&self, reader: &Reader<'f>, named: (&'f str, &'f Node)) -> Option<Violation> {
        let (name, node) = named;
        let beside = self.beside.get(&reader.object.deployable)?;
        let near = nearest(name, beside.iter().copied())?;
        let manifest = &reader.object.manifest;
        let message =
            format!("{}{{places}} gets no pods: there is no service account {name}", manifest.id.name);
        let path = reader.workload.path.key("serviceAccountName");
        let found = Violation::in_object(
            "unknown-account",
            manifest,
            path,
            node.origin,
            "not deployed with it",
            message,
        )?;
        let note = "Kubernetes refuses pods of an account that is not there; Argo CD says Synced, the old pods keep serving";
        Some(found.note(note).help(format!("did you mean `{near}`?")))
    }

    fn of_account(&self, reader: &Reader<'f>, account: &'f Object) -> Option<Violation> {
        let manifest = &account.manifest;
        let name = &manifest.id.name;
        let model = &reader.object.manifest.id.name;
        if let Some((form, node, path)) = malformed(manifest) {
            let message =
                format!("{model}{{places}} has no identity: that of service account {name} is none");
            let label = "no such identity";
            let found = Violation::in_object("malformed", manifest, path, node.origin, label, message)?;
            let note = "the cloud gives no token for it, and the download of the model is refused";
            return Some(found.note(note).help(format!("write it as `{form}`")));
        }
        if let Some((node, path)) = metadata_value(&manifest.root, "annotations", AZURE_CLIENT) {
            return azure_label(reader).is_some_and(|has| !has).then(|| {
                let message =
                    format!("{model}{{places}} has no identity: its pods lack the label that Azure looks for");
                let label = format!("works for pods with `{AZURE_LABEL}`");
                let found =
                    Violation::in_object("azure-label", manifest, path, node.origin, label, message)?;
                let note = "the webhook puts the token only into pods that carry the label; the annotation alone does nothing";
                Some(found.note(note).help(format!(
                    "add `{AZURE_LABEL}: \"true\"` to the labels of {model}; its pods restart"
                )))
            })?;
        }
        let other = self.giving.get(&reader.model_use.parsed.scheme)?;
        if gives_access(manifest) || self.is_given_otherwise || other.manifest.id == manifest.id {
            return None;
        }
        let message = format!("{model}{{places}} may read no bucket: service account {name} has no identity");
        let path = Pointer::of(&["metadata", "name"]);
        let node = manifest.at(&path).present()?;
        let label = "no identity, no secret";
        let mut found = Violation::in_object("no-identity", manifest, path, node.origin, label, message)?;
        if let Some(at) = other.manifest.place(other.manifest.root.origin) {
            found = found.also_at(Label::new(Location::from(at), "this one has it"));
        }
        let note = "the download is refused with 403, and the old pods keep serving";
        Some(
            found
                .note(note)
                .help("annotate it with the role of the cloud, or name a Secret in its `secrets`"),
        )
    }
}

/// Whether the pods of a service carry Azure's label; `None` where that cannot be known.
fn azure_label(reader: &Reader<'_>) -> Option<bool> {
    let root = &reader.object.manifest.root;
    let on_pod = reader.workload.pod.get("labels").get(AZURE_LABEL);
    let on_service = root.find(&["metadata", "labels", AZURE_LABEL]);
    let is_known = |one: &mlgitops_yaml::Lookup<'_>| one.is_absent() || one.present().is_some();
    if !is_known(&on_pod) || !is_known(&on_service) {
        return None;
    }
    Some([on_pod, on_service].into_iter().any(|one| one.text() == Some("true")))
}

/// Whether an object gives identities to accounts from outside: EKS Pod Identity, Google's and
/// Azure's bindings as objects of their operators.
fn gives_identity(object: &Object) -> bool {
    matches!(
        object.manifest.id.kind.as_str(),
        "PodIdentityAssociation" | "IAMPolicyMember" | "IAMPolicy" | "FederatedIdentityCredential"
    )
}
