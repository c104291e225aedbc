//! Writes the bodies that the tests run. See the crate's documentation for the variables it listens to.
#![allow(clippy::unnecessary_wraps, reason = "the functions of one table have one type")]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "writing source text is what this does, and it cannot fail"
)]

use std::fs;
use std::io;
use std::path::Path;

#[path = "generator/mod.rs"]
mod generator;

#[path = "src/rng.rs"]
#[expect(unreachable_pub, reason = "shared with the library, where it is public")]
mod rng;

/// Test targets that share the bodies, so that they compile side by side.
const BATCHES: u64 = 4;

fn main() -> io::Result<()> {
    let seed = variable("SAYIIR_DIFF_SEED", 1);
    let first = variable("SAYIIR_DIFF_FIRST", 0);
    let count = variable("SAYIIR_DIFF_COUNT", 500);
    println!("cargo::rerun-if-changed=generator");
    println!("cargo::rerun-if-changed=src/rng.rs");
    let out = std::env::var("OUT_DIR").map_err(io::Error::other)?;
    let out = Path::new(&out);
    for batch in 0..BATCHES {
        let numbers: Vec<u64> = (first..first + count).filter(|number| number % BATCHES == batch).collect();
        let mut index = String::new();
        for number in &numbers {
            let body = generator::body(seed, *number);
            fs::write(out.join(format!("body_{number}.txt")), body.text())?;
            let file = out.join(format!("body_{number}.rs"));
            fs::write(&file, body.module(seed, *number))?;
            index += &format!("#[path = \"{}\"] mod body_{number};\n", file.display());
        }
        let cases: Vec<String> = numbers.iter().map(|number| format!("body_{number}::CASE")).collect();
        index += &format!("const CASES: &[sayiir_differential::case::Case] = &[{}];\n", cases.join(", "));
        fs::write(out.join(format!("batch_{batch}.rs")), index)?;
    }
    Ok(())
}

fn variable(name: &str, default: u64) -> u64 {
    println!("cargo::rerun-if-env-changed={name}");
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
