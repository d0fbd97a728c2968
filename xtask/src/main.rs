//! The project's own commands: `cargo xtask generate`, `cargo xtask fields`.

mod generate;
mod page;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let done = match arguments.next().as_deref() {
        Some("generate") => generate::generate(),
        _ => Err("usage: cargo xtask generate | fields [--from DIR]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
