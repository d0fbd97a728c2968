//! The `images` field: names, tags and digests of containers' images.

use std::cell::Cell;

use mlgitops_yaml::{Map, Node, OriginId, Origins, Pointer, Step, Style, Text, TextBuilder, Value};
use regex::Regex;

use crate::effect::Effect;
use crate::origin::scalar_of;
use crate::resource::Resource;
use crate::select;

/// One entry of `images`.
pub(crate) struct Image {
    name: Name,
    entry: Node,
    /// The name it selects by decided that a value changed.
    guard: OriginId,
    /// An image that is no scalar, which kustomize refuses.
    pub(crate) no_scalar: Cell<Option<OriginId>>,
}

/// The name of an entry: a part of a pattern, as kustomize has it (`api/internal/image/image.go`).
/// Without anything a pattern is made of, it is compared and not compiled.
enum Name {
    Simple(String),
    Pattern(Regex),
}

impl Name {
    fn of(text: &str) -> Result<Self, String> {
        if select::is_simple(text) {
            return Ok(Self::Simple(text.to_owned()));
        }
        let pattern = format!("{text}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?");
        select::whole(&pattern).map(Self::Pattern)
    }

    /// Whether an image has the name, whatever its tag and digest.
    fn is_of(&self, image: &str) -> bool {
        match self {
            Self::Simple(name) => select::after_simple(name, image).is_some_and(is_version),
            Self::Pattern(pattern) => pattern.is_match(image),
        }
    }
}

/// Gives each entry of `images` what another of its name says: a new name; and a tag, a digest or both,
/// which take the place of both (fluxcd/pkg v1.9 `kustomize/kustomize_generator.go`).
pub(crate) fn lay_over(entries: &mut Vec<Node>, over: &[Node]) {
    const VERSION: [&str; 2] = ["newTag", "digest"];
    for more in over {
        let said = |field: &str| {
            let (key, value) = more.as_map()?.entry(field)?;
            value.text().is_some_and(|text| !text.is_empty()).then(|| (key.clone(), value.clone()))
        };
        let is_same = |entry: &&mut Node| entry.get("name").text() == more.get("name").text();
        let Some(Value::Map(map)) = entries.iter_mut().find(is_same).map(|entry| &mut entry.value) else {
            entries.push(more.clone());
            continue;
        };
        if VERSION.iter().any(|field| said(field).is_some()) {
            VERSION.iter().for_each(|field| drop(map.remove(field)));
        }
        for (key, value) in ["newName", "newTag", "digest"].iter().filter_map(|field| said(field)) {
            map.set(key, value);
        }
    }
}

/// Whether a text is nothing, or a tag, a digest, or both, with their marks.
fn is_version(text: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || b"_.{}-".contains(&byte);
    let (tag, digest) = match text.split_once('@') {
        Some((tag, digest)) => (tag, Some(digest)),
        None => (text, None),
    };
    let tag_is_one = tag.is_empty() || tag.strip_prefix(':').is_some_and(|tag| tag.bytes().all(part));
    let is_digest =
        |digest: &str| digest.strip_prefix("sha256:").is_some_and(|digest| digest.bytes().all(part));
    tag_is_one && digest.is_none_or(is_digest)
}

impl Image {
    pub(crate) fn of(entry: &Node) -> Result<Self, String> {
        let name = entry.get("name");
        let text = name.text().unwrap_or_default();
        let pattern = Name::of(text)?;
        let guard = name.present().map_or(OriginId::NONE, |name| name.origin);
        Ok(Self { name: pattern, entry: entry.clone(), guard, no_scalar: Cell::new(None) })
    }

    /// Changes every `image` of a `containers` or `initContainers` list, at any depth.
    pub(crate) fn rewrite_containers(&self, node: &mut Node, origins: &mut Origins) {
        match &mut node.value {
            Value::Map(map) => {
                for (key, value) in map.iter_mut() {
                    self.rewrite_containers(value, origins);
                    if !matches!(key.name(), "containers" | "initContainers") {
                        continue;
                    }
                    let Value::Sequence(items) = &mut value.value else { continue };
                    for image in items.iter_mut().filter_map(Node::as_map_mut).filter_map(image_of) {
                        self.rewrite(image, origins);
                    }
                }
            }
            Value::Sequence(items) => {
                for item in items {
                    self.rewrite_containers(item, origins);
                }
            }
            _ => {}
        }
    }

    /// Notes images of a KServe object that stand where no field spec reaches: `model.image`, and
    /// `storageUri: oci://…`.
    pub(crate) fn note_missed(&self, resource: &mut Resource, origins: &mut Origins) {
        if resource.gvk().group != "serving.kserve.io" {
            return;
        }
        let mut missed = Vec::new();
        self.find_missed(&resource.node, &mut Pointer::default(), origins, &mut missed);
        resource.effects.extend(missed);
    }

    fn find_missed(&self, node: &Node, path: &mut Pointer, origins: &mut Origins, missed: &mut Vec<Effect>) {
        let Value::Map(map) = &node.value else { return };
        for (key, value) in map.iter() {
            path.0.push(Step::Key(key.name().into()));
            let image = match key.name() {
                "image" => value.as_scalar().map(|scalar| scalar.to_text(value.origin, origins)),
                "storageUri" => {
                    value.as_scalar().filter(|scalar| scalar.text.starts_with("oci://")).map(|scalar| {
                        let text = scalar.to_text(value.origin, origins);
                        text.slice("oci://".len()..text.len())
                    })
                }
                _ => None,
            };
            if let Some(image) = image.filter(|image| self.name.is_of(image.as_str())) {
                let wanted = self.rewritten(&image, origins).as_str().to_owned();
                if wanted != image.as_str() {
                    missed.push(Effect::ImageNotRewritten { path: path.clone(), entry: self.guard, wanted });
                }
            }
            self.find_missed(value, path, origins, missed);
            path.0.pop();
        }
    }

    /// Changes one image, if the entry is for it.
    pub(crate) fn rewrite(&self, node: &mut Node, origins: &mut Origins) {
        let Some(scalar) = node.as_scalar() else {
            if !node.is_null() {
                self.no_scalar.set(self.no_scalar.get().or(Some(node.origin)));
            }
            return;
        };
        if !self.name.is_of(&scalar.text) {
            return;
        }
        let style = if scalar.style == Style::Plain { Style::Plain } else { Style::Double };
        let old = scalar.to_text(node.origin, origins);
        let new = self.rewritten(&old, origins);
        let mut changed = scalar_of(&new, style, origins);
        changed.origin = origins.guard(changed.origin, self.guard);
        changed.origin = origins.guard(changed.origin, node.origin);
        *node = changed;
    }

    fn rewritten(&self, old: &Text, origins: &mut Origins) -> Text {
        let mut field = |name: &str| {
            let node = self.entry.get(name).present()?;
            let text = node.as_scalar()?.to_text(node.origin, origins);
            (!text.is_empty()).then_some(text)
        };
        let (new_name, new_tag) = (field("newName"), field("newTag"));
        let (new_digest, suffix) = (field("digest"), field("tagSuffix"));
        let (name, mut tag, mut digest) = split(old);
        match (new_tag, new_digest, suffix) {
            (Some(new), new_digest, _) => (tag, digest) = (Some(new), new_digest),
            (None, Some(new), _) => (tag, digest) = (None, Some(new)),
            (None, None, Some(suffix)) => {
                let mut longer = TextBuilder::default();
                if let Some(tag) = &tag {
                    longer.push(tag);
                }
                longer.push(&suffix);
                (tag, digest) = (Some(longer.build()), None);
            }
            (None, None, None) => {}
        }
        let mut builder = TextBuilder::default();
        builder.push(&new_name.unwrap_or(name));
        for (mark, part) in [(":", tag), ("@", digest)] {
            if let Some(part) = part.filter(|part| !part.is_empty()) {
                builder.push_str(mark, OriginId::NONE);
                builder.push(&part);
            }
        }
        builder.build()
    }
}

fn image_of(container: &mut Map) -> Option<&mut Node> {
    container.get_mut("image")
}

/// Name, tag and digest of an image; a colon before the first slash belongs to the host.
fn split(image: &Text) -> (Text, Option<Text>, Option<Text>) {
    let text = image.as_str();
    let path = text.find('/').filter(|slash| *slash > 0).unwrap_or(0);
    let find = |mark: char| text.get(path..).and_then(|rest| rest.find(mark)).map(|at| at + path);
    let (colon, at) = (find(':'), find('@'));
    let end = text.len();
    match (colon, at) {
        (None, None) => (image.clone(), None, None),
        (Some(colon), Some(at)) if colon < at => {
            (image.slice(0..colon), Some(image.slice(colon + 1..at)), Some(image.slice(at + 1..end)))
        }
        (_, Some(at)) => (image.slice(0..at), None, Some(image.slice(at + 1..end))),
        (Some(colon), None) => (image.slice(0..colon), Some(image.slice(colon + 1..end)), None),
    }
}
