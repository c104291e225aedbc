//! What step N of one run costs.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sayiir::prelude::*;

use crate::{Outcome, Scale, percentile};

/// How many steps from the Nth on are looked at.
const WINDOW: usize = 500;

/// When each step began.
static BEGUN: Mutex<Vec<Instant>> = Mutex::new(Vec::new());

#[task]
async fn tick(number: u64) -> u64 {
    BEGUN.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
    number + 1
}

#[workflow]
async fn ticking(steps: u64) -> u64 {
    let mut number = 0;
    while number < steps {
        number = tick(number).await;
    }
    number
}

pub(crate) async fn measure(scale: &Scale) -> Outcome<()> {
    let directory = tempfile::tempdir()?;
    let backend = SledBackend::open(directory.path())?;
    let engine = Engine::builder().backend(backend).workflow::<ticking>().start().await?;
    let longest = scale.lengths.last().copied().unwrap_or_default() + WINDOW as u64 / 10;
    engine.start("long", ticking(longest)).await?.result().await?;
    let begun = std::mem::take(&mut *BEGUN.lock().unwrap_or_else(PoisonError::into_inner));
    let mut took: Vec<Duration> = begun.windows(2).map(|pair| pair[1] - pair[0]).collect();
    println!(
        "\nOne run, one step after the other: median of {WINDOW} steps from step N on, or as many as there are"
    );
    println!("| N | one step |");
    println!("|--:|--:|");
    for &length in scale.lengths {
        let from = usize::try_from(length)?;
        let to = took.len().min(from + WINDOW);
        println!("| {length} | {:.1?} |", percentile(&mut took[from..to], 50));
    }
    Ok(())
}
