//! Typed views of the kinds the linter knows: one file a kind, each keeping the nodes it read.

pub mod analysis;
pub mod argocd;
pub mod argocd_ignore;
pub mod argocd_sync;
pub mod argocd_system;
pub mod flux;
pub mod gpu;
pub mod istio;
pub mod jq_path;
pub mod kserve;
pub mod kserve_rewrites;
pub mod kubernetes;
pub mod model_size;
pub mod pod_template;
pub mod probes;
pub mod prometheus;
pub mod promql;
pub mod service_account;
