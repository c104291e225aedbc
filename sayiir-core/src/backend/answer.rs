//! What a call of a backend gives: an answer that is there at once, or one to wait for.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

use super::BackendError;

/// The answer of a backend, to be awaited. One that is [there at once](Self::now) allocates nothing.
///
/// ```
/// use sayiir_core::backend::{Answer, BackendError};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BackendError> {
/// assert_eq!(Answer::now(Ok(7)).await?, 7);
/// assert_eq!(Answer::later(async { Ok(7) }).await?, 7);
/// # Ok(())
/// # }
/// ```
#[must_use = "nobody knows what came of the call before this is awaited"]
pub struct Answer<'a, T>(Form<'a, T>);

enum Form<'a, T> {
    /// `None`: it was given.
    Now(Option<Result<T, BackendError>>),
    Later(BoxFuture<'a, Result<T, BackendError>>),
}

impl<'a, T> Answer<'a, T> {
    /// Of a backend that has done what it was asked.
    pub fn now(result: Result<T, BackendError>) -> Self {
        Self(Form::Now(Some(result)))
    }

    /// Of a backend that needs a while.
    pub fn later(answer: impl Future<Output = Result<T, BackendError>> + Send + 'a) -> Self {
        Self(Form::Later(Box::pin(answer)))
    }

    /// The value, if it is there already; else the answer, an error or one to wait for.
    pub(crate) fn ready(self) -> Result<T, Self> {
        match self.0 {
            Form::Now(Some(Ok(value))) => Ok(value),
            form => Err(Self(form)),
        }
    }
}

// Nothing in it is pinned: the future is on the heap.
impl<T> Unpin for Answer<'_, T> {}

impl<T> Future for Answer<'_, T> {
    type Output = Result<T, BackendError>;

    /// # Panics
    /// If it is polled again after it was there.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.get_mut().0 {
            Form::Now(result) => Poll::Ready(result.take().expect("an answer is taken once")),
            Form::Later(answer) => answer.as_mut().poll(cx),
        }
    }
}

impl<T> fmt::Debug for Answer<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_there = matches!(self.0, Form::Now(_));
        f.debug_struct("Answer").field("is_there", &is_there).finish()
    }
}
