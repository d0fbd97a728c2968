//! `openapi`: another schema than Kubernetes' own, by which strategic merge patches merge lists
//! (kyaml v0.21 `openapi.SetSchema`).

use crate::build::{Builder, Step};
use crate::merge_schema::Definitions;
use crate::read::Kustomization;

/// The one version of Kubernetes whose schema is built into kustomize v5.8
/// (kyaml v0.21 `openapi/kubernetesapi/openapiinfo.go`).
const BUILT_IN: &str = "v1.21.2";

impl Builder<'_> {
    /// Reads the schema a kustomization names. The first one of a build counts.
    pub(crate) fn openapi(&mut self, kustomization: &Kustomization) -> Step<()> {
        let openapi = kustomization.root.get("openapi");
        let path = openapi.get("path").present();
        let document = match path {
            Some(path) => {
                let text = path.text().unwrap_or_default();
                let file = self.file_of(&kustomization.folder, text, path.origin)?;
                Some(self.document(&file, path.origin)?)
            }
            None => None,
        };
        if self.schemas.is_set {
            return Ok(());
        }
        let version = openapi.get("version").present();
        match (document, version) {
            (Some(_), Some(version)) => {
                let message = "`openapi` takes a `version` or a `path`, not both";
                return Err(self.refuse("openapi", message, version.origin));
            }
            (Some(document), None) => {
                let definitions = document.get("definitions").present();
                if let Some(wrong) = definitions.filter(|node| node.as_map().is_none() && !node.is_null()) {
                    return Err(self.refuse("openapi", "`definitions` is a map of schemas", wrong.origin));
                }
                self.schemas.is_set = true;
                self.schemas.custom = Some(Definitions::of(&document).unwrap_or_default());
            }
            (None, Some(version)) if version.text().is_some_and(|text| !text.is_empty()) => {
                if version.text() != Some(BUILT_IN) {
                    let message = format!("kustomize has the schema of {BUILT_IN} built in, and no other");
                    return Err(self.refuse("openapi", message, version.origin));
                }
                self.schemas.is_set = true;
            }
            _ => {}
        }
        Ok(())
    }
}
