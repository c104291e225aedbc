//! What the program prints: aligned lines, in colour on a terminal.

use std::fmt::{self, Display};
use std::io::IsTerminal;

use jiff::tz::TimeZone;
use sayiir::engine::{RunHistory, RunSummary, StepStatus};
use sayiir::history::Event;
use sayiir::prelude::*;

use crate::expense_approval;

/// Prints a line about one expense.
pub(crate) fn say(id: &str, words: impl Display) {
    println!("{id:<10}  {words}");
}

/// Prints a line for the person at the keyboard.
pub(crate) fn hint(words: impl Display) {
    println!("{}", Painted { colour: Colour::Faint, text: words.to_string() });
}

/// Says where an expense stands.
pub(crate) fn status(status: &WorkflowStatus<String>) -> Painted {
    describe(status, String::clone)
}

/// Says where an expense of a listing stands.
pub(crate) fn listed(run: &RunSummary) -> Painted {
    describe(&run.status, |output| output.decode().unwrap_or_else(|_| output.as_str().to_owned()))
}

fn describe<T: std::fmt::Debug>(status: &WorkflowStatus<T>, words: impl Fn(&T) -> String) -> Painted {
    let (colour, text) = match status {
        WorkflowStatus::Running { steps } => (Colour::Yellow, format!("busy with {}", busy(steps))),
        WorkflowStatus::WaitingForSignal { signals, deadline } => {
            let whom: Vec<&str> = signals.iter().map(|signal| person(signal)).collect();
            let until = deadline.map(until).unwrap_or_default();
            (Colour::Yellow, format!("waits for {}{until}", whom.join(", ")))
        }
        WorkflowStatus::Completed(output) => (Colour::Green, format!("done: {}", words(output))),
        WorkflowStatus::Failed(error) => (Colour::Red, format!("failed: {error}")),
        WorkflowStatus::Cancelled { reason } => (Colour::Red, format!("cancelled: {reason}")),
        WorkflowStatus::Blocked { reason } => (Colour::Red, format!("blocked: {reason}")),
        // This workflow neither sleeps nor undoes anything.
        other => (Colour::Yellow, format!("{other:?}")),
    };
    Painted { colour, text }
}

fn busy(steps: &[StepStatus]) -> String {
    let step = |step: &StepStatus| match &step.last_error {
        Some(error) => format!("{} (attempt {}; {error})", step.task, step.attempt),
        None => step.task.clone(),
    };
    steps.iter().map(step).collect::<Vec<_>>().join(", ")
}

/// Prints what happened, one line each.
pub(crate) fn history(history: &RunHistory) {
    println!();
    for entry in history {
        println!("  {}  {}", local(entry.at), event(&entry.event));
    }
    println!();
    let length = history.head().length;
    hint(format_args!("{length} entries, each with the hash of the one before: unchanged"));
}

fn event(event: &Event) -> String {
    match event {
        Event::Started { .. } => "handed in".into(),
        Event::StepDone { task, attempt: 1, .. } => format!("{task} done"),
        Event::StepDone { task, attempt, .. } => format!("{task} done, in attempt {attempt}"),
        Event::StepFailed { task, attempt, error, .. } => {
            format!("{task} failed, attempt {attempt}: {error}")
        }
        Event::SignalReceived { signal, by, .. } => {
            format!("{signal} from {}", by.as_deref().unwrap_or("nobody in particular"))
        }
        Event::SignalTaken { signal, .. } => format!("{signal} taken"),
        Event::TimerFired { signal: Some(signal), .. } => format!("{signal} did not come in time"),
        Event::Completed { .. } => "completed".into(),
        Event::Failed { error } => format!("failed: {error}"),
        other => format!("{other:?}"),
    }
}

fn person(signal: &str) -> &str {
    if signal == expense_approval::MANAGER_APPROVAL.name() {
        "the manager"
    } else if signal == expense_approval::DIRECTOR_APPROVAL.name() {
        "the director"
    } else {
        signal
    }
}

fn until(deadline: Timestamp) -> String {
    let left = deadline.duration_since(Timestamp::now()).as_secs_f64().ceil().max(0.0);
    format!(" until {} ({:#} left)", local(deadline), jiff::SignedDuration::from_secs_f64(left))
}

fn local(at: Timestamp) -> impl Display {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Text that is coloured when a person reads it.
pub(crate) struct Painted {
    colour: Colour,
    text: String,
}

#[derive(Clone, Copy)]
enum Colour {
    Faint,
    Green,
    Yellow,
    Red,
}

impl Painted {
    /// The text alone.
    pub(crate) fn plain(&self) -> &str {
        &self.text
    }
}

impl Display for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if unwanted || !std::io::stdout().is_terminal() {
            return f.write_str(&self.text);
        }
        let code = match self.colour {
            Colour::Faint => 2,
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Red => 31,
        };
        write!(f, "\x1b[{code}m{}\x1b[0m", self.text)
    }
}
