//! The implementation of `Workflow`: types, names, and the way into the compiled body.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::Input;
use super::body::Body;
use super::state::Variant;
use super::surface::content_of;
use crate::callable;
use crate::diagnostics::placed;
use crate::workflow::ir::{self, End, Flow, ScopeId};
use crate::workflow::model::{Model, is_result};

/// A flow that waits nowhere: what stands in for a body with errors.
pub(super) fn only_start(model: &Model) -> Flow {
    let mut flow = Flow::default();
    flow.scopes.push(ir::Scope { parent: None, exit: None, items: Vec::new() });
    for parameter in &model.parameters {
        flow.bindings.push(ir::Binding {
            ident: parameter.field.clone(),
            renamed: false,
            hides: Vec::new(),
            mutable: false,
            ty: Some(parameter.ty.clone()),
            origin: ir::Origin::Parameter,
            scope: ScopeId(0),
            reference: false,
        });
    }
    flow.blocks.push(ir::Block {
        scope: ScopeId(0),
        statements: Vec::new(),
        end: End::Return {
            written: quote!(()),
            keyword: quote!(return),
            value: quote!(::core::unreachable!()),
            effect: ir::Effect::default(),
        },
        visible: Vec::new(),
        is_loop_head: false,
    });
    flow
}

pub(super) fn workflow(input: &Input<'_>, variants: &[Variant]) -> TokenStream {
    let private = &input.private;
    let model = input.model;
    let (name, state, output) = (&model.name, model.state_name(), &model.output);
    let durable = model.durable_name();
    let fields: Vec<_> = model.parameters.iter().map(|parameter| &parameter.field).collect();
    let success = callable::success(output, private);
    let owned: Vec<_> = model.parameters.iter().map(|parameter| parameter.ty.clone()).collect();
    let input_type = callable::arguments_type(&owned, name);
    let input_item = callable::associated("Input", &input_type);
    let return_item = callable::associated("Return", &quote!(#output));
    let output_item = callable::associated("Output", &success);
    let read_output = callable::recall(output, private);
    let timeout = match &model.options.timeout {
        Some(limit) => quote!(#private::Some(#limit)),
        None => quote!(#private::None),
    };
    let signals = signal_declarations(input);
    let callees = &input.flow.callees;
    let spawned = input.flow.spawned.iter().map(|path| callable::ask(path, "Spawnable", "register", private));
    let compensates = input.flow.compensates.then(|| quote!(registry.compensates();));
    let errors = if is_result(output) {
        quote! {
            #[allow(unused_imports)]
            use #private::{
                KeptAsText as _, KeptNot as _, KeptWhole as _, KeptWithInner as _, KeptWithSources as _,
            };
            (&&&&&#private::Kept::<Self::Return>::new()).form()
        }
    } else {
        quote!(#private::ErrorForm::Never)
    };
    let callable = called(input, &owned, &input_type);
    let body = Body::new(input, variants);
    let (functions, advance, describe) = (body.functions(), body.advance(), body.describe());
    let items = &input.flow.items;
    let upgrade = match &model.options.upgrade {
        Some(path) => quote!(#private::Some(#private::UpgradeBy::<#state> { convert: #path }.convert)),
        None => quote!(#private::None),
    };
    let start = &variants[0].name;
    quote! {
        #callable

        const _: () = {
            #(#items)*

            #[allow(
                unused_mut, unused_variables, unused_assignments, unused_labels, unused_parens, unused_braces,
                unreachable_code, unreachable_patterns, path_statements, dropping_references, redundant_semicolons,
                non_snake_case, non_camel_case_types, dead_code, clippy::all, clippy::pedantic, clippy::nursery
            )]
            const _: () = {
                #functions

                #[automatically_derived]
                impl #private::Workflow for #name {
                    #input_item
                    #return_item
                    #output_item
                    type Kind = Self;
                    type State = #state;
                    const NAME: &'static str = #durable;
                    const SIGNALS: &'static [#private::SignalDeclaration] = &[#(#signals),*];
                    const DIAGRAM: &'static str = Self::DIAGRAM;
                    const TIMEOUT: #private::Option<::core::time::Duration> = #timeout;
                    const UPGRADE: #private::Option<#private::Upgrade<#state>> = #upgrade;
                    fn errors() -> #private::ErrorForm<Self::Return> {
                        #errors
                    }
                    fn begin((#(#fields,)*): Self::Input) -> Self::State {
                        #state::#start { #(#fields),* }
                    }
                    fn output(stored: &#private::Stored) -> #private::Result<Self::Output, #private::JsonError> {
                        #read_output
                    }
                    #advance
                    #describe
                    fn register_callees(registry: &mut #private::Registry) {
                        #(<#callees as #private::Callable>::register(registry);)*
                        #(#spawned(registry);)*
                        #compensates
                    }
                }
            };
        };
    }
}

/// What other workflows need to call it, and to `spawn!` it.
fn called(input: &Input<'_>, types: &[syn::Type], arguments: &TokenStream) -> TokenStream {
    let (private, name, output) = (&input.private, &input.model.name, &input.model.output);
    let arguments_item = callable::associated("Arguments", arguments);
    let kind = callable::kind(name, output, &quote!(<#name as #private::Workflow>::Return), private);
    let sides = callable::sides(name, output, private);
    let intake = callable::intake(name, types, private);
    let checked = callable::checked();
    quote! {
        #[automatically_derived]
        impl #private::Callable for #name {
            type Operation = #private::Child<Self>;
            type Intake = Self;
            #arguments_item
            fn register(registry: &mut #private::Registry) {
                registry.workflow::<Self>();
            }
        }

        #sides

        #kind

        #intake

        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #private::Spawnable for #name {
            type Invocation = #private::Invocation<Self>;
            #checked
            fn spawn(
                id: impl #private::Into<#private::String>,
                invocation: Self::Invocation,
            ) -> #private::Spawn<Self> {
                #private::Spawn::new(id, invocation)
            }
            fn register(registry: &mut #private::Registry) {
                registry.spawned::<Self>();
            }
        }
    }
}

/// Each signal once.
fn signal_declarations(input: &Input<'_>) -> impl Iterator<Item = TokenStream> {
    let (private, model) = (&input.private, input.model);
    let signals = input.flow.signals.iter().filter(|signal| signal.known).map(|signal| {
        let (name, payload) = (&signal.name, &signal.payload);
        let content = content_of(payload);
        let span = model.user_span(signal.span);
        let check = placed(quote!(<#payload as #private::Payload>::check), span);
        let shape = placed(quote!(<#payload as #private::Payload>::shape), span);
        let declaration = quote! {
            #private::SignalDeclaration {
                name: #name,
                check: #check,
                payload: ::core::any::type_name::<#content>,
                shape: #shape,
            }
        };
        (name.value(), declaration)
    });
    signals.collect::<BTreeMap<_, _>>().into_values()
}
