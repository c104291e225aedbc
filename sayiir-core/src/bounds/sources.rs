//! The text that is stored of an error: what it displays, and what its sources display, behind colons.
//!
//! Generated code asks `(&&&Sourced(&error)).sources()`, where rustc takes the first of the three traits that holds. Whether it
//! can be displayed at all is another question, which is asked at the user's own token.

use std::error::Error;
use std::fmt::{Display, Write};
use std::ops::Deref;

/// The question, for an error.
#[derive(Debug)]
pub struct Sourced<'a, E>(pub &'a E);

/// What there is behind an error's own text.
#[derive(Debug, Clone, Copy)]
pub enum Sources<'a> {
    /// This one, its source, and so on.
    From(Option<&'a (dyn Error + 'static)>),
    /// What it writes itself when it is asked for all with `{:#}`.
    Own,
}

/// An error.
pub trait OfError {
    /// Its sources.
    fn sources(&self) -> Sources<'_>;
}

impl<E: Error> OfError for &&Sourced<'_, E> {
    fn sources(&self) -> Sources<'_> {
        Sources::From(self.0.source())
    }
}

/// What is no error itself, but is one within, as `anyhow::Error` and `Box<dyn Error>` are.
pub trait OfInner {
    /// The sources of the one within.
    fn sources(&self) -> Sources<'_>;
}

impl<E: Deref<Target: Error>> OfInner for &Sourced<'_, E> {
    fn sources(&self) -> Sources<'_> {
        Sources::From(self.0.deref().source())
    }
}

/// Any other type.
pub trait OfNone {
    /// None that are known.
    fn sources(&self) -> Sources<'_>;
}

impl<E> OfNone for Sourced<'_, E> {
    fn sources(&self) -> Sources<'_> {
        Sources::Own
    }
}

/// The text of an error with these sources.
pub(crate) fn with_sources(error: &impl Display, sources: Sources<'_>) -> String {
    let Sources::From(mut source) = sources else { return format!("{error:#}") };
    let mut text = error.to_string();
    while let Some(error) = source {
        write!(text, ": {error}").expect("a string takes all that is written");
        source = error.source();
    }
    text
}
