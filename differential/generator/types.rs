//! The types that generated code computes with.

use crate::rng::Rng;

/// A type of which values can be made, taken apart and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ty {
    Unit,
    Int,
    Bool,
    Text,
    Option(Box<Ty>),
    List(Box<Ty>),
    Pair(Box<Ty>, Box<Ty>),
    /// `Result<_, Failure>`.
    Result(Box<Ty>),
    Failure,
    Point,
    Shape,
    /// `Box<Shape>`.
    Boxed,
    /// What the variable of a loop over `&list` is: a reference, which is only looked through.
    Borrowed(Box<Ty>),
}

impl Ty {
    /// As Rust writes it.
    pub(crate) fn source(&self) -> String {
        match self {
            Self::Unit => "()".into(),
            Self::Int => "i64".into(),
            Self::Bool => "bool".into(),
            Self::Text => "String".into(),
            Self::Option(inner) => format!("Option<{}>", inner.source()),
            Self::List(inner) => format!("Vec<{}>", inner.source()),
            Self::Pair(first, second) => format!("({}, {})", first.source(), second.source()),
            Self::Result(inner) => format!("Result<{}, Failure>", inner.source()),
            Self::Failure => "Failure".into(),
            Self::Point => "Point".into(),
            Self::Shape => "Shape".into(),
            Self::Boxed => "Box<Shape>".into(),
            Self::Borrowed(inner) => format!("&{}", inner.source()),
        }
    }

    pub(crate) fn is_copy(&self) -> bool {
        match self {
            Self::Unit | Self::Int | Self::Bool | Self::Borrowed(_) => true,
            Self::Option(inner) => inner.is_copy(),
            Self::Pair(first, second) => first.is_copy() && second.is_copy(),
            Self::Text
            | Self::List(_)
            | Self::Result(_)
            | Self::Failure
            | Self::Point
            | Self::Shape
            | Self::Boxed => false,
        }
    }

    /// Any type for a variable. Options do not nest: JSON cannot tell `Some(None)` from `None`.
    pub(crate) fn any(rng: &mut Rng) -> Self {
        match rng.below(20) {
            0..6 => Self::Int,
            6..9 => Self::Text,
            9..11 => Self::Bool,
            11..13 => Self::option(Self::simple(rng)),
            13..15 => Self::list(Self::simple(rng)),
            15 => Self::pair(Self::simple(rng), Self::simple(rng)),
            16 => Self::pair(Self::Int, Self::option(Self::Int)),
            17 => Self::Point,
            18 => Self::result(Self::simple(rng)),
            _ => Self::Shape,
        }
    }

    /// A type without parts.
    pub(crate) fn simple(rng: &mut Rng) -> Self {
        match rng.below(7) {
            0..4 => Self::Int,
            4..6 => Self::Text,
            _ => Self::Bool,
        }
    }

    /// What a body returns.
    pub(crate) fn output(rng: &mut Rng) -> Self {
        match rng.below(10) {
            0..5 => Self::result(Self::simple(rng)),
            5 => Self::option(Self::Int),
            6 => Self::Unit,
            _ => Self::any(rng),
        }
    }

    pub(crate) fn option(inner: Self) -> Self {
        Self::Option(Box::new(inner))
    }

    pub(crate) fn list(inner: Self) -> Self {
        Self::List(Box::new(inner))
    }

    pub(crate) fn pair(first: Self, second: Self) -> Self {
        Self::Pair(Box::new(first), Box::new(second))
    }

    pub(crate) fn result(inner: Self) -> Self {
        Self::Result(Box::new(inner))
    }
}
