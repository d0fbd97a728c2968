//! Data flows one way: no part of `src/` uses a part that comes after it in the flow.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// The flow of design.md, first to last. The parts of one row are the one loop: jobs render
/// manifests, manifests deploy jobs.
const FLOW: [&[&str]; 12] = [
    &["finding", "timing"],
    &["config"],
    &["source"],
    &["discover"],
    &["kinds"],
    &["render", "deploy"],
    &["fleet"],
    &["history"],
    &["rules"],
    &["fix"],
    &["lint"],
    &["report"],
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn rank(part: &str) -> Option<usize> {
    FLOW.iter().position(|row| row.contains(&part))
}

#[test]
fn imports_follow_the_flow() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in &files {
        let below = file.strip_prefix(&source).unwrap();
        let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
        let part = first.strip_suffix(".rs").unwrap_or(first);
        // The front ends (`cli`, `main`, `lib`) may use every part.
        let Some(own) = rank(part) else {
            assert!(matches!(part, "cli" | "main" | "lib"), "{part} has no place in the flow");
            continue;
        };
        for line in fs::read_to_string(file).unwrap().lines() {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                seen += 1;
                if rank(&used).is_some_and(|used| used > own) {
                    wrong.push(format!("{}: {}", below.display(), line.trim()));
                }
            }
        }
    }
    assert!(seen > 50, "the test found only {seen} imports to judge");
    assert!(wrong.is_empty(), "against the flow:\n{}", wrong.join("\n"));
}
