//! One Kubernetes object: identity, field tables, merge keys, quantities.
