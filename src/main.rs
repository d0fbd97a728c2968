//! Reads the command line, nothing else.

use std::path::Path;

fn main() {
    let path = std::env::args().nth(2).unwrap_or_default();
    let root = mlgitops::source::Root::of(Path::new(&path)).map(|(root, _)| root);
    let root = match root {
        Ok(root) => root,
        Err(error) => {
            eprintln!("{error}");
            return;
        }
    };
    let files = mlgitops::source::open(&root, &mlgitops::source::Which::WorkTree);
    let files = match files {
        Ok(files) => files,
        Err(error) => {
            eprintln!("{error}");
            return;
        }
    };
    let report = mlgitops::lint(&files, &mlgitops::config::Config::default(), &mlgitops::Options::default());
    print!("{}", mlgitops::report::human::print(&report));
    println!("{:?}", report.summary);
    for item in &report.not_checked {
        println!("not checked: {} {} {}", item.code.word(), item.what, item.reason);
    }
}
