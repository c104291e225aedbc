//! The scripted workflow with a limit for the whole run.

use std::time::Duration;

use sayiir_core::arguments::Array;
use sayiir_core::durable::Stored;
use sayiir_core::operation::{Callable, Child};
use sayiir_core::signal::SignalDeclaration;
use sayiir_core::step::Step;
use sayiir_core::task::Fallible;
use sayiir_core::versions::Fields;
use sayiir_core::workflow::{ErrorForm, Invocation, Progress, Registry, Upgrade, Workflow};

use super::{Op, Scripted, ScriptedState};

/// The same with a limit for the whole run.
pub(crate) struct Limited;

impl Limited {
    pub(crate) fn call(ops: impl IntoIterator<Item = Op>) -> Invocation<Self> {
        Invocation::new((ops.into_iter().collect(),))
    }
}

impl Callable for Limited {
    type Operation = Child<Self>;
    type Arguments = (Vec<Op>,);
    type Intake = Array;

    fn register(registry: &mut Registry) {
        registry.workflow::<Self>();
    }
}

impl Workflow for Limited {
    type Input = (Vec<Op>,);
    type Return = Result<Vec<String>, String>;
    type Output = Vec<String>;
    type Kind = Fallible;
    type State = ScriptedState;
    const NAME: &'static str = "limited";
    const SIGNALS: &'static [SignalDeclaration] = Scripted::SIGNALS;
    const DIAGRAM: &'static str = "";
    const TIMEOUT: Option<Duration> = Some(Duration::from_hours(1));

    const UPGRADE: Option<Upgrade<ScriptedState>> = None;

    fn describe(_fields: &mut Fields, _step: &Step<'_>) {}

    fn errors() -> ErrorForm<Self::Return> {
        Scripted::errors()
    }

    fn begin(input: Self::Input) -> ScriptedState {
        Scripted::begin(input)
    }

    fn output(stored: &Stored) -> Result<Vec<String>, serde_json::Error> {
        stored.decode()
    }

    fn advance(state: ScriptedState, step: &mut Step<'_>) -> Progress<ScriptedState, Self::Return> {
        Scripted::advance(state, step)
    }

    fn register_callees(registry: &mut Registry) {
        Scripted::register_callees(registry);
    }
}
