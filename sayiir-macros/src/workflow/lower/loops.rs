//! Loops, and the jumps that leave them.

use proc_macro2::Span;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Label, Lifetime};

use super::super::bindings::Bindings;
use super::super::ir::{BindingId, BlockId, Effect, End, Question, Renewed};
use super::super::resolve;
use super::{Dest, Lowerer, Target, unit_at};

impl Lowerer<'_> {
    /// `loop`.
    pub(super) fn repeat(&mut self, repeat: syn::ExprLoop, dest: Dest) {
        self.looped(repeat.label, Some(dest), |this, _| this.statements(repeat.body.stmts, Dest::Discard));
    }

    /// `while`, also with `let`.
    pub(super) fn repeat_while(&mut self, repeat: syn::ExprWhile) {
        self.looped(repeat.label, None, |this, exit| {
            this.condition(*repeat.cond, exit);
            this.statements(repeat.body.stmts, Dest::Discard);
        });
    }

    /// `for`: the iterator is a variable like any other, and so is saved. Over `&items` it is a position in `items`.
    pub(super) fn repeat_for(&mut self, repeat: syn::ExprForLoop) {
        let span = repeat.expr.span();
        let base = self.base_name(&Expr::Block(syn::ExprBlock {
            attrs: Vec::new(),
            label: None,
            block: repeat.body.clone(),
        }));
        let question =
            Question::Another { item: repeat.pat.to_token_stream(), items: repeat.expr.to_token_stream() };
        let items = self.lower_expr(*repeat.expr, None);
        let by_position = is_borrowed_place(&items);
        let outer = self.block(self.scope);
        self.scoped(Some(outer), |this| {
            this.enter();
            let cursor = this.temporary(&format!("{base}_items"), span);
            this.flow.bindings[cursor.0].mutable = true;
            this.begin_iteration(cursor, &items, by_position, span);
            this.looped(repeat.label, None, |this, exit| {
                let item = this.temporary(&format!("{base}_item"), repeat.pat.span());
                this.flow.bindings[item.0].reference = by_position;
                this.next_item(question, cursor, item, by_position.then(|| items.clone()), exit);
                let value = resolve::marker(item, repeat.pat.span());
                this.bind_pattern(*repeat.pat, None, value, &quote!());
                if by_position {
                    this.renew_item(cursor, item, items);
                }
                this.statements(repeat.body.stmts, Dest::Discard);
            });
            this.end(End::Goto(outer));
        });
        self.begin(outer);
    }

    fn begin_iteration(&mut self, cursor: BindingId, items: &Expr, by_position: bool, span: Span) {
        let private = self.private.clone();
        let ident = self.flow.binding(cursor).ident.clone();
        let mut effect = Effect { declares: vec![(cursor, true)], ..Effect::default() };
        let first = if by_position {
            self.flow.bindings[cursor.0].ty = Some(syn::parse_quote!(::core::primitive::usize));
            quote!(0usize)
        } else {
            let mut items = items.clone();
            effect.uses = self.resolve(&mut items).uses;
            let begin =
                crate::diagnostics::placed(quote!(<_ as #private::DurableIterator>::into_cursor), span);
            quote_spanned!(span=> #begin(#items))
        };
        self.statement(quote!(let mut #ident = #first;), effect);
    }

    /// Lets the item of a loop over `&items`, and what its pattern borrows from it, be made anew behind each wait.
    fn renew_item(&mut self, cursor: BindingId, item: BindingId, mut items: Expr) {
        let private = self.private.clone();
        let Some(bound) = self.flow.blocks[self.current.0].statements.last() else { return };
        let declared = bound.effect.declares.iter().map(|(id, _)| *id);
        let references: Bindings =
            declared.filter(|id| self.flow.binding(*id).reference).chain([item]).collect();
        // One that is given another value has to be stored, and cannot be.
        if references.iter().any(|id| id != item && self.flow.binding(id).mutable) {
            return;
        }
        let pattern = bound.tokens.clone();
        let (cursor_ident, item_ident) = (&self.flow.binding(cursor).ident, &self.flow.binding(item).ident);
        let statements = quote! {
            let #private::Some(#item_ident) =
                #private::Iterator::nth(&mut #private::IntoIterator::into_iter(#items), #cursor_ident - 1)
            else {
                ::core::unreachable!()
            };
            #pattern
        };
        let mut uses = self.resolve(&mut items).uses;
        uses.insert(cursor);
        self.flow.renewed.push(Renewed { references, statements, uses, scope: self.scope });
    }

    /// Takes the next item, or leaves the loop.
    fn next_item(
        &mut self,
        question: Question,
        cursor: BindingId,
        item: BindingId,
        by_position: Option<Expr>,
        exit: BlockId,
    ) {
        let private = self.private.clone();
        let (cursor_ident, item_ident) =
            (self.flow.binding(cursor).ident.clone(), self.flow.binding(item).ident.clone());
        let mut effect =
            Effect { uses: Bindings::from_iter([cursor]), declares: vec![(item, true)], ..Effect::default() };
        let next = match by_position {
            None => quote!(#private::Cursor::advance(&mut #cursor_ident)),
            Some(mut items) => {
                effect.uses.add(&self.resolve(&mut items).uses);
                quote!(#private::Iterator::nth(&mut #private::IntoIterator::into_iter(#items), #cursor_ident))
            }
        };
        let forward = self.flow.binding(cursor).ty.is_some();
        let then = self.block(self.scope);
        let cond = quote!(let #private::Some(#item_ident) = #next);
        self.end(End::Branch { question, cond, effect, then, otherwise: exit });
        self.begin(then);
        if forward {
            let effect = Effect {
                uses: Bindings::from_iter([cursor]),
                assigns: Bindings::from_iter([cursor]),
                ..Effect::default()
            };
            self.statement(quote!(#cursor_ident += 1;), effect);
        }
    }

    /// Any loop; `dest` is where the value of its `break`s goes, if they can have one.
    fn looped(&mut self, label: Option<Label>, dest: Option<Dest>, body: impl FnOnce(&mut Self, BlockId)) {
        let (gives_value, dest) = (dest.is_some(), dest.unwrap_or(Dest::Discard));
        let exit = self.block(self.scope);
        self.scoped(Some(exit), |this| {
            this.enter();
            let head = this.current;
            this.flow.blocks[head.0].is_loop_head = true;
            let label = label.map(|label| label.name);
            this.targets.push(Target { label, head: Some(head), exit, dest, gives_value });
            this.scoped(None, |this| {
                body(this, exit);
                this.end(End::Goto(head));
            });
            this.targets.pop();
        });
        self.begin(exit);
    }

    pub(super) fn break_out(&mut self, jump: syn::ExprBreak) {
        let Some((exit, dest, gives_value)) = self
            .target(jump.label.as_ref(), false, jump.break_token.span)
            .map(|target| (target.exit, target.dest, target.gives_value))
        else {
            return;
        };
        if let Some(value) = jump.expr.as_ref().filter(|_| !gives_value) {
            self.errors.on(value, "`break` can give a value out of a `loop` or a labelled block, and not out of a `while` or `for`: remove it");
        }
        let value = jump.expr.map_or_else(|| unit_at(jump.break_token.span), |expr| *expr);
        self.lower_into(value, dest);
        self.end_for_good(End::Goto(exit));
    }

    pub(super) fn continue_with(&mut self, jump: &syn::ExprContinue) {
        let target = self.target(jump.label.as_ref(), true, jump.continue_token.span);
        if let Some(head) = target.and_then(|target| target.head) {
            self.end_for_good(End::Goto(head));
        }
    }

    fn target(&mut self, label: Option<&Lifetime>, loops_only: bool, span: Span) -> Option<&Target> {
        let wanted = |target: &&Target| match label {
            Some(label) => target.label.as_ref().is_some_and(|known| known.ident == label.ident),
            None => target.head.is_some(),
        };
        let found =
            self.targets.iter().rposition(|target| wanted(&target) && (!loops_only || target.head.is_some()));
        match (found, label) {
            (Some(index), _) => return self.targets.get(index),
            (None, Some(label)) => {
                self.errors.on(label, format!("there is no loop or block labelled `{label}` around this"));
            }
            (None, None) => self.errors.at(span, "this is not inside a loop"),
        }
        None
    }
}

/// Whether the loop goes over `&items`, which is looked at anew for each item.
fn is_borrowed_place(items: &Expr) -> bool {
    fn is_place(expr: &Expr) -> bool {
        match expr {
            Expr::Path(_) => true,
            Expr::Field(field) => is_place(&field.base),
            Expr::Paren(inner) => is_place(&inner.expr),
            _ => false,
        }
    }
    match items {
        Expr::Reference(borrow) => borrow.mutability.is_none() && is_place(&borrow.expr),
        Expr::Paren(inner) => is_borrowed_place(&inner.expr),
        _ => false,
    }
}
