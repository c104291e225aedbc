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
mod text;
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
    configured(&model, &mut found, &mut errors).unwrap_or_else(|| refused(&model, &found, errors))
}

/// What stands in the place of a workflow in which something is wrong, so that nothing else breaks.
fn refused(model: &Model, found: &Flow, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    if !model.beside {
        let method = expand::method(model);
        return quote!(#method #errors);
    }
    let surface = expand::fallback(model, found);
    let body = parse::kept_for_editors(model);
    quote!(#surface #body #errors)
}

/// Compiles the body in each of its configurations. `None` after an error; `found` is then what was found of the body.
fn configured(model: &Model, found: &mut Flow, errors: &mut Errors) -> Option<TokenStream> {
    let body = parse::body(model, errors)?;
    let configurations = configure::all(&body, errors);
    if let [only] = configurations.as_slice() {
        let generated = compiled(model, only.body.clone(), found, errors)?;
        let unused = expand::unused(model, found);
        return Some(quote!(#generated #unused));
    }
    let mut generated = TokenStream::new();
    for configuration in configurations {
        // What is wrong in one of them is wrong only where it holds.
        let (mut found, mut wrong) = (Flow::default(), Errors::default());
        let tokens = compiled(model, configuration.body.clone(), &mut found, &mut wrong);
        generated.extend(configuration.guard(tokens.unwrap_or_else(|| refused(model, &found, wrong))));
    }
    errors.is_empty().then_some(generated)
}

/// Compiles one body. `None` after an error; `found` is what was found of it.
fn compiled(model: &Model, body: syn::Block, found: &mut Flow, errors: &mut Errors) -> Option<TokenStream> {
    let (flow, liveness) = passes(model, body, errors)?;
    *found = flow;
    errors.is_empty().then(|| expand::expand(model, found, &liveness))
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

/// The diagram of one workflow, for tests.
#[cfg(test)]
pub(crate) fn diagram(item: &TokenStream, errors: &mut Errors) -> Option<String> {
    let model = parse::parse(TokenStream::new(), item, errors)?;
    let body = parse::body(&model, errors)?;
    passes(&model, body, errors).map(|(flow, _)| expand::diagram(&flow))
}
