//! What a HelmRelease of Flux gives its chart: what it refers to, each at its turn.

use mlgitops_helm::{Reference, SetForm, ValuesSource};
use mlgitops_yaml::{Origins, Role};

use crate::render::{Helm, Parameter, ParameterKind};

/// The values, the parameters between them, and the values object.
pub(super) fn in_turn(given: &Helm, origins: &mut Origins) -> ValuesSource {
    let mut references = Vec::with_capacity(given.values.len() + given.parameters.len());
    let mut parameters = given.turns.iter().zip(&given.parameters).peekable();
    for (index, text) in given.values.iter().enumerate() {
        while let Some((_, parameter)) = parameters.next_if(|(turn, _)| **turn <= index) {
            references.push(at_path(parameter, origins));
        }
        references.push(Reference::Values(text.to_text(Role::Values, origins)));
    }
    references.extend(parameters.map(|(_, parameter)| at_path(parameter, origins)));
    let own = given.values_object.as_ref().map(|node| node.to_node(Role::Values, origins));
    ValuesSource::Release { references, own }
}

fn at_path(parameter: &Parameter, origins: &mut Origins) -> Reference {
    let form = match parameter.kind {
        ParameterKind::Typed => SetForm::Typed,
        ParameterKind::Text => SetForm::String,
        // A release names no file; what stands for one is its text.
        ParameterKind::Literal | ParameterKind::File(_) => SetForm::Literal,
    };
    let value = parameter.value.to_text(Role::Parameter, origins);
    Reference::Path { path: parameter.name.clone(), value, form }
}
