//! Signals.

use std::time::Duration;

use sayiir_core::engine::{ResultError, SignalError, WorkflowStatus};
use sayiir_core::history::Event;
use sayiir_core::record::StatusKind;

use crate::promises::scripted::{Op, Scripted, wait, within, work};
use crate::promises::world::{Act, World};
use crate::promises::{engine, start};

#[tokio::test]
async fn a_signal_ends_the_wait_for_it() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [within("go", 48 * 3600)]).await;
    let status = run.status().await.expect("a status");
    assert!(matches!(
        status,
        WorkflowStatus::WaitingForSignal { signals, deadline: Some(_) } if signals == ["go"]
    ));
    run.signal(Scripted::GO, &"yes".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["yes"]);
}

#[tokio::test]
async fn a_signal_sent_before_its_wait_is_kept() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("stop"), wait("go"), wait("go")]).await;
    for text in ["first", "second"] {
        run.signal(Scripted::GO, &text.into()).await.expect("accepted");
    }
    assert!(matches!(
        run.status().await.expect("a status"),
        WorkflowStatus::WaitingForSignal { signals, .. } if signals == ["stop"]
    ));
    run.signal(Scripted::STOP, &"now".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["now", "first", "second"]);
}

#[tokio::test]
async fn signals_of_one_name_are_taken_in_the_order_they_were_sent() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", (0..200).map(|_| wait("go")).chain([wait("stop")])).await;
    run.signal(Scripted::STOP, &"end".into()).await.expect("accepted");
    let sent: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    for text in &sent {
        run.signal(Scripted::GO, text).await.expect("accepted");
    }
    let lines = run.result().await.expect("a value");
    assert_eq!(lines[..200], sent);
}

#[tokio::test]
async fn a_full_inbox_is_taken_by_later_waits_without_further_signals() {
    let engine = engine(&World::default()).await;
    let ops = [wait("stop")].into_iter().chain((0..200).map(|_| wait("go")));
    let run = start(&engine, "exp-001", ops).await;
    for number in 0..200 {
        run.signal(Scripted::GO, &number.to_string()).await.expect("accepted");
    }
    run.signal(Scripted::STOP, &"now".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value").len(), 201);
}

#[tokio::test]
async fn of_several_waits_on_one_name_the_first_in_the_source_comes_first() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [Op::All(vec![wait("go"), wait("go"), wait("stop")])]).await;
    for (signal, text) in [(Scripted::GO, "1"), (Scripted::STOP, "3"), (Scripted::GO, "2")] {
        run.signal(signal, &text.into()).await.expect("accepted");
    }
    assert_eq!(run.result().await.expect("a value"), ["1 & 2 & 3"]);
}

#[tokio::test]
async fn a_signal_is_checked_before_anything_is_stored() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go")]).await;
    let before = run.history().await.expect("a history").head();
    let unknown_run = engine.signal("exp-002", "go", "x").await;
    assert!(matches!(unknown_run, Err(SignalError::NotFound { .. })));
    let unknown_name = engine.signal("exp-001", "halt", "x").await.expect_err("no such signal");
    assert_eq!(unknown_name.to_string(), "run exp-001 has no signal `halt`; it has `go`, `stop`");
    let misfit = engine.signal("exp-001", "go", &17).await.expect_err("a number is no text");
    assert!(matches!(misfit, SignalError::Payload { .. }), "{misfit}");
    let invalid = engine.signal("", "go", "x").await;
    assert!(matches!(invalid, Err(SignalError::InvalidId(_))));
    let too_large = engine.signal("exp-001", "go", &"x".repeat(3 << 20)).await;
    assert!(matches!(too_large, Err(SignalError::TooLarge { .. })));
    assert_eq!(run.history().await.expect("a history").head(), before);
}

#[tokio::test]
async fn a_finished_run_takes_no_signal() {
    let engine = engine(&World::default()).await;
    start(&engine, "exp-001", []).await;
    let sent = engine.signal("exp-001", "go", "x").await;
    assert!(matches!(sent, Err(SignalError::Finished { status: StatusKind::Completed, .. })));
}

#[tokio::test]
async fn a_signal_delivered_twice_under_one_key_counts_once() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go"), within("go", 60)]).await;
    for _ in 0..3 {
        let sent = run.signal(Scripted::GO, &"x".into()).idempotency_key("hook-7").await;
        sent.expect("accepted");
    }
    engine.advance(Duration::from_mins(1)).await;
    let lines = run.result().await.expect("a value");
    assert!(lines[1].contains("timeout"), "{lines:?}");
    let again = run.signal(Scripted::GO, &"x".into()).idempotency_key("hook-7").await;
    again.expect("acknowledged even after the end");
}

#[tokio::test]
async fn signals_of_two_names_under_one_key_are_two() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go"), wait("stop")]).await;
    for signal in [Scripted::GO, Scripted::STOP] {
        run.signal(signal, &"x".into()).idempotency_key("mail-7").await.expect("accepted");
    }
    assert_eq!(run.result().await.expect("a value"), ["x", "x"]);
}

#[tokio::test]
async fn a_run_that_only_undoes_before_it_ends_takes_no_signal_but_acknowledges_one_that_it_has() {
    let world = World::default();
    world.plan("a", [Act::Succeed, Act::Gate("release")]);
    world.plan("refused", [Act::FailForGood]);
    let engine = engine(&world).await;
    let failed =
        start(&engine, "failed", [Op::Reserve("a".into()), wait("go"), Op::Try("refused".into())]).await;
    failed.signal(Scripted::GO, &"x".into()).idempotency_key("hook-7").await.expect("accepted");
    world.plan("b", [Act::Succeed, Act::Gate("release")]);
    let cancelled = start(&engine, "cancelled", [Op::Reserve("b".into()), wait("go")]).await;
    cancelled.signal(Scripted::STOP, &"x".into()).idempotency_key("hook-7").await.expect("accepted");
    cancelled.cancel("enough").await.expect("cancelled");
    engine.idle().await;
    for (run, taken) in [(&failed, Scripted::GO), (&cancelled, Scripted::STOP)] {
        let head = run.history().await.expect("a history").head();
        let late = run.signal(Scripted::GO, &"late".into()).await.expect_err("nobody can take it");
        assert!(matches!(late, SignalError::Finished { status: StatusKind::Compensating, .. }), "{late}");
        let again = run.signal(taken, &"x".into()).idempotency_key("hook-7").await;
        again.expect("acknowledged");
        assert_eq!(run.history().await.expect("a history").head(), head);
    }
    world.open("release");
    assert!(matches!(failed.result().await, Err(ResultError::Failed { .. })));
    assert!(matches!(cancelled.result().await, Err(ResultError::Cancelled { .. })));
}

#[tokio::test]
async fn a_run_whose_child_is_undone_takes_signals_as_it_goes_on_behind_it() {
    let world = World::default();
    world.plan("a", [Act::Succeed, Act::Gate("release")]);
    world.plan("refused", [Act::FailForGood]);
    let engine = engine(&world).await;
    let child = Op::Caught(vec![Op::Reserve("a".into()), Op::Try("refused".into())]);
    let run = start(&engine, "exp-001", [child, wait("go")]).await;
    assert!(matches!(run.status().await, Ok(WorkflowStatus::Compensating { .. })));
    run.signal(Scripted::GO, &"x".into()).await.expect("accepted");
    world.open("release");
    let lines = run.result().await.expect("a value");
    assert_eq!(lines.last().map(String::as_str), Some("x"));
}

#[tokio::test]
async fn a_signal_that_is_only_for_a_wait_is_refused_where_there_is_none() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("go"), wait("stop"), wait("go")]).await;
    let send = |text: &str| run.signal(Scripted::GO, &text.to_owned()).only_if_waiting();

    // Of two at the same time, one is for the wait; the other would be for the next one.
    let (bob, eve) = tokio::join!(send("bob"), send("eve"));
    assert!(bob.is_ok() != eve.is_ok(), "{bob:?} {eve:?}");
    let head = run.history().await.expect("a history").head();
    let late = send("late").await.expect_err("it waits for another one");
    assert!(matches!(late, SignalError::NotWaiting { status: StatusKind::WaitingForSignal, .. }), "{late}");
    assert_eq!(run.history().await.expect("a history").head(), head);

    run.signal(Scripted::STOP, &"on".into()).await.expect("accepted");
    send("dora").idempotency_key("hook-7").await.expect("it waits again");
    send("dora").idempotency_key("hook-7").await.expect("acknowledged even after the end");
    let ended = send("late").await.expect_err("the run has ended");
    assert!(matches!(ended, SignalError::Finished { .. }), "{ended}");
    let first = if bob.is_ok() { "bob" } else { "eve" };
    assert_eq!(run.result().await.expect("a value"), [first, "on", "dora"]);
}

#[tokio::test]
async fn a_wait_can_learn_who_sent_the_signal() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [Op::WaitReceived("go".into())]).await;
    run.signal(Scripted::GO, &"yes".into()).by("bob").await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["yes from bob"]);
    let history = run.history().await.expect("a history");
    let by_bob = |event: &Event| matches!(event, Event::SignalReceived { by: Some(by), .. } if by == "bob");
    assert!(history.entries().iter().any(|entry| by_bob(&entry.event)));
    history.verify().expect("the chain holds");
}

#[tokio::test]
async fn a_fresh_wait_sets_older_signals_aside() {
    let engine = engine(&World::default()).await;
    let run = start(&engine, "exp-001", [wait("stop"), Op::Fresh("go".into(), 60)]).await;
    for text in ["old", "older"] {
        run.signal(Scripted::GO, &text.into()).await.expect("accepted");
    }
    run.signal(Scripted::STOP, &"now".into()).await.expect("accepted");
    assert!(matches!(run.status().await.expect("a status"), WorkflowStatus::WaitingForSignal { .. }));
    run.signal(Scripted::GO, &"new".into()).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), ["now", "new"]);
    let history = run.history().await.expect("a history");
    let set_aside = |event: &Event| matches!(event, Event::SignalSuperseded { .. });
    assert_eq!(history.entries().iter().filter(|entry| set_aside(&entry.event)).count(), 2);
}

#[tokio::test]
async fn the_runs_that_wait_for_a_signal_can_be_listed() {
    let world = World::default();
    let engine = engine(&world).await;
    for number in 0..5 {
        start(&engine, &format!("run-{number}"), [wait("go")]).await;
        start(&engine, &format!("other-{number}"), [wait("stop"), work("a")]).await;
    }
    engine.signal("run-3", "go", "x").await.expect("accepted");
    let page = engine.waiting(Scripted::GO).limit(3).await.expect("a page");
    let ids: Vec<&str> = page.runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["run-0", "run-1", "run-2"]);
    let next = page.next.expect("there is more");
    let page = engine.waiting(Scripted::GO).after(next).await.expect("a page");
    let ids: Vec<&str> = page.runs.iter().map(|run| run.id.as_str()).collect();
    assert_eq!(ids, ["run-4"]);
    assert!(page.next.is_none());
}
