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
            ReturnType::Default => syn::parse_quote_spanned!(self.sig.ident.span()=> ()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        }
    }
}

/// Whether a type can be written outside of the function, and its values sent: nothing borrowed, anonymous or generic in
/// it, and no `Rc`.
pub(crate) fn can_stand_alone(ty: &Type, head: &Head) -> bool {
    struct Find<'h>(&'h syn::Generics, bool);
    impl<'ast> syn::visit::Visit<'ast> for Find<'_> {
        fn visit_type_reference(&mut self, ty: &'ast syn::TypeReference) {
            self.1 &= ty.lifetime.is_some();
            syn::visit::visit_type_reference(self, ty);
        }
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.1 = false;
        }
        fn visit_type_infer(&mut self, _: &'ast syn::TypeInfer) {
            self.1 = false;
        }
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            self.1 &= lifetime.ident == "static";
        }
        fn visit_ident(&mut self, ident: &'ast syn::Ident) {
            self.1 &= ident != "Self"
                && ident != "Rc"
                && !self.0.type_params().any(|parameter| parameter.ident == *ident)
                && !self.0.const_params().any(|parameter| parameter.ident == *ident);
        }
    }
    let mut find = Find(&head.sig.generics, true);
    syn::visit::Visit::visit_type(&mut find, ty);
    find.1
}

/// Whether the function takes `self`, and so stands in an `impl` or a trait, where no other items can stand beside it.
pub(crate) fn is_method(head: &Head) -> bool {
    head.sig.inputs.iter().any(|input| matches!(input, FnArg::Receiver(_)))
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
    refuse_primitive_names(&sig.ident, what, errors);
    refuse_borrowed(
        &stored_side(head.output()),
        &format!("what a {what} returns is stored, so it cannot be borrowed: return an owned value"),
        errors,
    );
}

/// What is stored of a return type: the `Ok` side of a `Result`.
fn stored_side(output: Type) -> Type {
    let Type::Path(path) = &output else { return output };
    match path.path.segments.last().map(|last| (last.ident == "Result", &last.arguments)) {
        Some((true, syn::PathArguments::AngleBracketed(sides))) => match sides.args.first() {
            Some(syn::GenericArgument::Type(ok)) => ok.clone(),
            Some(_) | None => output,
        },
        Some(_) | None => output,
    }
}

/// Whether a type of that name would hide one of Rust's own.
pub(crate) fn is_primitive(name: &syn::Ident) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
        "isize", "f32", "f64",
    ];
    PRIMITIVES.iter().any(|primitive| name == primitive)
}

fn refuse_primitive_names(name: &syn::Ident, what: &str, errors: &mut Errors) {
    if is_primitive(name) {
        errors.on(
            name,
            format!("a {what} lends its name to a type, and `{name}` is one already: choose another name"),
        );
    }
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

/// Refuses references, and counted ones of a single thread, in a type whose values are stored.
pub(crate) fn refuse_borrowed(ty: &Type, message: &str, errors: &mut Errors) {
    struct Find<'e>(&'e str, &'e mut Errors);
    impl<'ast> syn::visit::Visit<'ast> for Find<'_> {
        fn visit_type_reference(&mut self, ty: &'ast syn::TypeReference) {
            self.1.on(ty, self.0);
        }
        fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
            if lifetime.ident != "static" {
                self.1.on(lifetime, self.0);
            }
        }
        fn visit_path(&mut self, path: &'ast syn::Path) {
            match path.segments.last() {
                Some(last) if last.ident == "Rc" => {
                    self.1.on(
                        path,
                        "an `Rc` stays on one thread, and a run may be taken up on another: write `Arc`",
                    );
                }
                Some(_) | None => syn::visit::visit_path(self, path),
            }
        }
    }
    syn::visit::Visit::visit_type(&mut Find(message, errors), ty);
}
