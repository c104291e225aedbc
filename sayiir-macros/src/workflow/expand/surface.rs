//! What a user names: the function that makes an invocation, the type beside it, its signals and its diagram.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{Input, diagram};
use crate::workflow::model::snake;

pub(super) fn surface(input: &Input<'_>) -> TokenStream {
    let private = &input.private;
    let model = input.model;
    let (vis, name, attrs) = (&model.vis, &model.name, &model.attrs);
    let fields: Vec<_> = model.parameters.iter().map(|parameter| &parameter.field).collect();
    let types: Vec<_> = model
        .parameters
        .iter()
        .map(|parameter| {
            let ty = &parameter.ty;
            if parameter.usable { quote!(#ty) } else { quote!(impl Sized) }
        })
        .collect();
    let usable = model.parameters.iter().all(|parameter| parameter.usable);
    let arguments = if usable { quote!((#(#fields,)*)) } else { quote!(::core::unreachable!()) };
    let call = Ident::new("call", name.span());
    let signals = signals(input);
    let checks = one_type_for_each_signal(input);
    let diagram = diagram::diagram(input);
    let docs = format!("The workflow [`{name}`](fn@{name}) as a type.\n\n```mermaid\n{diagram}```\n");
    quote! {
        #(#attrs)*
        #[allow(
            unused_variables, unreachable_code,
            clippy::must_use_candidate, clippy::too_many_arguments, clippy::needless_pass_by_value
        )]
        #vis fn #name(#(#fields: #types),*) -> #private::Invocation<#name> {
            #private::Invocation::new(#arguments)
        }

        #[doc = #docs]
        #[allow(non_camel_case_types, dead_code, missing_debug_implementations, unreachable_pub)]
        #vis struct #name {}

        #[allow(
            dead_code, unused_variables, unreachable_code, unreachable_pub, private_interfaces,
            clippy::all, clippy::pedantic
        )]
        impl #name {
            #signals
            #[doc = "The flow, as a Mermaid diagram."]
            pub const DIAGRAM: &'static str = #diagram;
            #[doc(hidden)]
            pub fn #call(#(#fields: #types),*) -> #private::Child<#name> {
                #private::Child::new(#arguments)
            }
        }

        #checks
    }
}

/// `manager_approval` → `MANAGER_APPROVAL`.
pub(in crate::workflow) fn constant_name(name: &syn::LitStr) -> Ident {
    let text = snake(&name.value()).to_uppercase();
    let text = if text == "_" || text.is_empty() { "SIGNAL".to_owned() } else { text };
    Ident::new(&text, name.span().resolved_at(proc_macro2::Span::call_site()))
}

fn signals(input: &Input<'_>) -> TokenStream {
    let private = &input.private;
    let mut constants: BTreeMap<String, TokenStream> = BTreeMap::new();
    for signal in &input.flow.signals {
        let (name, payload) = (&signal.name, &signal.payload);
        constants.entry(name.value()).or_insert_with(|| {
            let constant = constant_name(name);
            let docs = format!("The signal `{}`.", name.value());
            quote! {
                #[doc = #docs]
                pub const #constant: #private::Signal<<#payload as #private::Payload>::Content> =
                    #private::Signal::new(#name);
            }
        });
    }
    constants.into_values().collect()
}

/// One name has one payload type; where the same name is written with two, rustc says so on the second.
fn one_type_for_each_signal(input: &Input<'_>) -> TokenStream {
    let private = &input.private;
    let mut first: BTreeMap<String, &TokenStream> = BTreeMap::new();
    let mut checks = TokenStream::new();
    for signal in &input.flow.signals {
        let payload = &signal.payload;
        let before = first.entry(signal.name.value()).or_insert(payload);
        if before.to_string() != payload.to_string() {
            let (span, before) = (signal.name.span(), &**before);
            checks.extend(quote_spanned! {span=>
                const _: #private::SameSignal<<#before as #private::Payload>::Content> =
                    #private::SameSignal::<<#payload as #private::Payload>::Content>::NEW;
            });
        }
    }
    checks
}
