//! Many threads, many callers, real time: what a virtual clock on one thread cannot show.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use sayiir_core::clock::Clock;
use sayiir_core::engine::{Engine, WorkflowStatus};
use sayiir_core::testing::{Database, VirtualClock, assert_each_step_once};

use crate::Disk;
use crate::promises::in_world;
use crate::promises::scripted::{Op, Scripted, wait, work};
use crate::promises::world::{World, break_stretch, mend_stretch, stands_still};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_on_many_threads_lose_no_signal_and_see_every_result() {
    const RUNS: usize = 60;
    const SIGNALS: usize = 20;
    let world = World::default();
    let disk = Disk::default();
    let backend = Arc::new(disk.open().await);
    let builder = Engine::builder().backend(Arc::clone(&backend));
    let engine = in_world(&world)(builder).start().await.expect("it starts");
    let runs = join_all((0..RUNS).map(|number| {
        let engine = engine.clone();
        tokio::spawn(async move {
            let pairs =
                (0..SIGNALS).flat_map(|_| [wait("go"), Op::All(vec![work("a"), work("b"), Op::Sleep(0)])]);
            engine.start(format!("run-{number}"), Scripted::call(pairs)).await.expect("the run starts")
        })
    }));
    let runs: Vec<_> = runs.await.into_iter().map(|run| run.expect("no panic")).collect();
    let results = runs.iter().cloned().map(|run| tokio::spawn(async move { run.result().await }));
    let results: Vec<_> = results.collect();
    let senders = runs.iter().flat_map(|run| (0..SIGNALS).map(move |number| (run.clone(), number)));
    let senders = senders.map(|(run, number)| {
        tokio::spawn(async move { run.signal(Scripted::GO, &number.to_string()).await.expect("accepted") })
    });
    join_all(senders.collect::<Vec<_>>()).await.into_iter().for_each(|sent| sent.expect("no panic"));
    let ended = tokio::time::timeout(Duration::from_mins(1), join_all(results)).await.expect("all runs end");
    for lines in ended {
        let lines = lines.expect("no panic").expect("a value");
        let mut received: Vec<usize> =
            lines.iter().step_by(2).map(|line| line.parse().expect("a number")).collect();
        received.sort_unstable();
        assert_eq!(received, (0..SIGNALS).collect::<Vec<_>>());
    }
    assert_eq!(world.calls().len(), RUNS * SIGNALS * 2, "each task ran once");
    assert_each_step_once(&backend).await;
    engine.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_starts_with_one_id_one_wins_and_all_can_attach() {
    let world = World::default();
    let disk = Disk::default();
    let builder = Engine::builder().backend(disk.open().await);
    let engine = in_world(&world)(builder).start().await.expect("it starts");
    for round in 0..20 {
        let start = |attach: bool| {
            let engine = engine.clone();
            tokio::spawn(async move {
                let start = engine.start(format!("run-{round}"), Scripted::call([work("a")]));
                if attach { start.or_attach().await } else { start.await }
            })
        };
        let outcomes = join_all((0..10).map(|number| start(number % 2 == 0))).await;
        let started = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(_)))).count();
        assert!((5..=6).contains(&started), "{started} of 10");
        let run = engine.run::<Scripted>(format!("run-{round}")).await.expect("the run is there");
        run.result().await.expect("a value");
    }
    assert_eq!(world.count("a"), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_whose_own_code_does_not_come_back_holds_up_no_other_runs_timer() {
    let clock = VirtualClock::default();
    let disk = Disk::default();
    let builder = Engine::builder().backend(disk.open().await).clock(clock.clone());
    let engine = in_world(&World::default())(builder).start().await.expect("it starts");
    break_stretch("endless");
    let endless = [Op::Sleep(10), Op::Endless("endless".into())];
    let endless = engine.start("endless", Scripted::call(endless)).await.expect("the run starts");
    let other = engine.start("other", Scripted::call([Op::Sleep(11)])).await.expect("the run starts");
    clock.set(clock.now() + SignedDuration::from_secs(10));
    while !stands_still("endless") {
        tokio::task::yield_now().await;
    }
    clock.set(clock.now() + SignedDuration::from_secs(1));
    let lines = tokio::time::timeout(Duration::from_mins(1), other.result()).await.expect("its timer fires");
    assert_eq!(lines.expect("a value"), ["slept"]);
    mend_stretch("endless");
    let lines = tokio::time::timeout(Duration::from_mins(1), endless.result()).await.expect("it ends");
    assert_eq!(lines.expect("a value"), ["slept", "endless passed"]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_run_whose_tasks_never_wait_leaves_others_their_turn() {
    let disk = Disk::default();
    let builder = Engine::builder().backend(disk.open().await);
    let engine = in_world(&World::default())(builder).start().await.expect("it starts");
    let long =
        engine.start("long", Scripted::call((0..600).map(|_| work("a")))).await.expect("the run starts");
    let short = engine.start("short", Scripted::call([work("b")])).await.expect("the run starts");
    short.result().await.expect("a value");
    let status = long.status().await.expect("the run is there");
    assert!(
        matches!(status, WorkflowStatus::Running { .. }),
        "one thread, and yet the short run waited: {status:?}"
    );
    assert_eq!(long.result().await.expect("a value").len(), 600);
}
