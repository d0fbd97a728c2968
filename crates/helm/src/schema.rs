//! `values.schema.json`: Helm refuses values that break it (helm v3 pkg/chartutil/jsonschema.go).
//!
//! The validator is our own: a schema of the repository under review may stand for 2^30 checks in a
//! kilobyte, and no library counts steps, keeps the place of a value, or has Helm's words. Its
//! semantics are those of JSON Schema drafts 4 to 2020-12 as
//! `github.com/santhosh-tekuri/jsonschema/v6`, which Helm uses, applies them. A reference to another
//! server is not followed: it holds for everything, and is named.

mod formats;
mod keywords;
mod numbers;
mod refs;
mod validator;
mod violation;
mod words;

use std::sync::Arc;

use mlgitops_gotemplate::functions::Functions;
use mlgitops_gotemplate::{Failure, FailureKind, Value};
use mlgitops_yaml::{OriginId, Role, Span, Text};

use crate::chart::{Chart, Yaml};
use crate::dependencies::Unit;
use crate::job::Job;
use crate::render::{NotRendered, NotRenderedKind};
use crate::values;
use refs::Schemas;
use validator::validate;
use violation::Violation;

impl Job<'_> {
    /// Compares the values with the schemas of a chart and of all below it.
    pub(crate) fn check_schemas(&mut self, unit: &Unit, all: &Value) -> Result<(), Failure> {
        let mut broken = Vec::new();
        self.check_schema(unit, all, &mut broken)?;
        let Some(origin) = broken.first().map(|(_, origin)| *origin) else { return Ok(()) };
        let said: Vec<String> = broken.into_iter().map(|(words, _)| words).collect();
        let message = format!(
            "values don't meet the specifications of the schema(s) in the following chart(s): {}",
            said.join("; ")
        );
        Err(Failure::execute(message).caused_by(origin))
    }

    /// What breaks the schema of a chart, in words, and where.
    fn check_schema(
        &mut self,
        unit: &Unit,
        all: &Value,
        broken: &mut Vec<(String, OriginId)>,
    ) -> Result<(), Failure> {
        if let Some(yaml) = &unit.chart.schema {
            match self.violations(&unit.chart, yaml, all)? {
                Ok(None) => {}
                Ok(Some(found)) => {
                    let origin = found.place(self.machine.origins);
                    broken.push((format!("{}: {}", unit.name, found.words()), origin));
                }
                Err((message, origin)) => broken.push((format!("{}: {message}", unit.name), origin)),
            }
        }
        let Some(map) = values::table(all) else { return Ok(()) };
        for below in &unit.below {
            let Some(inner) = values::get(&self.machine.heap, map, &below.name) else { continue };
            if values::table(&inner).is_some() {
                self.check_schema(below, &inner, broken)?;
            }
        }
        Ok(())
    }

    /// What the validator says; the inner error is a schema that is none.
    fn violations(
        &mut self,
        chart: &Chart,
        yaml: &Arc<Yaml>,
        all: &Value,
    ) -> Result<Result<Option<Violation>, (String, OriginId)>, Failure> {
        let file = self.machine.origins.add_file(&yaml.file);
        let start = self.machine.origins.span(Role::Chart, Span { file, start: 0, end: 0 });
        if let Some(message) = self.not_json(yaml)? {
            return Ok(Err((message, start)));
        }
        let Some(root) = self.node_of_yaml(yaml, Role::Chart)? else {
            return Ok(Err(("EOF".to_owned(), start)));
        };
        self.machine.spend(yaml.file.text().len() as u64 / 16)?;
        let schemas = Schemas::new(&root);
        let patterns = match keywords::checked(&schemas) {
            Ok(patterns) => patterns,
            Err(wrong) => return Ok(Err(wrong)),
        };
        for (pattern, origin) in patterns {
            let pattern = Value::str(pattern, origin);
            if !formats::holds(&mut self.machine, "regex", &pattern)? {
                let message = format!("{} is not valid regex", words::value(&pattern));
                return Ok(Err((message, origin)));
            }
        }
        let mut remote = Vec::new();
        let found = validate(&mut self.machine, &schemas, all, &mut remote)?;
        remote.sort();
        remote.dedup();
        for reference in remote {
            self.rendered.not_rendered.push(NotRendered {
                kind: NotRenderedKind::Dependency,
                what: format!(
                    "`{reference}`, to which values.schema.json of chart `{}` refers",
                    chart.folder
                ),
                reason: "it is not in the repository: what it asks of the values is not compared".to_owned(),
                at: None,
            });
        }
        Ok(Ok(found))
    }

    /// Why Go's JSON reader refuses a file, if it does.
    fn not_json(&mut self, yaml: &Yaml) -> Result<Option<String>, Failure> {
        let Some(function) = Functions::standard().find("mustFromJson") else { return Ok(None) };
        let text = Value::text(Text::of_shared(yaml.file.text()));
        match self.machine.call(function, vec![text]) {
            Ok(_) => Ok(None),
            // It reads maps only, and a schema may be `true`.
            Err(_) if matches!(yaml.file.text().trim(), "true" | "false") => Ok(None),
            Err(failure) if failure.kind == FailureKind::Execute => {
                let words = failure.message.rsplit(": ").next().unwrap_or("").to_owned();
                Ok(Some(words))
            }
            Err(failure) => Err(failure),
        }
    }
}
