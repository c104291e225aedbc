//! What patterns bind.

use proc_macro2::Ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, Token};

use super::super::ir::Binding;
use super::{Names, located};

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
