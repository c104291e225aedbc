//! Crashes at every commit, for every operation.

use std::sync::Mutex;
use std::time::Duration;

use sayiir_core::clock::Clock;
use sayiir_core::testing::{CommitFault, TestEngine, VirtualClock, crash_everywhere_on};

use crate::Disk;
use crate::promises::scripted::{Limited, Op, Scripted, wait, within, work};
use crate::promises::world::{Act, World, break_stretch, mend_stretch};
use crate::promises::{in_world, on_faulty, start};

/// The script's outcome, undisturbed and under every crash.
async fn sweep(world: &World, ops: Vec<Op>, drive: impl AsyncFn(&TestEngine)) -> (Vec<String>, u64) {
    crash_everywhere_on(Disk::default, in_world(world), async |engine| {
        let run = engine.start("exp-001", Scripted::call(ops.clone())).or_attach().await;
        let run = run.expect("the run starts");
        drive(engine).await;
        engine.advance(Duration::from_hours(24 * 30)).await;
        run.result().await.expect("a value")
    })
    .await
}

async fn send(engine: &TestEngine, signal: &str, text: &str) {
    let sent = engine.signal("exp-001", signal, text).idempotency_key(format!("{signal} {text}"));
    sent.await.expect("accepted");
}

#[tokio::test]
async fn steps_in_a_row() {
    let world = World::default();
    let (lines, crashes) =
        sweep(&world, (0..10).map(|n| work(&format!("a{n}"))).collect(), async |_| {}).await;
    assert_eq!(lines.len(), 10);
    assert_eq!(crashes, 22, "every commit was hit, before and after");
    // A crash repeats at most the one step whose end was not yet stored.
    assert!(world.calls().len() <= 10 + 22 * 11, "{}", world.calls().len());
}

#[tokio::test]
async fn retries() {
    let world = World::default();
    let ops = vec![Op::Sturdy("a".into()), Op::Sturdy("b".into())];
    let (lines, _) = crash_everywhere_on(Disk::default, in_world(&world), async |engine| {
        // A first attempt fails, whichever process it runs in.
        world.plan("a", [Act::Fail]);
        let run = engine.start("exp-001", Scripted::call(ops.clone())).or_attach().await;
        engine.advance(Duration::from_hours(1)).await;
        run.expect("the run starts").result().await.expect("a value")
    })
    .await;
    assert_eq!(lines, ["a done", "b done"]);
}

#[tokio::test]
async fn parallel_branches() {
    let branches =
        vec![work("a"), wait("go"), Op::Sleep(60), Op::Child(vec![work("b"), wait("stop"), work("c")])];
    let (lines, _) = sweep(&World::default(), vec![Op::All(branches), work("d")], async |engine| {
        send(engine, "stop", "2").await;
        send(engine, "go", "1").await;
    })
    .await;
    assert_eq!(lines, ["a done & 1 & slept & b done; 2; c done", "d done"]);
}

#[tokio::test]
async fn signals_early_and_late() {
    let ops = vec![Op::Sleep(60), wait("go"), wait("go"), within("stop", 3600), wait("go"), work("a")];
    let (lines, _) = sweep(&World::default(), ops, async |engine| {
        for text in ["1", "2", "3"] {
            send(engine, "go", text).await;
        }
    })
    .await;
    assert_eq!(lines[1..3], ["1", "2"]);
    assert_eq!(lines[4..], ["3", "a done"]);
}

#[tokio::test]
async fn a_race_against_time() {
    let ops = vec![Op::First(vec![wait("go"), Op::Sleep(60)]), work("a"), wait("go")];
    let (lines, _) = sweep(&World::default(), ops, async |engine| {
        engine.advance(Duration::from_mins(2)).await;
        send(engine, "go", "late").await;
    })
    .await;
    assert_eq!(lines, ["first: slept", "a done", "late"]);
}

#[tokio::test]
async fn an_attempt_at_most_once() {
    let world = World::default();
    let (count, _) = crash_everywhere_on(Disk::default, in_world(&world), async |engine| {
        let ops = vec![work("a"), Op::Once(format!("once {}", world.calls().len())), work("b")];
        let fresh = engine.start("exp-001", Scripted::call(ops)).await;
        let run = match fresh {
            Ok(run) => run,
            Err(_) => engine.run("exp-001").await.expect("the run is there"),
        };
        run.result().await.expect("a value").len()
    })
    .await;
    assert_eq!(count, 3);
    let mut begun: Vec<(String, String)> = world
        .calls()
        .into_iter()
        .filter(|call| call.label.starts_with("once"))
        .map(|call| (call.label, call.key))
        .collect();
    let all = begun.len();
    begun.sort();
    begun.dedup();
    assert_eq!(begun.len(), all, "no attempt began twice");
}

#[tokio::test]
async fn a_cancellation() {
    let (ended, _) = crash_everywhere_on(Disk::default, in_world(&World::default()), async |engine| {
        let ops = [work("a"), wait("go")];
        let run = engine.start("exp-001", Scripted::call(ops)).or_attach().await.expect("the run starts");
        engine.idle().await;
        // The second time it may have been cancelled already.
        let _ = run.cancel("enough").await;
        run.result().await.expect_err("cancelled").to_string()
    })
    .await;
    assert_eq!(ended, "run exp-001 was cancelled: enough");
}

#[tokio::test]
async fn a_stretch_that_panics_and_is_retried() {
    let (lines, _) = crash_everywhere_on(Disk::default, in_world(&World::default()), async |engine| {
        break_stretch("swept");
        let ops = [work("a"), Op::Buggy("swept".into()), work("b")];
        let run = engine.start("exp-001", Scripted::call(ops)).or_attach().await.expect("the run starts");
        engine.idle().await;
        mend_stretch("swept");
        // It may have gone on already before the crash.
        let _ = run.retry().await;
        run.result().await.expect("a value")
    })
    .await;
    assert_eq!(lines, ["a done", "swept passed", "b done"]);
}

#[tokio::test]
async fn the_limits_of_an_attempt_and_of_a_run() {
    let world = World::default();
    // An attempt hangs, whichever process it runs in.
    world.plan("a", vec![Act::Hang; 100]);
    let begin = VirtualClock::default().now();
    let (lines, _) = crash_everywhere_on(Disk::default, in_world(&world), async |engine| {
        let ops = [Op::Timed("a".into()), wait("go")];
        let run = engine.start("exp-001", Limited::call(ops)).or_attach().await.expect("the run starts");
        // By the wall clock: a process after a crash waits no second time.
        engine.advance_to(begin + Duration::from_hours(1)).await;
        // It may have gone on already before the crash.
        let _ = run.retry().await;
        send(engine, "go", "x").await;
        run.result().await.expect("a value")
    })
    .await;
    assert_eq!(lines, ["timeout: task `timed` did not finish within 10s", "x"]);
}

#[tokio::test]
async fn a_removal() {
    let (found, crashes) = crash_everywhere_on(Disk::default, in_world(&World::default()), async |engine| {
        let run = engine.start("exp-001", Scripted::call([work("a")])).or_attach().await;
        run.expect("the run starts").result().await.expect("a value");
        engine.purge("exp-001").await.expect("removed");
        engine.run::<Scripted>("exp-001").await.err().map(|error| error.to_string())
    })
    .await;
    assert_eq!(found.as_deref(), Some("there is no run exp-001"));
    assert_eq!(crashes, 6, "started, done, removed; before and after");
}

#[tokio::test]
#[should_panic(
    expected = "the scenario makes another number of commits each time: now 2, and CrashBefore at commit 3 of 4 never came"
)]
async fn a_crash_that_never_comes_is_not_counted() {
    let world = World::default();
    let steps = Mutex::new(vec![work("a"), work("b"), work("c")]);
    crash_everywhere_on(Disk::default, in_world(&world), async |engine| {
        let ops = steps.lock().expect("nobody panicked").clone();
        let run = engine.start("exp-001", Scripted::call(ops)).or_attach().await.expect("the run starts");
        run.result().await.expect("a value");
        // Only the undisturbed run does all of it.
        steps.lock().expect("nobody panicked").truncate(1);
    })
    .await;
}

#[tokio::test]
async fn a_full_inbox_is_taken_to_its_end_by_the_next_engine() {
    let world = World::default();
    let (first, backend) = on_faulty(&world).await;
    let ops = [wait("stop")].into_iter().chain((0..200).map(|_| wait("go")));
    start(&first, "exp-001", ops).await;
    for number in 0..200 {
        send(&first, "go", &number.to_string()).await;
    }
    // One commit holds only so many moves; the process ends after the first of several.
    backend.fault(backend.commits() + 1, CommitFault::CrashAfter);
    let sent = first.signal("exp-001", "stop", "now");
    tokio::select! {
        biased;
        () = backend.crashed() => {}
        _ = sent => panic!("the process ends first"),
    }
    drop(backend);
    let second = first.restart(&world).await;
    let run = second.run::<Scripted>("exp-001").await.expect("the run is there");
    assert_eq!(run.result().await.expect("a value").len(), 201);
}
