//! Every bound the linter keeps on hostile input, in one place.
//!
//! Passing one of them is reported as *not checked* with code `limit`, never in silence.

/// Largest file that is read, in bytes.
pub const FILE_BYTES: u64 = 16 << 20;
/// Most entries, folders included, that a tree of files may hold.
pub const TREE_ENTRIES: usize = 1_000_000;
/// Longest path from the root and longest target of a link, in bytes (Linux's `PATH_MAX`).
pub const PATH_BYTES: usize = 4_096;
/// Most links followed on the way to one file (Linux follows as many).
pub const LINKS: usize = 40;
/// Largest `.gitignore` whose patterns are applied, in bytes; those of a larger one ignore nothing.
pub const IGNORE_BYTES: u64 = 1 << 20;
/// Deepest nesting of collections in a YAML or JSON document.
pub const DEPTH: usize = 128;
/// Most values and keys that one YAML text, or all objects of a chart, may hold: a megabyte of
/// manifests holds about 35,000.
pub const NODES: usize = 500_000;
/// Most nodes that aliases and merge keys of one document may stand for.
pub const ALIAS_NODES: usize = 1_000_000;
/// Most steps one template may take.
pub const TEMPLATE_STEPS: u64 = 10_000_000;
/// Deepest nesting of template calls (`include`, `tpl`, `template`).
pub const TEMPLATE_DEPTH: usize = 1_000;
/// Most bytes one chart may print.
pub const CHART_OUTPUT_BYTES: usize = 32 << 20;
/// Most bytes an archive may unpack to.
pub const ARCHIVE_BYTES: u64 = 64 << 20;
/// Most members an archive may hold.
pub const ARCHIVE_MEMBERS: usize = 10_000;
/// Most elements all generators of one ApplicationSet may yield.
pub const APPLICATIONSET_ELEMENTS: usize = 10_000;
/// Most rounds of the plan: Applications that render Applications.
pub const PLAN_ROUNDS: usize = 8;
/// Most revisions and repositories, beside the tree under review, that deployments are read from.
pub const PLAN_TREES: usize = 32;
/// Most jobs of one plan.
pub const PLAN_JOBS: usize = 20_000;
/// Most values (scalars, lists and maps) of all manifests of one plan, up to 3 GB in memory; ten
/// thousand models of twelve objects each are seven million.
pub const PLAN_VALUES: usize = 8_000_000;
/// Most folders a kustomization may reach below itself.
pub const KUSTOMIZE_DEPTH: usize = 64;
