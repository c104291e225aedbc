//! What a new binary cannot take up, or may not be able to.

use std::fmt;
use std::sync::Arc;

use crate::backend::{DamagedRun, PlaceCount};
use crate::ids::RunId;
use crate::workflow::Program;

/// Which unfinished runs this binary cannot take up. Nothing of them is lost: they are blocked when they are touched, and go
/// on by themselves under a binary that fits.
#[derive(Debug, Clone, Default)]
pub struct VersionReport {
    /// What does not fit, by workflow and place.
    pub misfits: Vec<Misfit>,
    /// Runs that are damaged, so that nobody can say whether they fit. Only `check()`, which reads every run, says so.
    pub damage: Vec<DamagedRun>,
}

/// Runs that wait at one place and do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The workflow's durable name.
    pub workflow: String,
    /// Where they wait: the stored variant.
    pub place: String,
    /// How many they are.
    pub runs: u64,
    /// Some of them, at most [`Misfit::MOST_EXAMPLES`]. Empty in the report of `start()`, which reads no run.
    pub examples: Vec<RunId>,
    /// What is wrong.
    pub why: Why,
}

/// Why runs do not fit this binary.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// No workflow of this name is registered.
    #[error("no workflow of this name is registered")]
    UnknownWorkflow,
    /// The workflow has no such place to wait any more, and no upgrade.
    #[error("there is no place of this name to wait at any more")]
    UnknownPlace,
    /// What is saved there has changed. A hint of `start()`, which reads no run: the change may well be a compatible one.
    #[error("what is saved here has changed; `engine.check()` says whether these runs still fit")]
    Changed,
    /// A state does not read. Only `check()`, which reads every run, says so.
    #[error("{detail}")]
    Incompatible {
        /// Which variable, and why.
        detail: String,
    },
}

impl Misfit {
    /// How many runs a report names for each place.
    pub const MOST_EXAMPLES: usize = 10;
}

impl VersionReport {
    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.misfits.is_empty() && self.damage.is_empty()
    }

    /// How many runs do not fit, or may not.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.misfits.iter().map(|misfit| misfit.runs).sum()
    }

    /// What the index of places says, without reading a run.
    pub(crate) fn from_index<'a>(
        places: Vec<PlaceCount>,
        program: impl Fn(&str) -> Option<&'a Arc<dyn Program>>,
    ) -> Self {
        let misfits = places.into_iter().filter_map(|count| {
            let why = why(&count, program(&count.workflow))?;
            let PlaceCount { workflow, place, runs, .. } = count;
            Some(Misfit { workflow, place, runs, examples: Vec::new(), why })
        });
        let mut report = Self::default();
        misfits.for_each(|misfit| report.add(misfit));
        report
    }

    /// Adds runs to those of the same place and reason.
    pub(crate) fn add(&mut self, misfit: Misfit) {
        let same = |other: &&mut Misfit| {
            other.workflow == misfit.workflow && other.place == misfit.place && other.why == misfit.why
        };
        match self.misfits.iter_mut().find(same) {
            Some(known) => {
                known.runs += misfit.runs;
                let room = Misfit::MOST_EXAMPLES - known.examples.len();
                known.examples.extend(misfit.examples.into_iter().take(room));
            }
            None => self.misfits.push(misfit),
        }
    }
}

fn why(count: &PlaceCount, program: Option<&Arc<dyn Program>>) -> Option<Why> {
    let Some(program) = program else {
        return Some(Why::UnknownWorkflow);
    };
    match program.schema(&count.place) {
        _ if program.has_upgrade() => None,
        None => Some(Why::UnknownPlace),
        Some(schema) if schema != count.schema => Some(Why::Changed),
        Some(_) => None,
    }
}

impl fmt::Display for VersionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for misfit in &self.misfits {
            writeln!(f, "{misfit}")?;
        }
        for damaged in &self.damage {
            writeln!(f, "{damaged}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workflow, place, runs, why, .. } = self;
        let (runs, wait) = match runs {
            1 => ("1 run".to_owned(), "waits"),
            _ => (format!("{runs} runs"), "wait"),
        };
        write!(f, "{runs} of `{workflow}` {wait} at `{place}`: {why}")
    }
}
