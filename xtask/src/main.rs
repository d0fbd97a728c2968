//! The project's own commands: `cargo xtask <command>`.

mod docs;
mod fields;
mod generate;
mod oracle;
mod page;
/// The page as people read it, the same that `mlgitops explain` prints.
#[path = "../../src/report/page.rs"]
mod plain;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = args.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let done = match command {
        "fields" => fields::run(rest),
        "generate" => generate::generate(),
        "oracle" => oracle::run(rest),
        _ => Err(format!("no command `{command}`; there are: fields, generate, oracle").into()),
    };
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
