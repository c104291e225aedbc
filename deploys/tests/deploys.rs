//! What the rules of versions promise, with real binaries: one parks the runs, the edited one takes the database over, one
//! with upgrades finishes what that could not.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// How many runs of each edit are parked.
const RUNS: usize = 8;

/// What parked runs survive by themselves, with how they end under the edited program.
const HARMLESS: [(&str, &str); 8] = [
    ("logic", "14 from now on by bob"),
    ("more_steps", "audited: 7 by bob"),
    ("limits", "7 by bob"),
    ("named_wait", "7 by bob"),
    ("renamed_function", "7 by bob"),
    ("fewer_saved", "7 by bob"),
    ("annotated", "7 by bob"),
    ("field_defaulted", "7 by bob"),
];

/// What they do not: what the file of states says, what the edited program says, and how they end under the upgraded one.
const STRANDING: [(&str, &str, &str, &str); 5] = [
    (
        "wait_renamed",
        "place `Approval`: runs can wait there no more",
        "there is no place `Approval`",
        "7 by bob",
    ),
    ("binding_renamed", "`submitted` is needed there now", "no saved variable `submitted`", "7 by bob"),
    (
        "type_of_a_field",
        "`pending` was a `Expense` and is a `ExpenseInWords`",
        "`pending` of `Approval`",
        "7 by bob",
    ),
    ("field_required", "missing field `department`", "missing field `department`", "7 by bob for sales"),
    ("newly_needed", "`rate` is needed there now", "no saved variable `rate`", "14 by bob"),
];

/// One more: it waits for what nobody can send, so nothing touches it under the edited program.
const UNSENDABLE: (&str, &str, &str) = (
    "signal_renamed",
    "signal `approval`: runs that wait for it at `Approval` were stored with this name",
    "`Approval` waits for the signal `approval`, which this program does not have",
);

/// Runs a version of the program; its lines, split at tabs.
fn version(binary: &str, words: &[&str]) -> Vec<Vec<String>> {
    let output = Command::new(binary).args(words).output().expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    assert!(output.status.success(), "{words:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(|line| line.split('\t').map(Into::into).collect()).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}

/// What the lines say of each edit, each once: all runs of one edit fare alike.
fn by_edit(lines: Vec<Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let mut fates: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mut line in lines {
        let edit = line.remove(0);
        let fate = fates.entry(edit.clone()).or_insert_with(|| line.clone());
        assert_eq!(*fate, line, "all runs of `{edit}` fare alike");
    }
    fates
}

#[test]
fn parked_runs_survive_what_the_rules_say() {
    let directory = tempfile::tempdir().expect("there is room for a database");
    let database = directory.path().join("expenses.db");
    let (database, runs) = (text(&database), RUNS.to_string());
    let (before, after, upgraded) =
        (env!("CARGO_BIN_EXE_before"), env!("CARGO_BIN_EXE_after"), env!("CARGO_BIN_EXE_upgraded"));
    version(before, &["park", database, &runs]);

    // What the edited program says of them before it touches any.
    let found = version(after, &["check", database]);
    let read: Vec<_> = found.iter().filter(|line| line[0] == "read").collect();
    assert_eq!(read.len(), STRANDING.len() + 2, "{read:?}");
    let unsendable = (UNSENDABLE.0, "", UNSENDABLE.2, "");
    for (edit, _, why, _) in STRANDING.into_iter().chain([unsendable]) {
        let line = read.iter().find(|line| line[1] == edit).unwrap_or_else(|| panic!("nothing of `{edit}`"));
        assert_eq!((line[2].as_str(), line[3].as_str()), ("Approval", runs.as_str()));
        assert!(line[4].contains(why), "{line:?}");
    }
    let gone = |line: &&Vec<String>| line[0] == "index" && line[4].contains("no place of this name");
    let gone: Vec<&str> = found.iter().filter(gone).map(|line| line[1].as_str()).collect();
    assert_eq!(gone, ["wait_removed", "wait_renamed"]);

    // What becomes of them when they are touched.
    let fates = by_edit(version(after, &["go-on", database, &runs]));
    for (edit, end) in HARMLESS {
        assert_eq!(fates[edit], ["completed", end], "{edit}");
    }
    for (edit, _, why, _) in STRANDING {
        assert!(
            fates[edit][0].starts_with("blocked") && fates[edit][0].contains(why),
            "{edit}: {:?}",
            fates[edit]
        );
    }

    assert!(fates["wait_removed"][0].starts_with("refused"), "{:?}", fates["wait_removed"]);
    assert!(fates["signal_renamed"][0].starts_with("waiting"), "{:?}", fates["signal_renamed"]);

    // Nothing was lost: what was approved under the edited program goes on by itself under the upgraded one.
    assert_eq!(version(upgraded, &["check", database]), Vec::<Vec<String>>::new());
    let untouched = (2 * RUNS).to_string();
    assert_eq!(version(upgraded, &["upgrade", database]), [[untouched]], "those that nothing touches");
    let fates = by_edit(version(upgraded, &["go-on", database, &runs]));
    for (edit, _, _, end) in STRANDING {
        assert_eq!(fates[edit], ["completed", end], "{edit}");
    }
    assert_eq!(fates["wait_removed"], ["completed", "7 by nobody"]);
    assert_eq!(fates["signal_renamed"], ["completed", "7 by bob"]);
}

#[test]
fn the_file_of_states_says_so_before_the_deploy() {
    let directory = tempfile::tempdir().expect("there is room for the files");
    let files = text(directory.path());
    let written = by_edit(version(env!("CARGO_BIN_EXE_before"), &["schema", files]));
    assert!(written.values().all(|word| word == &["fits"]), "{written:?}");

    let found = by_edit(version(env!("CARGO_BIN_EXE_after"), &["schema", files]));
    for (edit, _) in HARMLESS {
        assert_eq!(found[edit], ["fits"], "{edit}");
    }
    for (edit, why, _, _) in STRANDING {
        assert!(found[edit][0].contains(why), "{edit}: {:?}", found[edit]);
    }
    assert!(found[UNSENDABLE.0][0].contains(UNSENDABLE.1), "{:?}", found[UNSENDABLE.0]);
    assert!(found["wait_removed"][0].contains("runs can wait there no more"), "{:?}", found["wait_removed"]);
    assert!(
        found["wait_inserted"][0].contains("there were 1 of them and are 2"),
        "{:?}",
        found["wait_inserted"]
    );
}
