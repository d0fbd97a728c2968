//! Charts that want to hurt: each is refused or cut short, in a thread with a stack of 2 MiB, and
//! never a panic. How long each takes is measured by hand (docs/compatibility.md).

#![allow(clippy::unwrap_used, reason = "a test that cannot build its chart has failed")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use mlgitops_files::{Blob, Entry, EntryKind, Files, ReadError, RepoPath};
use mlgitops_helm::{Chart, NotRenderedKind, RenderOptions, Rendered, SetForm, ValuesSource, render};
use mlgitops_yaml::{OriginId, Origins, Reader, Text};

const METADATA: &str = "apiVersion: v2\nname: hostile\nversion: 1.0.0\n";
const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";

/// Renders in a thread whose stack is that of a worker, and flattens every origin, as a report does.
fn rendered_with(files: Arc<dyn Files>, options: RenderOptions) -> Rendered {
    let work = move || {
        let mut origins = Origins::default();
        let chart = Chart::load(Reader::new(&files), &RepoPath::root());
        let rendered = render(Reader::new(&files), &chart, &options, &mut origins);
        for object in &rendered.objects {
            let _ = origins.all(object.root.origin);
        }
        rendered
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap()
}

fn rendered(files: &[(&str, &str)]) -> Rendered {
    let files: Vec<_> = [&[("Chart.yaml", METADATA)], files].concat();
    rendered_with(support::Table::of(&files), RenderOptions::default())
}

/// A chart of one template.
fn template(text: &str) -> Rendered {
    rendered(&[("templates/x.yaml", &format!("{OBJECT}v: {text}\n"))])
}

/// It ends in a limit, and nothing of it is shown.
#[track_caller]
fn is_cut_short(rendered: &Rendered) {
    let limits = rendered.not_rendered.iter().filter(|item| item.kind == NotRenderedKind::Limit).count();
    assert!(limits > 0 || !rendered.problems.is_empty(), "{rendered:?}");
    assert_eq!(rendered.objects.len(), 0);
}

/// It ends in a problem, whose words are these.
#[track_caller]
fn is_refused(rendered: &Rendered, words: &str) {
    let said: Vec<&str> = rendered.problems.iter().map(|problem| &*problem.message).collect();
    let unread: Vec<&str> = rendered.not_rendered.iter().map(|item| &*item.reason).collect();
    assert!([said, unread].concat().concat().contains(words), "{rendered:?}");
}

#[test]
fn templates_that_call_themselves() {
    is_cut_short(&rendered(&[(
        "templates/x.yaml",
        "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
    )]));
    is_cut_short(&rendered(&[(
        "templates/x.yaml",
        "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
    )]));
    is_cut_short(&rendered(&[(
        "templates/x.yaml",
        "{{ define \"a\" }}{{ include \"b\" . }}{{ include \"b\" . }}{{ end }}{{ define \"b\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}",
    )]));
}

#[test]
fn a_text_that_is_a_template_of_itself() {
    let values = "x: '{{ tpl .Values.x . }}'\n";
    is_cut_short(&rendered(&[("values.yaml", values), ("templates/x.yaml", "v: {{ tpl .Values.x . }}")]));
    let values = "x: '{{ tpl (print .Values.x \" \" .Values.x) . }}'\n";
    is_cut_short(&rendered(&[("values.yaml", values), ("templates/x.yaml", "v: {{ tpl .Values.x . }}")]));
}

#[test]
fn loops_without_end() {
    for list in ["until 1000000000", "1000000000", "untilStep 0 1000000000 1", "untilStep 0 -1000000000 -1"] {
        is_cut_short(&template(&format!("{{{{ range {list} }}}}{{{{ end }}}}")));
    }
    is_cut_short(&template("{{ seq 1 1000000000 }}"));
    let nested = "{{ range until 1000 }}".repeat(8) + &"{{ end }}".repeat(8);
    is_cut_short(&template(&nested));
}

#[test]
fn a_gigabyte_of_output() {
    is_cut_short(&template("{{ range until 30000 }}{{ repeat 40000 \"x\" }}{{ end }}"));
    let lines = "{{ range until 100000 }}{{ $ | toString | nindent 4 }}{{ end }}";
    is_cut_short(&template(lines));
    let many: Vec<(String, String)> = (0..100)
        .map(|at| (format!("templates/{at}.yaml"), format!("{OBJECT}v: {{{{ repeat 1000000 \"x\" }}}}\n")))
        .collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(path, text)| (&**path, &**text)).collect();
    is_cut_short(&rendered(&many));
}

#[test]
fn texts_that_grow() {
    for text in [
        "{{ repeat 1000000000 \"x\" }}",
        "{{ repeat 100000 (repeat 100000 \"x\") }}",
        "{{ indent 1000000000 \"x\" }}",
        "{{ nindent 1000000000 \"x\" }}",
        "{{ $x := \"ab\" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}{{ len $x }}",
        "{{ $x := list 1 2 }}{{ range until 60 }}{{ $x = concat $x $x }}{{ end }}{{ len $x }}",
        "{{ $x := dict }}{{ range until 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ toJson $x }}",
        "{{ $x := dict }}{{ range until 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ deepCopy $x | len }}",
        "{{ $x := dict }}{{ range until 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ toYaml $x }}",
        "{{ $x := dict }}{{ range until 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ toToml $x }}",
        "{{ $x := dict }}{{ range until 60 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ toString $x }}",
        "{{ $k := repeat 10000 \"k\" }}{{ $y := dict }}\
         {{ range $i, $_ := until 9000 }}{{ $_ := set $y (print $i) (dict) }}{{ end }}\
         {{ toToml (dict \"x\" (dict $k (dict $k (dict $k (dict $k (dict $k $y)))))) | len }}",
        "{{ printf \"%.1000000d\" (until 2000) | len }}",
        "{{ replace \"\" (repeat 10000 \"y\") (repeat 10000 \"x\") }}",
        "{{ join (repeat 10000 \"y\") (until 10000) }}",
        "{{ regexReplaceAll \"\" (repeat 10000 \"x\") (repeat 10000 \"y\") }}",
        "{{ $s := repeat 1000000 \"x\" }}{{ range until 10000 }}{{ $t := upper $s }}{{ end }}",
        "{{ range until 100000 }}{{ sha256sum (repeat 10000 \"x\") }}{{ end }}",
    ] {
        is_cut_short(&template(text));
    }
}

#[test]
fn blank_lines_of_tabs() {
    let tabs = "\t\n".repeat(500_000);
    // Whatever is said of it, it ends.
    let _ = template(&format!("\"x\n{tabs}y\""));
    assert_eq!(template(&format!("x\n{tabs}")).objects.len(), 1);
    is_refused(&template(&format!("x\n{tabs}w: y")), "a tab character that violates indentation");
}

#[test]
fn json_that_never_ends() {
    let nested = "[".repeat(100_000);
    let said = template(&format!("{{{{ printf \"%v\" (fromJsonArray \"{nested}\") | trunc 40 | quote }}}}"));
    assert_eq!(said.objects[0].root.get("v").text(), Some("[exceeded max depth]"));
    let strings = "{{ fromJsonArray (printf \"[%s0]\" (repeat 300000 \"1,\")) | len }}";
    assert_eq!(template(strings).objects[0].root.get("v").text(), Some("300001"));
}

#[test]
fn widths_and_precisions() {
    for verb in
        ["%1000000000d", "%.1000000000f", "%.999999f", "%.999999e", "%.999999g", "%999999q", "%.70000x"]
    {
        let text = format!("{{{{ printf \"{verb}\" 1.5 | quote }}}}");
        assert_eq!(template(&text).objects.len(), 1, "{text}");
    }
}

#[test]
fn values_that_hold_themselves() {
    for text in [
        "toYaml",
        "toJson",
        "toString",
        "printf \"%v\"",
        "deepCopy",
        "toToml",
        "quote",
        "merge dict",
        "dig \"a\" \"b\" \"c\"",
    ] {
        let text = format!(
            "{{{{ $d := dict }}}}{{{{ $_ := set $d \"a\" $d }}}}{{{{ $d | {text} | toString | len }}}}"
        );
        // Whatever it prints, it ends.
        let _ = template(&text);
    }
}

#[test]
fn parentheses_inside_parentheses() {
    let nested = |count: usize| format!("{{{{ {}1{} }}}}", "(".repeat(count), ")".repeat(count));
    is_cut_short(&template(&nested(10_000)));
    let values = format!("x: '{}'\n", nested(10_000));
    is_cut_short(&rendered(&[("values.yaml", &values), ("templates/x.yaml", "v: {{ tpl .Values.x . }}")]));
    is_cut_short(&template(&("{{ if 1 }}".repeat(10_000) + &"{{ end }}".repeat(10_000))));
    is_cut_short(&template(&format!("{{{{ {}1{} }}}}", "not (".repeat(5_000), ")".repeat(5_000))));
    // Long, and not deep.
    let long = format!("{{{{ 1{} }}}}", " | add 1".repeat(10_000));
    assert_eq!(template(&long).objects.len(), 1);
}

#[test]
fn expressions_that_explode() {
    for text in [
        "{{ regexMatch \"(a*)*b\" (repeat 100000 \"a\") }}",
        "{{ regexMatch \"^(([a-z])+.)+[A-Z]([a-z])+$\" (repeat 100000 \"a\") }}",
        "{{ regexMatch \"(x+x+)+y\" (repeat 100000 \"x\") }}",
    ] {
        assert_eq!(template(text).objects.len(), 1, "linear: {text}");
    }
    is_refused(&template("{{ regexFind \"((((x{100}){100}){100}){100})\" \"x\" }}"), "error parsing regexp");
    is_cut_short(&template(
        "{{ range $i := until 100000 }}{{ regexMatch (print \"[a-z]{100}\" $i) \"x\" }}{{ end }}",
    ));
}

#[test]
fn patterns_of_files_that_explode() {
    let name = "a".repeat(200);
    let braces = "{a,b}".repeat(30);
    let stars = "*a".repeat(50) + "*b";
    let ignore = format!("{stars}\n");
    let text = format!(
        "{OBJECT}v: {{{{ (.Files.Glob {braces:?}).AsConfig }}}}\nw: {{{{ (.Files.Glob {stars:?}).AsConfig }}}}\n"
    );
    let rendered = rendered(&[(&*name, "x"), (".helmignore", &*ignore), ("templates/x.yaml", &text)]);
    assert_eq!(rendered.objects.len(), 1);
}

#[test]
fn values_that_explode() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for at in 1..12 {
        let before = format!("*a{}, ", at - 1).repeat(9);
        laughs += &format!("a{at}: &a{at} [{}]\n", before.trim_end_matches(", "));
    }
    is_cut_short(&rendered(&[("values.yaml", &laughs), ("templates/x.yaml", OBJECT)]));
    let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    is_cut_short(&rendered(&[("values.yaml", &deep), ("templates/x.yaml", OBJECT)]));
    let files = support::Table::of(&[("Chart.yaml", METADATA), ("templates/x.yaml", OBJECT)]);
    let line = format!("a{}=1", "[65536]".repeat(10_000));
    let values =
        vec![ValuesSource::SetLine { line: Text::opaque(&line, OriginId::NONE), form: SetForm::Typed }];
    is_cut_short(&rendered_with(files, RenderOptions { values, ..RenderOptions::default() }));
}

#[test]
fn schemas_that_explode() {
    let mut definitions = String::new();
    for at in 0..40 {
        let next = format!("{{\"$ref\": \"#/$defs/a{}\"}}", at + 1);
        definitions += &format!("\"a{at}\": {{\"allOf\": [{next}, {next}]}},");
    }
    let schema = format!(
        "{{\"$ref\": \"#/$defs/a0\", \"$defs\": {{{definitions} \"a40\": {{\"type\": \"object\"}}}}}}"
    );
    is_cut_short(&rendered(&[("values.schema.json", &schema), ("templates/x.yaml", OBJECT)]));
    let schema = r##"{"allOf": [{"$ref": "#"}]}"##;
    is_refused(&rendered(&[("values.schema.json", schema), ("templates/x.yaml", OBJECT)]), "reference cycle");
    let mut chain = String::new();
    for at in 0..100_000 {
        chain += &format!("\"a{at}\": {{\"$ref\": \"#/$defs/a{}\"}},", at + 1);
    }
    let schema = format!("{{\"$ref\": \"#/$defs/a0\", \"$defs\": {{{chain} \"a100000\": {{}}}}}}");
    is_cut_short(&rendered(&[("values.schema.json", &schema), ("templates/x.yaml", OBJECT)]));
}

#[test]
fn charts_that_depend_on_themselves() {
    let big: Vec<(String, String)> =
        (0..200).map(|at| (format!("templates/{at}.yaml"), OBJECT.repeat(20))).collect();
    let metadata = format!(
        "{METADATA}dependencies:\n  - {{name: hostile, version: 1.0.0, repository: \"file://.\", alias: a}}\n  - {{name: hostile, version: 1.0.0, repository: \"file://.\", alias: b}}\n"
    );
    let mut files: Vec<(&str, &str)> = big.iter().map(|(path, text)| (&**path, &**text)).collect();
    files.push(("Chart.yaml", &metadata));
    is_cut_short(&rendered_with(support::Table::of(&files), RenderOptions::default()));
}

/// A tree with links, and files of bytes.
struct Linked {
    files: BTreeMap<String, Arc<[u8]>>,
    links: Vec<(String, Option<String>)>,
}

impl Files for Linked {
    fn read(&self, path: &RepoPath) -> Result<Blob, ReadError> {
        let bytes = self.files.get(path.as_str()).cloned().ok_or(ReadError::Missing)?;
        Ok(Blob { bytes })
    }
    fn list(&self, folder: &RepoPath) -> Vec<Entry> {
        let mut entries = BTreeMap::new();
        let prefix = if folder.is_root() { String::new() } else { format!("{folder}/") };
        for path in self.files.keys() {
            let Some(name) = path.strip_prefix(&prefix) else { continue };
            let (first, kind) = match name.split_once('/') {
                Some((first, _)) => (first, EntryKind::Folder),
                None => (name, EntryKind::File),
            };
            entries.insert(format!("{prefix}{first}"), kind);
        }
        for (path, target) in &self.links {
            if path.strip_prefix(&prefix).is_some_and(|name| !name.contains('/')) {
                let target = target.as_ref().map(|target| RepoPath::parse(target).unwrap());
                entries.insert(path.clone(), target.map_or(EntryKind::File, EntryKind::Link));
            }
        }
        let entry = |(path, kind): (String, EntryKind)| Entry { path: RepoPath::parse(&path).unwrap(), kind };
        entries.into_iter().map(entry).collect()
    }
    fn kind(&self, path: &RepoPath) -> Option<EntryKind> {
        if self.files.contains_key(path.as_str()) {
            return Some(EntryKind::File);
        }
        let prefix = format!("{path}/");
        (path.is_root() || self.files.keys().any(|name| name.starts_with(&prefix)))
            .then_some(EntryKind::Folder)
    }
    fn all(&self) -> Vec<Entry> {
        Vec::new()
    }
}

fn with_archive(bytes: Vec<u8>) -> Rendered {
    let files = [
        ("Chart.yaml", METADATA.as_bytes().into()),
        ("templates/x.yaml", OBJECT.as_bytes().into()),
        ("charts/below.tgz", bytes.into()),
    ];
    let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
    rendered_with(Arc::new(Linked { files, links: Vec::new() }), RenderOptions::default())
}

#[test]
fn links_that_go_in_circles_or_leave() {
    let files = [("Chart.yaml", METADATA.as_bytes().into()), ("templates/x.yaml", OBJECT.as_bytes().into())];
    let files: BTreeMap<_, _> = files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
    let links = vec![
        ("templates/again".to_owned(), Some("templates".to_owned())),
        ("charts/self".to_owned(), Some(String::new())),
        ("templates/outside.yaml".to_owned(), None),
    ];
    let rendered = rendered_with(Arc::new(Linked { files, links }), RenderOptions::default());
    assert!(rendered.objects.len() <= 200, "{} objects", rendered.objects.len());
    assert!(!rendered.not_rendered.is_empty() || !rendered.problems.is_empty());
}

/// A file of a tar archive.
fn tar(name: &str, kind: u8, size: usize, data: &[u8]) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    header[156] = kind;
    header.extend_from_slice(data);
    header.resize(header.len().div_ceil(512) * 512, 0);
    header
}

/// A gzip file that stores its content as it is.
fn gzip(content: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut chunks = content.chunks(65_535).peekable();
    while let Some(chunk) = chunks.next() {
        let length = u16::try_from(chunk.len()).unwrap();
        out.push(u8::from(chunks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(chunk);
    }
    out.extend_from_slice(&[0; 8]);
    out
}

/// A gzip file of a byte, and then of that byte again, 258 times for each of so many matches.
fn bomb(matches: usize) -> Vec<u8> {
    // A block of fixed codes: the literal `a`, matches of length 258 and distance 1, the end.
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut push = |code: u32, length: u32| bits.extend((0..length).rev().map(|at| code >> at & 1 == 1));
    push(0x30 + u32::from(b'a'), 8);
    for _ in 0..matches {
        push(0b1100_0101, 8);
        push(0, 5);
    }
    push(0, 7);
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let byte = |bits: &[bool]| bits.iter().enumerate().fold(0, |byte, (at, &bit)| byte | u8::from(bit) << at);
    out.extend(bits.chunks(8).map(byte));
    out.extend_from_slice(&[0; 8]);
    out
}

#[test]
fn archives_that_leave_their_folder() {
    let metadata = "apiVersion: v2\nname: below\nversion: 1.0.0\n";
    for name in ["below/../../../etc/passwd", "/etc/passwd", "..", "below\\..\\x"] {
        let content =
            [tar("below/Chart.yaml", b'0', metadata.len(), metadata.as_bytes()), tar(name, b'0', 1, b"x")];
        is_refused(&with_archive(gzip(&content.concat())), "leaves the chart");
    }
    // A link in an archive is no file.
    let object = OBJECT.as_bytes();
    let content = [
        tar("below/Chart.yaml", b'0', metadata.len(), metadata.as_bytes()),
        tar("below/templates/link.yaml", b'2', 0, &[]),
        tar("below/templates/hard.yaml", b'1', 0, &[]),
        tar("below/templates/x.yaml", b'0', object.len(), object),
    ];
    assert_eq!(with_archive(gzip(&content.concat())).objects.len(), 2);
}

#[test]
fn archives_that_unpack_to_more_than_they_should() {
    is_refused(&with_archive(bomb(2_000_000)), "unpacks to more than");
    let members: Vec<u8> = (0..20_000).flat_map(|at| tar(&format!("below/{at}"), b'0', 0, &[])).collect();
    is_refused(&with_archive(gzip(&members)), "more than");
    // A size that no archive has, and one that ends too early.
    is_refused(&with_archive(gzip(&tar("below/x", b'0', 0o77_777_777_777, b"x"))), "ends too early");
    is_refused(&with_archive(bomb(1_000)), "broken");
    is_refused(&with_archive(b"\x1f\x8b\x08".to_vec()), "broken");
}
