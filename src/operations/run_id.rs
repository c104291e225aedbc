//! `run_id!`.

/// The id of the run that this is: a [`RunId`](crate::RunId). Not awaited.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn mail(text: String) { /* … */ }
///
/// #[workflow]
/// async fn approval(amount: u64) {
///     let link = format!("https://expenses.example/{}", run_id!());
///     mail(format!("{amount} to approve: {link}")).await;
/// }
/// ```
#[macro_export]
macro_rules! run_id {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "`run_id!` is the id of the run inside a `#[workflow]` function; a task asks its `TaskContext`, and a `Run` has `id()`"
        )
    };
}
