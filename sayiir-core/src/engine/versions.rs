//! Which of the stored runs this binary can take up: from the index when it starts, by reading them all when it is asked.

use super::command::Command;
use super::pages::Pages;
use super::programs::Programs;
use super::shared::Shared;
use super::{Engine, ListError};
use crate::backend::{Backend, BackendError};
use crate::codec::Incompatible;
use crate::durable::Stored;
use crate::record::{Record, StatusKind};
use crate::versions::{Misfit, VersionReport, Why};
use crate::workflow::Revived;

/// The statuses of runs that are decoded again.
const UNFINISHED: [StatusKind; 5] = [
    StatusKind::Running,
    StatusKind::WaitingForSignal,
    StatusKind::Sleeping,
    StatusKind::Compensating,
    StatusKind::Blocked,
];

impl Engine {
    /// What the index of places said when this engine started: unfinished runs that this binary cannot take up, and places
    /// where what is saved has changed, so that it may not. Each was also logged as a warning. No run was read for it.
    #[must_use]
    pub fn version_report(&self) -> &VersionReport {
        &self.shared().version_report
    }

    /// Reads every unfinished run, and reports those that this binary cannot take up: states that do not read, waits for signals that
    /// it does not have, and what is to be undone and cannot be. A run that is damaged is named and passed over. Changes nothing; meant to be run by a
    /// new binary on a copy of the database, or at a quiet hour.
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
    /// let report = engine.check().await?;
    /// assert!(report.is_empty(), "{report}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the store fails.
    pub async fn check(&self) -> Result<VersionReport, ListError> {
        let shared = self.shared();
        let mut report = VersionReport::default();
        for status in UNFINISHED {
            let mut pages = Pages::of(status);
            while let Some(query) = pages.next() {
                let page = shared.backend.list(query).await?;
                report.damage.extend_from_slice(&page.damage);
                pages
                    .turn(page)
                    .iter()
                    .filter_map(|record| misfit(shared, record))
                    .for_each(|misfit| report.add(misfit));
            }
        }
        Ok(report)
    }

    /// Lets the `upgrade` of each workflow take up the waiting runs of earlier versions now, and not only when each is next
    /// touched. Gives the number of those it took up. Blocked runs that fit again go on when an engine starts.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn upgrade_runs(&self) -> Result<u64, ListError> {
        let shared = self.shared();
        let mut upgraded = 0;
        for status in UNFINISHED.into_iter().filter(|status| *status != StatusKind::Blocked) {
            let mut pages = Pages::of(status);
            while let Some(query) = pages.next() {
                let page = shared.backend.list(query).await?;
                for record in pages.turn(page).iter().filter(|record| needs_upgrade(shared, record)) {
                    match shared.ask(&record.run, Command::Recover).await {
                        Ok(()) => upgraded += 1,
                        Err(refusal) => tracing::warn!(run = %record.run, ?refusal, "a run was not upgraded"),
                    }
                }
            }
        }
        Ok(upgraded)
    }
}

/// The state that the run comes back to; one that is ending comes back to none.
fn state(record: &Record) -> Option<&Stored> {
    record.state.as_ref().filter(|_| record.ending.is_none())
}

fn needs_upgrade(shared: &Shared, record: &Record) -> bool {
    let program = shared.programs.program(&record.workflow).filter(|program| program.has_upgrade());
    let revived = program.zip(state(record)).map(|(program, state)| program.revive(state));
    matches!(revived, Some(Ok(Revived { is_upgraded: true, .. })))
}

/// Reads the index of places, and logs what does not fit.
pub(super) async fn report(
    backend: &dyn Backend,
    programs: &Programs,
) -> Result<VersionReport, BackendError> {
    let report = VersionReport::from_index(backend.places().await?, |name| programs.program(name));
    for Misfit { workflow, place, runs, why, .. } in &report.misfits {
        tracing::warn!(%workflow, %place, runs, "stored runs may not go on under this version: {why}");
    }
    Ok(report)
}

fn misfit(shared: &Shared, record: &Record) -> Option<Misfit> {
    let why = misfit_of_state(shared, record).or_else(|| misfit_of_undoing(shared, record))?;
    Some(Misfit {
        workflow: record.workflow.to_string(),
        place: record.place.as_ref().map(|place| place.name.to_string()).unwrap_or_default(),
        runs: 1,
        examples: vec![record.run.clone()],
        why,
    })
}

fn misfit_of_state(shared: &Shared, record: &Record) -> Option<Why> {
    let state = state(record)?;
    match shared.programs.program(&record.workflow) {
        None => Some(Why::UnknownWorkflow),
        Some(program) => program.revive(state).err().map(|detail| Why::Incompatible { detail }),
    }
}

fn misfit_of_undoing(shared: &Shared, record: &Record) -> Option<Why> {
    let mut tasks =
        record.being_undone().map(|undone| shared.programs.stored_task(&undone.task, &undone.input));
    let Incompatible { detail } = tasks.find_map(Result::err)?;
    Some(Why::Incompatible { detail })
}
