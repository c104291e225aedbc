//! Attempts: starting those that the record asks for, and taking their ends.

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::Timestamp;
use tracing::Span;

use super::Actor;
use crate::backend::BackendError;
use crate::durable::Stored;
use crate::engine::attempts::{End, Finished, Launch};
use crate::engine::command::Refusal;
use crate::engine::shared::Patience;
use crate::engine::slots::Slot;
use crate::ids::IdempotencyKey;
use crate::machine::{AttemptEnd, EndedAttempt, Machine, panic_message, with_task};
use crate::record::{LeafKind, LeafRecord};
use crate::signal::Timeout;
use crate::task::{Attempted, Interrupted, PendingTask, Surroundings, TaskOptions, Verdict};

/// What is to be done about a leaf whose attempt should be running.
enum Plan {
    /// Nothing in this state.
    Nothing,
    /// Its slot first: the beginning has to be stored.
    WaitForSlot(IdempotencyKey, &'static str, TaskOptions),
    Launch(Launch),
    /// There is no attempt, but already its end.
    End(Box<EndedAttempt>),
}

/// The span in which an attempt runs.
fn attempt_span(around: &Surroundings<'_>, task: &'static str) -> Span {
    tracing::info_span!(
        "attempt",
        run = %around.run,
        step = around.key.step.0,
        task,
        attempt = around.attempt,
        key = %around.key,
    )
}

impl Actor {
    /// Makes the running attempts those that the record asks for.
    pub(super) fn reconcile(&mut self) {
        let Some(machine) = self.machine.take() else { return };
        let record = machine.record();
        let leaves = record.leaves();
        self.attempts.keep_only(|running| record.leaf(running).is_some());
        if !self.shared.is_closed() {
            let is_ready = |leaf: &&LeafRecord| matches!(leaf.kind, LeafKind::Task { retry_at: None, .. });
            for leaf in leaves.iter().filter(is_ready) {
                let key = record.key_of(leaf);
                if !self.attempts.is_running(&key) {
                    let plan = self.plan(&machine, leaf, key, None);
                    self.carry_out(plan, leaves.len() == 1);
                }
            }
        }
        self.machine = Some(machine);
    }

    /// `alone`: the run waits for nothing else.
    fn carry_out(&mut self, plan: Plan, alone: bool) {
        match plan {
            Plan::Nothing => {}
            Plan::WaitForSlot(key, task, options) => {
                self.attempts.wait_for_slot(&self.shared, key, task, options);
            }
            Plan::Launch(launch) if launch.number > 1 => {
                self.shared.meter.retried(launch.task);
                self.attempts.launch(&self.shared, launch, alone);
            }
            Plan::Launch(launch) => self.attempts.launch(&self.shared, launch, alone),
            Plan::End(ended) => self.attempts.end_at_once(&self.shared, ended),
        }
    }

    /// `key`: that of the leaf.
    fn plan(&self, machine: &Machine, leaf: &LeafRecord, key: IdempotencyKey, slot: Option<Slot>) -> Plan {
        let LeafKind::Task { attempts, begun, .. } = &leaf.kind else { return Plan::Nothing };
        let around = Surroundings {
            provided: &self.shared.provided,
            run: &self.run,
            key,
            attempt: attempts + 1,
            asked: OnceCell::new(),
        };
        let plan = |task: &dyn PendingTask| {
            let options = task.options();
            if options.at_most_once && slot.is_none() {
                if !*begun {
                    return Plan::WaitForSlot(around.key, task.name(), options);
                }
                let interrupted = Interrupted { task: task.name().into() };
                if let Some(attempted) = task.interrupted(interrupted) {
                    return Plan::End(Box::new(self.ended(
                        around.key,
                        (task.name(), around.attempt),
                        options,
                        AttemptEnd::Returned(attempted),
                        true,
                    )));
                }
            }
            let end = match catch_unwind(AssertUnwindSafe(|| task.attempt(&around))) {
                Ok(Ok(attempt)) => {
                    return Plan::Launch(Launch {
                        span: attempt_span(&around, task.name()),
                        key: around.key,
                        task: task.name(),
                        options,
                        number: around.attempt,
                        attempt,
                        context: around.asked.into_inner(),
                        slot,
                    });
                }
                Ok(Err(error)) => AttemptEnd::Unstartable(error.to_string()),
                Err(panic) => AttemptEnd::Panicked(panic_message(&*panic)),
            };
            Plan::End(Box::new(self.ended(around.key, (task.name(), around.attempt), options, end, false)))
        };
        self.with_task(machine, leaf, plan).unwrap_or(Plan::Nothing)
    }

    /// Calls `body` with the task of a leaf: one that the workflow's body called, or a compensation.
    fn with_task<R>(
        &self,
        machine: &Machine,
        leaf: &LeafRecord,
        body: impl FnOnce(&dyn PendingTask) -> R,
    ) -> Option<R> {
        match &leaf.kind {
            LeafKind::Task { name, undoes: Some(input), .. } => {
                // That there is one was seen to before the leaf was committed.
                let task = self.shared.programs.stored_task(name, input).ok()?;
                Some(body(&*task))
            }
            LeafKind::Task { undoes: None, .. } => with_task(machine.live()?, &leaf.path, body),
            LeafKind::Signal { .. } | LeafKind::Timer { .. } | LeafKind::Spawn { .. } => None,
        }
    }

    fn ended(
        &self,
        key: IdempotencyKey,
        (task, attempt): (&'static str, u32),
        options: TaskOptions,
        end: AttemptEnd,
        is_final: bool,
    ) -> EndedAttempt {
        EndedAttempt {
            key,
            task,
            attempt,
            options,
            micros: 0,
            is_wanted: true,
            is_final,
            jitter: if end.is_success() { 0 } else { self.shared.entropy.jitter() },
            end,
        }
    }

    /// Takes the end of an attempt's future.
    pub(super) async fn finished(&mut self, finished: Finished) {
        let Finished { key, task, attempt, options, ended: at, micros, end, is_wanted } = finished;
        let (end, is_final) = match end {
            End::Granted(slot) if is_wanted => return self.begin(key, slot).await,
            End::Granted(_) => return,
            End::Planned(ended) => (ended.end, ended.is_final),
            End::Returned(attempted) => (AttemptEnd::Returned(attempted), false),
            End::Panicked(message) => (AttemptEnd::Panicked(message), false),
            End::TimedOut(limit) => match self.timed_out(&key, limit) {
                Some(attempted) => (AttemptEnd::Returned(attempted), false),
                // The state is no longer in memory; the attempt is repeated.
                None => return self.go_on().await,
            },
        };
        let ended =
            EndedAttempt { micros, is_wanted, ..self.ended(key, (task, attempt), options, end, is_final) };
        self.record_end(ended, at).await;
    }

    /// What the task makes of its timeout.
    fn timed_out(&self, key: &IdempotencyKey, limit: Duration) -> Option<Attempted> {
        let machine = self.machine.as_deref()?;
        let waiting = machine.record().leaf(key)?;
        let timed_out = |task: &dyn PendingTask| {
            task.timed_out(Timeout { subject: format!("task `{}` did not finish", task.name()), limit })
        };
        self.with_task(machine, waiting, timed_out).flatten()
    }

    /// Stores that an `at_most_once` attempt begins, then begins it.
    async fn begin(&mut self, key: IdempotencyKey, slot: Slot) {
        if self.shared.is_closed() {
            return;
        }
        let begun = match self.turn(Patience::Insist).await {
            Ok(mut turn) => {
                // Until it is launched below, nobody else may launch it.
                self.attempts.reserve(&key);
                turn.begin_attempt(&key);
                self.complete(turn, Patience::Insist).await.map_err(Refusal::from)
            }
            Err(refusal) => Err(refusal),
        };
        self.attempts.release(&key);
        if let Err(refusal) = begun {
            tracing::error!(run = %self.run, ?refusal, "the beginning of an attempt could not be stored");
            return self.reload_after_conflict(&refusal).await;
        }
        let Some(machine) = self.machine.take() else { return };
        if let Some(waiting) = machine.record().leaf(&key)
            && matches!(waiting.kind, LeafKind::Task { begun: true, .. })
        {
            let plan = self.plan(&machine, waiting, key, Some(slot));
            self.carry_out(plan, machine.record().leaves().len() == 1);
        }
        self.machine = Some(machine);
    }

    /// Commits the end of an attempt, which came at that time. If somebody else changed the run meanwhile, what the store holds
    /// decides.
    async fn record_end(&mut self, mut ended: EndedAttempt, at: Timestamp) {
        loop {
            let again = recallable(&ended);
            let step = ended.end.is_success().then(|| (ended.task, Duration::from_micros(ended.micros)));
            let outcome = match self.turn_at(at, Patience::Insist).await {
                // The run was removed, and another one has its id.
                Ok(turn) if turn.record().incarnation != ended.key.incarnation => return self.put_back(turn),
                Ok(mut turn) => {
                    turn.attempt_ended(ended);
                    self.complete(turn, Patience::Insist).await.map_err(Refusal::from)
                }
                // The run was removed.
                Err(Refusal::NotFound) => return,
                Err(refusal) => Err(refusal),
            };
            let Err(refusal) = outcome else {
                if let Some((task, took)) = step {
                    self.shared.meter.stepped(task, took);
                }
                return;
            };
            self.machine = None;
            match (refusal, again) {
                (Refusal::Backend(BackendError::Conflict { .. }), Some(again)) => ended = again,
                (refusal, _) => {
                    tracing::error!(run = %self.run, ?refusal, "the end of an attempt could not be stored");
                    return self.reload_after_conflict(&refusal).await;
                }
            }
        }
    }

    /// After a conflict the store's word counts: attempts that it asks for are run. After any other error the run stays as
    /// it is until it is touched again or the engine starts anew.
    async fn reload_after_conflict(&mut self, refusal: &Refusal) {
        self.machine = None;
        if matches!(refusal, Refusal::Backend(BackendError::Conflict { .. })) {
            self.go_on().await;
        }
    }
}

/// The same end once more, if it has a stored form; a failed attempt has none and is repeated.
fn recallable(ended: &EndedAttempt) -> Option<EndedAttempt> {
    let output: Stored = match &ended.end {
        AttemptEnd::Recalled(output)
        | AttemptEnd::Returned(Attempted { verdict: Verdict::Success(Ok(output)), .. }) => output.clone(),
        AttemptEnd::Returned(_) | AttemptEnd::Panicked(_) | AttemptEnd::Unstartable(_) => return None,
    };
    Some(EndedAttempt { key: ended.key.clone(), end: AttemptEnd::Recalled(output), ..*ended })
}
