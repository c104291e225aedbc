//! What an engine tells those who watch it: its counters.

use std::time::Duration;

use sayiir_core::backend::Backend;
use sayiir_core::clock::Clock;
use sayiir_core::engine::Metrics;
use sayiir_core::testing::TestEngine;

use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, start};

/// How long after their times the two points in time of the run come.
pub(crate) const LATE: [Duration; 2] = [Duration::from_secs(7), Duration::from_secs(11)];
/// How long the task takes that waits; the other takes no time.
pub(crate) const TOOK: Duration = Duration::from_secs(5);

/// Takes a run to its end that has one of everything: a retry, a task that takes its time, a sleep, a signal.
pub(crate) async fn take_to_its_end() -> Metrics {
    let world = World::default();
    world.plan("retried", [Act::Fail]).plan("slow", [Act::Gate("done")]);
    let engine = engine(&world).await;
    let ops = [Op::Sturdy("retried".into()), work("slow"), Op::Sleep(60), wait("go")];
    let run = start(&engine, "exp-001", ops).await;
    come_late(&engine, LATE[0]).await;
    engine.clock().set(engine.clock().now() + TOOK);
    world.open("done");
    engine.idle().await;
    come_late(&engine, LATE[1]).await;
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    run.result().await.expect("a value");
    engine.idle().await;
    engine.metrics()
}

/// Lets what is due next happen so long after its time.
async fn come_late(engine: &TestEngine, late: Duration) {
    let due = engine.backend().next_due().await.expect("a read");
    engine.clock().set(due.expect("the run waits for a point in time") + late);
    engine.idle().await;
}

#[tokio::test]
async fn the_engine_counts_what_it_does() {
    let counted = take_to_its_end().await;
    // Started; failed; tried again; succeeded, twice; slept; signalled.
    assert_eq!((counted.commits, counted.steps, counted.retries), (7, 2, 1));
    assert_eq!(
        (counted.woken, counted.parked),
        (2, 3),
        "for the retry and the sleep; before each and before the signal"
    );
}
