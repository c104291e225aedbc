//! Where a run of a flow is: at its beginning, or at a step. Stored as `{"step":{"field":…}}`, like the state of a `#[workflow]`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flow::Shape;
use super::sequence::{Fields, Moved, Waiting};
use super::value::Value;
use crate::codec::{Incompatible, Unencodable};
use crate::durable::Stored;
use crate::operation::{Leaves, Polled};
use crate::step::Step;
use crate::task::Verdict;
use crate::workflow::{Advanced, LiveState};

/// The place before the first step.
pub(super) const START: &str = "Start";

/// The fingerprint of every step: a flow knows its types by their values only.
pub(super) const SCHEMA: u32 = 0;

/// The field of the value that a run begins with.
const INPUT: &str = "input";

/// Where a run is.
pub(super) struct FlowState {
    shape: Shape,
    place: Place,
}

enum Place {
    Start(Value),
    At(Box<dyn Waiting>),
}

impl FlowState {
    pub(super) fn start(shape: Shape, input: Value) -> Self {
        Self { shape, place: Place::Start(input) }
    }

    pub(super) fn decode(shape: &Shape, state: &Stored) -> Result<Self, Incompatible> {
        let incompatible = |detail: String| Incompatible { detail };
        let places: BTreeMap<String, Fields> =
            state.decode().map_err(|error| incompatible(error.to_string()))?;
        let mut places = places.iter();
        let (Some((step, fields)), None) = (places.next(), places.next()) else {
            return Err(incompatible("expected exactly one step".into()));
        };
        let place = match fields.get(INPUT).filter(|_| step == START) {
            Some(input) => Some(shape.input.decode(input).map(Place::Start)),
            None => shape.sequence.resume(step, fields).map(|resumed| resumed.map(Place::At)),
        };
        let place =
            place.ok_or_else(|| incompatible(format!("there is no step `{step}` to wait at any more")))?;
        let place = place.map_err(|error| incompatible(format!("step `{step}`: {error}")))?;
        Ok(Self { shape: shape.clone(), place })
    }

    fn fields(&self) -> Result<Fields, serde_json::Error> {
        match &self.place {
            Place::Start(input) => Ok(Fields::from([(INPUT.into(), self.shape.input.encode(input)?)])),
            Place::At(waiting) => waiting.encode(),
        }
    }
}

impl LiveState for FlowState {
    fn variant_name(&self) -> &'static str {
        match &self.place {
            Place::Start(_) => START,
            Place::At(waiting) => waiting.step(),
        }
    }

    fn schema(&self) -> u32 {
        SCHEMA
    }

    fn encode(&self) -> Result<Stored, Unencodable> {
        let step = self.variant_name();
        let encoded = self.fields().and_then(|fields| Stored::encode(&BTreeMap::from([(step, fields)])));
        encoded.map_err(|error| Unencodable {
            variant: step.into(),
            field: "its value".into(),
            cause: error.to_string(),
        })
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        match &self.place {
            Place::Start(_) => {}
            Place::At(waiting) => waiting.leaves(leaves),
        }
    }

    fn advance(self: Box<Self>, step: &mut Step<'_>) -> Advanced {
        let Self { shape, place } = *self;
        let moved: Moved = match place {
            Place::Start(input) => Arc::clone(&shape.sequence).begin(input, step),
            Place::At(waiting) => waiting.poll(step),
        };
        match moved {
            Ok(Polled::Pending(waiting)) => {
                Advanced::Waits(Box::new(Self { shape, place: Place::At(waiting) }))
            }
            Ok(Polled::Ready(Ok(output))) => Advanced::Returned(shape.output.success(&output)),
            Ok(Polled::Ready(Err(error))) => Advanced::Returned(Verdict::Failure(format!("{error:#}"))),
            Err(fault) => Advanced::Fault(fault),
        }
    }
}
