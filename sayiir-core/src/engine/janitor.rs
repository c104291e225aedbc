//! The janitor: removes finished runs when they have been kept as long as they were to be kept. Live runs it never touches.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::command::Command;
use super::pages::Pages;
use super::shared::{Patience, Shared};
use crate::backend::BackendError;
use crate::operation::deadline;
use crate::record::{Record, StatusKind};

/// How long finished runs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Runs that ended so.
    pub(crate) status: StatusKind,
    /// For so long after their end.
    pub(crate) keep: Duration,
}

impl Retention {
    /// Until when this keeps the run; `None` if it has not ended so.
    pub(super) fn end(self, record: &Record) -> Option<Timestamp> {
        (record.status() == self.status).then(|| deadline(record.updated, self.keep))
    }
}

/// Removes runs of one status until the engine stops. It sleeps until the next one is to go.
pub(crate) async fn clean(shared: Arc<Shared>, retention: Retention) {
    loop {
        let next = match sweep(&shared, retention).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "finished runs could not be removed");
                Timestamp::MIN
            }
        };
        shared.clock.sleep_until(next.max(deadline(shared.clock.now(), PACE))).await;
    }
}

/// How long it rests at least: after an error, and since what is to be kept for no time would keep it busy.
const PACE: Duration = Duration::from_mins(1);

/// Removes what has been kept long enough, and says when the next run will have been.
async fn sweep(shared: &Arc<Shared>, retention: Retention) -> Result<Timestamp, BackendError> {
    let now = shared.clock.now();
    // Whatever ends from now on is kept for the whole time.
    let mut next = deadline(now, retention.keep);
    let mut pages = Pages::of(retention.status);
    while let Some(query) = pages.next() {
        // Runs come in the order of their creation, and none ends before it: those on the pages that are left will not have been
        // kept long enough before this.
        let earliest = query.after.as_ref().map(|last| deadline(last.created, retention.keep));
        if let Some(earliest) = earliest.filter(|earliest| *earliest > now) {
            next = next.min(earliest);
            break;
        }
        let page = shared.store(Patience::Insist, || shared.backend.list(query)).await?;
        for record in pages.turn(page) {
            match retention.end(&record) {
                Some(end) if end > now => next = next.min(end),
                Some(_) if !expire(shared, retention, now, &record).await => {
                    next = next.min(now);
                }
                Some(_) | None => {}
            }
        }
    }
    Ok(next)
}

/// Whether it is done; said so if not.
async fn expire(shared: &Arc<Shared>, retention: Retention, now: Timestamp, record: &Record) -> bool {
    let expired = shared.ask(&record.run, |reply| Command::Expire(retention, now, reply)).await;
    if let Err(refusal) = &expired {
        tracing::warn!(run = %record.run, ?refusal, "a finished run could not be removed");
    }
    expired.is_ok()
}
