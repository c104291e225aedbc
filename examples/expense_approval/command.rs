//! The command line: what can be asked for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};
use sayiir::Timestamp;

/// The directory, unless another one is given.
const DATABASE: &str = "expenses.db";

/// An expense approval that survives being killed.
#[derive(Debug, Parser)]
#[command(name = "expense_approval")]
pub(crate) struct Arguments {
    /// The directory that keeps everything.
    #[arg(long, global = true, value_name = "DIR", default_value = DATABASE)]
    pub(crate) db: PathBuf,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// How a person starts this program once more, on the same database.
    pub(crate) fn again(&self) -> String {
        let program = if std::env::var_os("CARGO").is_some() {
            "cargo run --example expense_approval --".to_owned()
        } else {
            std::env::args().next().unwrap_or_else(|| "expense_approval".to_owned())
        };
        if self.db == Path::new(DATABASE) { program } else { format!("{program} --db {}", self.db.display()) }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Hand in an expense.
    Submit {
        /// Its name, such as exp-001.
        id: String,
        /// Who is to be paid.
        #[arg(long, value_name = "NAME")]
        employee: String,
        /// How much.
        #[arg(long, value_parser = amount, allow_negative_numbers = true)]
        amount: f64,
        /// How long the manager has before the director is asked.
        #[arg(long, value_name = "TIME", default_value = "48h", value_parser = length)]
        manager_limit: Duration,
        /// How long the director has before the expense fails.
        #[arg(long, value_name = "TIME", default_value = "72h", value_parser = length)]
        director_limit: Duration,
    },
    /// Say yes, as the manager, or as the director when it is the director's turn.
    Approve {
        /// The expense.
        id: String,
        /// Who says so.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why.
        #[arg(long, default_value = "")]
        notes: String,
    },
    /// Say no.
    Reject {
        /// The expense.
        id: String,
        /// Who says so.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why.
        #[arg(long)]
        notes: String,
    },
    /// Show where an expense stands, and what happened to it.
    Status {
        /// The expense.
        id: String,
    },
    /// Show all expenses.
    List,
    /// Stay up: watch the limits and make payments, until ctrl-c.
    Work,
}

fn amount(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount > 0.0 => Ok(amount),
        Ok(_) => Err("an amount is more than zero".into()),
        Err(_) => Err("an amount is a number, such as 250 or 12.50".into()),
    }
}

fn length(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a number with a unit, such as 5s, 90m or 48h".to_owned();
    let length: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    // One that leads out of the calendar is a mistake, too.
    Timestamp::now().checked_add(length).map_err(|_| wrong())?;
    Duration::try_from(length).map_err(|_| wrong())
}
