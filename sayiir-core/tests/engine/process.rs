//! Engines that follow one another on a disk, as processes do.

use std::ops::Deref;

use sayiir_core::backend::Backend;
use sayiir_core::engine::{EngineBuilder, StartEngineError};
use sayiir_core::testing::{Database, TestEngine, VirtualClock};

use crate::Disk;
use crate::promises::in_world;
use crate::promises::world::World;

/// An engine, and the disk that it has open.
#[derive(Debug)]
pub(crate) struct Process {
    engine: TestEngine,
    disk: Disk,
}

impl Process {
    pub(crate) async fn start(
        disk: Disk,
        clock: VirtualClock,
        configure: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Result<Self, StartEngineError> {
        let backend = disk.open().await;
        Self::start_on(disk, backend, clock, configure).await
    }

    /// The same on what was made of the open disk.
    pub(crate) async fn start_on(
        disk: Disk,
        backend: impl Backend,
        clock: VirtualClock,
        configure: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Result<Self, StartEngineError> {
        Ok(Self { engine: TestEngine::start_on(backend, clock, configure).await?, disk })
    }

    /// Ends as in a crash. Gives what outlives it.
    pub(crate) async fn crash(self) -> (Disk, VirtualClock) {
        let Self { engine, disk } = self;
        let clock = engine.clock().clone();
        engine.crash().await;
        (disk, clock)
    }

    /// Lets go of the engine, and no more. Gives what outlives it.
    pub(crate) fn leave(self) -> (Disk, VirtualClock) {
        let Self { engine, disk } = self;
        (disk, engine.clock().clone())
    }

    /// The next process after a crash of this one. Nobody holds on to a run of this one any more.
    pub(crate) async fn restart(self, world: &World) -> Self {
        let (disk, clock) = self.crash().await;
        Self::start(disk, clock, in_world(world)).await.expect("the next engine starts")
    }
}

impl Deref for Process {
    type Target = TestEngine;

    fn deref(&self) -> &TestEngine {
        &self.engine
    }
}
