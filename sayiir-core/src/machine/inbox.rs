//! Signals: accepting them, and handing them to the waits in order.

use std::sync::Arc;

use super::moves::Cause;
use super::settle::Ready;
use super::{Machine, empty_queue};
use crate::backend::{Accepted, RunChange};
use crate::durable::Stored;
use crate::history::{Digest, Event};
use crate::ids::LeafPath;
use crate::record::{LeafKind, LeafRecord, Queue, StoredOutcome};
use crate::signal::Message;
use crate::step::Outcome;

/// A signal that was checked and is to be accepted.
#[derive(Debug, Clone)]
pub(crate) struct NewMessage {
    pub(crate) signal: String,
    pub(crate) payload: Stored,
    pub(crate) by: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    /// It is refused unless the run waits for it.
    pub(crate) only_if_waiting: bool,
}

/// A message that a wait is to take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(super) path: LeafPath,
    pub(crate) signal: String,
    pub(crate) position: u64,
}

impl Machine {
    /// Takes a signal into the inbox.
    pub(crate) fn accept(&mut self, new: NewMessage) {
        let queue = self.queue_mut(&new.signal);
        let position = queue.tail;
        queue.tail += 1;
        queue.keyed += u64::from(new.idempotency_key.is_some());
        self.log(Event::SignalReceived {
            signal: new.signal.clone(),
            position,
            by: new.by.clone(),
            payload: Digest::of(new.payload.as_str().as_bytes()),
        });
        let at = self.now;
        self.own().accepted.push(Accepted {
            message: Message { signal: new.signal, position, payload: new.payload, by: new.by, at },
            idempotency_key: new.idempotency_key,
            taken: false,
        });
    }

    /// The message, if it came in this very turn; else the store has it.
    pub(super) fn held(&self, wanted: &Wanted) -> Option<Message> {
        self.commit.changes[0]
            .accepted
            .iter()
            .map(|accepted| &accepted.message)
            .find(|message| message.signal == wanted.signal && message.position == wanted.position)
            .cloned()
    }

    /// Hands a wait the message it wants.
    pub(crate) fn take(&mut self, wanted: Wanted, message: Message) {
        let Wanted { path, signal, position } = wanted;
        let live = match self.take_live() {
            Ok(live) => live,
            // The message stays where it is.
            Err(reason) => {
                return self.stop(reason, Some(Cause { path, outcome: StoredOutcome::Nothing }));
            }
        };
        let stored = StoredOutcome::Signal(message.clone());
        let moved = self.advance(live, Some((path, Outcome::Signal(message))));
        self.consume(&signal, position);
        if moved.rejected.is_none() {
            self.log(Event::SignalTaken { signal, position });
        }
        self.conclude(moved, Some(stored));
    }

    /// What the inbox has for a wait: the oldest message of its name, of which several waits the first in source order has it. One
    /// that no wait may have any more is set aside first.
    pub(super) fn in_inbox(&self, leaf: &LeafRecord) -> Option<Ready> {
        let LeafKind::Signal { name, from, .. } = &leaf.kind else {
            return None;
        };
        let queue = self.record.inbox.iter().find(|queue| queue.signal == *name)?;
        let position = queue.head;
        if position >= queue.tail {
            return None;
        }
        let signal = name.clone();
        if *from <= position {
            return Some(Ready::Take(Wanted { path: leaf.path.clone(), signal, position }));
        }
        let another_may = self.record.leaves().iter().any(|leaf| {
            matches!(&leaf.kind, LeafKind::Signal { name, from, .. } if *name == signal && *from <= position)
        });
        (!another_may).then_some(Ready::Supersede { signal, position })
    }

    /// Sets a message aside that no wait may have any more.
    pub(super) fn supersede(&mut self, signal: String, position: u64) {
        self.moves += 1;
        self.consume(&signal, position);
        self.log(Event::SignalSuperseded { signal, position });
    }

    /// Takes a message out of the inbox, or never puts it in if it came in this turn.
    fn consume(&mut self, signal: &str, position: u64) {
        self.changed = true;
        self.queue_mut(signal).head = position + 1;
        let RunChange { accepted, removed, .. } = self.own();
        let came_now = accepted
            .iter_mut()
            .find(|accepted| accepted.message.signal == signal && accepted.message.position == position);
        match came_now {
            Some(accepted) => accepted.taken = true,
            None => removed.push((signal.into(), position)),
        }
    }

    /// The queue of a name; a name that a newer version of the workflow declares gets one when it is first used.
    fn queue_mut(&mut self, signal: &str) -> &mut Queue {
        let inbox = &mut self.record.inbox;
        let place = inbox.iter().position(|queue| queue.signal == signal);
        let place = place.unwrap_or_else(|| {
            *inbox = inbox.iter().cloned().chain([empty_queue(signal.to_owned())]).collect();
            inbox.len() - 1
        });
        &mut Arc::make_mut(inbox)[place]
    }
}
