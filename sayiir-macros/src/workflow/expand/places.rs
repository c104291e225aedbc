//! The places where a run can wait, and what is saved there: what a new version is held against.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::Input;
use super::state::{Variant, checked, codec_of, operation_codec};
use crate::diagnostics::placed;
use crate::workflow::model::bare;

/// `PLACES`, `place` and `describe` of the state.
pub(super) fn places(input: &Input<'_>, variants: &[Variant]) -> TokenStream {
    let private = &input.private;
    let places = variants.iter().map(|variant| place(input, variant));
    let arms = variants.iter().enumerate().map(|(index, variant)| {
        let (name, index) = (&variant.name, Literal::usize_suffixed(index));
        quote!(Self::#name { .. } => &Self::PLACES[#index],)
    });
    let fields = variants.iter().map(|variant| named_fields(input, variant));
    quote! {
        const PLACES: &'static [#private::Place] = &[#(#places),*];
        fn place(&self) -> &'static #private::Place {
            match self { #(#arms)* }
        }
        fn describe(fields: &mut #private::Fields) {
            #(#fields)*
        }
    }
}

fn place(input: &Input<'_>, variant: &Variant) -> TokenStream {
    let private = &input.private;
    let name = variant.name.to_string();
    let schema = Literal::u32_suffixed(fingerprint(input, variant));
    let numbered = variant.point.and_then(|point| input.flow.points[point.0].numbered.as_ref());
    let numbered = match numbered {
        Some(base) => quote!(#private::Some(#base)),
        None => quote!(#private::None),
    };
    quote!(#private::Place { name: #name, numbered: #numbered, schema: #schema })
}

/// Those whose types the syntax names. The others are described by the function that holds them.
fn named_fields(input: &Input<'_>, variant: &Variant) -> TokenStream {
    let private = &input.private;
    let place = variant.name.to_string();
    let named = variant.fields.iter().filter(|(_, id)| input.flow.binding(*id).ty.is_some());
    let named = named.map(|(field, id)| {
        let (codec, text) = (codec_of(*id), bare(field));
        quote!(fields.add(#place, #text, &#codec);)
    });
    let awaiting = variant.point.map(|point| {
        let point = &input.flow.points[point.0];
        let (codec, ty) = (operation_codec(input, variant), &point.operation_type);
        let text = variant.awaiting().to_string();
        let none = placed(quote!(#private::None::<#ty>), input.model.user_span(variant.name.span()));
        let operation = checked(&point.conditions, none);
        quote!(fields.add(#place, #text, #codec.of(&#operation));)
    });
    quote!(#(#named)* #awaiting)
}

/// A number for what is saved at a place: names and types as they are written. An inferred type counts as `_`.
fn fingerprint(input: &Input<'_>, variant: &Variant) -> u32 {
    let mut hash = Fnv::new();
    for (field, id) in &variant.fields {
        hash.word(&bare(field));
        match &input.flow.binding(*id).ty {
            Some(ty) => hash.tokens(ty.to_token_stream()),
            None => hash.word("_"),
        }
    }
    if let Some(point) = variant.point {
        hash.tokens(input.flow.points[point.0].operation_type.clone());
    }
    hash.0
}

/// FNV-1a: the same number for the same words on every machine and for every version of the compiler.
struct Fnv(u32);

impl Fnv {
    fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn word(&mut self, word: &str) {
        for byte in word.bytes().chain([0]) {
            self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    self.word("(");
                    self.tokens(group.stream());
                    self.word(")");
                }
                TokenTree::Ident(ident) => self.word(&ident.to_string()),
                TokenTree::Punct(punct) => self.word(punct.as_char().encode_utf8(&mut [0; 4])),
                TokenTree::Literal(literal) => self.word(&literal.to_string()),
            }
        }
    }
}
