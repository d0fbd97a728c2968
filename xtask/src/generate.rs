//! Writes what follows from the rule pages: the registry and the typed parameters.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::docs;
use crate::page::{Front, Page, ParamFront, pages};

/// Writes every generated file.
pub(crate) fn generate() -> Result<String, Box<dyn Error>> {
    let root = root();
    let pages = pages(&root)?;
    write(&root.join("src/rules/registry.rs"), &registry(&pages)?)?;
    write(&root.join("src/rules/params.rs"), &params(&pages)?)?;
    docs::write(&root, &pages)?;
    Ok(format!("{} rules", pages.len()))
}

/// The repository this command was built in.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Writes a Rust file, formatted, only where it changed.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let scratch = path.with_extension("rs.new");
    fs::write(&scratch, text).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let formatted = Command::new("rustfmt").args(["--edition", "2024"]).arg(&scratch).status();
    if !formatted.is_ok_and(|status| status.success()) {
        return Err(format!("rustfmt refused {}", scratch.display()));
    }
    let text = fs::read(&scratch).map_err(|error| error.to_string())?;
    if fs::read(path).ok().as_deref() != Some(&text) {
        fs::write(path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    fs::remove_file(&scratch).map_err(|error| error.to_string())
}

fn module(front: &Front) -> String {
    front.id.replace('-', "_")
}

fn registry(pages: &[Page]) -> Result<String, String> {
    let with_params = pages.iter().any(|page| !page.front.params.is_empty());
    let param = if with_params { "Param, " } else { "" };
    let mut out = format!(
        "//! Every rule, sorted by id. Written by `cargo xtask generate` from the pages in `rules/`.\n\n\
         use super::{{Case, FixKind, {param}Rule}};\nuse crate::finding::Severity;\n\n",
    );
    for page in pages {
        let (front, module) = (&page.front, module(&page.front));
        let _ = writeln!(out, "#[path = \"{}/{module}.rs\"]\nmod {module};", front.category);
    }
    out.push_str("\n/// Every rule, sorted by id.\npub static RULES: &[Rule] = &[\n");
    for page in pages {
        rule(&mut out, page)?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn rule(out: &mut String, page: &Page) -> Result<(), String> {
    let front = &page.front;
    let fix = match front.fix.as_deref() {
        None | Some("none") => "None",
        Some("safe") => "Safe",
        Some("unsafe") => "Unsafe",
        Some(other) => return Err(format!("{}: fix: {other} is none of none, safe, unsafe", front.id)),
    };
    let _ = writeln!(out, "Rule {{ id: {:?}, category: {:?},", front.id, front.category);
    let _ = writeln!(out, "summary: {:?}, cases: &[", front.summary);
    for (name, levels) in front.levels()? {
        let levels: Vec<String> = levels.iter().map(|word| level(word)).collect();
        let _ = writeln!(out, "Case {{ id: {name:?}, levels: [{}] }},", levels.join(", "));
    }
    let _ = writeln!(out, "], fix: FixKind::{fix}, params: &[");
    for (name, param) in &front.params {
        let default = serde_json::to_string(&param.default).map_err(|error| error.to_string())?;
        let _ = writeln!(
            out,
            "Param {{ name: {name:?}, kind: {:?}, default: {default:?}, meaning: {:?} }},",
            param.kind, param.meaning
        );
    }
    let _ = writeln!(
        out,
        "], since: {:?}, page: include_str!(\"../../{}\"), checks: {}::CHECKS }},",
        front.since,
        page.path.display(),
        module(front)
    );
    Ok(())
}

fn level(word: &str) -> String {
    match word {
        "note" => "Some(Severity::Note)".to_owned(),
        "warning" => "Some(Severity::Warning)".to_owned(),
        "error" => "Some(Severity::Error)".to_owned(),
        _ => "None".to_owned(),
    }
}

fn params(pages: &[Page]) -> Result<String, String> {
    let mut out = String::from(
        "//! The parameters of every rule, typed. Written by `cargo xtask generate` from the pages in\n\
         //! `rules/`.\n\n",
    );
    let with: Vec<&Page> = pages.iter().filter(|page| !page.front.params.is_empty()).collect();
    if !with.is_empty() {
        out.push_str("use crate::config::{ParamValue, RuleConfig};\n");
    }
    out.push_str("use crate::config::Config;\n\n");
    out.push_str(
        "/// The parameters of every rule that has some.\n#[derive(Debug, Clone)]\npub struct Params {\n",
    );
    for page in &with {
        let name = module(&page.front);
        let _ = writeln!(out, "/// Of `{}`.\npub {name}: {},", page.front.id, type_name(&page.front.id));
    }
    out.push_str("}\n\nimpl Params {\n/// The parameters a configuration sets, and the defaults of the pages.\n#[must_use]\n");
    if with.is_empty() {
        out.push_str("pub fn of(_: &Config) -> Self { Self {} }\n}\n");
        return Ok(out);
    }
    out.push_str(
        "pub fn of(config: &Config) -> Self {\nlet rule = |id: &str| config.rules.get(id);\nSelf {\n",
    );
    for page in &with {
        let _ = writeln!(
            out,
            "{}: {}::of(rule({:?})),",
            module(&page.front),
            type_name(&page.front.id),
            page.front.id
        );
    }
    out.push_str("}\n}\n}\n");
    for page in with {
        param_struct(&mut out, &page.front)?;
    }
    Ok(out)
}

fn type_name(id: &str) -> String {
    id.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
                .unwrap_or_default()
        })
        .collect()
}

fn param_struct(out: &mut String, front: &Front) -> Result<(), String> {
    let name = type_name(&front.id);
    let _ = writeln!(
        out,
        "\n/// The parameters of `{}`.\n#[derive(Debug, Clone)]\npub struct {name} {{",
        front.id
    );
    for (param, spec) in &front.params {
        let _ = writeln!(
            out,
            "/// {}\npub {}: {},",
            sentence(&spec.meaning),
            field(param),
            rust_type(&spec.kind)?
        );
    }
    let _ = writeln!(out, "}}\n\nimpl {name} {{\nfn of(rule: Option<&RuleConfig>) -> Self {{");
    out.push_str(
        "let set = |name: &str| rule.and_then(|rule| rule.params.get(name)).map(|set| &set.value);\nSelf {\n",
    );
    for (param, spec) in &front.params {
        let variant = variant(&spec.kind);
        let take = if spec.kind == "bool"
            || spec.kind == "int"
            || spec.kind == "float"
            || spec.kind == "duration"
            || spec.kind == "size"
        {
            "*value"
        } else {
            "value.clone()"
        };
        let _ = writeln!(
            out,
            "{}: match set({param:?}) {{ Some(ParamValue::{variant}(value)) => {take}, _ => {} }},",
            field(param),
            default(spec).map_err(|why| format!("{}: {param}: {why}", front.id))?
        );
    }
    out.push_str("}\n}\n}\n");
    Ok(())
}

fn field(param: &str) -> String {
    param.replace('-', "_")
}

fn sentence(meaning: &str) -> String {
    let mut letters = meaning.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn rust_type(kind: &str) -> Result<&'static str, String> {
    Ok(match kind {
        "bool" => "bool",
        "int" => "i64",
        "float" => "f64",
        "duration" => "std::time::Duration",
        "size" => "u64",
        "string" => "String",
        "list" => "Vec<String>",
        "map" => "std::collections::BTreeMap<String, String>",
        other => return Err(format!("{other} is no type of a parameter")),
    })
}

fn variant(kind: &str) -> &'static str {
    match kind {
        "bool" => "Bool",
        "int" => "Int",
        "float" => "Float",
        "duration" => "Duration",
        "size" => "Size",
        "list" => "List",
        "map" => "Map",
        _ => "String",
    }
}

/// The default as a Rust expression; durations in whole seconds (`600s`), sizes in bytes.
fn default(spec: &ParamFront) -> Result<String, String> {
    let value = &spec.default;
    let bad = || format!("{value:?} is no {}", spec.kind);
    Ok(match spec.kind.as_str() {
        "bool" => value.as_bool().ok_or_else(bad)?.to_string(),
        "int" => value.as_i64().ok_or_else(bad)?.to_string(),
        "float" => format!("{:?}", value.as_f64().ok_or_else(bad)?),
        "size" => value.as_u64().ok_or_else(bad)?.to_string(),
        "duration" => {
            let seconds = value
                .as_str()
                .and_then(|text| text.strip_suffix('s'))
                .and_then(|text| text.parse::<u64>().ok());
            format!("std::time::Duration::from_secs({})", seconds.ok_or_else(bad)?)
        }
        "string" => format!("{:?}.to_owned()", value.as_str().ok_or_else(bad)?),
        "list" => {
            let items = value.as_sequence().ok_or_else(bad)?;
            let items: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(|text| format!("{text:?}.to_owned()"))).collect();
            format!("vec![{}]", items.ok_or_else(bad)?.join(", "))
        }
        _ => "std::collections::BTreeMap::new()".to_owned(),
    })
}
