//! One group: a stretch that stands alone, or those that share variables whose types only rustc knows.
//!
//! ```text
//! alone:    async fn group(what it begins with..) { the user's code }
//! together: async fn group(next) {
//!     put what it begins with into slots
//!     'stretch: loop { match entry { each stretch => take from slots, the user's code } }
//! }
//! ```

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::body::{Body, Inferred};
use super::names::{codec, group_name, label, next_type, number, slot, stretch_name};
use super::own;
use super::state::{Variant, field_type};
use super::stretch::Stretch;
use crate::diagnostics::placed;
use crate::workflow::bindings::Bindings;
use crate::workflow::ir::{BindingId, BlockId};
use crate::workflow::model::bare;

impl Body<'_> {
    pub(super) fn group(&self, members: &[BlockId]) -> TokenStream {
        match members {
            [only] if self.is_alone(*only) => self.alone(*only),
            _ => self.together(members),
        }
    }

    /// A stretch with a function of its own: what it begins with are parameters.
    fn alone(&self, entry: BlockId) -> TokenStream {
        let parameters = self.needed(entry).into_iter().map(|id| {
            let (name, ty) = (slot(id), field_type(self.input, id));
            quote!(#name: #ty)
        });
        let code = Stretch::new(self, entry, false).code();
        self.function(self.groups[&entry], &quote!(#(#parameters),*), &TokenStream::new(), &code)
    }

    /// The stretches that share variables, as arms of one function: what they begin with goes through slots.
    fn together(&self, members: &[BlockId]) -> TokenStream {
        let (to, entry, stretch, next) = (own("next"), own("entry"), label("stretch"), next_type());
        let (flow, liveness) = (self.input.flow, self.input.liveness);
        let mut kept: Bindings = members.iter().flat_map(|entry| self.needed(*entry)).collect();
        for member in members {
            let touched = liveness.touched_within(*member);
            let is_shared = |id: &BindingId| self.shared.contains(*id) && flow.binding(*id).ty.is_none();
            kept.extend(touched.iter().filter(is_shared));
        }
        let slots = kept.iter().map(|id| self.slot_definition(id));
        let begins = members.iter().map(|entry| self.begin(*entry));
        let stretches = members.iter().map(|entry| {
            let (number, code) = (number(*entry), Stretch::new(self, *entry, true).code());
            quote!(#number => { #code })
        });
        let (private, group) = (&self.input.private, label("group"));
        let described =
            self.inferred[self.groups[&members[0]]].iter().map(|Inferred { variant, field, id }| {
                let (codec, place, field) = (codec(*id), variant.name.to_string(), bare(field));
                quote!(#codec.described(#place, #field))
            });
        let code = quote! {
            let mut #entry: u32 = match #to {
                #(#begins)*
                _ => break #group #private::Exit::Described(#private::Vec::from([#(#described),*])),
            };
            #stretch: loop {
                match #entry {
                    #(#stretches)*
                    _ => ::core::unreachable!(),
                }
            }
        };
        self.function(self.groups[&members[0]], &quote!(#to: #next), &quote!(#(#slots)*), &code)
    }

    fn function(
        &self,
        group: usize,
        parameters: &TokenStream,
        slots: &TokenStream,
        code: &TokenStream,
    ) -> TokenStream {
        let private = &self.input.private;
        let (state, next, name) = (self.input.model.state_name(), next_type(), group_name(group));
        let (output, step, leave, exit) = (&self.input.model.output, own("step"), own("leave"), own("exit"));
        let group = label("group");
        let body = quote! {
            #slots
            let #exit = #group: { #code };
            match #leave.with(#exit).await {}
        };
        // rustc speaks of the whole function where it speaks of `?`.
        let mut block = proc_macro2::Group::new(proc_macro2::Delimiter::Brace, body);
        block.set_span(self.input.model.name.span());
        let parameters = if parameters.is_empty() { quote!() } else { quote!(#parameters,) };
        quote! {
            async fn #name(
                #parameters
                #step: &#private::Step<'_>,
                #leave: &#private::Leave<#state, #next>,
            ) -> #output #block
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
                let ask = placed(quote!(<_ as #private::Saved<_>>::FOUND), self.span_of(id));
                let codec = codec(id);
                quote! {
                    let mut #slot = #private::Slot::new();
                    let #codec = #slot.is_written_by(#ask, 0);
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
