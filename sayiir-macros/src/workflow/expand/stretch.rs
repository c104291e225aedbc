//! One stretch: the code from where a run goes on to where it waits, returns, or goes on in another stretch.
//!
//! Within a stretch the user's control flow is written as it was. A scope that is left towards code behind it becomes a
//! labelled block, so that its variables end where they did.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::quote;
use syn::Lifetime;

use super::body::Body;
use super::names::{codec, label, next_type, number, slot, stretch_name};
use super::own;
use super::state::checked;
use crate::workflow::bindings::Bindings;
use crate::workflow::ir::{self, BindingId, BlockId, End, PointId, ScopeId};
use crate::workflow::liveness::scopes_within;
use crate::workflow::model::bare;

pub(super) struct Stretch<'a> {
    body: &'a Body<'a>,
    entry: BlockId,
    /// The variables that get a value in this stretch by assignment. One that is declared without a value and gets none
    /// here is not written out: rustc could not tell its type.
    assigned: &'a Bindings,
    /// Whether variables come in slots, or as parameters under the slots' names.
    slots: bool,
}

impl<'a> Stretch<'a> {
    pub(super) fn new(body: &'a Body<'a>, entry: BlockId, slots: bool) -> Self {
        let assigned = body.input.liveness.assigned_within(entry);
        Self { body, entry, assigned, slots }
    }

    pub(super) fn code(&self) -> TokenStream {
        self.from(self.entry, None, Some(self.entry))
    }

    /// The code from a block on, inside the scope `outer`. At the beginning of a stretch, `entry` says which variables have
    /// to be taken from their slots; they are, each in its own scope.
    fn from(&self, block: BlockId, outer: Option<ScopeId>, entry: Option<BlockId>) -> TokenStream {
        let flow = self.body.input.flow;
        let inside = scopes_within(flow, flow.block(block).scope, outer);
        let wrap = inside.iter().position(|scope| flow.scopes[scope.0].exit.is_some());
        let Some(wrap) = wrap else {
            return self.opened(entry, &inside, self.block(block));
        };
        let scope = inside[wrap];
        let inner = self.opened(entry, &[scope], self.from(block, Some(scope), entry));
        let exit = flow.scopes[scope.0].exit.filter(|exit| self.is_reached_within(*exit, block));
        let code = match exit {
            None => inner,
            Some(exit) => {
                let name = scope_label(scope);
                let after = self.from(exit, flow.scopes[scope.0].parent, None);
                quote!(#name: { #inner } #after)
            }
        };
        self.opened(entry, &inside[..wrap], code)
    }

    /// Code inside these scopes, outermost first: after their items and, at the beginning of a stretch, their variables.
    fn opened(&self, entry: Option<BlockId>, scopes: &[ScopeId], code: TokenStream) -> TokenStream {
        scopes.iter().rev().fold(code, |code, scope| {
            let items = &self.body.input.flow.scopes[scope.0].items;
            let loads = self.entry_loads(entry, &[*scope]);
            if items.is_empty() { quote!(#loads #code) } else { quote!({ #(#items)* #loads #code }) }
        })
    }

    /// Whether `exit` is written out in the stretch that `from` belongs to.
    fn is_reached_within(&self, exit: BlockId, from: BlockId) -> bool {
        !self.body.input.liveness.is_entry(exit)
            && self.body.input.liveness.region(self.body.input.flow, from).contains(&exit)
    }

    fn entry_loads(&self, entry: Option<BlockId>, scopes: &[ScopeId]) -> TokenStream {
        let Some(entry) = entry else {
            return TokenStream::new();
        };
        let flow = self.body.input.flow;
        let here = |id: &BindingId| scopes.contains(&flow.binding(*id).scope);
        let renewed = self.body.input.liveness.renewed(flow, entry);
        let renewed =
            renewed.filter(|renewed| scopes.contains(&renewed.scope)).map(|renewed| &renewed.statements);
        let needed = self.body.input.liveness.needed(flow, entry).into_iter().filter(here).map(|id| {
            let binding = flow.binding(id);
            let (ident, slot) = (&binding.ident, slot(id));
            let mutable = binding.mutable.then(|| quote!(mut));
            let take = self.slots.then(|| quote!(.take()));
            let value = checked(flow.conditions_of(id), quote!(#slot #take));
            quote!(let #mutable #ident = #value;)
        });
        let assigned =
            self.body.input.liveness.declared_again(flow, entry).into_iter().filter(here).map(|id| {
                let binding = flow.binding(id);
                let ident = &binding.ident;
                let mutable = binding.mutable.then(|| quote!(mut));
                let ty = binding.ty.as_ref().map(|ty| quote!(: #ty));
                let tie = self.tie_unvalued(id);
                quote!(let #mutable #ident #ty; #tie)
            });
        // What a pattern has copied out of an item counts as it was stored.
        quote!(#(#renewed)* #(#needed)* #(#assigned)*)
    }

    fn block(&self, id: BlockId) -> TokenStream {
        let block = self.body.input.flow.block(id);
        let wanted = |statement: &&ir::Statement| {
            let mut unvalued = statement.effect.declares.iter().filter(|(_, valued)| !*valued).peekable();
            unvalued.peek().is_none() || unvalued.any(|(id, _)| self.assigned.contains(*id))
        };
        let statements = block.statements.iter().filter(wanted).map(|statement| {
            let tokens = &statement.tokens;
            let declared = statement.effect.declares.iter();
            let declared =
                declared.map(|(id, valued)| if *valued { self.tie(*id) } else { self.tie_unvalued(*id) });
            let assigned = statement.effect.kills.iter().map(|id| self.tie(id));
            quote!(#tokens #(#declared)* #(#assigned)*)
        });
        let end = self.end(&block.end, block.scope);
        quote!(#(#statements)* #end)
    }

    /// Lets rustc know that a variable and its slot are of one type, also where the value does not go through the slot.
    fn tie(&self, id: BindingId) -> Option<TokenStream> {
        let binding = self.body.input.flow.binding(id);
        (self.body.shared.contains(id) && binding.ty.is_none()).then(|| {
            let (slot, ident) = (slot(id), &binding.ident);
            quote!(#slot.same_type_as(&#ident);)
        })
    }

    /// The same for a variable that has no value yet: on a way that is never gone, it is given one. A temporary has no
    /// annotation of its own either.
    fn tie_unvalued(&self, id: BindingId) -> Option<TokenStream> {
        let binding = self.body.input.flow.binding(id);
        let (slot, ident) = (slot(id), &binding.ident);
        match &binding.ty {
            None => self
                .body
                .shared
                .contains(id)
                .then(|| quote!(if false { #ident = #slot.take(); ::core::unreachable!() })),
            Some(ty) => (binding.origin == ir::Origin::Temporary)
                .then(|| quote!(if false { let value: #ty = ::core::unreachable!(); #ident = value; })),
        }
    }

    fn end(&self, end: &End, scope: ScopeId) -> TokenStream {
        let ties = |effect: &ir::Effect| -> TokenStream {
            effect.declares.iter().filter_map(|(id, _)| self.tie(*id)).collect()
        };
        match end {
            End::Open => quote!(::core::unreachable!()),
            End::Goto(to) => self.edge(*to, scope),
            End::Branch { cond, effect, then, otherwise, .. } => {
                let (ties, then, otherwise) =
                    (ties(effect), self.edge(*then, scope), self.edge(*otherwise, scope));
                quote!(if #cond { #ties #then } else { #otherwise })
            }
            End::LetElse { attrs, pat, value, effect, then, otherwise, .. } => {
                let (ties, then, otherwise) =
                    (ties(effect), self.edge(*then, scope), self.edge(*otherwise, scope));
                quote!(#attrs let #pat = #value else { #otherwise }; #ties #then)
            }
            End::Match { scrutinee, arms, .. } => {
                let arms = arms.iter().map(|arm| {
                    let (attrs, pat, ties, body) =
                        (&arm.attrs, &arm.pat, ties(&arm.effect), self.edge(arm.body, scope));
                    let mut block = Group::new(Delimiter::Brace, quote!(#ties #body));
                    block.set_span(arm.end);
                    quote!(#attrs #pat => #block)
                });
                quote!(match #scrutinee { #(#arms)* })
            }
            End::Suspend(point) => self.suspend(*point),
            End::Return { keyword, value, .. } => quote!(#keyword #value;),
        }
    }

    /// The way from one block to the next.
    fn edge(&self, to: BlockId, scope: ScopeId) -> TokenStream {
        let flow = self.body.input.flow;
        if self.body.input.liveness.is_entry(to) {
            return self.go_to_stretch(to);
        }
        let around = scopes_within(flow, scope, None);
        match around.into_iter().find(|around| flow.scopes[around.0].exit == Some(to)) {
            Some(left) => {
                let name = scope_label(left);
                quote!(break #name;)
            }
            None => self.from(to, Some(scope), None),
        }
    }

    fn go_to_stretch(&self, to: BlockId) -> TokenStream {
        let needed = self.body.needed(to);
        let slots = needed.iter().map(|id| slot(*id));
        let values = needed.iter().map(|id| self.named_at_next_use(*id, to));
        if self.body.are_together(self.entry, to) {
            let (entry, stretch, number) = (own("entry"), label("stretch"), number(to));
            return quote!({ #(#slots.put(#values);)* #entry = #number; continue #stretch; });
        }
        let private = &self.body.input.private;
        let (group, next, stretch) = (label("group"), next_type(), stretch_name(to));
        quote!(break #group #private::Exit::Goes(#next::#stretch { #(#slots: #values),* });)
    }

    /// A variable that is handed on, at the place where it is used next: if it was moved before, rustc points there.
    fn named_at_next_use(&self, id: BindingId, block: BlockId) -> proc_macro2::Ident {
        let flow = self.body.input.flow;
        let mut ident = flow.binding(id).ident.clone();
        if let Some(place) = self.body.input.liveness.next_use(flow, block, id) {
            ident.set_span(place.resolved_at(ident.span()));
        }
        ident
    }

    fn suspend(&self, point: PointId) -> TokenStream {
        let private = &self.body.input.private;
        let Some(variant) = self.body.variants.iter().find(|variant| variant.point == Some(point)) else {
            return quote!(::core::unreachable!());
        };
        let (state, name, group) = (self.body.input.model.state_name(), &variant.name, label("group"));
        let awaiting = variant.awaiting();
        let operation = &self.body.input.flow.points[point.0].operation;
        let fields = variant.fields.iter().map(|(field, id)| {
            let ident = self.named_at_next_use(*id, self.body.input.flow.points[point.0].resume);
            if self.body.input.flow.binding(*id).ty.is_some() {
                return quote!(#field: #ident);
            }
            let (codec, variant, text) = (codec(*id), name.to_string(), bare(field));
            quote! {
                #field: match #private::save(&#codec, #variant, #text, &#ident) {
                    #private::Ok(stored) => stored,
                    #private::Err(fault) => break #group #private::Exit::Fault(fault),
                }
            }
        });
        quote!(break #group #private::Exit::Waits(#state::#name { #awaiting: #operation, #(#fields),* });)
    }
}

fn scope_label(scope: ScopeId) -> Lifetime {
    label(&format!("scope{}", scope.0))
}
