//! What an actor can be told to do with its run, and why it may refuse.

use std::any::Any;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::janitor::Retention;
use crate::backend::BackendError;
use crate::history::Digest;
use crate::machine::NewMessage;
use crate::record::{Queue, Record, StatusKind};
use crate::workflow::Program;

/// Where the answer to a command goes.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Refusal>>;

/// Something that one run's actor is to do.
pub(crate) enum Command {
    /// Begin the run.
    Start(NewStart, Reply<()>),
    /// Accept a signal.
    Signal(NewMessage, Reply<()>),
    /// Fire what is due.
    Due(Reply<()>),
    /// Go on with what the store says, after a restart.
    Recover(Reply<()>),
    /// Go on with what the store says, where somebody changed it past this engine.
    Reread(Reply<()>),
    /// End the run.
    Cancel(String, Reply<()>),
    /// Let a failed or blocked run go on.
    Retry(Reply<()>),
    /// Let a run go on that an earlier binary could not take up, if this one can.
    TakeUp(Reply<()>),
    /// Remove a finished run.
    Purge(Reply<()>),
    /// Remove the run if it is one that has been kept long enough at this time.
    Expire(Retention, Timestamp, Reply<()>),
}

impl Command {
    /// Answers that it is not carried out.
    pub(crate) fn refuse(self, refusal: Refusal) {
        let reply = match self {
            Self::Start(_, reply)
            | Self::Signal(_, reply)
            | Self::Due(reply)
            | Self::Recover(reply)
            | Self::Reread(reply)
            | Self::Cancel(_, reply)
            | Self::Retry(reply)
            | Self::TakeUp(reply)
            | Self::Purge(reply)
            | Self::Expire(_, _, reply) => reply,
        };
        // A caller that went away does not want to know.
        let _ = reply.send(Err(refusal));
    }
}

/// A run that is to begin.
pub(crate) struct NewStart {
    pub(crate) program: Arc<dyn Program>,
    /// With which a run of it begins.
    pub(crate) inbox: Arc<[Queue]>,
    /// `Box<W::Input>`.
    pub(crate) input: Box<dyn Any + Send>,
    pub(crate) input_digest: Digest,
}

/// Why a command was not carried out. Nothing was stored.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// There is no such run.
    NotFound,
    /// There is a run of that id already.
    Taken(Arc<Record>),
    /// The run has ended.
    Finished(StatusKind),
    /// The run is not in a status in which this can be done.
    Status(StatusKind),
    /// What the run did has been undone.
    Compensated,
    /// The run's workflows declare no such signal; these they do.
    UnknownSignal { declared: Vec<&'static str> },
    /// The payload does not decode as the declared type.
    Misfit { expected: &'static str, error: String },
    /// This engine does not know the run's workflow.
    NotRegistered { workflow: String },
    /// The run does not wait for the signal.
    NotWaiting(StatusKind),
    /// The store refused.
    Backend(BackendError),
    /// The engine stopped before it was done.
    Stopped,
}

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        Self::Backend(error)
    }
}
