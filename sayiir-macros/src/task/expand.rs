//! Writes what stands beside a task's function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::{Model, Parameter};
use crate::callable::{arguments_type, associated, intake, kind, no_intake, sides};
use crate::diagnostics::placed;
use crate::signature::{self, Head};
use crate::workflow::model::bare;

pub(super) fn expand(model: &Model) -> TokenStream {
    let krate = &model.options.krate;
    let private = quote!(#krate::__private);
    let Model { name, function, .. } = model;
    let (fields, types) = arguments(model);
    let definition = definition(model);
    let task = task_impl(model, &private, &types);
    let sides = sides(name, &model.output, &private);
    let call = Ident::new("call", name.span());
    let arguments_type = associated("Arguments", &arguments_type(&types, name));
    let intake = intake(name, &types, &private);
    quote! {
        #function

        #definition

        #[allow(dead_code, unreachable_pub, private_interfaces, clippy::all, clippy::pedantic)]
        impl #name {
            #[doc(hidden)]
            pub fn #call(#(#fields: #types),*) -> #private::TaskCall<#name> {
                #private::TaskCall::new((#(#fields,)*))
            }
        }

        #task

        #[automatically_derived]
        impl #private::Callable for #name {
            type Operation = #private::TaskCall<Self>;
            type Intake = Self;
            #arguments_type
            fn register(registry: &mut #private::Registry) {
                registry.task::<Self>();
            }
        }

        #intake

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #private::Undoes for #name {
            type Call = #private::TaskCall<Self>;
            fn remember(step: &#private::Step<'_>, call: &Self::Call) -> #private::Result<(), #private::Fault> {
                step.compensate(call)
            }
        }

        #sides
    }
}

/// What is written when the attribute or the head of the function is wrong: all that other code may name, without what could
/// give rise to further errors. What takes a type that cannot be used takes anything.
pub(super) fn fallback(model: &Model, head: &Head) -> TokenStream {
    let krate = &model.options.krate;
    let private = quote!(#krate::__private);
    let Model { name, function, output, .. } = model;
    let usable = |ty: &Type| signature::can_stand_alone(ty, head);
    let (fields, types) = arguments(model);
    let taken = types.iter().map(|ty| if usable(ty) { quote!(#ty) } else { quote!(impl Sized) });
    let known = types.iter().map(|ty| if usable(ty) { quote!(#ty) } else { quote!(()) });
    let output = if usable(output) { output.clone() } else { syn::parse_quote!(()) };
    let sides = sides(name, &output, &private);
    let kind = kind(name, &output, &quote!(<#name as #private::Task>::Output), &private);
    let durable = bare(name);
    let no_intake = no_intake(name, &private);
    let definition = definition(model);
    quote! {
        #function

        #definition

        #[allow(dead_code, unreachable_pub, unused_variables, private_interfaces, clippy::all, clippy::pedantic)]
        impl #name {
            #[doc(hidden)]
            pub fn call(#(#fields: #taken),*) -> #private::TaskCall<#name> {
                ::core::unreachable!()
            }
        }

        #kind

        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #private::Task for #name {
            type Input = <Self as #private::Callable>::Arguments;
            type Output = #output;
            type Kind = Self;
            const NAME: &'static str = #durable;
            const OPTIONS: #private::TaskOptions = #private::TaskOptions::DEFAULT;
            fn run(
                _: Self::Input,
                _: &#private::Surroundings<'_>,
            ) -> impl #private::Future<Output = Self::Output> + #private::Send + 'static {
                ::core::future::pending()
            }
        }

        #[automatically_derived]
        impl #private::Callable for #name {
            type Operation = #private::TaskCall<Self>;
            type Intake = Self;
            type Arguments = (#(#known,)*);
            fn register(_: &mut #private::Registry) {}
        }

        #no_intake

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #private::Undoes for #name {
            type Call = #private::TaskCall<Self>;
            fn remember(_: &#private::Step<'_>, _: &Self::Call) -> #private::Result<(), #private::Fault> {
                ::core::unreachable!()
            }
        }

        #sides
    }
}

fn definition(model: &Model) -> TokenStream {
    let Model { vis, name, .. } = model;
    // On the name, where rustc shows what a trait is not implemented for.
    let structure = quote_spanned!(name.span()=> #vis struct #name {});
    let docs = format!("The task [`{name}`](fn@{name}), as workflows know it.");
    quote! {
        #[doc = #docs]
        #[allow(non_camel_case_types, dead_code, missing_debug_implementations, unreachable_pub)]
        #structure
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
    let Model { name, output, .. } = model;
    let durable = model.options.name.as_ref().map_or_else(|| bare(name), syn::LitStr::value);
    let input = arguments_type(types, name);
    let input_type = associated("Input", &input);
    let output_type = associated("Output", &quote!(#output));
    let kind = kind(name, output, &quote!(<#name as #private::Task>::Output), private);
    let options = task_options(model, private);
    let hooks = hooks(model, private);
    let needs = needs(model, &durable);
    let run = run(model, private);
    quote! {
        #kind

        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #private::Task for #name {
            #input_type
            #output_type
            type Kind = Self;
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
    let output = &model.output;
    let error = quote!(<#output as #private::Sides>::Err);
    let retry_if = options.retry_if.as_ref().map(|path| {
        quote! {
            fn worth_retrying(output: &Self::Output) -> bool {
                match output {
                    #private::Ok(_) => true,
                    #private::Err(error) => (#private::RetryIf::<#error> { decide: #path }.decide)(error),
                }
            }
        }
    });
    let timed_out = options.timeout.as_ref().map(|(_, span)| {
        let convert = placed(quote!(<#error as #private::FromTimeout>::from_timeout), *span);
        quote! {
            fn timed_out(timeout: #private::Timeout) -> #private::Option<Self::Output> {
                #private::Some(#private::Err(#convert(timeout)))
            }
        }
    });
    let interrupted = options.at_most_once.map(|span| {
        let convert = placed(quote!(<#error as #private::FromInterrupted>::from_interrupted), span);
        quote! {
            fn interrupted(interrupted: #private::Interrupted) -> #private::Option<Self::Output> {
                #private::Some(#private::Err(#convert(interrupted)))
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
    let (input, around, context) = (own("input"), own("around"), own("context"));
    let mut stored = Vec::new();
    let mut taken = Vec::new();
    let mut passed = Vec::new();
    for (index, parameter) in model.parameters.iter().enumerate() {
        let value = format_ident!("value{index}", span = Span::mixed_site());
        passed.push(match parameter {
            Parameter::Argument { .. } => {
                stored.push(value.clone());
                quote!(#value)
            }
            Parameter::Injected { ty, by_arc } => {
                let take = quote_spanned!(ty.span()=> <#ty as #private::Inject>::from_provided);
                let take = placed(take, ty.span());
                taken.push(quote!(let #value = #take(#around.provided);));
                if *by_arc { quote!(#value) } else { quote!(&*#value) }
            }
            Parameter::Context => {
                taken.push(quote!(let #context = #around.context();));
                quote!(&#context)
            }
        });
    }
    let span = name.span();
    let body = quote_spanned!(span=> async move {
        let (#(#stored,)*) = #input;
        #name(#(#passed),*).await
    });
    let returned =
        placed(quote!(impl #private::Future<Output = Self::Output> + #private::Send + 'static), span);
    quote! {
        fn run(
            #input: Self::Input,
            #around: &#private::Surroundings<'_>,
        ) -> #returned {
            #(#taken)*
            #body
        }
    }
}
