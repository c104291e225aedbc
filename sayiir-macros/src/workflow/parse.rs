//! From the annotated tokens to the model: the head, the options, and the body once it is asked for.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Block, FnArg, Pat};

use super::model::{Model, Options, Parameter, is_result};
use crate::diagnostics::Errors;
use crate::signature::{self, Head};
use crate::{duration, options};

const KNOWN: [(&str, &str); 3] =
    [("name", "name = \"expense_approval\""), ("timeout", "timeout = 30d"), ("crate", "crate = sayiir")];

/// Reads everything but the body. `None` if there is no function at all.
pub(crate) fn parse(attribute: TokenStream, item: &TokenStream, errors: &mut Errors) -> Option<Model> {
    let head = match syn::parse2::<Head>(item.clone()) {
        Ok(head) => head,
        Err(error) => {
            let first: TokenStream = item.clone().into_iter().take(1).collect();
            errors.on(first, format!("`#[workflow]` goes on an `async fn` ({error})"));
            return None;
        }
    };
    let options = read_options(attribute, errors);
    signature::check(&head, "workflow", errors);
    let output = head.output();
    let parameters = parameters(&head, errors);
    Some(Model {
        fallible: is_result(&output),
        attrs: head.attrs,
        vis: head.vis,
        name: head.sig.ident,
        parameters,
        output,
        options,
        body: head.body,
    })
}

fn parameters(head: &Head, errors: &mut Errors) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for (index, input) in head.sig.inputs.iter().enumerate() {
        let FnArg::Typed(argument) = input else { continue };
        signature::refuse_borrowed(&argument.ty, "workflow", "take an owned value", errors);
        if let Some(attr) = argument.attrs.iter().find(|attr| attr.path().is_ident("inject")) {
            errors.on(attr, "a workflow does nothing itself, so nothing is injected into it: inject it into the task that uses it");
        }
        let field = match &*argument.pat {
            Pat::Ident(simple) => simple.ident.clone(),
            _ => format_ident!("argument{index}"),
        };
        parameters.push(Parameter { pat: (*argument.pat).clone(), ty: (*argument.ty).clone(), field });
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
                read.timeout = entry.expect(example, errors).map(|limit| duration::lower(limit, errors))
            }
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
    let (body, output) = (&model.body, &model.output);
    let parameters = model.parameters.iter().map(|Parameter { pat, ty, .. }| quote!(#pat: #ty));
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            async fn #name(#(#parameters),*) -> #output #body
        };
    }
}
