//! Values that JSON would lose: the run stops before anything of them is stored, with the variable's name.

use std::sync::atomic::{AtomicU32, Ordering};

use sayiir::engine::EngineBuilder;
use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

#[task]
async fn measure(value: u32) -> u32 {
    value
}

#[workflow]
async fn keeps_nothing_of_something(value: u32) -> bool {
    let reading: Option<Option<u32>> = Some(None);
    measure(value).await;
    reading.is_some()
}

#[workflow]
async fn keeps_no_number(value: f64) -> bool {
    let rates = vec![Some(value / 0.0)];
    measure(1).await;
    rates[0].is_some()
}

#[tokio::test]
async fn a_value_that_would_come_back_as_another_is_not_stored() {
    let workflows = |builder: EngineBuilder| {
        builder.workflow::<keeps_nothing_of_something>().workflow::<keeps_no_number>()
    };
    let engine = TestEngine::start(workflows).await.expect("it starts");
    let some = Engine::start(&engine, "some", keeps_nothing_of_something(1)).await.expect("it starts");
    let number = Engine::start(&engine, "number", keeps_no_number(1.0)).await.expect("it starts");
    engine.idle().await;
    let blocked = some.status().await.expect("it reads").to_string();
    assert!(blocked.contains("`reading`") && blocked.contains("`Some` of nothing"), "{blocked}");
    let blocked = number.status().await.expect("it reads").to_string();
    assert!(blocked.contains("`rates`") && blocked.contains("the number inf"), "{blocked}");
}

/// Reads with the state of which it is a part, and then not by itself.
#[derive(Debug, Clone, Serialize)]
struct Moody(u32);

static READ: AtomicU32 = AtomicU32::new(0);

impl<'de> Deserialize<'de> for Moody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match READ.fetch_add(1, Ordering::SeqCst) {
            0 | 2 => u32::deserialize(deserializer).map(Self),
            1 => Err(D::Error::custom("not in the mood")),
            _ => panic!("worse"),
        }
    }
}

#[workflow]
async fn receives(mood: Moody) -> u32 {
    mood.0
}

#[workflow]
async fn receives_text(text: String) -> usize {
    text.len()
}

/// In a build without debug assertions the state is not read back before it is stored, so that this is the first to be met.
#[workflow]
async fn spawns(kind: String) -> bool {
    match &*kind {
        "moody" => spawn!("spawned", receives(Moody(7))).await.is_ok(),
        _ => spawn!("spawned", receives_text("x".repeat(2_000))).await.is_ok(),
    }
}

#[tokio::test]
async fn arguments_of_a_spawned_run_that_do_not_read_back_or_are_too_large_block_the_run_that_spawns() {
    let workflows = |builder: EngineBuilder| builder.workflow::<spawns>().max_payload_bytes(1_000);
    for (kind, words) in [
        (
            "moody",
            "the arguments of `receives`, to be spawned as run spawned, do not read back: not in the mood",
        ),
        ("moody", "the arguments of `receives`, to be spawned as run spawned, panicked: worse"),
        (
            "large",
            "the arguments of `receives_text`, to be spawned as run spawned, have 2004 bytes as JSON, and the limit is 1000",
        ),
    ] {
        let engine = TestEngine::start(workflows).await.expect("it starts");
        let run = engine.start("s-1", spawns(kind.to_owned())).await.expect("it starts");
        engine.idle().await;
        let status = run.status().await.expect("it reads");
        assert!(
            matches!(&status, WorkflowStatus::Blocked { reason: BlockReason::Unencodable { detail } } if detail.starts_with(words)),
            "{status}"
        );
        assert!(engine.run::<receives>("spawned").await.is_err(), "nothing was started");
    }
}
