//! `join!`, `try_join!`, `join_all!` and `try_join_all!`.

/// Does several things at the same time, and waits for all.
///
/// Takes 1 to 8 operations, without their `.await`, and yields a tuple of what each yields, in the order in which they are
/// written. Each result is stored when it is there: after a crash only what was not done yet is done again.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn book_flight(to: String) -> String { format!("flight to {to}") }
///
/// #[task]
/// async fn book_hotel(to: String) -> String { format!("hotel in {to}") }
///
/// #[workflow]
/// async fn book(to: String) -> String {
///     let (flight, hotel) = join!(book_flight(to.clone()), book_hotel(to)).await;
///     format!("{flight}, {hotel}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<book>().start().await?;
/// let run = engine.start("trip-1", book("Lisbon".into())).await?;
/// assert_eq!(run.result().await?, "flight to Lisbon, hotel in Lisbon");
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! join {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "sayiir's `join!` waits inside a `#[workflow]` function: write `join!(a(x), b(y)).await` there"
        )
    };
}

/// Does several things at the same time, and stops at the first error.
///
/// Like [`join!`] for operations that yield a `Result` with one error type: yields `Ok` with a tuple of the values, or the first
/// error that came. What still runs then is cancelled: a running task sees its token fire, and its outcome is not used.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn book_flight(to: String) -> Result<String, String> { Ok(format!("flight to {to}")) }
///
/// #[task]
/// async fn book_hotel(to: String) -> Result<String, String> { Err(format!("no room in {to}")) }
///
/// #[workflow]
/// async fn book(to: String) -> Result<String, String> {
///     let (flight, hotel) = try_join!(book_flight(to.clone()), book_hotel(to)).await?;
///     Ok(format!("{flight}, {hotel}"))
/// }
/// ```
#[macro_export]
macro_rules! try_join {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "sayiir's `try_join!` waits inside a `#[workflow]` function: write `try_join!(a(x), b(y)).await?` there"
        )
    };
}

/// Does one thing for each item, at the same time, and waits for all.
///
/// Yields a `Vec` with what each yields, in the order of the items. With `max = N` at most so many are under way at a time.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn price(item: String) -> u64 { item.len() as u64 }
///
/// #[workflow]
/// async fn total(items: Vec<String>) -> u64 {
///     let prices = join_all!(item in items => price(item), max = 16).await;
///     prices.iter().sum()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<total>().start().await?;
/// let run = engine.start("basket-1", total(vec!["tea".into(), "sugar".into()])).await?;
/// assert_eq!(run.result().await?, 8);
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! join_all {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "sayiir's `join_all!` waits inside a `#[workflow]` function: write `join_all!(item in items => price(item)).await` there"
        )
    };
}

/// Does one thing for each item, at the same time, and stops at the first error.
///
/// Like [`join_all!`] for operations that yield a `Result`: yields `Ok` with a `Vec` of the values, or the first error that came.
/// What still runs then is cancelled.
///
/// ```
/// use sayiir::prelude::*;
///
/// #[task]
/// async fn price(item: String) -> Result<u64, String> { Err(format!("nobody sells {item}")) }
///
/// #[workflow]
/// async fn total(items: Vec<String>) -> Result<u64, String> {
///     let prices = try_join_all!(item in items => price(item)).await?;
///     Ok(prices.iter().sum())
/// }
/// ```
#[macro_export]
macro_rules! try_join_all {
    ($($arguments:tt)*) => {
        ::core::compile_error!(
            "sayiir's `try_join_all!` waits inside a `#[workflow]` function: write `try_join_all!(item in items => price(item)).await?` there"
        )
    };
}
