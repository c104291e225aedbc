//! How an engine hears of signals that were sent past it, through the store: [`Doorbell`].

use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::ids::RunId;

/// Tells the engine that works on a store of signals which [`send_event`](crate::send_event::SendEvent::send_event) put into
/// it, so that a run which waits for one goes on at once. A store has one for all its handles in a process.
///
/// Nothing depends on it but speed: what was sent while nobody listened, an engine finds when it starts.
#[derive(Debug, Default)]
pub struct Doorbell {
    listening: Mutex<Vec<mpsc::UnboundedSender<RunId>>>,
}

/// One who listens; until it is dropped.
#[derive(Debug)]
pub struct Listener {
    runs: mpsc::UnboundedReceiver<RunId>,
}

impl Doorbell {
    /// Says that the run was changed from outside. Of several who listen the last is told: a store has one engine at a time.
    pub fn ring(&self, run: &RunId) {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        while listening.last().is_some_and(|last| last.send(run.clone()).is_err()) {
            listening.pop();
        }
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> Listener {
        let (sender, runs) = mpsc::unbounded_channel();
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        Listener { runs }
    }
}

impl Listener {
    /// The next run that was changed from outside; `None` if the store has gone.
    ///
    /// # Cancel safety
    /// May be dropped at any time; nothing is missed.
    pub async fn next(&mut self) -> Option<RunId> {
        self.runs.recv().await
    }
}
