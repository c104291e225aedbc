//! How many attempts may run at a time: in the whole engine, and of one task.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limits of one engine.
#[derive(Debug)]
pub(crate) struct Slots {
    most: usize,
    all: Arc<Semaphore>,
    by_task: Mutex<HashMap<&'static str, Arc<Semaphore>>>,
}

/// The right to run one attempt, given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    _of_engine: Option<OwnedSemaphorePermit>,
    _of_task: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// At most `all` attempts at a time.
    pub(crate) fn new(all: usize) -> Self {
        let most = all.clamp(1, Semaphore::MAX_PERMITS);
        Self { most, all: Arc::new(Semaphore::new(most)), by_task: Mutex::new(HashMap::new()) }
    }

    /// How many attempts are running.
    pub(crate) fn taken(&self) -> usize {
        self.most.saturating_sub(self.all.available_permits())
    }

    /// Waits for a slot. The task's own limit comes first, so that attempts which wait for it hold nothing that other
    /// tasks could use.
    pub(crate) async fn acquire(&self, task: &'static str, most: Option<u32>) -> Slot {
        let of_task = match most {
            Some(most) => self.of_task(task, most).acquire_owned().await.ok(),
            None => None,
        };
        // Closed never; if it were, running without a limit is better than never running.
        let of_engine = Arc::clone(&self.all).acquire_owned().await.ok();
        Slot { _of_engine: of_engine, _of_task: of_task }
    }

    /// A slot, if one is free just now.
    pub(crate) fn try_acquire(&self, task: &'static str, most: Option<u32>) -> Option<Slot> {
        let of_task = match most {
            Some(most) => Some(self.of_task(task, most).try_acquire_owned().ok()?),
            None => None,
        };
        let of_engine = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Slot { _of_engine: Some(of_engine), _of_task: of_task })
    }

    fn of_task(&self, task: &'static str, most: u32) -> Arc<Semaphore> {
        let mut by_task = self.by_task.lock().unwrap_or_else(PoisonError::into_inner);
        let most = usize::try_from(most).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS);
        Arc::clone(by_task.entry(task).or_insert_with(|| Arc::new(Semaphore::new(most))))
    }
}
