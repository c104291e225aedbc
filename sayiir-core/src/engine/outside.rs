//! Signals that were sent past the engine, through the store that it shares: whoever waits for them is woken.

use std::sync::Arc;

use super::command::{Command, Refusal};
use super::shared::Shared;
use crate::backend::Listener;
use crate::ids::RunId;

/// Wakes runs until the engine stops.
pub(crate) async fn answer(shared: Arc<Shared>, mut listener: Listener) {
    while let Some(run) = listener.next().await {
        // None waits for another, however long its code takes.
        shared.spawn(wake(Arc::clone(&shared), run));
    }
}

async fn wake(shared: Arc<Shared>, run: RunId) {
    match shared.ask(&run, Command::Reread).await {
        Ok(()) | Err(Refusal::NotFound) => {}
        Err(refusal) => {
            tracing::warn!(%run, ?refusal, "a run was not woken for a signal sent through the store");
        }
    }
}
