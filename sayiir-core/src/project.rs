//! Types found from types: what lets generated code name a value's type where the user wrote none.

/// The two sides of a `Result` or `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Result` or an `Option`",
    label = "a `Result` or an `Option` is expected here"
)]
pub trait Sides {
    /// What `?` yields.
    type Ok;
    /// What `?` returns.
    type Err;
}

impl<T, E> Sides for Result<T, E> {
    type Ok = T;
    type Err = E;
}

impl<T> Sides for Option<T> {
    type Ok = T;
    type Err = ();
}

/// The `N`th type of a tuple of arguments.
pub trait Argument<const N: usize> {
    /// That type.
    type Type;
}

macro_rules! arguments {
    ($($index:literal $name:ident),*) => { arguments!(@each ($($name),*) $($index $name),*); };
    (@each $all:tt $($index:literal $name:ident),*) => { $(arguments!(@one $all $index $name);)* };
    (@one ($($all:ident),*) $index:literal $name:ident) => {
        impl<$($all),*> Argument<$index> for ($($all,)*) {
            type Type = $name;
        }
    };
}

arguments!(0 A);
arguments!(0 A, 1 B);
arguments!(0 A, 1 B, 2 C);
arguments!(0 A, 1 B, 2 C, 3 D);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I, 9 J);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I, 9 J, 10 K);
arguments!(0 A, 1 B, 2 C, 3 D, 4 E, 5 F, 6 G, 7 H, 8 I, 9 J, 10 K, 11 L);

/// Two uses of one signal name have one payload type: a constant of one is assigned to the other.
#[derive(Debug)]
pub struct SameSignal<T>(std::marker::PhantomData<fn() -> T>);

impl<T> SameSignal<T> {
    /// The only value.
    pub const NEW: Self = Self(std::marker::PhantomData);
}
