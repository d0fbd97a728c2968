//! The commands of a script that change a cluster, found in its text: no shell is read.

use std::ops::Range;

/// What a command is given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// `kubectl`, `oc`.
    Kubectl,
    /// `helm`.
    Helm,
    /// `scp`, `rsync`, `ssh`.
    Copy,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command<'t> {
    /// Its tool.
    pub tool: Tool,
    /// The bytes it stands in.
    pub range: Range<usize>,
    /// The files, folders and charts that it is given.
    pub paths: Vec<&'t str>,
    /// Whether it names a kind of model service, or a file with a model.
    pub names_models: bool,
}

/// What makes a model's file, by its end.
const MODEL_FILES: [&str; 8] = [".pkl", ".joblib", ".onnx", ".pt", ".safetensors", ".h5", ".bst", ".gguf"];

/// Every command that changes a cluster, in order.
pub(super) fn commands(text: &str) -> Vec<Command<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..).unwrap_or_default();
        let end = start + logical(rest);
        if let Some(line) = text.get(start..end) {
            let mut at = start;
            for part in line.split(['|', ';', '&']) {
                found.extend(command(part, at));
                at += part.len() + 1;
            }
        }
        start = end + 1;
    }
    found
}

/// The length of a line with those that continue it.
fn logical(text: &str) -> usize {
    let mut end = 0;
    for line in text.split('\n') {
        end += line.len();
        if !line.trim_end().ends_with('\\') {
            return end;
        }
        end += 1;
    }
    end.min(text.len())
}

fn command(part: &str, at: usize) -> Option<Command<'_>> {
    let body = part.trim_start();
    if body.starts_with('#') || body.starts_with("echo") {
        return None;
    }
    let words: Vec<&str> = part.split_whitespace().filter(|word| *word != "\\").collect();
    let first = words.iter().position(|word| tool(word).is_some())?;
    // What stands before the tool is a prompt, a variable, `run:`, `sudo`: not another command.
    let before = words.get(..first)?;
    if before.iter().any(|word| matches!(*word, "echo" | "install" | "which" | "name:")) {
        return None;
    }
    let tool = tool(words.get(first)?)?;
    let args = words.get(first + 1..)?;
    let is_trial = args.iter().any(|word| {
        (word.starts_with("--dry-run") && !word.ends_with("=none")) || *word == "--help" || *word == "-h"
    });
    let verbs = verbs(tool);
    let changes = verbs.is_empty() || args.iter().take(6).any(|word| verbs.contains(word));
    if is_trial || !changes {
        return None;
    }
    let start = at + part.find(words.get(first)?)?;
    let range = start..at + part.trim_end().len();
    let paths = if tool == Tool::Copy { Vec::new() } else { paths(args) };
    Some(Command { tool, range, paths, names_models: names_models(tool, args) })
}

fn tool(word: &str) -> Option<Tool> {
    let word = word.rsplit('/').next().unwrap_or(word).trim_matches(['"', '\'', '(', '@', '$', '`']);
    match word {
        "kubectl" | "oc" => Some(Tool::Kubectl),
        "helm" => Some(Tool::Helm),
        "scp" | "rsync" | "ssh" => Some(Tool::Copy),
        _ => None,
    }
}

fn verbs(tool: Tool) -> &'static [&'static str] {
    match tool {
        Tool::Kubectl => &["apply", "create", "replace", "patch", "delete", "set", "edit", "scale"],
        Tool::Helm => &["upgrade", "install"],
        Tool::Copy => &[],
    }
}

/// What is no option, and the values of `-f`, `-k`: any of them may be a path.
fn paths<'t>(args: &[&'t str]) -> Vec<&'t str> {
    let values = args.iter().map(|word| match word.split_once('=') {
        Some(("--filename" | "--kustomize" | "-f" | "-k", value)) => value,
        _ => *word,
    });
    let values = values.map(|word| word.trim_matches(['"', '\'']));
    values.filter(|word| !word.starts_with('-') && (word.contains('/') || word.contains('.'))).collect()
}

fn names_models(tool: Tool, args: &[&str]) -> bool {
    args.iter().any(|word| {
        let word = word.trim_matches(['"', '\'']);
        match tool {
            Tool::Kubectl => {
                let kind = word.split(['/', '.']).next().unwrap_or(word).to_ascii_lowercase();
                matches!(
                    kind.as_str(),
                    "isvc" | "inferenceservice" | "inferenceservices" | "llmisvc" | "llminferenceservice"
                )
            }
            Tool::Helm => false,
            Tool::Copy => MODEL_FILES.iter().any(|end| word.ends_with(end)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_change_something() {
        type Case = (&'static str, Option<(Tool, &'static [&'static str], bool)>);
        let table: [Case; 14] = [
            ("kubectl apply -f models/prod", Some((Tool::Kubectl, &["models/prod"], false))),
            (
                "      - run: kubectl -n ml apply -k models/prod",
                Some((Tool::Kubectl, &["models/prod"], false)),
            ),
            ("kubectl --context prod apply --filename=a.yaml", Some((Tool::Kubectl, &["a.yaml"], false))),
            ("kubectl patch inferenceservice fraud -p '{}'", Some((Tool::Kubectl, &[], true))),
            ("oc delete isvc/fraud", Some((Tool::Kubectl, &["isvc/fraud"], true))),
            ("helm upgrade --install fraud charts/fraud", Some((Tool::Helm, &["charts/fraud"], false))),
            ("helm template charts/fraud", None),
            ("kubectl get isvc", None),
            ("kubectl apply --dry-run=server -f models/prod", None),
            ("# kubectl apply -f models/prod", None),
            ("echo kubectl apply -f models/prod", None),
            ("scp out/model.pkl host:/models/", Some((Tool::Copy, &[], true))),
            ("kubectl apply \\\n  -f models/prod", Some((Tool::Kubectl, &["models/prod"], false))),
            ("kustomize build models/prod | kubectl apply -f -", Some((Tool::Kubectl, &[], false))),
        ];
        for (text, expected) in table {
            let found = commands(text);
            let found = found.first().map(|one| (one.tool, one.paths.as_slice(), one.names_models));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_command_is_where_it_stands() {
        let text = "set -e\ncd x && kubectl apply -f models/prod | tee log\n";
        let found = commands(text);
        assert_eq!(found.len(), 1);
        assert_eq!(text.get(found[0].range.clone()), Some("kubectl apply -f models/prod"));
    }
}
