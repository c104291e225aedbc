//! From the annotated tokens to the model: the head, the options, and the body once it is asked for.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Block, FnArg, Pat};

use super::model::{Model, Options, Parameter};
use crate::diagnostics::Errors;
use crate::signature::{self, Head};
use crate::{duration, options, task};

const KNOWN: [(&str, &str); 4] = [
    ("name", "name = \"expense_approval\""),
    ("timeout", "timeout = 30d"),
    ("upgrade", "upgrade = from_older_versions"),
    ("crate", "crate = sayiir"),
];

/// Reads everything but the body. `None` if there is no function at all.
pub(crate) fn parse(attribute: TokenStream, item: &TokenStream, errors: &mut Errors) -> Option<Model> {
    let Ok(head) = syn::parse2::<Head>(item.clone()) else {
        let first: TokenStream = item.clone().into_iter().take(1).collect();
        errors.on(first, "`#[workflow]` goes on an `async fn`: write `#[workflow] async fn name(..)`");
        return None;
    };
    let options = read_options(attribute, errors);
    signature::check(&head, "workflow", errors);
    let output = head.output();
    let output = if signature::can_stand_alone(&output, &head) { output } else { syn::parse_quote!(()) };
    let parameters = parameters(&head, errors);
    let beside = !signature::is_method(&head) && !signature::is_primitive(&head.sig.ident);
    Some(Model {
        attrs: head.attrs,
        vis: head.vis,
        name: head.sig.ident.clone(),
        parameters,
        output,
        options,
        body: head.body,
        signature: head.sig,
        beside,
    })
}

fn parameters(head: &Head, errors: &mut Errors) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (index, input) in head.sig.inputs.iter().enumerate() {
        let FnArg::Typed(argument) = input else { continue };
        let injected = argument.attrs.iter().any(|attr| attr.path().is_ident("inject"));
        if !injected && (task::is_context(&argument.ty) || task::is_owned_context(&argument.ty)) {
            errors.on(
                &argument.ty,
                "a `TaskContext` speaks of one attempt of a task, and a workflow has none: take it in the task that uses it",
            );
        } else if !injected {
            signature::refuse_borrowed(
                &argument.ty,
                "the arguments of a workflow are stored, so they cannot be borrowed: take an owned value",
                errors,
            );
        }
        if let Some(attr) = argument.attrs.iter().find(|attr| attr.path().is_ident("inject")) {
            errors.on(attr, "a workflow does nothing itself, so nothing is injected into it: inject it into the task that uses it");
        }
        let field = match &*argument.pat {
            Pat::Ident(simple) => simple.ident.clone(),
            _ => format_ident!("argument{index}"),
        };
        let usable = signature::can_stand_alone(&argument.ty, head);
        parameters.push(Parameter {
            pat: (*argument.pat).clone(),
            ty: if usable { (*argument.ty).clone() } else { syn::parse_quote!(()) },
            field,
            usable,
        });
    }
    parameters
}

fn read_options(tokens: TokenStream, errors: &mut Errors) -> Options {
    let mut read = Options::default();
    for entry in options::parse(tokens, "workflow", &KNOWN, errors) {
        let key = entry.key.to_string();
        let example = KNOWN.iter().find(|(known, _)| *known == key).map_or("", |(_, example)| example);
        match key.as_str() {
            "name" => read.name = entry.text(example, errors),
            "timeout" => {
                read.timeout = entry.expect(example, errors).map(|limit| duration::lower(limit, errors));
            }
            "upgrade" => read.upgrade = entry.path(example, errors),
            _ => {
                if let Some(path) = entry.path(example, errors) {
                    read.krate = quote!(#path);
                }
            }
        }
    }
    read
}

/// Reads the body.
pub(crate) fn body(model: &Model, errors: &mut Errors) -> Option<Block> {
    match syn::parse2(model.body.clone()) {
        Ok(body) => Some(body),
        Err(error) => {
            errors.take(error);
            None
        }
    }
}

/// The user's body in a function that only an editor looks at, so that it can complete in code that does not compile yet.
pub(crate) fn kept_for_editors(model: &Model) -> TokenStream {
    let name = format_ident!("unfinished_{}", super::model::bare(&model.name));
    let (body, mut signature) = (&model.body, model.signature.clone());
    signature.ident = name;
    for input in &mut signature.inputs {
        if let FnArg::Typed(argument) = input {
            argument.attrs.clear();
        }
    }
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            #signature #body
        };
    }
}
