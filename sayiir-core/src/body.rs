//! What the code that `#[workflow]` writes is made of: slots for variables that cross from one stretch to another, and the
//! way a body leaves without returning.
//!
//! A compiled body is an `async fn` with the user's own return type, so that `return` and `?` mean what they say, also
//! inside macros. It is polled once. To wait, it hands its new state to [`Leave`] and awaits what never comes.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::codec::{Incompatible, Unencodable};
use crate::durable::{Durable, Stored};
use crate::step::Fault;
use crate::workflow::Progress;

/// The home of one variable between two stretches of a body. Its type is found by rustc from the code that puts and takes.
pub struct Slot<T>(Option<T>);

impl<T> Slot<T> {
    /// An empty slot.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Puts a value in.
    #[inline]
    pub fn put(&mut self, value: T) {
        self.0 = Some(value);
    }

    /// Takes the value out.
    ///
    /// # Panics
    /// If the slot is empty, which is a defect of the compiler that wrote the body.
    #[inline]
    pub fn take(&mut self) -> T {
        self.0.take().expect("a variable is stored before it is used")
    }

    /// Ties the slot's type to that of a variable.
    #[inline]
    pub fn same_type_as(&self, _value: &T) {}

    /// The value, where it is.
    ///
    /// # Panics
    /// If the slot is empty, which is a defect of the compiler that wrote the body.
    #[inline]
    pub fn peek(&self) -> &T {
        self.0.as_ref().expect("a variable is stored before it is used")
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("filled", &self.0.is_some()).finish()
    }
}

/// Encodes a variable whose type only rustc knows.
///
/// # Errors
/// With the variable's name, if it does not encode.
pub fn save<T: Durable>(
    _slot: &Slot<T>,
    variant: &'static str,
    field: &'static str,
    value: &T,
) -> Result<Stored, Fault> {
    Stored::encode(value).map_err(|error| {
        Unencodable { variant: variant.into(), field: field.into(), cause: error.to_string() }.into()
    })
}

/// Decodes a variable into its slot.
///
/// # Errors
/// With the variable's name, if it does not fit.
pub fn load<T: Durable>(
    slot: &mut Slot<T>,
    variant: &'static str,
    field: &'static str,
    stored: &Stored,
) -> Result<(), Fault> {
    let value = stored
        .decode()
        .map_err(|error| Incompatible { detail: format!("`{field}` of `{variant}`: {error}") })?;
    slot.put(value);
    Ok(())
}

/// Why a body left.
#[derive(Debug)]
pub enum Exit<S> {
    /// It waits in this state.
    Waits(S),
    /// It cannot go on.
    Fault(Fault),
}

/// The way out of a body that has no value to return.
pub struct Leave<S>(Cell<Option<Exit<S>>>);

impl<S> Leave<S> {
    /// Not left yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// Leaves. What follows the `.await` never runs.
    pub async fn with(&self, exit: Exit<S>) -> Infallible {
        self.0.set(Some(exit));
        std::future::pending().await
    }
}

impl<S> Default for Leave<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> fmt::Debug for Leave<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leave")
    }
}

/// Runs a body until it returns or leaves.
pub fn run<S, R>(leave: &Leave<S>, body: impl Future<Output = R>) -> Progress<S, R> {
    match pin!(body).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Progress::Returned(output),
        Poll::Pending => match leave.0.take() {
            Some(Exit::Waits(state)) => Progress::Waits(state),
            Some(Exit::Fault(fault)) => Progress::Fault(fault),
            None => {
                Progress::Fault(Fault::Misrouted("the body waits for something that is not durable".into()))
            }
        },
    }
}
