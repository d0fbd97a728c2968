//! What is said to the person who has to mend it: at which line, why, and what to type.

use super::kustomization;
use super::world::{World, service};

/// `file:line:column`, the note and the help of every finding of a rule.
fn said(world: &World, rule: &str) -> Vec<[String; 3]> {
    let findings = world.lint().findings.into_iter().filter(|one| one.rule == rule);
    let line = |one: mlgitops::finding::Finding| {
        let at = &one.primary.location;
        let position = at.position();
        let place = format!("{}:{}:{}", at.path(), position.line, position.column);
        [place, one.note.unwrap_or_default(), one.help.unwrap_or_default()]
    };
    findings.map(line).collect()
}

/// One model in `./models`, and more lines of its Kustomization.
fn with(model: &str, more: &str) -> World {
    World::of(&[
        ("models/fraud.yaml", model),
        ("clusters/prod/models.yaml", &kustomization("models", "./models", more)),
    ])
}

#[test]
fn a_folder_whose_kustomization_flux_writes() {
    let world =
        with(&service("fraud", "s3://models/fraud/v47/"), "").and(&[("models/values.yaml", "foo: bar\n")]);
    let help = "name the manifests in a kustomization.yaml; see it fail: flux build kustomization models --path \
                ./models --kustomization-file clusters/prod/models.yaml --dry-run";
    let note = "the folder has no kustomization.yaml: Flux takes every YAML file in it for a manifest, and applies \
                nothing more of it";
    assert_eq!(said(&world, "kustomize-build"), [["models/values.yaml:1:1", note, help].map(str::to_owned)]);
    // With its own, kustomize fails alone.
    let own = world.and(&[("models/kustomization.yaml", "resources: [fraud.yaml, values.yaml]\n")]);
    let found = said(&own, "kustomize-build");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][2], "see it fail: kustomize build models");
}

/// The frame stands at the key, whose value is as it should be.
#[test]
fn a_variable_whose_name_is_none() {
    for (written, column) in [
        ("substitute: {GOOD: a, bad-name: x}", 27),
        ("substitute: {GOOD: a, \"bad-name\": 'x'}", 28),
        ("substitute: {GOOD: bad-name, bad-name: bad-name}", 34),
    ] {
        let world =
            with(&service("fraud", "s3://models/fraud/${GOOD}/"), &format!("postBuild:\n  {written}\n"));
        let found = said(&world, "kustomize-build");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0][0], format!("clusters/prod/models.yaml:12:{column}"), "{written}");
        assert_eq!(found[0][2], "give it another name, here and where it is used");
    }
}

/// A value of which the cluster knows a part is not known at the variable of that part.
#[test]
fn what_only_the_cluster_knows_stands_at_its_variable() {
    let more = "postBuild:\n  substitute: {BUCKET: models}\n  substituteFrom: [{kind: Secret, name: s}]\n";
    let world = with(&service("fraud", "s3://${BUCKET}/fraud/${VERSION:=v1}/"), more);
    let report = world.lint();
    let all: Vec<String> = report
        .not_checked
        .iter()
        .filter(|one| one.what.starts_with("what fraud"))
        .filter_map(|one| one.location.as_ref())
        .map(|at| format!("{}:{}", at.path(), at.position().line))
        .collect();
    assert_eq!(all, ["models/fraud.yaml:9"]);
}

#[test]
fn a_model_that_is_left_as_it_was_made() {
    let annotated = service("fraud", "s3://models/fraud/v1/").replace(
        "name: fraud",
        "name: fraud\n  annotations: {kustomize.toolkit.fluxcd.io/ssa: IfNotPresent}",
    );
    let report = with(&annotated, "").lint();
    let mut messages = report.findings.iter().filter(|one| one.rule == "self-heal").map(|one| &*one.message);
    assert_eq!(
        messages.next(),
        Some("fraud in prod: once it is there no commit changes it, and a change by hand is what stays")
    );
}

/// A variable in quotes is a number once Flux has replaced it; the quotes have to come with it.
#[test]
fn a_number_that_a_variable_puts_in() {
    let model = |value: &str| {
        let labels = format!("name: fraud\n  labels: {{fraud-version: {value}}}");
        service("fraud", "s3://models/fraud/v47/").replace("name: fraud", &labels)
    };
    let more = "postBuild:\n  substitute: {NUM: '47', quote: '\"'}\n";
    let note = "kustomize prints `${NUM}` without its quotes, and Flux puts the value there then; the API server \
                refuses it, and Flux applies nothing more of the whole Kustomization";
    let help = "write \"${quote}${NUM}${quote}\" into `fraud-version`, and `quote: '\"'` into `postBuild.substitute`";
    let expected = [["clusters/prod/models.yaml:12:24", note, help].map(str::to_owned)];
    for written in ["\"${NUM}\"", "'${NUM}'"] {
        assert_eq!(said(&with(&model(written), more), "yaml-ambiguity"), expected, "{written}");
    }
    for written in ["\"${quote}${NUM}${quote}\"", "\"v${NUM}\"", "\"47\""] {
        assert_eq!(
            said(&with(&model(written), more), "yaml-ambiguity"),
            Vec::<[String; 3]>::new(),
            "{written}"
        );
    }
    let plain = said(&with(&model("47"), ""), "yaml-ambiguity");
    assert_eq!(plain.len(), 1, "{plain:?}");
    assert_eq!(plain[0][2], "put it in quotes: \"47\"");
}

/// Which cure there is for a variable that nothing replaces depends on what the Kustomization says.
#[test]
fn a_variable_that_reaches_the_cluster() {
    let help = |uri: &str, more: &str, release: &str| {
        let world = with(&service("fraud", uri), more);
        let config = format!("flux: {{version: \"{release}\"}}\n");
        let found = said(&world.and(&[("mlgitops.yaml", &config)]), "undefined-variable");
        found.into_iter().map(|[place, _, help]| format!("{place} {help}")).collect::<Vec<String>>()
    };
    let at = "models/fraud.yaml:9:19";
    let give = "give it a value: `postBuild: {substitute: {V: …}}` of models";
    let nowhere = "postBuild: {substituteFrom: [{kind: ConfigMap, name: x, optional: true}]}";
    let plain = "s3://models/fraud/${V}/";
    let default = "s3://models/fraud/${V:=v3}/";
    assert_eq!(help(plain, "", "2.7"), [format!("{at} {give}")]);
    assert_eq!(help(plain, nowhere, "2.7"), [format!("{at} {give}")]);
    assert_eq!(
        help(default, nowhere, "2.9"),
        [format!("{at} write `substituteStrategy: Always` into its `postBuild`, or {give}")]
    );
    assert_eq!(
        help(default, nowhere, "2.8"),
        [format!("{at} {give}; before Flux 2.9 one variable with a value is needed")]
    );
    // One value is enough for every default, and a Secret may hold any.
    assert_eq!(help(default, "postBuild: {substitute: {OTHER: x}}", "2.8"), Vec::<String>::new());
    assert_eq!(
        help(plain, "postBuild: {substituteFrom: [{kind: Secret, name: s}]}", "2.8"),
        Vec::<String>::new()
    );
    assert_eq!(
        help("s3://models/fraud/$${V}/", "postBuild: {substitute: {V: v1}}", "2.8"),
        ["models/fraud.yaml:9:38 write it with one `$`, in the manifest itself: ${V}"]
    );
}

/// The values file of a chart, from the top of its source.
#[test]
fn a_values_file_that_is_not_there() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: fraud, namespace: ml}\n\
                   spec:\n  chart: {spec: {chart: ./chart, valuesFiles: [chart/gone.yaml], sourceRef: {kind: \
                   GitRepository, name: flux-system, namespace: flux-system}}}\n";
    let world = World::of(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: model\nversion: 0.1.0\n"),
        ("chart/templates/model.yaml", &service("fraud", "s3://models/fraud/v47/")),
        ("clusters/prod/flux-system/gotk-sync.yaml", &super::sync("prod")),
        ("clusters/prod/fraud.yaml", release),
    ]);
    let found = said(&world, "source-path");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0][2],
        "name a file of the repository, from its top; or let those that are not there be passed over: \
         `ignoreMissingValuesFiles: true`"
    );
}
