//! Whether a variable can be stored, asked where only rustc knows its type.
//!
//! About `&str`, rustc would say that it implements `Deserialize` for too few lifetimes, and speak of every variable that it
//! borrows from. So that it says what it says of other types, there are several answers for a reference, and none to choose:
//! the answer's number is a literal in generated code, rustc takes one that nothing fixes for an `i32`, and that is no answer.

use std::fmt;
use std::marker::PhantomData;

use crate::codec::{FieldCodec, saved};
use crate::durable::Durable;
use crate::iterate::Items;

/// A variable or an argument that is stored: the question whether it is [`Durable`], and how it is written and read if it is.
/// `Answer` is `u8` where it is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored while the run waits",
    label = "this is stored, because it is needed after an `.await`",
    note = "a stored value is owned, `Send`, and derives `serde::Serialize` and `serde::Deserialize`; derive them, keep an owned copy, or use the value up before the `.await`"
)]
pub trait Saved<Answer = u8>: Sized {
    /// How it is written and read.
    const CODEC: FieldCodec<Self>;

    /// The same, for [`Slot::is_written_by`](crate::body::Slot::is_written_by).
    const FOUND: Found<Self, Answer> = Found { codec: Self::CODEC, answer: PhantomData };
}

/// The codec of a type that rustc finds, with the answer to the question whether there is one.
pub struct Found<T, Answer> {
    /// How the variable is written and read.
    pub codec: FieldCodec<T>,
    answer: PhantomData<fn() -> Answer>,
}

impl<T, Answer> fmt::Debug for Found<T, Answer> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Found")
    }
}

#[diagnostic::do_not_recommend]
impl<T: Durable> Saved for T {
    const CODEC: FieldCodec<Self> = saved();
}

macro_rules! references {
    ($($ty:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<T: ?Sized> Saved<u16> for $ty {
            const CODEC: FieldCodec<Self> = panic!("a reference cannot be stored");
        }

        #[diagnostic::do_not_recommend]
        impl<T: ?Sized> Saved<u32> for $ty {
            const CODEC: FieldCodec<Self> = panic!("a reference cannot be stored");
        }
    )* };
}

references!(&T, &mut T, Option<&T>, Vec<&T>, Items<&T>);

/// Holds of nothing: what is not known stays so, and rustc asks for its type.
pub trait Nothing {}

macro_rules! undecided {
    ($($ty:ty),*) => { $(
        #[diagnostic::do_not_recommend]
        impl<T: Nothing> Saved<i32> for $ty {
            const CODEC: FieldCodec<Self> = panic!("the type is not known");
        }
    )* };
}

undecided!(Option<T>, Vec<T>, Items<T>);
