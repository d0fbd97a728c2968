//! A kustomization to manifests, each node with its origin.
