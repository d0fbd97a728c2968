//! The same in Flux: annotations and labels of an object that a Kustomization passes over
//! (kustomize-controller v1.9 `internal/controller/kustomization_controller.go`; domain.md §4.1).

use mlgitops_yaml::edit::NewValue;
use mlgitops_yaml::{Mode, Node, Pointer, Resolved};

use super::super::super::{Context, Violations};
use crate::finding::{Intent, Violation};
use crate::fleet::{Deployment, Object};
use crate::kinds::flux::{KUSTOMIZE_GROUP, is_helm_release};
use crate::kinds::kubernetes::metadata_value;

/// How one object is applied otherwise than the rest.
struct Setting {
    name: &'static str,
    /// The values that change something.
    counts: &'static [&'static str],
    /// Those that say what happens anyway, in Flux's words or in those of a switch.
    idle: &'static [&'static str],
    /// What happens without it: what Flux does, and what comes behind the object's name.
    anyway: (&'static str, &'static str),
}

/// The settings of an object. Values are compared without case (fluxcd/pkg v1.9 `ssa/utils/meta.go`),
/// but for `substitute` (`kustomize/kustomize_varsub.go`).
const SETTINGS: [Setting; 5] = [
    Setting {
        name: "ssa",
        counts: &["IfNotPresent", "Ignore", "Merge"],
        idle: &["Override"],
        anyway: ("Flux applies ", ""),
    },
    Setting {
        name: "force",
        counts: &["enabled"],
        idle: &["disabled", "false"],
        anyway: ("Flux does not make ", " anew where a field cannot be changed"),
    },
    Setting {
        name: "prune",
        counts: &["disabled"],
        idle: &["enabled", "true"],
        anyway: ("Flux deletes ", " once it leaves Git"),
    },
    Setting {
        name: "reconcile",
        counts: &["disabled"],
        idle: &["enabled", "true"],
        anyway: ("Flux applies ", ""),
    },
    Setting {
        name: "substitute",
        counts: &["disabled"],
        idle: &["enabled", "true"],
        anyway: ("Flux replaces the variables of ", ""),
    },
];

/// What else stands below the same name, and is written by Flux or read elsewhere.
const OTHERS: [&str; 5] = ["name", "namespace", "checksum", "revision", "decrypt"];

pub(super) fn check(deployment: &Deployment, context: &Context<'_>, out: &mut Violations) {
    let is_of_helm = is_helm_release(&deployment.manifest.id);
    for object in context.fleet.objects_of(deployment) {
        for field in ["annotations", "labels"] {
            let named = object.manifest.root.get("metadata").get(field).present().and_then(Node::as_map);
            let mut names = named.into_iter().flat_map(|map| map.iter()).map(|(key, _)| key.name());
            if !names.any(|name| name.starts_with(KUSTOMIZE_GROUP)) {
                continue;
            }
            for setting in &SETTINGS {
                let found = match is_of_helm {
                    true => not_of_helm(object, field, setting),
                    false => without_effect(object, field, setting),
                };
                out.push(found.map(|found| found.at_place(object.place)));
            }
            if !is_of_helm {
                mistyped(object, field, out);
            }
        }
    }
}

fn full(name: &str) -> String {
    format!("{KUSTOMIZE_GROUP}/{name}")
}

/// The text of a setting; one that is no text is refused by the API server, whatever it says.
fn setting_of<'o>(object: &'o Object, field: &str, name: &str) -> Option<(&'o Node, Pointer, &'o str)> {
    let (node, path) = metadata_value(&object.manifest.root, field, &full(name))?;
    let is_text = node.as_scalar()?.resolve(Mode::Api) == Resolved::Str;
    Some((node, path, node.text().filter(|text| is_text && !text.is_empty())?))
}

impl Setting {
    fn is_counted(&self, value: &str) -> bool {
        self.counts.iter().any(|known| match self.name {
            "substitute" => *known == value,
            _ => known.eq_ignore_ascii_case(value),
        })
    }

    /// The value that was meant, where a switch or other letters say so.
    fn meant(&self, value: &str) -> Option<&'static str> {
        let switch = if self.name == "force" { ["true", "yes", "on"] } else { ["false", "no", "off"] };
        let is_switch = self.name != "ssa" && switch.iter().any(|word| word.eq_ignore_ascii_case(value));
        let only = self.counts.first().filter(|_| is_switch).copied();
        only.or_else(|| crate::config::nearest(value.trim(), self.counts.iter().copied()))
    }
}

/// A value that Flux compares with nothing.
fn without_effect(object: &Object, field: &'static str, setting: &Setting) -> Option<Violation> {
    let (node, path, value) = setting_of(object, field, setting.name)?;
    let is_idle = setting.idle.iter().any(|known| known.eq_ignore_ascii_case(value));
    if is_idle || setting.is_counted(value) {
        return None;
    }
    let ((flux, behind), name) = (setting.anyway, &object.manifest.id.name);
    let message = format!("{flux}{name}{{places}}{behind}: `{}: {value}` is no value it knows", setting.name);
    let manifest = &object.manifest;
    let origin = node.origin;
    let found = Violation::in_object("unknown", manifest, path.clone(), origin, "no such value", message)?;
    let found = found.note(NOTE);
    Some(match setting.meant(value) {
        Some(meant) => {
            let set = Intent::set(path, NewValue::text(meant));
            let help = format!("{}: {meant}", full(setting.name));
            found.help(help).remedy(format!("write `{meant}`"), [set])
        }
        None => found.help(format!("one of: {}", [setting.counts, setting.idle].concat().join(", "))),
    })
}

const NOTE: &str = "a value that is not known is no error: the Kustomization says Ready, and what was asked for does \
                    not happen";

/// A name that is no setting, and is like one.
fn mistyped(object: &Object, field: &'static str, out: &mut Violations) {
    let map = object.manifest.root.get("metadata").get(field).present().and_then(Node::as_map);
    for (key, _) in map.into_iter().flat_map(|map| map.iter()) {
        let Some(name) = key.name().strip_prefix(KUSTOMIZE_GROUP).and_then(|rest| rest.strip_prefix('/'))
        else {
            continue;
        };
        let known = || SETTINGS.iter().map(|setting| setting.name);
        if known().chain(OTHERS).any(|one| one == name) {
            continue;
        }
        let Some(meant) = crate::config::nearest(name, known()) else { continue };
        let message = format!(
            "Flux applies {}{{places}} without `{name}`: it knows no such {}",
            object.manifest.id.name,
            one_of(field)
        );
        let path = Pointer::of(&["metadata", field, key.name()]);
        let found =
            Violation::in_object("unknown", &object.manifest, path, key.origin, "no such name", message);
        out.push(found.map(|found| {
            found.note(NOTE).help(format!("did you mean `{}`?", full(meant))).at_place(object.place)
        }));
    }
}

fn one_of(field: &str) -> &'static str {
    if field == "labels" { "label" } else { "annotation" }
}

/// What a Kustomization reads, on an object that Helm applies.
fn not_of_helm(object: &Object, field: &'static str, setting: &Setting) -> Option<Violation> {
    let keep = "helm.sh/resource-policy";
    let (what, help) = match setting.name {
        "prune" if metadata_value(&object.manifest.root, "annotations", keep).is_some() => return None,
        "prune" => ("deletes", format!("annotate it with `{keep}: keep`, which Helm reads")),
        "ssa" | "reconcile" => ("upgrades", format!("take `{}` out", full(setting.name))),
        _ => return None,
    };
    let (node, path, value) =
        setting_of(object, field, setting.name).filter(|one| setting.is_counted(one.2))?;
    let name = &object.manifest.id.name;
    let message =
        format!("Helm {what} {name}{{places}} all the same: it reads no `{}: {value}`", setting.name);
    let label = "read for a Kustomization alone";
    let found = Violation::in_object("unknown", &object.manifest, path, node.origin, label, message)?;
    let note =
        "the release applies its own objects, and asks for no setting of a Kustomization; it says Ready";
    Some(found.note(note).help(help))
}
