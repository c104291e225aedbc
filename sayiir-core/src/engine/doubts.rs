//! Runs of which it is not known what the store holds: a commit failed, and may turn out to be written all the same.
//!
//! Each is looked at again until the store answers, so that what such a commit began goes on: its tasks, its timers, the runs
//! it spawned, and whoever waits for its end.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::command::{Command, Refusal};
use super::shared::Shared;
use crate::ids::RunId;
use crate::operation::deadline;

const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The runs that are being looked at.
#[derive(Debug, Default)]
pub(crate) struct Doubts(Mutex<HashSet<RunId>>);

impl Doubts {
    fn lock(&self) -> MutexGuard<'_, HashSet<RunId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Looks at a run again, as soon as the store answers.
    pub(crate) fn doubt(self: &Arc<Self>, run: RunId) {
        if self.doubts.lock().insert(run.clone()) {
            self.spawn_until_closing(look_again(Arc::clone(self), run));
        }
    }
}

async fn look_again(shared: Arc<Shared>, run: RunId) {
    let mut wait = FIRST_WAIT;
    loop {
        shared.clock.sleep_until(deadline(shared.clock.now(), wait)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
        // From here on a commit of it that fails is another doubt.
        shared.doubts.lock().remove(&run);
        match shared.ask(&run, Command::Due).await {
            Err(Refusal::Backend(error)) if error.is_retryable() => {
                if !shared.doubts.lock().insert(run.clone()) {
                    return;
                }
            }
            Ok(()) | Err(_) => return,
        }
    }
}
