//! Template texts, each parsed once: the charts of one repository are often copies of each other,
//! and so are the commits of one chart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mlgitops_gotemplate::{Failure, Parsed, parse};
use mlgitops_yaml::SourceFile;

use crate::functions;
use crate::reads::Named;

/// Parsed template texts that charts share ([`crate::Chart::load_sharing`]).
#[derive(Debug, Default)]
pub struct Shelf {
    texts: Mutex<HashMap<Arc<str>, Text>>,
}

#[derive(Debug, Clone)]
struct Text {
    parsed: Arc<Parsed>,
    named: Arc<Named>,
}

/// Texts that are kept: past it, all are forgotten, and parsed again where they return.
const KEPT: usize = 4_096;

impl Shelf {
    /// A template under its own path, and what it names.
    pub(crate) fn parse(&self, file: &SourceFile) -> (Result<Arc<Parsed>, Failure>, Arc<Named>) {
        let known = self.texts.lock().unwrap_or_else(PoisonError::into_inner).get(file.text()).cloned();
        if let Some(text) = known {
            return (Ok(Arc::new(text.parsed.under(file.path()))), text.named);
        }
        let named = Arc::new(Named::in_text(file.text()));
        let parsed = parse(file.path(), file.text(), functions::all()).map(Arc::new);
        if let Ok(parsed) = &parsed {
            let text = Text { parsed: Arc::clone(parsed), named: Arc::clone(&named) };
            let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
            if texts.len() >= KEPT {
                texts.clear();
            }
            texts.insert(Arc::clone(file.text()), text);
        }
        (parsed, named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once_and_named_by_its_own_path() {
        let shelf = Shelf::default();
        let file = |path: &str| SourceFile::new(path, b"{{ .Values.a }}").unwrap();
        let (first, named) = shelf.parse(&file("a/templates/x.yaml"));
        let (second, again) = shelf.parse(&file("b/templates/x.yaml"));
        assert_eq!(
            (&*first.unwrap().name, &*second.unwrap().name),
            ("a/templates/x.yaml", "b/templates/x.yaml")
        );
        assert!(Arc::ptr_eq(&named, &again));
        assert!(shelf.parse(&SourceFile::new("c", b"{{ .Values.a").unwrap()).0.is_err());
    }
}
