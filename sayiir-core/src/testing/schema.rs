//! `state_schema!`: what the workflows of a program save, kept in a file beside its source, so that an edit which parked runs
//! would not survive fails a test before it is deployed.
//!
//! The file lists the places of each workflow with their saved variables, and its signals with their payloads: each by the
//! name of its type and, where serde tells, its shape. To decide whether the code still fits, documents of the committed
//! shapes are read with the code's own types: so `#[serde(default)]`, `alias` and the like count as what they are.

mod compare;
mod file;
mod shape;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

pub(crate) use shape::shape_of;

use crate::workflow::{Registry, Workflow};
use file::StatesFile;

/// Holds the workflows of a program against the committed `workflow.states.json`. Made by
/// [`state_schema!`](crate::state_schema).
#[derive(Debug)]
pub struct StateSchema {
    path: PathBuf,
    registry: Registry,
}

impl StateSchema {
    /// Against the file at this path.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), registry: Registry::default() }
    }

    /// Adds a workflow, and those that it calls.
    #[must_use]
    pub fn workflow<W: Workflow>(mut self) -> Self {
        self.registry.workflow::<W>();
        self
    }

    /// Compares. What the file does not have yet is added to it; with `SAYIIR_STATES=overwrite` in the environment everything
    /// in it becomes what the code says. What a workflow's `upgrade` has to take up is a difference like any: no shape tells
    /// whether it does, so the file is made anew on purpose, once that was tried on runs.
    ///
    /// # Panics
    /// If runs that wait under the committed states would not go on under this code, saying which and what to do; or if the
    /// file cannot be read or written.
    pub fn check(self) {
        let overwrite = std::env::var("SAYIIR_STATES").is_ok_and(|wish| wish == "overwrite");
        if let Err(report) = self.compare(overwrite) {
            panic!("{report}");
        }
    }

    /// What [`check`](Self::check) does, with its words as the error.
    ///
    /// # Errors
    /// The report.
    pub fn compare(self, overwrite: bool) -> Result<(), String> {
        let committed = StatesFile::read(&self.path)?;
        let now = StatesFile::of(&self.registry);
        let problems = match &committed {
            Some(committed) if !overwrite => compare::problems(committed, &now, &self.registry),
            Some(_) | None => Vec::new(),
        };
        if problems.is_empty() {
            return if committed.as_ref() == Some(&now) { Ok(()) } else { now.write(&self.path) };
        }
        let mut report = format!(
            "runs that wait under the committed states would not go on under this code ({}):\n",
            self.path.display()
        );
        for problem in &problems {
            let _ = write!(report, "\n  {problem}\n");
        }
        report.push_str(
            "\nif an `upgrade` takes them up, no such runs are left, or they may be blocked: SAYIIR_STATES=overwrite cargo test\n",
        );
        Err(report)
    }
}

/// By name, in the order of the file.
type Named<T> = BTreeMap<String, T>;

/// Holds what workflows save against `workflow.states.json` beside the `Cargo.toml`; see [`StateSchema::check`].
///
/// One line in a test of the program, with all its workflows; the file is made by the first run and committed:
///
/// ```no_run
/// # use sayiir::prelude::*;
/// # #[workflow]
/// # async fn expense_approval(amount: u32) -> u32 { let extra: u32 = signal!("extra").await; amount + extra }
/// # #[workflow]
/// # async fn onboarding(name: String) -> String { let badge: String = signal!("badge").await; name + &badge }
/// #[test]
/// # fn hidden() {}
/// fn parked_runs_survive_this_version() {
///     sayiir::testing::state_schema!(expense_approval, onboarding);
/// }
/// ```
#[macro_export]
macro_rules! state_schema {
    ($($workflow:path),+ $(,)?) => {
        $crate::testing::StateSchema::new(concat!(env!("CARGO_MANIFEST_DIR"), "/workflow.states.json"))
            $(.workflow::<$workflow>())+
            .check()
    };
}
