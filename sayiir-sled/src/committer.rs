//! Two threads that write, and two desks. At the first a group is collected and applied to the tree; at the second it is
//! synced, once for all its commits. A thread carries its group from the first to the second, answers, and goes back.
//!
//! - It leaves the first desk only when it has got the second, so that groups are synced in the order in which they were
//!   applied, and at most two are not synced: one at the second desk, one that waits for it.
//! - It leaves the first desk only if so many commits wait there that applying them takes longer than two syncs (`pace`). Otherwise it
//!   keeps it until it has answered: those who are answered come again, and one sync does for all. So the other thread does nothing
//!   as long as few commits are in flight, and none is passed from thread to thread.
//! - Who does more than write a group (periodic sync, compaction, opening again) sits at both desks.
//! - When a sync fails, so does what is applied behind it, with the same cause, and nothing is acknowledged any more. If the
//!   disk was full, the next job tries to open the database again.

use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use sayiir_core::backend::BackendError;

use crate::layout::Layout;
use crate::options::Options;
use crate::queue::{Queue, answer};
use crate::recovery::{self, Opened};
use crate::store::{Store, stopped};
use crate::syncer::{Carried, Syncer};
use crate::writer::Writer;

/// The two desks.
#[derive(Debug)]
pub(crate) struct Committer {
    store: Arc<Store>,
    writer: Mutex<Writer>,
    syncer: Mutex<Syncer>,
}

impl Committer {
    pub(crate) fn new(
        store: Arc<Store>,
        queue: Queue,
        options: Options,
        layout: Layout,
        opened: Opened,
    ) -> Self {
        let syncer =
            Syncer::new(Arc::clone(&store), layout.root().to_owned(), queue.pace(), opened.log, opened.tip);
        let writer = Writer::new(Arc::clone(&store), queue, options, layout, opened.sequence, opened.live);
        Self { store, writer: Mutex::new(writer), syncer: Mutex::new(syncer) }
    }

    /// Works until every sender is gone.
    pub(crate) fn run(&self) {
        let _watch = Watch(&self.store);
        let mut kept = None;
        while self.turn(&mut kept).is_some() {}
    }

    /// One group, from the first desk, which may have been kept, to its answers; nothing if there will be no more, or the other
    /// thread has panicked.
    fn turn<'a>(&'a self, kept: &mut Option<MutexGuard<'a, Writer>>) -> Option<()> {
        if kept.is_none() {
            *kept = Some(self.writer.lock().ok()?);
        }
        let writer = kept.as_mut()?;
        let goes_on = writer.wait();
        if writer.is_due(goes_on) {
            writer.sync_now(&mut *self.syncer.lock().ok()?);
        }
        if !goes_on {
            return None;
        }
        let carried = match self.database(writer)? {
            Ok(db) => writer.write(&db),
            Err(error) => {
                writer.refuse(&error);
                None
            }
        };
        if let Some(carried) = carried {
            self.finish(kept, carried)?;
        }
        kept.as_mut().map_or(Some(()), |writer| self.compact_if_asked(writer))
    }

    /// What becomes of a group at the second desk, and afterwards.
    fn finish(&self, kept: &mut Option<MutexGuard<'_, Writer>>, carried: Carried) -> Option<()> {
        let mut syncer = self.syncer.lock().ok()?;
        // The other thread goes on there.
        drop(kept.take_if(|writer| writer.is_worth_leaving()));
        let result = syncer.finish(&carried);
        drop(syncer);
        carried.answer(&result);
        Some(())
    }

    /// The database, opened again if there was none. One in which a write of sled's own has failed is given up: every read and
    /// commit that needs the log would be refused for ever.
    fn database(&self, writer: &mut Writer) -> Option<Result<sled::Db, BackendError>> {
        if let Some(error) = self.store.noted() {
            self.syncer.lock().ok()?.give_up(&error);
        }
        match self.store.db() {
            Ok(db) => Some(Ok(db)),
            Err(error) => Some(writer.open_again(error, &mut *self.syncer.lock().ok()?)),
        }
    }

    /// Compacts once for all who asked; what they wait behind has been written.
    fn compact_if_asked(&self, writer: &mut Writer) -> Option<()> {
        let asked = writer.compactions();
        if !asked.is_empty() {
            let result = writer.compact(&mut *self.syncer.lock().ok()?);
            for reply in asked {
                answer(reply, result.clone());
            }
        }
        Some(())
    }
}

/// The database goes before the directory's lock does.
impl Drop for Committer {
    fn drop(&mut self) {
        recovery::close(self.store.fail(stopped("it was closed")));
    }
}

/// When a thread panics, nobody may wait for it any more, though the other one lives.
struct Watch<'a>(&'a Store);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            recovery::close(self.0.fail(stopped("its thread has panicked")));
        }
    }
}
