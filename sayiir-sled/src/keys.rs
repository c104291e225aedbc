//! The key space: one ordered tree, every key made here and nowhere else.
//!
//! ```text
//! 00 'f'                                   format of the whole store
//! 00 's'                                   sequence of the last group, bytes that are live
//! 01 length run 00                         record
//! 01 length run 01 position                history entries, by the position of the first of them
//! 01 length run 02 text(signal) position   message in the inbox
//! 01 length run 03 00 key | 03 01 digest   idempotency key of a signal; a long one by its SHA-256
//! 01 length run 04 <key without its run> n piece n of a large value, from 1
//! 02 time run                              when the run wants to be woken
//! 03 run                                   a task of the run is to be run now
//! 04 text(workflow) status time run        every run, by workflow and status and creation
//! 05 text(signal) time run                 a run that waits for a signal, by creation
//! 06 text(workflow) text(place) schema     how many unfinished runs wait there
//!
//! length   := u8, of the run's id in bytes
//! position := u64 big-endian          n := u32 big-endian
//! time     := seconds since the epoch + 2^39 as u40 big-endian, nanoseconds as u32 big-endian
//! text     := the bytes with 00 as 00 ff, then 00 01
//! status   := the variant's number        schema := u32 big-endian
//! ```
//!
//! All of one run lies together, so that a step touches few pages and a purge is one range. In the indexes the run stands
//! last and needs no end, so that equal times are ordered by id. A run stands in one listing by workflow and status; those
//! over all workflows or all states are put together when they are read (`scan`), which costs a run two keys less.

mod indexes;
mod text;

use sayiir_core::history::Digest;
use sayiir_core::ids::RunId;
use sayiir_core::record::StoredPlace;

pub(crate) use indexes::{index, indexed, listing, listing_of, place, put_place, ready, waiting, workflow};
use text::{put_text, take_text};

/// A key of the tree.
pub(crate) type Key = Vec<u8>;

pub(crate) const FORMAT: &[u8] = &[0, b'f'];
pub(crate) const SEQUENCE: &[u8] = &[0, b's'];
/// Everything that belongs to runs, apart from the indexes.
pub(crate) const RUNS: &[u8] = &[1];
pub(crate) const DUE: &[u8] = &[2];
pub(crate) const READY: &[u8] = &[3];
/// The listings by workflow and status.
pub(crate) const LISTINGS: &[u8] = &[4];
const WAITING: &[u8] = &[5];
/// How many runs wait at each place.
pub(crate) const PLACES: &[u8] = &[6];

const RECORD: u8 = 0;
const HISTORY: u8 = 1;
const MESSAGE: u8 = 2;
const DELIVERED: u8 = 3;
const PIECE: u8 = 4;

/// Idempotency keys of signals are their own keys up to this many bytes.
const LONGEST_DELIVERED: usize = 128;

/// What a key of a run holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Record,
    History,
    Message,
    Delivered,
    Piece,
}

/// What all keys of one run begin with.
pub(crate) fn run(run: &RunId) -> Key {
    let id = run.as_str().as_bytes();
    let length = u8::try_from(id.len()).expect("a run id has at most 255 bytes");
    let mut key = Vec::with_capacity(id.len() + 16);
    key.extend_from_slice(&[RUNS[0], length]);
    key.extend_from_slice(id);
    key
}

pub(crate) fn record(id: &RunId) -> Key {
    part(id, RECORD)
}

pub(crate) fn history_of(id: &RunId) -> Key {
    part(id, HISTORY)
}

/// All keys of a run's history.
pub(crate) fn histories(id: &RunId) -> std::ops::Range<Key> {
    part(id, HISTORY)..part(id, HISTORY + 1)
}

pub(crate) fn history(id: &RunId, position: u64) -> Key {
    let mut key = part(id, HISTORY);
    key.extend_from_slice(&position.to_be_bytes());
    key
}

pub(crate) fn message(id: &RunId, signal: &str, position: u64) -> Key {
    let mut key = part(id, MESSAGE);
    put_text(&mut key, signal);
    key.extend_from_slice(&position.to_be_bytes());
    key
}

pub(crate) fn delivered(id: &RunId, idempotency_key: &str) -> Key {
    let mut key = part(id, DELIVERED);
    if idempotency_key.len() <= LONGEST_DELIVERED {
        key.push(0);
        key.extend_from_slice(idempotency_key.as_bytes());
    } else {
        key.push(1);
        key.extend_from_slice(&Digest::of(idempotency_key.as_bytes()).0);
    }
    key
}

/// Piece `number` of the value at `owner`, which is a key of a run.
pub(crate) fn piece(owner: &[u8], number: u32) -> Key {
    let (run, part) = owner.split_at(run_length(owner).unwrap_or(owner.len()));
    let mut key = Vec::with_capacity(owner.len() + 5);
    key.extend_from_slice(run);
    key.push(PIECE);
    key.extend_from_slice(part);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Reads the id of a run.
pub(crate) fn run_id(bytes: &[u8]) -> Option<RunId> {
    RunId::new(std::str::from_utf8(bytes).ok()?).ok()
}

/// Which run a key of a run belongs to, and what it holds.
pub(crate) fn owner(key: &[u8]) -> Option<(RunId, Part)> {
    let length = run_length(key)?;
    let part = match *key.get(length)? {
        RECORD => Part::Record,
        HISTORY => Part::History,
        MESSAGE => Part::Message,
        DELIVERED => Part::Delivered,
        PIECE => Part::Piece,
        _ => return None,
    };
    Some((run_id(&key[2..length])?, part))
}

/// The position at the end of a history key.
pub(crate) fn position(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// The counter of a place.
pub(crate) fn waits_at(workflow: &str, place: &StoredPlace) -> Key {
    let mut key = named(PLACES[0], workflow);
    put_text(&mut key, &place.name);
    key.extend_from_slice(&place.schema.to_be_bytes());
    key
}

/// The workflow, the place and the schema that a counter is for.
pub(crate) fn place_of(key: &[u8]) -> Option<(String, String, u32)> {
    let (workflow, rest) = take_text(key.strip_prefix(PLACES)?)?;
    let (place, schema) = take_text(rest)?;
    Some((workflow, place, u32::from_be_bytes(schema.try_into().ok()?)))
}

/// How a key is named in errors.
pub(crate) fn name(key: &[u8]) -> String {
    match owner(key) {
        Some((run, Part::Record)) => format!("the record of run {run}"),
        Some((run, Part::History)) => {
            format!("history entry {} of run {run}", position(key).unwrap_or_default())
        }
        Some((run, Part::Message)) => format!("a message of run {run}"),
        Some((run, Part::Delivered)) => format!("an idempotency key of run {run}"),
        Some((run, Part::Piece)) => format!("a piece of a large value of run {run}"),
        None => match (place_of(key), indexed(key)) {
            (Some((workflow, place, schema)), _) => {
                format!("the counter of {workflow} at {place} (schema {schema:08x})")
            }
            (None, Some(run)) => format!("key {} for run {run}", key.escape_ascii()),
            (None, None) => format!("key {}", key.escape_ascii()),
        },
    }
}

fn part(id: &RunId, part: u8) -> Key {
    let mut key = run(id);
    key.push(part);
    key
}

fn named(tag: u8, name: &str) -> Key {
    let mut key = vec![tag];
    put_text(&mut key, name);
    key
}

fn run_length(key: &[u8]) -> Option<usize> {
    match key {
        [tag, length, rest @ ..] if [*tag] == RUNS && rest.len() >= usize::from(*length) => {
            Some(2 + usize::from(*length))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
