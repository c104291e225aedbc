//! The book's page on patterns shows the workflows of `examples/patterns`, and every one of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The files that the page includes, with the anchor.
fn included(page: &str) -> Vec<(&str, &str)> {
    let inside = page.split("{{#include ").skip(1).filter_map(|rest| rest.split_once("}}"));
    inside.filter_map(|(target, _)| target.split_once(':')).collect()
}

#[test]
fn the_page_shows_the_workflow_of_every_pattern() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/src/patterns.md")).expect("there is a page");
    let mut shown = BTreeSet::new();
    for (file, anchor) in included(&page) {
        let path = root.join("docs/src").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (_, rest) = text.split_once(&format!("ANCHOR: {anchor}\n")).expect("the anchor is there");
        let (part, _) = rest.split_once(&format!("ANCHOR_END: {anchor}\n")).expect("the anchor ends");
        assert!(part.contains("#[workflow]"), "{file} shows no workflow");
        shown.insert(path.canonicalize().expect("it was read"));
    }
    let files = fs::read_dir(root.join("examples/patterns")).expect("they are there");
    let paths = files.map(|file| file.expect("it can be listed").path().canonicalize().expect("it is there"));
    let is_pattern = |path: &Path| fs::read_to_string(path).expect("it is text").contains("#[workflow]");
    let patterns: BTreeSet<_> = paths.filter(|path| is_pattern(path)).collect();
    assert_eq!(shown, patterns);
    assert_eq!(shown.len(), 9);
}
