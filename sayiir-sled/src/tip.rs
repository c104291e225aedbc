//! The tip: a small file beside the database with the sequence of the last acknowledged group.
//!
//! ```text
//! tip  := slot slot(at 512)
//! slot := sequence:u64 little-endian   crc:u32 little-endian of those eight bytes
//! ```
//!
//! It is written after the group is on the device and before anybody is told, and not synced itself. So it never runs ahead
//! of the database; a database behind it has lost what was acknowledged: sled takes a log that was cut for a shorter log.
//! After a power loss the tip may be old, and then says less, never more.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sayiir_core::backend::BackendError;

use crate::error::{At, from_io};

const SLOT: usize = 512;
const BYTES: usize = 12;

/// The open file.
#[derive(Debug)]
pub(crate) struct Tip {
    file: File,
}

impl Tip {
    /// Opens or creates it.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open(path: &Path) -> Result<Self, BackendError> {
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(false).open(path);
        Ok(Self { file: file.at("opening", path)? })
    }

    /// The highest sequence that it holds; 0 if it says nothing.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn read(&self) -> Result<u64, BackendError> {
        let mut bytes = Vec::with_capacity(SLOT + BYTES);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(|error| from_io("reading the tip", error))?;
        let slots = [bytes.get(..BYTES), bytes.get(SLOT..SLOT + BYTES)];
        let sequences = slots.into_iter().flatten().filter_map(slot);
        Ok(sequences.max().unwrap_or(0))
    }

    /// Writes a sequence into one of the slots, so that the other survives a tear.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn write(&self, sequence: u64) -> Result<(), BackendError> {
        let place = if sequence.is_multiple_of(2) { 0 } else { SLOT };
        self.write_slot(place, sequence)
    }

    /// Forgets what it held.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn reset(&self, sequence: u64) -> Result<(), BackendError> {
        self.write_slot(0, sequence)?;
        self.write_slot(SLOT, sequence)
    }

    fn write_slot(&self, place: usize, sequence: u64) -> Result<(), BackendError> {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&sequence.to_le_bytes());
        bytes[8..].copy_from_slice(&crc32fast::hash(&sequence.to_le_bytes()).to_le_bytes());
        put(&self.file, &bytes, place as u64).map_err(|error| from_io("writing the tip", error))
    }
}

/// One call of the system's where there is one for it: every group waits for this.
#[cfg(unix)]
fn put(file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, place)
}

#[cfg(not(unix))]
fn put(mut file: &File, bytes: &[u8], place: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(place))?;
    io::Write::write_all(&mut file, bytes)
}

fn slot(bytes: &[u8]) -> Option<u64> {
    let sequence: &[u8; 8] = bytes.first_chunk()?;
    let crc: &[u8; 4] = bytes.last_chunk()?;
    let holds = u32::from_le_bytes(*crc) == crc32fast::hash(sequence);
    holds.then(|| u64::from_le_bytes(*sequence))
}
