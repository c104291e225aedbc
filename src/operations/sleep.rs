//! `sleep!` and `sleep_until!`.

/// Waits for a length of time.
///
/// The length is a number with a unit of `ms s m h d w`, as in `5m` or `1h30m`, or any expression of type
/// [`Duration`](std::time::Duration). It counts from the commit that begins the wait, by the wall clock: time during which no
/// process runs counts too, and a sleep that ended meanwhile ends at once. Never earlier.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn send_reminder(to: String) { /* … */ }
///
/// #[workflow]
/// async fn remind(to: String) {
///     for _ in 0..3 {
///         sleep!(1d).await;
///         send_reminder(to.clone()).await;
///     }
/// }
/// ```
#[macro_export]
macro_rules! sleep {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "`sleep!` waits inside a `#[workflow]` function: write `sleep!(5m).await` there"
        )
    };
}

/// Waits until a point in time, a [`Timestamp`](crate::Timestamp). One that has passed ends at once.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn publish(article: String) { /* … */ }
///
/// #[workflow]
/// async fn publish_at(article: String, due: Timestamp) {
///     sleep_until!(due).await;
///     publish(article).await;
/// }
/// ```
#[macro_export]
macro_rules! sleep_until {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "`sleep_until!` waits inside a `#[workflow]` function: write `sleep_until!(timestamp).await` there"
        )
    };
}
