//! What an engine tells those who watch it: its counters.

use std::time::Duration;

use crate::promises::scripted::{Op, Scripted, wait};
use crate::promises::world::{Act, World};
use crate::promises::{engine, start};

/// A run that has one of everything: a retry, a sleep, a signal.
fn eventful() -> [Op; 3] {
    [Op::Sturdy("retried".into()), Op::Sleep(60), wait("go")]
}

pub(crate) async fn take_to_its_end(world: &World) -> sayiir_core::engine::Metrics {
    world.plan("retried", [Act::Fail, Act::Succeed]);
    let engine = engine(world).await;
    let run = start(&engine, "exp-001", eventful()).await;
    engine.advance(Duration::from_mins(2)).await;
    engine.idle().await;
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    run.result().await.expect("a value");
    engine.idle().await;
    engine.metrics()
}

#[tokio::test]
async fn the_engine_counts_what_it_does() {
    let counted = take_to_its_end(&World::default()).await;
    // Started; failed; tried again; succeeded; slept; signalled.
    assert_eq!((counted.commits, counted.steps, counted.retries), (6, 1, 1));
    assert_eq!(
        (counted.woken, counted.parked),
        (2, 3),
        "for the retry and the sleep; before each and before the signal"
    );
}
