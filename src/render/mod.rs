//! Jobs, and the plan that runs them: what really will be deployed.

mod charts;
mod circles;
mod elsewhere;
mod encrypted;
mod flux;
mod given;
mod guess;
mod job;
mod known;
mod kustomize;
mod library;
pub mod memory;
pub mod plan;
mod room;
mod run;
mod show;
mod sourceignore;
mod turns;
mod unsure;

pub use given::{Given, GivenNode};
pub use job::{
    Around, Filter, Flux, Helm, Job, Kustomize, Lacking, Parameter, ParameterKind, Plain, PostBuild, Tool,
    ToolKind, has_manifest_name,
};
pub use run::{RenderProblem, Rendered};
pub use show::{ShowOptions, Shown, ValuesFile, show};
