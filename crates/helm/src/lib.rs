//! A chart and its values to manifests, each node with its origin.
