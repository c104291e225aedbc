//! What is stored of each thing, and how a large value is cut into pieces and put together again.
//!
//! ```text
//! record   := Record            in postcard; sequence = revision
//! history  := HistoryEntry+     in postcard, what one commit appended; sequence = position of the first
//! message  := Message           in postcard; sequence = position
//! delivered := the idempotency key as text; sequence = 0
//! ```
//!
//! Postcard does not describe itself: a field or variant that is added to these types anywhere but at the end of an enum is
//! a new format. Sled writes values from about 8 KiB on to files of their own and never syncs them, so that none here gets
//! near to that.

use std::borrow::Cow;

use sayiir_core::backend::BackendError;
use sayiir_core::history::HistoryEntry;
use sayiir_core::ids::RunId;
use sayiir_core::record::Record;
use sayiir_core::signal::Message;
use serde::de::DeserializeOwned;

use crate::error::from_sled;
use crate::frame::{self, Header};
use crate::keys::{self, Key};
use crate::written::Written;
pub(crate) use crate::written::encode;

/// The longest payload under one key: with its frame it stays below 4 KiB.
pub(crate) const LONGEST: usize = 4_000;

/// A key with its framed value.
pub(crate) type Pair = (sled::IVec, sled::IVec);

/// Frames a payload, in pieces if it is large, and says how many follow the first part.
pub(crate) fn put(key: &Key, sequence: u64, payload: &[u8], out: &mut Vec<Pair>) -> u32 {
    let (first, rest) = payload.split_at(payload.len().min(LONGEST));
    let pieces = u32::try_from(rest.len().div_ceil(LONGEST)).expect("a value is below 16 TiB");
    for (number, part) in (1..).zip(rest.chunks(LONGEST)) {
        let key = keys::piece(key, number);
        out.push(pair(&key, Header { pieces: 0, sequence }, part));
    }
    out.push(pair(key, Header { pieces, sequence }, first));
    pieces
}

// From slices: sled's bytes have room of their own, and a vector would be cut to its length first.
fn pair(key: &[u8], header: Header, payload: &[u8]) -> Pair {
    (key.into(), frame::encode(key, header, payload).as_slice().into())
}

/// The whole payload of the value that starts with `bytes` at `key`, with its sequence.
///
/// # Errors
/// `Damaged` if a checksum does not hold or a piece is missing or of another revision.
pub(crate) fn whole<'a>(
    tree: &sled::Tree,
    key: &[u8],
    bytes: &'a [u8],
) -> Result<(u64, Cow<'a, [u8]>), BackendError> {
    let (header, first) = frame::decode(key, bytes)?;
    let mut payload = Cow::Borrowed(first);
    for number in 1..=header.pieces {
        let key = keys::piece(key, number);
        let bytes = tree.get(&key).map_err(from_sled)?.ok_or_else(|| damaged(&key, "it is missing"))?;
        let (piece, part) = frame::decode(&key, &bytes)?;
        if piece.sequence != header.sequence {
            return Err(damaged(&key, "it is of another revision"));
        }
        payload.to_mut().extend_from_slice(part);
    }
    Ok((header.sequence, payload))
}

/// Reads the record at `key`.
///
/// # Errors
/// `Damaged` if it is not the record of that run.
pub(crate) fn record(
    tree: &sled::Tree,
    run: &RunId,
    key: &[u8],
    bytes: &[u8],
) -> Result<Record, BackendError> {
    let (sequence, payload) = whole(tree, key, bytes)?;
    let record: Record = decode(key, &payload)?;
    if record.run == *run && record.revision.0 == sequence {
        Ok(record)
    } else {
        Err(damaged(key, "it is that of another run or revision"))
    }
}

/// Reads the message at `key`.
///
/// # Errors
/// `Damaged` if it is another message.
pub(crate) fn message(tree: &sled::Tree, key: &[u8], bytes: &[u8]) -> Result<Message, BackendError> {
    let (sequence, payload) = whole(tree, key, bytes)?;
    let message: Message = decode(key, &payload)?;
    if message.position == sequence { Ok(message) } else { Err(damaged(key, "it is another message")) }
}

/// Reads the entries that one commit appended.
///
/// # Errors
/// `Damaged` if they are not contiguous from the position that the key names.
pub(crate) fn history(
    tree: &sled::Tree,
    key: &[u8],
    bytes: &[u8],
) -> Result<Vec<HistoryEntry>, BackendError> {
    let (sequence, payload) = whole(tree, key, bytes)?;
    let mut entries = Vec::new();
    let mut rest = &*payload;
    while !rest.is_empty() {
        let (entry, left): (HistoryEntry, _) =
            postcard::take_from_bytes(rest).map_err(|error| damaged(key, &error.to_string()))?;
        entries.push(entry);
        rest = left;
    }
    let mut places = (sequence..).zip(&entries);
    if keys::position(key) == Some(sequence) && places.all(|(place, entry)| entry.position == place) {
        Ok(entries)
    } else {
        Err(damaged(key, "its entries are not in order"))
    }
}

/// Reads the idempotency key at `key`.
///
/// # Errors
/// `Damaged` if it is not text.
pub(crate) fn delivered(tree: &sled::Tree, key: &[u8], bytes: &[u8]) -> Result<String, BackendError> {
    let (_, payload) = whole(tree, key, bytes)?;
    String::from_utf8(payload.into_owned()).map_err(|error| damaged(key, &error.to_string()))
}

/// Frames the entries that one commit appends: as many under one key as fit.
pub(crate) fn put_history(run: &RunId, entries: &[HistoryEntry], out: &mut Vec<Pair>) {
    let mut group = Written::default();
    let mut first = None;
    for entry in entries {
        let before = group.bytes().len();
        group = group.and(entry);
        if before > 0 && group.bytes().len() > LONGEST {
            let next = group.split_off(before);
            let position = first.take().unwrap_or(entry.position);
            put(&keys::history(run, position), position, group.bytes(), out);
            group = next;
        }
        first = first.or(Some(entry.position));
    }
    if let Some(position) = first {
        put(&keys::history(run, position), position, group.bytes(), out);
    }
}

pub(crate) fn damaged(key: &[u8], why: &str) -> BackendError {
    BackendError::Damaged { detail: format!("{}: {why}", keys::name(key)) }
}

fn decode<T: DeserializeOwned>(key: &[u8], payload: &[u8]) -> Result<T, BackendError> {
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(damaged(key, "something follows it")),
        Err(error) => Err(damaged(key, &error.to_string())),
    }
}
