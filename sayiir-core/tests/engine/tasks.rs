//! Tasks as `#[task]` would generate them, one for each set of options. What they do, the [`World`] says.

use std::time::Duration;

use sayiir_core::arguments::Array;
use sayiir_core::operation::{Callable, TaskCall};
use sayiir_core::signal::Timeout;
use sayiir_core::task::{
    Backoff, Fallible, Interrupted, Needs, Surroundings, Task, TaskContext, TaskOptions,
};
use sayiir_core::workflow::Registry;

use crate::promises::world::World;

#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkError {
    #[error("{text}")]
    Failed { text: String, again: bool },
    #[error(transparent)]
    Timeout(#[from] Timeout),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

macro_rules! task {
    ($name:ident, $durable:literal, $options:expr, $context:expr) => {
        pub(crate) struct $name;

        impl Callable for $name {
            type Operation = TaskCall<Self>;
            type Arguments = (String,);
            type Intake = Array;

            fn register(registry: &mut Registry) {
                registry.task::<Self>();
            }
        }

        impl Task for $name {
            type Input = (String,);
            type Output = Result<String, WorkError>;
            type Kind = Fallible;
            const NAME: &'static str = $durable;
            const OPTIONS: TaskOptions = $options;

            fn worth_retrying(output: &Self::Output) -> bool {
                !matches!(output, Err(WorkError::Failed { again: false, .. }))
            }

            fn timed_out(timeout: Timeout) -> Option<Self::Output> {
                Self::OPTIONS.timeout.map(|_| Err(timeout.into()))
            }

            fn interrupted(interrupted: Interrupted) -> Option<Self::Output> {
                Self::OPTIONS.at_most_once.then_some(Err(interrupted.into()))
            }

            fn needs(needs: &mut Needs) {
                needs.add::<World>(Self::NAME);
            }

            fn run(
                (label,): Self::Input,
                around: &Surroundings<'_>,
            ) -> impl Future<Output = Self::Output> + Send + 'static {
                let (world, context) = (around.provided.expect::<World>(), $context(around));
                async move {
                    let done = world.act(Self::NAME, label, context).await;
                    done.map_err(|(text, again)| WorkError::Failed { text, again })
                }
            }
        }
    };
}

const fn options() -> TaskOptions {
    TaskOptions::DEFAULT
}

const fn sturdy() -> TaskOptions {
    let mut options = TaskOptions::DEFAULT;
    options.retries = 3;
    options.backoff = Backoff { first: Duration::from_secs(10), most: Duration::from_secs(30) };
    options
}

const fn timed() -> TaskOptions {
    let mut options = TaskOptions::DEFAULT;
    options.timeout = Some(Duration::from_secs(10));
    options
}

const fn once() -> TaskOptions {
    let mut options = TaskOptions::DEFAULT;
    options.at_most_once = true;
    options
}

const fn scarce() -> TaskOptions {
    let mut options = TaskOptions::DEFAULT;
    options.max_concurrent = Some(2);
    options
}

task!(Work, "work", options(), Surroundings::context);
task!(Release, "release", sturdy(), unasked);
task!(Sturdy, "sturdy", sturdy(), unasked);
task!(Timed, "timed", timed(), Surroundings::context);
task!(Once, "once", once(), unasked);
task!(Scarce, "scarce", scarce(), unasked);

/// What the attempt writes down of itself, for a task that asks the engine for nothing: as a function without a `&TaskContext`
/// would.
fn unasked(around: &Surroundings<'_>) -> TaskContext {
    TaskContext::new(around.run.clone(), around.key.clone(), around.attempt)
}
