//! dev only
use mlgitops::source::*;
use std::io::Write;
use std::path::Path;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let which = match a[1].as_str() {
        "w" => Which::WorkTree,
        "i" => Which::Staged,
        r => Which::Rev(r.into()),
    };
    let n: usize = a.get(3).map_or(1, |n| n.parse().unwrap());
    let mut last = None;
    for _ in 0..n {
        let t = std::time::Instant::now();
        let (root, _) = Root::of(Path::new(&a[2])).unwrap_or_else(|e| {
            eprintln!("{e}; {}", e.help());
            std::process::exit(2)
        });
        let t1 = t.elapsed();
        let f = open(&root, &which).unwrap_or_else(|e| {
            eprintln!("{e}; {}", e.help());
            std::process::exit(2)
        });
        if n > 1 {
            eprintln!("{t1:?} {:?}", t.elapsed());
        }
        last = Some(f);
    }
    let f = last.unwrap();
    let t = std::time::Instant::now();
    let all = f.all();
    if n > 1 {
        let mut b = 0;
        for e in &all {
            b += f.read(&e.path).map_or(0, |b| b.bytes.len());
        }
        eprintln!("read {} files {b} bytes {:?}", all.len(), t.elapsed());
        return;
    }
    let mut out = std::io::stdout().lock();
    for e in all {
        out.write_all(e.path.as_str().as_bytes()).unwrap();
        out.write_all(b"\0").unwrap();
    }
    for (p, e) in f.unlisted() {
        eprintln!("unlisted {p}: {e}");
    }
}
