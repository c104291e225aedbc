use jiff::Timestamp;
use sayiir_core::record::{IndexEntry, StatusKind};

use super::indexes::due;
use super::*;

fn id(text: &str) -> RunId {
    RunId::new(text).expect("a good id")
}

#[test]
fn places_are_ordered_by_time_and_then_by_id() {
    let times = [
        Timestamp::MIN,
        Timestamp::new(-2, -1).expect("in range"),
        Timestamp::new(-1, 0).expect("in range"),
        Timestamp::new(0, -1).expect("in range"),
        Timestamp::UNIX_EPOCH,
        Timestamp::new(0, 1).expect("in range"),
        Timestamp::new(1_700_000_000, 999_999_999).expect("in range"),
        Timestamp::MAX,
    ];
    let ids = ["\0", "a", "a\0", "a\0b", "aa", "b", "é", "\u{10ffff}"];
    let mut keys = Vec::new();
    for at in times {
        for text in ids {
            let mut key = Vec::new();
            put_place(&mut key, at, &id(text));
            assert_eq!(place(&key), Some((at, id(text))));
            keys.push(key);
        }
    }
    assert!(keys.is_sorted());
}

#[test]
fn keys_of_different_runs_and_names_never_meet() {
    let odd = ["a", "a\0", "a\0\u{1}", "\0", "\0\0", "a\u{1}", "\u{1}a"];
    let mut keys = std::collections::BTreeSet::new();
    let mut count = 0;
    for run in odd {
        for name in odd {
            for position in [0, 1, 256] {
                let message = message(&id(run), name, position);
                keys.insert(piece(&message, 1));
                keys.insert(piece(&message, 2));
                keys.insert(message);
                count += 3;
            }
            keys.insert(delivered(&id(run), name));
            count += 1;
        }
        keys.insert(record(&id(run)));
        keys.insert(history(&id(run), 0));
        count += 2;
    }
    assert_eq!(keys.len(), count);
}

#[test]
fn no_runs_keys_begin_with_those_of_another() {
    let odd = ["a", "a\0", "aa", "\u{1}", "\u{1}\u{1}a"];
    for one in odd {
        for other in odd.into_iter().filter(|other| *other != one) {
            assert!(!record(&id(other)).starts_with(&run(&id(one))));
        }
    }
}

#[test]
fn no_listing_holds_the_runs_of_another() {
    let names = ["a", "a\0", "a\0\u{1}", "", "aa"];
    let at = Timestamp::UNIX_EPOCH;
    for one in names {
        for other in names.into_iter().filter(|other| *other != one) {
            let mut key = listing(other, StatusKind::Failed);
            put_place(&mut key, at, &id("r"));
            assert!(!key.starts_with(&workflow(one)));
            let found = listing_of(&key, Some(StatusKind::Failed));
            assert_eq!(found, Some((listing(other, StatusKind::Failed).as_slice(), true)));
            let found = listing_of(&key, Some(StatusKind::Running));
            assert_eq!(found, Some((listing(other, StatusKind::Failed).as_slice(), false)));
        }
    }
}

#[test]
fn a_key_says_whose_it_is() {
    let run = id("r\0\u{1}");
    let message = message(&run, "s", 3);
    assert_eq!(owner(&piece(&message, 1)), Some((run.clone(), Part::Piece)));
    assert_eq!(owner(&message), Some((run.clone(), Part::Message)));
    assert_eq!(owner(&history(&run, 7)), Some((run.clone(), Part::History)));
    assert_eq!(position(&history(&run, 7)), Some(7));
    assert_eq!(owner(&due(Timestamp::MAX, &run)), None);
}

#[test]
fn a_key_of_an_index_names_its_run() {
    let odd = ["a", "a\0", "\0\u{1}", "\u{10ffff}", "run 1"];
    for (run, name) in odd.into_iter().flat_map(|run| odd.map(|name| (id(run), name))) {
        let entry = IndexEntry {
            workflow: name.into(),
            status: StatusKind::WaitingForSignal,
            created: Timestamp::MAX,
            waiting: vec![name.into(), "go".into()],
            due: Some(Timestamp::MIN),
            ready: true,
            place: None,
        };
        let keys = index(&run, &entry);
        assert_eq!(keys.len(), 5);
        assert!(keys.iter().all(|key| indexed(key) == Some(run.clone())), "{run:?} in {name:?}");
    }
    for other in [FORMAT, &record(&id("a")), PLACES, DUE, LISTINGS] {
        assert_eq!(indexed(other), None);
    }
}
