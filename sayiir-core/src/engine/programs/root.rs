//! A workflow that runs are started of, with the signals that can be sent to them.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use crate::codec::Incompatible;
use crate::durable::Stored;
use crate::ids::Name;
use crate::signal::SignalDeclaration;
use crate::versions::{Field, Place, UpgradeError};
use crate::workflow::{LiveState, Program, can_be_sent};

/// A program that takes up only states which wait for signals of its tree. The stored wait of an earlier version may be for one
/// that has another name now: nobody could send it, so it is for the upgrade, or the run is named.
pub(super) struct Root {
    pub(super) program: Arc<dyn Program>,
    /// Those of the workflow and of all that it calls.
    pub(super) signals: Vec<SignalDeclaration>,
}

impl Root {
    fn checked(&self, live: Box<dyn LiveState>) -> Result<Box<dyn LiveState>, Incompatible> {
        can_be_sent(&*live, &self.signals).map(|()| live)
    }
}

impl Program for Root {
    fn name(&self) -> Name {
        self.program.name()
    }

    fn signals(&self) -> &[SignalDeclaration] {
        self.program.signals()
    }

    fn timeout(&self) -> Option<Duration> {
        self.program.timeout()
    }

    fn takes(&self, input: &(dyn Any + Send)) -> bool {
        self.program.takes(input)
    }

    fn begin(&self, input: Box<dyn Any + Send>) -> Box<dyn LiveState> {
        self.program.begin(input)
    }

    fn decode(&self, state: &Stored) -> Result<Box<dyn LiveState>, Incompatible> {
        self.checked(self.program.decode(state)?)
    }

    fn upgrade(&self, state: &Stored) -> Option<Result<Box<dyn LiveState>, UpgradeError>> {
        let upgraded = self.program.upgrade(state)?;
        Some(upgraded.and_then(|live| Ok(self.checked(live)?)))
    }

    fn schema(&self, place: &str) -> Option<u32> {
        self.program.schema(place)
    }

    fn has_upgrade(&self) -> bool {
        self.program.has_upgrade()
    }

    fn places(&self) -> &'static [Place] {
        self.program.places()
    }

    fn fields(&self) -> Vec<Field> {
        self.program.fields()
    }
}
