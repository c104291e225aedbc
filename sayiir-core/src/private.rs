//! What the code written by `#[task]` and `#[workflow]` names. Not for hand-written code: it changes with the macros.

pub use std::convert::{From, Into};
pub use std::future::Future;
pub use std::iter::{IntoIterator, Iterator};
pub use std::marker::Send;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::string::String;
pub use std::sync::Arc;
pub use std::vec::Vec;

pub use crate::arguments::Intake;
pub use crate::body::{Exit, Fed, Leave, Left, Slot, advance, load, run, save};
pub use crate::bounds::{
    Failed, Form, FromInterrupted, FromTimeout, Inject, Kept, KeptAsText, KeptNot, KeptWhole, KeptWithInner,
    KeptWithSources, OfError, OfInner, OfNone, PlainForm, RetryIf, Returned, Saved, Sourced, Taken,
    UpgradeBy, WrittenOut,
};
pub use crate::codec::{FieldCodec, Incompatible, StateReader, StateWriter, Unencodable, saved};
pub use crate::conditions::{CanFail, CannotFail, ErrorOf, FailsWith, Spawnable, StoredError, Undoes};
pub use crate::durable::Stored;
pub use crate::ids::RunId;
pub use crate::impl_state_traits;
pub use crate::iterate::{Cursor, DurableIterator};
pub use crate::operation::{
    AlreadyExists, Branch, Callable, Child, Join, JoinAll, Leaves, Operation, OutputOf, Polled, Select,
    Selected1, Selected2, Selected3, Selected4, Selected5, Selected6, Selected7, Selected8, SignalWait,
    SignalWithin, Sleep, Spawn, TaskCall, TryJoin, TryJoinAll,
};
pub use crate::project::{Argument, SameSignal, Sides};
pub use crate::signal::{Payload, Plain, Signal, SignalDeclaration, Timeout};
pub use crate::step::{Fault, Step};
pub use crate::task::{
    Fallible, Infallible, Interrupted, Kind, Needs, Surroundings, Task, TaskOptions, Verdict,
};
pub use crate::versions::{Fields, Place};
pub use crate::workflow::{ErrorForm, Invocation, Progress, Registry, Upgrade, Workflow, WorkflowState};

pub use jiff::Timestamp;
pub use serde;
pub use serde::de::SeqAccess;
pub use serde::ser::SerializeTuple;
pub use serde_json::Error as JsonError;

/// Lets a state be printed, serialised and deserialised as what is stored of it.
#[doc(hidden)]
#[macro_export]
macro_rules! impl_state_traits {
    ($state:ty) => {
        impl ::core::fmt::Debug for $state {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match $crate::workflow::WorkflowState::encode(self) {
                    $crate::private::Ok(stored) => ::core::fmt::Debug::fmt(&stored, f),
                    $crate::private::Err(error) => ::core::fmt::Display::fmt(&error, f),
                }
            }
        }

        impl $crate::private::serde::Serialize for $state {
            fn serialize<S: $crate::private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> $crate::private::Result<S::Ok, S::Error> {
                let stored = $crate::workflow::WorkflowState::encode(self)
                    .map_err($crate::private::serde::ser::Error::custom)?;
                $crate::private::serde::Serialize::serialize(&stored, serializer)
            }
        }

        impl<'de> $crate::private::serde::Deserialize<'de> for $state {
            fn deserialize<D: $crate::private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> $crate::private::Result<Self, D::Error> {
                let stored: $crate::durable::Stored =
                    $crate::private::serde::Deserialize::deserialize(deserializer)?;
                $crate::codec::StateReader::new(&stored)
                    .and_then(|reader| $crate::workflow::WorkflowState::decode(&reader))
                    .map_err($crate::private::serde::de::Error::custom)
            }
        }
    };
}
