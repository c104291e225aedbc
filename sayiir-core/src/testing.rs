//! The test kit: no test has to wait, and every crash can be tried.
//!
//! [`TestEngine`] runs workflows on a [`VirtualClock`]; [`crash_everywhere`] ends an engine at every commit of a scenario;
//! [`FaultyBackend`] fails where it is told to; [`conformance`] holds every line of the backend contract against a store;
//! [`random`] makes random tests repeatable.

mod clock;
pub mod conformance;
mod crash;
mod database;
mod engine;
mod faults;
pub mod random;
mod schema;
mod watched;

pub use crate::state_schema;
pub use clock::VirtualClock;
pub use crash::{assert_each_step_once, crash_everywhere, crash_everywhere_on};
pub use database::Database;
pub use engine::TestEngine;
pub use faults::{CommitFault, FaultyBackend};
pub use schema::StateSchema;
pub(crate) use schema::shape_of;
