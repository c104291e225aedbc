//! How deep workflows may call themselves.

use sayiir::prelude::*;
use sayiir::record::BlockReason;
use sayiir::testing::TestEngine;

#[workflow]
async fn descend(depth: u32) -> u32 {
    if depth == 0 {
        return signal!("turn" as u32).await;
    }
    sleep!(0s).await;
    1 + descend(depth - 1).await
}

async fn at(depth: u32) -> (TestEngine, Run<descend>) {
    let engine =
        TestEngine::start(sayiir::engine::EngineBuilder::workflow::<descend>).await.expect("it starts");
    let run = engine.start("d-1", descend(depth)).await.expect("it starts");
    engine.idle().await;
    (engine, run)
}

#[tokio::test]
async fn a_run_may_nest_to_a_depth_of_128() {
    let (_engine, run) = at(127).await;
    run.signal(descend::TURN, &1).await.expect("accepted");
    assert_eq!(run.result().await.expect("a value"), 128);
}

#[tokio::test]
async fn a_run_that_nests_deeper_is_blocked_and_nothing_else() {
    let (_engine, run) = at(300).await;
    let status = run.status().await.expect("a status");
    assert!(matches!(status, WorkflowStatus::Blocked { reason: BlockReason::TooDeep }), "{status}");
    assert_eq!(status.to_string(), "blocked: child workflows nest deeper than 128");
}
