//! The example is killed, again and again, and does what it would have done anyway.
//!
//! Expenses go through the program of `examples/expense_approval.rs`, each command of which is a process. Many of these are
//! ended by SIGKILL at a random moment and started again. In the end every expense has come out as if nothing had happened, with
//! each step committed once, and the bank has paid once for each that was approved.
//!
//! The moments are drawn from a seed, which is printed; `SAYIIR_KILL_SEED` sets it. No assertion depends on when a process died.
#![cfg(all(unix, feature = "sled"))]

#[path = "kill/books.rs"]
mod books;
#[path = "kill/program.rs"]
mod program;

use std::collections::BTreeMap;

use program::{Ended, Program};
use sayiir::testing::random::Random;

/// How many processes are killed; `SAYIIR_KILLS` sets another number.
const KILLS: u64 = 50;

/// What becomes of an expense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The manager approves, the bank pays.
    Paid,
    /// The manager does not answer, the director approves, the bank pays.
    Escalated,
    /// The manager rejects.
    Rejected,
}

/// One expense on its way.
struct Expense {
    id: String,
    fate: Fate,
}

impl Expense {
    fn number(number: usize) -> Self {
        let fates = [Fate::Paid, Fate::Escalated, Fate::Paid, Fate::Rejected];
        Self { id: format!("exp-{number:03}"), fate: fates[number % fates.len()] }
    }

    fn submit(&self) -> Vec<&str> {
        let limit = if self.fate == Fate::Escalated { "1ms" } else { "48h" };
        vec!["submit", &self.id, "--employee", "alice", "--amount", "250", "--manager-limit", limit]
    }

    fn decide(&self) -> Vec<&str> {
        match self.fate {
            Fate::Paid => vec!["approve", &self.id, "--by", "bob"],
            Fate::Escalated => vec!["approve", &self.id, "--by", "dora"],
            Fate::Rejected => vec!["reject", &self.id, "--by", "bob", "--notes", "no receipt"],
        }
    }

    fn status(&self) -> Vec<&str> {
        vec!["status", &self.id]
    }

    fn waits_for(&self) -> &'static str {
        match self.fate {
            Fate::Paid | Fate::Rejected => "waits for the manager",
            Fate::Escalated => "waits for the director",
        }
    }

    fn outcome(&self) -> &'static str {
        match self.fate {
            Fate::Paid => "done: approved by bob, paid as T-",
            Fate::Escalated => "done: approved by dora, paid as T-",
            Fate::Rejected => "done: rejected by bob: no receipt",
        }
    }
}

/// Kills processes and counts them.
struct Killer {
    program: Program,
    random: Random,
    kills: BTreeMap<&'static str, u64>,
}

impl Killer {
    fn kills(&self) -> u64 {
        self.kills.values().sum()
    }

    /// Starts a command up to `most` times and kills it, unless it was faster. Says whether it was ever started.
    fn strike(&mut self, stage: &'static str, most: u64, arguments: &[&str]) -> bool {
        let times = self.random.below(most + 1);
        for _ in 0..times {
            let moment = self.program.moment(&mut self.random, stage);
            let ended = self.program.run_until(arguments, moment);
            match ended {
                Ended::Killed => *self.kills.entry(stage).or_default() += 1,
                Ended::ByItself { .. } => {}
            }
        }
        times > 0
    }

    /// One expense from its submission to its end.
    fn drive(&mut self, expense: &Expense) {
        self.strike("submit", 2, &expense.submit());
        self.program.succeeds(&expense.submit());
        self.strike("wait", 1, &["work"]);
        self.strike("wait", 1, &expense.status());
        // A limit that has passed is noticed by any command, if it lives long enough.
        self.program.comes_to(&expense.status(), expense.waits_for());
        if self.strike("decide", 3, &expense.decide()) {
            self.strike("pay", 2, &expense.status());
            self.program.decided(&expense.decide());
        } else {
            self.program.succeeds(&expense.decide());
        }
        self.strike("ended", 1, &["list"]);
        self.program.comes_to(&expense.status(), expense.outcome());
    }
}

#[test]
fn a_process_killed_at_any_moment_changes_nothing() {
    let seed = program::number("SAYIIR_KILL_SEED").unwrap_or_else(program::any_seed);
    let kills = program::number("SAYIIR_KILLS").unwrap_or(KILLS);
    println!("SAYIIR_KILL_SEED={seed}");
    let directory = tempfile::tempdir().expect("a directory");
    let program = Program::build(directory.path());
    let mut killer = Killer { program, random: Random::new(seed), kills: BTreeMap::new() };
    let mut expenses = Vec::new();
    while killer.kills() < kills {
        let expense = Expense::number(expenses.len());
        assert!(
            (expenses.len() as u64) < kills * 10,
            "too few processes lived long enough to be killed: {:?}",
            killer.kills
        );
        killer.drive(&expense);
        expenses.push(expense);
    }
    println!("{} expenses, killed: {:?}", expenses.len(), killer.kills);
    books::audit(directory.path(), &expenses);
}
