//! How the error of a workflow is stored: whole if it can be, else as its text, else not at all.
//!
//! Generated code asks `(&&&&&Kept::<R>::new()).form()`, where rustc takes the first of the five traits that holds: three of them
//! are about how the text is found, as in [`sources`](super::sources).

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use super::sources::{Sources, with_sources};
use crate::durable::{Durable, Stored};
use crate::engine::Failure;
use crate::workflow::{ErrorCodec, ErrorForm};

/// The question, for the return type `R`.
pub struct Kept<R>(PhantomData<fn() -> R>);

impl<R> Kept<R> {
    /// Asks.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R> Default for Kept<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> fmt::Debug for Kept<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

/// An error that goes to JSON and back.
pub trait KeptWhole<R> {
    /// How.
    fn form(&self) -> ErrorForm<R>;
}

impl<T, E: Durable> KeptWhole<Result<T, E>> for &&&&Kept<Result<T, E>> {
    fn form(&self) -> ErrorForm<Result<T, E>> {
        ErrorForm::Stored(ErrorCodec {
            keep: |output| match output {
                Err(error) => Stored::encode(error),
                Ok(_) => Err(no_error()),
            },
            recall: |stored| stored.decode().map(Err),
        })
    }
}

/// An error that can be made from the text of another one.
pub trait KeptWithSources<R> {
    /// How.
    fn form(&self) -> ErrorForm<R>;
}

impl<T, E: Error + From<Failure>> KeptWithSources<Result<T, E>> for &&&Kept<Result<T, E>> {
    fn form(&self) -> ErrorForm<Result<T, E>> {
        as_text(|output| keep_text(output, |error| Sources::Behind(error.source())))
    }
}

/// What is no error itself and can be made from the text of one, as `anyhow::Error` and `Box<dyn Error + Send + Sync>` can.
pub trait KeptWithInner<R> {
    /// How.
    fn form(&self) -> ErrorForm<R>;
}

impl<T, E> KeptWithInner<Result<T, E>> for &&Kept<Result<T, E>>
where
    E: fmt::Display + Deref<Target: Error> + From<Failure>,
{
    fn form(&self) -> ErrorForm<Result<T, E>> {
        as_text(|output| keep_text(output, |error| Sources::Behind(error.deref().source())))
    }
}

/// Any other type that can be made from the text of an error.
pub trait KeptAsText<R> {
    /// How.
    fn form(&self) -> ErrorForm<R>;
}

impl<T, E: fmt::Display + From<Failure>> KeptAsText<Result<T, E>> for &Kept<Result<T, E>> {
    fn form(&self) -> ErrorForm<Result<T, E>> {
        as_text(|output| keep_text(output, |_| Sources::Own))
    }
}

type Keep<R> = fn(&R) -> Result<Stored, serde_json::Error>;

fn as_text<T, E: From<Failure>>(keep: Keep<Result<T, E>>) -> ErrorForm<Result<T, E>> {
    let recall = |stored: &Stored| stored.decode().map(|text| Err(Failure::new(text).into()));
    ErrorForm::Stored(ErrorCodec { keep, recall })
}

fn keep_text<T, E: fmt::Display>(
    output: &Result<T, E>,
    sources: fn(&E) -> Sources<'_>,
) -> Result<Stored, serde_json::Error> {
    match output {
        Err(error) => Stored::encode(&with_sources(error, sources(error))),
        Ok(_) => Err(no_error()),
    }
}

/// Any other.
pub trait KeptNot<R> {
    /// How.
    fn form(&self) -> ErrorForm<R>;
}

impl<R> KeptNot<R> for Kept<R> {
    fn form(&self) -> ErrorForm<R> {
        ErrorForm::Lost
    }
}

fn no_error() -> serde_json::Error {
    serde::ser::Error::custom("there is no error to store")
}
