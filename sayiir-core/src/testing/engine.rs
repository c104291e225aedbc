//! An engine for tests: it says when it has nothing more to do, and its time passes when the test says so.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::VirtualClock;
use super::watched::Watched;
use crate::backend::Backend;
use crate::clock::Clock;
use crate::engine::{Activity, Engine, EngineBuilder, StartEngineError};
use crate::memory::InMemoryBackend;
use crate::operation::deadline;

/// An [`Engine`] on a virtual clock.
///
/// It is idle when none of its own futures, attempts of tasks included, has anything to do, and the store has answered. An
/// attempt that waits for something outside of the engine, such as a socket or a thread, counts as idle: await `run.result()`
/// for those.
///
/// ```
/// use std::time::Duration;
///
/// use sayiir::prelude::*;
/// use sayiir::testing::TestEngine;
///
/// #[workflow]
/// async fn approval(amount: u32) -> Result<String, Timeout> {
///     let by: String = signal!("approved", 48h).await?;
///     Ok(format!("{amount} approved by {by}"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = TestEngine::start(|builder| builder.workflow::<approval>()).await?;
/// let run = engine.start("exp-001", approval(250)).await?;
/// engine.advance(Duration::from_hours(48)).await;
/// assert!(matches!(run.status().await?, WorkflowStatus::Failed(error) if error.contains("timeout")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestEngine {
    engine: Engine,
    backend: Arc<dyn Backend>,
    clock: VirtualClock,
    activity: Activity,
}

impl TestEngine {
    /// Starts an engine in memory, at the beginning of 2026.
    ///
    /// # Errors
    /// As [`EngineBuilder::start`].
    pub async fn start(
        configure: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Result<Self, StartEngineError> {
        Self::start_on(InMemoryBackend::new(), VirtualClock::default(), configure).await
    }

    /// Starts an engine on what another one left behind.
    ///
    /// # Errors
    /// As [`EngineBuilder::start`].
    pub async fn start_on(
        backend: impl Backend,
        clock: VirtualClock,
        configure: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Result<Self, StartEngineError> {
        let activity = Activity::default();
        let backend: Arc<dyn Backend> = Arc::new(Watched::new(backend, activity.clone()));
        let builder =
            Engine::builder().backend(Arc::clone(&backend)).clock(clock.clone()).activity(activity.clone());
        let test = Self { engine: configure(builder).start().await?, backend, clock, activity };
        test.idle().await;
        Ok(test)
    }

    /// Its time.
    #[must_use]
    pub fn clock(&self) -> &VirtualClock {
        &self.clock
    }

    /// Its store.
    #[must_use]
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    /// Waits until the engine has nothing to do at the current time: for ever on a store that has crashed, as a
    /// [`FaultyBackend`](super::FaultyBackend) can.
    pub async fn idle(&self) {
        self.activity.idle().await;
    }

    /// Lets time pass, from one thing that is due to the next, and after each waits until the engine is idle again. A wait of
    /// 48 hours that leads into one of 24 has both end within 72.
    pub async fn advance(&self, time: Duration) {
        self.advance_to(deadline(self.clock.now(), time)).await;
    }

    /// Like [`advance`](Self::advance), up to a point in time.
    pub async fn advance_to(&self, end: Timestamp) {
        self.idle().await;
        while let Some(next) = self.next().await.filter(|next| *next <= end) {
            self.clock.set(next);
            self.idle().await;
        }
        if self.clock.now() < end {
            self.clock.set(end);
        }
        self.idle().await;
    }

    /// The next point in time at which anything happens.
    async fn next(&self) -> Option<Timestamp> {
        let now = self.clock.now();
        // A store that fails has nothing due that could be known.
        let due = self.backend.next_due().await.ok().flatten();
        let later = |at: &Timestamp| *at > now;
        due.filter(later).into_iter().chain(self.clock.next_wake().filter(later)).min()
    }

    /// Ends the engine as a crash would: nothing more is committed, and running attempts stop where they are.
    pub async fn crash(self) {
        self.engine.crash().await;
    }
}

impl Deref for TestEngine {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        &self.engine
    }
}
