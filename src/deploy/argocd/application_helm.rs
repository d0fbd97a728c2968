//! What a source of an Application gives to its chart, in the order Argo CD gives it
//! (argo-cd v3.5 `helmTemplate` and `getResolvedValueFiles` of `reposerver/repository`).

use std::collections::BTreeSet;

use globset::GlobBuilder;
use mlgitops_files::{EntryKind, RepoPath};
use mlgitops_yaml::{Node, OriginId, Origins};

use super::Tree;
use super::application_env::Environment;
use super::application_path::{self as path, Folder};
use crate::discover::{Base, NotHere};
use crate::finding::Code;
use crate::kinds::argocd::Source;
use crate::render::{Given, GivenNode, Helm, Parameter, ParameterKind};

/// What reading the values gave.
pub(super) enum Trouble {
    /// Something that is not at hand: the values are not known.
    NotHere(NotHere, OriginId),
    /// Argo CD refuses it: the kind of problem, the words, and where.
    Refused(&'static str, String, OriginId),
}

/// A source of an Application with a chart, while it is read.
pub(super) struct Reader<'r> {
    pub(super) source: Source<'r>,
    /// Every source of the Application: values files name them by `ref`.
    pub(super) sources: &'r [Source<'r>],
    pub(super) folder: &'r Folder,
    pub(super) tree: &'r Tree<'r>,
    pub(super) environment: &'r Environment,
    pub(super) troubles: Vec<Trouble>,
}

/// A file the Application names.
enum Named {
    File(RepoPath),
    Glob(RepoPath, Base),
    /// It was said why there is none.
    Nothing,
}

impl Reader<'_> {
    /// The values, name and namespace. What is wrong with them is among the troubles.
    pub(super) fn read(
        &mut self,
        release_name: Option<Given>,
        namespace: Option<Given>,
        origins: &mut Origins,
    ) -> Helm {
        let helm = self.source.node.get("helm");
        let given = |name: &str, origins: &mut Origins| {
            helm.get(name)
                .present()
                .filter(|node| node.text().is_some_and(|text| !text.is_empty()))
                .and_then(|node| Given::of(node, origins))
        };
        self.check_version();
        let value_files = self.value_files();
        let values_object = helm.get("valuesObject").present().filter(|node| !node.is_null());
        let values_object = values_object.and_then(|node| GivenNode::of(node, origins));
        // `valuesObject` hides `values` (`ValuesYAML`).
        let values = given("values", origins).filter(|_| values_object.is_none());
        let mut parameters = self.parameters(origins);
        parameters.extend(self.file_parameters(origins));
        Helm {
            value_files,
            values: values.into_iter().collect(),
            values_object: values_object.map(Box::new),
            parameters,
            release_name: given("releaseName", origins).or(release_name),
            namespace: given("namespace", origins).or(namespace),
            kube_version: self.source.kube_version().map(str::to_owned),
            api_versions: self.source.api_versions(),
            skip_crds: self.source.is_set("helm", "skipCrds"),
            skip_schemas: self.source.is_set("helm", "skipSchemaValidation"),
            ..Helm::default()
        }
    }

    /// `version` names a Helm; those that Argo CD has are one (argo-cd v3.5 `util/helm/cmd.go NewCmd`).
    fn check_version(&mut self) {
        let Some(version) = self.source.option("helm", "version").present() else { return };
        let text = version.text().unwrap_or("");
        if !matches!(text, "" | "v3" | "v4") {
            let words = format!("Argo CD has no Helm `{text}`");
            self.troubles.push(Trouble::Refused("helm-version", words, version.origin));
        }
    }

    fn parameters(&self, origins: &mut Origins) -> Vec<Parameter> {
        let parameters = self.source.option("helm", "parameters").items().iter();
        let read = |parameter: &Node| {
            let is_text = parameter.get("forceString").present().and_then(Node::as_bool) == Some(true);
            let value = match parameter.get("value").present() {
                Some(value) => Given::of(value, origins)?,
                None => Given::builtin(""),
            };
            Some(Parameter {
                name: parameter.get("name").text()?.to_owned(),
                value: self.environment.expand(&value),
                kind: if is_text { ParameterKind::Text } else { ParameterKind::Typed },
            })
        };
        parameters.filter_map(read).collect()
    }

    fn file_parameters(&mut self, origins: &mut Origins) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        for parameter in self.source.option("helm", "fileParameters").items() {
            let (Some(name), Some(path)) = (parameter.get("name").text(), parameter.get("path").present())
            else {
                continue;
            };
            let Named::File(file) = self.named(path, path.text().unwrap_or("")) else { continue };
            if !self.is_file(&file) {
                let words = format!("`{}`, the text of `{name}`, is not there", path.text().unwrap_or(""));
                self.troubles.push(Trouble::Refused("value-file", words, path.origin));
                continue;
            }
            let value = Given::of(path, origins).unwrap_or_else(|| Given::builtin(""));
            parameters.push(Parameter { name: name.to_owned(), value, kind: ParameterKind::File(file) });
        }
        parameters
    }

    /// The values files, the last one winning. A glob leaves out what is named by itself, and a file
    /// counts where it is named first.
    fn value_files(&mut self) -> Vec<RepoPath> {
        let entries = self.source.option("helm", "valueFiles").items();
        let ignores_missing = self.source.is_set("helm", "ignoreMissingValueFiles");
        let named: Vec<(&Node, Named)> = entries
            .iter()
            .filter_map(|entry| {
                Some((entry, self.named(entry, entry.text().filter(|text| !text.is_empty())?)))
            })
            .collect();
        let explicit: BTreeSet<RepoPath> =
            named.iter().filter_map(|(_, named)| named.file().cloned()).collect();
        let mut files: Vec<RepoPath> = Vec::new();
        let mut missing = Vec::new();
        for (entry, named) in named {
            let found = match named {
                Named::Nothing => continue,
                // Helm is given the file and refuses it.
                Named::File(file) if !ignores_missing => {
                    if !self.is_file(&file) {
                        missing.push(entry);
                    }
                    vec![file]
                }
                Named::File(file) => {
                    if self.is_file(&file) {
                        vec![file]
                    } else {
                        Vec::new()
                    }
                }
                Named::Glob(glob, base) => {
                    let mut found = self.matches(&glob, &base);
                    if found.is_empty() && !ignores_missing {
                        missing.push(entry);
                    }
                    found.retain(|file| !explicit.contains(file));
                    found
                }
            };
            for file in found {
                if !files.contains(&file) {
                    files.push(file);
                }
            }
        }
        for entry in &missing {
            let words = format!("its values file `{}` is not there", entry.text().unwrap_or(""));
            self.troubles.push(Trouble::Refused("value-file", words, entry.origin));
        }
        if let ([first, ..], true, true) =
            (entries, ignores_missing, files.is_empty() && self.troubles.is_empty())
        {
            let list = texts(entries).iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
            let words = format!("none of its values files is there ({list})");
            self.troubles.push(Trouble::Refused("defaults-only", words, first.origin));
        }
        files
    }

    /// The file that a path of the Application names: below the chart, from the top of the
    /// repository where it begins with `/`, or in another source where it begins with `$ref/`.
    fn named(&mut self, entry: &Node, text: &str) -> Named {
        match self.resolve(entry, text) {
            Ok(named) => named,
            Err(trouble) => {
                self.troubles.push(trouble);
                Named::Nothing
            }
        }
    }

    fn resolve(&self, entry: &Node, text: &str) -> Result<Named, Trouble> {
        let reference = text.strip_prefix('$').map(|rest| rest.split_once('/').unwrap_or((rest, "")));
        let referenced = reference.and_then(|(name, rest)| {
            let source = self.sources.iter().find(|source| source.reference() == Some(name))?;
            Some((*source, rest))
        });
        let refused = |words: String| Trouble::Refused("value-file", words, entry.origin);
        let (base, path) = match (referenced, reference) {
            (Some((source, rest)), _) => {
                let base = path::open(source, self.tree).map_err(|why| {
                    let at = path::url(source).map_or(entry.origin, |url| url.origin);
                    Trouble::NotHere(why, at)
                })?;
                (base, self.environment.expand_text(rest))
            }
            (None, Some((name, _))) if self.sources.len() > 1 && !name.starts_with("ARGOCD_") => {
                return Err(refused(format!("`{text}`: no source has `ref: {name}`")));
            }
            (None, _) => (self.folder.base.clone(), self.environment.expand_text(text)),
        };
        if let Some((scheme, _)) = path.split_once("://") {
            let code = if scheme.starts_with("secrets") { Code::Encrypted } else { Code::Remote };
            let reason = format!("its values file is `{path}`");
            return Err(Trouble::NotHere(NotHere { code, reason, help: None }, entry.origin));
        }
        let file = match (referenced.is_some(), path.strip_prefix('/')) {
            (false, None) => self.folder.path.join(&path).ok().filter(|file| file.is_within(base.folder())),
            (_, below) => match base.join(below.unwrap_or(&path)) {
                Ok(Some(file)) => Some(file),
                Ok(None) => {
                    let reason = format!("its values file `{path}` lies outside the folder that is checked");
                    let why = NotHere { code: Code::Remote, reason, help: None };
                    return Err(Trouble::NotHere(why, entry.origin));
                }
                Err(_) => None,
            },
        };
        let Some(file) = file else {
            return Err(refused(format!("its values file `{text}` leaves the repository")));
        };
        let is_guess = base.is_guessed && referenced.is_some() && !is_glob(&path) && !self.is_file(&file);
        if is_guess {
            let source = referenced.map_or("", |(source, _)| source.repo_url());
            let reason = format!("its values file `{path}` is in `{source}`, and not here");
            return Err(Trouble::NotHere(NotHere { code: Code::Remote, reason, help: None }, entry.origin));
        }
        Ok(if is_glob(file.as_str()) { Named::Glob(file, base) } else { Named::File(file) })
    }

    fn is_file(&self, path: &RepoPath) -> bool {
        let files = self.tree.trees.files();
        let end = files.trail(path).pop();
        matches!(files.kind(end.as_ref().unwrap_or(path)), Some(EntryKind::File))
    }

    /// The files a glob names, sorted; `**` passes over `/`, `*` does not.
    fn matches(&self, glob: &RepoPath, base: &Base) -> Vec<RepoPath> {
        let Ok(matcher) = GlobBuilder::new(glob.as_str()).literal_separator(true).build() else {
            return Vec::new();
        };
        let matcher = matcher.compile_matcher();
        let fixed: Vec<&str> = glob.segments().take_while(|segment| !is_glob(segment)).collect();
        let start = RepoPath::parse(&fixed.join("/")).unwrap_or_else(|_| base.folder().clone());
        let known = self.tree.trees.known(&start);
        let found = known.files_in(&start).map(|found| &found.path);
        found.filter(|path| matcher.is_match(path.as_str())).cloned().collect()
    }
}

impl Named {
    fn file(&self) -> Option<&RepoPath> {
        match self {
            Self::File(file) => Some(file),
            _ => None,
        }
    }
}

/// `isGlobPath` of `reposerver/repository`.
fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

fn texts(nodes: &[Node]) -> Vec<String> {
    nodes.iter().filter_map(Node::text).map(str::to_owned).collect()
}
