//! The workflow that the benches run, written out as the compiler would write it: a loop over a trivial task, and at its end,
//! if that is wanted, a wait for a signal and one more task, which says when it began.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures_util::future::lazy;
use sayiir_core::arguments::Array;
use sayiir_core::codec::{Incompatible, StateReader, StateWriter, Unencodable, saved};
use sayiir_core::durable::Stored;
use sayiir_core::operation::{Callable, Child, Leaves, Operation, Polled, SignalWait, TaskCall};
use sayiir_core::signal::{Plain, SignalDeclaration};
use sayiir_core::step::{Fault, Step};
use sayiir_core::task::{Infallible, Surroundings, Task, TaskOptions};
use sayiir_core::versions::{Fields, Place};
use sayiir_core::workflow::{Progress, Registry, Upgrade, Workflow, WorkflowState};

thread_local! {
    /// When each [`Increment`] of this thread began, if somebody wants to know.
    pub(crate) static BEGINNINGS: RefCell<Option<Vec<u64>>> = const { RefCell::new(None) };
}

/// Adds one.
pub(crate) struct Increment;

impl Callable for Increment {
    type Operation = TaskCall<Self>;
    type Arguments = <Self as Task>::Input;
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

    fn run((number,): (u64,), _: &Surroundings<'_>) -> impl Future<Output = u64> + Send + 'static {
        lazy(move |_| {
            BEGINNINGS.with_borrow_mut(|beginnings| {
                if let Some(beginnings) = beginnings {
                    beginnings.push(nanoseconds());
                }
            });
            number + 1
        })
    }
}

/// Says when it began, by [`nanoseconds`].
pub(crate) struct Stamp;

impl Callable for Stamp {
    type Operation = TaskCall<Self>;
    type Arguments = <Self as Task>::Input;
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.task::<Self>();
    }
}

impl Task for Stamp {
    type Input = ();
    type Output = u64;
    type Kind = Infallible;
    const NAME: &'static str = "stamp";
    const OPTIONS: TaskOptions = TaskOptions::DEFAULT;

    fn run((): (), _: &Surroundings<'_>) -> impl Future<Output = u64> + Send + 'static {
        lazy(|_| nanoseconds())
    }
}

/// Since the program began to count.
pub(crate) fn nanoseconds() -> u64 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGAN.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Counts to a number; then returns it, or waits for `go` and returns when the task behind that began.
pub(crate) struct Count;

/// Where it stands.
pub(crate) enum CountState {
    Begin { end: u64, waits: bool },
    Increment { call: TaskCall<Increment>, end: u64, waits: bool },
    Go { wait: SignalWait<Plain<()>> },
    Stamp { call: TaskCall<Stamp> },
}

impl Callable for Count {
    type Operation = Child<Self>;
    type Arguments = (u64, bool);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.workflow::<Self>();
    }
}

impl Workflow for Count {
    type Input = (u64, bool);
    type Return = u64;
    type Output = u64;
    type Kind = Infallible;
    type State = CountState;
    const NAME: &'static str = "count";
    const SIGNALS: &'static [SignalDeclaration] = &[SignalDeclaration::new::<Plain<()>>("go")];
    const DIAGRAM: &'static str = "";
    const TIMEOUT: Option<Duration> = None;
    const UPGRADE: Option<Upgrade<CountState>> = None;

    fn describe(_fields: &mut Fields, _step: &Step<'_>) {}

    fn begin((end, waits): (u64, bool)) -> CountState {
        CountState::Begin { end, waits }
    }

    fn output(stored: &Stored) -> Result<u64, serde_json::Error> {
        stored.decode()
    }

    fn advance(state: CountState, step: &mut Step<'_>) -> Progress<CountState, u64> {
        moved(state, step).unwrap_or_else(Progress::Fault)
    }

    fn register_callees(registry: &mut Registry) {
        registry.task::<Increment>();
        registry.task::<Stamp>();
    }
}

fn moved(state: CountState, step: &mut Step<'_>) -> Result<Progress<CountState, u64>, Fault> {
    let (number, end, waits) = match state {
        CountState::Begin { end, waits } => (0, end, waits),
        CountState::Increment { call, end, waits } => match call.poll(step)? {
            Polled::Pending(call) => return Ok(Progress::Waits(CountState::Increment { call, end, waits })),
            Polled::Ready(number) => (number, end, waits),
        },
        CountState::Go { wait } => {
            return Ok(match wait.poll(step)? {
                Polled::Pending(wait) => Progress::Waits(CountState::Go { wait }),
                Polled::Ready(()) => {
                    step.renew();
                    Progress::Waits(CountState::Stamp { call: TaskCall::new(()) })
                }
            });
        }
        CountState::Stamp { call } => {
            return Ok(match call.poll(step)? {
                Polled::Pending(call) => Progress::Waits(CountState::Stamp { call }),
                Polled::Ready(began) => Progress::Returned(began),
            });
        }
    };
    step.renew();
    Ok(if number < end {
        Progress::Waits(CountState::Increment { call: TaskCall::new((number,)), end, waits })
    } else if waits {
        Progress::Waits(CountState::Go { wait: SignalWait::new("go") })
    } else {
        Progress::Returned(number)
    })
}

impl WorkflowState for CountState {
    const PLACES: &'static [Place] = &[
        Place { name: "Begin", numbered: None, schema: 1 },
        Place { name: "Increment", numbered: None, schema: 2 },
        Place { name: "Go", numbered: None, schema: 3 },
        Place { name: "Stamp", numbered: None, schema: 4 },
    ];

    fn place(&self) -> &'static Place {
        match self {
            Self::Begin { .. } => &Self::PLACES[0],
            Self::Increment { .. } => &Self::PLACES[1],
            Self::Go { .. } => &Self::PLACES[2],
            Self::Stamp { .. } => &Self::PLACES[3],
        }
    }

    fn describe(_fields: &mut Fields) {}

    fn encode(&self) -> Result<Stored, Unencodable> {
        let mut writer = StateWriter::variant(self.variant_name());
        match self {
            Self::Begin { end, waits } => {
                writer.field(&saved(), "end", end);
                writer.field(&saved(), "waits", waits);
            }
            Self::Increment { call, end, waits } => {
                writer.field(&saved(), "call", call);
                writer.field(&saved(), "end", end);
                writer.field(&saved(), "waits", waits);
            }
            Self::Go { wait } => writer.field(&saved(), "wait", wait),
            Self::Stamp { call } => writer.field(&saved(), "call", call),
        }
        writer.finish()
    }

    fn decode(reader: &StateReader<'_>) -> Result<Self, Incompatible> {
        let end = |reader: &StateReader<'_>| reader.field(&saved(), "end");
        let waits = |reader: &StateReader<'_>| reader.field(&saved(), "waits");
        match reader.variant_name() {
            "Begin" => Ok(Self::Begin { end: end(reader)?, waits: waits(reader)? }),
            "Increment" => Ok(Self::Increment {
                call: reader.field(&saved(), "call")?,
                end: end(reader)?,
                waits: waits(reader)?,
            }),
            "Go" => Ok(Self::Go { wait: reader.field(&saved(), "wait")? }),
            "Stamp" => Ok(Self::Stamp { call: reader.field(&saved(), "call")? }),
            _ => Err(reader.unknown()),
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        match self {
            Self::Begin { .. } => {}
            Self::Increment { call, .. } => call.leaves(leaves),
            Self::Go { wait } => wait.leaves(leaves),
            Self::Stamp { call } => call.leaves(leaves),
        }
    }
}
