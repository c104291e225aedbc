//! What the code that `#[workflow]` writes is made of: slots for variables that cross from one stretch to another, and the
//! way a body leaves without returning.
//!
//! The stretches of a body are `async fn`s with the user's own return type, so that `return` and `?` mean what they say,
//! also inside macros. Each is polled once. To wait, it hands its new state to [`Leave`] and awaits what never comes.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::bounds::Found;
use crate::codec::FieldCodec;
use crate::durable::Stored;
use crate::step::{Fault, Step};
use crate::versions::Field;
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

    /// Ties the slot's type to that of its codec. The answer is a number whose type is left open, see [`Saved`](crate::bounds::Saved).
    #[inline]
    pub fn is_written_by<Answer>(&self, found: Found<T, Answer>, _answer: Answer) -> FieldCodec<T> {
        found.codec
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
pub fn save<T>(
    codec: &FieldCodec<T>,
    variant: &'static str,
    field: &'static str,
    value: &T,
) -> Result<Stored, Fault> {
    Ok(codec.save(variant, field, value)?)
}

/// Decodes a variable into its slot.
///
/// # Errors
/// With the variable's name, if it does not fit.
pub fn load<T>(
    codec: &FieldCodec<T>,
    slot: &mut Slot<T>,
    variant: &'static str,
    field: &'static str,
    stored: &Stored,
) -> Result<(), Fault> {
    slot.put(codec.load(variant, field, stored)?);
    Ok(())
}

/// Why a stretch left without returning.
#[derive(Debug)]
pub enum Exit<S, N> {
    /// The run waits in this state.
    Waits(S),
    /// It goes on in another stretch.
    Goes(N),
    /// It cannot go on.
    Fault(Fault),
    /// It only said what is saved of it.
    Described(Vec<Field>),
}

/// How a stretch ended.
#[derive(Debug)]
pub enum Left<S, N, R> {
    /// The body returned.
    Returned(R),
    /// It left.
    Exit(Exit<S, N>),
}

/// What feeding a state led to.
#[derive(Debug)]
pub enum Fed<S, N> {
    /// It still waits.
    Pending(S),
    /// The stretch behind it can begin.
    Ready(N),
}

/// The way out of a stretch that has no value to return.
pub struct Leave<S, N>(Cell<Option<Exit<S, N>>>);

impl<S, N> Leave<S, N> {
    /// Not left yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Cell::new(None))
    }

    /// Leaves. What follows the `.await` never runs.
    pub async fn with(&self, exit: Exit<S, N>) -> Infallible {
        self.0.set(Some(exit));
        std::future::pending().await
    }
}

impl<S, N> Default for Leave<S, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, N> fmt::Debug for Leave<S, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leave")
    }
}

/// Runs one stretch until it returns or leaves.
pub fn run<S, N, R>(leave: &Leave<S, N>, stretch: impl Future<Output = R>) -> Left<S, N, R> {
    match pin!(stretch).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Left::Returned(output),
        Poll::Pending => Left::Exit(leave.0.take().unwrap_or_else(|| {
            Exit::Fault(Fault::Misrouted("the body waits for something that is not durable".into()))
        })),
    }
}

/// Hands a move's outcome to the operation of a state.
pub type Feed<S, N> = fn(S, &mut Step<'_>) -> Result<Fed<S, N>, Fault>;

/// One move of a body: `feed` hands the outcome to the operation of the state, `enter` runs a stretch.
pub fn advance<S, N, R>(
    mut state: S,
    step: &mut Step<'_>,
    feed: Feed<S, N>,
    enter: fn(N, &Step<'_>) -> Left<S, N, R>,
) -> Progress<S, R> {
    loop {
        let mut next = match feed(state, step) {
            Ok(Fed::Ready(next)) => next,
            Ok(Fed::Pending(state)) => return Progress::Waits(state),
            Err(fault) => return Progress::Fault(fault),
        };
        step.renew();
        state = loop {
            match enter(next, step) {
                Left::Returned(output) => return Progress::Returned(output),
                Left::Exit(Exit::Waits(state)) => break state,
                Left::Exit(Exit::Goes(to)) => next = to,
                Left::Exit(Exit::Fault(fault)) => return Progress::Fault(fault),
                Left::Exit(Exit::Described(_)) => {
                    return Progress::Fault(Fault::Misrouted("the body only described itself".into()));
                }
            }
        };
    }
}
