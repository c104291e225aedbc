//! Variables that the user's code never names: rustc says so of code that names them only here.
//!
//! The stretches themselves cannot be asked, since a variable may be used behind a wait only. What is certain is reported, and
//! nothing else: variables of code that stays together, and those that are assigned and not read, are not looked at.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::super::bindings::Bindings;
use super::super::ir::Flow;
use super::super::liveness::effects;
use super::super::model::Model;

/// Lets rustc warn of the variables that are never used.
pub(crate) fn unused(model: &Model, flow: &Flow) -> TokenStream {
    let lints: Vec<_> = model.attrs.iter().filter(|attr| is_lint(attr)).collect();
    if is_about_unused(quote!(#(#lints)*)) || is_about_unused(model.body.clone()) {
        return TokenStream::new();
    }
    let mut used = Bindings::default();
    for effect in flow.block_ids().flat_map(|block| effects(flow, block)) {
        used.add(&effect.uses);
        used.add(&effect.assigns);
        used.add(&effect.changes);
    }
    let unused = flow.reported_unused.iter().filter(|id| !used.contains(*id));
    let names: Vec<_> =
        unused.map(|id| &flow.binding(id).ident).filter(|name| !name.to_string().starts_with('_')).collect();
    if names.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #(#lints)*
        const _: () = {
            #[allow(dead_code, clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            fn unused() {
                #(let #names = ();)*
            }
        };
    }
}

fn is_lint(attr: &syn::Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|level| attr.path().is_ident(level))
}

/// Whether an attribute in these tokens says what to do about what is unused: rustc alone knows for which code.
fn is_about_unused(tokens: TokenStream) -> bool {
    let mut attribute = false;
    tokens.into_iter().any(|token| {
        let after_hash = std::mem::replace(
            &mut attribute,
            matches!(&token, TokenTree::Punct(hash) if hash.as_char() == '#'),
        );
        match token {
            TokenTree::Group(group) if after_hash => {
                let text = group.to_string();
                text.contains("unused") || text.contains("warnings")
            }
            TokenTree::Group(group) => is_about_unused(group.stream()),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        }
    })
}
