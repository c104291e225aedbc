//! Sending a signal through the store alone, without an engine: [`SendEvent`].
//!
//! A store knows no types. It refuses what the record itself rules out, and keeps the payload undecoded; whether it fits, the
//! wait finds out.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use crate::backend::{Accepted, Backend, BackendError, RunChange};
use crate::clock::{Clock, SystemClock};
use crate::durable::{LARGEST_PAYLOAD, Stored};
use crate::history::{Chain, Digest, Event};
use crate::ids::{InvalidRunId, RunId};
use crate::record::{Record, StatusKind};
use crate::signal::{Message, listed};

/// Why an event was not accepted. Nothing was stored, unless the store itself failed on writing it: see [`BackendError`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendEventError {
    /// The id cannot be one.
    #[error(transparent)]
    InvalidId(#[from] InvalidRunId),
    /// There is no such run.
    #[error("there is no run {run}")]
    NotFound {
        /// The id.
        run: RunId,
    },
    /// The run has ended, or only undoes what it did before it ends.
    #[error("run {run} takes no more signals: it is {status}")]
    Finished {
        /// The run.
        run: RunId,
        /// How it ended, or that it is compensating, or blocked meanwhile.
        status: StatusKind,
    },
    /// The run's workflows declare no signal of that name.
    #[error("run {run} has no signal `{signal}`; it has {}", listed(declared))]
    UnknownSignal {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// The names it could have been.
        declared: Vec<String>,
    },
    /// The payload does not go to JSON.
    #[error("the payload of signal `{signal}` to run {run} cannot be stored")]
    Unencodable {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// What the encoder said.
        source: serde_json::Error,
    },
    /// The payload is larger than 2 MiB, which is what an engine takes by default.
    #[error("the payload of signal `{signal}` to run {run} takes {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// The run.
        run: RunId,
        /// The name.
        signal: String,
        /// Its size as JSON.
        bytes: usize,
        /// The largest that is taken.
        limit: usize,
    },
    /// The store failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// Sends signals through a store.
///
/// An engine of this process that shares the store hears of it, and the run goes on at once
/// ([`Backend::doorbell`]); any other takes it when it next touches the run, at the latest when it starts. Where there is an
/// engine, send through it: it checks the payload's type.
pub trait SendEvent: Backend {
    /// Puts a signal into the inbox of a run. `Ok` means that it is as durable as this store gets.
    ///
    /// A payload that does not fit the wait which takes it is set aside there, and the wait goes on.
    ///
    /// The payload takes at most 2 MiB as JSON. An engine can be told
    /// [another limit](crate::engine::EngineBuilder::max_payload_bytes), which is not known here. What is larger than 2 MiB goes
    /// through [`Engine::signal`](crate::engine::Engine::signal); what is smaller is taken also where the engine's limit is less.
    ///
    /// # Errors
    /// If there is no such run, if it has ended, if its workflows declare no such signal, if the payload cannot be stored or is too
    /// large, or if the store fails.
    ///
    /// # Cancel safety
    /// When the future is dropped before it is done, the signal may or may not have been accepted.
    fn send_event<T: Serialize + Send>(
        &self,
        run: &str,
        signal: &str,
        payload: T,
    ) -> impl Future<Output = Result<(), SendEventError>> + Send {
        async move {
            let run = RunId::new(run)?;
            let payload = Stored::encode(&payload).map_err(|source| SendEventError::Unencodable {
                run: run.clone(),
                signal: signal.into(),
                source,
            })?;
            let bytes = payload.as_str().len();
            // What the engine of the run was told is not known here.
            let limit = LARGEST_PAYLOAD;
            if bytes > limit {
                return Err(SendEventError::TooLarge { run, signal: signal.into(), bytes, limit });
            }
            accept(self, &run, signal, payload).await
        }
    }
}

impl<B: Backend + ?Sized> SendEvent for B {}

/// Tries again when somebody else changed the run meanwhile.
async fn accept<B: Backend + ?Sized>(
    backend: &B,
    run: &RunId,
    signal: &str,
    payload: Stored,
) -> Result<(), SendEventError> {
    loop {
        let record = backend.record(run).await?;
        let record = record.ok_or_else(|| SendEventError::NotFound { run: run.clone() })?;
        let accepted = change(&record, signal, payload.clone(), SystemClock.now())?;
        match backend.commit(&accepted.into()).await {
            Err(BackendError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => {
                if let Some(doorbell) = backend.doorbell() {
                    doorbell.ring(run);
                }
                return Ok(());
            }
        }
    }
}

/// The change that puts the message into the inbox.
fn change(
    record: &Record,
    signal: &str,
    payload: Stored,
    now: Timestamp,
) -> Result<RunChange, SendEventError> {
    let run = record.run.clone();
    if record.is_over() {
        return Err(SendEventError::Finished { run, status: record.status() });
    }
    let mut after = record.clone();
    let Some(queue) = Arc::make_mut(&mut after.inbox).iter_mut().find(|queue| queue.signal == signal) else {
        let declared = record.inbox.iter().map(|queue| queue.signal.to_string()).collect();
        return Err(SendEventError::UnknownSignal { run, signal: signal.into(), declared });
    };
    let position = queue.tail;
    queue.tail += 1;
    let mut chain = Chain::new(&record.run, record.incarnation, record.history);
    let received = Event::SignalReceived {
        signal: signal.into(),
        position,
        by: None,
        payload: Digest::of(payload.as_str().as_bytes()),
    };
    let history = vec![chain.append(now, received)];
    after.history = chain.head();
    after.revision.0 += 1;
    after.updated = now;
    let message = Message { signal: signal.into(), position, payload, by: None, at: now };
    Ok(RunChange {
        history,
        accepted: vec![Accepted { message, idempotency_key: None, taken: false }],
        ..RunChange::new(Some(record), Some(after))
    })
}
