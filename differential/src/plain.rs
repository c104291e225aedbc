//! What the plain version of a body sees: the durable operations as plain futures under the same names.
#![allow(clippy::unused_async, reason = "the operations they stand for are awaited")]

use serde::de::DeserializeOwned;

use crate::world;

pub use crate::tasks::*;
pub use crate::values::*;
pub use crate::{trace, turn};
pub use sayiir::Timeout;
pub use serde::{Deserialize, Serialize};

pub use crate::{
    plain_join as join, plain_join_all as join_all, plain_select as select, plain_signal as signal,
    plain_sleep as sleep, plain_try_join as try_join,
};

/// The branches one after another, as the harness performs those of the workflow.
#[macro_export]
macro_rules! plain_join {
    ($first:expr, $second:expr) => {{
        let (first, second) = ($first, $second);
        async move { (first.await, second.await) }
    }};
}

/// The same, up to the first error.
#[macro_export]
macro_rules! plain_try_join {
    ($first:expr, $second:expr) => {{
        let (first, second) = ($first, $second);
        async move {
            let first = first.await?;
            Ok::<_, Failure>((first, second.await?))
        }
    }};
}

/// One after another.
#[macro_export]
macro_rules! plain_join_all {
    ($item:ident in $items:expr => $branch:expr $(, max = $max:literal)?) => {{
        let branches: Vec<_> = $items.into_iter().map(|$item| $branch).collect();
        async move {
            let mut outputs = Vec::new();
            for branch in branches {
                outputs.push(branch.await);
            }
            outputs
        }
    }};
}

/// The first arm, which is the one that the harness performs.
#[macro_export]
macro_rules! plain_select {
    ($found:ident = $first:expr => $value:expr, $other:ident = $second:expr => $otherwise:expr) => {{
        let (first, _second) = ($first, $second);
        async move {
            let $found = first.await;
            $value
        }
    }};
}

/// A signal that is answered at once.
#[macro_export]
macro_rules! plain_signal {
    ($name:literal as $payload:ty) => {
        $crate::plain::signal::<$payload>($name)
    };
    ($name:literal as $payload:ty, $limit:literal) => {
        $crate::plain::signal_within::<$payload>($name)
    };
    ($name:literal) => {
        $crate::plain::signal::<_>($name)
    };
    ($name:literal, $limit:literal) => {
        $crate::plain::signal_within::<_>($name)
    };
}

/// A timer that fires at once.
#[macro_export]
macro_rules! plain_sleep {
    ($limit:literal) => {
        async { $crate::world::note("timer".to_owned()) }
    };
}

/// `signal!` without a limit.
pub async fn signal<T: DeserializeOwned>(name: &'static str) -> T {
    let payload = world::signal(name, false).expect("a wait without a limit has no timeout");
    serde_json::from_value(payload).expect("the name says the type")
}

/// `signal!` with a limit.
///
/// # Errors
/// If the script lets the limit pass.
pub async fn signal_within<T: DeserializeOwned>(name: &'static str) -> Result<T, Timeout> {
    match world::signal(name, true) {
        Some(payload) => Ok(serde_json::from_value(payload).expect("the name says the type")),
        None => Err(Timeout { subject: String::new(), limit: std::time::Duration::ZERO }),
    }
}

/// A child that calls itself: the plain form needs a box where the workflow has its own.
///
/// # Errors
/// What `try_number` fails with.
pub async fn descend(n: i64) -> Result<i64, Failure> {
    let found = try_number(n).await?;
    if n > 0 { Box::pin(descend(n.min(3) - 1)).await } else { Ok(found) }
}

/// A child with a plain value.
pub async fn gather(n: i64) -> i64 {
    let first = number(n).await;
    match maybe(first).await {
        Some(more) => number(more).await,
        None => first,
    }
}
