//! Listing runs.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::attempts::Progress;
use super::pages;
use super::{Engine, ListError, WorkflowStatus};
use crate::backend::{Cursor, DamagedRun, Page, Query};
use crate::durable::Stored;
use crate::ids::RunId;
use crate::record::{Record, StatusKind};
use crate::signal::Signal;
use crate::workflow::Workflow;

impl Engine {
    /// Lists runs, oldest first, a page at a time.
    ///
    /// ```
    /// # use sayiir::prelude::*;
    /// # #[workflow]
    /// # async fn approval(amount: u32) -> Result<String, Timeout> {
    /// #     let by: String = signal!("approved", 48h).await?;
    /// #     Ok(format!("{amount} approved by {by}"))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// let waiting = Filter::new().workflow::<approval>().status(StatusKind::WaitingForSignal);
    /// for run in engine.list(waiting).await?.runs {
    ///     println!("{} since {}: {}", run.id, run.created, run.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store fails. A single run that is damaged is named in [`RunPage::damage`] instead.
    pub async fn list(&self, filter: Filter) -> Result<RunPage, ListError> {
        list(self, filter).await
    }

    /// The runs that wait for a signal, oldest first, a page at a time: the inbox of those who send it.
    ///
    /// ```
    /// # use sayiir::prelude::*;
    /// # #[workflow]
    /// # async fn approval(amount: u32) -> Result<String, Timeout> {
    /// #     let by: String = signal!("approved", 48h).await?;
    /// #     Ok(format!("{amount} approved by {by}"))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// let inbox = engine.waiting(approval::APPROVED).limit(20).await?;
    /// assert_eq!(inbox.runs[0].id.as_str(), "exp-001");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "nothing is listed before this is awaited"]
    pub fn waiting<T>(&self, signal: Signal<T>) -> Waiting {
        Waiting::new(self.clone(), signal.name())
    }
}

/// Which runs a listing shows. Conditions that are given must all hold.
#[derive(Debug, Clone)]
#[must_use = "a filter does nothing until it is given to `Engine::list`"]
pub struct Filter {
    query: Query,
}

impl Filter {
    /// All runs, 100 to a page.
    pub fn new() -> Self {
        Self { query: Query { limit: 100, ..Query::default() } }
    }

    /// Only runs of this workflow.
    pub fn workflow<W: Workflow>(self) -> Self {
        self.workflow_named(W::NAME)
    }

    /// Only runs of the workflow with this durable name.
    pub fn workflow_named(mut self, name: impl Into<String>) -> Self {
        self.query.workflow = Some(name.into());
        self
    }

    /// Only runs in this status.
    pub fn status(mut self, status: StatusKind) -> Self {
        self.query.status = Some(status);
        self
    }

    /// Only runs that wait for the signal of this name.
    pub fn waiting_for(mut self, signal: impl Into<String>) -> Self {
        self.query.waiting_for = Some(signal.into());
        self
    }

    /// At most so many to a page. Default: 100; at least 1.
    pub fn limit(mut self, most: usize) -> Self {
        self.query.limit = most.max(1);
        self
    }

    /// Behind this place: [`RunPage::next`] of the page before.
    pub fn after(mut self, place: Cursor) -> Self {
        self.query.after = Some(place);
        self
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::new()
    }
}

/// A page of a listing, oldest run first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<RunSummary>,
    /// Runs that belong here and are damaged; each is logged as well. They are passed over, so that a page may have fewer runs than
    /// its limit, or none, and not be the last.
    pub damage: Vec<DamagedRun>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// One run of a listing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// Its workflow's durable name.
    pub workflow: String,
    /// What it is about; a value it ended with is not decoded.
    pub status: WorkflowStatus<Stored>,
    /// When it was started.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

impl RunSummary {
    fn of(record: &Record, progress: &Progress) -> Self {
        Self {
            id: record.run.clone(),
            workflow: record.workflow.to_string(),
            status: WorkflowStatus::of(record, progress),
            created: record.created,
            updated: record.updated,
        }
    }
}

pub(super) async fn list(engine: &Engine, filter: Filter) -> Result<RunPage, ListError> {
    let shared = engine.shared();
    let Page { runs, damage, next } = shared.backend.list(&filter.query).await?;
    pages::log(&damage);
    let summary = |record: &std::sync::Arc<Record>| RunSummary::of(record, &shared.progress(&record.run));
    Ok(RunPage { runs: runs.iter().map(summary).collect(), damage, next })
}

/// The runs that wait for one signal; `.await` gives a page of them.
#[derive(Debug)]
#[must_use = "nothing is listed before this is awaited"]
pub struct Waiting {
    engine: Engine,
    filter: Filter,
}

impl Waiting {
    pub(super) fn new(engine: Engine, signal: &str) -> Self {
        Self { engine, filter: Filter::new().waiting_for(signal) }
    }

    /// Only runs of this workflow: another one may have a signal of the same name.
    pub fn workflow<W: Workflow>(mut self) -> Self {
        self.filter = self.filter.workflow::<W>();
        self
    }

    /// At most so many to a page. Default: 100; at least 1.
    pub fn limit(mut self, most: usize) -> Self {
        self.filter = self.filter.limit(most);
        self
    }

    /// Behind this place: [`RunPage::next`] of the page before.
    pub fn after(mut self, place: Cursor) -> Self {
        self.filter = self.filter.after(place);
        self
    }
}

impl IntoFuture for Waiting {
    type Output = Result<RunPage, ListError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { list(&self.engine, self.filter).await })
    }
}
