//! Branches and blocks: `if`, `match`, `{ .. }`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{BinOp, Expr, Pat};

use super::super::ir::{BlockId, Effect, End, MatchArm, Question};
use super::super::{resolve, splits, text};
use super::statements::attributes;
use super::{Dest, Lowerer, Target};

impl Lowerer<'_> {
    /// `{ .. }` and `'label: { .. }`.
    pub(super) fn block_expression(&mut self, block: syn::ExprBlock, dest: Dest) {
        let exit = self.block(self.scope);
        self.scoped(Some(exit), |this| {
            this.enter();
            let labelled = block.label.is_some();
            if let Some(label) = block.label {
                this.targets.push(Target {
                    label: Some(label.name),
                    head: None,
                    exit,
                    dest,
                    gives_value: true,
                });
            }
            this.statements(block.block.stmts, dest);
            if labelled {
                this.targets.pop();
            }
            this.end(End::Goto(exit));
        });
        self.begin(exit);
    }

    /// `if`, with all its chains: each condition that does not hold leads to the other side.
    pub(super) fn branch(&mut self, branch: syn::ExprIf, dest: Dest) {
        let join = self.block(self.scope);
        self.scoped(Some(join), |this| {
            this.enter();
            let otherwise = this.block(this.scope);
            this.scoped(Some(otherwise), |this| {
                this.enter();
                this.condition(*branch.cond, otherwise);
                this.statements(branch.then_branch.stmts, dest);
                this.end(End::Goto(join));
            });
            this.begin(otherwise);
            match branch.else_branch {
                Some((_, other)) => this.lower_into(*other, dest),
                None => this.statements(Vec::new(), dest),
            }
            this.end(End::Goto(join));
        });
        self.begin(join);
    }

    /// Goes on where the condition holds; else to `otherwise`.
    pub(super) fn condition(&mut self, cond: Expr, otherwise: BlockId) {
        match cond {
            Expr::Binary(chain) if matches!(chain.op, BinOp::And(_)) => {
                self.condition(*chain.left, otherwise);
                self.condition(*chain.right, otherwise);
            }
            Expr::Paren(inner) if splits::expr(&inner.expr) && !matches!(*inner.expr, Expr::Let(_)) => {
                self.condition(*inner.expr, otherwise);
            }
            cond => {
                let question = Question::Holds(cond.to_token_stream());
                let mut cond = self.lower_expr(cond, None);
                let known = match &cond {
                    Expr::Let(binding) => self.type_of(&binding.expr),
                    _ => None,
                };
                let mut effect = self.resolve(&mut cond);
                let then = self.block(self.scope);
                let from = self.current;
                if let Expr::Let(binding) = &mut cond {
                    let reference = self.is_reference(&binding.expr);
                    let borrowed = if reference { resolve::borrowed_names(&binding.pat) } else { Vec::new() };
                    effect.declares = self.declare_pattern(&mut binding.pat, known.as_ref());
                    self.mark_references(&effect, &borrowed);
                }
                self.current = from;
                let cond = cond.into_token_stream();
                self.end(End::Branch { question, cond, effect, then, otherwise });
                self.begin(then);
            }
        }
    }

    /// `match`.
    pub(super) fn choice(&mut self, choice: syn::ExprMatch, dest: Dest) {
        let written = choice.expr.to_token_stream();
        let words = choice.arms.iter().map(|arm| text::of(arm.pat.to_token_stream())).collect();
        self.decide(choice, Some(written), words, dest);
    }

    /// Goes on with one of several arms; `written` and `words` are for the diagram, as [`End::Match`] has them.
    pub(super) fn decide(
        &mut self,
        choice: syn::ExprMatch,
        written: Option<TokenStream>,
        words: Vec<String>,
        dest: Dest,
    ) {
        let mut scrutinee = self.lower_expr(*choice.expr, None);
        let known = self.type_of(&scrutinee);
        let reference = self.is_reference(&scrutinee);
        let effect = self.resolve(&mut scrutinee);
        let join = self.block(self.scope);
        self.scoped(Some(join), |this| {
            this.enter();
            let from = this.current;
            let mut arms = Vec::new();
            for (arm, words) in choice.arms.into_iter().zip(words) {
                let attrs = attributes(&arm.attrs);
                let last = arm.body.to_token_stream().into_iter().last();
                let end = last.map_or_else(proc_macro2::Span::call_site, |last| last.span());
                this.scoped(None, |this| {
                    let borrowed = if reference { resolve::borrowed_names(&arm.pat) } else { Vec::new() };
                    let (pat, effect) = this.arm_pattern(arm.pat, known.as_ref());
                    this.mark_references(&effect, &borrowed);
                    let body = this.block(this.scope);
                    this.begin(body);
                    this.lower_into(*arm.body, dest);
                    this.end(End::Goto(join));
                    let pat = pat.into_token_stream();
                    arms.push(MatchArm { words, attrs, pat, effect, body, end });
                });
            }
            this.current = from;
            this.end(End::Match { written, scrutinee: quote!(#scrutinee), effect, arms });
        });
        self.begin(join);
    }

    fn arm_pattern(&mut self, mut pat: Pat, known: Option<&syn::Type>) -> (Pat, Effect) {
        let declares = self.declare_pattern(&mut pat, known);
        let mut effect = match &mut pat {
            Pat::Guard(guard) => self.resolve(&mut guard.guard),
            _ => Effect::default(),
        };
        effect.declares = declares;
        (pat, effect)
    }
}
