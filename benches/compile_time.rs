//! What the compiler costs: macro time and rustc time per await, for workflows of 10, 30, 100 and 500 awaits, beside the same
//! bodies as plain async functions.
//!
//! ```sh
//! cargo bench --bench compile_time            # all sizes
//! cargo bench --bench compile_time -- --smoke # 10 awaits only, for CI
//! ```
//!
//! Each case is a crate of its own under `target/compile_time`, checked with rustc's own timing of passes (which needs
//! `RUSTC_BOOTSTRAP`; nothing unstable is compiled). What an empty crate costs is taken off. Figures are the least of three runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the variables of a body get their types.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    /// A plain async function: what rustc costs without us.
    Plain,
    /// Where the syntax names every type.
    Named,
    /// Where rustc has to infer them.
    Inferred,
}

#[derive(Clone, Copy)]
struct Times {
    macros: f64,
    total: f64,
}

fn main() {
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let sizes: &[usize] = if smoke { &[10] } else { &[10, 30, 100, 500] };
    let base = workspace().join("target/compile_time");
    let empty = Times { macros: 0.0, ..measure(&base, Body::Named, 0) };
    println!(
        "{:>6}  {:>9}  {:>10}  {:>10}  {:>10}",
        "awaits", "variables", "macro ms", "rustc ms", "of plain"
    );
    println!("{:>6}  {:>9}  {:>10}  {:>10}", "", "", "per await", "per await");
    for &awaits in sizes {
        let plain = measure(&base, Body::Plain, awaits).total - measure(&base, Body::Plain, 0).total;
        for (body, name) in [(Body::Named, "named"), (Body::Inferred, "inferred")] {
            if body == Body::Inferred && awaits > 100 {
                continue;
            }
            let times = measure(&base, body, awaits);
            let (macros, rustc) = (times.macros, times.total - empty.total - times.macros);
            let per = |seconds: f64| seconds * 1000.0 / f64::from(u32::try_from(awaits).unwrap_or(u32::MAX));
            println!(
                "{awaits:>6}  {name:>9}  {:>10.2}  {:>10.2}  {:>9.1}x",
                per(macros),
                per(rustc),
                (macros + rustc) / plain.max(0.001)
            );
        }
    }
}

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The least of three runs.
fn measure(base: &Path, body: Body, awaits: usize) -> Times {
    let dir = base.join(match body {
        Body::Plain => "plain",
        Body::Named => "named",
        Body::Inferred => "inferred",
    });
    write_crate(&dir, body, awaits);
    let runs = (0..3).map(|_| check(&dir));
    runs.reduce(|one, other| if other.total < one.total { other } else { one }).expect("there are three runs")
}

fn write_crate(dir: &Path, body: Body, awaits: usize) {
    std::fs::create_dir_all(dir.join("src")).expect("the target directory can be written");
    let dependency = match body {
        Body::Plain => String::new(),
        Body::Named | Body::Inferred => {
            format!("sayiir = {{ path = '{}', default-features = false }}\n", workspace().display())
        }
    };
    let manifest = format!(
        "[package]\nname = \"compile-time\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{dependency}"
    );
    std::fs::write(dir.join("Cargo.toml"), manifest).expect("the target directory can be written");
    std::fs::write(dir.join("src/main.rs"), source(body, awaits))
        .expect("the target directory can be written");
}

/// A body with branches: every fifth await stands in one.
fn source(body: Body, awaits: usize) -> String {
    let (head, workflow, task) = match body {
        Body::Plain => ("", "", ""),
        Body::Named | Body::Inferred => ("use sayiir::prelude::*;\n", "#[workflow]\n", "#[task]\n"),
    };
    let mut text = format!("#![allow(unused)]\n{head}");
    let _ = writeln!(text, "{task}async fn step(a: u32, b: u32) -> Result<u32, String> {{ Ok(a + b) }}");
    let _ = writeln!(text, "{workflow}async fn flow(n: u32) -> Result<u32, String> {{");
    text.push_str(match body {
        Body::Inferred => "let mut total = 0u32; let mut tags = Vec::new(); tags.push(1u8);\n",
        Body::Plain | Body::Named => "let mut total: u32 = 0; let mut tags: Vec<u8> = Vec::new();\n",
    });
    for index in 0..awaits {
        let _ = match (index % 5, body) {
            (4, _) => writeln!(
                text,
                "if total > {index} {{ total += step(total, {index}).await?; }} else {{ tags.push(2); }}"
            ),
            (_, Body::Inferred) => writeln!(
                text,
                "let x{index} = (step(n, total).await? as u64) + 1; total += x{index} as u32; let y{index} = vec![x{index}; 3];"
            ),
            (_, Body::Plain | Body::Named) => {
                writeln!(text, "let x{index} = step(n, total).await?; total += x{index};")
            }
        };
    }
    text.push_str("drop(tags); Ok(total) }\nfn main() { let _ = flow(1); }\n");
    text
}

fn check(dir: &Path) -> Times {
    let main = dir.join("src/main.rs");
    let source = std::fs::read(&main).expect("it was just written");
    std::fs::write(&main, source).expect("it was just written");
    let output = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--profile", "check", "--bin", "compile-time", "--", "-Ztime-passes"])
        .current_dir(dir)
        .env("RUSTC_BOOTSTRAP", "1")
        // Nothing may be taken from the run before.
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", dir.join("../target"))
        .output()
        .expect("cargo can be run");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    Times { macros: pass(&text, "macro_expand_crate"), total: pass(&text, "total") }
}

/// The seconds of a pass of the last crate, which is the one that is measured.
fn pass(text: &str, name: &str) -> f64 {
    let line = text.lines().rfind(|line| line.trim_end().ends_with(name));
    let seconds = line.and_then(|line| line.split_whitespace().nth(1)?.trim_end_matches(';').parse().ok());
    seconds.unwrap_or_else(|| panic!("rustc does not report `{name}`: {text}"))
}
