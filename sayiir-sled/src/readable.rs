//! Whether sled's log reads, asked before sled opens it.
//!
//! Sled takes a part that does not read for the end of its log, and writes over all segments behind it: one bad sector, even
//! one that reads a moment later, would cost what was written since. So everything that sled is about to read is read
//! first, and a failure is reported before anything is touched. Sled's own reads then find it in the system's cache.
//!
//! ```text
//! db      := segment*, each of 512 KiB
//! segment := crc:u32   lsn:i64 xor 2^63-1   stable:i64 xor 2^63-1   messages    all little-endian
//! ```
//!
//! Sled reads the header of every segment, and the messages of those that its newest snapshot, `snap.<lsn in hexadecimal>`,
//! does not cover.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use sayiir_core::backend::BackendError;

use crate::error::At;
use crate::recovery::files;

/// Sled's default, which its own configuration file keeps from changing.
const SEGMENT: u32 = 512 * 1024;
const HEADER: usize = 20;
const LSN: Range<usize> = 4..12;
/// What is read at a time: it stays in the processor's cache.
const PART: usize = 64 * 1024;

/// Reads what sled is about to read of the log in this directory.
///
/// # Errors
/// What the system says.
pub(crate) fn check(directory: &Path) -> Result<(), BackendError> {
    let path = directory.join("db");
    let covered = covered(directory)?;
    match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        log => log.and_then(|log| read_from(log, covered)).at("reading", &path),
    }
}

/// The log up to here is in the newest snapshot.
fn covered(directory: &Path) -> Result<i64, BackendError> {
    let files = files(directory)?;
    let snapshots = files.iter().filter_map(|(name, _)| name.strip_prefix("snap."));
    Ok(snapshots.filter_map(|lsn| i64::from_str_radix(lsn, 16).ok()).max().unwrap_or_default())
}

fn read_from(mut log: File, covered: i64) -> io::Result<()> {
    let length = log.metadata()?.len();
    let mut bytes = vec![0; PART];
    for number in 0..length.div_ceil(SEGMENT.into()) {
        log.seek(SeekFrom::Start(number * u64::from(SEGMENT)))?;
        let mut segment = (&log).take(SEGMENT.into());
        let header = segment.read(&mut bytes[..HEADER])?;
        if header == HEADER && ends_behind(&bytes[LSN], covered) {
            while segment.read(&mut bytes)? > 0 {}
        }
    }
    Ok(())
}

/// Whether a segment whose header has this sequence number holds anything behind `covered`.
fn ends_behind(lsn: &[u8], covered: i64) -> bool {
    let lsn = lsn.try_into().map_or(i64::MAX, |lsn| i64::from_le_bytes(lsn) ^ i64::MAX);
    lsn.saturating_add(SEGMENT.into()) > covered
}
