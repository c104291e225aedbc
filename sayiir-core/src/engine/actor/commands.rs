//! Carrying out what callers and the timekeeper want.

use std::sync::Arc;

use jiff::Timestamp;

use super::Actor;
use crate::backend::{BackendError, RunChange};
use crate::caught::received;
use crate::engine::command::{Command, NewStart, Refusal};
use crate::engine::janitor::Retention;
use crate::engine::programs::Programs;
use crate::engine::shared::{Patience, Shared};
use crate::machine::{Machine, NewMessage, NewRun, NotRetryable};
use crate::record::{BlockReason, Phase, Record};

/// How often a command is tried again when somebody else changed the run meanwhile.
const MOST_CONFLICTS: usize = 8;

/// A command that can be carried out more than once.
#[derive(Clone)]
enum Order {
    Signal(NewMessage),
    Wake(Patience),
    Cancel(String),
    Retry,
    TakeUp,
    Purge,
    Expire(Retention, Timestamp),
}

impl Actor {
    /// Carries out one command and answers it. The answer follows the commit.
    pub(super) async fn obey(&mut self, command: Command) {
        let (done, reply) = match command {
            Command::Start(new, reply) => (self.start(new).await, reply),
            Command::Signal(message, reply) => (self.carry_out_order(Order::Signal(message)).await, reply),
            Command::Due(reply) => (self.rouse(Patience::Ask).await, reply),
            Command::Recover(reply) => (self.rouse(Patience::Insist).await, reply),
            Command::Reread(reply) => {
                self.machine = None;
                (self.rouse(Patience::Insist).await, reply)
            }
            Command::Cancel(reason, reply) => (self.carry_out_order(Order::Cancel(reason)).await, reply),
            Command::Retry(reply) => (self.carry_out_order(Order::Retry).await, reply),
            Command::TakeUp(reply) => (self.carry_out_order(Order::TakeUp).await, reply),
            Command::Purge(reply) => (self.carry_out_order(Order::Purge).await, reply),
            Command::Expire(retention, at, reply) => {
                (self.carry_out_order(Order::Expire(retention, at)).await, reply)
            }
        };
        if let Err(Refusal::Backend(_)) = &done {
            // What the store holds is not known for sure; it is read again before the next turn.
            self.machine = None;
        }
        // A caller that went away does not want to know.
        let _ = reply.send(done);
    }

    /// Does what the last turn left undone.
    pub(super) async fn go_on(&mut self) {
        // Few turns leave anything.
        let done = Box::pin(self.carry_out_order(Order::Wake(Patience::Insist))).await;
        if let Err(refusal) = done {
            tracing::error!(run = %self.run, ?refusal, "the run could not go on");
            if matches!(refusal, Refusal::Backend(BackendError::Conflict { .. })) {
                self.shared.doubt(self.run.clone());
            }
            self.give_up(&refusal);
        }
    }

    /// Carries out an order; where somebody else changed the run meanwhile, on what the store holds now.
    async fn carry_out_order(&mut self, order: Order) -> Result<(), Refusal> {
        for _ in 0..MOST_CONFLICTS {
            match self.try_order(order.clone()).await {
                Err(Refusal::Backend(BackendError::Conflict { .. })) => self.machine = None,
                done => return done,
            }
        }
        self.try_order(order).await
    }

    async fn try_order(&mut self, order: Order) -> Result<(), Refusal> {
        match order {
            Order::Signal(message) => self.signal(message).await,
            Order::Wake(patience) => self.wake(patience).await,
            Order::Cancel(reason) => self.cancel(reason).await,
            Order::Retry => self.retry().await,
            Order::TakeUp => self.take_up().await,
            Order::Purge => self.purge().await,
            Order::Expire(retention, at) => self.expire(retention, at).await,
        }
    }

    /// The record as the store holds it, for a caller whose run's id is taken. Mostly there is none.
    async fn stored(&mut self) -> Result<Option<Arc<Record>>, BackendError> {
        if let Some(machine) = &self.machine {
            return Ok(Some(Arc::new(machine.record().clone())));
        }
        self.read_record(Patience::Ask).await
    }

    async fn start(&mut self, new: NewStart) -> Result<(), Refusal> {
        if let Some(record) = self.stored().await? {
            return Err(Refusal::Taken(record));
        }
        let shared = self.shared();
        let new_run = NewRun {
            run: self.run.clone(),
            incarnation: shared.entropy.incarnation(),
            input_digest: new.input_digest,
            input: new.input,
            inbox: new.inbox,
            parent: None,
        };
        self.span.record("workflow", &*new.program.name());
        let turn = Machine::start(new_run, new.program, shared.clock.now(), shared.history_key);
        match self.complete(turn, Patience::Ask).await {
            Err(conflict @ BackendError::Conflict { .. }) => {
                // Somebody else was faster, unless it was a run to be spawned whose id is taken.
                let found = self.stored().await?;
                Err(found.map_or(Refusal::Backend(conflict), Refusal::Taken))
            }
            done => Ok(done?),
        }
    }

    async fn signal(&mut self, message: NewMessage) -> Result<(), Refusal> {
        let machine = self.load(Patience::Ask).await?.ok_or(Refusal::NotFound)?;
        let is_new = is_new(&self.shared, machine.record(), &message).await;
        self.machine = Some(machine);
        if !is_new? {
            return Ok(());
        }
        let mut turn = self.turn(Patience::Ask).await?;
        turn.accept(message);
        Ok(self.complete(turn, Patience::Ask).await?)
    }

    /// Lets the run get as far as it can, or says to whoever waits for it why it does not.
    async fn rouse(&mut self, patience: Patience) -> Result<(), Refusal> {
        let roused = self.carry_out_order(Order::Wake(patience)).await;
        match &roused {
            // Also where there was nothing to do, so that nothing was committed.
            Ok(()) => self.shared.alarm.set(self.machine.as_ref().and_then(|machine| machine.due())),
            Err(refusal) => self.give_up(refusal),
        }
        roused
    }

    async fn wake(&mut self, patience: Patience) -> Result<(), Refusal> {
        let turn = self.turn(patience).await?;
        Ok(self.complete(turn, patience).await?)
    }

    async fn cancel(&mut self, reason: String) -> Result<(), Refusal> {
        let mut turn = self.turn(Patience::Ask).await?;
        if turn.record().is_over() {
            let status = turn.record().status();
            self.put_back(turn);
            return Err(Refusal::Finished(status));
        }
        turn.cancel(reason);
        Ok(self.complete(turn, Patience::Ask).await?)
    }

    async fn retry(&mut self) -> Result<(), Refusal> {
        let mut turn = self.turn(Patience::Ask).await?;
        if let Err(refused) = turn.retry() {
            self.put_back(turn);
            return Err(match refused {
                NotRetryable::Status(status) => Refusal::Status(status),
                NotRetryable::Compensated => Refusal::Compensated,
            });
        }
        Ok(self.complete(turn, Patience::Ask).await?)
    }

    /// Lets a run go on that an earlier binary could not take up. If this one cannot either, nothing is written: starting one
    /// binary again and again leaves no traces.
    async fn take_up(&mut self) -> Result<(), Refusal> {
        let mut turn = self.turn(Patience::Insist).await?;
        let before = turn.record().phase.clone();
        let Some(reason) = incompatible(&before).cloned() else {
            self.put_back(turn);
            return Ok(());
        };
        // One that is blocked can be retried.
        let _ = turn.retry();
        if let Some(need) = self.settle(&mut turn) {
            self.supply(&mut turn, need, Patience::Insist).await?;
        }
        if turn.record().ending.is_none() && matches!(turn.record().phase, Phase::Live { .. }) {
            turn.ensure_live();
        }
        if incompatible(&turn.record().phase) == Some(&reason) {
            // The turn is forgotten, and with it what it would have written.
            return Ok(());
        }
        Ok(self.commit(turn, Patience::Insist).await?)
    }

    async fn purge(&mut self) -> Result<(), Refusal> {
        let machine = self.load(Patience::Ask).await?.ok_or(Refusal::NotFound)?;
        let status = machine.record().status();
        if !status.is_finished() {
            self.machine = Some(machine);
            return Err(Refusal::Status(status));
        }
        self.remove(machine).await
    }

    /// Whoever listed the run saw it earlier: meanwhile it may have gone on, or another one may have its id.
    async fn expire(&mut self, retention: Retention, at: Timestamp) -> Result<(), Refusal> {
        let Some(machine) = self.load(Patience::Ask).await? else { return Ok(()) };
        if retention.end(machine.record()).is_none_or(|end| end > at) {
            self.machine = Some(machine);
            return Ok(());
        }
        self.remove(machine).await
    }

    async fn remove(&mut self, machine: Box<Machine>) -> Result<(), Refusal> {
        let removal = RunChange::new(Some(machine.record()), None).into();
        Ok(self.shared.backend.commit(&removal).await?)
    }

    /// Gives up a turn in which nothing was changed.
    pub(super) fn put_back(&mut self, turn: Box<Machine>) {
        self.machine = Some(turn).filter(|turn| !turn.has_changed());
    }
}

/// Why a run does not fit the binary that blocked it, if that is what blocks it.
fn incompatible(phase: &Phase) -> Option<&BlockReason> {
    match phase {
        Phase::Blocked { reason: reason @ BlockReason::Incompatible { .. }, .. } => Some(reason),
        Phase::Blocked { .. }
        | Phase::Live { .. }
        | Phase::Completed { .. }
        | Phase::Failed { .. }
        | Phase::Cancelled { .. } => None,
    }
}

/// Whether the run is to take the message; not, if it has it already.
async fn is_new(shared: &Shared, record: &Record, message: &NewMessage) -> Result<bool, Refusal> {
    check(&shared.programs, record, message)?;
    // A repeated delivery is acknowledged even after the run has ended.
    if let Some(key) = &message.idempotency_key
        && shared.backend.is_delivered(&record.run, key).await?
    {
        return Ok(false);
    }
    let status = record.status();
    if record.is_over() {
        return Err(Refusal::Finished(status));
    }
    if message.only_if_waiting && !record.waits_for(&message.signal) {
        return Err(Refusal::NotWaiting(status));
    }
    Ok(true)
}

/// Whether the message is one that the run's workflows declare. What is wrong with it is found before anything is stored.
fn check(programs: &Programs, record: &Record, message: &NewMessage) -> Result<(), Refusal> {
    let workflow: &str = &record.workflow;
    let Some(known) = programs.workflow(workflow) else {
        return Err(Refusal::NotRegistered { workflow: workflow.into() });
    };
    let Some(signal) = known.signals.iter().find(|declared| declared.name == message.signal) else {
        let declared = known.signals.iter().map(|signal| signal.name).collect();
        return Err(Refusal::UnknownSignal { declared });
    };
    received(|| (signal.check)(&message.payload))
        .map_err(|error| Refusal::Misfit { expected: (signal.payload)(), error })
}
