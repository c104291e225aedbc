//! Writes what stands beside a task's function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::{Model, Parameter};
use crate::workflow::model::bare;

pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.options.krate;
    let private = quote!(#krate::__private);
    let Model { vis, name, function, .. } = model;
    let (fields, types) = arguments(model);
    let docs = format!("The task [`{name}`](fn@{name}), as workflows know it.");
    let task = task_impl(model, &private, &types);
    quote! {
        #function

        #[doc = #docs]
        #[allow(non_camel_case_types, dead_code, missing_debug_implementations, unreachable_pub)]
        #vis struct #name {}

        #[allow(dead_code, unreachable_pub, private_interfaces, clippy::all, clippy::pedantic)]
        impl #name {
            #[doc(hidden)]
            pub fn call(#(#fields: #types),*) -> #private::TaskCall<#name> {
                #private::TaskCall::new((#(#fields,)*))
            }
        }

        #task

        #[automatically_derived]
        impl #private::Callable for #name {
            type Operation = #private::TaskCall<Self>;
            type Arguments = (#(#types,)*);
            fn register(registry: &mut #private::Registry) {
                registry.task::<Self>();
            }
        }
    }
}

fn arguments(model: &Model) -> (Vec<Ident>, Vec<Type>) {
    let stored = model.parameters.iter().filter_map(|parameter| match parameter {
        Parameter::Argument { field, ty } => Some((field.clone(), ty.clone())),
        Parameter::Injected { .. } | Parameter::Context => None,
    });
    stored.unzip()
}

fn task_impl(model: &Model, private: &TokenStream, types: &[Type]) -> TokenStream {
    let name = &model.name;
    let durable = model.options.name.as_ref().map_or_else(|| bare(name), syn::LitStr::value);
    let output = &model.output;
    let span = output.span();
    let input = input_type(model, types);
    let kind = if model.fallible { quote!(Fallible) } else { quote!(Infallible) };
    let kind = quote_spanned!(span=> type Kind = #private::#kind;);
    let options = task_options(model, private);
    let hooks = hooks(model, private);
    let needs = needs(model, &durable);
    let run = run(model, private);
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #private::Task for #name {
            type Input = #input;
            type Output = #output;
            #kind
            const NAME: &'static str = #durable;
            const OPTIONS: #private::TaskOptions = #options;
            #hooks
            fn needs(needs: &mut #private::Needs) {
                #needs
            }
            #run
        }
    }
}

/// The tuple of the arguments, on whose span a type that cannot be stored is reported.
fn input_type(model: &Model, types: &[Type]) -> TokenStream {
    let span = types.first().map_or(model.name.span(), Spanned::span);
    let mut tuple = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#(#types,)*));
    tuple.set_span(span);
    tuple.into_token_stream()
}

fn task_options(model: &Model, private: &TokenStream) -> TokenStream {
    let options = &model.options;
    let retries = options.retries.map(|retries| quote!(.retries(#retries)));
    let backoff = options.backoff.as_ref().map(|(first, most)| quote!(.backoff(#first, #most)));
    let timeout = options.timeout.as_ref().map(|(limit, _)| quote!(.timeout(#limit)));
    let at_most_once = options.at_most_once.map(|_| quote!(.at_most_once()));
    let max_concurrent = options.max_concurrent.map(|most| quote!(.max_concurrent(#most)));
    quote!(#private::TaskOptions::DEFAULT #retries #backoff #timeout #at_most_once #max_concurrent)
}

fn hooks(model: &Model, private: &TokenStream) -> TokenStream {
    let options = &model.options;
    let retry_if = options.retry_if.as_ref().map(|path| {
        quote! {
            fn worth_retrying(output: &Self::Output) -> bool {
                match output {
                    #private::Ok(_) => true,
                    #private::Err(error) => #path(error),
                }
            }
        }
    });
    let timed_out = options.timeout.as_ref().map(|(_, span)| {
        quote_spanned! {*span=>
            fn timed_out(timeout: #private::Timeout) -> #private::Option<Self::Output> {
                #private::Some(#private::Err(#private::From::from(timeout)))
            }
        }
    });
    let interrupted = options.at_most_once.map(|span| {
        quote_spanned! {span=>
            fn interrupted(interrupted: #private::Interrupted) -> #private::Option<Self::Output> {
                #private::Some(#private::Err(#private::From::from(interrupted)))
            }
        }
    });
    quote!(#retry_if #timed_out #interrupted)
}

fn needs(model: &Model, durable: &str) -> TokenStream {
    let types = model.parameters.iter().filter_map(|parameter| match parameter {
        Parameter::Injected { ty, .. } => Some(ty),
        Parameter::Argument { .. } | Parameter::Context => None,
    });
    quote!(#(needs.add::<#types>(#durable);)*)
}

fn run(model: &Model, private: &TokenStream) -> TokenStream {
    let name = &model.name;
    let own = |text: &str| Ident::new(text, Span::mixed_site());
    let (input, provided, context) = (own("input"), own("provided"), own("context"));
    let mut stored = Vec::new();
    let mut injected = Vec::new();
    let mut passed = Vec::new();
    for (index, parameter) in model.parameters.iter().enumerate() {
        let value = format_ident!("value{index}", span = Span::mixed_site());
        passed.push(match parameter {
            Parameter::Argument { .. } => {
                stored.push(value.clone());
                quote!(#value)
            }
            Parameter::Injected { ty, by_arc } => {
                injected.push(quote!(let #value = #provided.expect::<#ty>();));
                if *by_arc { quote!(#value) } else { quote!(&*#value) }
            }
            Parameter::Context => quote!(&#context),
        });
    }
    let span = name.span();
    let body = quote_spanned!(span=> async move {
        let (#(#stored,)*) = #input;
        #(#injected)*
        #name(#(#passed),*).await
    });
    quote! {
        fn run(
            #input: Self::Input,
            #provided: #private::Arc<#private::Provided>,
            #context: #private::TaskContext,
        ) -> impl #private::Future<Output = Self::Output> + #private::Send + 'static {
            #body
        }
    }
}
