//! Callers that wait until a run has settled: it has ended, is blocked, or waits for something from outside.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::ids::{RunId, RunMap};

/// Who waits for which run.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    waiting: Mutex<RunMap<Vec<oneshot::Sender<()>>>>,
}

/// A wait that nobody will end any more.
#[derive(Debug)]
pub(crate) struct EngineStopped;

/// One caller's wait.
#[derive(Debug)]
pub(crate) struct Wait<'a> {
    waiters: &'a Waiters,
    run: &'a RunId,
    told: Option<oneshot::Receiver<()>>,
}

impl Waiters {
    /// Registers a wait. Done before the record is read, so that what happens in between is not missed.
    pub(crate) fn register<'a>(&'a self, run: &'a RunId) -> Wait<'a> {
        let (sender, receiver) = oneshot::channel();
        self.lock().entry(run.key().clone()).or_default().push(sender);
        Wait { waiters: self, run, told: Some(receiver) }
    }

    /// Tells everyone who waits that the run has settled.
    pub(crate) fn tell(&self, run: &RunId) {
        let Some(waiting) = self.lock().remove(run.key()) else {
            return;
        };
        for sender in waiting {
            // A caller that went away does not want to know.
            let _ = sender.send(());
        }
    }

    /// Lets all go: the engine stops.
    pub(crate) fn dismiss(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, RunMap<Vec<oneshot::Sender<()>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait<'_> {
    /// Waits until the run has settled, or the engine stops.
    pub(crate) async fn over(mut self) -> Result<(), EngineStopped> {
        match &mut self.told {
            Some(told) => told.await.map_err(|_| EngineStopped),
            None => Err(EngineStopped),
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.told = None;
        let mut waiting = self.waiters.lock();
        if let Some(senders) = waiting.get_mut(self.run.key()) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiting.remove(self.run.key());
            }
        }
    }
}
