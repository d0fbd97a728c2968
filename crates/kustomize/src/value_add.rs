//! `ValueAddTransformer`: one value put into fields of many objects, perhaps as a part of the path
//! that stands there (kustomize v5.8 `api/internal/builtins/ValueAddTransformer.go`).

use mlgitops_files::RepoPath;
use mlgitops_yaml::{Node, OriginId, Style, Text, TextBuilder};

use crate::accumulate::Accumulated;
use crate::build::{Builder, LeftOutKind, Refused, Step};
use crate::namespace::NamespaceOptions;
use crate::origin::{all_of, over, scalar_of};
use crate::path;
use crate::resource::Resource;
use crate::select::Selector;

/// Where the value goes.
struct Target {
    selector: Option<Selector>,
    field: String,
    /// The part of a path it becomes, from 1; 0 sets the whole field.
    position: usize,
    /// What decides that a field gets it.
    guard: OriginId,
    at: OriginId,
}

impl Builder<'_> {
    pub(crate) fn add_value(
        &mut self,
        folder: &RepoPath,
        config: &Resource,
        built: &mut Accumulated,
    ) -> Step<()> {
        let Some(value) = self.value_of(folder, config)? else { return Ok(()) };
        let mut targets = config.node.get("targets").items().to_vec();
        if let Some(file) = config.node.get("targetFilePath").present().filter(|node| node.text() != Some(""))
        {
            let path = self.file_of(folder, file.text().unwrap_or_default(), file.origin)?;
            let document = self.document(&path, file.origin)?;
            targets.extend(document.get("targets").items().iter().cloned());
        }
        if targets.is_empty() {
            return Err(self.refuse("plugin", "the transformer needs `targets`", config.node.origin));
        }
        for target in &targets {
            let target = self.target_of(target)?;
            self.add_value_to(&value, &target, built)?;
        }
        Ok(())
    }

    /// The value; where none is written, the name of the kustomization's folder.
    fn value_of(&mut self, folder: &RepoPath, config: &Resource) -> Step<Option<Node>> {
        let written = config.node.get("value").present().filter(|node| node.text().is_some());
        if let Some(node) = written {
            let text = node.as_scalar().map(|scalar| scalar.to_text(node.origin, self.origins));
            let text = text.unwrap_or_default();
            let string = text.as_str();
            let start = string.len() - string.trim_start().len();
            let trimmed = text.slice(start..start.max(string.trim_end().len()));
            if !trimmed.is_empty() {
                return Ok(Some(scalar_of(&trimmed, Style::Plain, self.origins)));
            }
        }
        let at = config.node.origin;
        if folder.file_name().is_empty() {
            let reason = "a ValueAddTransformer without `value` adds the name of the repository's own folder";
            self.leave_out(LeftOutKind::Missing, reason.to_owned(), at);
            return Ok(None);
        }
        Ok(Some(scalar_of(&Text::opaque(folder.file_name(), at), Style::Plain, self.origins)))
    }

    fn target_of(&mut self, node: &Node) -> Step<Target> {
        let selector = node.get("selector").present().map(|selector| self.selector(selector)).transpose()?;
        let field = node.get("fieldPath").text().unwrap_or_default().to_owned();
        if field.is_empty() {
            return Err(self.refuse("plugin", "the target needs a `fieldPath`", node.origin));
        }
        let position = node.get("filePathPosition").present();
        let number = position.and_then(Node::as_int).unwrap_or_default();
        let Ok(position) = usize::try_from(number) else {
            let at = position.map_or(node.origin, |position| position.origin);
            return Err(self.refuse("plugin", "`filePathPosition` counts from 1", at));
        };
        let guard = all_of(node, self.origins);
        Ok(Target { selector, field, position, guard, at: node.origin })
    }

    fn add_value_to(&mut self, value: &Node, target: &Target, built: &mut Accumulated) -> Step<()> {
        self.spend(built.resources.len(), target.at)?;
        let options = NamespaceOptions { guard: target.guard, ..NamespaceOptions::default() };
        for resource in &mut built.resources {
            if target.selector.as_ref().is_some_and(|selector| !selector.selects(resource)) {
                continue;
            }
            if target.field == "metadata/namespace" {
                self.set_namespace_of(resource, value, &[], options)?;
                continue;
            }
            let parts = crate::spec::split(&target.field);
            match path::find_or_make(&mut resource.node, &parts, value.origin) {
                Ok(Some(node)) => {
                    self.put_value(node, value, target);
                    resource.follow_shared();
                }
                Ok(None) => {}
                Err(message) => {
                    self.refuse("field-path", message, target.at);
                    return Err(Refused);
                }
            }
        }
        Ok(())
    }

    fn put_value(&mut self, node: &mut Node, value: &Node, target: &Target) {
        let Some(new) = value.as_scalar() else { return };
        let new = new.to_text(value.origin, self.origins);
        let old = node.as_scalar().map(|scalar| scalar.to_text(node.origin, self.origins));
        let mut changed = match old.filter(|old| target.position > 0 && !old.is_empty()) {
            Some(old) => scalar_of(&inserted(&old, target.position - 1, &new), Style::Plain, self.origins),
            None => Node::new(value.value.clone(), over(value.origin, node.origin, self.origins)),
        };
        changed.origin = self.origins.guard(changed.origin, target.guard);
        *node = changed;
    }
}

/// A path with a part put at a place, which counts from 0; a leading slash is no part. One beyond
/// the end is the end.
fn inserted(path: &Text, mut at: usize, part: &Text) -> Text {
    let mut parts = Vec::new();
    let mut start = 0;
    for piece in path.as_str().split('/') {
        parts.push(path.slice(start..start + piece.len()));
        start += piece.len() + 1;
    }
    if path.as_str() == "/" {
        parts.pop();
    }
    let is_absolute = path.as_str().starts_with('/');
    at = at.min(parts.len());
    if is_absolute && at < parts.len() {
        at += 1;
    }
    parts.insert(at, part.clone());
    let mut builder = TextBuilder::default();
    if is_absolute {
        builder.push_part(path, 0..1);
    }
    // What is joined to a path is made clean: doubled slashes go.
    for (at, part) in parts.iter().filter(|part| !part.is_empty()).enumerate() {
        if at > 0 {
            builder.push_str("/", OriginId::NONE);
        }
        builder.push(part);
    }
    builder.build()
}

#[cfg(test)]
mod tests {
    use mlgitops_yaml::{OriginId, Text};

    #[test]
    fn a_part_is_put_into_a_path() {
        let cases = [
            ("/", 0, "/v47"),
            ("models", 0, "v47/models"),
            ("/models", 0, "/v47/models"),
            ("models", 1, "models/v47"),
            ("s3://models/fraud", 3, "s3:/models/v47/fraud"),
            ("/models", 9998, "/models/v47"),
            ("mnt/models/fraud", 2, "mnt/models/v47/fraud"),
            ("/mnt/models/fraud", 2, "/mnt/models/v47/fraud"),
        ];
        for (path, at, expected) in cases {
            let text = |text: &str| Text::opaque(text, OriginId::NONE);
            assert_eq!(super::inserted(&text(path), at, &text("v47")).as_str(), expected, "{path} {at}");
        }
    }
}
