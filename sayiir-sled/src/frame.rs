//! The frame around every stored value: a version, a checksum, and where the value stands.
//!
//! ```text
//! frame  := version:u8 = 1   crc:u32 little-endian   header   payload
//! header := pieces:varint   sequence:varint
//! ```
//!
//! `crc` is the CRC-32 of the key, the version, the header and the payload, so that a value under another key does not pass. `sequence`
//! is the revision of a record and the position of a message or history entry; a piece of a large value repeats that of its
//! first part. `pieces` says how many pieces follow the first part under keys of their own.

use sayiir_core::backend::BackendError;
use serde::{Deserialize, Serialize};

use crate::keys;

/// The version that is written.
pub(crate) const VERSION: u8 = 1;

const CHECKED_FROM: usize = 5;

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) pieces: u32,
    pub(crate) sequence: u64,
}

/// Puts a payload into its frame.
pub(crate) fn encode(key: &[u8], header: Header, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 16);
    out.extend_from_slice(&[VERSION, 0, 0, 0, 0]);
    let mut out = postcard::to_extend(&header, out).expect("two numbers always have a binary form");
    out.extend_from_slice(payload);
    let crc = checksum(key, VERSION, &out[CHECKED_FROM..]);
    out[1..CHECKED_FROM].copy_from_slice(&crc.to_le_bytes());
    out
}

/// Takes a payload out of its frame.
///
/// # Errors
/// `NewerFormat` for a version that is not known, `Damaged` if the checksum does not hold.
pub(crate) fn decode<'a>(key: &[u8], bytes: &'a [u8]) -> Result<(Header, &'a [u8]), BackendError> {
    let damaged = |why: &str| BackendError::Damaged { detail: format!("{}: {why}", keys::name(key)) };
    let (&[version, ref crc @ ..], checked) =
        bytes.split_first_chunk::<CHECKED_FROM>().ok_or_else(|| damaged("it is cut short"))?;
    if u32::from_le_bytes(*crc) != checksum(key, version, checked) {
        return Err(damaged("its checksum does not hold"));
    }
    if version > VERSION {
        return Err(BackendError::NewerFormat { found: version.into(), supported: VERSION.into() });
    }
    postcard::take_from_bytes(checked).map_err(|error| damaged(&error.to_string()))
}

fn checksum(key: &[u8], version: u8, checked: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(&[version]);
    hasher.update(checked);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header = Header { pieces: 300, sequence: 1 << 40 };

    #[test]
    fn a_frame_gives_back_what_was_put_in() {
        let bytes = encode(b"key", HEADER, b"payload");
        let (header, payload) = decode(b"key", &bytes).expect("as it was written");
        assert_eq!((header, payload), (HEADER, b"payload".as_slice()));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_detected() {
        let bytes = encode(b"key", HEADER, b"payload");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(b"key", &flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode(b"key", &bytes[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_value_under_another_key_is_detected() {
        let bytes = encode(b"key", HEADER, b"payload");
        assert!(matches!(decode(b"kez", &bytes), Err(BackendError::Damaged { .. })));
    }

    #[test]
    fn a_newer_version_is_named() {
        let mut bytes = encode(b"key", HEADER, b"payload");
        bytes[0] = VERSION + 1;
        let crc = checksum(b"key", bytes[0], &bytes[CHECKED_FROM..]);
        bytes[1..CHECKED_FROM].copy_from_slice(&crc.to_le_bytes());
        assert!(matches!(decode(b"key", &bytes), Err(BackendError::NewerFormat { found: 2, supported: 1 })));
    }
}
