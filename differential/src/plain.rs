//! What the plain version of a body sees: the durable operations as plain futures under the same names.
#![allow(clippy::unused_async, reason = "the operations they stand for are awaited")]

use std::task::Poll;

use serde::de::DeserializeOwned;

use crate::world;

pub use crate::tasks::*;
pub use crate::values::*;
pub use crate::{trace, turn};
pub use sayiir::{AlreadyExists, Received, RunId, Timeout, Timestamp};
pub use serde::{Deserialize, Serialize};

pub use crate::{
    plain_compensate as compensate, plain_join as join, plain_join_all as join_all, plain_run_id as run_id,
    plain_select as select, plain_signal as signal, plain_sleep as sleep, plain_sleep_until as sleep_until,
    plain_spawn as spawn, plain_try_join as try_join, plain_try_join_all as try_join_all,
};

/// The branches one after another, as the harness performs those of the workflow.
#[macro_export]
macro_rules! plain_join {
    ($first:expr, $second:expr) => {{
        let (first, second) = ($first, $second);
        async move { (first.await, second.await) }
    }};
    ($first:expr, $second:expr, $third:expr) => {{
        let (first, second, third) = ($first, $second, $third);
        async move { (first.await, second.await, third.await) }
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
    ($item:pat in $items:expr => $branch:expr $(, max = $max:literal)?) => {{
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

/// As long as none fails.
#[macro_export]
macro_rules! plain_try_join_all {
    ($item:pat in $items:expr => $branch:expr $(, max = $max:literal)?) => {{
        let branches: Vec<_> = $items.into_iter().map(|$item| $branch).collect();
        async move {
            let mut outputs = Vec::new();
            for branch in branches {
                outputs.push(branch.await?);
            }
            Ok::<_, Failure>(outputs)
        }
    }};
}

/// The first arm that is ready decides. Its expression stands in the function itself, so that it may jump and await.
#[macro_export]
macro_rules! plain_select {
    ($a:pat = $first:expr => $then:expr, $b:pat = $second:expr => $otherwise:expr $(,)?) => {
        ::std::future::ready(
            match $crate::plain::first($first, $second, ::std::future::pending::<()>()).await {
                $crate::plain::First::A($a) => $then,
                $crate::plain::First::B($b) => $otherwise,
                $crate::plain::First::C(()) => ::core::unreachable!(),
            },
        )
    };
    (
        $a:pat = $first:expr => $then:expr,
        $b:pat = $second:expr => $otherwise:expr,
        $c:pat = $third:expr => $last:expr $(,)?
    ) => {
        ::std::future::ready(match $crate::plain::first($first, $second, $third).await {
            $crate::plain::First::A($a) => $then,
            $crate::plain::First::B($b) => $otherwise,
            $crate::plain::First::C($c) => $last,
        })
    };
}

/// Which of three futures was ready first.
#[derive(Debug)]
pub enum First<A, B, C> {
    /// The first.
    A(A),
    /// The second.
    B(B),
    /// The third.
    C(C),
}

/// Waits for the first of three futures that is ready, in this order.
pub async fn first<A: Future, B: Future, C: Future>(
    a: A,
    b: B,
    c: C,
) -> First<A::Output, B::Output, C::Output> {
    let (mut a, mut b, mut c) = (Box::pin(a), Box::pin(b), Box::pin(c));
    std::future::poll_fn(move |context| {
        if let Poll::Ready(output) = a.as_mut().poll(context) {
            return Poll::Ready(First::A(output));
        }
        if let Poll::Ready(output) = b.as_mut().poll(context) {
            return Poll::Ready(First::B(output));
        }
        c.as_mut().poll(context).map(First::C)
    })
    .await
}

/// A signal that is answered at once.
#[macro_export]
macro_rules! plain_signal {
    ($name:literal as Received<$payload:ty> $(, fresh)?) => {
        $crate::plain::received::<$payload>($name)
    };
    ($name:literal as $payload:ty $(, fresh)?) => {
        $crate::plain::signal::<$payload>($name)
    };
    ($name:literal as $payload:ty, $limit:literal $(, fresh)?) => {
        $crate::plain::signal_within::<$payload>($name)
    };
    ($name:literal $(, fresh)?) => {
        $crate::plain::signal::<_>($name)
    };
    ($name:literal, $limit:literal $(, fresh)?) => {
        $crate::plain::signal_within::<_>($name)
    };
}

/// A timer that fires at once.
#[macro_export]
macro_rules! plain_sleep {
    ($limit:literal) => {
        $crate::plain::sleep_until($crate::plain::after(stringify!($limit)))
    };
}

/// The same for a point in time.
#[macro_export]
macro_rules! plain_sleep_until {
    ($until:expr) => {
        $crate::plain::sleep_until($until)
    };
}

/// A run that is started at once, or not at all.
#[macro_export]
macro_rules! plain_spawn {
    ($id:expr, $workflow:ident($($argument:expr),*)) => {
        $crate::plain::spawn(
            ::std::string::String::from($id),
            stringify!($workflow),
            $crate::plain::stored(&($($argument,)*)),
        )
    };
}

/// A task that is remembered.
#[macro_export]
macro_rules! plain_compensate {
    ($task:ident($($argument:expr),*)) => {
        $crate::world::remember(stringify!($task), &$crate::plain::stored(&($($argument,)*)))
    };
}

/// The id that the workflow is run under.
#[macro_export]
macro_rules! plain_run_id {
    () => {
        ::sayiir::RunId::new("test").expect("a valid id")
    };
}

/// The arguments of a call, as they are stored.
pub fn stored(arguments: &impl serde::Serialize) -> String {
    serde_json::to_string(arguments).expect("arguments survive JSON")
}

/// `spawn!`.
///
/// # Errors
/// If the script says that the id is taken.
pub async fn spawn(id: String, workflow: &'static str, input: String) -> Result<RunId, AlreadyExists> {
    let run = RunId::new(&id).expect("a valid id");
    if world::spawn(&id, workflow, &input) { Ok(run) } else { Err(AlreadyExists { run }) }
}

/// `sleep_until!`, and `sleep!` from the beginning of time, where the harness begins.
pub async fn sleep_until(until: Timestamp) {
    world::timer(until);
}

/// The point in time that a literal such as `5m` means.
#[must_use]
pub fn after(length: &str) -> Timestamp {
    let (number, unit) = length.split_at(length.len() - 1);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 86_400,
    };
    let number: i64 = number.parse().expect("a number with a unit");
    Timestamp::from_second(number * seconds).expect("not too far away")
}

/// `signal!(.. as Received<T>)`.
pub async fn received<T: DeserializeOwned>(name: &'static str) -> Received<T> {
    Received { payload: signal(name).await, by: None, at: Timestamp::UNIX_EPOCH, position: 0 }
}

/// `signal!` without a limit.
pub async fn signal<T: DeserializeOwned>(name: &'static str) -> T {
    if world::is_silent(name) {
        return std::future::pending().await;
    }
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

/// A child that may fail: then what it remembered is undone before its caller sees the error.
///
/// # Errors
/// The child's.
pub async fn undoing<T, E>(child: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let mark = world::remembered();
    let result = child.await;
    if result.is_err() {
        world::undo_since(mark);
    }
    result
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
