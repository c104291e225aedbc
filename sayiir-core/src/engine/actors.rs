//! Which runs have an actor just now, and how to reach it.

use std::collections::hash_map;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use tracing::Instrument;

use super::actor::Actor;
use super::attempts::Progress;
use super::command::{Command, Refusal, Reply};
use super::mailbox::{Address, Mailbox, mailbox};
use super::shared::Shared;
use crate::ids::{RunId, RunMap};

/// The actors of one engine. A run that merely waits has none.
#[derive(Debug, Default)]
pub(crate) struct Actors {
    living: Mutex<RunMap<Entry>>,
    retired: Notify,
}

#[derive(Debug)]
struct Entry {
    address: Address,
    progress: Progress,
}

impl Shared {
    /// Hands a command to the run's actor, which is brought to life if it has none, and waits for the answer.
    pub(crate) async fn ask<T>(
        self: &Arc<Self>,
        run: &RunId,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> Result<T, Refusal> {
        let (reply, answer) = oneshot::channel();
        if self.is_closed() {
            return Err(Refusal::Stopped);
        }
        self.tell(run, command(reply));
        answer.await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Hands a command to the run's actor.
    pub(crate) fn tell(self: &Arc<Self>, run: &RunId, command: Command) {
        let mut living = self.actors.lock();
        let place = living.entry(run.key().clone());
        let command = match &place {
            // Actors go away under this lock and only with an empty mailbox, so what is sent here is received.
            hash_map::Entry::Occupied(entry) => match entry.get().address.send(command) {
                Ok(()) => return,
                Err(command) => command,
            },
            hash_map::Entry::Vacant(_) => command,
        };
        let (address, commands) = mailbox();
        let progress = Progress::default();
        let span = tracing::info_span!("run", %run, workflow = tracing::field::Empty);
        place.insert_entry(Entry { address, progress: progress.clone() });
        let (shared, run, around) = (Arc::clone(self), run.clone(), span.clone());
        // It is large. Made once there is room for it on the heap, it is not moved there.
        let room = Box::new_uninit();
        let life = async move {
            let mut actor = Actor::new(Arc::clone(&shared), run, commands, progress, around);
            let life = pin!(actor.live(command));
            shared.stop.run_until_cancelled(life).await;
        };
        self.spawn_stoppable(Box::into_pin(Box::write(room, life.instrument(span))));
    }

    /// What the running attempts of a run last reported.
    pub(crate) fn progress(&self, run: &RunId) -> Progress {
        let living = self.actors.lock();
        living.get(run.key()).map(|entry| entry.progress.clone()).unwrap_or_default()
    }
}

impl Actors {
    /// Lets an actor go if nobody has told it anything more.
    pub(crate) fn retire(&self, run: &RunId, commands: &Mailbox) -> bool {
        let mut living = self.lock();
        if !commands.is_empty() {
            return false;
        }
        living.remove(run.key());
        drop(living);
        self.retired.notify_waiters();
        true
    }

    /// How many runs are active.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Waits until fewer than `most` runs are active.
    pub(crate) async fn below(&self, most: usize) {
        loop {
            let retired = self.retired.notified();
            if self.len() < most {
                return;
            }
            retired.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, RunMap<Entry>> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
