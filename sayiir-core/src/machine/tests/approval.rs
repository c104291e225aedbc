//! A small approval, as `#[workflow]` would compile it: waits for a decision for an hour, then notifies.

use std::borrow::Cow;
use std::future::ready;
use std::time::Duration;

use crate::arguments::Array;
use crate::codec::{Incompatible, StateReader, StateWriter, Unencodable, saved};
use crate::durable::Stored;
use crate::operation::{Callable, Child, Leaves, Operation, Polled, SignalWait, SignalWithin, TaskCall};
use crate::signal::{Plain, SignalDeclaration};
use crate::step::{Fault, Step};
use crate::task::{Backoff, Fallible, Infallible, Surroundings, Task, TaskOptions};
use crate::versions::{Fields, Place};
use crate::workflow::{Progress, Registry, Upgrade, Workflow, WorkflowState};

const LIMIT: Duration = Duration::from_hours(1);

pub(super) struct Notify;

impl Callable for Notify {
    type Operation = TaskCall<Self>;
    type Arguments = (String,);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.task::<Self>();
    }
}

impl Task for Notify {
    type Input = (String,);
    type Output = Result<String, String>;
    type Kind = Fallible;
    const NAME: &'static str = "notify";
    const OPTIONS: TaskOptions = TaskOptions {
        retries: 1,
        backoff: Backoff { first: Duration::from_secs(8), most: Duration::from_secs(8) },
        ..TaskOptions::DEFAULT
    };

    fn run(
        _: (String,),
        _: &Surroundings<'_>,
    ) -> impl Future<Output = Result<String, String>> + Send + 'static {
        ready(Ok("sent".into()))
    }
}

struct Approval;

enum ApprovalState {
    Begin { amount: u64 },
    Decision { wait: SignalWithin<Plain<String>> },
    Notify { decision: Cow<'static, str>, call: TaskCall<Notify> },
}

impl Callable for Approval {
    type Operation = Child<Self>;
    type Arguments = (u64,);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.workflow::<Self>();
    }
}

impl Workflow for Approval {
    type Input = (u64,);
    type Return = String;
    type Output = String;
    type Kind = Infallible;
    type State = ApprovalState;
    const NAME: &'static str = "approval";
    const SIGNALS: &'static [SignalDeclaration] = &[SignalDeclaration::new::<Plain<String>>("decision")];
    const DIAGRAM: &'static str = "";
    const TIMEOUT: Option<Duration> = None;
    const UPGRADE: Option<Upgrade<ApprovalState>> = None;

    fn begin((amount,): (u64,)) -> ApprovalState {
        ApprovalState::Begin { amount }
    }

    fn output(stored: &Stored) -> Result<String, serde_json::Error> {
        stored.decode()
    }

    fn describe(_fields: &mut Fields, _step: &Step<'_>) {}

    fn advance(state: ApprovalState, step: &mut Step<'_>) -> Progress<ApprovalState, String> {
        match advance(state, step) {
            Ok(progress) => progress,
            Err(fault) => Progress::Fault(fault),
        }
    }

    fn register_callees(registry: &mut Registry) {
        registry.task::<Notify>();
    }
}

fn advance(state: ApprovalState, step: &mut Step<'_>) -> Result<Progress<ApprovalState, String>, Fault> {
    let decision = match state {
        ApprovalState::Begin { amount: 0 } => {
            return Ok(Progress::Returned("nothing to approve".into()));
        }
        ApprovalState::Begin { .. } => {
            let wait = SignalWait::new("decision").within(LIMIT);
            return Ok(match wait.poll(step)? {
                Polled::Pending(wait) => Progress::Waits(ApprovalState::Decision { wait }),
                Polled::Ready(_) => Progress::Fault(Fault::Misrouted("decision".into())),
            });
        }
        ApprovalState::Decision { wait } => match wait.poll(step)? {
            Polled::Pending(wait) => return Ok(Progress::Waits(ApprovalState::Decision { wait })),
            Polled::Ready(Ok(text)) => Cow::Owned(text),
            Polled::Ready(Err(_timeout)) => Cow::Borrowed("too late"),
        },
        ApprovalState::Notify { decision, call } => {
            return Ok(match call.poll(step)? {
                Polled::Pending(call) => Progress::Waits(ApprovalState::Notify { decision, call }),
                Polled::Ready(Ok(text) | Err(text)) => Progress::Returned(format!("{decision}, {text}")),
            });
        }
    };
    step.renew();
    assert!(decision != "panic", "the body panics");
    let call = TaskCall::new((decision.clone().into_owned(),));
    Ok(Progress::Waits(ApprovalState::Notify { decision, call }))
}

impl WorkflowState for ApprovalState {
    const PLACES: &'static [Place] = &[
        Place { name: "Begin", numbered: None, schema: 1 },
        Place { name: "Decision", numbered: None, schema: 2 },
        Place { name: "Notify", numbered: None, schema: 3 },
    ];

    fn place(&self) -> &'static Place {
        match self {
            Self::Begin { .. } => &Self::PLACES[0],
            Self::Decision { .. } => &Self::PLACES[1],
            Self::Notify { .. } => &Self::PLACES[2],
        }
    }

    fn describe(_fields: &mut Fields) {}

    fn encode(&self) -> Result<Stored, Unencodable> {
        let mut writer = StateWriter::variant(self.variant_name());
        match self {
            Self::Begin { amount } => writer.field(&saved(), "amount", amount),
            Self::Decision { wait } => writer.field(&saved(), "wait", wait),
            Self::Notify { decision, call } => {
                writer.field(&saved(), "decision", decision);
                writer.field(&saved(), "call", call);
            }
        }
        writer.finish()
    }

    fn decode(reader: &StateReader<'_>) -> Result<Self, Incompatible> {
        match reader.variant_name() {
            "Begin" => Ok(Self::Begin { amount: reader.field(&saved(), "amount")? }),
            "Decision" => Ok(Self::Decision { wait: reader.field(&saved(), "wait")? }),
            "Notify" => Ok(Self::Notify {
                decision: reader.field(&saved(), "decision")?,
                call: reader.field(&saved(), "call")?,
            }),
            _ => Err(reader.unknown()),
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        match self {
            Self::Begin { .. } => {}
            Self::Decision { wait } => wait.leaves(leaves),
            Self::Notify { call, .. } => call.leaves(leaves),
        }
    }
}

pub(super) fn registry() -> Registry {
    let mut registry = Registry::default();
    registry.workflow::<Approval>();
    registry
}
