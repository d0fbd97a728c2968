//! `cargo xtask oracle [helm|kustomize|fixes]`: makes the expected outputs of the tests anew, with the real programs.
//!
//! The tests compare without them; what is written here is committed. A program in another version
//! would write other words, so the versions are checked first.

mod fixes;
mod helm;
mod kustomize;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every step here fails with: a line for the person at the terminal.
pub(crate) type Failure = Box<dyn Error>;

/// A real tool, in the version the expected outputs come from.
struct Program {
    name: &'static str,
    /// The arguments that make it print its version, and nothing else.
    version: &'static [&'static str],
    /// What the version must begin with.
    wanted: &'static str,
    /// How to get it.
    install: &'static str,
}

impl Program {
    /// Says what to do where the program is missing or another one.
    fn check(&self) -> Result<(), Failure> {
        let get = format!("install it: {}", self.install);
        let output = Command::new(self.name)
            .args(self.version)
            .output()
            .map_err(|error| format!("`{}` {} is needed ({error}); {get}", self.name, self.wanted))?;
        let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let rest = found.strip_prefix(self.wanted);
        if output.status.success() && rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        {
            return Ok(());
        }
        Err(format!("`{}` {} is needed, here is {found:?}; {get}", self.name, self.wanted).into())
    }
}

/// Runs one oracle, or all of them.
pub(crate) fn run(args: &[String]) -> Result<String, Failure> {
    match args {
        [] => Ok(format!("{}\n{}\n{}", helm::run()?, kustomize::run()?, fixes::run()?)),
        [one] if one == "helm" => helm::run(),
        [one] if one == "kustomize" => kustomize::run(),
        [one] if one == "fixes" => fixes::run(),
        _ => Err("usage: cargo xtask oracle [helm|kustomize|fixes]".into()),
    }
}

/// A folder outside the repository, empty, and removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("mlgitops-oracle-{}-{name}", std::process::id()));
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir_all(&path)?;
        // The programs print the path behind any link.
        Ok(Self(path.canonicalize()?))
    }

    fn path(&self) -> &Path {
        &self.0
    }

    /// A message without this machine's paths.
    fn without(&self, message: &str) -> String {
        message.replace(&*self.0.to_string_lossy(), "ROOT")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that stays in the machine's temporary one harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The entries of a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found = read.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    found.sort();
    Ok(found)
}

/// Writes a file only where it changed; `true` if it did.
fn write(path: &Path, text: &str) -> Result<bool, Failure> {
    if fs::read(path).is_ok_and(|have| have == text.as_bytes()) {
        return Ok(false);
    }
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(true)
}
