//! `#[task]`: the function stays as it is; beside it stands a type of the same name that a workflow can call.

mod expand;
mod options;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{FnArg, Pat, PatType, Type, Visibility};

use crate::diagnostics::Errors;
use crate::signature::{self, Head};
use options::Options;

/// An annotated function.
pub(crate) struct Model {
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Type,
    pub(crate) options: Options,
    /// The user's function without our parameter attributes.
    pub(crate) function: TokenStream,
}

/// What a parameter is.
pub(crate) enum Parameter {
    /// Part of the stored input.
    Argument { field: Ident, ty: Type },
    /// `#[inject] x: &T` or `Arc<T>`.
    Injected { ty: Type, by_arc: bool },
    /// `cx: &TaskContext`.
    Context,
}

/// Compiles one task.
pub(crate) fn compile(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Ok(mut head) = syn::parse2::<Head>(item.clone()) else {
        errors.on(first_token(item), "`#[task]` goes on an `async fn`: write `#[task] async fn name(..)`");
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    };
    let options = options::parse(attribute, &head, &mut errors);
    signature::check(&head, "task", &mut errors);
    let parameters = parameters(&mut head, &mut errors);
    let model = Model {
        vis: head.vis.clone(),
        name: head.sig.ident.clone(),
        parameters,
        output: head.output(),
        options,
        function: function(&head),
    };
    if errors.is_empty() {
        return expand::expand(&model);
    }
    let errors = errors.into_tokens();
    if signature::is_method(&head) || signature::is_primitive(&model.name) {
        let function = model.function;
        return quote!(#function #errors);
    }
    let fallback = expand::fallback(&model, &head);
    quote!(#fallback #errors)
}

/// The user's function. A task is async by definition, also one that waits for nothing.
fn function(head: &Head) -> TokenStream {
    let Head { attrs, vis, sig, body } = head;
    quote!(#(#attrs)* #[allow(clippy::unused_async)] #vis #sig #body)
}

fn first_token(tokens: &TokenStream) -> TokenStream {
    tokens.clone().into_iter().next().map(ToTokens::into_token_stream).unwrap_or_default()
}

/// Sorts the parameters and takes our attributes off them.
fn parameters(head: &mut Head, errors: &mut Errors) -> Vec<Parameter> {
    let mut sorted = Vec::new();
    for (index, input) in head.sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(argument) = input else { continue };
        let before = argument.attrs.len();
        argument.attrs.retain(|attr| !attr.path().is_ident("inject"));
        sorted.push(if argument.attrs.len() < before {
            injected(argument, errors)
        } else if is_context(&argument.ty) {
            Parameter::Context
        } else if is_owned_context(&argument.ty) {
            errors.on(&argument.ty, "the context of an attempt is lent to the task: write `&TaskContext`");
            Parameter::Context
        } else {
            plain(argument, index, errors)
        });
    }
    sorted
}

fn plain(argument: &PatType, index: usize, errors: &mut Errors) -> Parameter {
    signature::refuse_borrowed(
        &argument.ty,
        "the arguments of a task are stored, so they cannot be borrowed: take an owned value, or write `#[inject]` before it if the engine provides it",
        errors,
    );
    let field = match &*argument.pat {
        Pat::Ident(simple) => simple.ident.clone(),
        _ => quote::format_ident!("argument{index}"),
    };
    Parameter::Argument { field, ty: (*argument.ty).clone() }
}

fn injected(argument: &PatType, errors: &mut Errors) -> Parameter {
    match &*argument.ty {
        Type::Reference(reference) if reference.mutability.is_none() => {
            Parameter::Injected { ty: (*reference.elem).clone(), by_arc: false }
        }
        ty => match arc_content(ty) {
            Some(content) => Parameter::Injected { ty: content, by_arc: true },
            None => {
                errors.on(ty, "an injected parameter is shared by all attempts: write `&T` or `Arc<T>`");
                Parameter::Context
            }
        },
    }
}

fn arc_content(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Arc")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(content) => Some(content.clone()),
        _ => None,
    }
}

/// Whether a type is `&TaskContext`.
pub(crate) fn is_context(ty: &Type) -> bool {
    let Type::Reference(reference) = ty else {
        return false;
    };
    is_owned_context(&reference.elem)
}

/// Whether a type is `TaskContext`.
pub(crate) fn is_owned_context(ty: &Type) -> bool {
    let Type::Path(path) = ty else {
        return false;
    };
    path.path.segments.last().is_some_and(|last| last.ident == "TaskContext")
}
