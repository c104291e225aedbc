//! A step of a flow takes what the one before it yields, and yields what can be stored.
use std::rc::Rc;

use sayiir::prelude::*;

fn new<T>() -> WorkflowBuilder<T, T> {
    WorkflowBuilder::new(WorkflowContext::new())
}

fn another_input() {
    let _ = new().then("count", |n: u32| async move { Ok(n) }).then("greet", |name: String| async move { Ok(name) });
}

fn not_stored() {
    let _ = new().then("share", |n: u32| async move { Ok(Rc::new(n)) });
}

fn payload_of_nobody() {
    let _ = new::<u32>().wait_for_signal("wait", "approved", None).build();
}

fn another_branch() {
    let _ = new::<u32>()
        .route(|n: &u32| *n > 10)
        .when(true, |flow| flow.then("text", |n| async move { Ok(n.to_string()) }))
        .otherwise(|flow| flow);
}

fn key_of_another_type() {
    let _ = new::<u32>().route(|n: &u32| *n > 10).when("yes", |flow| flow).otherwise(|flow| flow);
}

fn another_join() {
    let _ = new::<u32>()
        .fork()
        .branch("left", |flow| flow)
        .branch("right", |flow| flow.then("text", |n| async move { Ok(n.to_string()) }))
        .join("add", |(left, right): (u32, u32)| async move { Ok(left + right) });
}

fn too_many_branches() {
    let eight = new::<u32>()
        .fork()
        .branch("1", |flow| flow)
        .branch("2", |flow| flow)
        .branch("3", |flow| flow)
        .branch("4", |flow| flow)
        .branch("5", |flow| flow)
        .branch("6", |flow| flow)
        .branch("7", |flow| flow)
        .branch("8", |flow| flow);
    let _ = eight.branch("9", |flow| flow);
}

async fn another_run(runner: CheckpointingRunner) {
    let flow = new().then("count", |n: u32| async move { Ok(n) }).build();
    let _ = runner.run(&flow, "x", "one").await;
}

fn main() {}
