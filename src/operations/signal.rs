//! `signal!`.

/// Waits for a message from outside, for as long as it takes or up to a limit.
///
/// | write | get |
/// |---|---|
/// | `signal!("name").await` | `T`: waits without a limit |
/// | `signal!("name", 48h).await` | `Result<T, Timeout>`: `Err` when nothing came within the limit |
/// | `signal!("name" as T, 48h).await` | the same, with the payload's type in place |
/// | `signal!("name", 48h, fresh).await` | only what was sent after the wait began |
/// | `signal!("name" as Received<T>).await` | the payload with who sent it, and when |
///
/// The name is a string literal; each name of a workflow becomes a typed constant of it, its name in upper snake case, which
/// [`Run::signal`](crate::Run::signal) takes. The payload's type is that of the annotated `let`, or is given with `as`. The limit
/// is a number with a unit of `ms s m h d w`, as in `48h` or `1h30m`, or any expression of type
/// [`Duration`](std::time::Duration). It counts from the commit that begins the wait, by the wall clock, also while no process
/// runs.
///
/// The run is parked: only its record on disk remains. A message that comes before its wait is kept; messages of one name
/// are taken in the order in which they came. When a message and the end of the limit meet, what was stored first wins.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[workflow]
/// async fn approval(amount: u64) -> Result<String, Timeout> {
///     let approver: String = signal!("approved", 48h).await?;
///     Ok(format!("{amount} approved by {approver}"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
/// let run = engine.start("exp-001", approval(250)).await?;
/// run.signal(approval::APPROVED, &"bob".to_owned()).by("bob@corp.example").await?;
/// assert_eq!(run.result().await?, "250 approved by bob");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! signal {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "`signal!` waits inside a `#[workflow]` function: write `signal!(..).await` there. To send a signal, use `run.signal(..)` or `engine.signal(..)`"
        )
    };
}
