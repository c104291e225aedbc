//! `.route(..)`: one of several branches, chosen by a key.

use std::sync::Arc;

use super::WorkflowBuilder;
use super::sequence::{Described, Fields, Moved, Resumed, Sequence, Stage};
use super::value::{Value, peeked};
use crate::step::Step;

/// The branches of a route: [`when`](Self::when) for each key, [`otherwise`](Self::otherwise) for the rest, which closes it.
///
/// All branches begin with the output `O` of the step before the route, and yield the same type `B`.
///
/// ```
/// use sayiir::prelude::*;
///
/// let flow = WorkflowBuilder::new(WorkflowContext::new())
///     .then("assess", |amount: u32| async move { Ok(amount) })
///     .route(|amount: &u32| *amount > 1000)
///     .when(true, |flow| flow.wait_for_signal::<String>("director", "director_approval", None))
///     .otherwise(|flow| flow.then("wave_through", |_| async { Ok("nobody".to_owned()) }))
///     .then("report", |by| async move { Ok(format!("approved by {by}")) })
///     .build();
/// ```
#[must_use = "a route is closed by `.otherwise(..)`"]
pub struct Route<I, O, K, B> {
    builder: WorkflowBuilder<I, O>,
    key: Box<dyn Fn(&O) -> K + Send + Sync>,
    branches: Vec<Branch<K>>,
    output: std::marker::PhantomData<fn() -> B>,
}

/// What a route decides by: every value that can be compared with the keys of its branches.
#[diagnostic::on_unimplemented(
    message = "this route decides by a `{Self}`, which cannot be compared with `{Q}`",
    label = "the key of a branch is compared with what `.route(..)` yields"
)]
pub trait RouteKey<Q> {
    /// Whether it is the key of a branch.
    fn is(&self, key: &Q) -> bool;
}

#[diagnostic::do_not_recommend]
impl<K: PartialEq<Q>, Q> RouteKey<Q> for K {
    fn is(&self, key: &Q) -> bool {
        self == key
    }
}

/// Whether a key leads into a branch.
type Test<K> = Box<dyn Fn(&K) -> bool + Send + Sync>;

struct Branch<K> {
    test: Test<K>,
    steps: Arc<Sequence>,
}

impl<I, O, K, B> Route<I, O, K, B> {
    pub(super) fn new(builder: WorkflowBuilder<I, O>, key: impl Fn(&O) -> K + Send + Sync + 'static) -> Self {
        let output = std::marker::PhantomData;
        Self { builder, key: Box::new(key), branches: Vec::new(), output }
    }

    /// Goes this way if the key equals `key`, and no branch before it was taken.
    pub fn when<Q>(
        mut self,
        key: Q,
        branch: impl FnOnce(WorkflowBuilder<O, O>) -> WorkflowBuilder<O, B>,
    ) -> Self
    where
        K: RouteKey<Q>,
        Q: Send + Sync + 'static,
    {
        let steps = self.builder.branch(branch);
        self.branches.push(Branch { test: Box::new(move |found: &K| found.is(&key)), steps });
        self
    }

    /// Goes this way for every other key, and goes on with what the branch that was taken yields.
    pub fn otherwise(
        self,
        branch: impl FnOnce(WorkflowBuilder<O, O>) -> WorkflowBuilder<O, B>,
    ) -> WorkflowBuilder<I, B>
    where
        O: 'static,
        K: 'static,
    {
        let otherwise = self.builder.branch(branch);
        let Self { builder, key, branches, .. } = self;
        builder.stage(Routing { key, branches, otherwise })
    }
}

/// The stage.
struct Routing<O, K> {
    key: Box<dyn Fn(&O) -> K + Send + Sync>,
    branches: Vec<Branch<K>>,
    otherwise: Arc<Sequence>,
}

impl<O: 'static, K> Routing<O, K> {
    fn all(&self) -> impl Iterator<Item = &Arc<Sequence>> {
        self.branches.iter().map(|branch| &branch.steps).chain([&self.otherwise])
    }
}

impl<O: 'static, K> Stage for Routing<O, K> {
    fn begin(self: Arc<Self>, input: Value, step: &mut Step<'_>) -> Moved {
        let key = (self.key)(peeked(&input));
        let taken = self.branches.iter().find(|branch| (branch.test)(&key));
        let steps = taken.map_or(&self.otherwise, |branch| &branch.steps);
        Arc::clone(steps).begin(input, step)
    }

    fn resume(self: Arc<Self>, step: &str, fields: &Fields) -> Resumed {
        self.all().find_map(|steps| steps.resume(step, fields))
    }

    fn describe(&self, described: &mut Described) {
        self.all().for_each(|steps| steps.describe(described));
    }
}

impl<I, O, K, B> std::fmt::Debug for Route<I, O, K, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route")
            .field("builder", &self.builder)
            .field("branches", &self.branches.len())
            .finish_non_exhaustive()
    }
}
