//! The test kit: no test has to wait, and every crash can be tried.
//!
//! [`conformance`] holds every line of the backend contract against a store; [`random`] makes random tests repeatable.

pub mod conformance;
pub mod random;
