//! No report shows a secret: its bytes are starred in frames, and said nowhere else.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use mlgitops::report::{Context, Format, render};
use mlgitops::source::Memory;
use mlgitops::{Options, config, lint};
use mlgitops_files::Files;

const SECRET: &str = "apiVersion: v1
kind: Secret
metadata: {name: s3-models}
stringData:
  AWS_SECRET_ACCESS_KEY: Wq7LmZ2vTn5RbX8s
---
apiVersion: v1
kind: ConfigMap
metadata: {name: deploy}
data: {uri: \"https://me:Wq7LmZ2vTn5RbX8s@mlflow.example.com\"}
";

#[test]
fn no_format_holds_its_bytes() {
    let files = [("secret.yaml".to_owned(), SECRET.as_bytes().to_vec())];
    let files: Arc<dyn Files> = Arc::new(Memory::new(files.into_iter().collect()));
    let report = lint(&files, &config::Config::default(), &Options::default());
    assert_eq!(report.findings.iter().filter(|one| one.rule == "plaintext-secret").count(), 2);
    for format in [Format::Human, Format::Json, Format::Sarif, Format::Github] {
        let text = render(format, &report, &Context::new("."));
        assert!(text.contains("plaintext-secret") || format == Format::Github, "{format:?}");
        assert!(!text.contains("Wq7LmZ2vTn5RbX8s"), "{format:?}");
    }
    insta::assert_snapshot!(render(Format::Human, &report, &Context::new(".")), @r"
    error[plaintext-secret]: whoever reads this repository has `AWS_SECRET_ACCESS_KEY` of Secret
            s3-models
       ╭─[secret.yaml:5:26]
     5 │   AWS_SECRET_ACCESS_KEY: ****************
       ·                          ^^^^^^^^^^^^^^^^ in plain text
       ╰─
      note: it stays in every clone and in history: to remove the line does not take it back
      help: revoke it, then keep the new one in a SealedSecret, an ExternalSecret or SOPS, or give the
            ServiceAccount a role and keep none

    error[plaintext-secret]: whoever reads this repository has a password in a URL of ConfigMap deploy
        ╭─[secret.yaml:10:13]
     10 │ data: {uri: ************************************************}
        ·             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ in plain text
        ╰─
      note: it stays in every clone and in history: to remove the line does not take it back
      help: revoke it, then keep the new one in a SealedSecret, an ExternalSecret or SOPS, or give the
            ServiceAccount a role and keep none

    checked no release of a model (1 folder of plain files): 2 errors
    ");
}
