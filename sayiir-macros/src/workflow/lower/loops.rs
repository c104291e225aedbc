//! Loops, and the jumps that leave them.

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, Label, Lifetime};

use super::super::ir::{BlockId, Effect, End};
use super::super::resolve;
use super::{Dest, Lowerer, Target, unit};

impl Lowerer<'_> {
    /// `loop`.
    pub(super) fn repeat(&mut self, repeat: syn::ExprLoop, dest: Dest) {
        self.looped(repeat.label, dest, |this, _| this.statements(repeat.body.stmts, Dest::Discard));
    }

    /// `while`, also with `let`.
    pub(super) fn repeat_while(&mut self, repeat: syn::ExprWhile) {
        self.looped(repeat.label, Dest::Discard, |this, exit| {
            this.condition(*repeat.cond, exit);
            this.statements(repeat.body.stmts, Dest::Discard);
        });
    }

    /// `for`: the iterator is a variable like any other, and so is saved.
    pub(super) fn repeat_for(&mut self, repeat: syn::ExprForLoop) {
        let span = repeat.expr.span();
        let private = self.private.clone();
        let base = self.base_name(&Expr::Block(syn::ExprBlock {
            attrs: Vec::new(),
            label: None,
            block: repeat.body.clone(),
        }));
        let mut items = self.lower_expr(*repeat.expr, None);
        let mut effect = self.resolve(&mut items);
        let outer = self.block(self.scope);
        self.scoped(Some(outer), |this| {
            this.enter();
            let cursor = this.temporary(&format!("{base}_items"), span);
            this.flow.bindings[cursor.0].mutable = true;
            effect.declares = vec![(cursor, true)];
            let ident = this.flow.binding(cursor).ident.clone();
            this.statement(
                quote::quote_spanned!(span=> let mut #ident = #private::DurableIterator::into_cursor(#items);),
                effect,
            );
            this.looped(repeat.label, Dest::Discard, |this, exit| {
                let item = this.temporary(&format!("{base}_item"), repeat.pat.span());
                let item_ident = this.flow.binding(item).ident.clone();
                let effect = Effect {
                    uses: [cursor].into(),
                    declares: vec![(item, true)],
                    ..Effect::default()
                };
                let then = this.block(this.scope);
                let cond = quote!(let #private::Some(#item_ident) = #private::Cursor::advance(&mut #ident));
                this.end(End::Branch { cond, effect, then, otherwise: exit });
                this.begin(then);
                let value = resolve::marker(item, repeat.pat.span());
                this.bind_pattern(*repeat.pat, None, value, &quote!());
                this.statements(repeat.body.stmts, Dest::Discard);
            });
            this.end(End::Goto(outer));
        });
        self.begin(outer);
    }

    fn looped(&mut self, label: Option<Label>, dest: Dest, body: impl FnOnce(&mut Self, BlockId)) {
        let exit = self.block(self.scope);
        self.scoped(Some(exit), |this| {
            this.enter();
            let head = this.current;
            this.flow.blocks[head.0].is_loop_head = true;
            let label = label.map(|label| label.name);
            this.targets.push(Target { label, head: Some(head), exit, dest });
            this.scoped(None, |this| {
                body(this, exit);
                this.end(End::Goto(head));
            });
            this.targets.pop();
        });
        self.begin(exit);
    }

    pub(super) fn break_out(&mut self, jump: syn::ExprBreak) {
        let Some((exit, dest)) = self
            .target(jump.label.as_ref(), false, jump.break_token.span)
            .map(|target| (target.exit, target.dest))
        else {
            return;
        };
        let value = jump.expr.map_or_else(unit, |expr| *expr);
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
                self.errors.on(label, format!("there is no loop or block labelled `{label}` around this"))
            }
            (None, None) => self.errors.at(span, "this is not inside a loop"),
        }
        None
    }
}
