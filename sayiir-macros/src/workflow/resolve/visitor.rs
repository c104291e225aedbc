//! The walk through the user's code.

use proc_macro2::{Group, Ident};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, Token};

use super::super::ir::{Binding, BindingId, Effect};
use super::arguments::run_id;
use super::pattern::bound_names;
use super::{MARKER, Names, as_name, is_assignment, located, meaning, root};

pub(super) struct Resolver<'a> {
    pub(super) names: &'a Names,
    pub(super) bindings: &'a [Binding],
    /// Names that the code itself declares, innermost last.
    pub(super) local: Vec<Ident>,
    pub(super) effect: Effect,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(names: &'a Names, bindings: &'a [Binding]) -> Self {
        Self { names, bindings, local: Vec::new(), effect: Effect::default() }
    }

    fn meaning(&self, ident: &Ident) -> Option<BindingId> {
        if self.local.contains(ident) {
            return None;
        }
        meaning(&ident.to_string(), self.names)
    }

    /// Counts a use and writes the right name.
    pub(super) fn use_name(&mut self, ident: &mut Ident) -> bool {
        let Some(id) = self.meaning(ident) else {
            return false;
        };
        self.effect.uses.insert(id);
        self.effect.places.entry(id).or_insert_with(|| ident.span());
        let binding = &self.bindings[id.0];
        if binding.renamed {
            *ident = located(&binding.ident, ident);
        }
        binding.renamed
    }

    fn scoped(&mut self, body: impl FnOnce(&mut Self)) {
        let mark = self.local.len();
        body(self);
        self.local.truncate(mark);
    }

    fn declare(&mut self, pat: &Pat) {
        self.local.extend(bound_names(pat));
    }
}

impl VisitMut for Resolver<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(call) = expr
            && call.mac.path.segments.last().is_some_and(|last| last.ident == "run_id")
        {
            *expr = Expr::Verbatim(run_id(call.mac.path.span()));
            return;
        }
        if let Expr::Group(group) = expr
            && let Expr::Path(path) = &mut *group.expr
            && let Some(place) =
                path.path.get_ident().filter(|name| name.to_string().starts_with(MARKER)).map(Ident::span)
        {
            // `(output,).0`: an expression that begins and ends where the awaited one does, in the user's own hygiene, so
            // that rustc underlines what the user wrote and its suggestions fit there.
            self.visit_expr_path_mut(path);
            let mut tuple = Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#path,));
            tuple.set_span(place);
            let end = quote_spanned!(group.group_token.span=> .0);
            *expr = Expr::Verbatim(quote!(#tuple #end));
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_expr_path_mut(&mut self, path: &mut syn::ExprPath) {
        if path.qself.is_none()
            && path.path.leading_colon.is_none()
            && path.path.segments.len() == 1
            && path.path.segments[0].arguments.is_none()
        {
            self.use_name(&mut path.path.segments[0].ident);
        }
    }

    fn visit_expr_binary_mut(&mut self, binary: &mut syn::ExprBinary) {
        if is_assignment(&binary.op) {
            self.note_change(&binary.left);
        }
        visit_mut::visit_expr_binary_mut(self, binary);
    }

    fn visit_expr_reference_mut(&mut self, borrow: &mut syn::ExprReference) {
        if borrow.mutability.is_some() {
            self.note_change(&borrow.expr);
        }
        visit_mut::visit_expr_reference_mut(self, borrow);
    }

    fn visit_expr_assign_mut(&mut self, assign: &mut syn::ExprAssign) {
        self.note_change(&assign.left);
        self.visit_expr_mut(&mut assign.right);
        let targets: Vec<BindingId> =
            targets(&assign.left).into_iter().filter_map(|name| self.meaning(name)).collect();
        // A variable that gets a whole new value is not used by that, unless it also says where another one goes.
        let mut used = Resolver { effect: Effect::default(), local: self.local.clone(), ..*self };
        let others = places(&assign.left).into_iter().filter(|place| as_name(place).is_none());
        others.for_each(|place| used.visit_expr_mut(&mut place.clone()));
        used.effect.uses.add(&self.effect.uses);
        let used = used.effect.uses;
        self.visit_expr_mut(&mut assign.left);
        for target in targets.iter().filter(|target| !used.contains(**target)) {
            self.effect.uses.remove(*target);
        }
        self.effect.assigns.extend(targets);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        self.scoped(|this| {
            for input in &closure.inputs {
                this.declare(input);
            }
            this.visit_expr_mut(&mut closure.body);
        });
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        self.scoped(|this| visit_mut::visit_block_mut(this, block));
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, otherwise)) = &mut init.diverge {
                self.visit_expr_mut(otherwise);
            }
        }
        self.declare(&local.pat);
    }

    fn visit_expr_let_mut(&mut self, binding: &mut syn::ExprLet) {
        self.visit_expr_mut(&mut binding.expr);
        self.declare(&binding.pat);
    }

    fn visit_expr_if_mut(&mut self, branch: &mut syn::ExprIf) {
        self.scoped(|this| {
            this.visit_expr_mut(&mut branch.cond);
            this.visit_block_mut(&mut branch.then_branch);
        });
        if let Some((_, otherwise)) = &mut branch.else_branch {
            self.visit_expr_mut(otherwise);
        }
    }

    fn visit_expr_while_mut(&mut self, repeat: &mut syn::ExprWhile) {
        self.scoped(|this| {
            this.visit_expr_mut(&mut repeat.cond);
            this.visit_block_mut(&mut repeat.body);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, repeat: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut repeat.expr);
        self.scoped(|this| {
            this.declare(&repeat.pat);
            this.visit_block_mut(&mut repeat.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|this| {
            this.declare(&arm.pat);
            if let Pat::Guard(guard) = &mut arm.pat {
                this.visit_expr_mut(&mut guard.guard);
            }
            this.visit_expr_mut(&mut arm.body);
        });
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        let shorthand = field.colon_token.is_none();
        let renamed = match as_name(&field.expr) {
            Some(name) if shorthand => self.meaning(name).is_some_and(|id| self.bindings[id.0].renamed),
            Some(_) | None => false,
        };
        if renamed {
            field.colon_token = Some(Token![:](proc_macro2::Span::call_site()));
        }
        self.visit_expr_mut(&mut field.expr);
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        self.macro_call(call);
    }

    fn visit_pat_mut(&mut self, _: &mut Pat) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

impl Resolver<'_> {
    fn note_change(&mut self, place: &Expr) {
        let roots = places(place).into_iter().filter_map(root);
        let changed: Vec<BindingId> = roots.filter_map(|name| self.meaning(name)).collect();
        self.effect.changes.extend(changed);
    }
}

/// The places that the left side of an assignment gives values to.
fn places(left: &Expr) -> Vec<&Expr> {
    match left {
        Expr::Paren(inner) => places(&inner.expr),
        Expr::Group(inner) => places(&inner.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().flat_map(places).collect(),
        Expr::Array(array) => array.elems.iter().flat_map(places).collect(),
        Expr::Call(call) => call.args.iter().flat_map(places).collect(),
        Expr::Struct(literal) => literal.fields.iter().flat_map(|field| places(&field.expr)).collect(),
        place => vec![place],
    }
}

/// The whole variables among them.
fn targets(left: &Expr) -> Vec<&Ident> {
    places(left).into_iter().filter_map(as_name).collect()
}
