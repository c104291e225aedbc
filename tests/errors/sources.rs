//! What is stored of an error that has sources: their text behind its own, each once, whatever its type.

use std::error::Error;
use std::fmt;
use std::io;

use anyhow::Context;
use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;
use sayiir::{Failure, Invocation, Workflow};

use super::telling::failed;

const WHOLE: &str = "the card was not charged: the bank does not answer: connection reset";

/// An error with two sources, none of which it displays.
#[derive(Debug, thiserror::Error)]
#[error("the card was not charged")]
struct NotCharged(#[source] NoAnswer);

#[derive(Debug, thiserror::Error)]
#[error("the bank does not answer")]
struct NoAnswer(#[source] io::Error);

fn not_charged() -> NotCharged {
    NotCharged(NoAnswer(io::Error::other("connection reset")))
}

/// The same, that can be made again from its text.
#[derive(Debug, thiserror::Error)]
enum Lasting {
    #[error("the card was not charged")]
    NotCharged(#[source] NoAnswer),
    #[error(transparent)]
    Stored(#[from] Failure),
}

/// Can be displayed, and is no error.
struct Words(&'static str);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[task(retries = 1, backoff = 1h)]
async fn charge(amount: u32) -> Result<u32, NotCharged> {
    if amount == 0 { Ok(0) } else { Err(not_charged()) }
}

#[task]
async fn refund(amount: u32) -> Result<u32, NotCharged> {
    charge(amount).await
}

#[workflow]
async fn by_source(amount: u32) -> Result<u32, NotCharged> {
    charge(amount).await
}

#[workflow]
async fn by_anyhow(amount: u32) -> anyhow::Result<u32> {
    sleep!(1s).await;
    Err::<u32, _>(NoAnswer(io::Error::other("connection reset")))
        .context("the card was not charged")
        .map(|paid| paid + amount)
}

#[workflow]
async fn by_box(amount: u32) -> Result<u32, Box<dyn Error + Send + Sync>> {
    if amount > 0 { Err(not_charged().into()) } else { Ok(amount) }
}

#[workflow]
async fn by_text(amount: u32) -> Result<u32, String> {
    if amount > 0 { Err(not_charged().to_string()) } else { Ok(amount) }
}

#[workflow]
async fn by_words(amount: u32) -> Result<u32, Words> {
    if amount > 0 { Err(Words("no money")) } else { Ok(amount) }
}

#[workflow]
async fn compensated(amount: u32) -> Result<u32, String> {
    compensate!(refund(amount));
    sleep!(1s).await;
    Err("no more".into())
}

#[task]
async fn release(amount: u32) -> u32 {
    amount
}

#[workflow]
async fn undone(amount: u32) -> Result<u32, Lasting> {
    compensate!(release(amount));
    sleep!(1s).await;
    Err(Lasting::NotCharged(NoAnswer(io::Error::other("connection reset"))))
}

#[workflow]
async fn undone_by_anyhow(amount: u32) -> anyhow::Result<u32> {
    compensate!(release(amount));
    sleep!(1s).await;
    Err(not_charged().into())
}

#[workflow]
async fn caller(amount: u32) -> Result<u32, Lasting> {
    undone(amount).await
}

#[workflow]
async fn caller_by_anyhow(amount: u32) -> anyhow::Result<u32> {
    undone_by_anyhow(amount).await
}

async fn words_of<W: Workflow>(call: Invocation<W>) -> String {
    let engine = TestEngine::start(EngineBuilder::workflow::<W>).await.expect("it starts");
    let run = engine.start("exp-001", call).await.expect("started");
    engine.advance(std::time::Duration::from_hours(2)).await;
    failed(&run).await
}

#[tokio::test]
async fn an_error_with_sources_is_stored_with_them_and_each_once() {
    assert_eq!(words_of(by_source(7)).await, WHOLE);
    assert_eq!(words_of(by_anyhow(7)).await, WHOLE);
    assert_eq!(words_of(by_box(7)).await, WHOLE);
}

#[tokio::test]
async fn an_error_that_is_a_text_or_can_only_be_displayed_is_stored_as_that() {
    assert_eq!(words_of(by_text(7)).await, "the card was not charged");
    assert_eq!(words_of(by_words(7)).await, "no money");
}

#[tokio::test]
async fn the_last_error_of_a_step_that_is_tried_again_comes_with_its_sources() {
    let engine = TestEngine::start(EngineBuilder::workflow::<by_source>).await.expect("it starts");
    let run = engine.start("exp-001", by_source(7)).await.expect("started");
    engine.idle().await;
    let status = run.status().await.expect("a status");
    let WorkflowStatus::Running { steps, .. } = status else { panic!("{status}") };
    assert_eq!(steps[0].last_error.as_deref(), Some(WHOLE));
}

#[tokio::test]
async fn a_compensation_that_fails_says_why_with_all_sources() {
    let engine = TestEngine::start(EngineBuilder::workflow::<compensated>).await.expect("it starts");
    let run = engine.start("exp-001", compensated(7)).await.expect("started");
    engine.advance(std::time::Duration::from_hours(1)).await;
    let status = run.status().await.expect("a status");
    let WorkflowStatus::Blocked { reason: BlockReason::CompensationFailed { message, .. } } = status else {
        panic!("{status}")
    };
    assert_eq!(message, WHOLE);
}

#[tokio::test]
async fn an_error_that_is_kept_as_text_while_a_child_is_undone_keeps_its_sources() {
    assert_eq!(words_of(caller(7)).await, WHOLE);
    assert_eq!(words_of(caller_by_anyhow(7)).await, WHOLE);
}
