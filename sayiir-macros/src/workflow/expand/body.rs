//! The compiled body, stretch by stretch.
//!
//! ```text
//! feed(state)  — hands the outcome to the operation of the state; when that is done: which stretch begins, with what
//! enter(next)  — runs the stretch: the user's code, then one of
//!     return value                                        — done
//!     break 'group Exit::Waits(State::Variant { .. })     — waits
//!     break 'group Exit::Goes(Next::Stretch { .. })       — goes on in a stretch of another group
//!     put into slots; entry = n; continue 'stretch        — goes on in a stretch of this group
//! ```
//! The stretches that share variables without a named type are arms of one function, in source order, so that rustc infers
//! those types. The others stand alone: what rustc spends on a function grows faster than its size. See `group`.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::names::{group_name, item, next_type, slot, stretch_name};
use super::state::{Variant, checked, field_type};
use super::surface::signal_of;
use super::{Input, groups};
use crate::diagnostics::placed;
use crate::workflow::bindings::Bindings;
use crate::workflow::ir::{BindingId, BlockId};

pub(super) struct Body<'a> {
    pub(super) input: &'a Input<'a>,
    pub(super) variants: &'a [Variant],
    /// The variables that stand in more than one stretch: their values cross, or each stretch has one of its own. Each has a
    /// slot, by which rustc sees that it is of one type everywhere.
    pub(super) shared: Bindings,
    /// Which group each stretch belongs to.
    pub(super) groups: BTreeMap<BlockId, usize>,
    /// The stretches of each group.
    members: Vec<Vec<BlockId>>,
    /// Where each group's variables without a named type are saved.
    pub(super) inferred: Vec<Vec<Inferred<'a>>>,
}

/// A field of the state of which only rustc knows the type.
pub(super) struct Inferred<'a> {
    pub(super) variant: &'a Variant,
    pub(super) field: &'a Ident,
    pub(super) id: BindingId,
}

impl<'a> Body<'a> {
    pub(super) fn new(input: &'a Input<'a>, variants: &'a [Variant]) -> Self {
        let (flow, liveness) = (input.flow, input.liveness);
        let mut shared = Bindings::default();
        let mut seen = Bindings::default();
        for entry in liveness.entries() {
            let needed: Bindings = liveness.needed(flow, entry).into_iter().collect();
            let mut here = liveness.touched_within(entry);
            here.add(&needed);
            shared.add(&needed);
            shared.extend(here.iter().filter(|id| seen.contains(*id)));
            seen.add(&here);
        }
        let groups = groups::of(flow, liveness);
        let count = groups.values().max().map_or(0, |last| last + 1);
        let mut members = vec![Vec::new(); count];
        for (entry, group) in &groups {
            members[*group].push(*entry);
        }
        let mut inferred: Vec<_> = members.iter().map(|_| Vec::new()).collect();
        for variant in variants {
            let unnamed = variant.fields.iter().filter(|(_, id)| flow.binding(*id).ty.is_none());
            inferred[groups[&variant.entry(flow)]].extend(unnamed.map(|(field, id)| Inferred {
                variant,
                field,
                id: *id,
            }));
        }
        Self { input, variants, shared, groups, members, inferred }
    }

    /// What `advance` and `describe` call: the type of what stretches begin with, and the functions that run them.
    pub(super) fn functions(&self) -> TokenStream {
        let (next, feed, enter) = (self.next_definition(), self.feed(), self.enter());
        let groups = self.members.iter().map(|members| self.group(members));
        quote!(#next #feed #enter #(#groups)*)
    }

    pub(super) fn advance(&self) -> TokenStream {
        let private = &self.input.private;
        let (next, feed, enter) = (next_type(), item("feed"), item("enter"));
        quote! {
            fn advance(
                state: Self::State,
                step: &mut #private::Step<'_>,
            ) -> #private::Progress<Self::State, Self::Return> {
                #private::advance::<_, #next, _>(state, step, #feed, #enter)
            }
        }
    }

    /// The fields whose types the syntax names, and those that the functions which hold them describe.
    pub(super) fn describe(&self) -> TokenStream {
        let private = &self.input.private;
        let (state, next) = (self.input.model.state_name(), next_type());
        let inferred = self.inferred.iter().enumerate().filter(|(_, fields)| !fields.is_empty());
        let inferred = inferred.map(|(group, _)| {
            let group = group_name(group);
            quote! {
                let leave = #private::Leave::new();
                fields.add_inferred(#private::run(&leave, #group(#next::Describe, step, &leave)));
            }
        });
        quote! {
            fn describe(fields: &mut #private::Fields, step: &#private::Step<'_>) {
                <#state as #private::WorkflowState>::describe(fields);
                #(#inferred)*
            }
        }
    }

    /// What a stretch is begun with: one variant for each, holding what it needs.
    fn next_definition(&self) -> TokenStream {
        let name = next_type();
        let variants = self.input.liveness.entries().map(|entry| {
            let variant = stretch_name(entry);
            let fields = self.needed(entry).into_iter().map(|id| {
                let (field, ty) = (slot(id), field_type(self.input, id));
                quote!(#field: #ty)
            });
            quote!(#variant { #(#fields),* })
        });
        let describe = self.describes().then(|| quote!(Describe));
        quote!(enum #name { #(#variants,)* #describe })
    }

    pub(super) fn needed(&self, entry: BlockId) -> Vec<BindingId> {
        self.input.liveness.needed(self.input.flow, entry)
    }

    /// Hands the outcome to the operation of the state; once that is done, the stretch behind it can begin.
    fn feed(&self) -> TokenStream {
        let private = &self.input.private;
        let (state, next, feed) = (self.input.model.state_name(), next_type(), item("feed"));
        let arms = self.variants.iter().map(|variant| self.feed_variant(variant));
        quote! {
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
        let entry = variant.entry(self.input.flow);
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
        let place = self.input.model.user_span(name.span());
        let poll = match signal_of(&self.input.flow.points[point.0].operation_type) {
            Some((payload, false)) => quote!(<#payload as #private::Payload>::poll_wait),
            Some((payload, true)) => quote!(<#payload as #private::Payload>::poll_within),
            None => quote!(#private::Operation::poll),
        };
        let conditions = &self.input.flow.points[point.0].conditions;
        let (poll, operation) = (placed(poll, place), checked(conditions, quote!(operation)));
        // A name of ours keeps its hygiene: the user's tokens may come from another macro.
        let step = quote!(step);
        let poll = checked(conditions, quote_spanned!(place=> #poll(#operation, #step)));
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
        let describe = self.describes().then(|| {
            quote!(#next::Describe => #private::Left::Exit(#private::Exit::Described(#private::Vec::new())),)
        });
        let arms = self.input.liveness.entries().map(|entry| {
            let (stretch, group) = (stretch_name(entry), group_name(self.groups[&entry]));
            if self.is_alone(entry) {
                let values: Vec<_> = self.needed(entry).into_iter().map(slot).collect();
                return quote! {
                    #next::#stretch { #(#values),* } => #private::run(&leave, #group(#(#values,)* step, &leave)),
                };
            }
            quote!(#next::#stretch { .. } => #private::run(&leave, #group(next, step, &leave)),)
        });
        quote! {
            fn #enter(
                next: #next,
                step: &#private::Step<'_>,
            ) -> #private::Left<#state, #next, #output> {
                let leave = #private::Leave::new();
                match next { #(#arms)* #describe }
            }
        }
    }

    /// Whether anything is saved of which only rustc knows the type.
    fn describes(&self) -> bool {
        self.inferred.iter().any(|fields| !fields.is_empty())
    }

    /// Where rustc reports what it finds wrong with a variable's type.
    pub(super) fn span_of(&self, id: BindingId) -> Span {
        self.input.model.user_span(self.input.flow.binding(id).ident.span())
    }

    /// Whether the function of this stretch holds no other, nor a loop: nothing has to be kept in slots then.
    pub(super) fn is_alone(&self, entry: BlockId) -> bool {
        self.members[self.groups[&entry]].len() == 1 && !self.input.liveness.comes_back(entry)
    }

    pub(super) fn are_together(&self, one: BlockId, other: BlockId) -> bool {
        self.groups[&one] == self.groups[&other]
    }
}
