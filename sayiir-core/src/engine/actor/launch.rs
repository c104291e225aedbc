//! Attempts: starting those that the record asks for, and taking their ends.

use std::cell::OnceCell;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Span;

use super::Actor;
use crate::backend::BackendError;
use crate::caught::caught;
use crate::engine::attempts::{End, Launch};
use crate::engine::command::Refusal;
use crate::engine::programs::Programs;
use crate::engine::shared::Patience;
use crate::engine::slots::Slot;
use crate::ids::{IdempotencyKey, RunId};
use crate::machine::{AttemptEnd, Facts, Machine, each_task, with_task};
use crate::record::{LeafKind, LeafRecord};
use crate::signal::Timeout;
use crate::task::{Attempt, Attempted, Interrupted, PendingTask, Surroundings, Verdict};

/// What is to be done about a leaf whose attempt should be running.
enum Plan {
    /// Its slot first: the beginning has to be stored.
    WaitForSlot,
    Launch(Attempt),
    /// There is no attempt, but already its end.
    End {
        end: AttemptEnd,
        is_final: bool,
    },
}

/// The span in which an attempt runs.
fn attempt_span(run: &RunId, facts: &Facts) -> Span {
    tracing::info_span!(
        "attempt",
        %run,
        step = facts.key.step.0,
        task = facts.task,
        attempt = facts.attempt,
        key = %facts.key,
    )
}

impl Actor {
    /// Makes the running attempts those that the record asks for.
    pub(super) fn reconcile(&mut self) {
        let Some(machine) = self.machine.take() else { return };
        let missing = self.attempts.keep_only(machine.record());
        if !missing.is_empty() && !self.shared.is_closed() {
            self.launch(&machine, &missing);
        }
        self.machine = Some(machine);
    }

    /// Lets the leaves with these numbers have their attempts. The state shows its tasks in the order of the leaves: one look at
    /// it is enough for all of them, but for the compensations.
    fn launch(&mut self, machine: &Machine, missing: &[usize]) {
        let leaves = machine.record().leaves();
        let mut missing = missing.iter().map(|number| &leaves[*number]).peekable();
        if let Some(live) = machine.live() {
            each_task(live, |path, task| {
                let stands_there = |leaf: &&LeafRecord| leaf.path == *path && !leaf.kind.is_undo();
                if let Some(leaf) = missing.next_if(stands_there) {
                    self.attempt(machine, leaf, task, None);
                }
            });
        }
        for leaf in missing {
            self.attempt_at(machine, leaf, None);
        }
    }

    /// Lets one leaf have its attempt.
    fn attempt_at(&mut self, machine: &Machine, leaf: &LeafRecord, slot: Option<Slot>) {
        let shared = self.shared();
        with_task_of(&shared.programs, machine, leaf, |task| self.attempt(machine, leaf, task, slot));
    }

    /// The same, for which this is the task.
    fn attempt(&mut self, machine: &Machine, leaf: &LeafRecord, task: &dyn PendingTask, slot: Option<Slot>) {
        let LeafKind::Task { attempts, begun, .. } = leaf.kind else { return };
        let around = Surroundings {
            provided: &self.shared.provided,
            run: &self.run,
            key: machine.record().key_of(leaf),
            attempt: attempts + 1,
            asked: OnceCell::new(),
        };
        let (name, options) = (task.name(), task.options());
        let plan = plan(task, &around, begun, options.at_most_once && slot.is_none());
        let Surroundings { key, attempt: number, asked, .. } = around;
        let facts = Facts::new(key, name, number, options);
        match plan {
            Plan::WaitForSlot => self.attempts.wait_for_slot(&self.shared, facts),
            Plan::Launch(attempt) => {
                if number > 1 {
                    self.shared.meter.retried(name);
                }
                let (context, span) = (asked.into_inner(), attempt_span(&self.run, &facts));
                let launch = Launch { facts, attempt, context, span, slot };
                self.attempts.launch(&self.shared, launch, machine.record().leaves().len() == 1);
            }
            Plan::End { end, is_final } => {
                self.attempts.end_at_once(&self.shared, Facts { is_final, ..facts }, end);
            }
        }
    }

    /// Takes the end of an attempt's future.
    pub(super) async fn finished(&mut self, facts: &mut Facts, at: Timestamp, end: End) {
        let end = match end {
            End::Granted(slot) if facts.is_wanted => return self.begin(&facts.key, slot).await,
            End::Granted(_) | End::Unbegun => return,
            End::Ended(end) => end,
            End::TimedOut(limit) => match self.timed_out(&facts.key, limit) {
                Some(end) => end,
                // The state is no longer in memory; the attempt is repeated.
                None => return self.go_on().await,
            },
        };
        self.store_end(facts, at, end).await;
    }

    /// What the task makes of its timeout.
    fn timed_out(&self, key: &IdempotencyKey, limit: Duration) -> Option<AttemptEnd> {
        let machine = self.machine.as_deref()?;
        let waiting = machine.record().leaf(key)?;
        let timed_out = |task: &dyn PendingTask| {
            let timeout = Timeout { subject: format!("task `{}` did not finish", task.name()), limit };
            match caught(|| task.timed_out(timeout)) {
                Ok(attempted) => attempted.map(AttemptEnd::Returned),
                Err(panic) => Some(AttemptEnd::Panicked(panic)),
            }
        };
        with_task_of(&self.shared.programs, machine, waiting, timed_out).flatten()
    }

    /// Stores that an `at_most_once` attempt begins, then begins it.
    async fn begin(&mut self, key: &IdempotencyKey, slot: Slot) {
        if self.shared.is_closed() {
            return;
        }
        let begun = match self.turn(Patience::Insist).await {
            Ok(mut turn) => {
                // Until it is launched below, nobody else may launch it.
                self.attempts.reserve(key);
                turn.begin_attempt(key);
                self.complete(turn, Patience::Insist).await.map_err(Refusal::from)
            }
            Err(refusal) => Err(refusal),
        };
        self.attempts.release(key);
        if let Err(refusal) = begun {
            tracing::error!(run = %self.run, ?refusal, "the beginning of an attempt could not be stored");
            return self.reload_after_conflict(&refusal).await;
        }
        let Some(machine) = self.machine.take() else { return };
        if let Some(waiting) = machine.record().leaf(key)
            && matches!(waiting.kind, LeafKind::Task { begun: true, .. })
        {
            self.attempt_at(&machine, waiting, Some(slot));
        }
        self.machine = Some(machine);
    }

    /// Commits the end of an attempt, which came at that time. If somebody else changed the run meanwhile, what the store holds
    /// decides.
    pub(super) async fn store_end(&mut self, facts: &mut Facts, at: Timestamp, mut end: AttemptEnd) {
        let is_success = end.is_success();
        if !is_success {
            facts.jitter = self.shared.entropy.jitter();
        }
        loop {
            let again = recallable(&end);
            let outcome = match self.turn_at(at, Patience::Insist).await {
                // The run was removed, and another one has its id.
                Ok(turn) if turn.record().incarnation != facts.key.incarnation => return self.put_back(turn),
                Ok(mut turn) => {
                    turn.attempt_ended(facts, end);
                    self.complete(turn, Patience::Insist).await.map_err(Refusal::from)
                }
                // The run was removed.
                Err(refusal @ Refusal::NotFound) => return self.give_up(&refusal),
                Err(refusal) => Err(refusal),
            };
            let Err(refusal) = outcome else {
                if is_success {
                    self.shared.meter.stepped(facts.task, Duration::from_micros(facts.micros));
                }
                return;
            };
            self.machine = None;
            match (refusal, again) {
                (Refusal::Backend(BackendError::Conflict { .. }), Some(again)) => end = again,
                (refusal, _) => {
                    tracing::error!(run = %self.run, ?refusal, "the end of an attempt could not be stored");
                    return self.reload_after_conflict(&refusal).await;
                }
            }
        }
    }

    /// After a conflict the store's word counts: attempts that it asks for are run. After any other error the run stays as
    /// it is until it is touched again or the engine starts anew, and whoever waits for it is told.
    async fn reload_after_conflict(&mut self, refusal: &Refusal) {
        self.machine = None;
        if matches!(refusal, Refusal::Backend(BackendError::Conflict { .. })) {
            self.go_on().await;
        } else {
            self.give_up(refusal);
        }
    }
}

/// Calls `body` with the task of a leaf: one that the workflow's body called, or a compensation.
fn with_task_of<R>(
    programs: &Programs,
    machine: &Machine,
    leaf: &LeafRecord,
    body: impl FnOnce(&dyn PendingTask) -> R,
) -> Option<R> {
    match &leaf.kind {
        LeafKind::Task { name, undoes: Some(input), .. } => {
            // That there is one was seen to before the leaf was committed.
            let task = programs.stored_task(name, input).ok()?;
            Some(body(&*task))
        }
        LeafKind::Task { undoes: None, .. } => with_task(machine.live()?, &leaf.path, body),
        LeafKind::Signal { .. } | LeafKind::Timer { .. } | LeafKind::Spawn { .. } => None,
    }
}

/// What is to be done for a task. `is_unstored`: it is `at_most_once`, and this process has not stored that the attempt begins;
/// `begun`: somebody has.
fn plan(task: &dyn PendingTask, around: &Surroundings<'_>, begun: bool, is_unstored: bool) -> Plan {
    if is_unstored {
        if !begun {
            return Plan::WaitForSlot;
        }
        match caught(|| task.interrupted(Interrupted { task: task.name().into() })) {
            Ok(None) => {}
            Ok(Some(attempted)) => {
                return Plan::End { end: AttemptEnd::Returned(attempted), is_final: true };
            }
            Err(panic) => return Plan::End { end: AttemptEnd::Panicked(panic), is_final: true },
        }
    }
    let end = match caught(|| task.attempt(around)) {
        Ok(Ok(attempt)) => return Plan::Launch(attempt),
        Ok(Err(error)) => AttemptEnd::Unstartable(error.to_string()),
        Err(panic) => AttemptEnd::Panicked(panic),
    };
    Plan::End { end, is_final: false }
}

/// The same end once more, if it has a stored form; a failed attempt has none and is repeated.
fn recallable(end: &AttemptEnd) -> Option<AttemptEnd> {
    match end {
        AttemptEnd::Recalled(output)
        | AttemptEnd::Returned(Attempted { verdict: Verdict::Success(Ok(output)), .. }) => {
            Some(AttemptEnd::Recalled(output.clone()))
        }
        AttemptEnd::Returned(_) | AttemptEnd::Panicked(_) | AttemptEnd::Unstartable(_) => None,
    }
}
