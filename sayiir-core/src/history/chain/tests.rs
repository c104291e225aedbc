//! What a chain shows of entries that were changed, lost or moved, and what its hashes are made of.

use super::*;
use crate::history::IdempotencyKey;
use crate::ids::{LeafPath, StepNumber};

const OWN: Incarnation = Incarnation(1);

fn run() -> RunId {
    RunId::new("exp-001").expect("a valid id")
}

fn keys() -> [Option<HistoryKey>; 2] {
    [None, Some(HistoryKey::from_secret(b"from the safe"))]
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

/// The history of a run: but for the run, and the key, all such are alike.
fn written(incarnation: Incarnation, key: Option<HistoryKey>) -> Vec<HistoryEntry> {
    let mut chain = Chain::new(&run(), incarnation, HistoryHead::default()).under(key);
    (0..4).map(|n| chain.append(at(n), Event::Cancelled { reason: format!("{n}") })).collect()
}

fn check(entries: &[HistoryEntry], key: Option<HistoryKey>) -> Result<(), Tampered> {
    let mut chain = Chain::new(&run(), OWN, HistoryHead::default()).under(key);
    entries.iter().try_for_each(|entry| chain.verify(&run(), entry))
}

/// Says that they stand where they stand.
fn renumbered(mut entries: Vec<HistoryEntry>) -> Vec<HistoryEntry> {
    for (position, entry) in (0..).zip(&mut entries) {
        entry.position = position;
    }
    entries
}

fn changed_at(position: u64) -> Result<(), Tampered> {
    Err(Tampered::Changed { run: run(), position })
}

fn missing_at(position: u64) -> Result<(), Tampered> {
    Err(Tampered::Missing { run: run(), position })
}

#[test]
fn a_history_holds_as_it_was_written() {
    for key in keys() {
        assert_eq!(check(&written(OWN, key), key), Ok(()));
    }
}

#[test]
fn a_changed_event_and_a_changed_time_show() {
    for key in keys() {
        for position in 0..4 {
            let mut entries = written(OWN, key);
            entries[position].event = Event::Cancelled { reason: "another".into() };
            assert_eq!(check(&entries, key), changed_at(position as u64));
            let mut entries = written(OWN, key);
            entries[position].at += std::time::Duration::from_nanos(1);
            assert_eq!(check(&entries, key), changed_at(position as u64));
        }
    }
}

#[test]
fn a_missing_entry_shows_also_if_the_others_are_renumbered() {
    for key in keys() {
        for position in 0..3 {
            let mut entries = written(OWN, key);
            entries.remove(position);
            assert_eq!(check(&entries, key), missing_at(position as u64));
            assert_eq!(check(&renumbered(entries), key), changed_at(position as u64));
        }
    }
}

#[test]
fn swapped_entries_show_also_if_they_are_renumbered() {
    for key in keys() {
        for position in 0..3 {
            let mut entries = written(OWN, key);
            entries.swap(position, position + 1);
            assert_eq!(check(&entries, key), missing_at(position as u64));
            assert_eq!(check(&renumbered(entries), key), changed_at(position as u64));
        }
    }
}

#[test]
fn an_entry_that_stands_twice_shows() {
    for key in keys() {
        for position in 0..4 {
            let mut entries = written(OWN, key);
            entries.insert(position, entries[position].clone());
            assert_eq!(check(&renumbered(entries), key), changed_at(position as u64 + 1));
        }
    }
}

#[test]
fn the_same_entry_of_another_run_shows_wherever_it_stands() {
    for key in keys() {
        let other = written(Incarnation(2), key);
        for position in 0..4 {
            let mut one = written(OWN, key);
            one[position] = other[position].clone();
            assert_eq!(check(&one, key), changed_at(position as u64));
            let mut all_from_there = written(OWN, key);
            all_from_there[position..].clone_from_slice(&other[position..]);
            assert_eq!(check(&all_from_there, key), changed_at(position as u64));
        }
    }
}

/// Also if the two have the same incarnation.
#[test]
fn a_history_under_the_id_of_another_run_shows() {
    let other = RunId::new("exp-002").expect("a valid id");
    for key in keys() {
        let mut chain = Chain::new(&other, OWN, HistoryHead::default()).under(key);
        let entries = written(OWN, key);
        let checked = chain.verify(&other, &entries[0]);
        assert_eq!(checked, Err(Tampered::Changed { run: other.clone(), position: 0 }));
    }
}

#[test]
fn a_hash_can_be_computed_with_other_tools() {
    // By Python's `hashlib` and `hmac`, from the text at the top of the module and of `HistoryKey::from_secret`.
    let expected = [
        [
            "5c86435379a5f4d5b144d8ddb9fea7210944ed8449fe6844c4b199081132effb",
            "cc48d86708f7766ddb0423b9ee3214d6586178087e87d3805d1ff873e0ed4d44",
        ],
        [
            "b3661056c2959717929af5c403da50dc178226516d0612753927e92c505c2638",
            "8ac64042dc98b18e4b21c63df3732b5144e2d593fe55b447b96201af9427bab4",
        ],
    ];
    let incarnation = Incarnation(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f);
    for (key, hashes) in keys().into_iter().zip(expected) {
        let mut chain = Chain::new(&run(), incarnation, HistoryHead::default()).under(key);
        for (second, hash) in (0..).zip(hashes) {
            assert_eq!(chain.append(at(second), Event::Retried).hash.to_string(), hash);
        }
    }
}

#[test]
fn the_time_of_an_entry_is_hashed_as_its_nanoseconds_whatever_the_year() {
    let chain = Chain::new(&run(), OWN, HistoryHead::default());
    for time in [Timestamp::MIN, at(-1), Timestamp::UNIX_EPOCH, at(4_102_444_800), Timestamp::MAX] {
        let piece = chain.piece(time, &Event::Retried);
        let sign = if time < Timestamp::UNIX_EPOCH { 0xff } else { 0 };
        let hashed = [&[sign; 7], &piece[32..41]].concat().try_into().expect("16 bytes");
        assert_eq!(i128::from_be_bytes(hashed), time.as_nanosecond());
    }
}

/// With what SHA-256 itself appends, at least nine bytes, it takes two blocks of 64. A third would cost every step half as much
/// again.
#[test]
fn an_ordinary_step_is_hashed_in_two_blocks() {
    let step = StepNumber(1_000_000);
    let event = Event::StepDone {
        task: "create_shipment_".into(),
        key: IdempotencyKey { incarnation: Incarnation(u128::MAX), step, path: LeafPath::default() },
        attempt: 100,
        micros: 200_000_000,
        output: Digest([0xff; 32]),
    };
    // The year 2100.
    let piece = Chain::new(&run(), OWN, HistoryHead::default()).piece(at(4_102_444_800), &event);
    assert!(piece.len() + 9 <= 2 * 64, "{} bytes", piece.len());
}
