//! The janitor: removes finished runs when they have been kept as long as they were to be kept. Live runs it never touches.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::command::{Command, Refusal};
use super::pages::Pages;
use super::shared::{Patience, Shared};
use crate::backend::BackendError;
use crate::operation::deadline;
use crate::record::StatusKind;

/// How long finished runs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Runs that ended so.
    pub(crate) status: StatusKind,
    /// For so long after their end.
    pub(crate) keep: Duration,
}

/// Removes runs of one status until the engine stops. It sleeps until the next one is to go.
pub(crate) async fn clean(shared: Arc<Shared>, retention: Retention) {
    loop {
        let next = match sweep(&shared, retention).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "finished runs could not be removed");
                deadline(shared.clock.now(), AFTER_AN_ERROR)
            }
        };
        shared.clock.sleep_until(next).await;
    }
}

const AFTER_AN_ERROR: Duration = Duration::from_mins(1);

/// Removes what has been kept long enough, and says when the next run will have been.
async fn sweep(shared: &Arc<Shared>, retention: Retention) -> Result<Timestamp, BackendError> {
    let now = shared.clock.now();
    // Whatever ends from now on is kept for the whole time.
    let mut next = deadline(now, retention.keep);
    let mut pages = Pages::of(retention.status);
    while let Some(query) = pages.next() {
        let page = shared.store(Patience::Insist, || shared.backend.list(query)).await?;
        let runs = pages.turn(page);
        for record in &runs {
            let end = deadline(record.updated, retention.keep);
            if end > now {
                next = next.min(end);
                continue;
            }
            match shared.ask(&record.run, Command::Purge).await {
                // It was retried or removed meanwhile.
                Ok(()) | Err(Refusal::NotFound | Refusal::Status(_)) => {}
                Err(refusal) => {
                    tracing::warn!(run = %record.run, ?refusal, "a finished run could not be removed");
                    next = next.min(deadline(now, AFTER_AN_ERROR));
                }
            }
        }
        // Runs come in the order of their creation: what was created after the cutoff cannot have ended before it.
        if runs.last().is_none_or(|last| deadline(last.created, retention.keep) > now) {
            break;
        }
    }
    Ok(next)
}
