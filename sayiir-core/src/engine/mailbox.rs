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
pub(crate) struct Address(Arc<Letterbox>);

/// Where an actor receives its commands, in the order in which they were sent. When it goes, so do those in it.
#[derive(Debug)]
pub(crate) struct Mailbox(Arc<Letterbox>);

/// An empty mailbox with its address.
pub(crate) fn mailbox() -> (Address, Mailbox) {
    let letterbox = Arc::new(Letterbox::default());
    (Address(Arc::clone(&letterbox)), Mailbox(letterbox))
}

#[derive(Debug, Default)]
struct Letterbox {
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

impl Letterbox {
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;
    use std::task::{Context, Wake, Waker};
    use std::thread;
    use std::time::{Duration, Instant};

    use tokio::sync::oneshot;

    use super::*;

    fn cancel(reason: &str) -> Command {
        Command::Cancel(reason.to_owned(), oneshot::channel().0)
    }

    fn reason(command: Option<Command>) -> Option<String> {
        match command? {
            Command::Cancel(reason, _) => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn commands_come_out_in_the_order_in_which_they_went_in() {
        let (address, mut mailbox) = mailbox();
        assert!(mailbox.is_empty() && mailbox.try_recv().is_none());
        for text in ["a", "b"] {
            assert!(address.send(cancel(text)).is_ok());
        }
        assert_eq!(reason(mailbox.try_recv()).as_deref(), Some("a"));
        assert!(!mailbox.is_empty());
        assert_eq!(reason(mailbox.try_recv()).as_deref(), Some("b"));
        assert!(mailbox.is_empty() && mailbox.try_recv().is_none());
    }

    #[tokio::test]
    async fn a_command_that_comes_while_its_actor_waits_wakes_it() {
        let (address, mut mailbox) = mailbox();
        {
            let mut waits = pin!(mailbox.recv());
            assert!(futures_util::poll!(&mut waits).is_pending());
        }
        let waits = async { reason(Some(mailbox.recv().await)) };
        let sends = async { assert!(address.send(cancel("late")).is_ok()) };
        let (received, ()) = tokio::join!(waits, sends);
        assert_eq!(received.as_deref(), Some("late"));
    }

    #[tokio::test]
    async fn who_waits_for_an_answer_hears_that_the_actor_has_gone() {
        let (address, mailbox) = mailbox();
        let (reply, answer) = oneshot::channel();
        assert!(address.send(Command::Due(reply)).is_ok());
        drop(mailbox);
        assert!(answer.await.is_err());
        assert_eq!(reason(address.send(cancel("too late")).err()).as_deref(), Some("too late"));
    }

    /// Notes that it was woken.
    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    /// Two threads, as often as fits into a second: a command is sent at some moment while its receiver looks, registers and
    /// looks again.
    #[test]
    fn a_command_that_comes_just_as_its_actor_goes_to_wait_wakes_it() {
        const TIME: Duration = Duration::from_secs(1);
        const PATIENCE: Duration = Duration::from_mins(1);
        let (address, mut mailbox) = mailbox();
        let rounds = Arc::new(AtomicUsize::new(0));
        let begun = Arc::clone(&rounds);
        let sender = thread::spawn(move || {
            for number in 1.. {
                while begun.load(Ordering::SeqCst) < number {
                    std::hint::spin_loop();
                }
                (0..number % 64).for_each(|_| std::hint::spin_loop());
                if address.send(cancel("now")).is_err() {
                    return;
                }
            }
        });
        let start = Instant::now();
        while start.elapsed() < TIME {
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            let mut waits = pin!(mailbox.recv());
            rounds.fetch_add(1, Ordering::SeqCst);
            while waits.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                let asleep = Instant::now();
                while !woken.0.swap(false, Ordering::SeqCst) {
                    assert!(asleep.elapsed() < PATIENCE, "a command came, and woke nobody");
                    thread::yield_now();
                }
            }
        }
        drop(mailbox);
        rounds.fetch_add(1, Ordering::SeqCst);
        sender.join().expect("it ends once nobody receives");
    }
}
