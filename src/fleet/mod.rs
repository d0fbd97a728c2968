//! What runs where: environments, places, models, versions, releases.

pub mod alerts;
pub mod backend;
mod build;
mod environment;
mod identity;
mod index;
mod installation;
pub mod mention;
mod model;
mod place;
pub mod reached;
mod reading;
pub mod reference;
pub mod serving_runtime;
mod sets;
pub mod size;
pub mod startup_time;
mod survey;
pub mod unset;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use mlgitops_helm::{Reads, RepeatedKey};
use mlgitops_kustomize::Effect;
use mlgitops_manifest::{Manifest, ObjectId, Problem};
use mlgitops_yaml::{OriginId, OriginSpan};

use crate::finding::{NotChecked, ReadTree};
use crate::kinds::kserve;
use crate::render::{Job, RenderProblem};

pub use crate::config::is_usual_environment;
pub use crate::finding::PlaceIndex;
pub use build::build;
pub use environment::{Evidence, Ladder};
pub use identity::Identity;
pub use installation::{Installation, Part, Unit, find as find_installation};
pub use place::{Because, Column, Environment, EnvironmentIndex, Place};
pub(crate) use sets::keeps;
pub use survey::{Seen, Surveyor, at_hand, ignored};

/// Everything that will be deployed, and where.
#[derive(Debug, Default)]
pub struct Fleet {
    /// The environments, in the order they were met or are configured.
    pub environments: Vec<Environment>,
    /// The places.
    pub places: Vec<Place>,
    /// Every rendering, bound or guessed.
    pub deployables: Vec<Deployable>,
    /// What binds renderings to places: Applications, Flux objects.
    pub deployments: Vec<Deployment>,
    /// Every object at every place.
    pub objects: Vec<Object>,
    /// Every model reference of every object at every place.
    pub uses: Vec<ModelUse>,
    /// Every model that is served somewhere.
    pub releases: Vec<Release>,
    /// What renderers refused.
    pub problems: Vec<RenderProblem>,
    /// The targets of patches, as each kustomization that was built found them.
    pub targets: Vec<mlgitops_kustomize::PatchTarget>,
    /// What deployments name that does not work.
    pub refused: Vec<Refused>,
    /// What else is wrong with deployments.
    pub deployment_problems: Vec<Problem>,
    /// The variables that Flux replaces by nothing.
    pub undefined: Vec<UndefinedVariable>,
    /// What could not be rendered or bound.
    pub not_checked: Vec<NotChecked>,
    /// The trees that were read beside the one under review.
    pub trees: Vec<ReadTree>,
    /// What is looked up often.
    index: index::Index,
}

/// Something in a deployment that does not work, and where it would run.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The Application or Flux object.
    pub deployment: Manifest,
    /// Where it would run.
    pub place: PlaceIndex,
    /// The path that it names, as it is written.
    pub path: String,
    /// What is wrong, and where.
    pub problem: Problem,
}

/// A variable without a value and without a default, and where it becomes empty.
#[derive(Debug, Clone)]
pub struct UndefinedVariable {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub at: Option<OriginSpan>,
    /// The Kustomization that replaces it.
    pub deployment: ObjectId,
    /// Where that applies what it builds.
    pub place: PlaceIndex,
}

/// One rendering at one place.
#[derive(Debug, Clone)]
pub struct Deployable {
    /// How it was rendered.
    pub job: Arc<Job>,
    /// The Application or Flux object that binds it; `None` where it was guessed.
    pub deployment: Option<Manifest>,
    /// Which values a chart's templates can read, where that can be told.
    pub reads: Option<Arc<Reads>>,
}

/// An Application or a Flux object, and what it deploys.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The object, with its origins.
    pub manifest: Manifest,
    /// The deployables, one for each source: a range of [`Fleet::deployables`].
    pub deployables: Range<usize>,
    /// What it deploys: a range of [`Fleet::objects`].
    pub objects: Range<usize>,
    /// Where it deploys to: the place of the first object that serves a model, else of the first
    /// object; `None` where it gave none.
    pub place: Option<PlaceIndex>,
    /// Whether it deploys a model; rules about deployments judge no other.
    pub serves_models: bool,
}

/// One object at one place.
#[derive(Debug, Clone)]
pub struct Object {
    /// The object.
    pub manifest: Manifest,
    /// Where it runs.
    pub place: PlaceIndex,
    /// The index of its deployable.
    pub deployable: usize,
    /// What kustomize did to it in silence.
    pub effects: Vec<Effect>,
    /// The keys that its template printed twice.
    pub repeated: Vec<RepeatedKey>,
    /// Whether deployments read it at another revision: it runs once they name this one, and is no
    /// release before.
    pub is_to_come: bool,
}

/// One model reference at one place.
#[derive(Debug, Clone)]
pub struct ModelUse {
    /// The index of its object.
    pub object: usize,
    /// The reference as it stands.
    pub reference: kserve::ModelReference,
    /// What it says.
    pub parsed: reference::ModelReference,
    /// The model it serves.
    pub model: String,
}

/// One model × version × environment × place.
#[derive(Debug, Clone)]
pub struct Release {
    /// The model.
    pub model: String,
    /// The version token, where the reference names one.
    pub version: Option<String>,
    /// The index of its model reference.
    pub model_use: usize,
    /// The index of its object.
    pub object: usize,
    /// Where it runs.
    pub place: PlaceIndex,
}

impl Fleet {
    /// A place by its index.
    #[must_use]
    pub fn place(&self, index: PlaceIndex) -> Option<&Place> {
        self.places.get(index.0 as usize)
    }

    /// The environment of a place; `None` for unnamed.
    #[must_use]
    pub fn environment(&self, place: PlaceIndex) -> Option<&Environment> {
        let index = self.place(place)?.environment?;
        self.environments.get(index.0 as usize)
    }

    /// The column of the severity table for a place; for what runs nowhere, `None` is unnamed.
    #[must_use]
    pub fn column(&self, place: Option<PlaceIndex>) -> Column {
        place
            .and_then(|place| self.environment(place))
            .map_or(Column::Unnamed, |environment| environment.column)
    }

    /// What a deployment deploys.
    #[must_use]
    pub fn objects_of(&self, deployment: &Deployment) -> &[Object] {
        self.objects.get(deployment.objects.clone()).unwrap_or_default()
    }

    /// The models a deployment serves, sorted, each once.
    #[must_use]
    pub fn models_of(&self, deployment: &Deployment) -> Vec<&str> {
        let objects = &deployment.objects;
        let from = self.releases.partition_point(|release| release.object < objects.start);
        let own = self.releases.iter().skip(from).take_while(|release| release.object < objects.end);
        let models: BTreeSet<&str> = own.map(|release| release.model.as_str()).collect();
        models.into_iter().collect()
    }

    /// The object of a model reference.
    #[must_use]
    pub fn object_of(&self, model_use: &ModelUse) -> Option<&Object> {
        self.objects.get(model_use.object)
    }

    /// The files and folders that a model reference is made of, for what is stated of a folder: its
    /// deployable, its object's file, and the file of the reference itself.
    #[must_use]
    pub fn paths_of(&self, model_use: &ModelUse) -> Vec<String> {
        let Some(object) = self.object_of(model_use) else { return Vec::new() };
        paths_of(object, model_use.reference.origin, &self.deployables)
    }
}

/// The files and folders that a value of an object is made of.
fn paths_of(object: &Object, origin: OriginId, deployables: &[Deployable]) -> Vec<String> {
    let file = |origin| object.manifest.place(origin).map(|place| place.file.path().to_string());
    let deployable = deployables.get(object.deployable).map(|one| one.job.path.to_string());
    [deployable, file(object.manifest.root.origin), file(origin)].into_iter().flatten().collect()
}
