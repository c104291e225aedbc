//! Writes the tokens. Cannot fail: whatever could go wrong was found before.

mod body;
mod diagram;
mod group;
mod groups;
mod names;
mod places;
mod state;
mod stretch;
mod surface;
mod unused;
mod workflow;

#[cfg(test)]
pub(super) use diagram::diagram;
pub(in crate::workflow) use names::label;
pub(super) use surface::{constant_name, is_reserved};
pub(super) use unused::unused;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::ir::Flow;
use super::liveness::Liveness;
use super::model::Model;

/// Everything the passes before found out.
pub(super) struct Input<'a> {
    pub(super) model: &'a Model,
    pub(super) flow: &'a Flow,
    pub(super) liveness: &'a Liveness,
    pub(super) private: TokenStream,
}

pub(crate) fn expand(model: &Model, flow: &Flow, liveness: &Liveness) -> TokenStream {
    let input = Input { model, flow, liveness, private: model.private() };
    let variants = state::variants(&input);
    let surface = surface::surface(&input);
    let state = state::state(&input, &variants);
    let workflow = workflow::workflow(&input, &variants);
    quote!(#surface #state #workflow)
}

/// What is written when the body has errors: the whole outer surface, and a state that knows only the start.
pub(crate) fn fallback(model: &Model, flow: &Flow) -> TokenStream {
    let empty = Flow { signals: flow.signals.clone(), ..workflow::only_start(model) };
    let liveness = Liveness::of(&empty);
    expand(model, &empty, &liveness)
}

/// What is written for a method, beside which no other item can stand: something that can be called.
pub(crate) fn method(model: &Model) -> TokenStream {
    let (attrs, vis, signature) = (&model.attrs, &model.vis, &model.signature);
    quote! {
        #(#attrs)*
        #[allow(unused_variables)]
        #vis #signature {
            ::core::unreachable!()
        }
    }
}

/// A name of our own that no code of the user's can reach: neither by hygiene, nor where a variable of the user's had to be
/// written with ours.
pub(in crate::workflow) fn own(name: &str) -> Ident {
    Ident::new(&format!("sayiir_{name}"), Span::mixed_site())
}
