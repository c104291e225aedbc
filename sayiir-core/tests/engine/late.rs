//! Attempts that end when nobody waits for them any more, though somebody may wait for another one of the same task.

use sayiir_core::engine::WorkflowStatus;
use sayiir_core::testing::assert_each_step_once;

use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World, break_stretch, mend_stretch};
use crate::promises::{engine, first_engine, in_world, start};

#[tokio::test]
async fn what_still_runs_of_a_run_that_was_removed_is_no_end_of_the_one_that_takes_its_id() {
    let world = World::default();
    world.plan("slow", [Act::Gate("old"), Act::Gate("new")]);
    let engine = engine(&world).await;
    let race = || [Op::First(vec![work("slow"), wait("go")])];
    let run = start(&engine, "exp-001", race()).await;
    run.signal(Scripted::GO, &"1".into()).await.expect("accepted");
    engine.purge("exp-001").await.expect("removed");
    let run = start(&engine, "exp-001", race()).await;
    world.open("old");
    engine.idle().await;
    let status = run.status().await.expect("a status");
    assert!(matches!(status, WorkflowStatus::Running { .. }), "{status}");
    world.open("new");
    engine.idle().await;
    assert_eq!(run.result().await.expect("a value"), ["first: slow done"]);
    assert_each_step_once(engine.backend()).await;
    assert_eq!((world.count("slow"), engine.metrics().steps), (2, 1));
}

#[tokio::test]
async fn an_attempt_that_was_told_to_stop_is_no_end_of_the_one_that_a_retry_begins() {
    let world = World::default();
    world.plan("a", [Act::Panic]).plan("b", [Act::Gate("told"), Act::Gate("anew")]);
    let engine = engine(&world).await;
    let run = start(&engine, "exp-001", [Op::All(vec![work("a"), work("b")])]).await;
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Blocked { .. }));
    run.retry().await.expect("it goes on");
    engine.idle().await;
    assert_eq!((world.count("a"), world.count("b")), (2, 2));
    world.open("told");
    engine.idle().await;
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Running { .. }));
    world.open("anew");
    engine.idle().await;
    assert_eq!(run.result().await.expect("a value"), ["a done & b done"]);
    assert_eq!(world.count("b"), 2);
}

#[tokio::test]
async fn a_slot_that_was_waited_for_before_a_retry_begins_no_second_attempt() {
    let world = World::default();
    world.plan("busy", [Act::Gate("busy"), Act::Gate("busy")]).plan("b", [Act::Gate("b"), Act::Gate("b")]);
    let configure = in_world(&world);
    let engine = first_engine(|builder| configure(builder).max_running_tasks(2)).await.expect("it starts");
    for id in ["busy-1", "busy-2"] {
        start(&engine, id, [work("busy")]).await;
    }
    break_stretch("before a slot");
    let run = start(
        &engine,
        "exp-001",
        [Op::Join(vec![wait("go"), Op::Buggy("before a slot".into())], vec![Op::Once("b".into())])],
    )
    .await;
    run.signal(Scripted::GO, &"1".into()).await.expect("accepted");
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::Blocked { .. }));
    mend_stretch("before a slot");
    run.retry().await.expect("it goes on");
    engine.idle().await;
    world.open("busy");
    engine.idle().await;
    assert_eq!(world.count("b"), 1);
    world.open("b");
    engine.idle().await;
    run.result().await.expect("a value");
    assert_eq!(world.count("b"), 1);
}
