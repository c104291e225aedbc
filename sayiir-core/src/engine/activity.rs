//! Whether the engine has anything to do right now: what a test waits for instead of sleeping.
//!
//! Every future of the engine is wrapped so that it counts as busy from the moment it is spawned or woken until it has
//! nothing to do again. So does a call of the store, until it is answered. When none is busy, nothing more will happen unless
//! something comes from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

/// Counts what is busy in one engine.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity(Arc<Counter>);

#[derive(Debug, Default)]
struct Counter {
    busy: AtomicUsize,
    idle: Notify,
}

impl Activity {
    /// Waits until nothing is busy.
    #[cfg(feature = "testing")]
    pub(crate) async fn idle(&self) {
        loop {
            let idle = self.0.idle.notified();
            if self.0.busy.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }

    /// Wraps a future so that it is counted.
    pub(crate) fn track<F: Future>(&self, future: F) -> Tracked<F> {
        self.begin();
        Tracked {
            future: Box::pin(future),
            state: Arc::new(State {
                activity: self.clone(),
                mode: AtomicU8::new(WOKEN),
                waker: AtomicWaker::new(),
            }),
        }
    }

    /// Counts as busy until the guard is dropped.
    #[cfg(feature = "testing")]
    pub(crate) fn busy(&self) -> Busy {
        self.begin();
        Busy(self.clone())
    }

    fn begin(&self) {
        self.0.busy.fetch_add(1, Ordering::SeqCst);
    }

    fn end(&self) {
        if self.0.busy.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

/// Something that is counted from the outside.
#[cfg(feature = "testing")]
pub(crate) struct Busy(Activity);

#[cfg(feature = "testing")]
impl Drop for Busy {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// A counted future.
pub(crate) struct Tracked<F> {
    future: Pin<Box<F>>,
    state: Arc<State>,
}

struct State {
    activity: Activity,
    /// One of the constants below.
    mode: AtomicU8,
    waker: AtomicWaker,
}

/// Has nothing to do.
const RESTING: u8 = 0;
/// Is to be polled, and counts as busy.
const WOKEN: u8 = 1;
/// Is gone; whoever wakes it now wakes nobody.
const GONE: u8 = 2;

impl Wake for State {
    fn wake(self: Arc<Self>) {
        if self.mode.compare_exchange(RESTING, WOKEN, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.activity.begin();
        }
        self.waker.wake();
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.state.waker.register(context.waker());
        // While it is polled it counts once; a wake during the poll is seen as a second begin and keeps it busy.
        if self.state.mode.swap(RESTING, Ordering::SeqCst) != WOKEN {
            self.state.activity.begin();
        }
        let waker = Waker::from(Arc::clone(&self.state));
        let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        self.state.activity.end();
        polled
    }
}

impl<F> Drop for Tracked<F> {
    fn drop(&mut self) {
        if self.state.mode.swap(GONE, Ordering::SeqCst) == WOKEN {
            self.state.activity.end();
        }
    }
}
