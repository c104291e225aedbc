//! Reading a run's history.

use std::sync::Arc;

use super::{Engine, HistoryError};
use crate::backend::Backend;
use crate::history::{Chain, HistoryEntry, HistoryHead, HistoryKey, Tampered};
use crate::ids::RunId;
use crate::record::Record;

/// How many entries are read at a time.
const PAGE: usize = 1_024;

impl Engine {
    /// What happened to a run so far, by id.
    ///
    /// ```
    /// # use sayiir::prelude::*;
    /// # #[workflow]
    /// # async fn approval(amount: u32) -> Result<String, Timeout> {
    /// #     let by: String = signal!("approved", 48h).await?;
    /// #     Ok(format!("{amount} approved by {by}"))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// let history = engine.history("exp-001").await?;
    /// history.verify()?;
    /// for entry in &history {
    ///     println!("{} {:?}", entry.at, entry.event);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there is no such run, or if the store fails.
    pub async fn history(&self, id: impl AsRef<str>) -> Result<RunHistory, HistoryError> {
        let run = RunId::new(id.as_ref())?;
        RunHistory::read(&*self.shared().backend, &run, self.shared().history_key).await
    }
}

/// The history of one run, as it was when it was read.
#[derive(Debug, Clone)]
pub struct RunHistory {
    record: Arc<Record>,
    entries: Vec<HistoryEntry>,
    /// That of the engine which read it.
    key: Option<HistoryKey>,
}

impl RunHistory {
    pub(crate) async fn read<B: Backend + ?Sized>(
        backend: &B,
        run: &RunId,
        key: Option<HistoryKey>,
    ) -> Result<Self, HistoryError> {
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
        Ok(Self { record, entries, key })
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

    /// Its length and the hash of its last entry. Kept elsewhere, it shows later whether what there was then was replaced, or cut
    /// off: see [`contains`](Self::contains).
    #[must_use]
    pub fn head(&self) -> HistoryHead {
        self.record.history
    }

    /// Whether this history goes on from where one with that [`head`](Self::head) ended. Says something only of a history that
    /// [`verify`](Self::verify)s.
    #[must_use]
    pub fn contains(&self, head: HistoryHead) -> bool {
        let Some(last) = head.length.checked_sub(1) else {
            return head == HistoryHead::default();
        };
        let last = usize::try_from(last).ok().and_then(|last| self.entries.get(last));
        last.is_some_and(|last| last.hash == head.hash)
    }

    /// Checks that every entry carries the hash of the one before, under the engine's
    /// [key](crate::engine::EngineBuilder::history_key) if it has one, and that none is missing.
    ///
    /// Without a key this shows careless changes only: who knows how can make all hashes anew.
    ///
    /// # Errors
    /// The first place where it does not hold; or, where all else does, which entries were written without the key.
    pub fn verify(&self) -> Result<(), Tampered> {
        let run = &self.record.run;
        let mut chain = self.chain(HistoryHead::default());
        let mut unkeyed: Option<(u64, u64)> = None;
        for entry in &self.entries {
            match chain.verify(run, entry) {
                Ok(()) => {}
                Err(Tampered::Unkeyed { first, .. }) => unkeyed.get_or_insert((first, 0)).1 += 1,
                Err(Tampered::Changed { position: 0, .. }) if self.none_holds() => {
                    return Err(Tampered::OtherKey { run: run.clone() });
                }
                Err(tampered) => return Err(tampered),
            }
        }
        match unkeyed {
            _ if chain.head() != self.record.history => Err(Tampered::WrongHead { run: run.clone() }),
            Some((first, count)) => Err(Tampered::Unkeyed { run: run.clone(), first, count }),
            None => Ok(()),
        }
    }

    /// Whether no entry holds even against the hash that stands before it, as under another key.
    fn none_holds(&self) -> bool {
        let mut head = HistoryHead::default();
        self.entries.iter().all(|entry| {
            let checked = self.chain(head).verify(&self.record.run, entry);
            head = HistoryHead { length: entry.position + 1, hash: entry.hash };
            matches!(checked, Err(Tampered::Changed { .. }))
        })
    }

    fn chain(&self, head: HistoryHead) -> Chain {
        Chain::new(&self.record.run, self.record.incarnation, head).under(self.key)
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
