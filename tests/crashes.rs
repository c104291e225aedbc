//! Each durable operation through every crash: the same outcome, and each step committed once.

use std::time::Duration;

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};

#[task]
async fn double(number: u32) -> u32 {
    number * 2
}

#[task]
async fn even(number: u32) -> Result<u32, String> {
    if number.is_multiple_of(2) { Ok(number) } else { Err(format!("{number} is odd")) }
}

#[task]
async fn shout(text: String) -> String {
    text.to_uppercase()
}

/// What a run gives, undisturbed and under every crash. Each message is sent once the one before is stored.
async fn swept<W: sayiir::Workflow>(
    invocation: impl Fn() -> Invocation<W>,
    messages: &[(&str, &str)],
    crashes_at_least: u64,
) -> W::Output
where
    W::Output: PartialEq + std::fmt::Debug,
{
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("run-1", invocation()).or_attach().await.expect("it starts");
        engine.idle().await;
        for (signal, text) in messages {
            let sent =
                engine.signal("run-1", *signal, *text).by("bob").idempotency_key(format!("{signal} {text}"));
            sent.await.expect("accepted");
        }
        engine.advance(Duration::from_hours(48)).await;
        run.result().await.expect("a value")
    };
    let (output, crashes) = crash_everywhere(EngineBuilder::workflow::<W>, scenario).await;
    assert!(crashes >= crashes_at_least, "{crashes}");
    output
}

#[workflow]
async fn signals() -> Vec<String> {
    let typed: Result<String, Timeout> = signal!("typed", 1h).await;
    let cast = signal!("cast" as String).await;
    let fresh = signal!("fresh" as String, 1h, fresh).await;
    let argument = shout(signal!("argument").await).await;
    let received = signal!("received" as Received<String>, 1h).await;
    let received = received
        .map(|vote| format!("{} by {:?} as number {} at {}", vote.payload, vote.by, vote.position, vote.at));
    let missed = signal!("missed" as String, 1h).await;
    [typed, Ok(cast), fresh, Ok(argument), received, missed]
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|_| "nothing".into()))
        .collect()
}

#[tokio::test]
async fn signals_in_every_form() {
    let messages = [
        ("fresh", "stale"),
        ("received", "yes"),
        ("typed", "a"),
        ("cast", "b"),
        ("fresh", "c"),
        ("argument", "d"),
    ];
    let answers = swept(signals, &messages, 16).await;
    assert_eq!(
        answers,
        ["a", "b", "c", "D", r#"yes by Some("bob") as number 0 at 2026-01-01T00:00:00Z"#, "nothing"]
    );
}

#[workflow]
async fn naps(until: Timestamp) -> bool {
    sleep!(1h).await;
    sleep_until!(until).await;
    true
}

#[tokio::test]
async fn sleeps() {
    let until: Timestamp = "2026-01-02T12:00:00Z".parse().expect("a time");
    assert!(swept(|| naps(until), &[], 6).await);
}

#[workflow]
async fn child(number: u32) -> Result<u32, String> {
    let number = double(number).await;
    sleep!(1h).await;
    even(number / 2).await
}

#[workflow]
async fn parent() -> String {
    let good = child(4).await;
    let bad = child(3).await;
    format!("{good:?} {bad:?}")
}

#[tokio::test]
async fn children() {
    assert_eq!(swept(parent, &[], 14).await, r#"Ok(4) Err("3 is odd")"#);
}

#[workflow]
async fn joins() -> String {
    let (a, b, ()) = join!(double(1), child(3), sleep!(2h)).await;
    let good = try_join!(even(2), child(4)).await;
    let bad = try_join!(child(6), even(5)).await;
    let doubled = join_all!(number in 1..=4 => double(number), max = 2).await;
    let children = try_join_all!(number in [2, 4, 6] => child(number), max = 2).await;
    let odd = try_join_all!(number in [2, 3] => even(number)).await;
    format!("{a} {b:?} {good:?} {bad:?} {doubled:?} {children:?} {odd:?}")
}

#[tokio::test]
async fn branches_side_by_side() {
    let expected =
        r#"2 Err("3 is odd") Ok((2, 4)) Err("5 is odd") [2, 4, 6, 8] Ok([2, 4, 6]) Err("3 is odd")"#;
    assert_eq!(swept(joins, &[], 40).await, expected);
}

#[workflow]
async fn races() -> Vec<String> {
    let mut winners = Vec::new();
    for _ in 0..2 {
        let winner = select! {
            go = signal!("go" as String) => go,
            child = child(2) => format!("{child:?}"),
        }
        .await;
        winners.push(winner);
    }
    winners
}

#[tokio::test]
async fn a_race_in_a_loop() {
    assert_eq!(swept(races, &[("go", "x")], 10).await, ["x", "Ok(2)"]);
}

#[workflow]
async fn undoes(fails: bool) -> Result<u32, String> {
    compensate!(double(1));
    compensate!(double(2));
    if fails { Err("it fails".into()) } else { Ok(double(3).await) }
}

#[workflow]
async fn spawns() -> String {
    let undone = undoes(true).await;
    let spawned = spawn!("run-2", undoes(false)).await;
    let again = spawn!("run-2", undoes(false)).await;
    format!("{undone:?} {} {}", spawned.is_ok(), again.is_ok())
}

#[tokio::test]
async fn a_child_that_is_undone_and_a_run_that_is_spawned() {
    assert_eq!(swept(spawns, &[], 8).await, r#"Err("it fails") true false"#);
}
