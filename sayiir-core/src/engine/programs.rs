//! The workflows that an engine knows, with the signals of their whole trees.

mod root;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::caught::caught;
use crate::codec::Incompatible;
use crate::durable::Stored;
use crate::ids::Name;
use crate::machine::empty_queue;
use crate::record::Queue;
use crate::signal::SignalDeclaration;
use crate::task::PendingTask;
use crate::workflow::{Program, Registry};
use root::Root;

/// What was registered, in the form that runs need.
pub(crate) struct Programs {
    registry: Registry,
    known: BTreeMap<Name, Known>,
}

/// A workflow, and what all its runs have in common.
pub(crate) struct Known {
    /// It takes up no state that waits for another signal than these.
    pub(crate) program: Arc<dyn Program>,
    /// The signals of the workflow and of all that it calls.
    pub(crate) signals: Vec<SignalDeclaration>,
    /// The inbox with which a run begins: an empty queue for each of them.
    pub(crate) inbox: Arc<[Queue]>,
}

/// One signal name with two payload types in one tree of workflows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignalConflict {
    pub(crate) workflow: String,
    pub(crate) signal: &'static str,
    pub(crate) types: [&'static str; 2],
}

impl std::fmt::Display for SignalConflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { workflow, signal, types } = self;
        write!(f, "`{signal}` of `{workflow}` is `{}` and `{}`", types[0], types[1])
    }
}

impl Programs {
    /// Collects the signals of each workflow and of those it calls, and reports names that mean two things.
    pub(crate) fn new(registry: Registry) -> Result<Self, Vec<SignalConflict>> {
        let mut known = BTreeMap::new();
        let mut conflicts = Vec::new();
        for (workflow, program) in registry.programs() {
            let mut declared: Vec<SignalDeclaration> = Vec::new();
            for signal in registry.signals_of(workflow) {
                match declared.iter().find(|other| other.name == signal.name) {
                    None => declared.push(signal),
                    Some(other) if (other.payload)() == (signal.payload)() => {}
                    Some(other) => conflicts.push(SignalConflict {
                        workflow: workflow.to_string(),
                        signal: signal.name,
                        types: [(other.payload)(), (signal.payload)()],
                    }),
                }
            }
            let inbox = declared.iter().map(|signal| empty_queue(signal.name)).collect();
            let program = Arc::new(Root { program: Arc::clone(program), signals: declared.clone() });
            known.insert(workflow.clone(), Known { program, signals: declared, inbox });
        }
        if conflicts.is_empty() { Ok(Self { registry, known }) } else { Err(conflicts) }
    }

    /// The workflow of that name.
    pub(crate) fn workflow(&self, name: &str) -> Option<&Known> {
        self.known.get(name)
    }

    /// The program of the workflow of that name.
    pub(crate) fn program(&self, workflow: &str) -> Option<&Arc<dyn Program>> {
        self.workflow(workflow).map(|known| &known.program)
    }

    /// A task with stored arguments, for a compensation; else why this binary cannot run it.
    pub(crate) fn stored_task(
        &self,
        name: &str,
        input: &Stored,
    ) -> Result<Box<dyn PendingTask>, Incompatible> {
        let unread = |why: String| format!("the arguments of compensation `{name}`: {why}");
        let detail = match caught(|| self.registry.stored_task(name, input)) {
            Ok(Some(Ok(task))) => return Ok(task),
            Ok(Some(Err(error))) => unread(error.to_string()),
            Ok(None) => format!("there is no task `{name}` any more, for a compensation"),
            Err(panic) => unread(format!("their `Deserialize` panicked: {panic}")),
        };
        Err(Incompatible { detail })
    }
}
