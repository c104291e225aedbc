//! The engine's promises, each tried on a virtual clock and, where a crash could matter, through crashes.
//!
//! Where runs are kept the program says that includes this: `crate::Disk`.

mod attempts;
mod control;
mod crashes;
mod ending;
mod events;
mod failing;
mod late;
mod limits;
mod listing;
mod process;
mod refusals;
mod removal;
mod retention;
mod retries;
pub(crate) mod scripted;
mod signals;
mod simulation;
mod starting;
mod stopped;
mod tampering;
mod tasks;
mod threads;
mod timers;
mod undoing;
mod versions;
pub(crate) mod watching;
pub(crate) mod world;

use std::sync::Arc;

use sayiir_core::backend::Backend;
use sayiir_core::engine::{EngineBuilder, Run, StartEngineError};
use sayiir_core::testing::{Database, FaultyBackend, TestEngine, VirtualClock};

use self::process::Process;
use self::scripted::{Limited, Op, Scripted};
use self::world::World;
use crate::Disk;

/// An open [`Disk`].
type Store = <Disk as Database>::Backend;

/// An engine that knows the scripted workflow, in this world.
pub(crate) fn in_world(world: &World) -> impl Fn(EngineBuilder) -> EngineBuilder + use<> {
    let world = world.clone();
    move |builder| builder.workflow::<Scripted>().workflow::<Limited>().provide(world.clone())
}

/// The first engine on a disk.
async fn engine(world: &World) -> Process {
    first_engine(in_world(world)).await.expect("the engine starts")
}

/// The same with other settings.
async fn first_engine(
    configure: impl FnOnce(EngineBuilder) -> EngineBuilder,
) -> Result<Process, StartEngineError> {
    Process::start(Disk::default(), VirtualClock::default(), configure).await
}

/// Another engine on a store that is open.
async fn engine_on(backend: impl Backend, clock: VirtualClock, world: &World) -> TestEngine {
    let started = TestEngine::start_on(backend, clock, in_world(world)).await;
    started.expect("the engine starts")
}

/// The first engine on a disk that fails where it is told to.
async fn on_faulty(world: &World) -> (Process, Arc<FaultyBackend<Store>>) {
    let disk = Disk::default();
    let backend = Arc::new(FaultyBackend::new(disk.open().await));
    let clock = VirtualClock::default();
    let started = Process::start_on(disk, Arc::clone(&backend), clock, in_world(world)).await;
    (started.expect("the engine starts"), backend)
}

pub(crate) async fn start(engine: &TestEngine, id: &str, ops: impl IntoIterator<Item = Op>) -> Run<Scripted> {
    let run = engine.start(id, Scripted::call(ops)).await.expect("the run starts");
    engine.idle().await;
    run
}
