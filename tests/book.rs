//! The book and the README: every link leads somewhere, every file that they name is there, every page is in the table of
//! contents, and every page's programs are compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a link into the repository begins with, where a relative one would not work in the rustdoc.
const REPOSITORY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");

/// Where the files are that the text names by their path.
const ROOMS: [&str; 9] = [
    "benches/",
    "deploys/",
    "differential/",
    "docs/",
    "examples/",
    "sayiir-core/",
    "sayiir-sled/",
    "tests/",
    "ui-tests/",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages of the book by their file name.
fn pages() -> BTreeMap<String, String> {
    let directory = root().join("docs/src");
    let files = fs::read_dir(&directory).expect("the book is there");
    let paths: Vec<PathBuf> = files.map(|file| file.expect("it can be listed").path()).collect();
    let page = |path: &PathBuf| {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        // Included as mdBook does.
        let text = read(path).replace("{{#include ../diagnostics.md}}", &read("docs/diagnostics.md"));
        (name, text)
    };
    paths.iter().filter(|path| path.extension().is_some_and(|end| end == "md")).map(page).collect()
}

/// The text without its code blocks.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The targets of links: `[..](target)` and `[..]: target`.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let inline = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let below = prose.split("]: ").skip(1).filter_map(|rest| rest.lines().next());
    inline.chain(below).map(Into::into).collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<String> {
    prose(text).lines().flat_map(|line| line.split('`').skip(1).step_by(2)).map(Into::into).collect()
}

/// The anchors of a page's headings, as mdBook and GitHub name them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text);
    let headings = headings.lines().filter_map(|line| line.strip_prefix('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_within_the_book_leads_to_a_page_and_a_heading() {
    let pages = pages();
    for (name, text) in &pages {
        for link in links(text).iter().filter(|link| !link.contains("://")) {
            let (page, anchor) = link.split_once('#').unwrap_or((link, ""));
            let page = if page.is_empty() { name } else { page };
            let target = pages.get(page).unwrap_or_else(|| panic!("{name} links to {link}"));
            assert!(anchor.is_empty() || anchors(target).contains(anchor), "{name} links to {link}");
        }
    }
}

#[test]
fn links_of_the_readme_work_in_the_rustdoc_too() {
    let links = links(&read("README.md"));
    assert!(links.len() > 5, "the README has links");
    for link in links {
        assert!(link.contains("://"), "{link} is relative, and the README is the rustdoc's front page");
        if let Some(path) = link.strip_prefix(REPOSITORY) {
            assert!(root().join(path).exists(), "the README links to {path}");
        }
    }
}

#[test]
fn every_file_that_is_named_is_there() {
    let readme = ("README.md".to_owned(), read("README.md"));
    let contributing = ("CONTRIBUTING.md".to_owned(), read("CONTRIBUTING.md"));
    for (name, text) in pages().into_iter().chain([readme, contributing]) {
        for words in quoted(&text).iter().filter(|words| ROOMS.iter().any(|room| words.starts_with(room))) {
            let path = words.split_whitespace().next().unwrap_or_default();
            // `tests/*.rs` and the like are no names, nor are places that a pattern leaves open.
            let is_name = !path.contains(['*', '<', '{']);
            assert!(!is_name || root().join(path).exists(), "{name} names {path}");
        }
    }
}

#[test]
fn every_page_is_in_the_table_of_contents_and_compiled() {
    let pages = pages();
    let contents: BTreeSet<String> = links(&pages["SUMMARY.md"]).into_iter().collect();
    let compiled = read("src/book.rs");
    for (name, text) in pages.iter().filter(|(name, _)| *name != "SUMMARY.md") {
        assert!(contents.contains(name), "{name} is not in SUMMARY.md");
        let has_programs = text.contains("```rust");
        assert!(
            !has_programs || compiled.contains(&format!("docs/src/{name}")),
            "{name} is not in src/book.rs"
        );
    }
}

/// What a program of the tutorial hides is what the page has built so far, and not another program under the same names.
#[test]
fn functions_that_the_tutorial_hides_were_shown_before() {
    let signature = |line: &str| {
        let (signature, _) = line.split_once(" {")?;
        signature.starts_with("async fn ").then(|| signature.to_owned())
    };
    let mut shown = BTreeSet::from(["async fn main() -> anyhow::Result<()>".to_owned()]);
    for line in read("docs/src/tutorial.md").lines() {
        match line.strip_prefix("# ") {
            None => shown.extend(signature(line)),
            Some(hidden) => {
                let known = signature(hidden).is_none_or(|signature| shown.contains(&signature));
                assert!(known, "tutorial.md hides {hidden}");
            }
        }
    }
}
