//! The state enum: one variant for each place where the run can wait, and how it is stored.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::places::places;
use super::surface::signal_of;
use super::{Input, own};
use crate::callable;
use crate::diagnostics::placed;
use crate::workflow::ir::{BindingId, BlockId, Flow, Origin, PointId};
use crate::workflow::model::bare;

/// One variant.
pub(super) struct Variant {
    pub(super) name: Ident,
    /// The point it waits at; `None` for the start.
    pub(super) point: Option<PointId>,
    /// The saved variables, each with the name of its field.
    pub(super) fields: Vec<(Ident, BindingId)>,
}

impl Variant {
    /// Where the stretch behind it begins.
    pub(super) fn entry(&self, flow: &Flow) -> BlockId {
        self.point.map_or(BlockId(0), |point| flow.points[point.0].resume)
    }

    /// The field that holds the operation; out of the way of a variable of that name.
    pub(super) fn awaiting(&self) -> Ident {
        let taken = self.fields.iter().any(|(name, _)| name == "awaiting");
        Ident::new(if taken { "awaiting_" } else { "awaiting" }, Span::call_site())
    }
}

pub(super) fn variants(input: &Input<'_>) -> Vec<Variant> {
    let start = Variant {
        name: Ident::new("Start", Span::call_site()),
        point: None,
        fields: named_fields(input, (0..input.model.parameters.len()).map(BindingId).collect()),
    };
    let points = (0..input.flow.points.len()).map(PointId);
    let waiting =
        points.filter(|point| input.liveness.is_reachable(input.flow.points[point.0].resume)).map(|point| {
            let at = &input.flow.points[point.0];
            Variant {
                name: at.variant.clone(),
                point: Some(point),
                fields: named_fields(input, input.liveness.saved(input.flow, point)),
            }
        });
    std::iter::once(start).chain(waiting).collect()
}

/// Fields are named after the variables; of several with one name the later ones are numbered.
fn named_fields(input: &Input<'_>, saved: Vec<BindingId>) -> Vec<(Ident, BindingId)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut fields = Vec::new();
    for id in saved {
        let binding = input.flow.binding(id);
        let name = bare(&binding.ident);
        let name = name.trim_end_matches("_inner").to_owned();
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        let name = if *count == 1 { name } else { format!("{name}{count}") };
        let span = binding.ident.span().resolved_at(Span::call_site());
        let ident = syn::parse_str::<Ident>(&name).unwrap_or_else(|_| Ident::new_raw(&name, span));
        fields.push((with_span(ident, span), id));
    }
    fields
}

fn with_span(mut ident: Ident, span: Span) -> Ident {
    ident.set_span(span);
    ident
}

pub(super) fn state(input: &Input<'_>, variants: &[Variant]) -> TokenStream {
    let definition = definition(input, variants);
    let storage = storage(input, variants);
    quote!(#definition #storage)
}

/// A value of an operation or its output, once all has been asked that has to hold for the operation.
pub(super) fn checked(conditions: &[TokenStream], value: TokenStream) -> TokenStream {
    conditions.iter().fold(value, |value, condition| callable::call(condition, value))
}

/// The type under which a variable stands in the enum.
pub(super) fn field_type(input: &Input<'_>, id: BindingId) -> TokenStream {
    let private = &input.private;
    match &input.flow.binding(id).ty {
        Some(ty) => quote!(#ty),
        None => quote!(#private::Stored),
    }
}

fn definition(input: &Input<'_>, variants: &[Variant]) -> TokenStream {
    let (vis, name) = (&input.model.vis, input.model.state_name());
    let workflow = &input.model.name;
    let docs = format!(
        "Where a run of [`{workflow}`](fn@{workflow}) can wait, with the values that are still needed there. This is what is stored."
    );
    let arms = variants.iter().map(|variant| {
        let docs = match variant.point {
            None => "Started, nothing done yet.".to_owned(),
            Some(point) => format!("Waits for {}.", input.flow.points[point.0].words),
        };
        let name = &variant.name;
        let fields = variant.fields.iter().map(|(field, id)| {
            let ty = field_type(input, *id);
            let docs = match input.flow.binding(*id).origin {
                Origin::Parameter => format!("The argument `{}`.", bare(field)),
                Origin::User => format!("The variable `{}`.", bare(field)),
                Origin::Temporary => "A value in the middle of an expression.".to_owned(),
            };
            quote!(#[doc = #docs] #field: #ty)
        });
        let awaiting = variant.point.map(|point| {
            let ty = &input.flow.points[point.0].operation_type;
            let field = variant.awaiting();
            quote!(#[doc = "What is waited for."] #field: #ty,)
        });
        quote!(#[doc = #docs] #name { #awaiting #(#fields),* })
    });
    quote! {
        #[doc = #docs]
        #[allow(dead_code, unreachable_pub, private_interfaces, clippy::all, clippy::pedantic)]
        #vis enum #name { #(#arms),* }
    }
}

/// How the state is written and read. The bound on each variable's type is checked once, at the user's own token.
fn storage(input: &Input<'_>, variants: &[Variant]) -> TokenStream {
    let private = &input.private;
    let name = input.model.state_name();
    let mut codecs: BTreeMap<BindingId, TokenStream> = BTreeMap::new();
    for (_, id) in variants.iter().flat_map(|variant| &variant.fields) {
        codecs.entry(*id).or_insert_with(|| {
            let ty = field_type(input, *id);
            let codec = codec_of(*id);
            let binding = input.flow.binding(*id);
            // A parameter's type is checked where it is written, and there only.
            let (place, bound) = match (binding.origin, &binding.ty) {
                (Origin::Parameter, Some(ty)) => (ty.span(), quote!(Taken)),
                (_, _) => (binding.ident.span(), quote!(Saved)),
            };
            let place = input.model.user_span(place);
            let (left, right) =
                (placed(quote!(<), place), placed(quote!(as #private::#bound>::CODEC), place));
            // A type that only we have written is inferred, so that the question has no other place than the variable.
            let subject = match &binding.ty {
                Some(Type::Path(path)) if path.qself.is_some() => quote_spanned!(place=> _),
                Some(_) | None => quote!(#ty),
            };
            let value = quote!(#left #subject #right);
            quote!(const #codec: #private::FieldCodec<#ty> = #value;)
        });
    }
    let codecs = codecs.values();
    let places = places(input, variants);
    let encode = variants.iter().map(|variant| encode(input, variant));
    let decode = variants.iter().map(|variant| decode(input, variant));
    let leaves = variants.iter().map(|variant| {
        let name = &variant.name;
        match variant.point {
            None => quote!(Self::#name { .. } => {}),
            Some(_) => {
                let field = variant.awaiting();
                let leaves = match variant
                    .point
                    .and_then(|point| signal_of(&input.flow.points[point.0].operation_type))
                {
                    Some((payload, false)) => quote!(<#payload as #private::Payload>::leaves_of_wait),
                    Some((payload, true)) => quote!(<#payload as #private::Payload>::leaves_of_within),
                    None => quote!(#private::Operation::leaves),
                };
                let leaves = placed(leaves, input.model.user_span(name.span()));
                let conditions = variant.point.map(|point| &input.flow.points[point.0].conditions);
                let operation = checked(conditions.map_or(&[], Vec::as_slice), quote!(awaiting));
                quote!(Self::#name { #field: awaiting, .. } => #leaves(#operation, leaves),)
            }
        }
    });
    quote! {
        #[allow(non_upper_case_globals, unused_variables, clippy::all, clippy::pedantic)]
        const _: () = {
            #(#codecs)*

            #[automatically_derived]
            impl #private::WorkflowState for #name {
                #places
                fn encode(&self) -> #private::Result<#private::Stored, #private::Unencodable> {
                    match self { #(#encode)* }
                }
                fn decode(reader: &#private::StateReader<'_>) -> #private::Result<Self, #private::Incompatible> {
                    match reader.variant_name() {
                        #(#decode)*
                        _ => #private::Err(reader.unknown()),
                    }
                }
                fn leaves(&self, leaves: &mut #private::Leaves<'_>) {
                    match self { #(#leaves)* }
                }
            }
            #private::impl_state_traits!(#name);
        };
    }
}

pub(super) fn codec_of(id: BindingId) -> Ident {
    format_ident!("field{}", id.0, span = Span::mixed_site())
}

/// A saved variable on its way into the writer. Never called what the user calls it, which may be a keyword.
fn value_of(id: BindingId) -> Ident {
    own(&format!("value{}", id.0))
}

/// How an operation is written and read. Its type comes from the value, which has none if a condition does not hold.
pub(super) fn operation_codec(input: &Input<'_>, variant: &Variant) -> TokenStream {
    let private = &input.private;
    placed(quote!(<_ as #private::Saved>::CODEC), input.model.user_span(variant.name.span()))
}

fn encode(input: &Input<'_>, variant: &Variant) -> TokenStream {
    let private = &input.private;
    let (name, text) = (&variant.name, variant.name.to_string());
    let fields = variant.fields.iter().map(|(field, _)| field);
    let writes = variant.fields.iter().map(|(field, id)| {
        let (codec, text) = (codec_of(*id), bare(field));
        let value = value_of(*id);
        quote!(writer.field(&#codec, #text, #value);)
    });
    let values = variant.fields.iter().map(|(_, id)| value_of(*id));
    let awaiting = variant.point.map(|point| {
        let (field, codec) = (variant.awaiting(), operation_codec(input, variant));
        let text = field.to_string();
        let operation = checked(&input.flow.points[point.0].conditions, quote!(awaiting));
        (quote!(#field: awaiting,), quote!(writer.field(&#codec, #text, #operation);))
    });
    let (pattern, write) = awaiting.unzip();
    quote! {
        Self::#name { #pattern #(#fields: #values),* } => {
            let mut writer = #private::StateWriter::variant(#text);
            #write
            #(#writes)*
            writer.finish()
        }
    }
}

fn decode(input: &Input<'_>, variant: &Variant) -> TokenStream {
    let private = &input.private;
    let (name, text) = (&variant.name, variant.name.to_string());
    let reads = variant.fields.iter().map(|(field, id)| {
        let (codec, text) = (codec_of(*id), bare(field));
        quote!(#field: reader.field(&#codec, #text)?)
    });
    let awaiting = variant.point.map(|point| {
        let (field, codec) = (variant.awaiting(), operation_codec(input, variant));
        let text = field.to_string();
        let conditions = &input.flow.points[point.0].conditions;
        let operation = checked(conditions, quote!(reader.field(&#codec, #text)?));
        quote!(#field: #operation,)
    });
    quote!(#text => #private::Ok(Self::#name { #awaiting #(#reads),* }),)
}
