//! Signals: the typed constant a workflow declares, the message that is stored, and what a body can receive.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::durable::{Durable, Stored};
use crate::operation::{Leaves, Operation, Polled, SignalWait, SignalWithin};
use crate::step::{Fault, Step};

/// One signal of a workflow, typed by its payload: `expense_approval::MANAGER_APPROVAL`.
pub struct Signal<T> {
    name: &'static str,
    payload: PhantomData<fn() -> T>,
}

impl<T> Signal<T> {
    /// Made by `#[workflow]`, once for each name in the body.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, payload: PhantomData }
    }

    /// The name as the workflow wrote it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Signal<T> {}

impl<T> fmt::Debug for Signal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signal").field(&self.name).finish()
    }
}

/// A signal that a workflow can receive, without its type: for callers that only have strings.
#[derive(Clone, Copy)]
pub struct SignalDeclaration {
    /// The name as the workflow wrote it.
    pub name: &'static str,
    /// Says why a payload does not fit the declared type.
    pub check: fn(&Stored) -> Result<(), serde_json::Error>,
    /// The declared type, as rustc prints it.
    pub payload: fn() -> &'static str,
    /// What it looks like to serde, for `testing::state_schema!`.
    pub shape: fn() -> Option<serde_json::Value>,
}

impl SignalDeclaration {
    /// The declaration of a signal whose payload is `P`.
    #[must_use]
    pub const fn new<P: Payload>(name: &'static str) -> Self {
        Self {
            name,
            check: |json| json.decode::<P::Content>().map(drop),
            payload: std::any::type_name::<P::Content>,
            shape: P::shape,
        }
    }
}

impl fmt::Debug for SignalDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignalDeclaration")
            .field("name", &self.name)
            .field("payload", &(self.payload)())
            .finish_non_exhaustive()
    }
}

/// An accepted signal, as it is kept until a wait takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The signal's name.
    pub signal: String,
    /// Its place among all messages of this run and name, from 0.
    pub position: u64,
    /// What was sent, not decoded.
    pub payload: Stored,
    /// Who sent it, if the sender said.
    pub by: Option<String>,
    /// When it was accepted.
    #[serde(with = "jiff::fmt::serde::timestamp::nanosecond::required")]
    pub at: Timestamp,
}

/// What a wait hands to the body: the bare payload ([`Plain`]), or the payload with its circumstances ([`Received`]).
pub trait Payload: 'static {
    /// What a sender sends.
    type Content: Durable;
    /// What the body gets.
    type Value: Send + 'static;

    /// Decodes a message.
    ///
    /// # Errors
    /// If the payload does not fit.
    fn receive(message: &Message) -> Result<Self::Value, serde_json::Error>;

    /// What the content looks like to serde.
    #[doc(hidden)]
    #[must_use]
    fn shape() -> Option<serde_json::Value> {
        crate::versions::shape_of::<Self::Content>()
    }

    /// `Operation::poll` of a wait without a limit. Generated code asks for it here, so that a payload which cannot be sent
    /// is one error and not three.
    ///
    /// # Errors
    /// As there.
    #[doc(hidden)]
    fn poll_wait(
        wait: SignalWait<Self>,
        step: &mut Step<'_>,
    ) -> Result<Polled<SignalWait<Self>, Self::Value>, Fault>
    where
        Self: Sized,
    {
        wait.poll(step)
    }

    /// `Operation::poll` of a wait with a limit.
    ///
    /// # Errors
    /// As there.
    #[doc(hidden)]
    #[expect(clippy::type_complexity, reason = "the signature is `Operation`'s")]
    fn poll_within(
        wait: SignalWithin<Self>,
        step: &mut Step<'_>,
    ) -> Result<Polled<SignalWithin<Self>, Result<Self::Value, Timeout>>, Fault>
    where
        Self: Sized,
    {
        wait.poll(step)
    }

    /// `Operation::leaves` of a wait without a limit.
    #[doc(hidden)]
    fn leaves_of_wait(wait: &SignalWait<Self>, leaves: &mut Leaves<'_>)
    where
        Self: Sized,
    {
        wait.leaves(leaves);
    }

    /// `Operation::leaves` of a wait with a limit.
    #[doc(hidden)]
    fn leaves_of_within(wait: &SignalWithin<Self>, leaves: &mut Leaves<'_>)
    where
        Self: Sized,
    {
        wait.leaves(leaves);
    }

    /// Whether a payload is what the wait receives.
    ///
    /// # Errors
    /// If it does not decode.
    #[doc(hidden)]
    fn check(payload: &Stored) -> Result<(), serde_json::Error> {
        payload.decode::<Self::Content>().map(drop)
    }
}

/// The payload alone: what `signal!("name" as T)` means.
#[derive(Debug)]
pub struct Plain<T>(PhantomData<fn() -> T>);

impl<T: Durable> Payload for Plain<T> {
    type Content = T;
    type Value = T;
    fn receive(message: &Message) -> Result<T, serde_json::Error> {
        message.payload.decode()
    }
}

/// A payload with who sent it and when: `signal!("vote" as Received<Vote>, 2d)`.
///
/// The circumstances come from the engine, not from the payload, so that a rule such as "two distinct approvers" does not
/// have to trust what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received<T> {
    /// What was sent.
    pub payload: T,
    /// Who sent it, if the sender said.
    pub by: Option<String>,
    /// When it was accepted.
    pub at: Timestamp,
    /// Its place among all messages of this run and signal, from 0.
    pub position: u64,
}

impl<T: Durable> Payload for Received<T> {
    type Content = T;
    type Value = Self;
    fn receive(message: &Message) -> Result<Self, serde_json::Error> {
        Ok(Self {
            payload: message.payload.decode()?,
            by: message.by.clone(),
            at: message.at,
            position: message.position,
        })
    }
}

/// Time ran out: for a signal that nobody sent, or for an attempt of a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("timeout: {subject} within {}", Length(*limit))]
pub struct Timeout {
    /// What did not happen: ``signal `manager_approval` was not received``, ``task `reimburse` did not finish``.
    pub subject: String,
    /// The limit that passed.
    pub limit: Duration,
}

/// The names of signals, for a message.
pub(crate) fn listed<S: fmt::Display>(names: &[S]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// A duration as people write it: `48h`, `1h 30m`.
struct Length(Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(duration) => write!(f, "{duration:#}"),
            Err(_) => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_says_timeout_the_signal_and_the_limit() {
        let timeout = Timeout {
            subject: "signal `manager_approval` was not received".into(),
            limit: Duration::from_hours(48),
        };
        assert_eq!(timeout.to_string(), "timeout: signal `manager_approval` was not received within 48h");
    }
}
