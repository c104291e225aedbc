//! The engine's promises, each tried on a virtual clock and, where a crash could matter, through crashes.
#![cfg(feature = "testing")]

mod attempts;
mod control;
mod crashes;
mod ending;
mod events;
mod failing;
mod listing;
mod scripted;
mod signals;
mod simulation;
mod starting;
mod tampering;
mod tasks;
mod threads;
mod timers;
mod watching;
mod world;

use sayiir_core::backend::Backend;
use sayiir_core::engine::{EngineBuilder, Run};
use sayiir_core::testing::{TestEngine, VirtualClock};

use scripted::{Limited, Op, Scripted};
use world::World;

/// An engine that knows the scripted workflow, in this world.
fn in_world(world: &World) -> impl Fn(EngineBuilder) -> EngineBuilder + use<> {
    let world = world.clone();
    move |builder| builder.workflow::<Scripted>().workflow::<Limited>().provide(world.clone())
}

async fn engine(world: &World) -> TestEngine {
    TestEngine::start(in_world(world)).await.expect("the engine starts")
}

/// The next engine on what another one left.
async fn engine_on(backend: impl Backend, clock: VirtualClock, world: &World) -> TestEngine {
    let started = TestEngine::start_on(backend, clock, in_world(world)).await;
    started.expect("the engine starts")
}

async fn start(engine: &TestEngine, id: &str, ops: impl IntoIterator<Item = Op>) -> Run<Scripted> {
    let run = engine.start(id, Scripted::call(ops)).await.expect("the run starts");
    engine.idle().await;
    run
}
