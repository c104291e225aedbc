//! The one error type of a flow's closures.

use std::error::Error;
use std::fmt;

use crate::bounds::{Sources, with_sources};

/// What a step of a flow fails with: any error, or a text. `?` makes one of every error.
///
/// Like `anyhow::Error` it is no [`Error`] itself; otherwise it could not be made of every one.
///
/// ```
/// use sayiir::prelude::*;
///
/// fn amount(text: &str) -> Result<u32, StepError> {
///     let amount = text.parse()?;
///     if amount == 0 {
///         return Err("nothing to pay".into());
///     }
///     Ok(amount)
/// }
///
/// assert_eq!(amount("x").unwrap_err().to_string(), "invalid digit found in string");
/// assert_eq!(amount("0").unwrap_err().to_string(), "nothing to pay");
/// ```
pub struct StepError(Box<dyn Error + Send + Sync>);

impl StepError {
    /// The error itself.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Error + Send + Sync> {
        self.0
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for StepError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The error's text; with `#` that of its sources too, behind colons, which is what a run keeps.
impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return f.write_str(&with_sources(&self.0, Sources::Behind(self.0.source())));
        }
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
