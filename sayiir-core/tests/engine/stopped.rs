//! A store that takes nothing more, or cannot give what a run needs: whoever waits for the run is told.

use std::sync::Arc;
use std::time::Duration;

use sayiir_core::backend::{Backend, BackendError};
use sayiir_core::builder::{CheckpointingRunner, RunError, WorkflowBuilder, WorkflowContext};
use sayiir_core::engine::{ResultError, Run, StatusError};
use sayiir_core::testing::{CommitFault, Database, FaultyBackend, VirtualClock};
use tokio::task::JoinHandle;

use crate::Disk;
use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{Act, World};
use crate::promises::{on_faulty, start};

fn stopped() -> BackendError {
    BackendError::Stopped { detail: "its disk is gone".into() }
}

/// From here on it takes nothing more; whether it can be read, the test says.
fn stop(backend: &FaultyBackend<impl Backend>, can_be_read: bool) {
    for number in 1..=100 {
        backend.fault(backend.commits() + number, CommitFault::Refuse(stopped()));
        if !can_be_read {
            backend.fail_read(backend.reads() + number, stopped());
        }
    }
}

/// Those who wait for a run.
struct Waiting {
    result: JoinHandle<Result<Vec<String>, ResultError>>,
    settled: JoinHandle<Result<(), StatusError>>,
}

/// What ends a wait that nobody ends.
const PATIENCE: Duration = Duration::from_mins(1);

impl Waiting {
    async fn on(run: &Run<Scripted>) -> Self {
        let (result, settled) = (run.clone(), run.clone());
        let result = tokio::spawn(async move { result.result().await });
        let settled = tokio::spawn(async move { settled.settled().await.map(drop) });
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        Self { result, settled }
    }

    /// The errors that they were told; who waited until the run settled had nothing to wait for if it had.
    async fn told(self) -> (ResultError, Result<(), StatusError>) {
        let both = async { (self.result.await, self.settled.await) };
        let (result, settled) = tokio::time::timeout(PATIENCE, both).await.expect("they are told");
        (result.expect("no panic").expect_err("it has not ended"), settled.expect("no panic"))
    }
}

#[tokio::test]
async fn who_waits_for_a_run_is_told_when_the_store_stops_as_its_task_ends() {
    for can_be_read in [false, true] {
        let world = World::default();
        world.plan("a", [Act::Gate("one")]);
        let (engine, backend) = on_faulty(&world).await;
        let run = start(&engine, "exp-001", [work("a"), work("b")]).await;
        let waiting = Waiting::on(&run).await;
        stop(&backend, can_be_read);
        world.open("one");
        engine.idle().await;
        let (result, settled) = waiting.told().await;
        assert!(matches!(result, ResultError::Backend(BackendError::Stopped { .. })), "{result:?}");
        let settled = settled.expect_err("it has not settled");
        assert!(matches!(settled, StatusError::Backend(BackendError::Stopped { .. })), "{settled:?}");
        assert_eq!(world.count("b"), 0);
        // And so is who comes later.
        Waiting::on(&run).await.told().await.1.expect_err("it has not settled");
    }
}

#[tokio::test]
async fn who_waits_for_a_run_is_told_when_another_one_finds_that_the_store_has_stopped() {
    for can_be_read in [false, true] {
        let (engine, backend) = on_faulty(&World::default()).await;
        let run = start(&engine, "exp-001", [wait("go")]).await;
        let waiting = Waiting::on(&run).await;
        stop(&backend, can_be_read);
        engine.start("exp-002", Scripted::call([wait("go")])).await.expect_err("the store has stopped");
        let (result, _) = waiting.told().await;
        assert!(matches!(result, ResultError::Backend(BackendError::Stopped { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn who_waits_for_a_run_is_told_when_the_store_has_stopped_by_the_time_it_is_to_go_on() {
    for can_be_read in [false, true] {
        let (engine, backend) = on_faulty(&World::default()).await;
        let run = start(&engine, "exp-001", [Op::Sleep(60)]).await;
        let waiting = Waiting::on(&run).await;
        stop(&backend, can_be_read);
        engine.clock().set(engine.clock().next_wake().expect("its time"));
        engine.idle().await;
        let (result, _) = waiting.told().await;
        assert!(matches!(result, ResultError::Backend(BackendError::Stopped { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn who_waits_for_a_run_is_told_when_what_it_is_to_take_next_is_damaged() {
    let (engine, backend) = on_faulty(&World::default()).await;
    let ops = [wait("stop")].into_iter().chain((0..100).map(|_| wait("go")));
    let run = start(&engine, "exp-001", ops).await;
    for number in 0..100 {
        run.signal(Scripted::GO, &number.to_string()).await.expect("accepted");
    }
    let waiting = Waiting::on(&run).await;
    // One commit holds 64 moves; it is one of the next that meets a message which does not read.
    backend.fail_read(backend.reads() + 80, BackendError::Damaged { detail: "a message".into() });
    run.signal(Scripted::STOP, &"now".into()).await.expect("accepted");
    engine.idle().await;
    let (result, _) = waiting.told().await;
    assert!(matches!(result, ResultError::Backend(BackendError::Damaged { .. })), "{result:?}");
}

#[tokio::test]
async fn who_runs_a_flow_in_the_foreground_is_told_when_the_store_stops_meanwhile() {
    for can_be_read in [false, true] {
        let backend = Arc::new(FaultyBackend::new(Disk::default().open().await));
        let runner = CheckpointingRunner::new(Arc::clone(&backend)).clock(VirtualClock::default());
        let stops = Arc::clone(&backend);
        let flow = WorkflowBuilder::new(WorkflowContext::new())
            .then("submit", move |amount: u32| {
                stop(&stops, can_be_read);
                async move { Ok(amount) }
            })
            .then("report", |amount: u32| async move { Ok(amount) })
            .build();
        let ran = tokio::time::timeout(PATIENCE, runner.run(&flow, "exp-001", 250)).await;
        let error = ran.expect("it is told").expect_err("nothing can be stored");
        let stopped = matches!(&error, RunError::Status(StatusError::Backend(BackendError::Stopped { .. })));
        assert!(stopped, "{error:?}");
    }
}
