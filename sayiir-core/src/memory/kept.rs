//! What the store in memory keeps of one run.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::log::Log;
use crate::backend::{Accepted, RunChange};
use crate::record::Record;
use crate::signal::Message;

/// What is kept of one run.
pub(super) struct Kept {
    pub(super) record: Arc<Record>,
    pub(super) history: Log,
    /// None before there is something in it: many a run is never sent a signal.
    mail: Option<Box<Mail>>,
}

#[derive(Default)]
struct Mail {
    inbox: BTreeMap<String, BTreeMap<u64, Message>>,
    delivered: HashSet<String>,
}

impl Kept {
    pub(super) fn new(record: &Record, change: &RunChange) -> Self {
        let mut kept = Self { record: Arc::new(record.clone()), history: Log::default(), mail: None };
        kept.note(change);
        kept
    }

    pub(super) fn take(&mut self, record: &Record, change: &RunChange) {
        // One that nobody reads just now is overwritten in place.
        match Arc::get_mut(&mut self.record) {
            Some(kept) => kept.copy_from(record),
            None => self.record = Arc::new(record.clone()),
        }
        self.note(change);
    }

    /// Takes all but the record.
    fn note(&mut self, change: &RunChange) {
        self.history.extend(&change.history);
        if !change.accepted.is_empty() || !change.removed.is_empty() {
            self.mail.get_or_insert_default().take(&change.accepted, &change.removed);
        }
    }

    pub(super) fn message(&self, signal: &str, position: u64) -> Option<&Message> {
        self.mail.as_ref()?.inbox.get(signal)?.get(&position)
    }

    /// Whether a message with this key was accepted.
    pub(super) fn has_had(&self, idempotency_key: &str) -> bool {
        self.mail.as_ref().is_some_and(|mail| mail.delivered.contains(idempotency_key))
    }
}

impl Mail {
    fn take(&mut self, accepted: &[Accepted], removed: &[(String, u64)]) {
        for Accepted { message, idempotency_key, taken } in accepted {
            self.delivered.extend(idempotency_key.clone());
            if !taken {
                let queue = self.inbox.entry(message.signal.clone()).or_default();
                queue.insert(message.position, message.clone());
            }
        }
        for (signal, position) in removed {
            if let Some(queue) = self.inbox.get_mut(signal) {
                queue.remove(position);
                if queue.is_empty() {
                    self.inbox.remove(signal);
                }
            }
        }
    }
}
