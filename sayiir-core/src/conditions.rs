//! What generated code asks of the tasks and workflows in a combined operation, before it uses them.
//!
//! Each question hands a value through: `<charge as CanFail>::checked(operation)`. Where the answer is no, rustc says so at
//! the user's own token, and knows no type for the value: so it has nothing to say about what is done with it afterwards.

use serde::{Deserialize, Serialize};

use crate::bounds::Nothing;
use crate::durable::Durable;
use crate::operation::{Callable, Spawn};
use crate::step::{Fault, Step};
use crate::workflow::Registry;

/// A task or a workflow that returns a `Result`: a branch of `try_join!` or `try_join_all!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot fail, so there is nothing to try",
    label = "this returns no `Result`",
    note = "write `join!` or `join_all!`: they yield the values themselves, without a `?`"
)]
pub trait CanFail {
    /// The task or workflow itself.
    type Itself;
    /// The type itself.
    type Checked<T>;
    /// The value itself.
    fn checked<T>(value: T) -> Self::Checked<T>;
}

/// A branch of `try_join!` that fails with the same error as the first one.
#[diagnostic::on_unimplemented(
    message = "the branches of one `try_join!` fail with one type of error, and `{Self}` does not fail with `{Error}`",
    label = "this fails with another type of error than the first branch",
    note = "give both the same error type, or use `join!` and convert each result with its own `?`"
)]
pub trait FailsWith<Error> {
    /// The type itself.
    type Checked<T>;
    /// The value itself.
    fn checked<T>(value: T) -> Self::Checked<T>;
}

#[diagnostic::do_not_recommend]
impl<V, E> FailsWith<E> for Result<V, E> {
    type Checked<T> = T;
    fn checked<T>(value: T) -> T {
        value
    }
}

#[diagnostic::do_not_recommend]
impl<C: CanFail> FailsWith<CannotFail> for C {
    type Checked<T> = T;
    fn checked<T>(value: T) -> T {
        value
    }
}

/// The error of a callee's return type, where an alias of `Result` does not show it.
///
/// The callee stands in the question, so that it is one about a type of the user's own crate: about types and traits of other
/// crates alone, rustc does not look an answer up while it checks that implementations do not overlap.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result` or an `Option`",
    label = "a `Result` or an `Option` is expected here"
)]
pub trait ErrorOf<Callee> {
    /// The error.
    type Error;
}

impl<C, V, E> ErrorOf<C> for Result<V, E> {
    type Error = E;
}

/// The error of what cannot fail: its own question has been asked, so the other branches are not asked about this one.
#[derive(Debug, Serialize, Deserialize)]
pub enum CannotFail {}

/// The error of a branch of `join!` or `join_all!`, which keep it until the other branches are done.
///
/// There are two implementations to choose from, so that where the first does not hold rustc does not take it all the same, and
/// then say of the whole join what it has said of the error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored while the other branches run",
    label = "what this yields is stored until all branches are done, and so is its error",
    note = "a stored error is `Send`, and derives `serde::Serialize` and `serde::Deserialize`; or use `try_join!` or `try_join_all!`, which store no errors"
)]
pub trait StoredError<Answer = u8> {
    /// The type itself.
    type Checked<T>;
    /// The value itself.
    fn checked<T>(value: T) -> Self::Checked<T>;
}

#[diagnostic::do_not_recommend]
impl<E: Durable> StoredError for E {
    type Checked<T> = T;
    fn checked<T>(value: T) -> T {
        value
    }
}

#[diagnostic::do_not_recommend]
impl<E: Nothing> StoredError<u16> for E {
    type Checked<T> = T;
    fn checked<T>(value: T) -> T {
        value
    }
}

/// What `spawn!` starts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a task, and `spawn!` starts workflows",
    label = "this is not a workflow",
    note = "await the task where its value is wanted, or write a `#[workflow]` that awaits it and `spawn!` that"
)]
pub trait Spawnable: Callable + Sized {
    /// What is made by calling it.
    type Invocation;
    /// The type itself.
    type Checked<T>;
    /// The value itself.
    fn checked<T>(value: T) -> Self::Checked<T>;
    /// A run of it under this id.
    fn spawn(id: impl Into<String>, invocation: Self::Invocation) -> Spawn<Self>;
    /// Makes it known to the engine.
    fn register(registry: &mut Registry);
}

/// What `compensate!` remembers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a workflow, and `compensate!` remembers tasks",
    label = "this is not a task",
    note = "write a `#[task]` that undoes what was done"
)]
pub trait Undoes: Callable {
    /// What is made by calling it.
    type Call;
    /// Remembers the call, should the run fail or be cancelled.
    ///
    /// # Errors
    /// If the arguments do not encode.
    fn remember(step: &Step<'_>, call: &Self::Call) -> Result<(), Fault>;
}
