//! The two attributes, with their manual.

/// Makes an async function a step that a workflow can run.
///
/// ```
/// use sayiir::prelude::*;
///
/// struct Bank;
///
/// impl Bank {
///     async fn transfer(&self, key: &str, amount: u64) -> Result<String, BankError> {
///         Ok(format!("{amount} under {key}"))
///     }
/// }
///
/// #[derive(Debug, thiserror::Error)]
/// enum BankError {
///     #[error(transparent)]
///     Timeout(#[from] Timeout),
///     #[error("there is no such account")]
///     NoAccount,
/// }
///
/// fn worth_it(error: &BankError) -> bool {
///     !matches!(error, BankError::NoAccount)
/// }
///
/// #[task(retries = 5, backoff = 200ms..30s, timeout = 10s, retry_if = worth_it)]
/// async fn pay(#[inject] bank: &Bank, cx: &TaskContext, amount: u64) -> Result<String, BankError> {
///     bank.transfer(cx.idempotency_key(), amount).await
/// }
///
/// #[workflow]
/// async fn payment(amount: u64) -> Result<String, BankError> {
///     pay(amount).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder()
///     .backend(InMemoryBackend::new())
///     .workflow::<payment>()
///     .provide(Bank)
///     .start()
///     .await?;
/// let run = engine.start("payment-1", payment(250)).await?;
/// assert!(run.result().await?.starts_with("250 under "));
/// # Ok(())
/// # }
/// ```
///
/// # Parameters
///
/// - `#[inject] x: &T`, or `Arc<T>`, is what `Engine::builder().provide(..)` was given. An engine whose tasks want something that was
///   not provided does not start.
/// - `cx: &TaskContext` tells the attempt about itself: see [`TaskContext`](crate::TaskContext).
/// - All others are the task's arguments. They and the returned value, or the `Ok` side of a returned `Result`, are stored: they are
///   [`Durable`](crate::Durable).
///
/// A workflow that calls the task writes its arguments alone. Elsewhere it is the function that you wrote, with all its parameters.
///
/// # Options
///
/// | option | meaning | default |
/// |---|---|---|
/// | `name = "…"` | the name under which it is stored; no other task of an engine has it | the function's |
/// | `retries = 5` | how often a failed attempt is repeated; a panic is a failed attempt | 0 |
/// | `backoff = 200ms..30s` | the wait before a repetition, twice as long each time up to the most, with jitter; one length alone is exactly that long each time | `200ms..30s` |
/// | `timeout = 10s` | the limit of one attempt; wants an error type that is `From<Timeout>` | none |
/// | `retry_if = path` | a `fn(&E) -> bool` that says whether an error is worth another attempt | every error is |
/// | `at_most_once` | an attempt that a crash cut short is not repeated; wants an error type that is `From<Interrupted>` | repeated |
/// | `max_concurrent = 4` | how many attempts of it one engine runs at a time | no limit |
/// | `crate = path` | where this crate is, if it was renamed | `::sayiir` |
///
/// `timeout`, `retry_if` and `at_most_once` are for a task that returns a `Result`. `retries` and `backoff` are for any: one that
/// returns something else fails by a panic, and is repeated then.
///
/// # Names
///
/// A task that undoes what was done is found by its name, and `max_concurrent` counts by it. An engine that knows two tasks of one
/// name, such as `hotel::cancel` and `flight::cancel`, does not start, and says which: one of them is given another, with
/// `#[task(name = "cancel_flight")]`. The one that was there first keeps its own, for the runs that have stored it.
///
pub use sayiir_macros::task;

/// Compiles an async function into a workflow: a state machine that is stored at every place where it waits.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn publish(article: String) -> String {
///     format!("https://news.example/{article}")
/// }
///
/// #[workflow]
/// async fn review(article: String) -> Result<String, Timeout> {
///     let mut rounds = 0;
///     while !signal!("reviewed" as bool, 2w).await? {
///         rounds += 1;
///         sleep!(1d).await;
///     }
///     let link = publish(article).await;
///     Ok(format!("{link} after {rounds} rounds"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<review>().start().await?;
/// let run = engine.start("article-7", review("rust".into())).await?;
/// run.signal(review::REVIEWED, &true).by("eve").await?;
/// assert_eq!(run.result().await?, "https://news.example/rust after 0 rounds");
/// # Ok(())
/// # }
/// ```
///
/// # What it makes
///
/// - The function `review(article)`, which gives an [`Invocation`](crate::Invocation): what [`Engine::start`](crate::Engine::start) takes,
///   and what another workflow awaits.
/// - The type `review`, a [`Workflow`](crate::Workflow), with a typed [`Signal`](crate::Signal) for each signal, `review::REVIEWED`.
/// - The enum `ReviewState`, a [`WorkflowState`](crate::WorkflowState), with a variant for each place where a run can wait, that holds
///   what is still needed there: [`Run::state`](crate::Run::state).
///
/// # What it takes
///
/// Any body of Rust in which tasks, workflows and the operations of this crate are awaited: [`signal!`](crate::signal),
/// [`sleep!`](crate::sleep), [`sleep_until!`](crate::sleep_until), [`join!`](crate::join), [`select!`](crate::select) and their kin.
/// Variables that are needed after an await are stored, so they are [`Durable`](crate::Durable); their types are inferred as usual. What
/// stands between two awaits is run when the first is done, and stored with it; it may read clocks and draw random numbers. What
/// changes the world belongs into a [`task`](macro@crate::task).
///
/// Before a statement with one await, `#[at("second_review")]` names the place, for good: what is stored is found by that name.
///
/// # Options
///
/// | option | meaning | default |
/// |---|---|---|
/// | `name = "…"` | the name under which runs are stored | the function's |
/// | `timeout = 30d` | the limit of a whole run, which [`Engine::start`](crate::Engine::start) or [`spawn!`](crate::spawn) began; where the workflow is awaited by another it is not asked, only that of the run | none |
/// | `upgrade = path` | a `fn(StoredState) -> Result<ReviewState, UpgradeError>` that takes up runs of earlier versions: see [`StoredState`](crate::versions::StoredState) | none |
/// | `crate = path` | where this crate is, if it was renamed | `::sayiir` |
///
pub use sayiir_macros::workflow;
