//! The machine: decides what becomes of one run, and does nothing else.
//!
//! A [`Machine`] holds one run; a turn of it is one commit in the making. In come the run as the store holds it, the time, and
//! what happened (an attempt ended, a signal was sent, a deadline passed, a caller wants to cancel or retry). Out come the new
//! record, the history, and what changes in the inbox. It never reads a clock, never waits, never touches a store: where a move
//! needs a message that the store holds, the machine says which ([`Machine::settle`]) and is handed it. Code of the user that
//! panics is caught here.

mod attempt;
mod compensate;
mod control;
mod due;
mod inbox;
mod leaves;
mod lent;
mod moves;
mod settle;
mod spawn;
#[cfg(test)]
mod tests;
mod upgrade;

use std::any::Any;
use std::sync::Arc;

use jiff::Timestamp;

pub(crate) use attempt::{AttemptEnd, Facts};
pub(crate) use control::NotRetryable;
pub(crate) use inbox::NewMessage;
pub(crate) use leaves::with_task;
use lent::Lent;
pub(crate) use moves::{caught, panic_message};
pub(crate) use settle::Need;
pub(crate) use spawn::WantedSpawn;

use crate::backend::{Accepted, Commit, Reindex, RunChange};
use crate::durable::Stored;
use crate::history::{Chain, Digest, Event, HistoryEntry, HistoryKey};
use crate::ids::{Incarnation, Name, Revision, RunId};
use crate::record::{BlockReason, Ending, IndexEntry, LastOutcome, Phase, Queue, Record};
use crate::workflow::{LiveState, Program};

/// How many moves one commit may hold. What is left is done in the next one, so that a loop over a full inbox, or of sleeps
/// that are over at once, cannot make a commit grow without end.
const MOST_MOVES: usize = 64;

/// A run that is about to begin.
pub(crate) struct NewRun {
    pub(crate) run: RunId,
    pub(crate) incarnation: Incarnation,
    pub(crate) input_digest: Digest,
    /// `Box<W::Input>`.
    pub(crate) input: Box<dyn Any + Send>,
    /// An empty queue for each signal of the whole tree of workflows.
    pub(crate) inbox: Arc<[Queue]>,
    /// The run that starts it.
    pub(crate) parent: Option<RunId>,
}

/// One run in memory. Between two turns it is what the store holds; during a turn it is changed in place.
pub(crate) struct Machine {
    program: Option<Arc<dyn Program>>,
    /// The time of this turn.
    now: Timestamp,
    /// What the store knows the run by; `None`: it holds nothing of it yet.
    stored: Option<Stock>,
    record: Lent,
    /// The state decoded, if that was needed so far.
    live: Option<Box<dyn LiveState>>,
    chain: Chain,
    history: Vec<HistoryEntry>,
    accepted: Vec<Accepted>,
    removed: Vec<(String, u64)>,
    /// Runs that begin with this turn.
    children: Vec<RunChange>,
    moves: usize,
    changed: bool,
}

/// What a store knows a run by.
struct Stock {
    revision: Revision,
    index: IndexEntry,
}

impl Stock {
    fn of(record: &Record) -> Self {
        Self { revision: record.revision, index: record.index() }
    }
}

impl Machine {
    /// A run as it was read. `program` is `None` when this engine does not know its workflow.
    pub(crate) fn new(
        record: Arc<Record>,
        program: Option<Arc<dyn Program>>,
        key: Option<HistoryKey>,
    ) -> Box<Self> {
        let stored = Some(Stock::of(&record));
        Self::of(Arc::unwrap_or_clone(record), stored, program, key)
    }

    fn of(
        record: Record,
        stored: Option<Stock>,
        program: Option<Arc<dyn Program>>,
        key: Option<HistoryKey>,
    ) -> Box<Self> {
        Box::new(Self {
            program,
            now: record.updated,
            changed: stored.is_none(),
            stored,
            chain: Chain::new(record.incarnation, record.history).under(key),
            record: Lent::new(record),
            live: None,
            history: Vec::new(),
            accepted: Vec::new(),
            removed: Vec::new(),
            children: Vec::new(),
            moves: 0,
        })
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
            inbox: new.inbox,
            parent: new.parent,
            ..Record::new(new.run, new.incarnation, program.name(), now)
        };
        let mut machine = Self::of(record, None, Some(program), key);
        machine.begin(new.input);
        machine
    }

    /// Begins a turn.
    pub(crate) fn turn(&mut self, now: Timestamp) {
        self.now = now;
        self.moves = 0;
        self.take_up_old_state();
    }

    /// The record as it would be written now; between two turns, as the store holds it.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// The state where the run waits, if it is in memory.
    pub(crate) fn live(&self) -> Option<&dyn LiveState> {
        self.live.as_deref()
    }

    /// When the run wants to be woken next.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        self.stored.as_ref()?.index.due
    }

    /// Whether the turn stopped because it held enough moves; the next one goes on at once.
    pub(crate) fn has_more(&self) -> bool {
        self.moves >= MOST_MOVES
    }

    /// Whether the turn has come to something that is to be written.
    pub(crate) fn has_changed(&self) -> bool {
        self.changed
    }

    /// Ends the turn: what is to be written, if anything is, the change of this run first. It goes with the record, and comes
    /// back with it by [`written`](Self::written); if writing fails, the machine is of no use any more.
    pub(crate) fn close(&mut self) -> Option<Commit> {
        let mut commit = Commit::from(self.change()?);
        if !self.children.is_empty() {
            commit.changes.extend(self.children.drain(..));
        }
        Some(commit)
    }

    fn change(&mut self) -> Option<RunChange> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        self.record.revision.0 += 1;
        self.record.updated = self.now;
        self.record.history = self.chain.head();
        let expected = self.stored.as_ref().map(|stored| stored.revision);
        Some(RunChange {
            run: self.record.run.clone(),
            expected,
            reindex: self.restock(),
            record: Some(self.record.lend()),
            history: std::mem::take(&mut self.history),
            accepted: std::mem::take(&mut self.accepted),
            removed: std::mem::take(&mut self.removed),
        })
    }

    /// What the turn came to has been written.
    pub(crate) fn written(&mut self, commit: &mut Commit) {
        let change =
            commit.changes.first_mut().expect("a commit that `close` gave begins with its own change");
        self.record.give_back(change.record.take().expect("which writes a record"));
        // The next turn has room for its history in what this one's took.
        self.history = std::mem::take(&mut change.history);
        self.history.clear();
    }

    /// Takes the record for what the store holds; gives what that changes of the indexes.
    fn restock(&mut self) -> Option<Box<Reindex>> {
        match &mut self.stored {
            Some(stored) if self.record.is_found_by(&stored.index) => {
                stored.revision = self.record.revision;
                None
            }
            stored => {
                let stock = Stock::of(&self.record);
                let to = Some(stock.index.clone());
                let from = stored.replace(stock).map(|stored| stored.index);
                Some(Box::new(Reindex { from, to }))
            }
        }
    }

    /// Adds to the history.
    fn log(&mut self, event: Event) {
        self.changed = true;
        // Most turns log one thing; a vector's first growth is for four.
        if self.history.capacity() == 0 {
            self.history.reserve_exact(1);
        }
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

/// A queue to which nothing was sent yet.
pub(crate) fn empty_queue(signal: impl Into<Name>) -> Queue {
    Queue { signal: signal.into(), head: 0, tail: 0 }
}
