//! Waiting for a signal, without a limit ([`SignalWait`]) or with one ([`SignalWithin`]).

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Leaf, Leaves, Operation, Polled};
use crate::caught::received;
use crate::signal::{Payload, Timeout};
use crate::step::{Fault, Outcome, Step};

/// `signal!("name").await`: yields the payload, whenever it comes.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SignalWait<P> {
    signal: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "is_false")]
    fresh: bool,
    #[serde(skip)]
    payload: PhantomData<fn() -> P>,
}

/// `signal!("name", 48h).await`: yields the payload, or [`Timeout`] once the limit has passed.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SignalWithin<P> {
    #[serde(flatten)]
    wait: SignalWait<P>,
    limit: Duration,
    deadline: Option<Timestamp>,
}

impl<P> SignalWait<P> {
    /// Waits for the signal `name`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { signal: Cow::Borrowed(name), fresh: false, payload: PhantomData }
    }

    /// Lets only what arrives after the wait began count.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Gives up after `limit`, counted from the commit that begins the wait.
    #[must_use]
    pub fn within(self, limit: Duration) -> SignalWithin<P> {
        SignalWithin { wait: self, limit, deadline: None }
    }
}

impl<P: Payload> SignalWait<P> {
    fn take(&self, outcome: Outcome, step: &mut Step<'_>) -> Result<Option<P::Value>, Fault> {
        let Outcome::Signal(message) = outcome else {
            return Err(Fault::Misrouted(format!("signal `{}`", self.signal)));
        };
        match received(|| P::receive(&message)) {
            Ok(value) => Ok(Some(value)),
            Err(why) => {
                step.reject(why);
                Ok(None)
            }
        }
    }
}

impl<P: Payload> Operation for SignalWait<P> {
    type Output = P::Value;

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, P::Value>, Fault> {
        let Some(outcome) = step.take_outcome() else {
            return Ok(Polled::Pending(self));
        };
        Ok(match self.take(outcome, step)? {
            Some(value) => Polled::Ready(value),
            None => Polled::Pending(self),
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        leaves.leaf(Leaf::Signal { name: &self.signal, deadline: None, fresh: self.fresh });
    }
}

impl<P: Payload> Operation for SignalWithin<P> {
    type Output = Result<P::Value, Timeout>;

    fn poll(mut self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault> {
        match step.take_outcome() {
            None => {
                self.deadline.get_or_insert(deadline(step.now(), self.limit));
                Ok(Polled::Pending(self))
            }
            Some(Outcome::Elapsed) => {
                let subject = format!("signal `{}` was not received", self.wait.signal);
                Ok(Polled::Ready(Err(Timeout { subject, limit: self.limit })))
            }
            Some(
                outcome @ (Outcome::Signal(_)
                | Outcome::Returned(_)
                | Outcome::Recalled(_)
                | Outcome::Spawned(_)
                | Outcome::Undone),
            ) => Ok(match self.wait.take(outcome, step)? {
                Some(value) => Polled::Ready(Ok(value)),
                None => Polled::Pending(self),
            }),
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        leaves.leaf(Leaf::Signal {
            name: &self.wait.signal,
            deadline: self.deadline,
            fresh: self.wait.fresh,
        });
    }
}

/// `now + limit`, or the end of time if that is sooner.
pub(crate) fn deadline(now: Timestamp, limit: Duration) -> Timestamp {
    SignedDuration::try_from(limit)
        .ok()
        .and_then(|limit| now.checked_add(limit).ok())
        .unwrap_or(Timestamp::MAX)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<P> fmt::Debug for SignalWait<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignalWait").field(&self.signal).finish()
    }
}

impl<P> fmt::Debug for SignalWithin<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalWithin")
            .field("signal", &self.wait.signal)
            .field("limit", &self.limit)
            .field("deadline", &self.deadline)
            .finish()
    }
}
