//! URLs of repositories, so that two spellings of one can be told to be one.

/// Host and path of a repository, in lower case: what `https://user@Host/Org/X.git`,
/// `ssh://git@host:22/org/x` and `git@host:org/x` have in common. Argo CD lowers the case, turns
/// the short form of ssh into a URL, and drops `ssh://` and `.git` (argo-cd v3.5
/// `util/git/git.go NormalizeGitURL`); scheme, user and port go as well, for a clone is made over
/// ssh where Argo CD reads over https. `None` for what names no host: a path of some machine says
/// nothing about where Argo CD reads.
pub(super) fn normalized(url: &str) -> Option<String> {
    let url = url.trim().to_lowercase();
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        None => ("ssh", short_form(&url)?),
    };
    if scheme == "file" {
        return None;
    }
    let (authority, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    (!host.is_empty()).then(|| format!("{host}/{path}"))
}

/// `user@host:path` as `user@host/path`. What stands before the colon is no host where it holds a
/// `/`, or is a letter: a drive.
fn short_form(url: &str) -> Option<String> {
    let (host, path) = url.split_once(':')?;
    (host.len() > 1 && !host.contains('/')).then(|| format!("{host}/{}", path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_repository_are_one() {
        for url in [
            "https://git.example.com/org/models",
            "https://git.example.com/org/models.git",
            "https://git.example.com/org/models/",
            "https://Git.Example.com/Org/models.git/",
            "https://token@git.example.com:443/org/models",
            "http://git.example.com/org/models",
            "ssh://git@git.example.com/org/models.git",
            "ssh://git@git.example.com:2222/org/models.git",
            "git@git.example.com:org/models.git",
            "git@git.example.com:/org/models",
            " git.example.com:org/models ",
        ] {
            assert_eq!(normalized(url).as_deref(), Some("git.example.com/org/models"), "{url}");
        }
    }

    #[test]
    fn others_are_others() {
        let one = normalized("https://git.example.com/org/models");
        for url in [
            "https://git.example.com/org/models2",
            "https://git.example.com/org",
            "https://git.example.org/org/models",
            "https://git.example.com/org/models.gitops",
            "{{repo}}",
        ] {
            assert_ne!(normalized(url), one, "{url}");
        }
    }

    #[test]
    fn a_path_of_a_machine_is_no_url() {
        for url in ["/srv/git/models", "file:///srv/git/models", "../models", "C:/git/models", "models", ""] {
            assert_eq!(normalized(url), None, "{url}");
        }
    }
}
