//! What leaves Git with Flux, and whether it leaves the cluster.

use super::repository::{NOW, Story};

const HEADER: &str = "apiVersion:_kustomize.toolkit.fluxcd.io/v1\\nkind:_Kustomization\\n";
const SOURCE: &str = "__interval:_10m\\n__sourceRef:_{kind:_GitRepository,_name:_flux-system}\\n";

/// A Kustomization of production that applies a folder, with more lines of its spec.
fn applies(folder: &str, more: &str) -> String {
    let more: String = more.lines().map(|line| format!("__{}\\n", line.trim().replace(' ', "_"))).collect();
    format!(
        "{HEADER}metadata:_{{name:_{folder},_namespace:_flux-system}}\\nspec:\\n__path:_./{folder}\\n{SOURCE}{more}"
    )
}

/// A model with something in its metadata.
fn model(name: &str, metadata: &str) -> String {
    let metadata = metadata.replace(' ', "_");
    format!(
        "apiVersion:_serving.kserve.io/v1beta1\\nkind:_InferenceService\\nmetadata:_{{name:_{name},_namespace:_ml{metadata}}}\\n\
         spec:\\n__predictor:\\n____model:_{{modelFormat:_{{name:_onnx}},_storageUri:_s3://models/{name}/v1/}}\\n"
    )
}

/// `case file: note` of what is said of removed models.
fn said(lines: &str) -> Vec<String> {
    let said =
        Story::of(lines).run(&["lint", "--select", "release-removed", "--format", "json", "--now", NOW]);
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    let line = |finding: &serde_json::Value| {
        let (case, file) = (text(&finding["case"]), text(&finding["location"]["file"]));
        format!("{case} {file}: {}", text(&finding["note"]))
    };
    findings.map(line).collect()
}

/// The file of a model goes, and its Kustomization stays.
#[test]
fn a_file_that_leaves_its_kustomization() {
    let of = |more: &str, metadata: &str, edit: &str| {
        let (models, fraud, churn) = (applies("models", more), model("fraud", metadata), model("churn", ""));
        said(&format!(
            "11-12T09:00 clusters/production/models.yaml:={models} models/churn.yaml:={churn} models/fraud.yaml:={fraud}
             edit models/fraud.yaml:=- {edit}"
        ))
    };
    let prunes = "removed models/fraud.yaml: the Kustomization models prunes: Flux deletes what left Git at the next \
                  commit it reads";
    let keeps = "left models/fraud.yaml: the Kustomization models says `prune: false`: what leaves its folder stays \
                 in the cluster";
    let waits = "left models/fraud.yaml: the Kustomization models is suspended: the model runs until somebody resumes \
                 it, and is deleted then";
    let own = |says: &str| {
        vec![format!("left models/fraud.yaml: it says `{says}` itself, and Flux deletes nothing that does")]
    };
    let group = "kustomize.toolkit.fluxcd.io";
    assert_eq!(of("prune: true", "", ""), [prunes]);
    assert_eq!(
        of("prune: true\ndeletionPolicy: Orphan", "", ""),
        [prunes],
        "only what goes itself asks for it"
    );
    assert_eq!(of("prune: false", "", ""), [keeps]);
    assert_eq!(of("prune: false\ndeletionPolicy: Delete", "", ""), [keeps]);
    assert_eq!(of("prune: true\nsuspend: true", "", ""), [waits]);
    let prune = format!("{group}/prune: disabled");
    assert_eq!(of("prune: true", &format!(", annotations: {{{prune}}}"), ""), own(&prune));
    let prune = format!("{group}/prune: Disabled");
    assert_eq!(of("prune: true", &format!(", labels: {{{prune}}}"), ""), own(&prune), "any case, and labels");
    let ignore = format!("{group}/ssa: Ignore");
    assert_eq!(of("prune: true", &format!(", annotations: {{{ignore}}}"), ""), own(&ignore));
    let merge = format!(", annotations: {{{group}/ssa: Merge}}");
    assert_eq!(of("prune: true", &merge, ""), [prunes]);
    // What the Kustomization says after the change is what decides.
    let edit = format!("clusters/production/models.yaml:={}", applies("models", "prune: true"));
    assert_eq!(of("prune: false", "", &edit), [prunes]);
}

/// The Kustomization goes; what stood in its folder is as it was.
#[test]
fn a_kustomization_that_goes() {
    let of = |more: &str, metadata: &str| {
        let (models, fraud) = (applies("models", more), model("fraud", metadata));
        said(&format!(
            "11-12T09:00 clusters/production/models.yaml:={models} models/fraud.yaml:={fraud}
             edit clusters/production/models.yaml:=-"
        ))
    };
    let at = "clusters/production/models.yaml";
    let deletes =
        [format!("removed {at}: its Kustomization models goes away, and Flux deletes all it applied")];
    let stays = |says: &str| {
        [format!("left {at}: the Kustomization models says `{says}`: it goes, and what it applied stays")]
    };
    assert_eq!(of("prune: true", ""), deletes);
    assert_eq!(of("prune: false", ""), stays("prune: false"));
    assert_eq!(of("prune: false\ndeletionPolicy: MirrorPrune", ""), stays("prune: false"));
    assert_eq!(of("prune: true\ndeletionPolicy: Orphan", ""), stays("deletionPolicy: Orphan"));
    assert_eq!(of("prune: false\ndeletionPolicy: Delete", ""), deletes);
    assert_eq!(of("prune: false\ndeletionPolicy: WaitForTermination", ""), deletes);
    assert_eq!(of("prune: true\nsuspend: true", ""), stays("suspend: true"));
    assert_eq!(of("prune: true\nsuspend: true\ndeletionPolicy: Delete", ""), stays("suspend: true"));
    let disabled = "kustomize.toolkit.fluxcd.io/prune: disabled";
    assert_eq!(
        of("prune: true", &format!(", annotations: {{{disabled}}}")),
        [format!("left {at}: it says `{disabled}` itself, and Flux deletes nothing that does")]
    );
}

/// A Kustomization that another keeps goes on applying.
#[test]
fn a_kustomization_that_stays_behind() {
    let lines = |parent: &str| {
        let (apps, models, fraud) =
            (applies("apps", parent), applies("models", "prune: true"), model("fraud", ""));
        let other = applies("other", "prune: true");
        format!(
            "11-12T09:00 clusters/production/apps.yaml:={apps} apps/models.yaml:={models} apps/other.yaml:={other} models/fraud.yaml:={fraud}
             edit apps/models.yaml:=-"
        )
    };
    let deletes =
        "removed apps/models.yaml: its Kustomization models goes away, and Flux deletes all it applied";
    assert_eq!(said(&lines("prune: true")), [deletes]);
    let keeps = "left apps/models.yaml: the Kustomization apps says `prune: false`: what leaves its folder stays in the \
                 cluster";
    assert_eq!(said(&lines("prune: false")), [keeps]);
    let whole = lines("prune: true").replace("edit apps/models.yaml", "edit clusters/production/apps.yaml");
    assert_eq!(
        said(&whole),
        [
            "removed clusters/production/apps.yaml: its Kustomization models goes away, and Flux deletes all it applied"
        ],
        "the first that goes is what the change took away"
    );
}

/// Two clusters have a Kustomization of one name: that of the other one deletes nothing here.
#[test]
fn one_name_in_two_clusters() {
    let (models, fraud) = (applies("models", "prune: true"), model("fraud", ""));
    let lines = format!(
        "11-12T09:00 clusters/production/models.yaml:={models} clusters/staging/models.yaml:={models} models/fraud.yaml:={fraud}
         edit clusters/production/models.yaml:=-"
    );
    let gone = "removed clusters/production/models.yaml: its Kustomization models goes away, and Flux deletes all it \
                applied";
    assert_eq!(said(&lines), [gone]);
}

#[test]
fn a_helm_release_that_goes() {
    let of = |more: &str, metadata: &str| {
        let chart = "{spec:_{chart:_./chart,_sourceRef:_{kind:_GitRepository,_name:_flux-system,_namespace:_flux-system}}}";
        let release = format!(
            "apiVersion:_helm.toolkit.fluxcd.io/v2\\nkind:_HelmRelease\\nmetadata:_{{name:_fraud,_namespace:_ml}}\\n\
             spec:\\n__interval:_10m\\n__chart:_{chart}\\n__{more}\\n"
        );
        let (apps, fraud) = (applies("apps", "prune: true"), model("fraud", metadata));
        said(&format!(
            "11-12T09:00 clusters/production/apps.yaml:={apps} apps/fraud.yaml:={release} apps/map.yaml:=apiVersion:_v1\\nkind:_ConfigMap\\nmetadata:_{{name:_a}}\\n chart/Chart.yaml:=apiVersion:_v2\\nname:_fraud\\nversion:_0.1.0\\n chart/templates/fraud.yaml:={fraud}
             edit apps/fraud.yaml:=-"
        ))
    };
    assert_eq!(
        of("suspend:_false", ""),
        [
            "removed apps/fraud.yaml: its HelmRelease fraud goes away, and Flux uninstalls it with all that is in it"
        ]
    );
    assert_eq!(
        of("suspend:_true", ""),
        [
            "left apps/fraud.yaml: the HelmRelease fraud says `suspend: true`: Flux takes it away and uninstalls nothing"
        ]
    );
    assert_eq!(
        of("suspend:_false", ", annotations: {helm.sh/resource-policy: keep}"),
        [
            "left apps/fraud.yaml: it says `helm.sh/resource-policy: keep` itself, and Flux deletes nothing that does"
        ]
    );
}
