//! What CI says of where the tree can be looked at: the address of a file that stays.

use serde_json::Value;

/// The address that a path inside the repository is appended to; `None` outside of CI, or where what
/// CI says is no address.
pub(super) fn blob() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let event = variable("GITHUB_EVENT_PATH").and_then(|path| std::fs::read(path).ok());
    let event = event.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or(Value::Null);
    blob_of(&variable, &event)
}

fn blob_of(variable: &dyn Fn(&str) -> Option<String>, event: &Value) -> Option<String> {
    if let (Some(server), Some(repository)) = (variable("GITHUB_SERVER_URL"), variable("GITHUB_REPOSITORY")) {
        // The commit of the branch stays; the merge that GitHub tests is made anew with each push.
        let of_request = event.pointer("/pull_request/head/sha").and_then(Value::as_str);
        let commit = of_request.map(str::to_owned).or_else(|| variable("GITHUB_SHA"))?;
        return address(&format!("{server}/{repository}"), "blob", &commit);
    }
    let project = variable("CI_PROJECT_URL")?;
    address(&project, "-/blob", &variable("CI_COMMIT_SHA")?)
}

/// Only what is an address and a commit: the rest of a report is written beside it.
fn address(project: &str, folder: &str, commit: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte);
    let is_address = (project.starts_with("https://") || project.starts_with("http://"))
        && project.bytes().all(is_plain)
        && !project.ends_with('/');
    let is_commit = !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_address && is_commit).then(|| format!("{project}/{folder}/{commit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_made_of_what_ci_says() {
        let github = [
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "org/ml"),
            ("GITHUB_SHA", "ab12"),
        ];
        let gitlab = [("CI_PROJECT_URL", "https://gitlab.example.com/org/ml"), ("CI_COMMIT_SHA", "cd34")];
        let hostile = [("CI_PROJECT_URL", "https://x.example/a)[b](c"), ("CI_COMMIT_SHA", "cd34")];
        let nothing: [(&str, &str); 0] = [];
        type Row<'r> = (&'r [(&'r str, &'r str)], &'r str, Option<&'r str>);
        let table: [Row<'_>; 5] = [
            (&github, "null", Some("https://github.com/org/ml/blob/ab12")),
            (
                &github,
                r#"{"pull_request":{"head":{"sha":"ef56"}}}"#,
                Some("https://github.com/org/ml/blob/ef56"),
            ),
            (&gitlab, "null", Some("https://gitlab.example.com/org/ml/-/blob/cd34")),
            (&hostile, "null", None),
            (&nothing, "null", None),
        ];
        for (variables, event, expected) in table {
            let variable = |name: &str| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            let event = serde_json::from_str(event).unwrap();
            assert_eq!(blob_of(&variable, &event).as_deref(), expected, "{variables:?}");
        }
    }
}
