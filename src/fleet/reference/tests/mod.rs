//! The grammar as tables: a reference, and what is said of it.

mod forms;
mod promotion;
mod properties;
mod schemes;
mod traps;
mod truth_table;

use super::{BrokenWhy, Class, Context, Form, ModelReference, MutableKind, Proof, UnknownWhy};

/// 32 hex digits, as an MLflow run id.
const RUN: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
/// 40 hex digits, as a Git commit.
const COMMIT: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
/// 64 hex digits, as SHA-256.
const HASH: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";

/// What a test says of a reference: the class, and the bytes that decided it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says<'a> {
    Pinned(Proof, &'a str),
    Mutable(MutableKind, &'a str),
    Unknown(UnknownWhy),
    Broken(BrokenWhy, &'a str),
}

use Says::{Broken, Mutable, Pinned, Unknown};

fn plain(text: &str) -> ModelReference {
    ModelReference::parse(text, &Context::default())
}

fn said(reference: &ModelReference) -> Says<'_> {
    let word = reference.class_text();
    match reference.class {
        Class::Pinned { by, .. } => Pinned(by, word),
        Class::Mutable { kind, .. } => Mutable(kind, word),
        Class::Unknown { why, .. } => Unknown(why),
        Class::Broken { why, .. } => Broken(why, word),
    }
}

/// Every row must hold; all that do not are shown at once.
fn check(context: &Context<'_>, rows: &[(&str, Says<'_>)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(text, expected)| {
            let reference = ModelReference::parse(text, context);
            let got = said(&reference);
            (got != *expected).then(|| format!("{text}: expected {expected:?}, said {got:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// For rows that hold an id: `{run}`, `{commit}` and `{hash}` become one.
fn filled(text: &str) -> String {
    text.replace("{run}", RUN).replace("{commit}", COMMIT).replace("{hash}", HASH)
}

fn form(form: Form<'_>) -> Context<'_> {
    Context { form, ..Context::default() }
}
