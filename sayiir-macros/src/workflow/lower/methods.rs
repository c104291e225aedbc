//! Methods that may change a place while it waits for a later operand.
//!
//! `v[0] < { v.insert(0, 9); price().await }` compares the old `v[0]` where its type can be copied, and is refused by rustc
//! where it cannot. Which it is only rustc knows, so whether the place may be left where it is cannot be told.

use syn::visit::{self, Visit};
use syn::{Expr, Member};

use super::super::resolve;

/// Methods that every type of the standard library has for looking only.
const LOOKING: [&str; 24] = [
    "len",
    "is_empty",
    "clone",
    "iter",
    "get",
    "first",
    "last",
    "contains",
    "contains_key",
    "as_str",
    "as_ref",
    "as_slice",
    "as_deref",
    "to_string",
    "to_owned",
    "to_vec",
    "keys",
    "values",
    "chars",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
    "starts_with",
];

/// Whether a method in `later` may change what stands at `place`: one that is called on the place, on a part of it, or on
/// what it is a part of.
pub(super) fn may_change(place: &Expr, later: &[Expr]) -> bool {
    let mut search = Search { place, found: false };
    for expr in later {
        search.visit_expr(expr);
    }
    search.found
}

struct Search<'a> {
    place: &'a Expr,
    found: bool,
}

impl Visit<'_> for Search<'_> {
    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        let looks = LOOKING.iter().any(|name| call.method == name);
        self.found |= !looks && overlap(&way_to(self.place), &way_to(&call.receiver));
        visit::visit_expr_method_call(self, call);
    }
}

/// From a variable to a place in it: the name, then the fields. An index may be any.
fn way_to(place: &Expr) -> Vec<Option<String>> {
    match place {
        Expr::Field(field) => {
            let member = match &field.member {
                Member::Named(name) => name.to_string(),
                Member::Unnamed(index) => index.index.to_string(),
            };
            let mut way = way_to(&field.base);
            way.push(Some(member));
            way
        }
        Expr::Index(index) => {
            let mut way = way_to(&index.expr);
            way.push(None);
            way
        }
        Expr::Unary(deref) => way_to(&deref.expr),
        Expr::Paren(inner) => way_to(&inner.expr),
        Expr::Group(inner) => way_to(&inner.expr),
        other => resolve::as_name(other).map(|name| Some(name.to_string())).into_iter().collect(),
    }
}

/// Whether one way leads to a part of what the other leads to.
fn overlap(one: &[Option<String>], other: &[Option<String>]) -> bool {
    !one.is_empty()
        && !other.is_empty()
        && one.iter().zip(other).all(|(one, other)| one.is_none() || other.is_none() || one == other)
}
