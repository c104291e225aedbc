//! What it takes to go on with a run in a new process, however long its history is.

use sayiir::prelude::*;

use crate::{Outcome, Scale, increment, timed};

#[workflow]
async fn long_ago(steps: u64) -> u64 {
    let mut number = 0;
    while number < steps {
        number = increment(number).await;
    }
    let more = signal!("more" as u64).await;
    number + more
}

pub(crate) async fn measure(scale: &Scale) -> Outcome<()> {
    println!("\nA parked run in a database that has just been opened");
    println!("| steps behind it | read and decoded | signal → run completed |");
    println!("|--:|--:|--:|");
    for &steps in scale.lengths {
        let directory = tempfile::tempdir()?;
        let engine = open(directory.path()).await?;
        engine.start("parked", long_ago(steps)).await?.settled().await?;
        engine.shutdown().await;
        let engine = open(directory.path()).await?;
        let run = engine.run::<long_ago>("parked").await?;
        let (state, read) = timed(run.state()).await;
        state?;
        let (ended, went_on) = timed(async {
            run.signal(long_ago::MORE, &1).await?;
            Outcome::Ok(run.result().await?)
        })
        .await;
        assert_eq!(ended?, steps + 1);
        println!("| {steps} | {read:.1?} | {went_on:.1?} |");
    }
    Ok(())
}

async fn open(path: &std::path::Path) -> Outcome<Engine> {
    Ok(Engine::builder().backend(SledBackend::open(path)?).workflow::<long_ago>().start().await?)
}
