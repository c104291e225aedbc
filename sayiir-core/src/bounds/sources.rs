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
    Behind(Option<&'a (dyn Error + 'static)>),
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
        Sources::Behind(self.0.source())
    }
}

/// What is no error itself, but is one within, as `anyhow::Error` and `Box<dyn Error>` are.
pub trait OfInner {
    /// The sources of the one within.
    fn sources(&self) -> Sources<'_>;
}

impl<E: Deref<Target: Error>> OfInner for &Sourced<'_, E> {
    fn sources(&self) -> Sources<'_> {
        Sources::Behind(self.0.deref().source())
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

/// The text of an error with these sources, but for what stands at its end already: many an error displays its source itself.
pub(crate) fn with_sources(error: &impl Display, sources: Sources<'_>) -> String {
    let Sources::Behind(mut source) = sources else { return format!("{error:#}") };
    let mut text = error.to_string();
    while let Some(error) = source {
        let words = error.to_string();
        if !text.ends_with(&words) {
            write!(text, ": {words}").expect("a string takes all that is written");
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the bank failed: {0}")]
    struct Displayed(#[from] NoAnswer);

    #[derive(Debug, thiserror::Error)]
    #[error("no answer")]
    struct NoAnswer(#[source] io::Error);

    #[test]
    fn a_source_that_an_error_displays_itself_stands_there_once() {
        let error = Displayed(NoAnswer(io::Error::other("connection reset")));
        let words = with_sources(&error, Sources::Behind(error.source()));
        assert_eq!(words, "the bank failed: no answer: connection reset");
    }
}
