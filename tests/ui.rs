//! What the compiler says, and what it accepts without a word: one file for each rule, compiled as a user's crate would be.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes the `.stderr` files anew; every change in them is read before it is kept.

use std::fs;
use std::path::{Path, PathBuf};

/// Every rule of the language that can be broken, with what the user is told; and what is accepted without a warning.
#[test]
fn misuse_is_reported_on_the_users_own_tokens() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui-tests/pass/*.rs");
    cases.compile_fail("ui-tests/fail/*.rs");
}

/// What no report may contain: that it is ours, how generated code is called, and where the standard library lies.
const NEVER: [&str; 22] = [
    "originates in the attribute macro",
    "in this attribute macro expansion",
    "__private",
    "__sayiir",
    "FieldCodec",
    "Slot<",
    "`Slot",
    "Leave<",
    "Exit::",
    "Exit<",
    "Fed<",
    "Step<",
    "`Kind",
    "Kind<",
    "codec",
    "`load`",
    "`save`",
    "Stretch",
    "stretch",
    "library/core/",
    "library/std/",
    "library/alloc/",
];

/// Generated names that carry a number.
const NEVER_NUMBERED: [&str; 6] = ["slot", "saved", "value", "field", "scope", "group"];

#[test]
fn no_report_speaks_of_the_attribute_or_of_what_it_generates() {
    let mut found = Vec::new();
    for file in reports() {
        let text = fs::read_to_string(&file).expect("a report is readable");
        for (number, line) in text.lines().enumerate() {
            if NEVER.iter().any(|word| line.contains(word)) || names_a_number(line) {
                found.push(format!("{}:{}: {line}", file.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "these reports show what is not the user's:\n{}", found.join("\n"));
}

#[test]
fn every_misuse_has_its_report_and_every_report_its_misuse() {
    for file in reports() {
        assert!(file.with_extension("rs").exists(), "{} belongs to no case", file.display());
    }
    let cases = files_with("rs");
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    for file in cases {
        assert!(file.with_extension("stderr").exists(), "{} has no report", file.display());
    }
}

fn reports() -> Vec<PathBuf> {
    files_with("stderr")
}

fn files_with(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui-tests/fail");
    let entries = fs::read_dir(folder).expect("the cases are there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder is readable").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// Whether a generated name such as `slot3` stands in the line.
fn names_a_number(line: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| {
        NEVER_NUMBERED.iter().any(|name| {
            word.strip_prefix(name)
                .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
        })
    })
}
