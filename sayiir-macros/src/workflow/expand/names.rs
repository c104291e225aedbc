//! The names that generated code uses for itself.

use proc_macro2::{Ident, Literal, Span};
use quote::format_ident;
use syn::Lifetime;

use super::own;
use crate::workflow::ir::{BindingId, BlockId};

/// Names of items, which macros cannot hide from the user's code around them: no one writes them by chance.
pub(super) fn item(name: &str) -> Ident {
    format_ident!("__sayiir_{name}", span = Span::mixed_site())
}

pub(super) fn next_type() -> Ident {
    item("next")
}

pub(super) fn group_name(group: usize) -> Ident {
    item(&format!("group{group}"))
}

pub(super) fn stretch_name(entry: BlockId) -> Ident {
    format_ident!("Stretch{}", entry.0)
}

pub(super) fn slot(id: BindingId) -> Ident {
    own(&format!("slot{}", id.0))
}

pub(super) fn codec(id: BindingId) -> Ident {
    format_ident!("codec{}", id.0, span = Span::mixed_site())
}

pub(in crate::workflow) fn label(name: &str) -> Lifetime {
    Lifetime::new(&format!("'{name}"), Span::mixed_site())
}

pub(super) fn number(block: BlockId) -> Literal {
    Literal::u32_suffixed(u32::try_from(block.0).unwrap_or(u32::MAX))
}
