//! The time, as the engine sees it: the only place where it is read and waited for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};

/// A source of time.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time by the wall clock.
    fn now(&self) -> Timestamp;

    /// Ends once [`now`](Clock::now) is `at` or later, and never before that.
    ///
    /// # Cancel safety
    /// May be dropped at any time.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// A shared clock is one.
impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        (**self).sleep_until(at)
    }
}

/// The clock of the machine.
///
/// A jump of the wall clock, forwards by hours or backwards, is noticed within a minute.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// How long one sleep lasts at most before the wall clock is looked at again.
const LONGEST_SLEEP: SignedDuration = SignedDuration::from_mins(1);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            loop {
                let left = at.duration_since(Timestamp::now()).min(LONGEST_SLEEP);
                match Duration::try_from(left) {
                    Ok(left) if !left.is_zero() => tokio::time::sleep(left).await,
                    // Negative or zero: the time has come.
                    Ok(_) | Err(_) => return,
                }
            }
        })
    }
}
