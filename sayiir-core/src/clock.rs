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

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    // Tokio's time is paused: it jumps from one sleep to the next, and the wall clock stays where it is.

    #[tokio::test(start_paused = true)]
    async fn a_sleep_of_many_pieces_ends_with_none_of_them_before_the_wall_clock_says_so() {
        let sleep = SystemClock.sleep_until(SystemClock.now() + SignedDuration::from_hours(24));
        let ended = timeout(Duration::from_hours(48), sleep).await;
        assert!(ended.is_err(), "by the wall clock hardly any time has passed");
    }

    #[tokio::test(start_paused = true)]
    async fn the_wall_clock_is_looked_at_again_each_minute() {
        let mut sleep = SystemClock.sleep_until(SystemClock.now() + SignedDuration::from_hours(24));
        let mut looks = Vec::new();
        let looked = std::future::poll_fn(|context| {
            looks.push(Instant::now());
            sleep.as_mut().poll(context)
        });
        assert!(timeout(Duration::from_mins(10), looked).await.is_err());
        let longest = looks.windows(2).map(|pair| pair[1] - pair[0]).max().expect("more than one look");
        assert!(longest < Duration::from_secs(61), "{longest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_to_a_time_that_has_come_ends_at_once() {
        let before = Instant::now();
        SystemClock.sleep_until(SystemClock.now()).await;
        SystemClock.sleep_until(Timestamp::MIN).await;
        assert_eq!(Instant::now(), before);
    }
}
