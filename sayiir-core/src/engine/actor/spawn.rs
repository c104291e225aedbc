//! Starting the runs that a body wants started, in the commit of their parent.

use std::sync::Arc;

use super::Actor;
use crate::backend::{BackendError, RunChange};
use crate::caught::caught;
use crate::engine::command::Command;
use crate::engine::programs::Known;
use crate::engine::shared::{Patience, Shared};
use crate::history::Digest;
use crate::machine::{Machine, NewRun, WantedSpawn};
use crate::operation::{AlreadyExists, Leaf, Leaves};
use crate::record::BlockReason;
use crate::workflow::LiveState;

impl Actor {
    /// Starts the run, or tells the body that its id is taken.
    pub(super) async fn spawn_run(
        &mut self,
        turn: &mut Machine,
        wanted: WantedSpawn,
        patience: Patience,
    ) -> Result<(), BackendError> {
        let (shared, run) = (self.shared(), wanted.run.clone());
        let read = || shared.backend.record(&run);
        let taken = run == self.run
            || turn.spawns(&run)
            || shared.read(patience, &mut self.commands, read).await?.is_some();
        if taken {
            turn.spawned(wanted, Err(AlreadyExists { run }));
            return Ok(());
        }
        // A state that does not fit this binary blocks the run.
        let Some(live) = turn.waiting() else { return Ok(()) };
        match pending(live, &wanted, &shared) {
            Ok((known, input)) => {
                turn.adopt(self.first_turn(&wanted, known, input));
                turn.spawned(wanted, Ok(run));
            }
            Err(reason) => turn.refuse_spawn(wanted, reason),
        }
        Ok(())
    }

    fn first_turn(&self, wanted: &WantedSpawn, known: &Known, (input, stored): Input) -> Box<Machine> {
        let shared = &self.shared;
        let new = NewRun {
            run: wanted.run.clone(),
            incarnation: shared.entropy.incarnation(),
            input_digest: Digest::of(stored.as_str().as_bytes()),
            input,
            inbox: Arc::clone(&known.inbox),
            parent: Some(self.run.clone()),
        };
        Machine::start(new, Arc::clone(&known.program), shared.clock.now(), shared.history_key)
    }
}

type Input = (Box<dyn std::any::Any + Send>, crate::durable::Stored);

/// The workflow and the arguments of the run that waits to be started.
///
/// # Errors
/// Why it cannot be started.
fn pending<'s>(
    live: &dyn LiveState,
    wanted: &WantedSpawn,
    shared: &'s Shared,
) -> Result<(&'s Known, Input), BlockReason> {
    let mut found = None;
    let mut visit = |path: &crate::ids::LeafPath, leaf: Leaf<'_>| {
        if *path == wanted.path
            && let Leaf::Spawn(spawn) = leaf
        {
            found = Some((spawn.workflow(), caught(|| spawn.input())));
        }
    };
    live.leaves(&mut Leaves::new(&mut visit));
    let run = &wanted.run;
    let missing = |detail| BlockReason::Incompatible { detail };
    let (workflow, input) = found.ok_or_else(|| missing(format!("nothing here starts run {run}")))?;
    let known = shared.programs.workflow(workflow);
    let known = known.ok_or_else(|| missing(format!("no workflow `{workflow}` is registered")))?;
    let unfit = |why: String| BlockReason::Unencodable {
        detail: format!("the arguments of `{workflow}`, to be spawned as run {run}, {why}"),
    };
    let input = input.map_err(|panic| unfit(format!("panicked: {panic}")))?;
    let input = input.map_err(|error| unfit(format!("do not read back: {error}")))?;
    let (bytes, limit) = (input.1.as_str().len(), shared.largest_payload);
    if bytes > limit {
        return Err(unfit(format!("have {bytes} bytes as JSON, and the limit is {limit}")));
    }
    Ok((known, input))
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
