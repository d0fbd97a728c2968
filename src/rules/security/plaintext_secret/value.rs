//! What one text is: a credential by its form, a placeholder, a reference to a secret that is kept
//! elsewhere (domain.md §9).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// The name of a pair of which the other half is the secret.
pub(super) const KEY_ID: &str = "the id of an AWS access key";

/// Forms that nothing else has, and what they are. Order counts: of two that fit, the first.
const FORMS: [(&str, &str); 10] = [
    (KEY_ID, r"(?-u:\b)(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?-u:\b)"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----"),
    ("a Hugging Face token", r"(?-u:\b)hf_[A-Za-z0-9]{34,}(?-u:\b)"),
    (
        "a GitHub token",
        r"(?-u:\b)gh[pousr]_[A-Za-z0-9]{36,}(?-u:\b)|(?-u:\b)github_pat_[A-Za-z0-9_]{82}(?-u:\b)",
    ),
    ("a GitLab token", r"(?-u:\b)glpat-[A-Za-z0-9_-]{20,}"),
    ("a Slack token", r"(?-u:\b)xox[baprs]-[A-Za-z0-9-]{10,}"),
    ("a Databricks token", r"(?-u:\b)dapi[0-9a-f]{32}(?-u:\b)"),
    ("an Azure storage key", r"AccountKey=[A-Za-z0-9+/=]{86,88}"),
    ("a JSON web token", r"(?-u:\b)eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    ("a password in a URL", r"(?-u:\b)[a-z][a-z0-9+.-]*://[^/ \t\r\n:@]+:[^/ \t\r\n:@]+@"),
];

/// No form fits less: `a://b:c@`.
const SHORTEST: usize = 8;

/// Every form at once, to pass over most texts by one search.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let all: Vec<String> = FORMS.iter().map(|(_, form)| format!("(?:{form})")).collect();
    Regex::new(&all.join("|")).ok()
});

static EACH: LazyLock<Vec<(&str, Regex)>> =
    LazyLock::new(|| FORMS.iter().filter_map(|(what, form)| Some((*what, Regex::new(form).ok()?))).collect());

/// The credential a text holds, and where: its form tells it, whatever it is called.
pub(super) fn credential(text: &str) -> Option<(&'static str, Range<usize>)> {
    if text.len() < SHORTEST {
        return None;
    }
    let any = ANY.as_ref()?;
    for found in any.find_iter(text) {
        let of_form = |(what, form): &(&'static str, Regex)| {
            let at = form.find_at(text, found.start())?;
            (at.start() == found.start()).then(|| (*what, at.range()))
        };
        let Some((what, range)) = EACH.iter().find_map(of_form) else { continue };
        let bytes = text.get(range.clone()).unwrap_or_default();
        // Amazon's own example, and what stands for a value in a URL: `user:${PASSWORD}@`.
        let is_harmless = bytes.ends_with("EXAMPLE") || is_kept_elsewhere(bytes) || stands_for(bytes);
        if !is_harmless {
            return Some((what, range));
        }
    }
    None
}

/// Whether the password of a URL is a placeholder, or a variable of a script: `user:password@`,
/// `user:<pass>@`, `$USER:$TOKEN@`.
fn stands_for(text: &str) -> bool {
    let password = text.strip_suffix('@').and_then(|rest| rest.rsplit_once(':'));
    password.is_some_and(|(_, password)| {
        is_placeholder(password) || is_development(password) || is_kept_elsewhere(password)
    })
}

/// A text that is filled in later or names a secret elsewhere: Helm, Kustomize and shell variables,
/// Vault, SOPS, 1Password and their kin.
pub(super) fn is_kept_elsewhere(text: &str) -> bool {
    const MARKS: [&str; 6] = ["{{", "${", "$(", "<path:", "ENC[", "%("];
    const STARTS: [&str; 7] = ["vault:", "ref+", "op://", "secret://", "arn:aws", "projects/", "file:"];
    let text = text.trim();
    MARKS.iter().any(|mark| text.contains(mark))
        || STARTS.iter().any(|start| text.starts_with(start))
        || (text.starts_with('$')
            && text.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// A text that is to be replaced by a secret: nothing, `CHANGE_ME`, `<token>`, `xxxx`,
/// `AWS_SECRET_ACCESS_KEY`; also behind base64.
pub(super) fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 20] = [
        "changeme",
        "changeit",
        "replace",
        "redacted",
        "placeholder",
        "your",
        "todo",
        "dummy",
        "fixme",
        "fillme",
        "fillin",
        "insert",
        "example",
        "setme",
        "secrethere",
        "tobe",
        "tbd",
        "fake",
        "mock",
        "sample",
    ];
    let text = text.trim();
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let is_one_letter = plain.bytes().all(|byte| Some(byte) == plain.bytes().next());
    let is_capital = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-' | b' ');
    text.is_empty()
        || is_one_letter
        || (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with('[') && text.ends_with(']'))
        || (text.bytes().all(is_capital) && (text.contains('_') || names_a_secret(text)))
        || matches!(plain.as_str(), "none" | "null" | "nil" | "empty" | "unset" | "na" | "token" | "secret")
        || WORDS.iter().any(|word| plain.contains(word))
        || is_placeholder_encoded(text)
}

/// The same behind base64. A short word that is no base64 may decode to letters, too.
fn is_placeholder_encoded(text: &str) -> bool {
    const SHORTEST: usize = 8;
    let is_encoded = text.len() >= SHORTEST && text.len().is_multiple_of(4);
    let inner = if is_encoded { decoded(text) } else { None };
    let is_text = |byte: u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n');
    inner.is_some_and(|inner| inner.bytes().all(is_text) && !inner.ends_with('=') && is_placeholder(&inner))
}

/// A password that anybody would try: of software as it is delivered, or a plain word.
pub(super) fn is_development(text: &str) -> bool {
    const WORDS: [&str; 8] = ["minio", "postgres", "root", "test", "guest", "user", "mlflow", "mysql"];
    const PARTS: [&str; 5] = ["password", "passwd", "admin", "secret-key", "access-key"];
    let lower = text.trim().to_lowercase().replace('_', "-");
    let word = lower.trim_end_matches(|last: char| last.is_ascii_digit());
    let is_short_word = text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_lowercase());
    WORDS.contains(&word) || PARTS.iter().any(|part| lower.contains(part)) || is_short_word
}

/// What is kept in place of a password, from which nobody gets it back (crypt(5), Argon2).
fn is_hash(text: &str) -> bool {
    const STARTS: [&str; 9] = ["$2a$", "$2b$", "$2y$", "$5$", "$6$", "$apr1$", "$argon2", "{SHA}", "pbkdf2"];
    STARTS.iter().any(|start| text.starts_with(start))
}

/// Whether a text under the name of a secret is no secret: a switch, a number, a path, a URL, a hash.
pub(super) fn is_setting(text: &str) -> bool {
    let text = text.trim();
    is_hash(text)
        || matches!(text.to_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off")
        || (text.len() < 6 && text.bytes().all(|byte| byte.is_ascii_digit()))
        || text.starts_with('/')
        || text.contains("://")
}

/// Whether a name is that of a secret: `AWS_SECRET_ACCESS_KEY`, `db-password`, `authToken`.
pub(super) fn names_a_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    let before = words.len().checked_sub(2).and_then(|at| words.get(at)).map_or("", String::as_str);
    match last.as_str() {
        "password" | "passwd" | "passphrase" | "apikey" | "pwd" => true,
        // The words a tokenizer adds are no secrets, nor is the price of a token.
        "token" => !matches!(
            before,
            "pad"
                | "eos"
                | "bos"
                | "unk"
                | "sep"
                | "cls"
                | "mask"
                | "stop"
                | "start"
                | "end"
                | "special"
                | "per"
                | "image"
        ),
        "secret" => before != "no",
        "key" => matches!(
            before,
            "api" | "access" | "secret" | "private" | "account" | "encryption" | "signing" | "auth" | "tls"
        ),
        _ => false,
    }
}

/// The words of `secret_access_key`, `secret-access-key`, `secretAccessKey`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_new = true;
    let mut was_lower = false;
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() {
            is_new = true;
            continue;
        }
        is_new |= was_lower && character.is_ascii_uppercase();
        was_lower = character.is_ascii_lowercase();
        match words.last_mut().filter(|_| !is_new) {
            Some(word) => word.push(character.to_ascii_lowercase()),
            None => words.push(character.to_ascii_lowercase().to_string()),
        }
        is_new = false;
    }
    words
}

/// The text behind base64, where it is one.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Credentials are put together here, so that no scanner takes this file for a leak.
    fn of(parts: &[&str]) -> String {
        parts.concat()
    }

    #[test]
    fn forms_that_nothing_else_has() {
        let hex = "0123456789abcdef0123456789abcdef";
        let long = "a1B2".repeat(25);
        for (text, expected) in [
            (of(&["AKIA", "ABCDEFGHIJ234567"]), Some(KEY_ID)),
            (of(&["AKIA", "IOSFODNN7EXAMPLE"]), None),
            (of(&["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE"]), Some("a private key")),
            (of(&["-----BEGIN ", "CERTIFICATE-----"]), None),
            (of(&["--token=hf_", &long[..34]]), Some("a Hugging Face token")),
            (of(&["hf_", "transfer"]), None),
            (of(&["ghp_", &long[..36]]), Some("a GitHub token")),
            (of(&["glpat-", &long[..20]]), Some("a GitLab token")),
            (of(&["dapi", hex]), Some("a Databricks token")),
            (of(&["https://me:", "s3cr3tw0rd@mlflow.example.com"]), Some("a password in a URL")),
            (of(&["https://me:", "${PASSWORD}@mlflow.example.com"]), None),
            (of(&["postgres://user:", "password@db/mlflow"]), None),
            (of(&["https://mlflow.example.com:8080/a@b"]), None),
            (of(&["s3://models/fraud/v47/"]), None),
        ] {
            assert_eq!(credential(&text).map(|(what, _)| what), expected, "{text}");
        }
    }

    #[test]
    fn names_of_secrets_and_names_that_look_alike() {
        for (name, is_one) in [
            ("AWS_SECRET_ACCESS_KEY", true),
            ("secretAccessKey", true),
            ("AWS_ACCESS_KEY_ID", false),
            ("HF_TOKEN", true),
            ("MLFLOW_TRACKING_PASSWORD", true),
            ("client-secret", true),
            ("MAX_TOKENS", false),
            ("TOKENIZER", false),
            ("EOS_TOKEN", false),
            ("COST_PER_TOKEN", false),
            ("SECRET_NAME", false),
            ("PASSWORD_FILE", false),
            ("PARTITION_KEY", false),
            ("AWS_DEFAULT_REGION", false),
            ("MONKEY", false),
        ] {
            assert_eq!(names_a_secret(name), is_one, "{name}");
        }
    }

    #[test]
    fn values_that_are_no_secrets() {
        for text in [
            "",
            "CHANGE_ME",
            "changeme",
            "<your-token>",
            "xxxxxxxx",
            "REDACTED",
            "replace-with-token",
            "***",
            "UPDATE_AWS_SECRET_ACCESS_KEY",
            "SECRET",
            "Y2hhbmdlbWU=",
            "ZXhhbXBsZS1hcHAtc2VjcmV0",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "{{ .Values.token }}",
            "${TOKEN}",
            "$TOKEN",
            "$(TOKEN)",
            "<path:secret/data/a#b>",
            "ENC[AES256_GCM,data:x]",
            "vault:secret/a#b",
        ] {
            assert!(is_kept_elsewhere(text), "{text}");
        }
        for text in ["true", "0", "/var/run/secrets/token", "https://mlflow.example.com", "$2y$12$4K"] {
            assert!(is_setting(text), "{text}");
        }
        for text in ["h8Gf2kPq9ZtW", "correct horse battery"] {
            assert!(!is_placeholder(text) && !is_kept_elsewhere(text) && !is_setting(text), "{text}");
        }
    }

    #[test]
    fn passwords_that_anybody_would_try() {
        for text in [
            "minio123",
            "minioadmin",
            "password",
            "testpassword1",
            "admin123",
            "katib",
            "my_secret_key",
            "my_access_key",
        ] {
            assert!(is_development(text), "{text}");
        }
        for text in ["h8Gf2kPq9ZtW", "gthudfal", "kHPdpIYt"] {
            assert!(!is_development(text) && !is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn base64_is_read() {
        assert_eq!(decoded("bWluaW8xMjM=").as_deref(), Some("minio123"));
        assert_eq!(decoded("").as_deref(), Some(""));
        assert_eq!(decoded("no base64!"), None);
    }
}
