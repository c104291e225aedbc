//! The actor of one active run: everything that happens to the run goes through it, one commit after another.
//!
//! It lives while attempts of the run are running or commands are to be carried out. In come commands and ended attempts;
//! each becomes one turn of the [`Machine`] and one commit, after which attempts are started or told that they are no longer wanted.

mod commands;
mod launch;
mod spawn;
mod turns;

use std::sync::Arc;

use futures_util::FutureExt;
use tracing::Span;

use super::attempts::{Attempts, Progress};
use super::command::Command;
use super::mailbox::Mailbox;
use super::shared::Shared;
use crate::ids::RunId;
use crate::machine::Machine;
use crate::record::Phase;

/// One active run.
pub(crate) struct Actor {
    shared: Arc<Shared>,
    run: RunId,
    commands: Mailbox,
    /// The run as the store holds it, if it was read and nothing went wrong since.
    machine: Option<Box<Machine>>,
    attempts: Attempts,
    /// Whether the last turn stopped before it was done.
    has_more: bool,
    /// The span in which it lives; told the workflow as soon as that is known.
    span: Span,
}

impl Actor {
    pub(crate) fn new(
        shared: Arc<Shared>,
        run: RunId,
        commands: Mailbox,
        progress: Progress,
        span: Span,
    ) -> Self {
        Self {
            shared,
            run,
            commands,
            machine: None,
            attempts: Attempts::new(progress),
            has_more: false,
            span,
        }
    }

    /// Carries out what brought it to life, and works until there is nothing more to do.
    pub(crate) async fn live(&mut self, first: Command) {
        self.obey(first).await;
        loop {
            // A run whose tasks never wait lets others have their turn, too.
            tokio::task::coop::consume_budget().await;
            // One of each kind, so that none has to wait for all of another: a command, what the last turn left, an end.
            let command = self.commands.try_recv();
            let mut is_busy = command.is_some();
            if let Some(command) = command {
                self.obey(command).await;
            }
            if std::mem::take(&mut self.has_more) && !self.shared.is_closed() {
                self.go_on().await;
                is_busy = true;
            }
            if let Some(mut ended) = self.attempts.first_look(&self.shared) {
                self.store_end(&mut ended.facts, ended.at, ended.end).await;
            } else if is_busy {
                if let Some(mut finished) = self.attempts.next().now_or_never() {
                    self.finished(&mut finished.facts, finished.at, finished.end).await;
                }
            } else if !self.attempts.is_empty() {
                tokio::select! {
                    biased;
                    command = self.commands.recv() => self.obey(command).await,
                    mut finished = self.attempts.next() => {
                        self.finished(&mut finished.facts, finished.at, finished.end).await;
                    }
                }
            } else if self.shared.actors.retire(&self.run, &self.commands) {
                return self.leave();
            }
        }
    }

    fn leave(&self) {
        let machine = self.machine.as_ref();
        if machine.is_some_and(|machine| matches!(machine.record().phase, Phase::Live { .. })) {
            self.shared.meter.parked();
        }
    }
}
