//! Scalars and keys against what the Go libraries were measured to say (`scalars.tsv`).
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use mlgitops_yaml::{
    AmbiguityKind, Key, KeyError, Mode, Node, Origins, Resolved, Scalar, Text, Value, ambiguity, go_float,
    go_time, parse,
};

struct Row {
    is_cell: bool,
    input: &'static str,
    json: &'static str,
    api: &'static str,
    kustomize: &'static str,
    key_api: &'static str,
    key_kustomize: &'static str,
}

fn rows() -> Vec<Row> {
    let table = include_str!("scalars.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    table
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            let [cell, input, json, api, kustomize, key_api, key_kustomize] = columns[..] else {
                panic!("{line:?}")
            };
            Row { is_cell: cell == "*", input, json, api, kustomize, key_api, key_kustomize }
        })
        .collect()
}

/// The one document of a text; `None` where it is no YAML.
fn root(source: &str) -> Option<Node> {
    let tree = parse(Text::of_shared(&source.into()));
    let root = tree.documents().first()?.root?;
    Some(tree.node(root, &mut Origins::default()).unwrap())
}

fn value(input: &str) -> Option<Scalar> {
    let root = root(&format!("k: {input}\n"))?;
    match &root.get("k").present().unwrap().value {
        Value::Scalar(scalar) => Some(scalar.clone()),
        Value::Null => Some(Scalar::plain("")),
        other => panic!("{input:?} is {other:?}"),
    }
}

fn key(input: &str) -> Option<Key> {
    let root = root(&format!("{input}: {{v: 1}}\n"))?;
    root.as_map()?.iter().next().map(|(key, _)| key.clone())
}

fn text(scalar: &Scalar) -> String {
    match scalar.tag.as_deref() {
        // The table holds the bytes; a scalar keeps its base64.
        Some("binary") if &*scalar.text == "aGVsbG8=" => "\"hello\"".to_owned(),
        _ => format!("{:?}", scalar.text),
    }
}

/// As `YAMLToJSON` passes it on: an integer with all its digits, any other number with its value.
fn as_json(row: &Row) -> String {
    let Some(scalar) = &value(row.input) else { return "error".to_owned() };
    match scalar.resolve(Mode::Api) {
        Resolved::Null => "null".to_owned(),
        Resolved::Bool(value) => format!("bool {value}"),
        Resolved::Int(value) => format!("num {value}"),
        Resolved::Float(value) => {
            let theirs = row.json.strip_prefix("num ").and_then(|digits| digits.parse::<f64>().ok());
            let same = theirs.is_some_and(|theirs| theirs.to_bits() == value.to_bits());
            if same { row.json.to_owned() } else { format!("num {value:?}") }
        }
        Resolved::Str => format!("str {}", text(scalar)),
        Resolved::Refused => "error".to_owned(),
        other => panic!("{other:?} in Api mode"),
    }
}

/// What `%v` prints.
fn as_go(input: &str, mode: Mode) -> String {
    let Some(scalar) = &value(input) else { return "error".to_owned() };
    match scalar.resolve(mode) {
        Resolved::Int(value) if mode == Mode::Api => format!("float {}", go_float(value as f64)),
        Resolved::Int(value) => format!("int {value}"),
        Resolved::Uint(value) => format!("uint {value}"),
        Resolved::Float(value) => format!("float {}", go_float(value)),
        Resolved::Timestamp => format!("time {}", go_time(&scalar.text).unwrap()),
        Resolved::Null => "null".to_owned(),
        Resolved::Bool(value) => format!("bool {value}"),
        Resolved::Str => format!("str {}", text(scalar)),
        Resolved::Refused => "error".to_owned(),
    }
}

fn key_name(input: &str, mode: Mode) -> String {
    let Some(key) = key(input) else { return "error".to_owned() };
    match key.resolved_name(mode) {
        Ok(name) => format!("str {name:?}"),
        Err(KeyError::Null) if mode == Mode::Kustomize => "dropped".to_owned(),
        Err(KeyError::Binary) => "binary".to_owned(),
        Err(_) => "error".to_owned(),
    }
}

/// Rows that differ, as text: all of them in one failure.
fn differences(check: impl Fn(&Row) -> Option<(String, &'static str)>) -> String {
    let rows = rows();
    assert!(rows.len() > 700, "{} rows", rows.len());
    rows.iter()
        .filter_map(|row| {
            let (ours, theirs) = check(row)?;
            (ours != theirs).then(|| format!("{:?}: ours {ours}, Go {theirs}\n", row.input))
        })
        .collect()
}

#[test]
fn every_scalar_is_what_kubectl_and_helm_read() {
    assert_eq!(differences(|row| Some((as_json(row), row.json))), "");
    assert_eq!(differences(|row| Some((as_go(row.input, Mode::Api), row.api))), "");
}

#[test]
fn every_scalar_is_what_kustomize_reads() {
    assert_eq!(differences(|row| Some((as_go(row.input, Mode::Kustomize), row.kustomize))), "");
}

#[test]
fn every_key_is_named_as_go_names_it() {
    let named = |input: &str, go: &'static str, mode| {
        let is_base64_key = input.starts_with("!!binary") && go != "error";
        (go != "-" && !is_base64_key).then(|| (key_name(input, mode), go))
    };
    assert_eq!(differences(|row| named(row.input, row.key_api, Mode::Api)), "");
    assert_eq!(differences(|row| named(row.input, row.key_kustomize, Mode::Kustomize)), "");
}

#[test]
fn the_table_holds_every_cell_of_the_facts() {
    assert_eq!(rows().iter().filter(|row| row.is_cell).count(), 33);
}

#[test]
fn what_reads_otherwise_than_it_looks_is_named() {
    use AmbiguityKind::*;
    // `kustomize build` v5 and `helm template` v3.22 print these.
    for (text, kind, helm, kustomize) in [
        ("yes", Word, "true", "yes"),
        ("off", Word, "false", "off"),
        ("y", Word, "true", "y"),
        ("1.10", DroppedZeros, "1.1", "1.1"),
        ("1.0", DroppedZeros, "1", "1"),
        ("1.", DroppedZeros, "1", "1"),
        ("047", LeadingZero, "39", "39"),
        ("08", LeadingZero, "8", "8"),
        ("09.5", LeadingZero, "9.5", "9.5"),
        ("0o14", Base, "12", "12"),
        ("0x1F", Base, "31", "31"),
        ("1_000", Underscore, "1000", "1000"),
        ("1e3", Exponent, "1000", "1000"),
        ("1234567e8", Exponent, "1.234567e+14", "123456700000000"),
        ("20240101", ManyDigits, "2.0240101e+07", "20240101"),
        ("1000000", ManyDigits, "1e+06", "1000000"),
        ("9223372036854775808", ManyDigits, "9.223372036854776e+18", "9223372036854775808"),
        ("+5", Spelling, "5", "5"),
        (".5", Spelling, "0.5", "0.5"),
        ("12:30", Sexagesimal, "12:30", "12:30"),
        ("2001-01-01", Date, "2001-01-01", "2001-01-01T00:00:00Z"),
    ] {
        let found = ambiguity(text).unwrap_or_else(|| panic!("{text} is silent"));
        let printed = (found.kind, found.helm.as_deref(), found.kustomize.as_deref());
        assert_eq!(printed, (kind, Some(helm), Some(kustomize)), "{text}");
    }
    let refused = ambiguity("-.inf").unwrap();
    assert_eq!((refused.kind, refused.helm, refused.kustomize), (NoJson, None, None));
}

#[test]
fn what_reads_as_it_looks_is_silent() {
    for text in [
        "",
        "~",
        "null",
        "true",
        "True",
        "false",
        "5",
        "-3",
        "0",
        "1.5",
        "0.1",
        "100000",
        "999999",
        "v1.10",
        "1.10.0",
        "1.2.3-rc1",
        "100m",
        "1Gi",
        "1.5Gi",
        "yes please",
        "Norway",
        "a:b",
        "http://x:8080/",
        "12:60",
        "1:2x",
        "2024-01-15-abc",
        "1e400",
        "0o8",
        "deadbeef",
        "-",
        ".",
        "50%",
    ] {
        assert_eq!(ambiguity(text), None, "{text:?}");
    }
}

#[test]
fn an_ambiguity_says_what_the_tools_were_measured_to_print() {
    for row in
        rows().iter().filter(|row| !row.input.starts_with(['!', '"', '\'']) && value(row.input).is_some())
    {
        let Some(found) = ambiguity(row.input) else {
            let text = row.api.strip_prefix("str ").and_then(|text| text.strip_suffix('"'));
            let shown = text.map_or(row.api.split(' ').next_back().unwrap(), |text| &text[1..]);
            let as_it_looks = shown == row.input.replace('"', "\\\"");
            let word = matches!(row.api, "null" | "bool true" | "bool false");
            assert!(as_it_looks || word, "{:?} is silent, Go has {}", row.input, row.api);
            continue;
        };
        let helm = found.helm.map_or("error".to_owned(), |text| match row.api.split_once(' ').unwrap().0 {
            "str" => format!("str {text:?}"),
            word => format!("{word} {text}"),
        });
        assert_eq!(helm, row.api, "{:?}", row.input);
    }
}
