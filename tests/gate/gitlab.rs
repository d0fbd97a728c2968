//! The note of a merge request, as docs/gitlab.md tells people to keep it: its script against a
//! server that answers as GitLab does.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use super::root;

/// What stands between `<<'EOF'` and `EOF` of the page.
fn script() -> String {
    let page = fs::read_to_string(root().join("docs/gitlab.md")).unwrap();
    let body = page.split("<<'EOF'\n").nth(1).unwrap().split("      EOF\n").next().unwrap();
    body.lines().map(|line| format!("{}\n", line.get(6..).unwrap_or_default())).collect()
}

/// One request: its method, its path without a query, and what it carries.
fn answer(stream: &mut TcpStream, notes: &str) -> String {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut first, mut length, mut line) = (String::new(), 0, String::new());
    reader.read_line(&mut first).unwrap();
    while reader.read_line(&mut line).unwrap() > 2 {
        let lower = line.to_lowercase();
        if let Some(bytes) = lower.strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap(), words.next().unwrap().split('?').next().unwrap());
    let said = if path.ends_with("/user") { "{\"id\": 5}" } else { notes };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{said}", said.len())
        .unwrap();
    format!("{method} {path} {}", String::from_utf8(body).unwrap()).trim_end().to_owned()
}

/// What the script prints, and asks a server that knows these notes.
fn run(notes: &'static str, requests: usize, token: Option<&str>) -> (String, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut streams = listener.incoming().take(requests);
        std::iter::from_fn(|| Some(answer(&mut streams.next()?.unwrap(), notes))).collect::<Vec<_>>()
    });
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mlgitops.md"), "<!-- mlgitops:summary -->\n### it\n").unwrap();
    let mut python = Command::new("python3");
    python.args(["-c", &script()]).current_dir(folder.path());
    python.env("CI_API_V4_URL", format!("http://{address}")).env("NO_PROXY", "*");
    python.env("CI_PROJECT_ID", "7").env("CI_MERGE_REQUEST_IID", "3").env_remove("MLGITOPS_TOKEN");
    let output = python.envs(token.map(|token| ("MLGITOPS_TOKEN", token))).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), server.join().unwrap())
}

#[test]
#[ignore = "needs python3"]
fn the_note_is_written_once_and_anew_in_place() {
    const NOTES: &str = "/projects/7/merge_requests/3/notes";
    const BODY: &str = "body=%3C%21--+mlgitops%3Asummary+--%3E%0A%23%23%23+it%0A";
    let strangers = "[{\"id\": 1, \"author\": {\"id\": 9}, \"body\": \"<!-- mlgitops:summary -->\"}]";
    let own = "[{\"id\": 4, \"author\": {\"id\": 5}, \"body\": \"<!-- mlgitops:summary -->\\nold\"}]";
    for (notes, last) in [(strangers, format!("POST {NOTES} {BODY}")), (own, format!("PUT {NOTES}/4 {BODY}"))]
    {
        let (said, asked) = run(notes, 3, Some("secret"));
        assert_eq!(said, "");
        assert_eq!(asked, ["GET /user".to_owned(), format!("GET {NOTES}"), last]);
    }
}

#[test]
#[ignore = "needs python3"]
fn without_a_token_it_is_one_line() {
    let (said, asked) = run("[]", 0, None);
    assert_eq!(said, "note not written: no MLGITOPS_TOKEN, or no mlgitops.md\n");
    assert_eq!(asked, Vec::<String>::new());
}
