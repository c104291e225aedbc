//! The machine: decides what becomes of one run, and does nothing else.
//!
//! A [`Turn`] is one commit in the making. In come the run as the store holds it, the time, and what happened (an attempt
//! ended, a signal was sent, a deadline passed, a caller wants to cancel or retry). Out come the new record, the history, and
//! what changes in the inbox. It never reads a clock, never waits, never touches a store: where a move needs a message
//! that the store holds, the turn says which ([`Turn::wanted`]) and is handed it. Code of the user that panics is caught here.

mod attempt;
mod compensate;
mod control;
mod due;
mod inbox;
mod leaves;
mod moves;
mod spawn;
#[cfg(test)]
mod tests;
mod upgrade;

use std::any::Any;
use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use attempt::{AttemptEnd, EndedAttempt};
pub(crate) use control::NotRetryable;
pub(crate) use inbox::NewMessage;
pub(crate) use leaves::{LeafId, with_task};
pub(crate) use moves::{caught, panic_message};
pub(crate) use spawn::WantedSpawn;

use crate::backend::{Accepted, After, Before, RunChange};
use crate::durable::Stored;
use crate::history::{Chain, Digest, Event, HistoryEntry, HistoryKey};
use crate::ids::{Incarnation, Name, RunId};
use crate::record::{BlockReason, Ending, IndexEntry, LastOutcome, Phase, Queue, Record};
use crate::workflow::{LiveState, Program};

/// How many moves one commit may hold. What is left is done in the next one, so that a loop over a full inbox, or of sleeps
/// that are over at once, cannot make a commit grow without end.
const MOST_MOVES: usize = 64;

/// A run in memory, as the store holds it.
pub(crate) struct Image {
    /// Its record.
    pub(crate) record: Arc<Record>,
    /// What the indexes hold of it.
    index: Arc<IndexEntry>,
    /// Its state decoded, if that was needed so far.
    pub(crate) live: Option<Box<dyn LiveState>>,
}

impl Image {
    /// A run as it was read.
    pub(crate) fn new(record: Arc<Record>) -> Self {
        Self { index: Arc::new(record.index()), record, live: None }
    }

    /// When the run wants to be woken next.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.index.due
    }
}

/// A run that is about to begin.
pub(crate) struct NewRun {
    pub(crate) run: RunId,
    pub(crate) incarnation: Incarnation,
    pub(crate) input_digest: Digest,
    /// `Box<W::Input>`.
    pub(crate) input: Box<dyn Any + Send>,
    /// The signals of the whole tree of workflows.
    pub(crate) signals: Vec<&'static str>,
    /// The run that starts it.
    pub(crate) parent: Option<RunId>,
}

/// One commit in the making. Large, and handed on: it lives in a box.
pub(crate) struct Turn {
    program: Option<Arc<dyn Program>>,
    now: Timestamp,
    before: Option<Before>,
    record: Record,
    live: Option<Box<dyn LiveState>>,
    chain: Chain,
    history: Vec<HistoryEntry>,
    accepted: Vec<Accepted>,
    removed: Vec<(String, u64)>,
    /// Runs that begin with this commit.
    children: Vec<(RunChange, Image)>,
    moves: usize,
    changed: bool,
}

/// What a turn led to.
pub(crate) enum Decided {
    /// Nothing is to be written.
    Unchanged(Image),
    /// This is to be written; the image is what the store holds once it is.
    Changed(RunChange, Image),
}

impl Turn {
    /// A turn of a run that is there. `program` is `None` when this engine does not know its workflow.
    pub(crate) fn resume(
        image: Image,
        program: Option<Arc<dyn Program>>,
        now: Timestamp,
        key: Option<HistoryKey>,
    ) -> Box<Self> {
        let record = Record::clone(&image.record);
        let mut turn = Box::new(Self {
            program,
            now,
            before: Some(Before { revision: record.revision, index: image.index }),
            chain: Chain::new(record.incarnation, record.history).under(key),
            record,
            live: image.live,
            history: Vec::new(),
            accepted: Vec::new(),
            removed: Vec::new(),
            children: Vec::new(),
            moves: 0,
            changed: false,
        });
        turn.take_up_old_state();
        turn
    }

    /// The first turn of a run: its body runs to the first place where it waits.
    pub(crate) fn start(
        new: NewRun,
        program: Arc<dyn Program>,
        now: Timestamp,
        key: Option<HistoryKey>,
    ) -> Box<Self> {
        let deadline = program.timeout().map(|limit| crate::operation::deadline(now, limit));
        let record = Record {
            input_digest: new.input_digest,
            deadline,
            inbox: new.signals.into_iter().map(empty_queue).collect(),
            parent: new.parent,
            ..Record::new(new.run, new.incarnation, program.name(), now)
        };
        let mut turn = Box::new(Self {
            program: Some(program),
            now,
            before: None,
            chain: Chain::new(record.incarnation, record.history).under(key),
            record,
            live: None,
            history: Vec::new(),
            accepted: Vec::new(),
            removed: Vec::new(),
            children: Vec::new(),
            moves: 0,
            changed: true,
        });
        turn.begin(new.input);
        turn
    }

    /// The record as it would be written now.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// Whether the turn stopped because it held enough moves; the next one goes on at once.
    pub(crate) fn has_more(&self) -> bool {
        self.moves >= MOST_MOVES
    }

    /// Closes the turn.
    pub(crate) fn finish(mut self: Box<Self>) -> Decided {
        if !self.changed {
            let index = self.before.map_or_else(|| Arc::new(self.record.index()), |before| before.index);
            return Decided::Unchanged(Image { record: Arc::new(self.record), index, live: self.live });
        }
        self.record.revision.0 += 1;
        self.record.updated = self.now;
        self.record.history = self.chain.head();
        let after = After::following(self.before.as_ref(), self.record);
        let After { record, index } = after.clone();
        let change = RunChange {
            run: record.run.clone(),
            before: self.before,
            after: Some(after),
            history: self.history,
            accepted: self.accepted,
            removed: self.removed,
        };
        Decided::Changed(change, Image { record, index, live: self.live })
    }

    /// Adds to the history.
    fn log(&mut self, event: Event) {
        self.changed = true;
        self.history.push(self.chain.append(self.now, event));
    }

    /// Ends the run with a value. What it remembered is forgotten, but for that of workflows that were cancelled on the way.
    fn complete(&mut self, output: Stored) {
        self.record.compensations.retain(|remembered| remembered.owner.is_none());
        self.end(Ending::Completed { output }, None);
    }

    fn fail(&mut self, error: String, cause: Option<LastOutcome>) {
        self.end(Ending::Failed { error }, cause);
    }

    fn block(&mut self, reason: BlockReason, cause: Option<LastOutcome>) {
        self.log(Event::Blocked { reason: reason.to_string() });
        self.live = None;
        self.record.phase = Phase::Blocked { reason, cause };
    }
}

fn empty_queue(signal: impl Into<Name>) -> Queue {
    Queue { signal: signal.into(), head: 0, tail: 0 }
}
