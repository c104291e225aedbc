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
pub(crate) use leaves::{each_task, with_task};
use lent::Lent;
pub(crate) use settle::Need;
pub(crate) use spawn::WantedSpawn;

use crate::backend::{Commit, Reindex, RunChange};
use crate::durable::Stored;
use crate::history::{Chain, Digest, Event, HistoryKey};
use crate::ids::{Incarnation, Name, Revision, RunId};
use crate::record::{BlockReason, Ending, IndexEntry, LastOutcome, Phase, Queue, Record, StatusKind};
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
    /// What the turn comes to: the change of this run, and behind it those of the runs that begin with it.
    commit: Commit,
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
        let own = RunChange {
            run: record.run.clone(),
            expected: None,
            record: None,
            reindex: None,
            // Most turns log one thing; a vector's first growth is for four.
            history: Vec::with_capacity(1),
            accepted: Vec::new(),
            removed: Vec::new(),
        };
        Box::new(Self {
            program,
            now: record.updated,
            changed: stored.is_none(),
            stored,
            chain: Chain::new(&record.run, record.incarnation, record.history).under(key),
            record: Lent::new(record),
            live: None,
            commit: own.into(),
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

    /// By which the store lists the run, once it holds it.
    pub(crate) fn status(&self) -> Option<StatusKind> {
        self.stored.as_ref().map(|stored| stored.index.status)
    }

    /// Whether the turn stopped because it held enough moves; the next one goes on at once.
    pub(crate) fn has_more(&self) -> bool {
        self.moves >= MOST_MOVES && matches!(self.record.phase, Phase::Live { .. })
    }

    /// Whether the turn has come to something that is to be written.
    pub(crate) fn has_changed(&self) -> bool {
        self.changed
    }

    /// Ends the turn: what is to be written, if anything is, the change of this run first. The record is in it until it
    /// [has been written](Self::written); if that fails, the machine is of no use any more.
    pub(crate) fn close(&mut self) -> Option<&Commit> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        self.record.revision.0 += 1;
        self.record.updated = self.now;
        self.record.history = self.chain.head();
        let expected = self.stored.as_ref().map(|stored| stored.revision);
        let (reindex, record) = (self.restock(), Some(self.record.lend()));
        let own = self.own();
        (own.expected, own.reindex, own.record) = (expected, reindex, record);
        Some(&self.commit)
    }

    /// What the turn came to has been written. What it took in memory the next one has.
    pub(crate) fn written(&mut self) {
        self.commit.changes.truncate(1);
        let own = self.own();
        own.reindex = None;
        own.history.clear();
        own.accepted.clear();
        own.removed.clear();
        let record = own.record.take().expect("a turn that was closed lent its record");
        self.record.give_back(record);
    }

    /// The change of this run.
    fn own(&mut self) -> &mut RunChange {
        &mut self.commit.changes[0]
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
        let entry = self.chain.append(self.now, event);
        self.own().history.push(entry);
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
    Queue { signal: signal.into(), head: 0, tail: 0, keyed: 0 }
}
