//! The front matter of a rule's page: what the registry and the parameters are made of.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A rule's page.
pub(crate) struct Page {
    /// The front matter.
    pub(crate) front: Front,
    /// Its path, relative to the repository.
    pub(crate) path: PathBuf,
}

/// The front matter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Front {
    pub(crate) id: String,
    pub(crate) category: String,
    pub(crate) summary: String,
    /// In the order of the page.
    pub(crate) cases: serde_yaml::Mapping,
    #[serde(default)]
    pub(crate) fix: Option<String>,
    #[serde(default)]
    pub(crate) params: BTreeMap<String, ParamFront>,
    pub(crate) since: String,
}

/// One parameter of the front matter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParamFront {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) default: serde_yaml::Value,
    pub(crate) meaning: String,
}

/// The columns of the severity table, in order.
pub(crate) const COLUMNS: [&str; 4] = ["prod", "staging", "dev", "unnamed"];

impl Front {
    /// The cases with the severity word of each column.
    pub(crate) fn levels(&self) -> Result<Vec<(String, [String; 4])>, String> {
        self.cases
            .iter()
            .map(|(name, levels)| {
                let name = name.as_str().ok_or("a case's name is text")?.to_owned();
                Ok((
                    name.clone(),
                    levels_of(levels).map_err(|why| format!("{}: case {name}: {why}", self.id))?,
                ))
            })
            .collect()
    }
}

fn levels_of(levels: &serde_yaml::Value) -> Result<[String; 4], String> {
    let word = |value: &serde_yaml::Value| match value {
        serde_yaml::Value::Bool(false) => Ok("off".to_owned()),
        value => match value.as_str() {
            Some(word @ ("off" | "note" | "warning" | "error")) => Ok(word.to_owned()),
            _ => Err(format!("{value:?} is none of off, note, warning, error")),
        },
    };
    match levels {
        serde_yaml::Value::Mapping(by_column) => {
            if by_column.len() != COLUMNS.len() {
                return Err(format!("names exactly {COLUMNS:?}"));
            }
            let mut found: [String; 4] = Default::default();
            for (slot, column) in found.iter_mut().zip(COLUMNS) {
                *slot = word(by_column.get(column).ok_or(format!("lacks {column}"))?)?;
            }
            Ok(found)
        }
        single => {
            let word = word(single)?;
            Ok([word.clone(), word.clone(), word.clone(), word])
        }
    }
}

/// Every page below `rules/`, sorted by id.
pub(crate) fn pages(root: &Path) -> Result<Vec<Page>, String> {
    let mut pages = Vec::new();
    for category in sorted(&root.join("rules"))?.into_iter().filter(|path| path.is_dir()) {
        for path in sorted(&category)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "md"))
        {
            let page = read(root, &path).map_err(|why| format!("{}: {why}", path.display()))?;
            pages.push(page);
        }
    }
    pages.sort_by(|a, b| a.front.id.cmp(&b.front.id));
    Ok(pages)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn read(root: &Path, path: &Path) -> Result<Page, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let body = text.strip_prefix("---\n").ok_or("begins with `---`")?;
    let (front, _) = body.split_once("\n---\n").ok_or("the front matter ends with `---`")?;
    let front: Front = serde_yaml::from_str(front).map_err(|error| error.to_string())?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or("");
    if stem != front.id || folder != front.category {
        return Err(format!("{}/{} stands in {folder}/{stem}.md", front.category, front.id));
    }
    let code = root.join("src/rules").join(folder).join(format!("{}.rs", stem.replace('-', "_")));
    if !code.is_file() {
        return Err(format!("{} is missing", code.display()));
    }
    let path = path.strip_prefix(root).unwrap_or(path).to_path_buf();
    Ok(Page { front, path })
}
