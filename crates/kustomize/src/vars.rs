//! `vars`: values of fields put where `$(NAME)` stands (kustomize v5.8
//! `api/internal/accumulator/refvartransformer.go`, `api/filters/refvar`).

use std::collections::{BTreeMap, HashMap, HashSet};

use mlgitops_yaml::{Mode, Node, OriginId, Origins, Resolved, Scalar, Style, Text, TextBuilder, Value};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Refused, Step};
use crate::id::{Gvk, effective_namespace, split_api_version};
use crate::origin::{all_of, scalar_of};
use crate::path;
use crate::read::Kustomization;
use crate::replace::is_untyped;
use crate::resource::Resource;
use crate::spec::Create;

/// A variable, and the field it reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Var {
    pub(crate) name: String,
    gvk: Gvk,
    object: String,
    namespace: String,
    field: String,
    at: OriginId,
    /// Everything its entry says.
    says: OriginId,
}

impl Var {
    fn of(entry: &Node, origins: &mut Origins) -> Self {
        let object = entry.get("objref");
        let text = |field: &str| object.get(field).text().unwrap_or_default().to_owned();
        let mut gvk = Gvk { group: text("group"), version: text("version"), kind: text("kind") };
        let api_version = text("apiVersion");
        if !api_version.is_empty() {
            let (group, version) = split_api_version(&api_version);
            gvk.version = version.to_owned();
            if !group.is_empty() {
                gvk.group = group.to_owned();
            }
        }
        let field = entry.find(&["fieldref", "fieldPath"]).text().unwrap_or("metadata.name").to_owned();
        Self {
            name: entry.get("name").text().unwrap_or_default().to_owned(),
            gvk,
            object: text("name"),
            namespace: text("namespace"),
            field,
            at: entry.origin,
            says: all_of(entry, origins),
        }
    }
}

impl Builder<'_> {
    /// Notes the variables of a kustomization, on the objects they read.
    pub(crate) fn note_vars(&mut self, kustomization: &Kustomization, built: &mut Accumulated) -> Step<()> {
        let vars: Vec<Var> =
            kustomization.list("vars").iter().map(|entry| Var::of(entry, self.origins)).collect();
        for var in &vars {
            let everywhere = var.namespace.is_empty() && !var.gvk.is_cluster_scoped();
            let namespace = effective_namespace(&var.gvk, &var.namespace);
            let mut found = built.named_or_all(&var.object);
            self.spend(found.len(), var.at)?;
            found.retain(|at| {
                built.resources.get(*at).is_some_and(|resource| {
                    resource.any_id(|id| {
                        id.name == var.object
                            && id.gvk == var.gvk
                            && (everywhere || id.namespace == namespace)
                    })
                })
            });
            if found.len() > 1 {
                let message = format!("`{}` is of an object that is there twice", var.name);
                return Err(self.refuse("var", message, var.at));
            }
            if let Some(resource) = found.first().and_then(|at| built.resources.get_mut(*at)) {
                resource.var_names.push(var.name.clone());
            }
        }
        self.add_vars(vars, built)
    }

    /// Adds variables; two of one name are refused.
    pub(crate) fn add_vars(&mut self, vars: Vec<Var>, built: &mut Accumulated) -> Step<()> {
        if vars.is_empty() {
            return Ok(());
        }
        let mut known: HashSet<String> = built.vars.iter().map(|var| var.name.clone()).collect();
        for var in vars {
            if !known.insert(var.name.clone()) {
                let message = format!("there is a variable `{}` already", var.name);
                return Err(self.refuse("var", message, var.at));
            }
            built.vars.push(var);
        }
        Ok(())
    }

    /// Puts values where variables stand.
    pub(crate) fn resolve_vars(&mut self, built: &mut Accumulated) -> Step<()> {
        if built.vars.is_empty() {
            return Ok(());
        }
        let mut values = BTreeMap::new();
        let mut sources: HashMap<&str, &Resource> = HashMap::new();
        for resource in &built.resources {
            for name in &resource.var_names {
                sources.entry(name).or_insert(resource);
            }
        }
        for var in &built.vars {
            let source = sources.get(var.name.as_str());
            let value = source.and_then(|source| path::lookup(&source.node, &parts(&var.field)));
            match value {
                Some(value) => {
                    let mut value = value.clone();
                    value.origin = self.origins.guard(value.origin, var.says);
                    values.insert(var.name.clone(), value);
                }
                None if self.is_partial() => {}
                None => {
                    let message = format!("`{}` reads a field that is not there", var.name);
                    return Err(self.refuse("var", message, var.at));
                }
            }
        }
        let config = built.config.clone();
        for resource in &mut built.resources {
            let gvk = resource.gvk();
            for spec in config.var_reference.iter().filter(|spec| spec.is_for(&gvk)) {
                let mut failed = None;
                let mut set = |builder: &mut Self, node: &mut Node| {
                    failed = failed.or(builder.expand_field(node, &values).err());
                };
                self.visit(&mut resource.node, spec, Create::Never, OriginId::NONE, &mut set)?;
                if self.work == 0 {
                    return self.spend(1, OriginId::NONE);
                }
                if let Some(at) = failed {
                    self.refuse("var", "a list that may hold variables holds text only", at);
                    return Err(Refused);
                }
            }
        }
        Ok(())
    }

    /// A scalar, the values of a map, or the items of a list.
    fn expand_field(&mut self, node: &mut Node, values: &BTreeMap<String, Node>) -> Result<(), OriginId> {
        match &mut node.value {
            Value::Scalar(_) => self.expand(node, values),
            Value::Map(map) => map.iter_mut().for_each(|(_, value)| self.expand(value, values)),
            Value::Sequence(items) => {
                for item in items {
                    if !is_text(item) {
                        return Err(item.origin);
                    }
                    self.expand(item, values);
                }
            }
            Value::Null | Value::Unknown(_) => {}
        }
        Ok(())
    }

    fn expand(&mut self, node: &mut Node, values: &BTreeMap<String, Node>) {
        let Some(scalar) = node.as_scalar().filter(|_| is_text(node)) else { return };
        if !scalar.text.contains('$') {
            if is_untyped(scalar) {
                let text = scalar.clone();
                node.value = Value::Scalar(Scalar { style: Style::Double, tag: None, ..text });
            }
            return;
        }
        let whole = scalar.text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
        if let Some(value) =
            whole.and_then(|name| values.get(name)).filter(|value| value.as_scalar().is_some())
        {
            let (value, at) = (value.clone(), value.origin);
            let style = if is_text(&value) { Style::Double } else { Style::Plain };
            let Some(scalar) = value.as_scalar() else { return };
            let text = scalar.to_text(at, self.origins);
            let origin = crate::origin::over(at, node.origin, self.origins);
            *node = Node::new(scalar_of(&text, style, self.origins).value, origin);
            return;
        }
        let text = scalar.to_text(node.origin, self.origins);
        let (expanded, guard) = self.expanded(&text, values);
        if expanded.as_str() != text.as_str() {
            let mut changed = scalar_of(&expanded, Style::Double, self.origins);
            changed.origin = self.origins.guard(changed.origin, guard);
            *node = changed;
        }
    }

    /// The text with its variables replaced, and what they are; `$$` is `$`, and what is unknown
    /// stays.
    fn expanded(&mut self, text: &Text, values: &BTreeMap<String, Node>) -> (Text, OriginId) {
        let mut guard = OriginId::NONE;
        let string = text.as_str();
        let mut builder = TextBuilder::default();
        let (mut copied, mut at) = (0, 0);
        while let Some(found) = string.get(at..).and_then(|rest| rest.find('$')) {
            let dollar = at + found;
            let rest = string.get(dollar + 1..).unwrap_or_default();
            if rest.starts_with('$') {
                builder.push_part(text, copied..dollar + 1);
                at = dollar + 2;
                copied = at;
                continue;
            }
            let name = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(name, _)| name);
            at = dollar + 1;
            if let Some(name) = name {
                at = dollar + name.len() + 3;
                let value = values.get(name).and_then(|value| Some((value.as_scalar()?, value.origin)));
                if let Some((scalar, origin)) = value {
                    builder.push_part(text, copied..dollar);
                    let value = printed(scalar).to_text(origin, self.origins);
                    builder.push(&value);
                    self.work = self.work.saturating_sub(value.len());
                    if self.work == 0 {
                        break;
                    }
                    guard = self.origins.join(guard, origin);
                    copied = at;
                }
            }
        }
        builder.push_part(text, copied..string.len());
        (builder.build(), guard)
    }
}

/// The parts of a field path, in which `ports[0]` is an item too.
fn parts(field: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for part in path::split(field) {
        match part.strip_suffix(']').and_then(|part| part.rsplit_once('[')) {
            Some((name, index)) if !name.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                parts.extend([name.to_owned(), index.to_owned()]);
            }
            _ => parts.push(part),
        }
    }
    parts
}

/// A value inside text: numbers and booleans as Go prints them.
fn printed(scalar: &Scalar) -> Scalar {
    let text = match scalar.resolve(Mode::Kustomize) {
        Resolved::Bool(value) => value.to_string(),
        Resolved::Int(value) => value.to_string(),
        Resolved::Float(value) => mlgitops_yaml::go_float(value),
        _ => return scalar.clone(),
    };
    if *text == *scalar.text { scalar.clone() } else { Scalar::plain(&text) }
}

fn is_text(node: &Node) -> bool {
    node.as_scalar()
        .is_some_and(|scalar| is_untyped(scalar) || scalar.resolve(Mode::Kustomize) == Resolved::Str)
}
