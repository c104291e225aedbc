//! What an active run is told: commands go in at its [`Address`], and its actor takes them out of its [`Mailbox`].
//!
//! Most runs are told nothing more after what brought them to life. So an empty mailbox is a flag to look at, which is done at
//! each step, and has no room for anything yet.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;

use super::command::Command;

/// Where an actor is told something.
#[derive(Debug)]
pub(crate) struct Address(Arc<Shared>);

/// Where an actor receives its commands, in the order in which they were sent. When it goes, so do those in it.
#[derive(Debug)]
pub(crate) struct Mailbox(Arc<Shared>);

/// An empty mailbox with its address.
pub(crate) fn mailbox() -> (Address, Mailbox) {
    let shared = Arc::new(Shared::default());
    (Address(Arc::clone(&shared)), Mailbox(shared))
}

#[derive(Debug, Default)]
struct Shared {
    /// Whether there are commands; changed under their lock.
    has_mail: AtomicBool,
    commands: Mutex<Commands>,
    actor: AtomicWaker,
}

#[derive(Default)]
struct Commands {
    waiting: VecDeque<Command>,
    is_closed: bool,
}

impl Address {
    /// Hands the command over, unless nobody is there any more.
    pub(crate) fn send(&self, command: Command) -> Result<(), Command> {
        let mut commands = self.0.lock();
        if commands.is_closed {
            return Err(command);
        }
        commands.waiting.push_back(command);
        self.0.has_mail.store(true, Ordering::Release);
        drop(commands);
        self.0.actor.wake();
        Ok(())
    }
}

impl Mailbox {
    /// The oldest command, if there is one.
    pub(crate) fn try_recv(&mut self) -> Option<Command> {
        if self.is_empty() {
            return None;
        }
        let mut commands = self.0.lock();
        let command = commands.waiting.pop_front();
        self.0.has_mail.store(!commands.waiting.is_empty(), Ordering::Release);
        command
    }

    /// Waits for the oldest command. May be dropped at any time; no command gets lost.
    pub(crate) async fn recv(&mut self) -> Command {
        let received = poll_fn(|context| {
            if let Some(command) = self.try_recv() {
                return Poll::Ready(command);
            }
            self.0.actor.register(context.waker());
            // One that came before that was known woke nobody.
            self.try_recv().map_or(Poll::Pending, Poll::Ready)
        });
        received.await
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.0.has_mail.load(Ordering::Acquire)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let mut commands = self.0.lock();
        commands.is_closed = true;
        let left = std::mem::take(&mut commands.waiting);
        drop(commands);
        // Whoever waits for an answer is told by the end of it.
        drop(left);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Commands> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Commands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Commands")
            .field("waiting", &self.waiting.len())
            .field("is_closed", &self.is_closed)
            .finish()
    }
}
