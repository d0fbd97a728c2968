//! What an entry of a kustomization names: a path, or something on another server.

/// Whether an entry names something on another server: a file by URL or a Git repository
/// (kustomize `api/internal/git/repospec.go`).
pub(crate) fn is_remote(entry: &str) -> bool {
    let lower = entry.to_ascii_lowercase();
    let lower = lower.strip_prefix("git::").unwrap_or(&lower);
    let starts = ["http://", "https://", "ssh://", "file://", "github.com/", "github.com:"];
    starts.iter().any(|start| lower.starts_with(start)) || has_user(lower)
}

/// `git@host:path`, and any other user.
fn has_user(entry: &str) -> bool {
    let Some((user, rest)) = entry.split_once('@') else { return false };
    user.starts_with(|first: char| first.is_ascii_alphabetic())
        && user.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
        && rest.contains([':', '/'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_another_server() {
        let remote = [
            "https://example.com/a.yaml",
            "HTTP://example.com/a.yaml",
            "github.com/org/repo//base?ref=v1",
            "git::https://example.com/org/repo",
            "git@example.com:org/repo",
            "ssh://git@example.com/org/repo",
        ];
        for entry in remote {
            assert!(is_remote(entry), "{entry}");
        }
        for entry in ["../base", "a.yaml", "github.com", "./github.com/x", "a@b", "x/y@z/a"] {
            assert!(!is_remote(entry), "{entry}");
        }
    }
}
