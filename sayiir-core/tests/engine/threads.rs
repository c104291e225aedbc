//! Many threads, many callers, real time: what a virtual clock on one thread cannot show.

use std::time::Duration;

use futures_util::future::join_all;
use sayiir_core::engine::Engine;
use sayiir_core::memory::InMemoryBackend;
use sayiir_core::testing::assert_each_step_once;

use crate::in_world;
use crate::scripted::{Op, Scripted, wait, work};
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_on_many_threads_lose_no_signal_and_see_every_result() {
    const RUNS: usize = 60;
    const SIGNALS: usize = 20;
    let world = World::default();
    let backend = InMemoryBackend::new();
    let engine =
        in_world(&world)(Engine::builder().backend(backend.clone())).start().await.expect("it starts");
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
    let engine =
        in_world(&world)(Engine::builder().backend(InMemoryBackend::new())).start().await.expect("it starts");
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
