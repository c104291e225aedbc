//! Starting the runs that a body wants started, in the commit of their parent.

use std::sync::Arc;

use super::Actor;
use crate::backend::{BackendError, RunChange};
use crate::engine::command::Command;
use crate::engine::shared::{Patience, Shared};
use crate::history::Digest;
use crate::machine::{Machine, NewRun, WantedSpawn};
use crate::operation::{AlreadyExists, Leaf, Leaves};
use crate::workflow::LiveState;

impl Actor {
    /// Starts the run, or tells the body that its id is taken. `false` if this engine cannot: the run then stays where it is.
    pub(super) async fn spawn_run(
        &mut self,
        turn: &mut Machine,
        wanted: WantedSpawn,
        patience: Patience,
    ) -> Result<bool, BackendError> {
        let (shared, run) = (self.shared(), wanted.run.clone());
        let read = || shared.backend.record(&run);
        let taken = run == self.run
            || turn.spawns(&run)
            || shared.read(patience, &mut self.commands, read).await?.is_some();
        if taken {
            turn.spawned(wanted, Err(AlreadyExists { run }));
            return Ok(true);
        }
        let Some(child) = self.first_turn(turn, &wanted) else { return Ok(false) };
        turn.adopt(child);
        turn.spawned(wanted, Ok(run));
        Ok(true)
    }

    fn first_turn(&self, turn: &mut Machine, wanted: &WantedSpawn) -> Option<Box<Machine>> {
        let (workflow, input) = pending(turn.waiting()?, wanted)?;
        let shared = &self.shared;
        let known = shared.programs.workflow(workflow)?;
        let (input, stored) = match input {
            Ok(input) => input,
            Err(error) => {
                tracing::error!(run = %self.run, workflow, %error, "the arguments of a run to spawn do not read back");
                return None;
            }
        };
        let input_digest = Digest::of(stored.as_str().as_bytes());
        let new = NewRun {
            run: wanted.run.clone(),
            incarnation: shared.entropy.incarnation(),
            input_digest,
            input,
            inbox: Arc::clone(&known.inbox),
            parent: Some(self.run.clone()),
        };
        Some(Machine::start(new, Arc::clone(&known.program), shared.clock.now(), shared.history_key))
    }
}

type Input = (Box<dyn std::any::Any + Send>, crate::durable::Stored);

/// The workflow and the arguments of the run that waits to be started.
fn pending(
    live: &dyn LiveState,
    wanted: &WantedSpawn,
) -> Option<(&'static str, Result<Input, serde_json::Error>)> {
    let mut found = None;
    let mut visit = |path: &crate::ids::LeafPath, leaf: Leaf<'_>| {
        if *path == wanted.path
            && let Leaf::Spawn(spawn) = leaf
        {
            found = Some((spawn.workflow(), spawn.input()));
        }
    };
    live.leaves(&mut Leaves::new(&mut visit));
    found
}

impl Shared {
    /// Lets a run that began in another one's commit get on.
    pub(crate) fn wake_spawned(self: &Arc<Self>, child: &RunChange) {
        let entry = child.reindex.as_deref().and_then(|reindex| reindex.to.as_ref());
        self.alarm.set(entry.and_then(|entry| entry.due));
        let (shared, run) = (Arc::clone(self), child.run.clone());
        self.spawn(async move {
            if let Err(refusal) = shared.ask(&run, Command::Recover).await {
                tracing::warn!(%run, ?refusal, "a spawned run could not be woken; the next start does it");
            }
        });
    }
}
