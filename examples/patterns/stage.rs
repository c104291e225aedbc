//! The stage of a story: an engine on a virtual clock, and a line for everything that happens, with its hour.

use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sayiir::clock::Clock;
use sayiir::engine::EngineBuilder;
use sayiir::errors::SignalError;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, VirtualClock};

/// What comes of playing a story.
pub(crate) type Played = anyhow::Result<()>;

/// What has been told so far. A clone is the same story.
#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    lines: Arc<Mutex<Vec<String>>>,
    clock: VirtualClock,
    is_printed: bool,
}

impl Story {
    /// One whose lines are printed as they come.
    pub(crate) fn printed() -> Self {
        Self { is_printed: true, ..Self::default() }
    }

    /// One whose lines are only kept.
    #[cfg(test)]
    pub(crate) fn told() -> Self {
        Self::default()
    }

    /// Adds a line: the hour and the words.
    pub(crate) fn tell(&self, words: impl Display) {
        let passed = self.clock.now().duration_since(VirtualClock::default().now());
        let line = format!("{:>4}h  {words}", passed.as_hours());
        if self.is_printed {
            println!("{line}");
        }
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// What has been told.
    #[cfg(test)]
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets up an engine whose tasks can tell.
    pub(crate) async fn stage(
        &self,
        configure: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> anyhow::Result<Stage> {
        let configure = |builder| configure(builder).provide(self.clone());
        let engine = TestEngine::start_on(InMemoryBackend::new(), self.clock.clone(), configure).await?;
        Ok(Stage { engine, story: self.clone() })
    }
}

/// An engine whose time passes when the story says so.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) engine: TestEngine,
    story: Story,
}

impl Stage {
    /// Tells something.
    pub(crate) fn tell(&self, words: impl Display) {
        self.story.tell(words);
    }

    /// Starts a run, lets it come as far as it can, and tells where it stands.
    pub(crate) async fn start<W: Workflow<Output: fmt::Debug>>(
        &self,
        id: &str,
        invocation: Invocation<W>,
    ) -> anyhow::Result<Run<W>> {
        let run = self.engine.start(id, invocation).await?;
        self.report(&run).await?;
        Ok(run)
    }

    /// Lets the engine do what there is to do, and tells where the run stands.
    pub(crate) async fn report<W: Workflow<Output: fmt::Debug>>(&self, run: &Run<W>) -> Played {
        self.engine.idle().await;
        let id = run.id();
        match run.status().await? {
            WorkflowStatus::Completed(output) => self.tell(format_args!("{id} ended: {output:?}")),
            WorkflowStatus::WaitingForSignal { signals, .. } => {
                self.tell(format_args!("{id} waits for {}", signals.join(", ")));
            }
            other => self.tell(format_args!("{id} {other}")),
        }
        Ok(())
    }

    /// Tells why a signal was refused.
    pub(crate) fn refused(&self, whom: &str, sent: &Result<(), SignalError>) {
        if let Err(error) = sent {
            self.tell(format_args!("{whom}: {error}"));
        }
    }

    /// Lets hours pass.
    pub(crate) async fn hours(&self, hours: u64) {
        self.engine.advance(Duration::from_hours(hours)).await;
    }
}
