//! How many durable steps per second the engine takes in memory, and what step N of one run costs.
//!
//! `cargo bench -p sayiir-core --bench steps` prints one line for each measurement. The workflow is a loop over a trivial task.

use std::time::{Duration, Instant};

use sayiir_core::arguments::Array;
use sayiir_core::codec::{Incompatible, StateReader, StateWriter, Unencodable, saved};
use sayiir_core::durable::Stored;
use sayiir_core::engine::Engine;
use sayiir_core::memory::InMemoryBackend;
use sayiir_core::operation::{Callable, Child, Leaves, Operation, Polled, TaskCall};
use sayiir_core::signal::SignalDeclaration;
use sayiir_core::step::Step;
use sayiir_core::task::{Infallible, Provided, Task, TaskContext, TaskOptions};
use sayiir_core::workflow::{Invocation, Progress, Registry, Workflow, WorkflowState};

struct Increment;

impl Callable for Increment {
    type Operation = TaskCall<Self>;
    type Arguments = (u64,);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.task::<Self>();
    }
}

impl Task for Increment {
    type Input = (u64,);
    type Output = u64;
    type Kind = Infallible;
    const NAME: &'static str = "increment";
    const OPTIONS: TaskOptions = TaskOptions::DEFAULT;

    async fn run((number,): (u64,), _: std::sync::Arc<Provided>, _: TaskContext) -> u64 {
        number + 1
    }
}

struct Count;

enum CountState {
    Begin { end: u64 },
    Increment { call: TaskCall<Increment>, end: u64 },
}

impl Callable for Count {
    type Operation = Child<Self>;
    type Arguments = (u64,);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.workflow::<Self>();
    }
}

impl Workflow for Count {
    type Input = (u64,);
    type Return = u64;
    type Output = u64;
    type Kind = Infallible;
    type State = CountState;
    const NAME: &'static str = "count";
    const SIGNALS: &'static [SignalDeclaration] = &[];
    const DIAGRAM: &'static str = "";
    const TIMEOUT: Option<Duration> = None;

    fn begin((end,): (u64,)) -> CountState {
        CountState::Begin { end }
    }

    fn output(stored: &Stored) -> Result<u64, serde_json::Error> {
        stored.decode()
    }

    fn advance(state: CountState, step: &mut Step<'_>) -> Progress<CountState, u64> {
        let (number, end) = match state {
            CountState::Begin { end } => (0, end),
            CountState::Increment { call, end } => match call.poll(step) {
                Err(fault) => return Progress::Fault(fault),
                Ok(Polled::Pending(call)) => return Progress::Waits(CountState::Increment { call, end }),
                Ok(Polled::Ready(number)) => (number, end),
            },
        };
        step.renew();
        if number >= end {
            return Progress::Returned(number);
        }
        Progress::Waits(CountState::Increment { call: TaskCall::new((number,)), end })
    }

    fn register_callees(registry: &mut Registry) {
        registry.task::<Increment>();
    }
}

impl WorkflowState for CountState {
    fn variant_name(&self) -> &'static str {
        match self {
            Self::Begin { .. } => "Begin",
            Self::Increment { .. } => "Increment",
        }
    }

    fn encode(&self) -> Result<Stored, Unencodable> {
        let mut writer = StateWriter::variant(self.variant_name());
        match self {
            Self::Begin { end } => writer.field(&saved(), "end", end),
            Self::Increment { call, end } => {
                writer.field(&saved(), "call", call);
                writer.field(&saved(), "end", end);
            }
        }
        writer.finish()
    }

    fn decode(reader: &StateReader<'_>) -> Result<Self, Incompatible> {
        let end = reader.field(&saved(), "end")?;
        match reader.variant_name() {
            "Begin" => Ok(Self::Begin { end }),
            "Increment" => Ok(Self::Increment { call: reader.field(&saved(), "call")?, end }),
            _ => Err(reader.unknown()),
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        match self {
            Self::Begin { .. } => {}
            Self::Increment { call, .. } => call.leaves(leaves),
        }
    }
}

async fn runs(engine: &Engine, runs: u64, steps: u64) -> Duration {
    let begun = Instant::now();
    let mut started = Vec::new();
    for number in 0..runs {
        let id = format!("run-{number}");
        let run = engine.start(id, Invocation::<Count>::new((steps,))).await;
        started.push(run.expect("the run starts"));
    }
    for run in started {
        let counted = run.result().await.expect("the run ends");
        assert_eq!(counted, steps);
    }
    begun.elapsed()
}

async fn engine() -> Engine {
    let builder = Engine::builder().backend(InMemoryBackend::new()).workflow::<Count>();
    builder.start().await.expect("the engine starts")
}

fn report(what: &str, steps: u64, time: Duration) {
    let nanos = time.as_nanos() / u128::from(steps.max(1));
    println!("{what:<40} {steps:>9} steps in {time:>10.1?}  {nanos:>6} ns each");
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        runs(&engine().await, 1_000, 10).await;
        let time = runs(&engine().await, 20_000, 10).await;
        report("runs of ten steps, one core", 200_000, time);
        for steps in [10, 1_000, 100_000] {
            let repetitions = 100_000 / steps;
            let time = runs(&engine().await, repetitions, steps).await;
            report(&format!("runs of {steps} steps, one core"), repetitions * steps, time);
        }
    });
}
