//! Recovery at start: runs with a task to run get an actor again, page by page. Runs that only wait are not touched.

use std::sync::Arc;

use futures_util::future::join_all;

use super::command::Command;
use super::pages::Pages;
use super::shared::{Patience, Shared};
use crate::backend::BackendError;
use crate::ids::RunId;
use crate::record::{BlockReason, Phase, Record, StatusKind};

/// How many runs are read at a time.
const PAGE: usize = 256;

/// Above this number of active runs recovery waits, so that memory stays bounded.
const MOST_ACTIVE: usize = 4_096;

/// Brings back what was running when the engine last ended.
pub(crate) async fn recover(shared: Arc<Shared>) {
    let recovered = async {
        recover_ready(&shared).await?;
        retry_incompatible(&shared).await
    };
    if let Err(error) = recovered.await {
        tracing::error!(%error, "recovery could not read the store; what was running goes on at the next start");
    }
    shared.recovered.cancel();
}

async fn recover_ready(shared: &Arc<Shared>) -> Result<(), BackendError> {
    let mut after: Option<RunId> = None;
    loop {
        let ready = shared.store(Patience::Insist, || shared.backend.ready(after.as_ref(), PAGE)).await?;
        let Some(last) = ready.last() else { return Ok(()) };
        after = Some(last.clone());
        let woken = ready.iter().map(|run| shared.ask(run, Command::Recover));
        for (run, outcome) in ready.iter().zip(join_all(woken).await) {
            if let Err(refusal) = outcome {
                tracing::warn!(%run, ?refusal, "a run could not be recovered");
            }
        }
        shared.actors.below(MOST_ACTIVE).await;
    }
}

/// Runs that an earlier binary could not take up go on if this one can.
async fn retry_incompatible(shared: &Arc<Shared>) -> Result<(), BackendError> {
    let mut pages = Pages::of(StatusKind::Blocked);
    while let Some(query) = pages.next() {
        let page = shared.store(Patience::Insist, || shared.backend.list(query)).await?;
        for record in pages.turn(page).iter().filter(|record| may_fit(shared, record)) {
            if let Err(refusal) = shared.ask(&record.run, Command::TakeUp).await {
                tracing::warn!(run = %record.run, ?refusal, "a blocked run could not be taken up");
            }
        }
    }
    Ok(())
}

/// Whether it is worth a try.
fn may_fit(shared: &Shared, record: &Record) -> bool {
    matches!(record.phase, Phase::Blocked { reason: BlockReason::Incompatible { .. }, .. })
        && shared.programs.program(&record.workflow).is_some()
}
