//! From a string to its pieces: scheme, authority, path, and the facts that follow from them.

use std::ops::Range;

use super::class::{BrokenWhy, Class, MutableKind, Proof, UnknownWhy};
use super::scheme::{self, Consumer, Split};
use super::{
    Context, Form, Input, ModelReference, Release, S3Key, Scheme, Support, Unsupported, classify, mlflow,
    path, registry, scheme_support, slice, token, web,
};

/// A reference with everything set that does not depend on placeholders in it.
pub(super) fn locate(text: &str, context: &Context<'_>) -> ModelReference {
    let body = trimmed(text);
    let mut reference = blank(text, context, &body);
    if body.is_empty() {
        return reference;
    }
    match context.form {
        Form::StoragePath { scheme } => storage_path(&mut reference, context, body, scheme),
        Form::ModelId { revision } if !is_location(slice(text, &body)) => {
            model_id(&mut reference, body, revision);
        }
        Form::Image => baked(&mut reference, &body),
        _ => uri(&mut reference, context, body),
    }
    reference
}

fn blank(text: &str, context: &Context<'_>, body: &Range<usize>) -> ModelReference {
    let revision = match context.form {
        Form::ModelId { revision } => revision.map(str::to_owned),
        _ => None,
    };
    ModelReference {
        text: text.to_owned(),
        revision,
        scheme: Scheme::LocalPath,
        scheme_name: body.start..body.start,
        authority: None,
        path: body.clone(),
        class: Class::Unknown { range: body.clone(), why: UnknownWhy::Empty },
        class_input: Input::Reference,
        prefix_ambiguous: false,
        version_id_ignored: None,
        fragment_ignored: None,
        at_revision_ignored: None,
        presigned: None,
        unsupported_by_kserve: None,
    }
}

fn trimmed(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..start + text.trim().len()
}

/// A `--model_id` that is no name on a hub: a path, or a URI the runtime fetches itself.
fn is_location(id: &str) -> bool {
    id.starts_with(['/', '.', '~']) || id.contains("://")
}

fn model_id(reference: &mut ModelReference, body: Range<usize>, revision: Option<&str>) {
    reference.scheme = Scheme::Hf;
    let slash = reference.piece(&body).find('/').map(|at| body.start + at);
    reference.authority = slash.map(|at| body.start..at);
    reference.path = slash.map_or(body.start, |at| at + 1)..body.end;
    let parts = registry::HubReference {
        owner: None,
        model: reference.path.clone(),
        revision: None,
        at_revision: None,
        well_formed: true,
    };
    (reference.class, reference.class_input) = match revision {
        Some(revision) => {
            let whole = trimmed(revision);
            (registry::revision_class(revision, whole), Input::Revision)
        }
        None => (registry::hub_class(&reference.text, &parts), Input::Reference),
    };
}

fn storage_path(
    reference: &mut ModelReference,
    context: &Context<'_>,
    body: Range<usize>,
    scheme: Option<Scheme>,
) {
    reference.scheme = scheme.unwrap_or(Scheme::Storage);
    let tail = Tail::cut(&reference.text, body);
    let rooted = usize::from(reference.piece(&tail.path).starts_with('/'));
    reference.path = tail.path.start + rooted..tail.path.end;
    reference.class = classify::classify(&reference.text, &reference.path, context, UnknownWhy::NoVersion);
    object_store_facts(reference, &tail);
}

/// A path, and what a URL may have behind it.
struct Tail {
    path: Range<usize>,
    query: Option<Range<usize>>,
    fragment: Option<Range<usize>>,
}

impl Tail {
    fn whole(path: Range<usize>) -> Self {
        Self { path, query: None, fragment: None }
    }

    fn cut(text: &str, rest: Range<usize>) -> Self {
        let find = |range: &Range<usize>, mark| {
            let at = slice(text, range).find(mark)?;
            Some(range.start + at)
        };
        let hash = find(&rest, '#');
        let front = rest.start..hash.unwrap_or(rest.end);
        let mark = find(&front, '?');
        Self {
            path: front.start..mark.unwrap_or(front.end),
            query: mark.map(|at| at + 1..front.end),
            fragment: hash.map(|at| at..rest.end),
        }
    }
}

fn uri(reference: &mut ModelReference, context: &Context<'_>, body: Range<usize>) {
    let mut split = scheme::split(slice(&reference.text, &(0..body.end)), body.start);
    reference.scheme = split.scheme;
    reference.scheme_name = split.name.clone();
    split.rest = split.rest.min(body.end);
    let rest = split.rest..body.end;
    match split.scheme {
        Scheme::Hf | Scheme::ModelScope => hub(reference, &rest),
        Scheme::Oci | Scheme::OciNative | Scheme::OciFetch => image(reference, &rest),
        Scheme::MlflowModels | Scheme::MlflowRuns => mlflow_registry(reference, &rest, &split),
        _ => located(reference, context, rest, &split),
    }
    let unsupported = unsupported(reference, context, &split);
    reference.unsupported_by_kserve = reference.unsupported_by_kserve.or(unsupported);
    let text = reference.text.get(body).unwrap_or_default();
    if context.extra_schemes.iter().any(|claim| claim.matches(text)) {
        reference.unsupported_by_kserve = None;
    }
}

fn hub(reference: &mut ModelReference, rest: &Range<usize>) {
    let parts = registry::hub(&reference.text, rest);
    reference.class = registry::hub_class(&reference.text, &parts);
    if !parts.well_formed {
        reference.unsupported_by_kserve = Some(Unsupported::HubForm);
    }
    reference.authority = parts.owner.filter(|owner| !owner.is_empty());
    reference.path = parts.model;
    reference.at_revision_ignored = parts.at_revision;
}

fn image(reference: &mut ModelReference, rest: &Range<usize>) {
    let parts = registry::image(&reference.text, rest);
    reference.class = if parts.repository.is_empty() {
        empty_authority(rest)
    } else {
        registry::image_class(&reference.text, &parts)
    };
    reference.authority = parts.registry;
    reference.path = parts.repository;
}

/// The tag of an image that has the model in it is the model's version, if it is of one build.
fn baked(reference: &mut ModelReference, body: &Range<usize>) {
    image(reference, body);
    reference.scheme = Scheme::Image;
    if let Class::Mutable { word, kind: MutableKind::Tag } = &reference.class {
        reference.class = Class::Pinned { token: word.clone(), by: Proof::Convention };
    }
}

fn mlflow_registry(reference: &mut ModelReference, rest: &Range<usize>, split: &Split) {
    let tail = Tail::cut(&reference.text, rest.clone());
    let found = match split.scheme {
        Scheme::MlflowRuns => mlflow::runs(&reference.text, &tail.path),
        _ => mlflow::models(&reference.text, &tail.path, split.slashes),
    };
    reference.authority = found.authority;
    reference.path = found.name;
    reference.class = found.class;
}

/// Schemes in which a path says which version is meant.
fn located(reference: &mut ModelReference, context: &Context<'_>, rest: Range<usize>, split: &Split) {
    let tail = match split.scheme {
        Scheme::LocalPath | Scheme::File | Scheme::Pvc => Tail::whole(rest),
        _ => Tail::cut(&reference.text, rest),
    };
    let authority = authority(&reference.text, &tail.path, split);
    let slash = usize::from(slice(&reference.text, &(authority.end..tail.path.end)).starts_with('/'));
    reference.path = authority.end + slash..tail.path.end;
    let (whole, class) = if is_missing(&reference.text, &authority, split.scheme) {
        (authority.clone(), empty_authority(&authority))
    } else if matches!(split.scheme, Scheme::Https | Scheme::Http) {
        web_class(reference, context, &authority, &tail)
    } else {
        let class = path_class(reference, context, &authority);
        (authority.clone(), class)
    };
    reference.class = class;
    reference.authority = Some(whole).filter(|range| !range.is_empty());
    object_store_facts(reference, &tail);
}

fn authority(text: &str, path: &Range<usize>, split: &Split) -> Range<usize> {
    let none = match split.scheme {
        Scheme::LocalPath => true,
        Scheme::Dbfs | Scheme::MlflowArtifacts | Scheme::File => split.slashes < 2,
        _ => false,
    };
    if none {
        return path.start..path.start;
    }
    let length = slice(text, path).find('/').unwrap_or(path.len());
    path.start..path.start + length
}

fn is_missing(text: &str, authority: &Range<usize>, scheme: Scheme) -> bool {
    let empty = authority.is_empty() && !scheme.needs_no_authority();
    empty || classify::is_null(slice(text, authority))
}

/// The bucket is what a template left out.
fn empty_authority(authority: &Range<usize>) -> Class {
    Class::Broken { range: authority.start.saturating_sub(2)..authority.end, why: BrokenWhy::TemplateHole }
}

fn path_class(reference: &ModelReference, context: &Context<'_>, authority: &Range<usize>) -> Class {
    let otherwise = match reference.scheme {
        Scheme::Pvc | Scheme::File | Scheme::LocalPath => UnknownWhy::Medium,
        Scheme::Custom => UnknownWhy::CustomScheme,
        _ => UnknownWhy::NoVersion,
    };
    let class = classify::classify(&reference.text, &reference.path, context, otherwise);
    match class {
        // A claim is made for one model and may carry its version; no bucket is.
        Class::Unknown { .. } if reference.scheme == Scheme::Pvc => {
            claim_class(&reference.text, authority).unwrap_or(class)
        }
        class => class,
    }
}

/// `pvc://fraud-v47/`: the version stands in the claim's name.
fn claim_class(text: &str, claim: &Range<usize>) -> Option<Class> {
    let found = token::recognise(slice(text, claim))?;
    Some(Class::Pinned {
        token: claim.start + found.range.start..claim.start + found.range.end,
        by: Proof::ConventionWeak,
    })
}

fn web_class(
    reference: &mut ModelReference,
    context: &Context<'_>,
    host: &Range<usize>,
    tail: &Tail,
) -> (Range<usize>, Class) {
    let text = &reference.text;
    let end = web::authority_end(text, host, &reference.path);
    if let Some(class) = web::git_class(text, host, &reference.path) {
        return (host.clone(), class);
    }
    if end > host.end {
        let slash = usize::from(slice(text, &(end..tail.path.end)).starts_with('/'));
        reference.path = end + slash..tail.path.end;
    }
    let text = &reference.text;
    let class = classify::classify(text, &reference.path, context, UnknownWhy::NoVersion);
    let by_query = || {
        let query = tail.query.as_ref()?;
        web::object_version(text, query).filter(|_| matches!(class, Class::Unknown { .. }))
    };
    let class = by_query().unwrap_or(class);
    (host.start..end, class)
}

/// What KServe drops from the reference, and what it lists.
fn object_store_facts(reference: &mut ModelReference, tail: &Tail) {
    let text = &reference.text;
    match reference.scheme {
        Scheme::S3 => {
            reference.version_id_ignored = tail
                .query
                .as_ref()
                .and_then(|query| web::parameter(text, query, "versionId"))
                .map(|(whole, _)| whole);
            reference.fragment_ignored = tail.fragment.clone();
            let key = path::S3Key { bucket: "", key: slice(text, &reference.path).trim_start_matches('/') };
            reference.prefix_ambiguous = S3Key::is_open(&key);
        }
        Scheme::Gs => reference.fragment_ignored = tail.fragment.clone(),
        Scheme::Https | Scheme::Http => {
            let query = tail.query.as_ref();
            reference.presigned = query.and_then(|query| web::presigned(text, query));
        }
        _ => {}
    }
}

fn unsupported(reference: &ModelReference, context: &Context<'_>, split: &Split) -> Option<Unsupported> {
    let scheme = reference.scheme;
    if matches!(context.form, Form::LlmModelUri) {
        let support = scheme_support(scheme, Release::LAST, Consumer::LlmInferenceService);
        let known = support == Support::Accepted && split.slashes == 2 && !split.wrong_case;
        return (!known).then_some(Unsupported::UnknownScheme);
    }
    if scheme == Scheme::LocalPath {
        return None;
    }
    if split.slashes < 2 {
        return Some(Unsupported::TakenForLocalPath);
    }
    let foreign = scheme.is_mlflow() || matches!(scheme, Scheme::Dbfs | Scheme::Custom);
    if split.wrong_case || foreign {
        return Some(Unsupported::UnknownScheme);
    }
    let web = matches!(scheme, Scheme::Https | Scheme::Http);
    (web && web::is_refused_azure(&reference.text)).then_some(Unsupported::AzureForm)
}
