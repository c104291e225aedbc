//! What generated code asks of the user's types, each question a trait with the words in which rustc says that the answer is no.
//!
//! Generated code asks at the user's own token, `<Receipt as Saved>::CODEC`, and never through a generic function:
//! so that rustc's report is about the user's type and names nothing in here.

mod kept;
mod saved;
mod sources;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;

use crate::arguments;
use crate::codec::FieldCodec;
use crate::durable::{Durable, Stored};
use crate::workflow::Upgrade;
pub use kept::{Kept, KeptAsText, KeptNot, KeptWhole, KeptWithInner, KeptWithSources};
pub use saved::{Found, Nothing, Saved};
pub(crate) use sources::with_sources;
pub use sources::{OfError, OfInner, OfNone, Sourced, Sources};

pub use crate::iterate::{Cursor, DurableIterator, Integer};
use crate::signal::Timeout;
pub use crate::signal::{Payload, Plain};
use crate::task::{Infallible, Interrupted, Kind, Provided, Verdict};

/// An argument of a task or a workflow: it is stored when the call is made.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a task or a workflow",
    label = "arguments are stored when the call is made",
    note = "a stored value is owned, `Send`, and derives `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Taken: Sized {
    /// How it is written and read.
    const CODEC: FieldCodec<Self>;

    /// Writes it as the next of several arguments.
    ///
    /// # Errors
    /// What the serializer or its `Serialize` reports.
    fn write<S: SerializeTuple>(&self, into: &mut S) -> Result<(), S::Error>;

    /// Reads it as the next of several arguments.
    ///
    /// # Errors
    /// If it is missing or does not fit.
    fn read<'de, S: SeqAccess<'de>>(from: &mut S) -> Result<Self, S::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: Durable> Taken for T {
    const CODEC: FieldCodec<Self> = crate::codec::saved();

    fn write<S: SerializeTuple>(&self, into: &mut S) -> Result<(), S::Error> {
        into.serialize_element(self)
    }

    fn read<'de, S: SeqAccess<'de>>(from: &mut S) -> Result<Self, S::Error> {
        arguments::next(from)
    }
}

/// What a task or a workflow gives back: a plain return type, or the `Ok` side of a `Result`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a task or a workflow returns",
    label = "this is stored when it is returned",
    note = "a stored value is owned, `Send`, and derives `serde::Serialize` and `serde::Deserialize`"
)]
pub trait Returned: Sized {
    /// What is stored of it.
    fn outcome(&self) -> Verdict;
    /// Reads it back.
    ///
    /// # Errors
    /// If the document does not fit the type.
    fn recall(stored: &Stored) -> Result<Self, serde_json::Error>;
}

#[diagnostic::do_not_recommend]
impl<T: Durable> Returned for T {
    fn outcome(&self) -> Verdict {
        Infallible::outcome(self)
    }
    fn recall(stored: &Stored) -> Result<Self, serde_json::Error> {
        Infallible::recall(stored)
    }
}

/// The `Err` side of what a task or a workflow returns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a task or a workflow",
    label = "of a failure its text is stored",
    note = "an error implements `std::fmt::Display`, for instance by `thiserror`"
)]
pub trait Failed {
    /// What is stored of it: its text, and that of its sources.
    fn failure(&self, sources: Sources<'_>) -> Verdict;
}

#[diagnostic::do_not_recommend]
impl<E: fmt::Display> Failed for E {
    fn failure(&self, sources: Sources<'_>) -> Verdict {
        Verdict::Failure(with_sources(self, sources))
    }
}

/// The error of a task with `timeout = …`.
#[diagnostic::on_unimplemented(
    message = "with `timeout`, the task's error is made from a `Timeout`, and `{Self}` is not",
    label = "this option needs `{Self}: From<Timeout>`",
    note = "add a variant to the error, `Timeout(#[from] Timeout)` with `thiserror`, or implement `From<Timeout>` for it"
)]
pub trait FromTimeout {
    /// Converts.
    fn from_timeout(timeout: Timeout) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Timeout>> FromTimeout for E {
    fn from_timeout(timeout: Timeout) -> Self {
        Self::from(timeout)
    }
}

/// The error of a task with `at_most_once`.
#[diagnostic::on_unimplemented(
    message = "with `at_most_once`, the task's error is made from an `Interrupted`, and `{Self}` is not",
    label = "this option needs `{Self}: From<Interrupted>`",
    note = "add a variant to the error, `Interrupted(#[from] Interrupted)` with `thiserror`, or implement `From<Interrupted>` for it"
)]
pub trait FromInterrupted {
    /// Converts.
    fn from_interrupted(interrupted: Interrupted) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Interrupted>> FromInterrupted for E {
    fn from_interrupted(interrupted: Interrupted) -> Self {
        Self::from(interrupted)
    }
}

/// The function behind `retry_if = …`.
pub struct RetryIf<E> {
    /// Whether another attempt is worth while after this error.
    pub decide: fn(&E) -> bool,
}

impl<E> fmt::Debug for RetryIf<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RetryIf")
    }
}

/// The function behind `upgrade = …`.
pub struct UpgradeBy<S> {
    /// Makes a state of this version from one of an older version.
    pub convert: Upgrade<S>,
}

impl<S> fmt::Debug for UpgradeBy<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UpgradeBy")
    }
}

/// What `#[inject]` can hand to a task: every attempt of every run shares it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be injected",
    label = "an injected value is `Send`, `Sync` and `'static`"
)]
pub trait Inject {
    /// The value that the engine was provided with.
    #[doc(hidden)]
    fn from_provided(provided: &Provided) -> Arc<Self>;
}

impl<T: ?Sized + Send + Sync + 'static> Inject for T {
    fn from_provided(provided: &Provided) -> Arc<Self> {
        provided.expect()
    }
}

/// Finds a `Result` or an `Option` behind an alias: `Form::<T>::WORD` is of another type for those.
///
/// The signature tells what `?` does and whether a task can fail, so it has to say so itself.
pub struct Form<T>(PhantomData<fn() -> T>);

/// Neither a `Result` nor an `Option`.
#[derive(Debug)]
pub struct Plainly;

/// A `Result` or an `Option`.
#[derive(Debug)]
pub struct UnderAnotherName;

impl<T, E> Form<Result<T, E>> {
    /// This is one.
    pub const WORD: UnderAnotherName = UnderAnotherName;
}

impl<T> Form<Option<T>> {
    /// This is one.
    pub const WORD: UnderAnotherName = UnderAnotherName;
}

/// What holds of all other types.
pub trait PlainForm {
    /// This is neither.
    const WORD: Plainly = Plainly;
}

impl<T> PlainForm for Form<T> {}

impl<T> fmt::Debug for Form<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form")
    }
}

/// A return type that says what it is.
#[diagnostic::on_unimplemented(
    message = "this return type is a `Result` or an `Option` under another name",
    label = "write `Result<..>` or `Option<..>` in the signature",
    note = "an alias hides whether the function can fail and what `?` does with what it returns"
)]
pub trait WrittenOut {}

impl WrittenOut for Plainly {}
