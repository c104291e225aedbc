//! The compiled body: one async function that goes from stretch to stretch until it waits or returns.
//!
//! ```text
//! 'machine: loop {
//!     entry = match state { each variant => feed its operation, put what was saved into slots, number of the stretch };
//!     state = 'stretch: loop { match entry { each stretch => take from slots, the user's code, then one of
//!         return value                                   — done
//!         break 'stretch State::Variant { .. }           — waits
//!         put into slots; entry = n; continue 'stretch   — goes on in another stretch
//!     } }
//! }
//! ```
//! All stretches are arms of one function, in source order, so that rustc infers the types of the variables that cross.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Lifetime;

use super::state::Variant;
use super::stretch::Stretch;
use super::{Input, own};
use crate::workflow::ir::{self, BindingId, BlockId, End, Flow, ScopeId};
use crate::workflow::model::{Model, bare};

/// A flow that waits nowhere: what stands in for a body with errors.
pub(super) fn only_start(model: &Model) -> Flow {
    let mut flow = Flow::default();
    flow.scopes.push(ir::Scope { parent: None, exit: None });
    for parameter in &model.parameters {
        flow.bindings.push(ir::Binding {
            ident: parameter.field.clone(),
            renamed: false,
            mutable: false,
            ty: Some(parameter.ty.clone()),
            origin: ir::Origin::Parameter,
            scope: ScopeId(0),
            reference: false,
        });
    }
    flow.blocks.push(ir::Block {
        scope: ScopeId(0),
        statements: Vec::new(),
        end: End::Return {
            keyword: quote!(return),
            value: quote!(::core::unreachable!()),
            effect: ir::Effect::default(),
        },
        visible: Vec::new(),
        is_loop_head: false,
    });
    flow
}

pub(super) fn workflow(input: &Input<'_>, variants: &[Variant]) -> TokenStream {
    let private = &input.private;
    let model = input.model;
    let (name, state, output) = (&model.name, model.state_name(), &model.output);
    let durable = model.durable_name();
    let types: Vec<_> = model.parameters.iter().map(|parameter| &parameter.ty).collect();
    let fields: Vec<_> = model.parameters.iter().map(|parameter| &parameter.field).collect();
    let span = syn::spanned::Spanned::span(output);
    let (kind, success) = if model.fallible {
        (quote!(Fallible), quote_spanned!(span=> <#output as #private::Sides>::Ok))
    } else {
        (quote!(Infallible), quote!(#output))
    };
    let timeout = match &model.options.timeout {
        Some(limit) => quote!(#private::Some(#limit)),
        None => quote!(#private::None),
    };
    let signals = input.flow.signals.iter().map(|signal| {
        let (name, payload) = (&signal.name, &signal.payload);
        (name.value(), quote!(#private::SignalDeclaration::new::<#payload>(#name)))
    });
    let signals = signals.collect::<BTreeMap<_, _>>().into_values();
    let callees = &input.flow.callees;
    let advance = Body::new(input, variants).advance();
    let start = &variants[0].name;
    quote! {
        #[automatically_derived]
        impl #private::Callable for #name {
            type Operation = #private::Child<Self>;
            type Arguments = (#(#types,)*);
            fn register(registry: &mut #private::Registry) {
                registry.workflow::<Self>();
            }
        }

        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #private::Workflow for #name {
            type Input = (#(#types,)*);
            type Return = #output;
            type Output = #success;
            type Kind = #private::#kind;
            type State = #state;
            const NAME: &'static str = #durable;
            const SIGNALS: &'static [#private::SignalDeclaration] = &[#(#signals),*];
            const DIAGRAM: &'static str = Self::DIAGRAM;
            const TIMEOUT: #private::Option<::core::time::Duration> = #timeout;
            fn begin((#(#fields,)*): Self::Input) -> Self::State {
                #state::#start { #(#fields),* }
            }
            #advance
            fn register_callees(registry: &mut #private::Registry) {
                #(<#callees as #private::Callable>::register(registry);)*
            }
        }
    }
}

pub(super) struct Body<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) variants: &'a [Variant],
    /// The variables that cross from one stretch to another.
    pub(super) crossing: BTreeSet<BindingId>,
}

impl<'a> Body<'a> {
    fn new(input: &'a Input<'a>, variants: &'a [Variant]) -> Self {
        let needed = input.liveness.entries().flat_map(|entry| input.liveness.needed(input.flow, entry));
        Self { input, variants, crossing: needed.collect() }
    }

    fn advance(&self) -> TokenStream {
        let private = &self.input.private;
        let state_name = self.input.model.state_name();
        let output = &self.input.model.output;
        let (state, step, leave, entry, exit) =
            (own("state"), own("step"), own("leave"), own("entry"), own("exit"));
        let (machine, stretch) = (label("machine"), label("stretch"));
        let items = &self.input.flow.items;
        let slots = self.crossing.iter().map(|id| self.slot_definition(*id));
        let dispatch = self.variants.iter().map(|variant| self.dispatch(variant));
        let stretches = self.input.liveness.entries().map(|entry| {
            let number = number(entry);
            let code = Stretch::new(self, entry).code();
            quote!(#number => { #code })
        });
        quote! {
            fn advance(
                #state: Self::State,
                #step: &mut #private::Step<'_>,
            ) -> #private::Progress<Self::State, Self::Return> {
                #[allow(
                    unused_mut, unused_variables, unused_assignments, unused_labels, unused_parens, unused_braces,
                    unreachable_code, unreachable_patterns, path_statements, dropping_references, redundant_semicolons,
                    clippy::all, clippy::pedantic, clippy::nursery
                )]
                async fn body(
                    mut #state: #state_name,
                    #step: &mut #private::Step<'_>,
                    #leave: &#private::Leave<#state_name>,
                ) -> #output {
                    #(#items)*
                    #(#slots)*
                    let #exit = #machine: loop {
                        let mut #entry: u32 = match #state { #(#dispatch)* };
                        #state = #stretch: loop {
                            match #entry {
                                #(#stretches)*
                                _ => ::core::unreachable!(),
                            }
                        };
                    };
                    match #leave.with(#exit).await {}
                }
                let #leave = #private::Leave::new();
                #private::run(&#leave, body(#state, #step, &#leave))
            }
        }
    }

    fn slot_definition(&self, id: BindingId) -> TokenStream {
        let private = &self.input.private;
        let slot = slot(id);
        match &self.input.flow.binding(id).ty {
            Some(ty) => quote!(let mut #slot = #private::Slot::<#ty>::new();),
            None => quote!(let mut #slot = #private::Slot::new();),
        }
    }

    /// One arm of `match state`: what was waited for is fed, and what was saved is put into slots.
    fn dispatch(&self, variant: &Variant) -> TokenStream {
        let private = &self.input.private;
        let (state, step, machine) = (self.input.model.state_name(), own("step"), label("machine"));
        let name = &variant.name;
        let fields: Vec<_> = variant.fields.iter().map(|(field, _)| field).collect();
        let values: Vec<_> =
            variant.fields.iter().map(|(field, _)| own(&format!("saved_{}", bare(field)))).collect();
        let loads = variant
            .fields
            .iter()
            .zip(&values)
            .map(|((field, id), value)| self.load(variant, field, *id, value));
        let Some(point) = variant.point else {
            return quote! {
                #state::#name { #(#fields: #values),* } => { #step.renew(); #(#loads)* 0u32 }
            };
        };
        let point = &self.input.flow.points[point.0];
        let awaiting = variant.awaiting();
        let entry = number(point.resume);
        let output_needed = self.input.liveness.needed(self.input.flow, point.resume).contains(&point.output);
        let put = output_needed.then(|| {
            let slot = slot(point.output);
            quote!(#slot.put(output);)
        });
        quote! {
            #state::#name { #awaiting: operation, #(#fields: #values),* } => {
                match #private::Operation::poll(operation, #step) {
                    #private::Ok(#private::Polled::Ready(output)) => {
                        #step.renew();
                        #put
                        #(#loads)*
                        #entry
                    }
                    #private::Ok(#private::Polled::Pending(operation)) => {
                        break #machine #private::Exit::Waits(#state::#name { #awaiting: operation, #(#fields: #values),* })
                    }
                    #private::Err(fault) => break #machine #private::Exit::Fault(fault),
                }
            }
        }
    }

    fn load(&self, variant: &Variant, field: &Ident, id: BindingId, value: &Ident) -> TokenStream {
        let private = &self.input.private;
        if !self.crossing.contains(&id) {
            return TokenStream::new();
        }
        let slot = slot(id);
        if self.input.flow.binding(id).ty.is_some() {
            return quote!(#slot.put(#value););
        }
        let (variant, field, machine) = (variant.name.to_string(), bare(field), label("machine"));
        let span = self.span_of(id);
        let load = quote_spanned!(span=> #private::load(&mut #slot, #variant, #field, &#value));
        quote! {
            if let #private::Err(fault) = #load {
                break #machine #private::Exit::Fault(fault);
            }
        }
    }

    /// Where rustc reports what it finds wrong with a variable's type.
    pub(super) fn span_of(&self, id: BindingId) -> Span {
        self.input.flow.binding(id).ident.span().resolved_at(Span::call_site())
    }
}

pub(super) fn slot(id: BindingId) -> Ident {
    format_ident!("slot{}", id.0, span = Span::mixed_site())
}

pub(super) fn label(name: &str) -> Lifetime {
    Lifetime::new(&format!("'{name}"), Span::mixed_site())
}

pub(super) fn number(block: BlockId) -> Literal {
    Literal::u32_suffixed(u32::try_from(block.0).unwrap_or(u32::MAX))
}
