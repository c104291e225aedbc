//! The types that generated bodies compute with. All of them survive JSON.

use serde::{Deserialize, Serialize};

use futures_util::FutureExt;
use sayiir::{AlreadyExists, Timeout, Timestamp};

/// A struct.
#[derive(Debug, Clone, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
pub struct Point {
    /// A number.
    pub x: i64,
    /// A text.
    pub label: String,
}

/// An enum with a variant of each form, one of them nested.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// Nothing inside.
    Dot,
    /// A number inside.
    Line(i64),
    /// Named fields.
    Rect {
        /// A number.
        w: i64,
        /// A text.
        name: String,
    },
    /// An optional number.
    Perhaps(Option<i64>),
    /// Two more.
    Both(Box<Shape>, i64),
}

/// What a fallible body fails with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    /// With a number.
    #[error("odd: {0}")]
    Odd(i64),
    /// Converted from [`Other`].
    #[error("other: {0}")]
    Other(String),
    /// Converted from a timeout.
    #[error("late")]
    Late,
}

/// Another error, which `?` converts to [`Failure`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct Other(pub String);

impl From<Other> for Failure {
    fn from(other: Other) -> Self {
        Self::Other(other.0)
    }
}

impl From<AlreadyExists> for Failure {
    fn from(taken: AlreadyExists) -> Self {
        Self::Other(taken.run.to_string())
    }
}

impl From<Timeout> for Failure {
    fn from(_: Timeout) -> Self {
        Self::Late
    }
}

impl Point {
    /// A method that borrows.
    #[must_use]
    pub fn shifted(&self, by: i64) -> Self {
        Self { x: self.x.wrapping_add(by), label: self.label.clone() }
    }

    /// A method that changes its receiver.
    pub fn rename(&mut self, label: String) -> usize {
        self.label = label;
        self.label.len()
    }

    /// A method that consumes.
    #[must_use]
    pub fn into_pair(self) -> (i64, String) {
        (self.x, self.label)
    }
}

/// At most sixty characters: what a loop puts together from itself must not double with every turn.
#[must_use]
pub fn short(text: String) -> String {
    if text.len() > 60 { text.chars().take(20).collect() } else { text }
}

/// A plain function with a borrowed argument.
#[must_use]
pub fn measure(text: &str, plus: i64) -> i64 {
    i64::try_from(text.len()).unwrap_or(0).wrapping_add(plus)
}

/// A plain function of two values.
#[must_use]
pub fn weigh(first: i64, second: i64) -> i64 {
    first.wrapping_mul(3).wrapping_sub(second)
}

/// A point in time.
#[must_use]
pub fn moment(n: i64) -> Timestamp {
    Timestamp::from_second(n.rem_euclid(1000)).unwrap_or_default()
}

/// What a future that never waits yields.
///
/// # Panics
/// If it waits.
pub fn at_once<F: Future>(future: F) -> F::Output {
    future.now_or_never().expect("a future without an await is ready at once")
}
