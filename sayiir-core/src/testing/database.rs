//! What outlives the engines of a test.

use std::future::{Future, ready};

use crate::backend::Backend;
use crate::memory::InMemoryBackend;

/// Where a test keeps its runs: what one engine leaves, the next one opens.
///
/// ```
/// use sayiir::prelude::*;
/// use sayiir::testing::{Database, TestEngine, VirtualClock};
///
/// #[workflow]
/// async fn approval(amount: u32) -> String {
///     let by: String = signal!("approved").await;
///     format!("{amount} approved by {by}")
/// }
///
/// async fn goes_on_after_a_restart(database: impl Database) -> Result<(), Box<dyn std::error::Error>> {
///     let clock = VirtualClock::default();
///     let first = TestEngine::start_on(database.open().await, clock.clone(), |builder| {
///         builder.workflow::<approval>()
///     });
///     let first = first.await?;
///     first.start("exp-001", approval(250)).await?;
///     first.crash().await;
///     let next = TestEngine::start_on(database.open().await, clock, |builder| builder.workflow::<approval>());
///     let next = next.await?;
///     next.signal("exp-001", "approved", "bob").await?;
///     assert_eq!(next.run::<approval>("exp-001").await?.result().await?, "250 approved by bob");
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// goes_on_after_a_restart(InMemoryBackend::new()).await
/// # }
/// ```
pub trait Database {
    /// The store, once it is open.
    type Backend: Backend;

    /// Opens it as a new process would. Whoever had it open before is gone by then.
    fn open(&self) -> impl Future<Output = Self::Backend>;
}

/// In memory, a process that has ended leaves what its handles shared.
impl Database for InMemoryBackend {
    type Backend = Self;

    fn open(&self) -> impl Future<Output = Self> {
        ready(self.clone())
    }
}
