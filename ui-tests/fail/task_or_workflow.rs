//! `spawn!` starts workflows, `compensate!` remembers tasks.
use sayiir::prelude::*;

#[task]
async fn double(cents: u32) -> u32 {
    cents * 2
}

#[workflow]
async fn child(cents: u32) -> u32 {
    double(cents).await
}

#[workflow]
async fn spawns_a_task(cents: u32) -> u32 {
    let spawned = spawn!("double", double(cents)).await;
    spawned.map_or(0, |_| cents)
}

#[workflow]
async fn spawns_a_task_beside(cents: u32) -> u32 {
    let (spawned, ()) = join!(spawn!("double", double(cents)), sleep!(5m)).await;
    spawned.map_or(0, |_| cents)
}

#[workflow]
async fn undoes_by_a_workflow(cents: u32) -> u32 {
    compensate!(child(cents));
    double(cents).await
}

fn main() {
    let _: Invocation<child> = child(1);
}
