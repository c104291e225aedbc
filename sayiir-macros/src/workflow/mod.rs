//! `#[workflow]`: from an async function to a serialisable state machine, pass by pass.

mod attributes;
mod bindings;
mod check;
mod configure;
mod diverges;
mod expand;
mod ir;
mod liveness;
mod lower;
pub(crate) mod model;
mod operation;
mod parse;
mod resolve;
mod splits;
mod values;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diagnostics::Errors;
use ir::Flow;
use liveness::Liveness;
use model::Model;

/// Compiles one workflow.
pub(crate) fn compile(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(model) = parse::parse(attribute, item, &mut errors) else {
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    };
    let mut found = Flow::default();
    if let Some(generated) = configured(&model, &mut found, &mut errors) {
        return generated;
    }
    if !model.beside {
        let method = expand::method(&model);
        let errors = errors.into_tokens();
        return quote!(#method #errors);
    }
    let surface = expand::fallback(&model, &found);
    let body = parse::kept_for_editors(&model);
    let errors = errors.into_tokens();
    quote!(#surface #body #errors)
}

/// Compiles the body in each of its configurations. `None` after an error; `found` is then what was found of the body.
fn configured(model: &Model, found: &mut Flow, errors: &mut Errors) -> Option<TokenStream> {
    let body = parse::body(model, errors)?;
    let configurations = configure::all(&body, errors);
    let mut generated = TokenStream::new();
    for configuration in &configurations {
        let (flow, liveness) = passes(model, configuration.body.clone(), errors)?;
        if !errors.is_empty() {
            *found = flow;
            return None;
        }
        generated.extend(configuration.guard(expand::expand(model, &flow, &liveness)));
        if configurations.len() == 1 {
            generated.extend(expand::unused(model, &flow));
        }
    }
    errors.is_empty().then_some(generated)
}

/// Everything between a body and the tokens. Each pass starts only if those before found nothing wrong.
fn passes(model: &Model, body: syn::Block, errors: &mut Errors) -> Option<(Flow, Liveness)> {
    check::check(&body, errors);
    if !errors.is_empty() {
        return None;
    }
    let flow = lower::lower(model, body, errors);
    let liveness = Liveness::of(&flow);
    if errors.is_empty() {
        check::saved(model, &flow, &liveness, errors);
        check::signals(&flow, errors);
        values::check(model, &flow, &liveness, errors);
        check::recursion(model, &flow, &liveness, errors);
    }
    Some((flow, liveness))
}

/// The intermediate form of one workflow, for tests.
#[cfg(test)]
pub(crate) fn lowered(item: &TokenStream, errors: &mut Errors) -> Option<Flow> {
    let model = parse::parse(TokenStream::new(), item, errors)?;
    let body = parse::body(&model, errors)?;
    passes(&model, body, errors).map(|(flow, _)| flow)
}
