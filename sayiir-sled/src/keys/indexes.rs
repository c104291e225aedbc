//! The keys of the indexes: what is due, what is ready, the listings, who waits for which signal.

use jiff::Timestamp;
use sayiir_core::ids::RunId;
use sayiir_core::record::{IndexEntry, StatusKind};

use super::text::take_text;
use super::{DUE, Key, LISTINGS, READY, WAITING, named, run_id};

const TIME_BYTES: usize = 9;
const EPOCH: i64 = 1 << 39;

/// What the listings of a workflow begin with; a status follows.
pub(crate) fn workflow(name: &str) -> Key {
    named(LISTINGS[0], name)
}

/// What the keys of one listing begin with; a place follows.
pub(crate) fn listing(name: &str, status: StatusKind) -> Key {
    put_status(status, workflow(name))
}

/// What the keys of the runs that wait for a signal begin with; a place follows.
pub(crate) fn waiting(signal: &str) -> Key {
    named(WAITING[0], signal)
}

/// What the key of a run in a listing begins with, and whether the listing is that of a status.
pub(crate) fn listing_of(key: &[u8], status: Option<StatusKind>) -> Option<(&[u8], bool)> {
    let mut at = 1;
    loop {
        match key.get(at..at + 2)? {
            [0, 1] => break,
            [0, _] => at += 2,
            _ => at += 1,
        }
    }
    let from = at + 2;
    let length = key.get(from..)?.iter().position(|byte| *byte < 0x80)? + 1;
    let found = &key[from..from + length];
    let wanted = status.is_none_or(|status| put_status(status, Vec::new()) == found);
    Some((&key[..from + length], wanted))
}

/// The key in the due index.
pub(crate) fn due(at: Timestamp, id: &RunId) -> Key {
    let mut key = Vec::from(DUE);
    put_place(&mut key, at, id);
    key
}

/// The key in the ready index.
pub(crate) fn ready(id: &RunId) -> Key {
    let mut key = Vec::from(READY);
    key.extend_from_slice(id.as_str().as_bytes());
    key
}

/// Appends a place, as listings and the due index order them.
pub(crate) fn put_place(key: &mut Key, at: Timestamp, id: &RunId) {
    let (mut seconds, mut nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    let seconds = (seconds + EPOCH).cast_unsigned().to_be_bytes();
    key.extend_from_slice(&seconds[3..]);
    key.extend_from_slice(&nanos.cast_unsigned().to_be_bytes());
    key.extend_from_slice(id.as_str().as_bytes());
}

/// Reads a place; `None` if this is not one.
pub(crate) fn place(bytes: &[u8]) -> Option<(Timestamp, RunId)> {
    let (time, id) = bytes.split_at_checked(TIME_BYTES)?;
    let mut seconds = [0; 8];
    seconds[3..].copy_from_slice(&time[..5]);
    let seconds = u64::from_be_bytes(seconds).cast_signed() - EPOCH;
    let nanos = u32::from_be_bytes(time[5..].try_into().ok()?).cast_signed();
    Some((Timestamp::new(seconds, nanos).ok()?, run_id(id)?))
}

/// The run that a key of an index is for.
pub(crate) fn indexed(key: &[u8]) -> Option<RunId> {
    let (tag, rest) = key.split_first()?;
    let place_in = |rest| place(rest).map(|(_, run)| run);
    match [*tag].as_slice() {
        DUE => place_in(rest),
        READY => run_id(rest),
        LISTINGS => place_in(key.strip_prefix(listing_of(key, None)?.0)?),
        WAITING => place_in(take_text(rest)?.1),
        _ => None,
    }
}

/// Every key that the indexes hold for a run.
pub(crate) fn index(id: &RunId, entry: &IndexEntry) -> Vec<Key> {
    let listed = [listing(&entry.workflow, entry.status)];
    let waiting = entry.waiting.iter().map(|signal| waiting(signal));
    let listed = listed.into_iter().chain(waiting).map(|mut key| {
        put_place(&mut key, entry.created, id);
        key
    });
    let due = entry.due.map(|at| due(at, id));
    let ready = entry.ready.then(|| ready(id));
    listed.chain(due).chain(ready).collect()
}

fn put_status(status: StatusKind, key: Key) -> Key {
    postcard::to_extend(&status, key).expect("a variant's number always has a binary form")
}
