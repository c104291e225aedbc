//! What an engine knows: workflows, the workflows and tasks that they reach, and what those need.

use std::any::{TypeId, type_name};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::program::program_of;
use super::{ErrorForm, Program, Workflow};
use crate::durable::Stored;
use crate::ids::Name;
use crate::operation::TaskCall;
use crate::signal::SignalDeclaration;
use crate::task::{Needs, PendingTask, Task};

/// Reads a task's stored arguments.
type TaskDecoder = fn(&Stored) -> Result<Box<dyn PendingTask>, serde_json::Error>;

/// A type that claims the name of a task.
struct KnownTask {
    task: TypeId,
    type_name: &'static str,
    decode: TaskDecoder,
}

/// Everything that the registered workflows reach.
#[derive(Default)]
pub struct Registry {
    programs: BTreeMap<Name, Arc<dyn Program>>,
    /// By name all that claim it: one, in an engine that starts.
    tasks: BTreeMap<&'static str, Vec<KnownTask>>,
    /// Workflows by type that are being or have been walked, so that recursion ends.
    seen: BTreeSet<TypeId>,
    /// The workflows that are being walked, outermost first.
    walking: Vec<&'static str>,
    /// Which workflow calls which.
    calls: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Names that two workflows claim, with what the later one is.
    clashes: Vec<(Name, &'static str)>,
    /// The workflows whose own bodies remember compensations.
    compensating: BTreeSet<&'static str>,
    /// The workflows whose errors cannot be stored, with what they return.
    lossy: BTreeMap<&'static str, &'static str>,
    needs: Needs,
}

/// A workflow that is awaited by another, may have something to undo when it fails, and has an error that cannot be stored
/// meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostError {
    /// The workflow.
    pub workflow: &'static str,
    /// What it returns.
    pub returns: &'static str,
}

impl Registry {
    /// Adds a workflow and, through it, its tasks and children.
    pub fn workflow<W: Workflow>(&mut self) {
        if let Some(caller) = self.walking.last() {
            self.calls.entry(caller).or_default().insert(W::NAME);
        }
        if !self.seen.insert(TypeId::of::<W>()) {
            return;
        }
        let program = program_of::<W>();
        self.program_named(W::NAME.into(), program, type_name::<W>());
        if matches!(W::errors(), ErrorForm::Lost) {
            self.lossy.insert(W::NAME, type_name::<W::Return>());
        }
        self.walking.push(W::NAME);
        W::register_callees(self);
        self.walking.pop();
    }

    /// Adds a workflow that is complete in itself; `kind` says what it is, should its name be taken.
    pub(crate) fn program_named(&mut self, name: Name, program: Arc<dyn Program>, kind: &'static str) {
        if self.programs.insert(name.clone(), program).is_some() {
            self.clashes.push((name, kind));
        }
    }

    /// Adds a task. The same one may be added again.
    pub fn task<T: Task>(&mut self) {
        let claimants = self.tasks.entry(T::NAME).or_default();
        if claimants.iter().any(|known| known.task == TypeId::of::<T>()) {
            return;
        }
        claimants.push(KnownTask {
            task: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            decode: |input| {
                let call: TaskCall<T> = input.decode()?;
                Ok(Box::new(call))
            },
        });
        T::needs(&mut self.needs);
    }

    /// The workflow of that name.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<&Arc<dyn Program>> {
        self.programs.get(name)
    }

    /// Adds a workflow that another one starts as a run of its own.
    pub fn spawned<W: Workflow>(&mut self) {
        let walking = std::mem::take(&mut self.walking);
        self.workflow::<W>();
        self.walking = walking;
    }

    /// Says that the body that is being walked remembers compensations.
    pub fn compensates(&mut self) {
        self.compensating.extend(self.walking.last());
    }

    /// The workflows that would have to store an error of a type that cannot be.
    #[must_use]
    pub fn lost_errors(&self) -> Vec<LostError> {
        let awaited: BTreeSet<&str> = self.calls.values().flatten().copied().collect();
        let lossy = self.lossy.iter().filter(|(workflow, _)| awaited.contains(*workflow));
        lossy
            .filter(|(workflow, _)| {
                self.tree_of(workflow).iter().any(|name| self.compensating.contains(name))
            })
            .map(|(workflow, returns)| LostError { workflow, returns })
            .collect()
    }

    /// A task with stored arguments; `None` if no task of that name is known.
    pub(crate) fn stored_task(
        &self,
        name: &str,
        input: &Stored,
    ) -> Option<Result<Box<dyn PendingTask>, serde_json::Error>> {
        let known = self.tasks.get(name)?.first()?;
        Some((known.decode)(input))
    }

    /// The names of all workflows, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.programs.keys().map(AsRef::as_ref)
    }

    /// All workflows by name, sorted.
    pub(crate) fn programs(&self) -> impl Iterator<Item = (&Name, &Arc<dyn Program>)> {
        self.programs.iter()
    }

    /// Names that more than one workflow claims, each with the later type that does.
    #[must_use]
    pub fn clashes(&self) -> &[(Name, &'static str)] {
        &self.clashes
    }

    /// Names that more than one task claims, each with all types that do, in the order in which they were added.
    #[must_use]
    pub fn task_clashes(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        let clashing = self.tasks.iter().filter(|(_, claimants)| claimants.len() > 1);
        clashing
            .map(|(name, claimants)| (*name, claimants.iter().map(|known| known.type_name).collect()))
            .collect()
    }

    /// The signals of a workflow and of all workflows that it calls, directly or not. The same name may come up twice.
    #[must_use]
    pub fn signals_of(&self, workflow: &str) -> Vec<SignalDeclaration> {
        let programs = self.tree_of(workflow).into_iter().filter_map(|name| self.programs.get(name));
        programs.flat_map(|program| program.signals()).copied().collect()
    }

    /// A workflow and all that it calls, directly or not.
    fn tree_of<'a>(&'a self, workflow: &'a str) -> Vec<&'a str> {
        let mut tree = vec![workflow];
        let mut next = 0;
        while let Some(name) = tree.get(next) {
            let callees = self.calls.get(name).into_iter().flatten();
            let new: Vec<_> = callees.copied().filter(|callee| !tree.contains(callee)).collect();
            tree.extend(new);
            next += 1;
        }
        tree
    }

    /// What the tasks want injected.
    #[must_use]
    pub fn needs(&self) -> &Needs {
        &self.needs
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("workflows", &self.programs.keys())
            .field("tasks", &self.tasks.keys())
            .finish_non_exhaustive()
    }
}
