//! An approval: what it takes from the signal to its acknowledgement, and from there to the end of the run, a step later.

use std::time::Duration;

use sayiir::prelude::*;

use crate::{Outcome, Scale, percentile, timed};

#[task]
async fn pay(amount: u64) -> u64 {
    amount
}

#[workflow]
async fn approval(amount: u64) -> u64 {
    let approved = signal!("approved" as bool).await;
    if approved { pay(amount).await } else { 0 }
}

pub(crate) async fn measure(scale: &Scale) -> Outcome<()> {
    println!("\nApproval: median and 99th percentile");
    println!("| in flight | signal sent → acknowledged | acknowledged → run completed |");
    println!("|--:|--:|--:|");
    for in_flight in [1, 64] {
        let directory = tempfile::tempdir()?;
        let backend = SledBackend::open(directory.path())?;
        let engine = Engine::builder().backend(backend).workflow::<approval>().start().await?;
        let each = scale.approvals.div_ceil(in_flight);
        let lanes: Vec<_> =
            (0..in_flight).map(|lane| tokio::spawn(approve(engine.clone(), lane, each))).collect();
        let (mut acknowledged, mut completed) = (Vec::new(), Vec::new());
        for lane in lanes {
            for (first, second) in lane.await?? {
                acknowledged.push(first);
                completed.push(second);
            }
        }
        let both =
            |times: &mut [Duration]| format!("{:.2?}, {:.2?}", percentile(times, 50), percentile(times, 99));
        println!("| {in_flight} | {} | {} |", both(&mut acknowledged), both(&mut completed));
    }
    Ok(())
}

async fn approve(engine: Engine, lane: usize, times: usize) -> Outcome<Vec<(Duration, Duration)>> {
    let mut found = Vec::new();
    for number in 0..times {
        let run = engine.start(format!("exp-{lane}-{number}"), approval(250)).await?;
        let (sent, acknowledged) = timed(async { run.signal(approval::APPROVED, &true).await }).await;
        sent?;
        let (result, completed) = timed(run.result()).await;
        result?;
        found.push((acknowledged, completed));
    }
    Ok(found)
}
