//! The patterns of approvals, each played in virtual time.
//!
//! ```sh
//! cargo run --example patterns                # lists them
//! cargo run --example patterns -- escalation  # days pass in no time
//! ```
//!
//! Each file has its workflow first, to be copied; then a story that it plays on the [stage](stage), a test of what the story
//! tells, and one with every crash. The tasks only say what they would do.

mod audit;
mod cancellation;
#[cfg(test)]
mod crashed;
mod desk;
mod escalation;
mod modification;
mod partial;
mod rejection;
mod reminders;
mod stage;
mod timeout;
mod two_of_three;

use std::process::ExitCode;

use stage::{Played, Story};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = match arguments.as_slice() {
        [name] => name.as_str(),
        _ => "",
    };
    match play(name, &Story::printed()).await {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
        None => {
            eprintln!("which one? {}", NAMES.join(", "));
            ExitCode::FAILURE
        }
    }
}

const NAMES: [&str; 9] = [
    "rejection",
    "timeout",
    "escalation",
    "partial",
    "modification",
    "cancellation",
    "reminders",
    "two_of_three",
    "audit",
];

/// Plays the pattern of this name, if there is one.
async fn play(name: &str, story: &Story) -> Option<Played> {
    Some(match name {
        "rejection" => rejection::play(story).await,
        "timeout" => timeout::play(story).await,
        "escalation" => escalation::play(story).await,
        "partial" => partial::play(story).await,
        "modification" => modification::play(story).await,
        "cancellation" => cancellation::play(story).await,
        "reminders" => reminders::play(story).await,
        "two_of_three" => two_of_three::play(story).await,
        "audit" => audit::play(story).await,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_name_that_is_listed_is_played_and_no_other() {
        for name in NAMES {
            let story = Story::told();
            play(name, &story).await.expect("it is known").expect("it plays");
            assert!(!story.lines().is_empty(), "{name}");
        }
        assert!(play("", &Story::told()).await.is_none());
    }
}
