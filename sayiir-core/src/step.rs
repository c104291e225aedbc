//! One move of the machine: what comes in with it (time, an outcome for one leaf), and what the operations tell about it.

use std::any::Any;
use std::borrow::Cow;
use std::cell::RefCell;

use jiff::Timestamp;

use crate::codec::{Incompatible, Unencodable};
use crate::durable::Stored;
use crate::ids::{Frame, LeafPath, RunId};
use crate::operation::{AlreadyExists, TaskCall};
use crate::record::Compensation;
use crate::signal::Message;
use crate::task::Task;

/// How deep child workflows may nest. Deeper than that the run is blocked (`TooDeep`).
pub const MAX_DEPTH: u32 = 128;

/// What ended the waiting of one leaf.
#[derive(Debug)]
pub enum Outcome {
    /// A task's return value, as the attempt gave it: `Box<T::Output>`.
    Returned(Box<dyn Any + Send>),
    /// The `Ok` side (or plain value) of a task, read back from the store.
    Recalled(Stored),
    /// The oldest message of the leaf's signal.
    Signal(Message),
    /// The leaf's deadline has come.
    Elapsed,
    /// The run was started, or its id was taken.
    Spawned(Result<RunId, AlreadyExists>),
    /// What a child workflow that failed had to undo is undone.
    Undone,
}

/// Why the machine could not move: the run is blocked, nothing of it is lost.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The stored state is not one that this binary knows.
    #[error(transparent)]
    Incompatible(#[from] Incompatible),
    /// A saved variable does not encode.
    #[error(transparent)]
    Unencodable(#[from] Unencodable),
    /// Child workflows nest deeper than [`MAX_DEPTH`].
    #[error("child workflows nest deeper than {MAX_DEPTH}")]
    TooDeep,
    /// The engine handed an operation something it does not wait for. A defect of sayiir.
    #[error("an outcome reached a place that does not wait for it: {0}")]
    Misrouted(String),
}

/// One move: handed down through the operations to the leaf it concerns, and on to what follows.
#[derive(Debug)]
pub struct Step<'a> {
    run: &'a RunId,
    now: Timestamp,
    /// The leaf that the outcome is for.
    path: LeafPath,
    outcome: Option<Outcome>,
    /// The branch that is being moved, outermost first.
    at: Vec<u32>,
    /// The child workflows that are being moved, outermost first: how much of `at` leads to each.
    children: Vec<usize>,
    renewed: Option<Vec<u32>>,
    rejected: Option<String>,
    /// All that the run's workflows remembered, in the order of its commits; owned as soon as this move changes it.
    compensations: RefCell<Cow<'a, [Compensation]>>,
    /// What made compensations necessary in this move.
    causes: Vec<String>,
}

impl<'a> Step<'a> {
    /// The first move of a run.
    #[must_use]
    pub fn begin(run: &'a RunId, now: Timestamp) -> Self {
        Self {
            run,
            now,
            path: LeafPath::default(),
            outcome: None,
            at: Vec::new(),
            children: Vec::new(),
            renewed: None,
            rejected: None,
            compensations: RefCell::default(),
            causes: Vec::new(),
        }
    }

    /// A move that hands `outcome` to the leaf at `path`.
    #[must_use]
    pub fn deliver(run: &'a RunId, now: Timestamp, path: LeafPath, outcome: Outcome) -> Self {
        Self { path, outcome: Some(outcome), ..Self::begin(run, now) }
    }

    /// Says what the run's workflows have remembered so far.
    pub fn remember(&mut self, compensations: impl Into<Cow<'a, [Compensation]>>) {
        self.compensations = RefCell::new(compensations.into());
    }

    /// The run that moves.
    #[must_use]
    pub fn run(&self) -> &RunId {
        self.run
    }

    /// The time of this move; limits count from here.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The outcome, if this move still carries one; a leaf calls it once.
    pub fn take_outcome(&mut self) -> Option<Outcome> {
        self.outcome.take()
    }

    /// The branch of the current combinator that the outcome is for, if one is on its way.
    #[must_use]
    pub fn branch(&self) -> Option<u32> {
        self.outcome.as_ref().and_then(|_| self.path.0.get(self.at.len()).copied())
    }

    /// Moves one branch of a combinator.
    pub fn within<R>(&mut self, branch: u32, body: impl FnOnce(&mut Self) -> R) -> R {
        self.at.push(branch);
        let result = body(self);
        self.at.pop();
        result
    }

    /// Moves a child workflow, one level deeper.
    ///
    /// # Errors
    /// [`Fault::TooDeep`] beyond [`MAX_DEPTH`].
    pub fn nested<R>(&mut self, body: impl FnOnce(&mut Self) -> Result<R, Fault>) -> Result<R, Fault> {
        if self.depth() >= MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        self.children.push(self.at.len());
        let result = body(self);
        self.children.pop();
        result
    }

    /// How many workflows await the one that is being moved, directly or not.
    #[must_use]
    pub fn depth(&self) -> u32 {
        u32::try_from(self.children.len()).unwrap_or(u32::MAX)
    }

    /// Says that the workflow at the current place left its suspension point: every leaf under it is a new one.
    pub fn renew(&mut self) {
        if self.renewed.as_ref().is_none_or(|renewed| renewed.len() > self.at.len()) {
            self.renewed = Some(self.at.clone());
        }
    }

    /// Says that the message does not decode as what the leaf waits for; the wait goes on.
    pub fn reject(&mut self, why: String) {
        self.rejected = Some(why);
    }

    /// Remembers a task that undoes what was done, should the workflow fail or be cancelled.
    ///
    /// # Errors
    /// If the task's arguments do not encode.
    pub fn compensate<T: Task>(&self, call: &TaskCall<T>) -> Result<(), Fault> {
        let input = Stored::encode(call).map_err(|error| Unencodable {
            variant: format!("the compensation `{}`", T::NAME),
            field: "its arguments".into(),
            cause: error.to_string(),
        })?;
        let owner = Some(self.frame());
        let compensation = Compensation { task: T::NAME.into(), input, owner, scheduled: None };
        self.compensations.borrow_mut().to_mut().push(compensation);
        Ok(())
    }

    /// Whether the workflow that is being moved has remembered anything.
    #[must_use]
    pub fn has_compensations(&self) -> bool {
        let frame = self.frame();
        self.compensations.borrow().iter().any(|known| known.owner.as_ref() == Some(&frame))
    }

    /// The workflow that is being moved has succeeded: what it remembered belongs to the one that awaits it.
    pub fn hand_over_compensations(&mut self) {
        let frame = self.frame();
        let awaits = self.awaits();
        reown(self.compensations.get_mut(), |owner| *owner == frame, awaits.as_ref());
    }

    /// The workflow that is being moved has failed: what it remembered is undone before anything else happens at its place.
    pub fn undo(&mut self, workflow: &str, error: &str) {
        self.causes.push(format!("child workflow `{workflow}` failed: {error}"));
    }

    /// The branches of the current combinator that are not done are cancelled: what the workflows in them remembered is undone,
    /// while the run goes on.
    pub fn cancel_branches(&mut self) {
        let here = &self.at;
        let is_cancelled = |owner: &Frame| owner.path.0.len() > here.len() && owner.path.is_under(here);
        if reown(self.compensations.get_mut(), is_cancelled, None) {
            self.causes.push("a child workflow was cancelled".into());
        }
    }

    /// An upgrade has left the child workflows that are not among these: what they remembered is undone, while the run goes on.
    pub(crate) fn leave_others(&mut self, children: &[Frame]) {
        let is_left = |owner: &Frame| owner.depth > 0 && !children.contains(owner);
        if reown(self.compensations.get_mut(), is_left, None) {
            self.causes.push("an upgrade left a child workflow".into());
        }
    }

    /// All that the run's workflows have remembered by now, in the order of its commits; owned if this move changed it.
    pub fn take_compensations(&mut self) -> Cow<'a, [Compensation]> {
        std::mem::take(self.compensations.get_mut())
    }

    /// What made compensations necessary in this move.
    pub fn take_causes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.causes)
    }

    /// The workflow that is being moved.
    fn frame(&self) -> Frame {
        let length = self.children.last().copied().unwrap_or(0);
        Frame { path: LeafPath(self.at[..length].to_vec()), depth: self.depth() }
    }

    /// The workflow that awaits the one that is being moved.
    fn awaits(&self) -> Option<Frame> {
        let (_, outer) = self.children.split_last()?;
        let length = outer.last().copied().unwrap_or(0);
        let depth = u32::try_from(outer.len()).unwrap_or(u32::MAX);
        Some(Frame { path: LeafPath(self.at[..length].to_vec()), depth })
    }

    /// The place under which every leaf is new, if any.
    pub fn take_renewed(&mut self) -> Option<Vec<u32>> {
        self.renewed.take()
    }

    /// Why the message that this move brought was refused, if it was.
    pub fn take_rejected(&mut self) -> Option<String> {
        self.rejected.take()
    }

    /// The leaf that the outcome was for.
    pub fn take_path(&mut self) -> LeafPath {
        std::mem::take(&mut self.path)
    }
}

/// Makes what some workflows remembered another one's, or nobody's; `false` if they remembered nothing.
fn reown(
    compensations: &mut Cow<'_, [Compensation]>,
    is_old: impl Fn(&Frame) -> bool,
    new: Option<&Frame>,
) -> bool {
    let is_old = |known: &Compensation| known.owner.as_ref().is_some_and(&is_old);
    if !compensations.iter().any(is_old) {
        return false;
    }
    compensations
        .to_mut()
        .iter_mut()
        .filter(|known| is_old(known))
        .for_each(|known| known.owner = new.cloned());
    true
}
