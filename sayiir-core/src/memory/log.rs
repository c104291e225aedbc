//! The history of one run, as the store in memory keeps it: in pieces, so that what is there is never moved as it grows, and
//! that little room is kept for what may never come.

use crate::history::HistoryEntry;

/// How many entries a piece has room for: so few that an allocator takes it for something small.
const PIECE: usize = 4;

/// A history that only grows.
#[derive(Default)]
pub(super) struct Log {
    /// All of them full but the last.
    pieces: Vec<Vec<HistoryEntry>>,
}

impl Log {
    pub(super) fn extend(&mut self, entries: &[HistoryEntry]) {
        for entry in entries {
            match self.pieces.last_mut() {
                Some(last) if last.len() < PIECE => last.push(entry.clone()),
                Some(_) | None => {
                    let mut piece = Vec::with_capacity(PIECE);
                    piece.push(entry.clone());
                    self.pieces.push(piece);
                }
            }
        }
    }

    /// The entries from `position` on.
    pub(super) fn from(&self, position: usize) -> impl Iterator<Item = &HistoryEntry> {
        self.pieces.iter().skip(position / PIECE).flatten().skip(position % PIECE)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::history::{Digest, Event};

    #[test]
    fn entries_come_out_from_every_position_on() {
        let entry = |position| HistoryEntry {
            position,
            at: Timestamp::UNIX_EPOCH,
            event: Event::Retried,
            hash: Digest::default(),
        };
        let entries: Vec<HistoryEntry> = (0..=3 * PIECE as u64).map(entry).collect();
        let mut log = Log::default();
        entries.chunks(3).for_each(|some| log.extend(some));
        for position in 0..entries.len() + 2 {
            let kept: Vec<HistoryEntry> = log.from(position).cloned().collect();
            assert_eq!(kept, entries.get(position..).unwrap_or_default());
        }
    }
}
