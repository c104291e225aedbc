//! Reading a run's history.

use std::sync::Arc;

use super::HistoryError;
use crate::backend::Backend;
use crate::history::{Chain, HistoryEntry, HistoryHead, Tampered};
use crate::ids::RunId;
use crate::record::Record;

/// How many entries are read at a time.
const PAGE: usize = 1_024;

/// The history of one run, as it was when it was read.
#[derive(Debug, Clone)]
pub struct RunHistory {
    record: Arc<Record>,
    entries: Vec<HistoryEntry>,
}

impl RunHistory {
    pub(crate) async fn read<B: Backend + ?Sized>(backend: &B, run: &RunId) -> Result<Self, HistoryError> {
        let not_found = || HistoryError::NotFound { run: run.clone() };
        let record = backend.record(run).await?.ok_or_else(not_found)?;
        let length = record.history.length;
        let mut entries: Vec<HistoryEntry> = Vec::new();
        while (entries.len() as u64) < length {
            let left = usize::try_from(length - entries.len() as u64).unwrap_or(PAGE).min(PAGE);
            let page = backend.history(run, entries.len() as u64, left).await?;
            if page.is_empty() {
                // `verify` says so.
                break;
            }
            entries.extend(page);
        }
        Ok(Self { record, entries })
    }

    /// What happened, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[HistoryEntry] {
        &self.entries
    }

    /// Goes through what happened, oldest first.
    pub fn iter(&self) -> std::slice::Iter<'_, HistoryEntry> {
        self.entries.iter()
    }

    /// Its length and the hash of its last entry. Kept elsewhere, it shows whether the history was replaced as a whole.
    #[must_use]
    pub fn head(&self) -> HistoryHead {
        self.record.history
    }

    /// Checks that every entry carries the hash of the one before, and that none is missing.
    ///
    /// # Errors
    /// The first place where it does not hold.
    pub fn verify(&self) -> Result<(), Tampered> {
        let run = &self.record.run;
        let mut chain = Chain::new(self.record.incarnation, HistoryHead::default());
        for entry in &self.entries {
            chain.verify(run, entry)?;
        }
        if chain.head() == self.record.history {
            Ok(())
        } else {
            Err(Tampered::WrongHead { run: run.clone() })
        }
    }
}

impl IntoIterator for RunHistory {
    type Item = HistoryEntry;
    type IntoIter = std::vec::IntoIter<HistoryEntry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a> IntoIterator for &'a RunHistory {
    type Item = &'a HistoryEntry;
    type IntoIter = std::slice::Iter<'a, HistoryEntry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
