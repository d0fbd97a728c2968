//! Writes `docs/rules/`: every rule's page as people read it, and the table of all of them.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::page::{COLUMNS, Page};
use crate::plain::plain;

/// What stands first in every page: who edits it is told where.
const HEAD: &str = "<!-- Written by `cargo xtask generate` from";

/// Writes the pages, and removes those of rules that are gone.
pub(crate) fn write(root: &Path, pages: &[Page]) -> Result<(), Box<dyn Error>> {
    let folder = root.join("docs/rules");
    fs::create_dir_all(&folder)?;
    let mut written = BTreeSet::from(["README.md".to_owned()]);
    update(&folder.join("README.md"), &index(pages)?)?;
    for page in pages {
        let name = format!("{}.md", page.front.id);
        let text = fs::read_to_string(root.join(&page.path))?;
        let body = plain(&text);
        let head = format!("{HEAD} {} -->\n\n", page.path.display());
        update(&folder.join(&name), &format!("{head}{body}\n## Settings\n{}", about(page)?))?;
        written.insert(name);
    }
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if !written.contains(&*entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn update(path: &Path, text: &str) -> Result<(), std::io::Error> {
    if fs::read_to_string(path).ok().as_deref() == Some(text) { Ok(()) } else { fs::write(path, text) }
}

/// The table of all rules: one line a case, with its severity in each kind of environment.
fn index(pages: &[Page]) -> Result<String, String> {
    let mut out = format!("{HEAD} rules/ -->\n\n# Rules\n\n");
    out.push_str(
        "*prod* is every guarded environment, *staging* the rung that feeds one, *dev* any lower rung, *unnamed* an\n\
         environment whose rung nobody stated. `mlgitops.yaml` sets a case, a rule or a category to another severity.\n\n",
    );
    let _ = writeln!(out, "| rule | case | {} |", COLUMNS.join(" | "));
    let _ = writeln!(out, "|---|---|{}", "---|".repeat(COLUMNS.len()));
    for page in pages {
        let front = &page.front;
        let mut name = format!("[`{0}`]({0}.md)<br>{1}", front.id, front.summary.replace('|', "\\|"));
        for (case, levels) in front.levels()? {
            let _ = writeln!(out, "| {name} | `{case}` | {} |", levels.join(" | "));
            name = String::new();
        }
    }
    Ok(out)
}

/// What the settings of a page say, in words.
fn about(page: &Page) -> Result<String, String> {
    let front = &page.front;
    let fix = match front.fix.as_deref() {
        None | Some("none") => String::new(),
        Some(kind) => format!(" · fix: {kind}"),
    };
    let mut out = format!("`{}/{}` · since {}{fix}\n\n", front.category, front.id, front.since);
    let _ = writeln!(out, "| case | {} |", COLUMNS.join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(COLUMNS.len()));
    for (case, levels) in front.levels()? {
        let _ = writeln!(out, "| `{case}` | {} |", levels.join(" | "));
    }
    if !front.params.is_empty() {
        out.push_str("\n| parameter | type | default | meaning |\n|---|---|---|---|\n");
        for (name, param) in &front.params {
            let default = serde_json::to_string(&param.default).map_err(|error| error.to_string())?;
            let meaning = param.meaning.replace('|', "\\|");
            let _ = writeln!(out, "| `{name}` | {} | `{default}` | {meaning} |", param.kind);
        }
    }
    Ok(out)
}
