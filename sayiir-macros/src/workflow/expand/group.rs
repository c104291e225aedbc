//! One group: the stretches that share variables whose types only rustc knows, as arms of one function.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::body::Body;
use super::names::{codec, group_name, label, next_type, number, slot, stretch_name};
use super::own;
use super::state::Variant;
use super::stretch::Stretch;
use crate::diagnostics::placed;
use crate::workflow::ir::{BindingId, Bindings, BlockId};
use crate::workflow::model::bare;

impl Body<'_> {
    /// One group: the stretches that share variables whose types only rustc knows, as arms of one function.
    pub(super) fn group(&self, group: usize) -> TokenStream {
        let private = &self.input.private;
        let (state, next, name) = (self.input.model.state_name(), next_type(), group_name(group));
        let output = &self.input.model.output;
        let (to, step, leave, entry, exit) =
            (own("next"), own("step"), own("leave"), own("entry"), own("exit"));
        let (group_label, stretch) = (label("group"), label("stretch"));
        let members: Vec<BlockId> =
            self.groups.iter().filter(|(_, of)| **of == group).map(|(entry, _)| *entry).collect();
        let (flow, liveness) = (self.input.flow, self.input.liveness);
        let needed = members.iter().flat_map(|entry| self.needed(*entry));
        let touched = members.iter().flat_map(|entry| liveness.touched_within(flow, *entry));
        let shared = touched.filter(|id| self.shared.contains(id) && flow.binding(*id).ty.is_none());
        let slots = needed.chain(shared).collect::<Bindings>().into_iter().map(|id| self.slot_definition(id));
        let begins = members.iter().map(|entry| self.begin(*entry));
        let code = match members.as_slice() {
            // Nothing comes back here: no loop, of which rustc would have to speak.
            [only] if !liveness.comes_back(flow, *only) => Stretch::new(self, *only).code(),
            _ => {
                let stretches = members.iter().map(|entry| {
                    let (number, code) = (number(*entry), Stretch::new(self, *entry).code());
                    quote!(#number => { #code })
                });
                quote! {
                    #stretch: loop {
                        match #entry {
                            #(#stretches)*
                            _ => ::core::unreachable!(),
                        }
                    }
                }
            }
        };
        let body = quote! {
            #(#slots)*
            let #exit = #group_label: {
                let mut #entry: u32 = match #to { #(#begins)* _ => ::core::unreachable!() };
                #code
            };
            match #leave.with(#exit).await {}
        };
        // rustc speaks of the whole function where it speaks of `?`.
        let mut block = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, body);
        block.set_span(self.input.model.name.span());
        let body = block;
        quote! {
            #[allow(
                unused_mut, unused_variables, unused_assignments, unused_labels, unused_parens, unused_braces,
                unreachable_code, unreachable_patterns, path_statements, dropping_references, redundant_semicolons,
                non_snake_case, clippy::all, clippy::pedantic, clippy::nursery
            )]
            async fn #name(
                #to: #next,
                #step: &#private::Step<'_>,
                #leave: &#private::Leave<#state, #next>,
            ) -> #output #body
        }
    }

    fn slot_definition(&self, id: BindingId) -> TokenStream {
        let private = &self.input.private;
        let slot = slot(id);
        match &self.input.flow.binding(id).ty {
            Some(ty) => quote!(let mut #slot = #private::Slot::<#ty>::new();),
            None if !self.is_saved(id) => quote!(let mut #slot = #private::Slot::new();),
            None => {
                // The only place that asks whether the variable can be stored, with the variable itself underlined.
                let ask = placed(quote!(<_ as #private::Saved>::CODEC), self.span_of(id));
                let codec = codec(id);
                quote! {
                    let mut #slot = #private::Slot::new();
                    let #codec = #ask;
                    #slot.is_written_by(&#codec);
                }
            }
        }
    }

    /// Puts what a stretch is begun with into slots.
    fn begin(&self, entry: BlockId) -> TokenStream {
        let (next, stretch, number) = (next_type(), stretch_name(entry), number(entry));
        let needed = self.needed(entry);
        let fields = needed.iter().map(|id| slot(*id));
        let values: Vec<_> = needed.iter().map(|id| own(&format!("value{}", id.0))).collect();
        let loads = needed.iter().zip(&values).map(|(id, value)| self.load(entry, *id, value));
        quote!(#next::#stretch { #(#fields: #values),* } => { #(#loads)* #number })
    }

    fn load(&self, entry: BlockId, id: BindingId, value: &Ident) -> TokenStream {
        let private = &self.input.private;
        let slot = slot(id);
        if self.input.flow.binding(id).ty.is_some() {
            return quote!(#slot.put(#value););
        }
        if !self.is_saved(id) {
            // Only stretches of this group lead here, and they go through the slot.
            return TokenStream::new();
        }
        let waits_here = |variant: &&Variant| {
            variant.point.is_some_and(|point| self.input.flow.points[point.0].resume == entry)
        };
        let variant = self.variants.iter().find(waits_here);
        let field = variant.and_then(|variant| variant.fields.iter().find(|(_, of)| *of == id));
        let (variant, field) = match (variant, field) {
            (Some(variant), Some((field, _))) => (variant.name.to_string(), bare(field)),
            (_, _) => (String::new(), String::new()),
        };
        let (group, codec) = (label("group"), codec(id));
        quote! {
            if let #private::Err(fault) = #private::load(&#codec, &mut #slot, #variant, #field, &#value) {
                break #group #private::Exit::Fault(fault);
            }
        }
    }

    /// Whether the variable is stored anywhere, and not only handed from one stretch to the next.
    fn is_saved(&self, id: BindingId) -> bool {
        self.variants.iter().any(|variant| variant.fields.iter().any(|(_, saved)| *saved == id))
    }
}
