//! Callers that wait until a run has settled: it has ended, is blocked, or waits for something from outside. They are also told
//! when it will not, because the store keeps it from going on.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::backend::BackendError;
use crate::ids::{RunId, RunMap};

/// What whoever waits is told: why the run has not settled, if it has not.
type Told = Option<BackendError>;

/// Who waits for which run.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    waiting: Mutex<RunMap<Vec<oneshot::Sender<Told>>>>,
}

/// A wait that nobody will end any more.
#[derive(Debug)]
pub(crate) struct EngineStopped;

/// One caller's wait.
#[derive(Debug)]
pub(crate) struct Wait<'a> {
    waiters: &'a Waiters,
    run: &'a RunId,
    told: Option<oneshot::Receiver<Told>>,
}

impl Waiters {
    /// Registers a wait. Done before the record is read, so that what happens in between is not missed.
    pub(crate) fn register<'a>(&'a self, run: &'a RunId) -> Wait<'a> {
        let (sender, receiver) = oneshot::channel();
        self.lock().entry(run.key().clone()).or_default().push(sender);
        Wait { waiters: self, run, told: Some(receiver) }
    }

    /// Tells everyone who waits for the run that it has settled; or, with the error, that it will not because of that.
    pub(crate) fn tell(&self, run: &RunId, error: Option<&BackendError>) {
        let waiting = self.lock().remove(run.key());
        send(waiting.into_iter().flatten(), error);
    }

    /// Tells everyone who waits for any run that none will settle any more because of that.
    pub(crate) fn tell_all(&self, error: &BackendError) {
        let waiting = std::mem::take(&mut *self.lock());
        send(waiting.into_values().flatten(), Some(error));
    }

    /// Lets all go: the engine stops.
    pub(crate) fn dismiss(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, RunMap<Vec<oneshot::Sender<Told>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(waiting: impl Iterator<Item = oneshot::Sender<Told>>, error: Option<&BackendError>) {
    for sender in waiting {
        // A caller that went away does not want to know.
        let _ = sender.send(error.cloned());
    }
}

impl Wait<'_> {
    /// Waits until the run has settled, will not because of the error, or the engine stops.
    pub(crate) async fn over(mut self) -> Result<Told, EngineStopped> {
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
