//! `spawn!` and `compensate!`.

/// Starts another workflow as a run of its own, exactly once.
///
/// Takes the new run's id and the workflow's call. Yields `Result<RunId, AlreadyExists>`: the id, or an error if some run
/// has it already. The new run begins in the commit in which this one goes on, so a crash leaves either both or neither. It
/// has an inbox, a history and an end of its own; nobody waits for it here. To wait for another workflow, await it.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn file(document: String) -> String { format!("filed {document}") }
///
/// #[workflow]
/// async fn audit(document: String) -> String { file(document).await }
///
/// #[workflow]
/// async fn order(document: String) -> Result<String, AlreadyExists> {
///     let audit = spawn!(format!("{}-audit", run_id!()), audit(document)).await?;
///     Ok(audit.to_string())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<order>().start().await?;
/// let run = engine.start("o-1", order("contract".into())).await?;
/// assert_eq!(run.result().await?, "o-1-audit");
/// assert_eq!(engine.run::<audit>("o-1-audit").await?.result().await?, "filed contract");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! spawn {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "sayiir's `spawn!` starts a run from inside a `#[workflow]` function: write `spawn!(\"id\", workflow(x)).await` there"
        )
    };
}

/// Remembers a task that undoes what was done, for the case that the workflow fails or is cancelled.
///
/// Takes the call of a task and is not awaited. It becomes part of the run with the next commit. A run that returns an error,
/// exceeds its limit or is cancelled first runs what it remembered, last first, each task with its own retries; its status is
/// `Compensating` meanwhile. A compensation that fails for good leaves the run `Blocked`, and `retry()` goes on with it. A run
/// that succeeds forgets them all.
///
/// A workflow that is awaited by another undoes what is its own when it fails, before the other sees the error; when it
/// succeeds, what it remembered belongs to the other. One that is cancelled, as the loser of a
/// [`select!`](macro@crate::select), is undone while the run goes on, and before it ends. The error of an awaited workflow is
/// stored while it undoes: as it is if it implements serde's traits, else as a [`Failure`](crate::Failure) with its text, which
/// needs `From<Failure>`, as `anyhow::Error` has. If neither holds, `Engine::builder().start()` says so.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn reserve(seat: u32) -> u32 { seat }
///
/// #[task]
/// async fn release(seat: u32) { println!("seat {seat} is free again"); }
///
/// #[task]
/// async fn pay(amount: u32) -> Result<(), String> { Err(format!("{amount} is too much")) }
///
/// #[workflow]
/// async fn book(seat: u32) -> Result<(), String> {
///     let seat = reserve(seat).await;
///     compensate!(release(seat));
///     pay(500).await
/// }
/// ```
#[macro_export]
macro_rules! compensate {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "`compensate!` remembers a task inside a `#[workflow]` function: write `compensate!(refund(id));` there"
        )
    };
}
