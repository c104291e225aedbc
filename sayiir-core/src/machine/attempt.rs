//! Attempts of tasks: what their end means, and when the next one is due.

use std::time::Duration;

use super::Machine;
use crate::durable::Stored;
use crate::history::{Digest, Event};
use crate::ids::IdempotencyKey;
use crate::operation::deadline;
use crate::record::{BlockReason, LeafKind, StoredOutcome};
use crate::step::Outcome;
use crate::task::{Attempted, Backoff, SharedOptions, Verdict};

/// How an attempt ended.
#[derive(Debug)]
pub(crate) enum AttemptEnd {
    /// It returned.
    Returned(Attempted),
    /// It panicked with these words.
    Panicked(String),
    /// It could not even begin: its input does not survive the copy.
    Unstartable(String),
    /// Its end is known from an earlier turn that could not be committed; this is the value it gave.
    Recalled(crate::durable::Stored),
}

impl AttemptEnd {
    /// Whether no other attempt can follow.
    pub(crate) fn is_success(&self) -> bool {
        match self {
            Self::Returned(Attempted { verdict: Verdict::Success(_), .. }) | Self::Recalled(_) => true,
            Self::Returned(Attempted { verdict: Verdict::Failure(_), .. })
            | Self::Panicked(_)
            | Self::Unstartable(_) => false,
        }
    }
}

/// What is known of an attempt beside its end.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Whose attempt.
    pub(crate) key: IdempotencyKey,
    /// The task's durable name.
    pub(crate) task: &'static str,
    /// Which attempt it is, from 1.
    pub(crate) attempt: u32,
    /// The task's options.
    pub(crate) options: SharedOptions,
    /// How long it took, in microseconds.
    pub(crate) micros: u64,
    /// Whether its leaf waited for it until it ended, and not for another attempt by then.
    pub(crate) is_wanted: bool,
    /// Whether its failure is final whatever the options say: an interrupted `at_most_once` task.
    pub(crate) is_final: bool,
    /// 64 random bits, by which the wait before the next attempt varies; of an attempt that succeeded none are drawn.
    pub(crate) jitter: u64,
}

impl Facts {
    /// Of an attempt that has not begun.
    pub(crate) fn new(key: IdempotencyKey, task: &'static str, attempt: u32, options: SharedOptions) -> Self {
        Self { key, task, attempt, options, micros: 0, is_wanted: true, is_final: false, jitter: 0 }
    }
}

impl Machine {
    /// Marks an `at_most_once` attempt as begun, before it begins; nothing, if nobody waits for it any more.
    pub(crate) fn begin_attempt(&mut self, key: &IdempotencyKey) {
        if let Some(leaf) = self.leaf_mut(key)
            && let LeafKind::Task { begun, .. } = &mut leaf.kind
        {
            *begun = true;
            self.changed = true;
        }
    }

    /// Takes the end of an attempt. One that nobody waits for any more changes nothing but the history.
    pub(crate) fn attempt_ended(&mut self, facts: &Facts, end: AttemptEnd) {
        let Facts { key, task, .. } = facts;
        let waiting = if facts.is_wanted { self.leaf_mut(key) } else { None };
        let Some(waiting) = waiting else {
            return self.log_discarded(facts, &end);
        };
        let is_undo = waiting.kind.is_undo();
        let may_repeat = !facts.is_final && facts.attempt <= facts.options.retries;
        if is_undo {
            return match undone(end, may_repeat) {
                Undone::Done(output) => {
                    self.log_done(facts, &output);
                    self.compensated(key);
                }
                Undone::Later(error) => self.repeat_later(facts, error),
                Undone::Failed(error) => {
                    self.log_failed(facts, error.clone(), false);
                    self.compensation_failed(key, (*task).into(), error);
                }
            };
        }
        match end {
            AttemptEnd::Recalled(output) => {
                self.log_done(facts, &output);
                self.deliver(
                    key.path.clone(),
                    Outcome::Recalled(output.clone()),
                    StoredOutcome::Returned(output),
                );
            }
            AttemptEnd::Returned(Attempted { value, verdict, worth_retrying }) => match verdict {
                Verdict::Success(Ok(output)) => {
                    self.log_done(facts, &output);
                    self.deliver(key.path.clone(), Outcome::Returned(value), StoredOutcome::Returned(output));
                }
                Verdict::Success(Err(error)) => {
                    let detail = format!("the value that task `{task}` returned cannot be stored: {error}");
                    let cause = self.cause(key.path.clone(), StoredOutcome::Repeat);
                    self.block(BlockReason::Unencodable { detail }, Some(cause));
                }
                Verdict::Failure(error) if may_repeat && worth_retrying => {
                    self.repeat_later(facts, error);
                }
                Verdict::Failure(error) => {
                    self.log_failed(facts, error, false);
                    self.deliver(key.path.clone(), Outcome::Returned(value), StoredOutcome::Repeat);
                }
            },
            AttemptEnd::Unstartable(error) => {
                let detail = format!("the arguments of task `{task}` do not read back: {error}");
                let cause = self.cause(key.path.clone(), StoredOutcome::Repeat);
                self.block(BlockReason::Unencodable { detail }, Some(cause));
            }
            AttemptEnd::Panicked(message) if may_repeat => {
                let error = format!("panicked: {message}");
                self.repeat_later(facts, error);
            }
            AttemptEnd::Panicked(message) => {
                self.log_failed(facts, format!("panicked: {message}"), false);
                let cause = self.cause(key.path.clone(), StoredOutcome::Repeat);
                self.block(BlockReason::TaskPanicked { task: (*task).into(), message }, Some(cause));
            }
        }
    }

    /// Another attempt follows after a while.
    fn repeat_later(&mut self, facts: &Facts, error: String) {
        let due = deadline(self.now, wait_before(facts.options.backoff, facts.attempt, facts.jitter));
        if let Some(leaf) = self.leaf_mut(&facts.key)
            && let LeafKind::Task { attempts, last_error, retry_at, begun, .. } = &mut leaf.kind
        {
            *attempts = facts.attempt;
            *last_error = Some(error.clone());
            *retry_at = Some(due);
            *begun = false;
        }
        self.log_failed(facts, error, true);
    }

    fn log_done(&mut self, facts: &Facts, output: &crate::durable::Stored) {
        self.log(Event::StepDone {
            task: facts.task.into(),
            key: facts.key.clone(),
            attempt: facts.attempt,
            micros: facts.micros,
            output: Digest::of(output.as_str().as_bytes()),
        });
    }

    fn log_discarded(&mut self, facts: &Facts, end: &AttemptEnd) {
        let error = match end {
            AttemptEnd::Returned(Attempted { verdict, .. }) => match verdict {
                Verdict::Success(_) => None,
                Verdict::Failure(error) => Some(error.clone()),
            },
            AttemptEnd::Recalled(_) => None,
            AttemptEnd::Panicked(message) => Some(format!("panicked: {message}")),
            AttemptEnd::Unstartable(error) => Some(error.clone()),
        };
        self.log(Event::StepDiscarded {
            task: facts.task.into(),
            key: facts.key.clone(),
            attempt: facts.attempt,
            micros: facts.micros,
            error,
        });
    }

    fn log_failed(&mut self, facts: &Facts, error: String, will_retry: bool) {
        self.log(Event::StepFailed {
            task: facts.task.into(),
            key: facts.key.clone(),
            attempt: facts.attempt,
            micros: facts.micros,
            error,
            will_retry,
        });
    }
}

/// What an attempt of a compensation amounts to.
enum Undone {
    Done(Stored),
    Later(String),
    Failed(String),
}

fn undone(end: AttemptEnd, may_repeat: bool) -> Undone {
    let failed =
        |error: String, again: bool| if again { Undone::Later(error) } else { Undone::Failed(error) };
    match end {
        AttemptEnd::Recalled(output) => Undone::Done(output),
        AttemptEnd::Returned(Attempted { verdict, worth_retrying, .. }) => match verdict {
            Verdict::Success(Ok(output)) => Undone::Done(output),
            Verdict::Success(Err(error)) => Undone::Failed(format!("its value cannot be stored: {error}")),
            Verdict::Failure(error) => failed(error, may_repeat && worth_retrying),
        },
        AttemptEnd::Unstartable(error) => Undone::Failed(error),
        AttemptEnd::Panicked(message) => failed(format!("panicked: {message}"), may_repeat),
    }
}

/// How long to wait after attempt `attempt` (from 1): `first`, doubled each time, at most `most`; of that between one half
/// and all, so that runs which failed together do not come back together. Where the two are equal, exactly that.
pub(super) fn wait_before(backoff: Backoff, attempt: u32, jitter: u64) -> Duration {
    if backoff.first == backoff.most {
        return backoff.first;
    }
    let doublings = attempt.saturating_sub(1).min(31);
    let longest = backoff.most.max(backoff.first);
    let whole = backoff.first.saturating_mul(1 << doublings).min(longest);
    let half = whole / 2;
    // 32 bits of the jitter, as a share of the other half.
    let share = u32::try_from(jitter >> 32).unwrap_or(u32::MAX);
    half + half.mul_f64(f64::from(share) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(200), most: Duration::from_secs(30) };

    #[test]
    fn waits_double_up_to_the_longest_and_vary_by_half() {
        for (attempt, whole) in
            [(1, 200), (2, 400), (3, 800), (8, 25_600), (9, 30_000), (4_000_000_000, 30_000)]
        {
            let whole = Duration::from_millis(whole);
            assert_eq!(wait_before(BACKOFF, attempt, 0), whole / 2);
            assert_eq!(wait_before(BACKOFF, attempt, u64::MAX), whole);
        }
    }

    #[test]
    fn a_wait_of_one_length_is_always_that_long() {
        let constant = Backoff { first: Duration::from_secs(10), most: Duration::from_secs(10) };
        for attempt in [1, 2, 3, 4_000_000_000] {
            for jitter in [0, u64::MAX / 2, u64::MAX] {
                assert_eq!(wait_before(constant, attempt, jitter), Duration::from_secs(10));
            }
        }
    }
}
