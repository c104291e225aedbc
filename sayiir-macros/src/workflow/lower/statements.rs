//! Statements: `let` in all its forms, expressions, items.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, Item, Local, Pat, Stmt, Type};

use super::super::ir::{Effect, End, ScopeId, Statement};
use super::super::{attributes as leading, diverges, resolve, splits};
use super::{Dest, Lowerer, unit_at};

impl Lowerer<'_> {
    /// Lowers a list of statements whose last one may be the value.
    pub(super) fn statements(&mut self, mut stmts: Vec<Stmt>, dest: Dest) {
        let items = stmts.extract_if(.., |stmt| matches!(stmt, Stmt::Item(_)));
        for item in items.collect::<Vec<_>>() {
            if let Stmt::Item(item) = item {
                self.item(item);
            }
        }
        let tail = match stmts.pop() {
            Some(Stmt::Expr(expr, None)) => Some(expr),
            Some(Stmt::Macro(call)) if call.semi_token.is_none() => {
                Some(Expr::Macro(syn::ExprMacro { attrs: call.attrs, mac: call.mac }))
            }
            Some(other) => {
                stmts.push(other);
                None
            }
            None => None,
        };
        for stmt in stmts {
            self.one(stmt);
        }
        match tail {
            Some(expr) => {
                let mut stmt = Stmt::Expr(expr, None);
                self.note_at(&mut stmt);
                if let Stmt::Expr(expr, _) = stmt {
                    self.lower_into(expr, dest);
                }
            }
            None => self.no_value(dest),
        }
    }

    /// The end of a block without a value.
    fn no_value(&mut self, dest: Dest) {
        match dest {
            Dest::Discard => {}
            // As in Rust, a block that ends in a statement which never returns is of any type.
            Dest::Into(_) | Dest::Return => match self.last_statement() {
                Some(Statement { tokens, effect }) => {
                    let place = self.place_of(dest);
                    self.deliver(Expr::Verbatim(quote::quote_spanned!(place=> { #tokens })), dest);
                    self.add_effect(&effect);
                }
                None => {
                    let nothing = self.nothing(dest);
                    self.deliver(nothing, dest);
                }
            },
        }
    }

    /// `()` where a value is wanted: rustc says there of what type it should be.
    pub(super) fn nothing(&self, dest: Dest) -> Expr {
        unit_at(self.place_of(dest))
    }

    /// Where the user wrote what wants a value.
    fn place_of(&self, dest: Dest) -> Span {
        match dest {
            Dest::Return | Dest::Discard => self.model.output.span(),
            Dest::Into(id) => self.model.user_span(self.flow.binding(id).ident.span()),
        }
    }

    /// Takes the current block's last statement back, unless it declares something.
    fn last_statement(&mut self) -> Option<Statement> {
        let block = &mut self.flow.blocks[self.current.0];
        block.statements.pop_if(|last| last.effect.declares.is_empty())
    }

    /// Adds to what the delivery that was just made does.
    fn add_effect(&mut self, more: &Effect) {
        let block = &mut self.flow.blocks[self.current.0];
        let effect = match &mut block.end {
            End::Return { effect, .. } => Some(effect),
            _ => block.statements.last_mut().map(|last| &mut last.effect),
        };
        if let Some(effect) = effect {
            effect.uses.add(&more.uses);
            effect.assigns.add(&more.assigns);
        }
    }

    /// Items can be named before they are declared, so they come first: those of the function before all stretches, the
    /// others where their block begins in each stretch. Types of a block must be one and the same in all stretches, and a
    /// `static` one and the same place, so they too stand before all stretches.
    fn item(&mut self, item: Item) {
        if let Item::Use(item) = &item {
            self.imported.add(&item.tree);
        }
        let of_function = self.scope == ScopeId(0);
        let (name, shared) = match &item {
            Item::Struct(item) => (Some(&item.ident), true),
            Item::Enum(item) => (Some(&item.ident), true),
            Item::Type(item) => (Some(&item.ident), true),
            Item::Union(item) => (Some(&item.ident), true),
            Item::Trait(item) => (Some(&item.ident), true),
            Item::Static(item) => (Some(&item.ident), true),
            Item::Impl(_) => (None, true),
            _ => (None, false),
        };
        if let Some(name) = name.filter(|_| shared) {
            if self.local_types.iter().any(|known| name == known) {
                self.errors.on(
                    name,
                    format!("there are two items `{name}` in this workflow: give one of them another name"),
                );
            }
            self.local_types.push(name.to_string());
        }
        if of_function || shared {
            self.flow.items.push(item);
        } else {
            self.flow.scopes[self.scope.0].items.push(item);
        }
    }

    fn one(&mut self, mut stmt: Stmt) {
        self.note_at(&mut stmt);
        match stmt {
            Stmt::Local(local) => self.local(local),
            Stmt::Item(item) => self.item(item),
            // A branch that may end the workflow is part of the flow, and so of its diagram, also where nothing awaits.
            Stmt::Expr(expr, _) if splits::expr(&expr) || splits::returns(&expr) => {
                self.lower_into(expr, Dest::Discard);
            }
            Stmt::Macro(call) if splits::is_compensation(&call.mac) => {
                self.compensate(&syn::ExprMacro { attrs: call.attrs, mac: call.mac });
            }
            mut other @ (Stmt::Expr(..) | Stmt::Macro(_)) => {
                let ends_here = diverges::stmt(&other);
                let mut effect = resolve::resolve_stmt(&mut other, &self.names, &self.flow.bindings);
                if let Stmt::Expr(Expr::Assign(assign), _) = &other {
                    self.note_kill(&assign.left, &mut effect);
                }
                self.statement(other.into_token_stream(), effect);
                if ends_here {
                    self.end_for_good(End::Open);
                }
            }
        }
    }

    /// `#[at("second_review")]` names the one place to wait in its statement.
    fn note_at(&mut self, stmt: &mut Stmt) {
        let Some(attribute) = leading::take(stmt, "at").pop() else { return };
        let name = attribute.parse_args::<syn::LitStr>();
        match (name, splits::awaits(stmt)) {
            (Ok(name), 1) if super::super::model::upper_camel(&name.value()).is_empty() => {
                self.errors.on(name, "a place to wait has a name with letters: `#[at(\"second_review\")]`");
            }
            (Ok(name), 1) => self.at = Some(name),
            (Ok(_), count) => self.errors.on(
                attribute,
                format!("`#[at(..)]` names one place to wait, but this statement awaits {count} times: put it before a statement with exactly one `.await`"),
            ),
            (Err(_), _) => self.errors.on(attribute, "write the name of the place to wait: `#[at(\"second_review\")]`"),
        }
    }

    /// A plain assignment to a whole variable makes its old value worthless.
    pub(super) fn note_kill(&self, left: &Expr, effect: &mut Effect) {
        let assigned = effect
            .assigns
            .iter()
            .find(|id| resolve::as_name(left).is_some_and(|name| *name == self.flow.binding(*id).ident));
        effect.kills.extend(assigned.filter(|id| !effect.uses.contains(*id)));
    }

    fn local(&mut self, local: Local) {
        let attrs = attributes(&local.attrs);
        let (pat, ty) = match local.pat {
            Pat::Type(typed) => (*typed.pat, Some(*typed.ty)),
            other => (other, None),
        };
        let Some(init) = local.init else {
            return self.uninitialised(pat, ty, &attrs);
        };
        let mut value = *init.expr;
        let colon = ty.as_ref().map(|ty| quote!(: #ty));
        let written = quote!(#pat #colon = #value);
        if splits::expr(&value) {
            value = self.lower_expr(value, ty.as_ref());
        }
        match init.diverge {
            None => self.bind_pattern(pat, ty, value, &attrs),
            Some((_, otherwise)) => self.let_else(written, pat, ty, value, *otherwise, attrs),
        }
    }

    fn uninitialised(&mut self, mut pat: Pat, ty: Option<Type>, attrs: &TokenStream) {
        let mut effect =
            Effect { declares: self.declare_pattern(&mut pat, ty.as_ref()), ..Effect::default() };
        effect.declares.iter_mut().for_each(|(_, with_value)| *with_value = false);
        let ty = ty.map(|ty| quote!(: #ty));
        self.statement(quote!(#attrs let #pat #ty;), effect);
    }

    /// `let pat: ty = value;`
    pub(super) fn bind_pattern(
        &mut self,
        mut pat: Pat,
        ty: Option<Type>,
        mut value: Expr,
        attrs: &TokenStream,
    ) {
        let known = ty.clone().or_else(|| self.type_of(&value));
        let known = known.filter(|_| !self.is_reference(&value));
        let borrowed = self.is_reference(&value).then(|| resolve::borrowed_names(&pat));
        let mut effect = self.resolve(&mut value);
        effect.declares = self.declare_pattern(&mut pat, known.as_ref());
        self.mark_references(&effect, &borrowed.unwrap_or_default());
        let span = pat.span();
        let ty = ty.map(|ty| quote!(: #ty));
        self.statement(quote::quote_spanned!(span=> #attrs let #pat #ty = #value;), effect);
    }

    /// Whether an expression is a reference, as far as the syntax tells.
    pub(super) fn is_reference(&self, expr: &Expr) -> bool {
        match expr {
            other if super::types::borrows(other) => true,
            Expr::Paren(inner) => self.is_reference(&inner.expr),
            Expr::Group(inner) => self.is_reference(&inner.expr),
            other => {
                let named =
                    resolve::as_name(other).and_then(|name| resolve::meaning(&name.to_string(), &self.names));
                named.is_some_and(|id| self.flow.binding(id).reference)
            }
        }
    }

    /// Notes that these of the declared variables are references.
    pub(super) fn mark_references(&mut self, effect: &Effect, names: &[Ident]) {
        for (id, _) in &effect.declares {
            let binding = &mut self.flow.bindings[id.0];
            if names.contains(&binding.ident) {
                binding.reference = true;
                binding.ty = None;
            }
        }
    }

    fn let_else(
        &mut self,
        written: TokenStream,
        mut pat: Pat,
        ty: Option<Type>,
        mut value: Expr,
        otherwise: Expr,
        attrs: TokenStream,
    ) {
        let known = ty.clone().or_else(|| self.type_of(&value));
        let mut effect = self.resolve(&mut value);
        let else_block = self.block(self.scope);
        let from = self.current;
        // The other side comes first: it does not see what the pattern binds.
        self.begin(else_block);
        match otherwise {
            // A `return` in it is part of the flow, also where nothing awaits.
            Expr::Block(block) if splits::may_return(&Expr::Block(block.clone())) => {
                self.block_expression(block, Dest::Discard);
            }
            otherwise => self.lower_into(otherwise, Dest::Discard),
        }
        let then = self.block(self.scope);
        self.current = from;
        effect.declares = self.declare_pattern(&mut pat, known.as_ref());
        let ty = ty.map(|ty| quote!(: #ty));
        self.end(End::LetElse {
            written,
            attrs,
            pat: quote!(#pat #ty),
            value: value.into_token_stream(),
            effect,
            then,
            otherwise: else_block,
        });
        self.begin(then);
    }
}

pub(super) fn attributes(attrs: &[syn::Attribute]) -> TokenStream {
    quote!(#(#attrs)*)
}
