//! `IAMPolicyGenerator`: the service account of a workload identity (kustomize v5.8
//! `api/filters/iampolicygenerator`).

use mlgitops_yaml::{Key, Map, Node, OriginId, Role, Style, TextBuilder, Value};

use crate::accumulate::Accumulated;
use crate::build::{Builder, Step};
use crate::generate::Behavior;
use crate::origin::scalar_of;
use crate::resource::Resource;

impl Builder<'_> {
    pub(crate) fn service_account(
        &mut self,
        config: &Node,
        entry: OriginId,
        built: &mut Accumulated,
    ) -> Step<()> {
        let cloud = config.get("cloud");
        if cloud.text() != Some("gke") {
            let at = cloud.present().map_or(config.origin, |node| node.origin);
            let message =
                format!("the cloud is `{}`, and kustomize knows gke", cloud.text().unwrap_or_default());
            return Err(self.refuse("plugin", message, at));
        }
        let by = self.origins.with_role(config.origin, Role::Generated);
        let mut metadata = Vec::new();
        let account = self.account(config);
        let annotation = (Key::new("iam.gke.io/gcp-service-account", by), account);
        metadata.push((Key::new("annotations", by), Node::new(Value::Map(Map::of(vec![annotation])), by)));
        for field in ["name", "namespace"] {
            let value = config.find(&["kubernetesService", field]).present();
            if let Some(value) = value.filter(|value| value.text() != Some("")) {
                let text = self.text_of(value, Role::Generated);
                metadata.push((Key::new(field, by), scalar_of(&text, Style::Plain, self.origins)));
            }
        }
        let word = |text: &str| Node::string(text, by);
        let root = vec![
            (Key::new("apiVersion", by), word("v1")),
            (Key::new("kind", by), word("ServiceAccount")),
            (Key::new("metadata", by), Node::new(Value::Map(Map::of(metadata)), by)),
        ];
        self.absorb(Resource::new(Node::new(Value::Map(Map::of(root)), by), entry), Behavior::Create, built)
    }

    /// The name of the cloud's account: `NAME@PROJECT.iam.gserviceaccount.com`.
    fn account(&mut self, config: &Node) -> Node {
        let mut builder = TextBuilder::default();
        for (field, after) in [("name", "@"), ("projectId", ".iam.gserviceaccount.com")] {
            if let Some(value) = config.find(&["serviceAccount", field]).present() {
                let text = self.text_of(value, Role::Generated);
                builder.push(&text);
            }
            builder.push_str(after, OriginId::NONE);
        }
        scalar_of(&builder.build(), Style::Double, self.origins)
    }
}
