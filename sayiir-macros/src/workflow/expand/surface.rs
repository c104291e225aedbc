//! What a user names: the function that makes an invocation, the type beside it, its signals and its diagram.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{Input, diagram};
use crate::diagnostics::placed;
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
    let diagram = diagram::diagram(input.flow);
    let docs = format!("The workflow [`{name}`](fn@{name}) as a type.\n\n```mermaid\n{diagram}```\n");
    // On the name, where rustc shows what a trait is not implemented for.
    let unknown = signals_of_any_payload(input);
    let structure = if unknown.is_empty() {
        quote_spanned!(name.span()=> #vis struct #name {})
    } else {
        any_payload(input, &unknown)
    };
    quote! {
        #(#attrs)*
        #[allow(
            unused_variables, unreachable_code,
            clippy::must_use_candidate, clippy::too_many_arguments, clippy::needless_pass_by_value,
            clippy::used_underscore_binding
        )]
        #vis fn #name(#(#fields: #types),*) -> #private::Invocation<#name> {
            #private::Invocation::new(#arguments)
        }

        #[doc = #docs]
        #[allow(non_camel_case_types, dead_code, missing_debug_implementations, unreachable_pub)]
        #structure

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

/// What a sender sends: the `T` of `Plain<T>` and of `Received<T>`.
pub(super) fn content_of(payload: &TokenStream) -> TokenStream {
    let content = syn::parse2::<syn::TypePath>(payload.clone()).ok().and_then(|path| {
        let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
            return None;
        };
        arguments.args.first().map(|content| quote!(#content))
    });
    content.unwrap_or_else(|| payload.clone())
}

/// The payload that an operation waits for, and whether with a limit, if it is a signal.
pub(super) fn signal_of(operation_type: &TokenStream) -> Option<(TokenStream, bool)> {
    let path = syn::parse2::<syn::TypePath>(operation_type.clone()).ok()?;
    let last = path.path.segments.last()?;
    let limited = last.ident == "SignalWithin";
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let payload = arguments.args.first().filter(|_| limited || last.ident == "SignalWait")?;
    Some((quote!(#payload), limited))
}

/// Whether a constant of that name exists anyway.
pub(in crate::workflow) fn is_reserved(constant: &str) -> bool {
    matches!(constant, "DIAGRAM" | "NAME" | "SIGNALS" | "TIMEOUT")
}

fn signals(input: &Input<'_>) -> TokenStream {
    let private = &input.private;
    let mut constants: BTreeMap<String, TokenStream> = BTreeMap::new();
    for signal in &input.flow.signals {
        let (name, content) = (&signal.name, content_of(&signal.payload));
        let constant = constant_name(name);
        if is_reserved(&constant.to_string()) {
            // Has been reported.
            continue;
        }
        if !signal.known {
            continue;
        }
        constants.entry(constant.to_string()).or_insert_with(|| {
            let docs = format!("The signal `{}`.", name.value());
            quote! {
                #[doc = #docs]
                pub const #constant: #private::Signal<#content> = #private::Signal::new(#name);
            }
        });
    }
    constants.into_values().collect()
}

/// The constants of the signals of which no use says what the payload is. That has been reported.
fn signals_of_any_payload(input: &Input<'_>) -> BTreeMap<String, syn::LitStr> {
    let constants = |known: bool| {
        let signals = input.flow.signals.iter().filter(move |signal| signal.known == known);
        signals.map(|signal| (constant_name(&signal.name).to_string(), signal.name.clone()))
    };
    let known: BTreeMap<_, _> = constants(true).collect();
    constants(false).filter(|(constant, _)| !known.contains_key(constant) && !is_reserved(constant)).collect()
}

/// The type beside the function with these signals. Whoever sends one did nothing wrong: rustc finds a type for each place.
fn any_payload(input: &Input<'_>, signals: &BTreeMap<String, syn::LitStr>) -> TokenStream {
    let (private, vis, name) = (&input.private, &input.model.vis, &input.model.name);
    let constants = signals.values().map(|signal| {
        let constant = constant_name(signal);
        quote!(pub const #constant: #private::Signal<SayiirPayload> = #private::Signal::new(#signal);)
    });
    quote! {
        #vis struct #name<SayiirPayload = ()> {
            payload: ::core::marker::PhantomData<fn() -> SayiirPayload>,
        }

        #[allow(dead_code, missing_docs, unreachable_pub)]
        impl<SayiirPayload> #name<SayiirPayload> {
            #(#constants)*
        }
    }
}

/// One name has one payload type; where the same name is written with two, rustc says so on the second.
fn one_type_for_each_signal(input: &Input<'_>) -> TokenStream {
    let private = &input.private;
    let mut first: BTreeMap<String, TokenStream> = BTreeMap::new();
    let mut checks = TokenStream::new();
    for signal in input.flow.signals.iter().filter(|signal| signal.known) {
        let (name, content) = (&signal.name, content_of(&signal.payload));
        let before = first.entry(name.value()).or_insert_with(|| content.clone());
        if before.to_string() != content.to_string() {
            let span = input.model.user_span(name.span());
            let check = quote! {
                const _: #private::Signal<#before> = #private::Signal::<#content>::new(#name);
            };
            checks.extend(placed(check, span));
        }
    }
    checks
}
