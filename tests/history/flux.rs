//! A version that Flux puts in: what a ConfigMap of the cluster says is what runs.

use super::repository::{Story, promotion};

/// One folder of models for both clusters, whose version is a variable of each.
const LAYOUT: &str = "clusters/staging/models.yaml:=KUSTOMIZATION clusters/production/models.yaml:=KUSTOMIZATION \
                      models/fraud.yaml:=SERVICE";

const KUSTOMIZATION: &str = "apiVersion:_kustomize.toolkit.fluxcd.io/v1\\nkind:_Kustomization\\nmetadata:_{name:_models,_namespace:_flux-system}\\n\
     spec:\\n__interval:_10m\\n__path:_./models\\n__prune:_true\\n__sourceRef:_{kind:_GitRepository,_name:_flux-system}\\n\
     __postBuild:_{substituteFrom:_[{kind:_ConfigMap,_name:_settings}]}\\n";

const SERVICE: &str = "apiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\nmetadata:_{name:_fraud,_namespace:_ml}\\n\
     spec:\\n__predictor:\\n____model:\\n______modelFormat:_{name:_onnx}\\n______storageUri:_s3://models/fraud/${VERSION}/\\n";

fn settings(cluster: &str, version: &str) -> String {
    format!(
        "clusters/{cluster}/settings.yaml:=apiVersion:_v1\\nkind:_ConfigMap\\nmetadata:_{{name:_settings,_namespace:_flux-system}}\\n\
         data:\\n__VERSION:_{version}\\n"
    )
}

/// What is said when production gets a version, after staging had some.
fn promoted(staging: &[&str], version: &str) -> Vec<String> {
    let layout = LAYOUT.replace("KUSTOMIZATION", KUSTOMIZATION).replace("SERVICE", SERVICE);
    let mut lines =
        format!("11-10T09:00 {layout} {} {}\n", settings("staging", "v45"), settings("production", "v43"));
    for (day, version) in staging.iter().enumerate() {
        lines += &format!("11-{}T09:00 {}\n", 12 + day, settings("staging", version));
    }
    lines += &format!("edit {}\n", settings("production", version));
    promotion(Story::of(&lines).path(), &[], &[])
}

#[test]
fn a_version_of_a_config_map_is_proven_and_refused() {
    assert_eq!(promoted(&["v46", "v47"], "v46"), Vec::<String>::new());
    assert_eq!(promoted(&["v46"], "v48"), ["error never: fraud v48 has never run in staging", "exit 1"]);
}
