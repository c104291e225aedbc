//! From a turn to a commit, and from a commit to what it starts.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::Instrument;

use super::Actor;
use crate::backend::{Answer, BackendError, Commit, RunChange};
use crate::engine::command::Refusal;
use crate::engine::health::Access;
use crate::engine::mailbox::Mailbox;
use crate::engine::metrics::Stopwatch;
use crate::engine::shared::{Patience, Shared};
use crate::machine::{Machine, Need};
use crate::record::{LeafKind, Record, StatusKind};
use crate::signal::Message;

impl Actor {
    /// The run as the store holds it; `None` if there is none.
    pub(super) async fn load(&mut self, patience: Patience) -> Result<Option<Box<Machine>>, BackendError> {
        match self.machine.take() {
            Some(machine) => Ok(Some(machine)),
            None => Box::pin(self.read(patience)).await,
        }
    }

    async fn read(&mut self, patience: Patience) -> Result<Option<Box<Machine>>, BackendError> {
        let record = self.read_record(patience).await?;
        Ok(record.map(|record| {
            self.span.record("workflow", &*record.workflow);
            let program = self.shared.programs.program(&record.workflow).cloned();
            Machine::new(record, program, self.shared.history_key)
        }))
    }

    pub(super) async fn read_record(
        &mut self,
        patience: Patience,
    ) -> Result<Option<Arc<Record>>, BackendError> {
        let (shared, run) = (&self.shared, &self.run);
        shared.read(patience, &mut self.commands, || shared.backend.record(run)).await
    }

    /// A turn of the run as it is.
    pub(super) async fn turn(&mut self, patience: Patience) -> Result<Box<Machine>, Refusal> {
        self.turn_at(self.shared.clock.now(), patience).await
    }

    /// A turn for something that happened at that time; now, if the run has got further meanwhile: its history tells of one thing
    /// after another.
    pub(super) async fn turn_at(
        &mut self,
        time: Timestamp,
        patience: Patience,
    ) -> Result<Box<Machine>, Refusal> {
        // `load` would be one future more, which every step passes through.
        let mut machine = match self.machine.take() {
            Some(machine) => machine,
            None => Box::pin(self.read(patience)).await?.ok_or(Refusal::NotFound)?,
        };
        let is_late = time < machine.record().updated;
        machine.turn(if is_late { self.shared.clock.now() } else { time });
        Ok(machine)
    }

    /// A message that the inbox holds.
    async fn message(
        &mut self,
        signal: &str,
        position: u64,
        patience: Patience,
    ) -> Result<Message, BackendError> {
        let (shared, run) = (&self.shared, &self.run);
        let read = || shared.backend.message(run, signal, position);
        let found = shared.read(patience, &mut self.commands, read).await?;
        found.ok_or_else(|| BackendError::Damaged {
            detail: format!("message {position} of signal `{signal}` of run {run} is missing"),
        })
    }

    /// Lets the turn go as far as it can, and commits it. Few turns need anything from outside for that, and only those wait.
    pub(super) async fn complete(
        &mut self,
        mut turn: Box<Machine>,
        patience: Patience,
    ) -> Result<(), BackendError> {
        if let Some(need) = self.settle(&mut turn) {
            Box::pin(self.supply(&mut turn, need, patience)).await?;
        }
        self.commit(turn, patience).await
    }

    /// Lets the turn go as far as it can by itself. What does not fit this binary then blocks the run, with all it holds.
    pub(super) fn settle(&self, turn: &mut Machine) -> Option<Need> {
        let need = turn.settle();
        if need.is_none() {
            self.ensure_startable(turn);
        }
        need
    }

    fn ensure_startable(&self, turn: &mut Machine) {
        if has_ready_task(turn.record()) {
            if turn.record().ending.is_none() {
                turn.ensure_live();
            }
            turn.ensure_undoable(|task, input| self.shared.programs.stored_task(task, input).map(drop));
        }
    }

    /// Gives the turn what it needs, again and again, until it is as far as it can go.
    pub(super) async fn supply(
        &mut self,
        turn: &mut Machine,
        need: Need,
        patience: Patience,
    ) -> Result<(), BackendError> {
        let mut needs = Some(need);
        while let Some(need) = needs {
            match need {
                Need::Message(wanted) => {
                    let message = self.message(&wanted.signal, wanted.position, patience).await?;
                    turn.take(wanted, message);
                }
                Need::Spawn(wanted) => self.spawn_run(turn, wanted, patience).await?,
            }
            needs = turn.settle();
        }
        self.ensure_startable(turn);
        Ok(())
    }

    pub(super) async fn commit(
        &mut self,
        mut turn: Box<Machine>,
        patience: Patience,
    ) -> Result<(), BackendError> {
        if let Some(commit) = turn.close() {
            self.write(commit, patience).await?;
            turn.written();
        }
        self.has_more = turn.has_more();
        self.announce(&turn);
        self.machine = Some(turn);
        self.reconcile();
        Ok(())
    }

    /// Writes what a turn came to: the change of this run, and behind it those of the runs that it spawns.
    async fn write(&mut self, commit: &Commit, patience: Patience) -> Result<(), BackendError> {
        let record = commit.changes.first().and_then(|change| change.record.as_deref());
        let record = record.expect("the first change of a turn's commit writes the record of its run");
        let stopwatch = Stopwatch::start();
        let span = tracing::info_span!("step", run = %self.run, step = record.steps.0);
        let (shared, mailbox) = (&*self.shared, &mut self.commands);
        match span.in_scope(|| shared.backend.commit(commit)).ready() {
            Ok(()) => shared.health.answered(Access::Commit),
            Err(answer) => {
                let writing = finish_writing(shared, mailbox, answer, commit, record, patience);
                if let Err(error) = Box::pin(writing.instrument(span)).await {
                    self.doubt(&error, &commit.changes[1..]);
                    return Err(error);
                }
            }
        }
        self.shared.meter.committed(&stopwatch);
        tracing::debug!(
            run = %self.run,
            step = record.steps.0,
            revision = record.revision.0,
            status = %record.status(),
            "committed"
        );
        for child in &commit.changes[1..] {
            self.shared.wake_spawned(child);
        }
        Ok(())
    }

    /// Says what stands in the store to whoever waits for it.
    fn announce(&self, machine: &Machine) {
        self.shared.alarm.set(machine.due());
        if !self.has_more && machine.status().is_none_or(has_settled) {
            self.shared.waiters.tell(&self.run, None);
        }
    }

    /// After a commit that may have been written all the same, or was repeated and met itself: what it began is looked at again.
    /// One that the store refuses for good has begun nothing, and would only be refused again.
    fn doubt(&self, error: &BackendError, spawned: &[RunChange]) {
        let is_conflict = matches!(error, BackendError::Conflict { .. });
        if !is_conflict && !error.is_retryable() {
            return;
        }
        if !is_conflict {
            self.shared.doubt(self.run.clone());
        }
        for child in spawned {
            self.shared.doubt(child.run.clone());
        }
    }

    /// Tells whoever waits for the run that it does not go on, unless that is tried again.
    pub(super) fn give_up(&self, refusal: &Refusal) {
        let error = if let Refusal::Backend(error) = refusal { Some(error) } else { None };
        if error.is_some_and(BackendError::is_retryable) {
            return;
        }
        // After a conflict somebody else works on the run. What there is to know beside errors they find when they read.
        let error = error.filter(|error| !matches!(error, BackendError::Conflict { .. }));
        self.shared.waiters.tell(&self.run, error);
    }
}

/// Waits for the store's answer to a commit that writes this record first; tries it again where that helps.
async fn finish_writing<'a>(
    shared: &'a Shared,
    mailbox: &mut Mailbox,
    answer: Answer<'a, ()>,
    commit: &'a Commit,
    record: &Record,
    patience: Patience,
) -> Result<(), BackendError> {
    let write = || shared.backend.commit(commit);
    match shared.finish(answer, Access::Commit, patience, Some(mailbox), write).await {
        Err(BackendError::Conflict { .. }) if is_there(shared, record).await => Ok(()),
        written => written,
    }
}

/// Whether a commit that met with a conflict is there: an earlier try was written, though the store answered with an error.
async fn is_there(shared: &Shared, record: &Record) -> bool {
    matches!(shared.backend.record(&record.run).await, Ok(Some(found)) if *found == *record)
}

/// Whether the run does nothing by itself until something comes from outside, or a time.
fn has_settled(status: StatusKind) -> bool {
    match status {
        StatusKind::Running | StatusKind::Compensating => false,
        StatusKind::WaitingForSignal
        | StatusKind::Sleeping
        | StatusKind::Completed
        | StatusKind::Failed
        | StatusKind::Cancelled
        | StatusKind::Blocked => true,
    }
}

/// Whether an attempt is to be running.
pub(super) fn has_ready_task(record: &Record) -> bool {
    record.leaves().iter().any(|leaf| matches!(leaf.kind, LeafKind::Task { retry_at: None, .. }))
}

/// A handle on the shared parts that outlives a borrow of the actor.
impl Actor {
    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}
