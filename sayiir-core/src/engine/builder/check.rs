//! What can be found wrong with what was registered, each kind of mistake with all its occurrences.

use super::StartEngineError;
use crate::ids::Name;
use crate::task::Provided;
use crate::workflow::{LostError, Registry};

/// What is wrong with the flows that were registered.
#[derive(Debug, Default)]
pub(super) struct FlowFlaws {
    /// By their steps.
    pub(super) unnamed: Vec<String>,
    /// With their flows.
    pub(super) repeated: Vec<String>,
}

impl FlowFlaws {
    pub(super) fn check(self) -> Result<(), StartEngineError> {
        if !self.unnamed.is_empty() {
            return Err(StartEngineError::UnnamedFlows { flows: self.unnamed });
        }
        if !self.repeated.is_empty() {
            return Err(StartEngineError::RepeatedNames { names: self.repeated });
        }
        Ok(())
    }
}

pub(super) fn check_names(registry: &Registry) -> Result<(), StartEngineError> {
    check_workflow_names(registry)?;
    check_task_names(registry)
}

fn check_workflow_names(registry: &Registry) -> Result<(), StartEngineError> {
    if registry.clashes().is_empty() {
        return Ok(());
    }
    let describe = |(name, claimant): &(Name, &str)| format!("`{name}` (also `{claimant}`)");
    Err(StartEngineError::DuplicateNames { names: registry.clashes().iter().map(describe).collect() })
}

fn check_task_names(registry: &Registry) -> Result<(), StartEngineError> {
    let clashes = registry.task_clashes();
    if clashes.is_empty() {
        return Ok(());
    }
    let describe = |(name, types): &(&str, Vec<&str>)| format!("`{name}` is that of {}", all_of(types));
    Err(StartEngineError::DuplicateTasks { tasks: clashes.iter().map(describe).collect() })
}

/// Several types, for a message.
fn all_of(types: &[&str]) -> String {
    let mut types: Vec<String> = types.iter().map(|claimant| format!("`{claimant}`")).collect();
    let last = types.pop().unwrap_or_default();
    if types.is_empty() { last } else { format!("{} and {last}", types.join(", ")) }
}

pub(super) fn check_errors(registry: &Registry) -> Result<(), StartEngineError> {
    let lost = registry.lost_errors();
    if lost.is_empty() {
        return Ok(());
    }
    let describe = |lost: &LostError| format!("`{}` returns `{}`", lost.workflow, lost.returns);
    Err(StartEngineError::UnstorableErrors { workflows: lost.iter().map(describe).collect() })
}

pub(super) fn check_needs(registry: &Registry, provided: &Provided) -> Result<(), StartEngineError> {
    let missing: Vec<String> = registry
        .needs()
        .all()
        .iter()
        .filter(|need| !provided.has(need))
        .map(|need| format!("`{}` for task `{}`", need.type_name, need.task))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(StartEngineError::MissingDependencies { missing }) }
}
