//! Runs of one status, read page by page.

use std::sync::Arc;

use crate::backend::{DamagedRun, Page, Query};
use crate::record::{Record, StatusKind};

/// How many runs are read at a time.
const PAGE: usize = 256;

/// Says what a listing passed over.
pub(super) fn log(damage: &[DamagedRun]) {
    for DamagedRun { run, error } in damage {
        tracing::error!(%run, %error, "a run that is listed does not read, and is passed over");
    }
}

/// Where the reading stands. Whoever reads says how patient it is with the store.
pub(super) struct Pages {
    query: Query,
    is_over: bool,
}

impl Pages {
    /// From the oldest run on.
    pub(super) fn of(status: StatusKind) -> Self {
        Self { query: Query { status: Some(status), limit: PAGE, ..Query::default() }, is_over: false }
    }

    /// What to ask the store for next; `None` after the last page.
    pub(super) fn next(&self) -> Option<&Query> {
        (!self.is_over).then_some(&self.query)
    }

    /// Takes the answer; gives its runs, and says what is passed over since it does not read.
    pub(super) fn turn(&mut self, page: Page) -> Vec<Arc<Record>> {
        log(&page.damage);
        self.is_over = page.next.is_none();
        self.query.after = page.next;
        page.runs
    }
}
