//! Waiting for a point in time.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::signal::deadline;
use super::{Leaf, Leaves, Operation, Polled};
use crate::step::{Fault, Outcome, Step};

/// `sleep!(5m).await` and `sleep_until!(timestamp).await`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sleep {
    /// Not begun: counts from the commit that begins the wait.
    For(Duration),
    /// Ends at this point.
    Until(Timestamp),
}

impl Operation for Sleep {
    type Output = ();

    fn poll(self, step: &mut Step<'_>) -> Result<Polled<Self, ()>, Fault> {
        match (step.take_outcome(), self) {
            (None, Self::For(length)) => Ok(Polled::Pending(Self::Until(deadline(step.now(), length)))),
            (None, until @ Self::Until(_)) => Ok(Polled::Pending(until)),
            (Some(Outcome::Elapsed), Self::For(_) | Self::Until(_)) => Ok(Polled::Ready(())),
            (
                Some(
                    Outcome::Signal(_)
                    | Outcome::Returned(_)
                    | Outcome::Recalled(_)
                    | Outcome::Spawned(_)
                    | Outcome::Undone,
                ),
                _,
            ) => Err(Fault::Misrouted("sleep".into())),
        }
    }

    fn leaves(&self, leaves: &mut Leaves<'_>) {
        if let Self::Until(until) = self {
            leaves.leaf(Leaf::Timer { until: *until });
        }
    }
}
