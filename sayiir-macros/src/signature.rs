//! What `#[task]` and `#[workflow]` have in common: a function's head is parsed on its own, so that a body that is half
//! typed does not take the item away.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, ReturnType, Signature, Type, Visibility};

use crate::diagnostics::Errors;

/// A function whose body is not looked into.
pub(crate) struct Head {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// The body with its braces.
    pub(crate) body: TokenStream,
}

impl Parse for Head {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let body = input.parse()?;
        Ok(Self { attrs, vis, sig, body })
    }
}

impl Head {
    /// The declared return type; `()` if there is none.
    pub(crate) fn output(&self) -> Type {
        match &self.sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        }
    }
}

/// Refuses what neither attribute can take. `what` is `task` or `workflow`.
pub(crate) fn check(head: &Head, what: &str, errors: &mut Errors) {
    let sig = &head.sig;
    if sig.asyncness.is_none() {
        errors.on(sig.fn_token, format!("a {what} is an `async fn`: write `async fn {}`", sig.ident));
    }
    if let Some(constness) = &sig.constness {
        errors.on(constness, format!("a {what} cannot be `const`: remove it"));
    }
    if !matches!(sig.safety, syn::Safety::Default) {
        errors.on(
            &sig.safety,
            format!("a {what} cannot be `unsafe` or `safe`: remove it, and keep `unsafe` blocks inside"),
        );
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, format!("a {what} cannot be `extern`: remove it"));
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(variadic, format!("a {what} takes a fixed number of arguments"));
    }
    if !sig.generics.params.is_empty() {
        errors.on(
            &sig.generics,
            format!("a {what} is stored under one name and one set of types, so it cannot be generic: write the types"),
        );
    } else if let Some(clause) = &sig.generics.where_clause {
        errors.on(clause, format!("a {what} cannot be generic: remove the `where` clause"));
    }
    if sig.inputs.len() > 12 {
        errors
            .on(&sig.inputs, format!("a {what} takes at most 12 arguments: put some of them into a struct"));
    }
    for input in &sig.inputs {
        match input {
            FnArg::Receiver(receiver) => errors.on(
                receiver,
                format!(
                    "a {what} is a free function and cannot take `self`: pass what it needs as arguments"
                ),
            ),
            FnArg::Typed(argument) => refuse_impl(&argument.ty, what, errors),
        }
    }
    refuse_impl(&head.output(), what, errors);
}

fn refuse_impl(ty: &Type, what: &str, errors: &mut Errors) {
    struct Find<'e>(&'e str, &'e mut Errors);
    impl<'ast> syn::visit::Visit<'ast> for Find<'_> {
        fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
            self.1.on(ty, format!("the values of a {} are stored, so their types must be named: `impl Trait` cannot be used here", self.0));
        }
    }
    syn::visit::Visit::visit_type(&mut Find(what, errors), ty);
}

/// The reference in an argument's type that would have to be stored.
pub(crate) fn refuse_borrowed(ty: &Type, what: &str, advice: &str, errors: &mut Errors) {
    struct Find<'e>(&'e str, &'e str, &'e mut Errors);
    impl<'ast> syn::visit::Visit<'ast> for Find<'_> {
        fn visit_type_reference(&mut self, ty: &'ast syn::TypeReference) {
            let Self(what, advice, errors) = self;
            errors.on(
                ty,
                format!("the arguments of a {what} are stored, so they cannot be borrowed: {advice}"),
            );
        }
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            if lifetime.ident != "static" {
                let Self(what, advice, errors) = self;
                errors.on(
                    lifetime,
                    format!("the arguments of a {what} are stored, so they cannot be borrowed: {advice}"),
                );
            }
        }
    }
    syn::visit::Visit::visit_type(&mut Find(what, advice, errors), ty);
}
