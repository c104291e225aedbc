//! The compiled body, stretch by stretch.
//!
//! ```text
//! feed(state)  — hands the outcome to the operation of the state; when that is done: which stretch begins, with what
//! enter(next)  — runs the stretch in its group:
//!     put what it begins with into slots
//!     'stretch: loop { match entry { each stretch => take from slots, the user's code, then one of
//!         return value                                        — done
//!         break 'group Exit::Waits(State::Variant { .. })     — waits
//!         break 'group Exit::Goes(Next::Stretch { .. })       — goes on in a stretch of another group
//!         put into slots; entry = n; continue 'stretch        — goes on in a stretch of this group
//!     } }
//! ```
//! The stretches that share variables without a named type are arms of one function, in source order, so that rustc infers
//! those types. The others stand alone: what rustc spends on a function grows faster than its size.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Lifetime;

use super::state::Variant;
use super::stretch::Stretch;
use super::surface::{content_of, signal_of};
use super::{Input, groups, own};
use crate::diagnostics::placed;
use crate::workflow::ir::{self, BindingId, Bindings, BlockId, End, Flow, ScopeId};
use crate::workflow::model::{Model, bare};

/// A flow that waits nowhere: what stands in for a body with errors.
pub(super) fn only_start(model: &Model) -> Flow {
    let mut flow = Flow::default();
    flow.scopes.push(ir::Scope { parent: None, exit: None, items: Vec::new() });
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
    let fields: Vec<_> = model.parameters.iter().map(|parameter| &parameter.field).collect();
    let form = if model.fallible { quote!(#private::Fallible) } else { quote!(#private::Infallible) };
    let kind =
        crate::task::kind(name, output, &form, &quote!(<#name as #private::Workflow>::Return), private);
    let success = if model.fallible {
        placed(quote!(<#output as #private::Sides>::Ok), syn::spanned::Spanned::span(output))
    } else {
        quote!(#output)
    };
    let sides = crate::task::sides(name, output, private);
    let owned: Vec<_> = model.parameters.iter().map(|parameter| parameter.ty.clone()).collect();
    let input_type = crate::task::arguments_type(&owned, name);
    let input_item = crate::task::associated("Input", &input_type);
    let arguments_item = crate::task::associated("Arguments", &input_type);
    let return_item = crate::task::associated("Return", &quote!(#output));
    let output_item = crate::task::associated("Output", &success);
    let timeout = match &model.options.timeout {
        Some(limit) => quote!(#private::Some(#limit)),
        None => quote!(#private::None),
    };
    let signals = input.flow.signals.iter().map(|signal| {
        let (name, payload) = (&signal.name, &signal.payload);
        let content = content_of(payload);
        let span = model.user_span(signal.span);
        let check = placed(quote!(<#payload as #private::Payload>::check), span);
        let declaration = quote! {
            #private::SignalDeclaration {
                name: #name,
                check: #check,
                payload: ::core::any::type_name::<#content>,
            }
        };
        (name.value(), declaration)
    });
    let signals = signals.collect::<BTreeMap<_, _>>().into_values();
    let callees = &input.flow.callees;
    let spawned = &input.flow.spawned;
    let advance = Body::new(input, variants).advance();
    let start = &variants[0].name;
    quote! {
        #[automatically_derived]
        impl #private::Callable for #name {
            type Operation = #private::Child<Self>;
            #arguments_item
            fn register(registry: &mut #private::Registry) {
                registry.workflow::<Self>();
            }
        }

        #sides

        #kind

        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #private::Workflow for #name {
            #input_item
            #return_item
            #output_item
            type Kind = Self;
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
                #(registry.spawned::<#spawned>();)*
            }
        }
    }
}

pub(super) struct Body<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) variants: &'a [Variant],
    /// The variables that stand in more than one stretch: their values cross, or they are declared in one and assigned in
    /// another. Each has a slot, by which rustc sees that it is of one type everywhere.
    pub(super) shared: Bindings,
    /// Which group each stretch belongs to.
    groups: BTreeMap<BlockId, usize>,
}

impl<'a> Body<'a> {
    fn new(input: &'a Input<'a>, variants: &'a [Variant]) -> Self {
        let (flow, liveness) = (input.flow, input.liveness);
        let crossing = liveness.entries().flat_map(|entry| liveness.needed(flow, entry));
        let again = liveness.entries().flat_map(|entry| liveness.declared_again(flow, entry));
        Self { input, variants, shared: crossing.chain(again).collect(), groups: groups::of(flow, liveness) }
    }

    fn advance(&self) -> TokenStream {
        let private = &self.input.private;
        let (next, feed, enter) = (next_type(), item("feed"), item("enter"));
        let items = &self.input.flow.items;
        let next_definition = self.next_definition();
        let feed_definition = self.feed();
        let enter_definition = self.enter();
        let count = self.groups.values().max().map_or(0, |last| last + 1);
        let groups = (0..count).map(|group| self.group(group));
        quote! {
            fn advance(
                state: Self::State,
                step: &mut #private::Step<'_>,
            ) -> #private::Progress<Self::State, Self::Return> {
                #(#items)*
                #next_definition
                #feed_definition
                #enter_definition
                #(#groups)*
                #private::advance::<_, #next, _>(state, step, #feed, #enter)
            }
        }
    }

    /// What a stretch is begun with: one variant for each, holding what it needs.
    fn next_definition(&self) -> TokenStream {
        let name = next_type();
        let variants = self.input.liveness.entries().map(|entry| {
            let variant = stretch_name(entry);
            let fields = self.needed(entry).into_iter().map(|id| {
                let (field, ty) = (slot(id), self.stored_type(id));
                quote!(#field: #ty)
            });
            quote!(#variant { #(#fields),* })
        });
        quote! {
            #[allow(non_camel_case_types, dead_code, clippy::large_enum_variant)]
            enum #name { #(#variants),* }
        }
    }

    pub(super) fn needed(&self, entry: BlockId) -> Vec<BindingId> {
        self.input.liveness.needed(self.input.flow, entry)
    }

    /// The type under which a variable goes from one group to another: as in the state.
    fn stored_type(&self, id: BindingId) -> TokenStream {
        let private = &self.input.private;
        match &self.input.flow.binding(id).ty {
            Some(ty) => quote!(#ty),
            None => quote!(#private::Stored),
        }
    }

    /// Hands the outcome to the operation of the state; once that is done, the stretch behind it can begin.
    fn feed(&self) -> TokenStream {
        let private = &self.input.private;
        let (state, next, feed) = (self.input.model.state_name(), next_type(), item("feed"));
        let arms = self.variants.iter().map(|variant| self.feed_variant(variant));
        quote! {
            #[allow(unused_variables, clippy::all, clippy::pedantic)]
            fn #feed(
                state: #state,
                step: &mut #private::Step<'_>,
            ) -> #private::Result<#private::Fed<#state, #next>, #private::Fault> {
                match state { #(#arms)* }
            }
        }
    }

    fn feed_variant(&self, variant: &Variant) -> TokenStream {
        let private = &self.input.private;
        let (state, next) = (self.input.model.state_name(), next_type());
        let name = &variant.name;
        let fields: Vec<_> = variant.fields.iter().map(|(field, _)| field).collect();
        let values: Vec<_> = variant.fields.iter().map(|(_, id)| slot(*id)).collect();
        let entry = variant.point.map_or(BlockId(0), |point| self.input.flow.points[point.0].resume);
        let passed: Vec<_> = self.needed(entry).into_iter().map(slot).collect();
        let stretch = stretch_name(entry);
        let Some(point) = variant.point else {
            return quote! {
                #state::#name { #(#fields: #values),* } => {
                    #private::Ok(#private::Fed::Ready(#next::#stretch { #(#passed),* }))
                }
            };
        };
        let output = slot(self.input.flow.points[point.0].output);
        let awaiting = variant.awaiting();
        let poll = match signal_of(&self.input.flow.points[point.0].operation_type) {
            Some((payload, false)) => quote!(<#payload as #private::Payload>::poll_wait),
            Some((payload, true)) => quote!(<#payload as #private::Payload>::poll_within),
            None => quote!(#private::Operation::poll),
        };
        let poll = placed(quote!(#poll(operation, step)), self.input.model.user_span(name.span()));
        quote! {
            #state::#name { #awaiting: operation, #(#fields: #values),* } => {
                match #poll? {
                    #private::Polled::Ready(#output) => {
                        #private::Ok(#private::Fed::Ready(#next::#stretch { #(#passed),* }))
                    }
                    #private::Polled::Pending(operation) => {
                        #private::Ok(#private::Fed::Pending(#state::#name { #awaiting: operation, #(#fields: #values),* }))
                    }
                }
            }
        }
    }

    /// Runs the stretch that is to begin, in its group.
    fn enter(&self) -> TokenStream {
        let private = &self.input.private;
        let (state, next, enter) = (self.input.model.state_name(), next_type(), item("enter"));
        let output = &self.input.model.output;
        let arms = self.input.liveness.entries().map(|entry| {
            let (stretch, group) = (stretch_name(entry), group_name(self.groups[&entry]));
            quote!(#next::#stretch { .. } => #private::run(&leave, #group(next, step, &leave)),)
        });
        quote! {
            #[allow(clippy::all, clippy::pedantic)]
            fn #enter(
                next: #next,
                step: &#private::Step<'_>,
            ) -> #private::Left<#state, #next, #output> {
                let leave = #private::Leave::new();
                match next { #(#arms)* }
            }
        }
    }

    /// One group: the stretches that share variables whose types only rustc knows, as arms of one function.
    fn group(&self, group: usize) -> TokenStream {
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
        let stretches = members.iter().map(|entry| {
            let (number, code) = (number(*entry), Stretch::new(self, *entry).code());
            quote!(#number => { #code })
        });
        let body = quote! {
            #(#slots)*
            let #exit = #group_label: {
                let mut #entry: u32 = match #to { #(#begins)* _ => ::core::unreachable!() };
                #stretch: loop {
                    match #entry {
                        #(#stretches)*
                        _ => ::core::unreachable!(),
                    }
                }
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

    /// Where rustc reports what it finds wrong with a variable's type.
    pub(super) fn span_of(&self, id: BindingId) -> Span {
        self.input.model.user_span(self.input.flow.binding(id).ident.span())
    }

    pub(super) fn are_together(&self, one: BlockId, other: BlockId) -> bool {
        self.groups[&one] == self.groups[&other]
    }
}

/// Names of items, which macros cannot hide from the user's code around them: no one writes them by chance.
fn item(name: &str) -> Ident {
    format_ident!("__sayiir_{name}", span = Span::mixed_site())
}

pub(super) fn next_type() -> Ident {
    item("next")
}

fn group_name(group: usize) -> Ident {
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
