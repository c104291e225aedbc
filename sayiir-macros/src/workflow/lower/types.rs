//! The types of variables, where the syntax gives them; the rest is left to rustc.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::visit::{self, Visit};
use syn::{Expr, Lit, Pat, Type};

use super::super::resolve;
use super::Lowerer;

/// A variable that a pattern binds.
pub(super) struct Variable {
    pub(super) ident: Ident,
    pub(super) mutable: bool,
    pub(super) ty: Option<Type>,
    /// Bound by `ref` or from `&value`.
    pub(super) reference: bool,
    /// Whether it stands by itself, and not for a field or in one of several alternatives.
    pub(super) stands_alone: bool,
}

#[derive(Default)]
pub(super) struct Found {
    pub(super) variables: Vec<Variable>,
    /// Whether we are inside a pattern whose variables do not stand by themselves.
    shared: bool,
}

impl Found {
    fn sharing(&mut self, body: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.shared, true);
        body(self);
        self.shared = before;
    }
}

/// The variables of a pattern matched against a value of type `ty`, each once.
pub(super) fn of_pattern(pat: &Pat, ty: Option<Type>, private: &TokenStream, found: &mut Found) {
    match pat {
        Pat::Ident(ident) if resolve::is_binding(ident) => {
            let reference = ident.by_ref.is_some() || matches!(ty, Some(Type::Reference(_)));
            if !found.variables.iter().any(|known| known.ident == ident.ident) {
                let ty = if reference { None } else { ty.clone() };
                let mutable = ident.mutability.is_some();
                let stands_alone = !found.shared;
                found.variables.push(Variable {
                    ident: ident.ident.clone(),
                    mutable,
                    ty,
                    reference,
                    stands_alone,
                });
            }
            if let Some((_, inner)) = &ident.subpat {
                of_pattern(inner, ty, private, found);
            }
        }
        Pat::Type(typed) => of_pattern(&typed.pat, Some((*typed.ty).clone()), private, found),
        Pat::Paren(inner) => of_pattern(&inner.pat, ty, private, found),
        Pat::Guard(guard) => of_pattern(&guard.pat, ty, private, found),
        Pat::Or(or) => found.sharing(|found| {
            or.cases.iter().for_each(|case| of_pattern(case, ty.clone(), private, found));
        }),
        Pat::Tuple(tuple) => {
            let known = match ty {
                Some(Type::Tuple(types))
                    if types.elems.len() == tuple.elems.len()
                        && !tuple.elems.iter().any(|elem| matches!(elem, Pat::Rest(_))) =>
                {
                    types.elems.into_iter().map(Some).collect()
                }
                _ => vec![None; tuple.elems.len()],
            };
            for (elem, ty) in tuple.elems.iter().zip(known) {
                of_pattern(elem, ty, private, found);
            }
        }
        Pat::TupleStruct(variant) => {
            let side = side_of(&variant.path);
            for elem in &variant.elems {
                let ty = match (&ty, &side) {
                    (Some(ty), Some(side)) => {
                        let sides = called(ty).unwrap_or(ty);
                        syn::parse2(quote!(<#sides as #private::Sides>::#side)).ok()
                    }
                    (Some(_) | None, _) => None,
                };
                of_pattern(elem, ty, private, found);
            }
        }
        other => found.sharing(|found| {
            for ident in Children::of(other) {
                of_pattern(&ident, None, private, found);
            }
        }),
    }
}

/// Which side of a `Result` or `Option` a pattern's path takes apart.
fn side_of(path: &syn::Path) -> Option<Ident> {
    let last = &path.segments.last()?.ident;
    let side = if last == "Ok" || last == "Some" {
        "Ok"
    } else if last == "Err" {
        "Err"
    } else {
        return None;
    };
    Some(Ident::new(side, proc_macro2::Span::call_site()))
}

/// The task or workflow whose output a type is, as `lower` writes it: `<<callee as Callable>::Operation as Operation>::Output`.
pub(super) fn called(output: &Type) -> Option<&Type> {
    fn subject<'t>(ty: &'t Type, side: &str) -> Option<&'t Type> {
        let Type::Path(path) = ty else { return None };
        let last = path.path.segments.last()?;
        path.qself.as_ref().filter(|_| last.ident == side).map(|qself| &*qself.ty)
    }
    subject(subject(output, "Output")?, "Operation")
}

/// The patterns directly inside another one.
struct Children(Vec<Pat>);

impl Children {
    fn of(pat: &Pat) -> Vec<Pat> {
        let mut children = Self(Vec::new());
        visit::visit_pat(&mut children, pat);
        children.0
    }
}

impl<'ast> Visit<'ast> for Children {
    fn visit_pat(&mut self, pat: &'ast Pat) {
        self.0.push(pat.clone());
    }
    fn visit_expr(&mut self, _: &'ast Expr) {}
}

/// Whether a type can stand outside the body: nothing inferred, borrowed, anonymous or declared inside.
fn can_be_named(ty: &Type, local: &[String]) -> bool {
    struct Find<'l>(&'l [String], bool);
    impl<'ast> Visit<'ast> for Find<'_> {
        fn visit_type_infer(&mut self, _: &'ast syn::TypeInfer) {
            self.1 = true;
        }
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.1 = true;
        }
        fn visit_type_reference(&mut self, _: &'ast syn::TypeReference) {
            self.1 = true;
        }
        fn visit_type_macro(&mut self, _: &'ast syn::TypeMacro) {
            self.1 = true;
        }
        fn visit_lifetime(&mut self, _: &'ast syn::Lifetime) {
            self.1 = true;
        }
        fn visit_expr(&mut self, expr: &'ast Expr) {
            self.1 |= !matches!(expr, Expr::Lit(_));
        }
        fn visit_ident(&mut self, ident: &'ast Ident) {
            // A type that cannot be sent to another thread is reported once if it is left to rustc.
            self.1 |= ident == "Rc" || self.0.iter().any(|name| ident == name);
        }
    }
    let mut find = Find(local, false);
    find.visit_type(ty);
    !find.1
}

impl Lowerer<'_> {
    /// Whether a type can stand in the state: it has a name there, and the same one.
    pub(super) fn can_be_named(&self, ty: &Type) -> bool {
        can_be_named(ty, &self.local_types) && !self.imported.is_in(ty)
    }

    /// The type of what is left of an expression, if the syntax gives it.
    pub(super) fn type_of(&self, expr: &Expr) -> Option<Type> {
        let private = &self.private;
        match expr {
            Expr::Paren(inner) => self.type_of(&inner.expr),
            Expr::Group(inner) => self.type_of(&inner.expr),
            Expr::Path(_) => {
                let name = resolve::as_name(expr)?.to_string();
                self.flow.binding(resolve::meaning(&name, &self.names)?).ty.clone()
            }
            Expr::Try(attempt) => {
                let ty = self.type_of(&attempt.expr)?;
                let sides = called(&ty).unwrap_or(&ty);
                syn::parse2(quote!(<#sides as #private::Sides>::Ok)).ok()
            }
            Expr::MethodCall(call) if call.method == "clone" && call.args.is_empty() => {
                self.type_of(&call.receiver)
            }
            Expr::Lit(literal) => of_literal(&literal.lit),
            Expr::Macro(call) if call.mac.path.is_ident("format") => {
                syn::parse2(quote!(#private::String)).ok()
            }
            _ => None,
        }
    }
}

/// Whether an expression is a reference by what it says: `&value`, a text, `value.as_str()`.
pub(super) fn borrows(expr: &Expr) -> bool {
    const METHODS: [&str; 8] =
        ["as_str", "as_bytes", "as_slice", "as_mut_slice", "as_path", "trim", "trim_start", "trim_end"];
    match expr {
        Expr::Reference(_) => true,
        Expr::Paren(inner) => borrows(&inner.expr),
        Expr::Group(inner) => borrows(&inner.expr),
        Expr::Lit(literal) => matches!(literal.lit, Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_)),
        Expr::MethodCall(call) => call.args.is_empty() && METHODS.iter().any(|name| call.method == name),
        Expr::Block(block) => block_borrows(&block.block),
        Expr::If(branch) => branch.else_branch.is_some() && block_borrows(&branch.then_branch),
        Expr::Match(choice) => choice.arms.iter().any(|arm| borrows(&arm.body)),
        _ => false,
    }
}

fn block_borrows(block: &syn::Block) -> bool {
    matches!(block.stmts.last(), Some(syn::Stmt::Expr(tail, None)) if borrows(tail))
}

fn of_literal(literal: &Lit) -> Option<Type> {
    let name = match literal {
        Lit::Int(number) if !number.suffix().is_empty() => number.suffix(),
        Lit::Float(number) if !number.suffix().is_empty() => number.suffix(),
        Lit::Bool(_) => "bool",
        Lit::Char(_) => "char",
        _ => return None,
    };
    syn::parse_str(&format!("::core::primitive::{name}")).ok()
}
