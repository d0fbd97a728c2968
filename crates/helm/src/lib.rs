//! A chart and its values to manifests, each node with its origin.
//!
//! [`Chart::load`] reads a chart once: its files, its subcharts, its templates parsed; it is free of
//! any job, shared through `Arc`, and worth keeping for every job of the chart. [`render`] gives
//! what `helm template` (v3.22) prints for it, in process: objects whose every node knows the bytes
//! that put it there ([`Rendered`]); what Helm would refuse as [`Problem`](mlgitops_manifest::Problem)s
//! at their place; and what is not in the repository as [`NotRendered`].
//!
//! ```
//! use std::sync::Arc;
//! use mlgitops_files::{Files, RepoPath};
//! use mlgitops_helm::{Chart, RenderOptions, render};
//! use mlgitops_yaml::{Origins, Reader};
//!
//! fn names(files: &Arc<dyn Files>, folder: &RepoPath) -> Vec<String> {
//!     let mut origins = Origins::default();
//!     let reader = Reader::new(files);
//!     let chart = Chart::load(reader, folder);
//!     let rendered = render(reader, &chart, &RenderOptions::default(), &mut origins);
//!     rendered.objects.iter().filter_map(|object| object.root.find(&["metadata", "name"]).text().map(str::to_owned)).collect()
//! }
//! ```
//!
//! What differs from Helm, all of it by intent or for want of a library:
//! * what is random, of the clock or encrypted is unknown (`randAlphaNum`, `genCA`, `now`, `htpasswd`
//!   and their kin, all functions on dates), and so is what is made of it;
//! * `keys` and `values` are sorted, where Go gives them in no order;
//! * `fromToml` is unknown;
//! * the words of an error that `fromYaml` and `fromJson` put into their result;
//! * `camelcase`, `snakecase` and `kebabcase` of runs of capitals, line breaks and symbols;
//! * a dependency that `charts/` lacks is taken from a `file://` folder of the repository, or the rest
//!   is rendered without it and it is named, where Helm stops;
//! * without [`RenderOptions::kube_version`], Kubernetes is the version Helm v3.22 was built for.
//!
//! Roles of origins: `values` for values files, `chart` for Chart.yaml and files read by `.Files`,
//! `template` for templates and the literals in them; what a caller hands in keeps its own.

mod archive;
mod chart;
mod dependencies;
mod documents;
mod functions;
mod glob;
mod ignore;
mod inflate;
mod job;
mod layers;
mod members;
mod metadata;
mod objects;
mod order;
mod output;
mod reads;
mod refused;
mod release;
mod render;
mod repeated;
mod schema;
mod set;
mod shelf;
mod templates;
mod values;

pub use chart::Chart;
pub use reads::Reads;
pub use render::{
    Document, NotRendered, NotRenderedKind, Reference, RenderOptions, Rendered, RenderedObject, SetForm,
    ValuesSource, render,
};
pub use repeated::RepeatedKey;
pub use shelf::Shelf;
