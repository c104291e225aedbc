//! `#[workflow]`: from an async function to a serialisable state machine, pass by pass.

mod check;
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
pub(crate) fn compile(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(model) = parse::parse(attribute, &item, &mut errors) else {
        let errors = errors.into_tokens();
        return quote!(#item #errors);
    };
    let (flow, errors) = match passes(&model, &mut errors) {
        Some((flow, liveness)) if errors.is_empty() => return expand::expand(&model, &flow, &liveness),
        Some((flow, _)) => (flow, errors),
        None => (Flow::default(), errors),
    };
    if !model.beside {
        let method = expand::method(&model);
        let errors = errors.into_tokens();
        return quote!(#method #errors);
    }
    let surface = expand::fallback(&model, &flow);
    let body = parse::kept_for_editors(&model);
    let errors = errors.into_tokens();
    quote!(#surface #body #errors)
}

/// Everything between the model and the tokens. Each pass starts only if those before found nothing wrong.
fn passes(model: &Model, errors: &mut Errors) -> Option<(Flow, Liveness)> {
    let body = parse::body(model, errors)?;
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
