//! One generated body, run both ways and compared.

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use sayiir_core::record::Compensation;
use sayiir_core::workflow::Workflow;
use serde_json::Value;

use crate::support::{Answers, drive_with};
use crate::world;

/// The parameters of every body.
pub type Input = (i64, String, Vec<i64>, (i64, bool));

/// On how many scripts each body runs.
const SCRIPTS: u64 = 6;

/// How many differing bodies a report shows in full.
const SHOWN: usize = 3;

/// A generated body.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The seed of the whole suite.
    pub seed: u64,
    /// Which body of that seed.
    pub number: u64,
    /// What was compiled.
    pub source: &'static str,
    /// Runs it as a plain async function.
    pub plain: fn(Input) -> String,
    /// Runs it as a workflow.
    pub durable: fn(Input) -> String,
}

/// What one run did.
#[derive(Debug)]
struct Observed {
    result: Result<String, String>,
    trace: Vec<String>,
    /// What was remembered for the case that the run fails.
    remembered: Vec<String>,
}

impl Observed {
    /// Whether the workflow did what the plain function did. What a stretch remembers is lost if it panics.
    fn agrees_with(&self, plain: &Self) -> bool {
        let remembered = match plain.result {
            Ok(_) => self.remembered == plain.remembered,
            Err(_) => plain.remembered.starts_with(&self.remembered),
        };
        self.result == plain.result && self.trace == plain.trace && remembered
    }
}

pub use crate::values::at_once;

/// Runs a workflow with a round trip through JSON at every suspension.
pub fn through_json<W: Workflow>(input: W::Input) -> W::Return {
    struct Scripted;
    impl Answers for Scripted {
        fn signal(&mut self, name: &str, limited: bool) -> Option<Value> {
            world::signal(name, limited)
        }
        fn is_silent(&self, name: &str) -> bool {
            world::is_silent(name)
        }
        fn timer(&mut self, until: Timestamp) {
            world::timer(until);
        }
        fn spawn(&mut self, id: &str, workflow: &str, input: &str) -> bool {
            world::spawn(id, workflow, input)
        }
        fn undone(&mut self, compensation: &Compensation) {
            world::undone(&shown(compensation));
        }
        fn remembered(&mut self, compensations: &[Compensation]) {
            world::remember_all(compensations.iter().map(shown).collect());
        }
    }
    fn shown(compensation: &Compensation) -> String {
        format!("{}{}", compensation.task, compensation.input.as_str())
    }
    drive_with::<W>(input, &mut Scripted).0
}

/// Runs every case on every script and panics with a report if anything differs.
///
/// # Panics
/// If a workflow does something else than its plain function.
pub fn check(cases: &[Case]) {
    let mut reports = Vec::new();
    let mut panicked = 0;
    let mut steps = 0;
    for case in cases {
        for script in 0..SCRIPTS {
            let plain = observe(case.plain, case, script);
            let durable = observe(case.durable, case, script);
            panicked += usize::from(plain.result.is_err());
            steps += plain.trace.len();
            if !durable.agrees_with(&plain) {
                reports.push(Report { case, script, plain, durable }.to_string());
                break;
            }
        }
    }
    println!(
        "{} bodies on {SCRIPTS} scripts each: {steps} steps traced, {panicked} runs ended in a panic both ways",
        cases.len()
    );
    assert!(
        reports.is_empty(),
        "{} of {} bodies differ; the first ones:\n{}",
        reports.len(),
        cases.len(),
        reports[..reports.len().min(SHOWN)].join("\n")
    );
}

fn observe(run: fn(Input) -> String, case: &Case, script: u64) -> Observed {
    world::reset(case.number.wrapping_mul(31).wrapping_add(script));
    let input = (
        world::draw_int(),
        world::draw_text(),
        (0..world::draw(4)).map(|_| world::draw_int()).collect(),
        (world::draw_int(), world::draw(2) == 0),
    );
    let result = catch_unwind(AssertUnwindSafe(|| run(input))).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
    });
    let (trace, remembered) = world::take();
    Observed { result, trace, remembered }
}

/// Everything that is needed to look into a difference.
struct Report<'a> {
    case: &'a Case,
    script: u64,
    plain: Observed,
    durable: Observed,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case { seed, number, source, .. } = self.case;
        writeln!(f, "==== seed {seed}, body {number}, script {} ====", self.script)?;
        writeln!(f, "{source}")?;
        for (name, observed) in [("plain", &self.plain), ("workflow", &self.durable)] {
            let mut lines = String::new();
            for (index, line) in observed.trace.iter().enumerate() {
                let other = if name == "plain" { &self.durable } else { &self.plain };
                let mark = if other.trace.get(index) == Some(line) { ' ' } else { '>' };
                writeln!(lines, "  {mark} {line}")?;
            }
            writeln!(
                f,
                "-- {name} --\n{lines}  = {:?}, remembered {:?}",
                observed.result, observed.remembered
            )?;
        }
        Ok(())
    }
}
