//! A `${variable}` of a model that nothing replaces: KServe gets it as it stands.

use std::ops::Range;

use mlgitops_manifest::fields::Availability;
use mlgitops_manifest::{Manifest, ObjectId};

use super::super::super::{Context, Violations};
use crate::finding::Violation;
use crate::fleet::{Deployable, Fleet, ModelUse, Object};
use crate::kinds::flux::{KUSTOMIZE_GROUP, SourceRef, is_helm_release, is_kustomization, mark};
use crate::kinds::kserve::Form;
use crate::render::{PostBuild, Tool};

/// The minor release of Flux 2 whose `postBuild` has a `substituteStrategy` (kustomize-controller
/// v1.9 `CHANGELOG.md`).
const STRATEGY_SINCE: u16 = 9;

/// Why a variable is still there once Flux has applied what it stands in.
enum Why<'f> {
    /// Its Kustomization has no `postBuild`.
    NoPostBuild,
    /// No variable of `postBuild` has a value, so that not even a default is taken.
    NothingResolves,
    /// The object asks for it: the annotation.
    Disabled,
    /// It is written `$${…}`, or a value of another variable.
    Escaped,
    /// It came into the values of a HelmRelease, or its chart.
    Release(&'f ObjectId),
}

pub(super) fn check(model_use: &ModelUse, object: &Object, context: &Context<'_>, out: &mut Violations) {
    let reference = &model_use.reference;
    // What a process reads, a shell may replace.
    if reference.form == Form::Argument {
        return;
    }
    let Some((range, name)) = variable(&reference.text) else { return };
    let Some((by, why)) = why(object, context.fleet) else { return };
    let written = reference.text.get(range.clone()).unwrap_or_default();
    let bytes = range.start + reference.offset..range.end + reference.offset;
    let model = &model_use.model;
    let message = format!("{model}{{places}} gets `{written}` as it stands: nothing replaces it");
    let found = Violation::in_piece(
        "literal",
        &object.manifest,
        reference.path.clone(),
        bytes,
        "reaches KServe like this",
        message,
    );
    out.push(found.map(|found| {
        let (note, help) = words(&why, by, name, written, context);
        found.word(name).note(note).help(help)
    }));
}

/// What is the matter, and what to write.
fn words(why: &Why<'_>, by: &ObjectId, name: &str, written: &str, context: &Context<'_>) -> (String, String) {
    let give = format!("give it a value: `postBuild: {{substitute: {{{name}: …}}}}` of {}", by.name);
    let no_such = "KServe finds nothing of that name, and no new pod starts";
    match why {
        Why::NoPostBuild => (format!("the Kustomization {} has no `postBuild`; {no_such}", by.name), give),
        Why::NothingResolves => {
            let has_default = written.contains('=') || written.contains('-');
            let help = match context.facts.flux.since(STRATEGY_SINCE) {
                _ if !has_default => give,
                Availability::Never => format!("{give}; before Flux 2.9 one variable with a value is needed"),
                Availability::Always => {
                    format!("write `substituteStrategy: Always` into its `postBuild`, or {give}")
                }
                Availability::Partly { .. } => {
                    format!("{give}; from Flux 2.9 on `substituteStrategy: Always` in `postBuild` does too")
                }
            };
            let note = format!(
                "no variable of the `postBuild` of {} has a value, and Flux then replaces nothing, not even by a \
                 default",
                by.name
            );
            (note, help)
        }
        Why::Disabled => (
            format!(
                "`{KUSTOMIZE_GROUP}/substitute: disabled` keeps Flux from replacing anything in it; {no_such}"
            ),
            format!("write the value here, or take `{KUSTOMIZE_GROUP}/substitute` out"),
        ),
        Why::Escaped => (
            format!(
                "a variable whose `$` is doubled, or that comes with the value of another, stays; {no_such}"
            ),
            format!("write it with one `$`, in the manifest itself: {written}"),
        ),
        Why::Release(release) => (
            format!(
                "Helm replaces `{{{{ … }}}}` alone, and the Kustomization {} that applies the HelmRelease {} no \
                 variable; {no_such}",
                by.name, release.name
            ),
            format!("write the value into the values of {}, or {give}", release.name),
        ),
    }
}

/// Why Flux leaves the variables of an object, and the Kustomization that does; `None` where it
/// replaces them, or somebody else may.
fn why<'f>(object: &'f Object, fleet: &'f Fleet) -> Option<(&'f ObjectId, Why<'f>)> {
    let (job, by) = deployed_by(object, fleet)?;
    if is_helm_release(&by.id) {
        // Clusters may each have one of this name: where one of them replaces, nothing is said.
        let mut parent = None;
        for release in fleet.of_kind("HelmRelease").filter(|other| other.manifest.id == by.id) {
            let (job, applied_by) = deployed_by(release, fleet).filter(|(_, parent)| is_of_git(parent))?;
            if replaces(job) && !is_left_alone(&release.manifest) {
                return None;
            }
            parent = parent.or(Some(applied_by));
        }
        return Some((&parent?.id, Why::Release(&by.id)));
    }
    if !is_of_git(by) {
        return None;
    }
    let why = match post_build(job) {
        None => Why::NoPostBuild,
        Some(_) if is_left_alone(&object.manifest) => Why::Disabled,
        Some(_) if replaces(job) => Why::Escaped,
        Some(_) => Why::NothingResolves,
    };
    Some((&by.id, why))
}

/// Whether an object is a Kustomization of a GitRepository: what comes from elsewhere was built
/// there, and may have been replaced there.
fn is_of_git(by: &Manifest) -> bool {
    let source = by.root.get("spec").get("sourceRef").present().and_then(SourceRef::of);
    is_kustomization(&by.id) && source.is_some_and(|source| source.kind == "GitRepository")
}

fn is_left_alone(manifest: &Manifest) -> bool {
    mark(&manifest.root, &[("substitute", "disabled")]).is_some()
}

fn deployed_by<'f>(object: &Object, fleet: &'f Fleet) -> Option<(&'f Deployable, &'f Manifest)> {
    let deployable = fleet.deployables.get(object.deployable)?;
    Some((deployable, deployable.deployment.as_ref()?))
}

fn post_build(deployable: &Deployable) -> Option<&PostBuild> {
    match &deployable.job.tool {
        Tool::Kustomize(kustomize) => kustomize.flux.as_ref()?.variables.as_ref(),
        _ => None,
    }
}

/// Whether a build has variables to replace (fluxcd/pkg v1.9 `kustomize/kustomize_varsub.go`).
fn replaces(deployable: &Deployable) -> bool {
    post_build(deployable).is_some_and(|one| !one.values.is_empty() || one.is_always || one.more_in_cluster)
}

/// The first `${…}` that begins with the name of a variable, and that name.
fn variable(text: &str) -> Option<(Range<usize>, &str)> {
    text.match_indices("${").find_map(|(at, _)| {
        let rest = text.get(at + 2..)?;
        let length = rest.bytes().take_while(|byte| *byte == b'_' || byte.is_ascii_alphanumeric()).count();
        let name = rest.get(..length).filter(|name| !name.is_empty())?;
        let end = at + 2 + rest.find('}')? + 1;
        Some((at..end, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_a_reference() {
        for (text, expected) in [
            ("s3://m/a/${VERSION}/", Some(("${VERSION}", "VERSION"))),
            ("s3://m/a/${VERSION:=v3}/", Some(("${VERSION:=v3}", "VERSION"))),
            ("s3://m/a/${{ x }}/${V}", Some(("${V}", "V"))),
            ("s3://m/a/$(VERSION)/", None),
            ("s3://m/a/$VERSION/", None),
            ("s3://m/a/${VERSION", None),
            ("s3://m/a/v47/", None),
        ] {
            let found = variable(text).map(|(range, name)| (&text[range], name));
            assert_eq!(found, expected, "{text}");
        }
    }
}
