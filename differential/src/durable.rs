//! What the workflow version of a body sees.
#![allow(missing_docs, reason = "the plain versions have the words")]

pub use crate::tasks::*;
pub use crate::values::*;
pub use crate::{trace, turn};
pub use sayiir::{AlreadyExists, Received, RunId, Timeout, Timestamp, workflow};
pub use serde::{Deserialize, Serialize};

#[workflow]
pub async fn descend(n: i64) -> Result<i64, Failure> {
    let found = try_number(n).await?;
    if n > 0 { descend(n.min(3) - 1).await } else { Ok(found) }
}

#[workflow]
pub async fn gather(n: i64) -> i64 {
    let first = number(n).await;
    match maybe(first).await {
        Some(more) => number(more).await,
        None => first,
    }
}
