//! What a template finds beside its values: `.Capabilities`, `.Files`, `.Release`.

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::Files;
use mlgitops_gotemplate::{Data, Failure, Functions, IntType, Machine, MapId, MapType, Object, Slot, Value};
use mlgitops_yaml::{OriginId, Origins, Reader, Role, Text};

use crate::glob::Glob;
use crate::members::Member;

/// A map of values, of no place.
pub(crate) fn map_of(machine: &mut Machine<'_>, entries: Vec<(&str, Value)>, of: MapType) -> MapId {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (Arc::from(key), Slot { key: OriginId::NONE, value }))
        .collect();
    machine.heap.add_map(entries, of)
}

/// A Go struct: fields under their Go names, printed under their JSON names.
#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) type_name: &'static str,
    pub(crate) fields: MapId,
    pub(crate) plain: MapId,
    /// The JSON names in the order of the fields; none where nobody prints it.
    pub(crate) order: &'static [&'static str],
}

impl Object for Struct {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn field(&self, name: &str, machine: &mut Machine<'_>) -> Option<Result<Value, Failure>> {
        machine.heap.map(self.fields).get(name).map(|slot| Ok(slot.value.clone()))
    }

    fn plain(&self, _machine: &mut Machine<'_>) -> Value {
        Value::new(Data::Map(self.plain))
    }

    fn json_order(&self) -> &[&'static str] {
        self.order
    }
}

/// The API versions `helm template` takes for granted: those of client-go's scheme (helm v3.22,
/// `chartutil.DefaultVersionSet`).
const API_VERSIONS: [&str; 57] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

/// `.Capabilities`.
pub(crate) fn capabilities(machine: &mut Machine<'_>, version: &str, api_versions: &[String]) -> Value {
    let version = version.to_owned();
    let mut parts = version.trim_start_matches('v').split('.');
    let major = parts.next().unwrap_or("1").to_owned();
    let minor = parts.next().unwrap_or("0").to_owned();
    let text = |text: &str| Value::str(text, OriginId::NONE);
    let kube = KubeVersion { version: version.clone(), major, minor };
    let helm = [
        ("Version", text("v3.22")),
        ("GitCommit", text("")),
        ("GitTreeState", text("")),
        ("GoVersion", text("go1.26.8")),
    ];
    let helm = map_of(machine, helm.into(), MapType::Any);
    let helm = Struct { type_name: "version.BuildInfo", fields: helm, plain: helm, order: &[] };
    let mut versions: Vec<String> = API_VERSIONS.iter().map(|&name| name.to_owned()).collect();
    versions.extend(api_versions.iter().cloned());
    let fields = [
        ("KubeVersion", Value::new(Data::Object(Arc::new(kube)))),
        ("APIVersions", Value::new(Data::Object(Arc::new(ApiVersions(versions))))),
        ("HelmVersion", Value::new(Data::Object(Arc::new(helm)))),
    ];
    let fields = map_of(machine, fields.into(), MapType::Any);
    let object = Struct { type_name: "*chartutil.Capabilities", fields, plain: fields, order: &[] };
    Value::new(Data::Object(Arc::new(object)))
}

#[derive(Debug)]
struct KubeVersion {
    version: String,
    major: String,
    minor: String,
}

impl Object for KubeVersion {
    fn type_name(&self) -> &str {
        "chartutil.KubeVersion"
    }

    fn field(&self, name: &str, _machine: &mut Machine<'_>) -> Option<Result<Value, Failure>> {
        let text = match name {
            "Version" | "GitVersion" | "String" => &self.version,
            "Major" => &self.major,
            "Minor" => &self.minor,
            _ => return None,
        };
        Some(Ok(Value::str(text, OriginId::NONE)))
    }

    fn plain(&self, _machine: &mut Machine<'_>) -> Value {
        Value::str(&self.version, OriginId::NONE)
    }
}

#[derive(Debug)]
struct ApiVersions(Vec<String>);

impl Object for ApiVersions {
    fn type_name(&self) -> &str {
        "chartutil.VersionSet"
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn field(&self, _name: &str, _machine: &mut Machine<'_>) -> Option<Result<Value, Failure>> {
        None
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Value],
        machine: &mut Machine<'_>,
    ) -> Option<Result<Value, Failure>> {
        let ("Has", [wanted]) = (name, arguments) else { return None };
        Some(
            machine
                .arg_str(wanted)
                .map(str::to_owned)
                .map(|wanted| Value::bool(self.0.contains(&wanted), OriginId::NONE)),
        )
    }

    fn plain(&self, machine: &mut Machine<'_>) -> Value {
        let items = self.0.iter().map(|name| Value::str(name, OriginId::NONE)).collect();
        Value::new(Data::List(machine.heap.add_list(items, mlgitops_gotemplate::ListType::Str)))
    }
}

/// `.Release`.
pub(crate) fn release(machine: &mut Machine<'_>, name: Value, namespace: Value, upgrade: bool) -> Value {
    let entries = vec![
        ("Name", name),
        ("Namespace", namespace),
        ("IsUpgrade", Value::bool(upgrade, OriginId::NONE)),
        ("IsInstall", Value::bool(!upgrade, OriginId::NONE)),
        ("Revision", Value::from(Data::Int(1, IntType::Int), OriginId::NONE)),
        ("Service", Value::str("Helm", OriginId::NONE)),
    ];
    Value::new(Data::Map(map_of(machine, entries, MapType::Any)))
}

/// `.Files`: the chart's files that are no templates.
pub(crate) struct ChartFiles {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) members: Arc<[Member]>,
    /// What decided which files they are: the pattern.
    pub(crate) guard: OriginId,
}

impl std::fmt::Debug for ChartFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChartFiles").field("members", &self.members.len()).finish()
    }
}

impl ChartFiles {
    fn member(&self, name: &str) -> Option<&Member> {
        let at = self.members.binary_search_by(|member| member.name.as_str().cmp(name)).ok()?;
        self.members.get(at)
    }

    /// The files whose paths fit a pattern.
    fn matching(&self, pattern: &str, guard: OriginId) -> Value {
        let glob = Glob::new(pattern);
        let fitting = self.members.iter().filter(|member| glob.matches(&member.name));
        let members = fitting.cloned().collect();
        let found = Self { files: Arc::clone(&self.files), members, guard };
        Value { guard, ..Value::new(Data::Object(Arc::new(found))) }
    }

    /// The files as the data of a ConfigMap, or encoded as that of a Secret.
    fn printed(&self, machine: &mut Machine<'_>, encoded: bool) -> Result<Value, Failure> {
        let mut entries = BTreeMap::new();
        for member in self.members.iter() {
            let mut value = Value::text(self.text(member, machine.origins));
            if encoded && let Some(function) = Functions::standard().find("b64enc") {
                value = machine.call(function, vec![value])?;
            }
            let name = member.name.rsplit('/').next().unwrap_or("");
            entries.insert(Arc::from(name), Slot { key: OriginId::NONE, value });
        }
        let map = Data::Map(machine.heap.add_map(entries, MapType::Str));
        let map = Value { guard: self.guard, ..Value::new(map) };
        match Functions::standard().find("toYaml") {
            Some(function) => machine.call(function, vec![map]),
            None => Ok(map),
        }
    }

    /// The text of a file, byte for byte; empty for what is no text.
    fn text(&self, member: &Member, origins: &mut Origins) -> Text {
        match member.text(Reader::new(&self.files)) {
            Ok(file) => {
                let id = origins.add_file(&file);
                Text::of_file(id, Role::Chart, origins)
            }
            Err(_) => Text::default(),
        }
    }
}

/// The bytes of a file: `[]byte`.
#[derive(Debug)]
struct Bytes(Text);

/// Most bytes that are looked at one by one.
const MOST_BYTES: usize = 1 << 16;

impl Bytes {
    fn value(text: Text, origins: &mut Origins) -> Value {
        let origin = text.origin(0..u32::try_from(text.len()).unwrap_or(u32::MAX), origins);
        Value::from(Data::Object(Arc::new(Self(text))), origin)
    }
}

impl Object for Bytes {
    fn type_name(&self) -> &str {
        "[]uint8"
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn field(&self, _name: &str, _machine: &mut Machine<'_>) -> Option<Result<Value, Failure>> {
        None
    }

    fn bytes(&self) -> Option<&Text> {
        Some(&self.0)
    }

    fn bytes_in(&self, range: std::ops::Range<usize>, machine: &mut Machine<'_>) -> Option<Value> {
        self.0.as_str().get(range.clone())?;
        Some(Self::value(self.0.slice(range), machine.origins))
    }

    fn encoded(&self, machine: &mut Machine<'_>) -> Value {
        let text = Value::text(self.0.clone());
        let encoded = Functions::standard().find("b64enc").map(|function| machine.call(function, vec![text]));
        encoded.and_then(Result::ok).unwrap_or_else(|| Value::new(Data::Nil))
    }

    fn plain(&self, machine: &mut Machine<'_>) -> Value {
        if self.0.len() > MOST_BYTES {
            return Value::new(Data::Unknown("it is a file taken byte by byte".into()));
        }
        let number = |byte: u8| Value::from(Data::Int(i64::from(byte), IntType::Uint8), OriginId::NONE);
        let items = self.0.as_str().bytes().map(number).collect();
        Value::new(Data::List(machine.heap.add_list(items, mlgitops_gotemplate::ListType::Any)))
    }
}

/// The lines of a file; a line break at its end begins none.
fn lines(machine: &mut Machine<'_>, text: &Text) -> Result<Value, Failure> {
    machine.cut_into(text.as_str().matches('\n').count() + 1)?;
    let mut items = Vec::new();
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        items.push(Value::text(text.slice(at..at + body.len())));
        at += line.len();
    }
    Ok(Value::new(Data::List(machine.heap.add_list(items, mlgitops_gotemplate::ListType::Str))))
}

impl Object for ChartFiles {
    fn type_name(&self) -> &str {
        "engine.files"
    }

    fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn field(&self, name: &str, machine: &mut Machine<'_>) -> Option<Result<Value, Failure>> {
        match name {
            "AsConfig" => Some(self.printed(machine, false)),
            "AsSecrets" => Some(self.printed(machine, true)),
            // It is a map of paths: what is no path is missing.
            _ => Some(Ok(Value::new(Data::Nil))),
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Value],
        machine: &mut Machine<'_>,
    ) -> Option<Result<Value, Failure>> {
        let [wanted] = arguments else { return None };
        if !matches!(name, "Get" | "GetBytes" | "Glob" | "Lines") {
            return None;
        }
        let asked = wanted;
        let wanted = match machine.arg_str(wanted) {
            Ok(wanted) => wanted,
            Err(failure) => return Some(Err(failure)),
        };
        let guard = asked.whole(machine.origins);
        let guard = if machine.is_literal(guard) { OriginId::NONE } else { guard };
        let guard = machine.origins.join(guard, self.guard);
        if name == "Glob" {
            return Some(Ok(self.matching(wanted, guard)));
        }
        let text = match self.member(wanted) {
            Some(member) => self.text(member, machine.origins),
            None => Text::default(),
        };
        let value = match name {
            "Lines" => lines(machine, &text),
            "GetBytes" => Ok(Bytes::value(text, machine.origins)),
            _ => Ok(Value::text(text)),
        };
        Some(value.map(|value| machine.guard(value, guard)))
    }

    fn plain(&self, machine: &mut Machine<'_>) -> Value {
        let members = Arc::clone(&self.members);
        let mut entries = BTreeMap::new();
        for member in members.iter() {
            let value = Bytes::value(self.text(member, machine.origins), machine.origins);
            entries.insert(Arc::from(member.name.as_str()), Slot { key: OriginId::NONE, value });
        }
        let map = Data::Map(machine.heap.add_map(entries, MapType::Any));
        Value { guard: self.guard, ..Value::new(map) }
    }
}
