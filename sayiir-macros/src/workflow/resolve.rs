//! Which variable does a name mean? Walks the user's code with Rust's scoping, collects what it does to the body's
//! variables, and writes the compiler's own names where they differ from the user's.
//!
//! Inside a macro's arguments, where the syntax is not known, every matching identifier counts, also one captured by a
//! format string.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, Stmt, Token};

use super::ir::{Binding, BindingId, Effect};

/// The prefix of the names under which temporaries stand in the syntax tree until they are resolved.
const MARKER: &str = "__sayiir_temporary_";

/// The variables in scope, innermost last.
#[derive(Default)]
pub(crate) struct Names(Vec<(String, BindingId)>);

impl Names {
    pub(crate) fn declare(&mut self, name: &Ident, id: BindingId) {
        self.0.push((name.to_string(), id));
    }

    /// A temporary: in scope, but no code of the user's can name it.
    pub(crate) fn declare_nameless(&mut self, id: BindingId) {
        self.0.push((String::new(), id));
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<BindingId> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, id)| *id)
    }

    /// A mark to go back to at the end of a scope.
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn forget_since(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// The variables that can be named here, each name's innermost and every hidden one of an outer scope.
    pub(crate) fn all(&self) -> Vec<BindingId> {
        self.0.iter().map(|(_, id)| *id).collect()
    }
}

/// An expression that stands for a temporary.
pub(crate) fn marker(id: BindingId, span: proc_macro2::Span) -> Expr {
    let ident = Ident::new(&format!("{MARKER}{}", id.0), span);
    Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: ident.into() })
}

/// The output of a wait, in the place of the whole `operation.await`.
pub(crate) fn awaited(id: BindingId, written: &syn::ExprAwait) -> Expr {
    let marker = marker(id, written.base.span());
    let group_token = syn::token::Group { span: written.await_token.span };
    Expr::Group(syn::ExprGroup { attrs: Vec::new(), group_token, expr: Box::new(marker) })
}

/// The temporary or variable that a plain name in the tree stands for.
pub(crate) fn meaning(name: &str, names: &Names) -> Option<BindingId> {
    match name.strip_prefix(MARKER).and_then(|number| number.parse().ok()) {
        Some(number) => Some(BindingId(number)),
        None => names.lookup(name),
    }
}

/// The single identifier that an expression consists of.
pub(crate) fn as_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => path.path.get_ident(),
        Expr::Paren(inner) => as_name(&inner.expr),
        Expr::Group(inner) => as_name(&inner.expr),
        _ => None,
    }
}

/// The variable that a place is, or is a part of.
pub(crate) fn root(place: &Expr) -> Option<&Ident> {
    match place {
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(deref) if matches!(deref.op, syn::UnOp::Deref(_)) => root(&deref.expr),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Group(inner) => root(&inner.expr),
        _ => as_name(place),
    }
}

/// Whether an operator is `+=` or one of its kind.
pub(crate) fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp;
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// The identifiers that a pattern binds, each once, in source order.
pub(crate) fn bound_names(pat: &Pat) -> Vec<Ident> {
    struct Collect(Vec<Ident>);
    impl<'ast> syn::visit::Visit<'ast> for Collect {
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            if is_binding(pat) && !self.0.contains(&pat.ident) {
                self.0.push(pat.ident.clone());
            }
            syn::visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'ast Expr) {}
    }
    let mut collect = Collect(Vec::new());
    syn::visit::Visit::visit_pat(&mut collect, pat);
    collect.0
}

/// The identifiers that become references when the pattern is matched against one: those not behind a `&` of its own.
pub(crate) fn borrowed_names(pat: &Pat) -> Vec<Ident> {
    struct Strip;
    impl VisitMut for Strip {
        fn visit_pat_mut(&mut self, pat: &mut Pat) {
            if matches!(pat, Pat::Reference(_)) {
                *pat = syn::parse_quote!(_);
            }
            visit_mut::visit_pat_mut(self, pat);
        }
    }
    let mut pat = pat.clone();
    Strip.visit_pat_mut(&mut pat);
    bound_names(&pat)
}

/// Whether an identifier pattern binds, as opposed to naming a constant or a unit variant, which are capitalised.
pub(crate) fn is_binding(pat: &syn::PatIdent) -> bool {
    pat.mutability.is_some()
        || pat.by_ref.is_some()
        || pat.subpat.is_some()
        || !pat.ident.to_string().trim_start_matches("r#").starts_with(char::is_uppercase)
}

/// Resolves one piece of code and returns what it does.
pub(crate) fn resolve_expr(expr: &mut Expr, names: &Names, bindings: &[Binding]) -> Effect {
    let mut resolver = Resolver::new(names, bindings);
    resolver.visit_expr_mut(expr);
    resolver.effect
}

/// Resolves a statement that is not a `let` of the body's own.
pub(crate) fn resolve_stmt(stmt: &mut Stmt, names: &Names, bindings: &[Binding]) -> Effect {
    let mut resolver = Resolver::new(names, bindings);
    resolver.visit_stmt_mut(stmt);
    resolver.effect
}

/// Writes the compiler's names into a pattern whose variables have just been declared.
pub(crate) fn rename_pattern(pat: &mut Pat, names: &Names, bindings: &[Binding]) {
    struct Rename<'a>(&'a Names, &'a [Binding]);
    impl VisitMut for Rename<'_> {
        fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
            if is_binding(pat)
                && let Some(id) = self.0.lookup(&pat.ident.to_string())
            {
                pat.ident = located(&self.1[id.0].ident, &pat.ident);
            }
            visit_mut::visit_pat_ident_mut(self, pat);
        }
        fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
            if field.colon_token.is_none() && matches!(&*field.pat, Pat::Ident(pat) if is_binding(pat)) {
                field.colon_token = Some(Token![:](proc_macro2::Span::call_site()));
            }
            visit_mut::visit_field_pat_mut(self, field);
        }
        fn visit_expr_mut(&mut self, _: &mut Expr) {}
    }
    let renamed = |name: &Ident| names.lookup(&name.to_string()).is_some_and(|id| bindings[id.0].renamed);
    if bound_names(pat).iter().any(renamed) {
        Rename(names, bindings).visit_pat_mut(pat);
    }
}

/// `written`, where `at` stands in the user's code.
pub(crate) fn located(written: &Ident, at: &Ident) -> Ident {
    let mut ident = written.clone();
    ident.set_span(at.span().resolved_at(written.span()));
    ident
}

struct Resolver<'a> {
    names: &'a Names,
    bindings: &'a [Binding],
    /// Names that the code itself declares, innermost last.
    local: Vec<Ident>,
    effect: Effect,
}

impl<'a> Resolver<'a> {
    fn new(names: &'a Names, bindings: &'a [Binding]) -> Self {
        Self { names, bindings, local: Vec::new(), effect: Effect::default() }
    }

    fn meaning(&self, ident: &Ident) -> Option<BindingId> {
        if self.local.contains(ident) {
            return None;
        }
        meaning(&ident.to_string(), self.names)
    }

    /// Counts a use and writes the right name.
    fn use_name(&mut self, ident: &mut Ident) -> bool {
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

    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let mut out: Vec<TokenTree> = Vec::new();
        let mut captured: Vec<(Ident, Ident)> = Vec::new();
        let mut input = tokens.into_iter().peekable();
        while let Some(token) = input.next() {
            let token = match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.tokens(group.stream()));
                    inner.set_span(group.span());
                    TokenTree::Group(inner)
                }
                TokenTree::Ident(ident)
                    if ident == "run_id"
                        && matches!(input.peek(), Some(TokenTree::Punct(bang)) if bang.as_char() == '!') =>
                {
                    input.next();
                    input.next();
                    TokenTree::Group(Group::new(proc_macro2::Delimiter::Parenthesis, run_id(ident.span())))
                }
                TokenTree::Ident(mut ident) => {
                    let next = input.peek();
                    if !follows_path_or_dot(&out)
                        && !matches!(next, Some(TokenTree::Punct(p)) if p.as_char() == '!' && p.spacing() == proc_macro2::Spacing::Alone)
                    {
                        self.use_name(&mut ident);
                    }
                    TokenTree::Ident(ident)
                }
                TokenTree::Literal(literal) => {
                    captured.extend(self.captures(&literal));
                    TokenTree::Literal(literal)
                }
                punct @ TokenTree::Punct(_) => punct,
            };
            out.push(token);
        }
        // A capture of a variable that is written under another hygiene becomes an explicit argument.
        if !captured.is_empty() && matches!(out.last(), Some(TokenTree::Punct(p)) if p.as_char() == ',') {
            out.pop();
        }
        let arguments = captured.iter().map(|(name, written)| quote!(, #name = #written));
        let arguments = quote!(#(#arguments)*);
        out.into_iter().chain(arguments).collect()
    }

    /// Counts what a format string captures; returns those that need an explicit argument.
    fn captures(&mut self, literal: &proc_macro2::Literal) -> Vec<(Ident, Ident)> {
        let Ok(text) = syn::parse2::<syn::LitStr>(literal.to_token_stream()) else {
            return Vec::new();
        };
        let mut explicit = Vec::new();
        for name in captured_names(&text.value()) {
            // A format string names `r#type` by `type`.
            let mut ident =
                syn::parse_str::<Ident>(&name).unwrap_or_else(|_| Ident::new_raw(&name, literal.span()));
            ident.set_span(literal.span());
            let user = ident.clone();
            if self.use_name(&mut ident) {
                explicit.push((user, ident));
            }
        }
        explicit
    }
}

/// What `run_id!()` stands for: the step knows it.
fn run_id(span: proc_macro2::Span) -> TokenStream {
    let step = super::expand::own("step");
    quote::quote_spanned!(span=> ::core::clone::Clone::clone(#step.run()))
}

fn follows_path_or_dot(before: &[TokenTree]) -> bool {
    let punct = |back: usize| match before.len().checked_sub(back).map(|index| &before[index]) {
        Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
        Some(_) | None => None,
    };
    match (punct(1), punct(2)) {
        (Some('.'), Some('.')) => false,
        (Some('.'), _) | (Some(':'), Some(':')) => true,
        (_, _) => false,
    }
}

/// The names in `{name}`, `{name:?}` and `{0:width$}` of a format string.
fn captured_names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let text = text.replace("{{", "").replace("}}", "");
    for part in text.split('{').skip(1) {
        let Some((inside, _)) = part.split_once('}') else {
            continue;
        };
        let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
        let words = std::iter::once(name.trim()).chain(
            format
                .split('$')
                .filter_map(|piece| piece.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()),
        );
        for word in words {
            let starts_well = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if starts_well && !found.iter().any(|known| known == word) {
                found.push(word.to_owned());
            }
        }
    }
    found
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
        let target = as_name(&assign.left).and_then(|name| self.meaning(name));
        match target {
            Some(id) => {
                let before = self.effect.uses.contains(&id);
                match &mut *assign.left {
                    Expr::Path(path) => self.visit_expr_path_mut(path),
                    other => self.visit_expr_mut(other),
                }
                if !before {
                    self.effect.uses.remove(&id);
                }
                self.effect.assigns.insert(id);
            }
            None => self.visit_expr_mut(&mut assign.left),
        }
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
        let mut arguments = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(call.tokens.clone());
        let before = self.effect.clone();
        call.tokens = self.tokens(call.tokens.clone());
        // Where the arguments are expressions, their own variables (a closure's parameters) do not count.
        if let Ok(expressions) = &mut arguments {
            let mut exact = Resolver { effect: Effect::default(), local: self.local.clone(), ..*self };
            for expression in expressions {
                if let Expr::Assign(named) = expression {
                    exact.visit_expr_mut(&mut named.right);
                } else {
                    exact.visit_expr_mut(expression);
                }
            }
            let found = std::mem::replace(&mut self.effect, before);
            let literal_captures = {
                let mut captures = Resolver { effect: Effect::default(), local: self.local.clone(), ..*self };
                captures.all_captures(call.tokens.clone());
                captures.effect
            };
            self.effect.uses.extend(found.uses.intersection(&exact.effect.uses));
            self.effect.places.extend(found.places);
            self.effect.uses.extend(literal_captures.uses);
            self.effect.assigns.extend(exact.effect.assigns);
            self.effect.changes.extend(exact.effect.changes);
        }
    }

    fn visit_pat_mut(&mut self, _: &mut Pat) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

impl Resolver<'_> {
    fn note_change(&mut self, place: &Expr) {
        if let Expr::Tuple(places) = place {
            places.elems.iter().for_each(|place| self.note_change(place));
        }
        self.effect.changes.extend(root(place).and_then(|name| self.meaning(name)));
    }

    fn all_captures(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.all_captures(group.stream()),
                TokenTree::Literal(literal) => drop(self.captures(&literal)),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}
