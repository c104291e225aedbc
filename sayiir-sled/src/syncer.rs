//! The second desk: what has been applied is synced, settled, noted in the tip, and may then be acknowledged.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use sayiir_core::backend::BackendError;

use crate::error::{caught, from_io, from_sled};
use crate::mark::Mark;
use crate::pace::Pace;
use crate::queue::{Reply, answer};
use crate::recovery;
use crate::store::{Applied, Store, stopped};
use crate::sync;
use crate::tip::Tip;

/// What is done at the second desk.
#[derive(Debug)]
pub(crate) struct Syncer {
    store: Arc<Store>,
    /// The database's directory, to be named.
    path: PathBuf,
    pace: Arc<Pace>,
    log: File,
    tip: Tip,
    /// Why nothing is acknowledged any more, and since when.
    failed: Option<(BackendError, Instant)>,
}

/// A group that has been applied, or why it has not.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) outcome: Result<Outcome, BackendError>,
    pub(crate) replies: Vec<Reply>,
    /// Those that conflict with what may not be durable yet: nobody is told before it is.
    pub(crate) refused: Vec<(Reply, BackendError)>,
}

/// What is to become of a group.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// To be synced.
    Applied {
        group: Arc<Applied>,
        sequence: u64,
        mark: Mark,
        /// How many syncs sled had made before it was applied.
        calls: u64,
    },
    /// Nothing was written, or it is to be synced some time later.
    Done,
}

impl Carried {
    pub(crate) fn answer(self, result: &Result<(), BackendError>) {
        for reply in self.replies {
            answer(reply, result.clone());
        }
        for (reply, error) in self.refused {
            answer(reply, result.clone().and(Err(error)));
        }
    }
}

impl Syncer {
    pub(crate) fn new(store: Arc<Store>, path: PathBuf, pace: Arc<Pace>, log: File, tip: Tip) -> Self {
        Self { store, path, pace, log, tip, failed: None }
    }

    /// Brings a group to the device.
    ///
    /// # Errors
    /// Why it or the group before it was not written.
    pub(crate) fn finish(&mut self, carried: &Carried) -> Result<(), BackendError> {
        if let Some((cause, _)) = &self.failed {
            return Err(cause.clone());
        }
        let result = match &carried.outcome {
            Ok(Outcome::Applied { group, sequence, mark, calls }) => self.sync(*mark, *calls).map(|()| {
                self.remember(*sequence);
                self.store.settle(group);
            }),
            // What was refused may have been for an error that sled has noted: then it goes on with nothing.
            Ok(Outcome::Done) => self.store.noted().map_or(Ok(()), Err),
            Err(error) => Err(error.clone()),
        };
        if let Err(error) = &result {
            self.fail(error);
        }
        let counters = self.store.counters();
        Store::count(&counters.groups, u64::from(!carried.replies.is_empty()));
        Store::count(&counters.commits, carried.replies.len() as u64);
        result
    }

    fn sync(&mut self, mark: Mark, calls: u64) -> Result<(), BackendError> {
        let start = Instant::now();
        let db = self.store.db()?;
        mark.reach(&db)?;
        if sync::calls() == calls {
            self.sync_log()?;
        } else {
            // What sled was not told, since its other thread was, which tells nobody.
            sync::noted(&self.log).map_err(from_log)?;
        }
        self.pace.synced(start.elapsed());
        Ok(())
    }

    /// Syncs what was acknowledged before, up to this group.
    pub(crate) fn sync_all(&mut self, sequence: u64) {
        if self.failed.is_some() {
            return;
        }
        let result = self.store.db().and_then(|db| {
            caught(|| db.flush().map_err(from_sled))?;
            // Sled may have written part of it by itself, so that the count of its syncs says nothing.
            self.sync_log()
        });
        match result {
            Ok(()) => self.remember(sequence),
            Err(error) => self.fail(&error),
        }
    }

    fn sync_log(&self) -> Result<(), BackendError> {
        Store::count(&self.store.counters().file_syncs, 1);
        self.log.sync_data().map_err(from_log)
    }

    /// Notes what is about to be acknowledged. Without the note a later loss may go unseen; nothing is lost by it.
    pub(crate) fn remember(&self, sequence: u64) {
        if let Err(error) = self.tip.write(sequence) {
            tracing::warn!(%error, "the tip was not written");
        }
    }

    /// Takes the database away, unless that was done meanwhile.
    pub(crate) fn give_up(&mut self, cause: &BackendError) {
        if self.failed.is_none() {
            self.fail(cause);
        }
    }

    fn fail(&mut self, cause: &BackendError) {
        tracing::error!(error = %cause, path = %self.path.display(), "the store has failed");
        self.failed = Some((cause.clone(), Instant::now()));
        // After a failed sync the system may take for written what is not: only a new start can tell what is there.
        let may_pass = matches!(cause, BackendError::StorageFull { .. });
        let told = if may_pass { cause.clone() } else { stopped(&cause.to_string()) };
        recovery::close(self.store.fail(told));
    }

    /// When it failed last.
    pub(crate) fn failed_at(&mut self) -> Option<&mut Instant> {
        self.failed.as_mut().map(|(_, at)| at)
    }

    /// Goes on with another log.
    pub(crate) fn take(&mut self, log: File) {
        self.log = log;
    }

    /// Goes on with a database that was opened again.
    pub(crate) fn go_on(&mut self, log: File, tip: Tip) {
        self.log = log;
        self.tip = tip;
        self.failed = None;
    }
}

fn from_log(error: std::io::Error) -> BackendError {
    from_io("syncing the log", error)
}
