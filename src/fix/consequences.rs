//! What a fix does to what runs: which environments it changes, and which releases restart.

use std::collections::{BTreeMap, BTreeSet};

use mlgitops_yaml::Pointer;

use super::judge::Things;
use crate::finding::{Edit, Fix, Safety, Wanted};
use crate::fleet::Fleet;
use crate::kinds::pod_template;

/// The fix of a finding, said with what it does.
pub(super) fn fix(
    wanted: &[Wanted],
    edits: Vec<Edit>,
    fed: &[(usize, Vec<Pointer>)],
    things: &Things<'_>,
    fleet: &Fleet,
) -> Option<Fix> {
    let title = &wanted.first()?.remedy.title;
    let kind = &wanted.first()?.object.kind;
    let is_stored = wanted.iter().all(|one| one.remedy.is_stored);
    // Of a deployment, and of the object it stands in, the first says where it counts.
    let of_kind = |index: usize| things.get(index).is_some_and(|(manifest, _)| manifest.id.kind == *kind);
    let fed = fed.iter().filter(|(index, _)| of_kind(*index));
    let has_deployment = fed.clone().any(|(index, _)| things.is_deployment(*index));
    let counted = fed.filter(|(index, _)| !has_deployment || things.is_deployment(*index));
    let mut environments: Vec<&str> = Vec::new();
    let mut restarts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut unnamed = BTreeSet::new();
    for (index, fields) in counted {
        let (manifest, place) = things.get(*index)?;
        let environment =
            place.and_then(|place| fleet.environment(place)).map_or("", |one| one.name.as_str());
        if environment.is_empty() {
            unnamed.insert(place);
        } else if !environments.contains(&environment) {
            environments.push(environment);
        }
        if !is_stored && fields.iter().any(|field| pod_template::restarts(&manifest.id, field)) {
            let names = restarts.entry(model_of(*index, fleet).unwrap_or(&manifest.id.name)).or_default();
            if !environment.is_empty() && !names.contains(&environment) {
                names.push(environment);
            }
        }
    }
    let several = environments.len() + usize::from(!unnamed.is_empty()) > 1;
    let mut title = title.clone();
    if !restarts.is_empty() {
        let names: Vec<String> = restarts.iter().map(|(name, at)| in_environments(name, at)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        title.push_str(&format!("; restarts {}", list(&names)));
    } else if several {
        let mut names = environments.clone();
        names.extend((!unnamed.is_empty()).then_some("an environment without a name"));
        title.push_str(&format!("; changes {}", list(&names)));
    }
    let is_safe = restarts.is_empty() && !several;
    Some(Fix { title, safety: if is_safe { Safety::Safe } else { Safety::Unsafe }, edits })
}

fn model_of(index: usize, fleet: &Fleet) -> Option<&str> {
    let release = fleet.releases.iter().find(|release| release.object == index)?;
    Some(&release.model)
}

fn in_environments(name: &str, environments: &[&str]) -> String {
    if environments.is_empty() { name.to_owned() } else { format!("{name} in {}", list(environments)) }
}

fn list(names: &[&str]) -> String {
    match names {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        all => all.join(", "),
    }
}
