//! What is removed is old by then, whatever has become of it meanwhile, and in time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sayiir_core::engine::{EngineBuilder, Run, WorkflowStatus};
use sayiir_core::testing::{CommitFault, Database, FaultyBackend, VirtualClock};
use tokio::sync::Notify;

use crate::Disk;
use crate::promises::process::Process;
use crate::promises::retention::is_kept;
use crate::promises::scripted::{Op, Scripted};
use crate::promises::world::{Act, World};
use crate::promises::{Store, first_engine, in_world, start};

const HOUR: Duration = Duration::from_hours(1);

/// An engine that keeps failed runs for an hour and completed ones for good, with two that have failed, the first of which it is
/// about to remove: that waits until it is told to go on.
struct Removing {
    engine: Process,
    backend: Arc<FaultyBackend<Store>>,
    /// The number of that commit.
    removal: u64,
    go_on: Arc<Notify>,
    second: Run<Scripted>,
}

impl Removing {
    async fn new(world: &World) -> Self {
        world.plan("first", [Act::FailForGood]).plan("second", [Act::FailForGood]);
        let disk = Disk::default();
        let backend = Arc::new(FaultyBackend::new(disk.open().await));
        let configure = |builder: EngineBuilder| in_world(world)(builder).retain_failed(HOUR);
        let clock = VirtualClock::default();
        let engine = Process::start_on(disk, Arc::clone(&backend), clock, configure).await;
        let engine = engine.expect("the engine starts");
        start(&engine, "first", [Op::Try("first".into())]).await;
        let second = start(&engine, "second", [Op::Try("second".into())]).await;
        let (removal, go_on) = (backend.commits() + 1, Arc::new(Notify::new()));
        backend.fault(removal, CommitFault::Hold(Arc::clone(&go_on)));
        Self { engine, backend, removal, go_on, second }
    }

    /// Lets their hour pass. While the first is being removed, both are listed as old.
    async fn pass(&self, meanwhile: impl Future<Output = ()>) {
        let interference = async {
            while self.backend.commits() < self.removal {
                tokio::task::yield_now().await;
            }
            meanwhile.await;
            self.go_on.notify_one();
        };
        tokio::join!(self.engine.advance(HOUR), interference);
        assert!(!is_kept(&self.engine, "first").await);
    }
}

#[tokio::test]
async fn a_run_that_is_retried_and_completes_while_others_are_removed_is_kept() {
    let world = World::default();
    let removing = Removing::new(&world).await;
    let (engine, second) = (&removing.engine, &removing.second);
    removing
        .pass(async {
            second.retry().await.expect("it goes on");
            second.result().await.expect("a value");
        })
        .await;
    engine.advance(1_000 * HOUR).await;
    assert!(is_kept(engine, "second").await, "completed runs are kept for good");
}

#[tokio::test]
async fn a_run_that_takes_the_id_of_an_old_one_while_others_are_removed_is_kept_for_its_own_time() {
    let world = World::default();
    let removing = Removing::new(&world).await;
    let engine = &removing.engine;
    removing
        .pass(async {
            engine.purge("second").await.expect("removed");
            world.plan("second", [Act::FailForGood]);
            let again = engine.start("second", Scripted::call([Op::Try("second".into())]));
            again.await.expect("it starts").result().await.expect_err("it fails again");
        })
        .await;
    let status = removing.second.status().await.expect("it is kept");
    assert!(matches!(status, WorkflowStatus::Failed(_)));
    engine.advance(Duration::from_mins(59)).await;
    assert!(is_kept(engine, "second").await);
    engine.advance(Duration::from_mins(1)).await;
    assert!(!is_kept(engine, "second").await);
}

/// As many runs as are read at a time.
const PAGE: usize = 256;

#[tokio::test]
async fn a_run_that_ended_early_is_removed_in_time_behind_many_that_ended_late() {
    let world = World::default();
    let keeps = |builder: EngineBuilder| in_world(&world)(builder).retain_completed(720 * HOUR);
    let first = first_engine(keeps).await.expect("the engine starts");
    let late = (0..PAGE).map(|number| {
        let run = first.start(format!("late-{number}"), Scripted::call([Op::Sleep(100 * 3_600)]));
        async move { run.await.expect("the run starts") }
    });
    drop(join_all(late).await);
    first.advance(HOUR).await;
    start(&first, "early", []).await;
    first.advance(199 * HOUR).await;
    let (disk, clock) = first.crash().await;

    let second = Process::start(disk, clock, keeps).await.expect("the next engine starts");
    second.advance(520 * HOUR).await;
    assert!(is_kept(&second, "early").await, "its time is not over");
    second.advance(HOUR).await;
    assert!(!is_kept(&second, "early").await);
    assert!(is_kept(&second, "late-0").await);
    second.advance(99 * HOUR).await;
    assert!(!is_kept(&second, "late-0").await && !is_kept(&second, "late-255").await);
}
