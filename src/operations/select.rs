//! `select!`.

/// Waits for several things, and goes on with the first.
///
/// Takes 1 to 8 arms `pattern = operation => expression`, with the operations without their `.await`. The expression of the arm
/// whose operation was done first is what the whole yields; it is ordinary workflow code, and may await. When several are done at
/// once, the one that is written first wins.
///
/// The others are cancelled: a task that still runs sees its token fire and its outcome is not used; signals that were not
/// taken stay in the inbox.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[workflow]
/// async fn approval(amount: u64) -> String {
///     select! {
///         by = signal!("approved" as String) => format!("{amount} approved by {by}"),
///         by = signal!("withdrawn" as String) => format!("withdrawn by {by}"),
///         _ = sleep!(2w) => "nobody cared".to_owned(),
///     }
///     .await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
/// let run = engine.start("exp-001", approval(250)).await?;
/// run.signal(approval::WITHDRAWN, &"alice".to_owned()).await?;
/// assert_eq!(run.result().await?, "withdrawn by alice");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! select {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "sayiir's `select!` waits inside a `#[workflow]` function: write `select! { a = signal!(..) => .., }.await` there"
        )
    };
}
