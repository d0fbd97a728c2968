//! The templates of a job: what they are given, the order they run in, the objects they print.

use std::sync::Arc;

use mlgitops_files::limits;
use mlgitops_gotemplate::{Data, Failure, FailureKind, MapId, MapType, Slot, Value};
use mlgitops_yaml::{OriginId, Role, Span, SyntaxErrorKind, Text, parse};

use crate::chart::Chart;
use crate::dependencies::Unit;
use crate::documents::Head;
use crate::order::Hook;
use crate::render::{Document, NotRendered, NotRenderedKind, RenderedObject};
use crate::repeated::Repeated;
use crate::{documents, job::Job, metadata, objects, order, output, refused, values};

pub(crate) struct Runnable {
    pub(crate) name: Arc<str>,
    pub(crate) base: Arc<str>,
    pub(crate) root: MapId,
    pub(crate) chart: Arc<Chart>,
    pub(crate) index: usize,
    /// What decided that its chart is there.
    pub(crate) guard: OriginId,
}

/// What every chart of a release shares.
pub(crate) struct Shared {
    pub(crate) release: Value,
    pub(crate) capabilities: Value,
}

impl Job<'_> {
    pub(crate) fn release(&mut self) -> Value {
        let text = |given: &Option<Text>, fallback: &str| match given {
            Some(text) => Value::text(text.clone()),
            None => Value::str(fallback, OriginId::NONE),
        };
        let name = text(&self.options.release_name, "release-name");
        let namespace = text(&self.options.namespace, "default");
        objects::release(&mut self.machine, name, namespace, self.options.is_upgrade)
    }

    /// The root each chart's templates get, subcharts first as Helm has them.
    pub(crate) fn roots(
        &mut self,
        unit: &Unit,
        path: &str,
        values: Value,
        shared: &Shared,
        (is_root, guard): (bool, OriginId),
    ) -> Result<Value, Failure> {
        for (path, reason) in &unit.chart.unread {
            self.rendered.not_rendered.push(NotRendered {
                kind: NotRenderedKind::Unreadable,
                what: format!("`{path}`"),
                reason: reason.clone(),
                at: None,
            });
        }
        let file = unit.metadata.as_ref();
        let written = file.and_then(|node| node.get("name").present());
        let name = match written.filter(|node| node.text() == Some(unit.name.as_str())) {
            Some(node) => self.machine.heap.import(node, self.machine.origins),
            None => Value::str(&unit.name, OriginId::NONE),
        };
        if let Some(map) = values::table(&values) {
            self.machine.heap.retype(map, MapType::Named("chartutil.Values"));
        }
        let mut values = self.machine.guard(values, unit.lacking);
        // Of a subchart that is off the values are not there.
        values.origin = self.machine.origins.guard(values.origin, unit.decided);
        let about = metadata::chart(&mut self.machine, unit, &name, is_root);
        let members = Arc::clone(&unit.chart.files);
        let chart_files =
            objects::ChartFiles { files: Arc::clone(self.reader.files()), members, guard: OriginId::NONE };
        let subcharts = objects::map_of(&mut self.machine, Vec::new(), MapType::Any);
        let entries = vec![
            ("Chart", about),
            ("Files", Value::new(Data::Object(Arc::new(chart_files)))),
            ("Release", shared.release.clone()),
            ("Capabilities", shared.capabilities.clone()),
            ("Values", values.clone()),
            ("Subcharts", Value { guard: unit.decided, ..Value::new(Data::Map(subcharts)) }),
        ];
        let root = objects::map_of(&mut self.machine, entries, MapType::Any);
        for below in &unit.below {
            let name = below.name.as_str();
            let inner = values::table(&values).and_then(|map| values::get(&self.machine.heap, map, name));
            let inner = inner.unwrap_or_else(|| Value::new(Data::Map(subcharts)));
            let path = format!("{path}/charts/{name}");
            let below = self.roots(below, &path, inner, shared, (false, below.guard))?;
            let slot = Slot { key: OriginId::NONE, value: below };
            self.machine.heap.set(subcharts, name.into(), slot);
        }
        let base: Arc<str> = format!("{path}/templates").into();
        for (index, template) in unit.chart.templates.iter().enumerate() {
            if unit.chart.is_library() && !file_name(&template.name).starts_with('_') {
                continue;
            }
            self.templates.push(Runnable {
                name: format!("{path}/{}", template.name).into(),
                base: Arc::clone(&base),
                root,
                chart: Arc::clone(&unit.chart),
                index,
                guard,
            });
        }
        Ok(Value::new(Data::Map(root)))
    }

    /// What stands below `crds/`, as it stands.
    pub(crate) fn read_crds(&mut self, unit: &Unit, path: &str) -> Result<(), Failure> {
        for member in unit.chart.files.iter().filter(|member| is_crd(&member.name)) {
            let Ok(file) = member.text(self.reader) else { continue };
            let id = self.machine.origins.add_file(&file);
            let text = Text::of_file(id, Role::Template, self.machine.origins);
            let name: Arc<str> = format!("{path}/{}", member.name).into();
            let known = self.rendered.documents.len();
            self.read_objects(&name, text)?;
            if self.options.keep_documents {
                self.rendered.documents.truncate(known);
                let (template, text) = (name, file.text().to_string());
                self.rendered.documents.push(Document {
                    template,
                    text,
                    kind: String::new(),
                    is_hook: false,
                });
            }
        }
        for below in &unit.below {
            self.read_crds(below, &format!("{path}/charts/{}", below.name))?;
        }
        Ok(())
    }

    /// Parses all, then runs all but partials, both the deepest path first and then by name,
    /// backwards.
    pub(crate) fn run_templates(&mut self) -> Result<(), Failure> {
        let mut templates = std::mem::take(&mut self.templates);
        let depth = |name: &str| name.matches('/').count();
        templates.sort_by(|a, b| depth(&b.name).cmp(&depth(&a.name)).then_with(|| b.name.cmp(&a.name)));
        for runnable in &templates {
            let Some(template) = runnable.chart.templates.get(runnable.index) else { continue };
            let file = self.machine.origins.add_file(&template.file);
            match &template.parsed {
                Ok(parsed) => {
                    let text = Text::of_file(file, Role::Template, self.machine.origins);
                    self.machine.add(Arc::clone(&runnable.name), parsed, text);
                }
                Err(failure) => {
                    let mut failure = failure.clone();
                    let at = failure.offset(template.file.text());
                    failure.origin =
                        self.machine.origins.span(Role::Template, Span { file, start: at, end: at });
                    return Err(failure);
                }
            }
        }
        let mut printed = 0_usize;
        let mut outputs = Vec::new();
        for runnable in &templates {
            let name = file_name(&runnable.name);
            if name.starts_with('_') {
                continue;
            }
            self.set_template(runnable);
            let mut text = self.machine.execute(&runnable.name, &Value::new(Data::Map(runnable.root)))?;
            if !runnable.guard.is_none() {
                text = self.machine.with_guard(&text, runnable.guard);
            }
            printed += text.len();
            if printed > limits::CHART_OUTPUT_BYTES {
                let message = format!("the chart prints more than {} bytes", limits::CHART_OUTPUT_BYTES);
                return Err(Failure::new(FailureKind::Limit, message));
            }
            // helm v3 pkg/action/action.go: notes are no manifest.
            if !name.ends_with("NOTES.txt") {
                outputs.push((Arc::clone(&runnable.name), text));
            }
        }
        outputs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let (crds, crd_documents) = (self.rendered.objects.len(), self.rendered.documents.len());
        for (name, text) in outputs {
            self.read_objects(&name, text)?;
        }
        order::sort(self.rendered.objects.get_mut(crds..).unwrap_or(&mut []));
        documents::sort(self.rendered.documents.get_mut(crd_documents..).unwrap_or(&mut []));
        Ok(())
    }

    pub(crate) fn set_template(&mut self, runnable: &Runnable) {
        let text = |text: &str| Value::str(text, OriginId::NONE);
        let entries = vec![("Name", text(&runnable.name)), ("BasePath", text(&runnable.base))];
        let map = objects::map_of(&mut self.machine, entries, MapType::Named("chartutil.Values"));
        let slot = Slot { key: OriginId::NONE, value: Value::new(Data::Map(map)) };
        self.machine.heap.set(runnable.root, "Template".into(), slot);
    }

    pub(crate) fn read_objects(&mut self, template: &Arc<str>, text: Text) -> Result<(), Failure> {
        let text = output::without_no_value(text, self.machine.origins);
        if text.as_str().trim().is_empty() {
            return Ok(());
        }
        documents::pieces(text).into_iter().try_for_each(|piece| self.read_piece(template, piece))
    }

    fn read_piece(&mut self, template: &Arc<str>, text: Text) -> Result<(), Failure> {
        let has_unknown = text.as_str().contains(mlgitops_gotemplate::UNKNOWN);
        let tree = parse(text);
        let error = tree.errors().first().map(|error| (error.at, &*error.message));
        if let Some((at, said)) = error.or_else(|| refused::place(&tree)) {
            let origin = output::place(tree.text(), at, self.machine.origins);
            let message = format!("YAML parse error on {template}: {said}");
            let is_large = tree.errors().iter().any(|error| error.kind == SyntaxErrorKind::TooLarge);
            let kind = if is_large { FailureKind::Limit } else { FailureKind::Execute };
            return Err(Failure::new(kind, message).caused_by(origin));
        }
        self.nodes += tree.len();
        if self.nodes > limits::NODES {
            let message = format!("the chart prints more than {} values", limits::NODES);
            return Err(Failure::new(FailureKind::Limit, message));
        }
        let mut heads = Vec::new();
        let repeated = Repeated::of(&tree);
        for document in tree.documents() {
            let Some(root) = document.root else { continue };
            match tree.node(root, self.machine.origins) {
                Ok(node) if node.is_null() => {}
                Ok(node) if node.as_map().is_none() => {
                    let message = format!(
                        "YAML parse error on {template}: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type releaseutil.SimpleHead",
                        metadata::json_kind(&node)
                    );
                    return Err(Failure::execute(message).caused_by(node.origin));
                }
                Ok(mut node) => {
                    if let Some((said, origin)) = refused::value(&node) {
                        let message =
                            format!("YAML parse error on {template}: error converting YAML to JSON: {said}");
                        return Err(Failure::execute(message).caused_by(origin));
                    }
                    order::head(&node).map_err(|(message, origin)| {
                        let message = format!("YAML parse error on {template}: {message}");
                        Failure::execute(message).caused_by(origin)
                    })?;
                    // Some functions hand the mark on without the reason.
                    if has_unknown {
                        let reason = self.machine.unknown().cloned();
                        let reason = reason.unwrap_or_else(|| "it is random, or of the clock".into());
                        output::mark_unknown(&mut node, &reason);
                    }
                    let hook = order::hook(&node);
                    if self.options.keep_documents {
                        let kind = node.get("kind").text().unwrap_or("").to_owned();
                        heads.push(Head { start: tree.range(root).start, kind, hook });
                    }
                    let is_hook = match hook {
                        Hook::No => false,
                        // Another event, and the object would not be there.
                        Hook::Yes(origin) => {
                            output::guard(&mut node, origin, self.machine.origins);
                            true
                        }
                        Hook::Unknown => continue,
                    };
                    let template = Arc::clone(template);
                    let repeated = repeated.below(root, self.machine.origins);
                    let root = Arc::new(node);
                    self.rendered.objects.push(RenderedObject { root, template, is_hook, repeated });
                }
                Err(error) => {
                    let origin = tree.text().origin(error.range.clone(), self.machine.origins);
                    let origin = match self.machine.origins.has_content(origin) {
                        true => origin,
                        false => output::place(tree.text(), error.range.start, self.machine.origins),
                    };
                    let message = format!("YAML parse error on {template}: {error}");
                    return Err(Failure::execute(message).caused_by(origin));
                }
            }
        }
        if self.options.keep_documents {
            self.rendered.documents.extend(documents::of_output(template, &tree, &heads));
        }
        Ok(())
    }
}

/// helm v3 pkg/chart/chart.go, `CRDObjects`.
fn is_crd(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    name.starts_with("crds/") && matches!(extension.as_str(), "yaml" | "yml" | "json")
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
