//! Durable operations: what a workflow can wait for, each a value that can be stored.
//!
//! An operation lists the leaves it still waits for and takes the outcome of one leaf at a time until it yields its output.
//! It does no I/O and reads no clock: the engine performs the leaves and brings the time.

mod branch;
mod call;
mod child;
mod join;
mod join_all;
mod select;
mod signal;
mod sleep;
mod spawn;

use jiff::Timestamp;

pub use branch::Branch;
pub use call::TaskCall;
pub use child::Child;
pub use join::{Join, TryJoin};
pub use join_all::{JoinAll, TryJoinAll};
pub use select::{
    Select, Selected1, Selected2, Selected3, Selected4, Selected5, Selected6, Selected7, Selected8,
};
pub(crate) use signal::deadline;
pub use signal::{SignalWait, SignalWithin};
pub use sleep::Sleep;
pub use spawn::{AlreadyExists, PendingSpawn, Spawn};

use crate::arguments::Intake;
use crate::ids::{Frame, LeafPath};
use crate::step::{Fault, Step};
use crate::task::PendingTask;

/// A durable operation.
pub trait Operation: Sized {
    /// What awaiting it yields.
    type Output;

    /// Moves on: begins when `step` carries no outcome, else takes it.
    ///
    /// # Errors
    /// A [`Fault`] blocks the run.
    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, Self::Output>, Fault>;

    /// Shows every leaf that is still waited for, in source order.
    fn leaves(&self, leaves: &mut Leaves<'_>);
}

/// Whether an operation has its output.
#[derive(Debug)]
pub enum Polled<O, T> {
    /// It still waits.
    Pending(O),
    /// It is done.
    Ready(T),
}

/// Something that a workflow calls and awaits: a task or another workflow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task or a workflow",
    label = "a workflow can only await tasks, workflows and sayiir's own operations",
    note = "put `#[task]` on the function"
)]
pub trait Callable {
    /// What the call becomes in the state.
    type Operation: Operation;
    /// The arguments, as a tuple.
    type Arguments: 'static;
    /// How the arguments are stored.
    type Intake: Intake<Self::Arguments>;
    /// Makes it, and its own callees, known to the engine.
    fn register(registry: &mut crate::workflow::Registry);
}

/// The type of a call's awaited value.
pub type OutputOf<C> = <<C as Callable>::Operation as Operation>::Output;

/// One thing that a run waits for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Leaf<'a> {
    /// A task to run.
    Task(&'a dyn PendingTask),
    /// A signal to receive.
    Signal {
        /// Its name.
        name: &'a str,
        /// When the wait gives up.
        deadline: Option<Timestamp>,
        /// Whether only what arrives after the wait began counts.
        fresh: bool,
    },
    /// A point in time.
    Timer {
        /// When.
        until: Timestamp,
    },
    /// A run to start.
    Spawn(&'a dyn PendingSpawn),
    /// What the workflow at this place remembered, to be undone because it failed.
    Undo {
        /// How many workflows await it, directly or not.
        depth: u32,
    },
}

/// Walks the leaves of an operation and keeps their paths.
pub struct Leaves<'v> {
    at: LeafPath,
    /// The workflow whose leaves come by, and those it awaits that were met, if they are wanted.
    depth: u32,
    children: Option<&'v mut Vec<Frame>>,
    visit: &'v mut dyn FnMut(&LeafPath, Leaf<'_>),
}

impl<'v> Leaves<'v> {
    /// Starts at the root.
    pub fn new(visit: &'v mut dyn FnMut(&LeafPath, Leaf<'_>)) -> Self {
        Self { at: LeafPath::default(), depth: 0, children: None, visit }
    }

    /// Starts at the root, and keeps the child workflows that are met.
    pub(crate) fn with_children(
        children: &'v mut Vec<Frame>,
        visit: &'v mut dyn FnMut(&LeafPath, Leaf<'_>),
    ) -> Self {
        Self { children: Some(children), ..Self::new(visit) }
    }

    /// Shows one leaf.
    pub fn leaf(&mut self, leaf: Leaf<'_>) {
        (self.visit)(&self.at, leaf);
    }

    /// Goes into one branch of a combinator.
    pub fn within(&mut self, branch: u32, body: impl FnOnce(&mut Self)) {
        self.at.0.push(branch);
        body(self);
        self.at.0.pop();
    }

    /// Goes into a child workflow, one level deeper.
    pub fn nested(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        if let Some(children) = &mut self.children {
            children.push(Frame { path: self.at.clone(), depth: self.depth });
        }
        body(self);
        self.depth -= 1;
    }
}

impl std::fmt::Debug for Leaves<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leaves").field("at", &self.at).finish_non_exhaustive()
    }
}
