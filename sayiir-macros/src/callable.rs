//! What is written for tasks and workflows alike: how the return type reads, and how arguments are stored.
//!
//! Each question about a type of the user's is asked at that type in the signature, and nowhere else.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Type;
use syn::spanned::Spanned;

use crate::diagnostics::placed;
use crate::workflow::model::{ReturnForm, form_of, is_result};

/// How the return type splits into success and failure. Written for the name itself, so that the only questions about the
/// type are inside of these functions, each at the place of the side that it is about.
pub(crate) fn kind(
    name: &Ident,
    output: &Type,
    declared: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let span = output.span();
    let success = ask(&success(output, private), &quote!(Returned), private);
    let (outcome, recall) = if is_result(output) {
        let failure = ask(&side(output, 1, private), &quote!(Failed), private);
        let (ok, err) = (placed(quote!(#private::Ok), span), placed(quote!(#private::Err), span));
        (
            quote!(match output { #ok(value) => #success::outcome(value), #err(error) => #failure::failure(error) }),
            quote!(#success::recall(stored).map(#ok)),
        )
    } else {
        (quote!(#success::outcome(output)), quote!(#success::recall(stored)))
    };
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #private::Kind<#declared> for #name {
            fn outcome(output: &#declared) -> #private::Verdict {
                #outcome
            }
            fn recall(stored: &#private::Stored) -> #private::Result<#declared, #private::JsonError> {
                #recall
            }
        }
    }
}

/// Reads back what is stored of a return type.
pub(crate) fn recall(output: &Type, private: &TokenStream) -> TokenStream {
    let success = ask(&success(output, private), &quote!(Returned), private);
    quote!(#success::recall(stored))
}

/// What is stored of a return type: the `Ok` side of a `Result`, or all of it.
pub(crate) fn success(output: &Type, private: &TokenStream) -> TokenStream {
    if is_result(output) { side(output, 0, private) } else { quote!(#output) }
}

/// A side of what is written as a `Result`: as it is written, or as the type behind the name has it.
fn side(output: &Type, index: usize, private: &TokenStream) -> TokenStream {
    if let Type::Path(path) = output
        && let Some(syn::PathArguments::AngleBracketed(sides)) =
            path.path.segments.last().map(|last| &last.arguments)
        && sides.args.len() == 2
        && let Some(syn::GenericArgument::Type(side)) = sides.args.get(index)
    {
        return quote!(#side);
    }
    let side = Ident::new(["Ok", "Err"][index], output.span());
    let (left, right) =
        (placed(quote!(<), output.span()), placed(quote!(as #private::Sides>::#side), output.span()));
    quote!(#left #output #right)
}

/// `<ty as bound>`, at the place of the type, where rustc then reports that it does not hold.
fn ask(ty: &TokenStream, bound: &TokenStream, private: &TokenStream) -> TokenStream {
    let span = ty.span();
    let (left, right) = (placed(quote!(<), span), placed(quote!(as #private::#bound>), span));
    quote!(#left #ty #right)
}

/// What `?` yields behind the call: the sides of the return type, or the whole of one that has none, so that a `?` in
/// the wrong place is rustc's to report. Where the type is neither by its name, it has to be neither.
pub(crate) fn sides(name: &Ident, output: &Type, private: &TokenStream) -> TokenStream {
    let form = form_of(output);
    let (ok, err) = match form {
        ReturnForm::Result | ReturnForm::Option => {
            (quote!(<#output as #private::Sides>::Ok), quote!(<#output as #private::Sides>::Err))
        }
        ReturnForm::Plain => (quote!(#output), quote!(())),
    };
    let (ok, err) = (associated("Ok", &ok), associated("Err", &err));
    let is_alias = matches!((form, output), (ReturnForm::Plain, Type::Path(_))).then(|| {
        let ask = placed(
            quote! {
                const _: &'static dyn #private::WrittenOut = {
                    #[allow(unused_imports)]
                    use #private::PlainForm as _;
                    &#private::Form::<#output>::WORD
                };
            },
            output.span(),
        );
        quote!(#ask)
    });
    quote! {
        #[automatically_derived]
        impl #private::Sides for #name {
            #ok
            #err
        }
        #is_alias
    }
}

/// `type name = value;`, on the place of the value: rustc reports there if it is more private than the item.
pub(crate) fn associated(name: &str, value: &TokenStream) -> TokenStream {
    let name = Ident::new(name, value.span());
    let (left, end) = (placed(quote!(type #name =), value.span()), placed(quote!(;), value.span()));
    quote!(#left #value #end)
}

/// The tuple of the arguments, on whose place rustc reports one that cannot be stored.
pub(crate) fn arguments_type(types: &[Type], name: &Ident) -> TokenStream {
    let mut tuple = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#(#types,)*));
    tuple.set_span(types.first().map_or_else(|| name.span(), Spanned::span));
    quote!(#tuple)
}

/// How the arguments are stored: each is asked for at its own type.
pub(crate) fn intake(name: &Ident, types: &[Type], private: &TokenStream) -> TokenStream {
    let values: Vec<_> =
        (0..types.len()).map(|index| format_ident!("value{index}", span = Span::mixed_site())).collect();
    let asks: Vec<_> = types.iter().map(|ty| ask(&quote!(#ty), &quote!(Taken), private)).collect();
    implemented(
        name,
        types.len(),
        &quote! {
            let (#(#values,)*) = input;
            #(#asks::write(#values, into)?;)*
            #private::Ok(())
        },
        &quote!(#private::Ok((#(#asks::read(from)?,)*))),
        private,
    )
}

/// What stands in its place after an error: it asks for nothing.
pub(crate) fn no_intake(name: &Ident, private: &TokenStream) -> TokenStream {
    let never = quote!(::core::unreachable!());
    implemented(name, 0, &never, &never, private)
}

fn implemented(
    name: &Ident,
    count: usize,
    write: &TokenStream,
    read: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let arguments = quote!(<#name as #private::Callable>::Arguments);
    quote! {
        #[automatically_derived]
        #[allow(unused_variables, clippy::all, clippy::pedantic)]
        impl #private::Intake<#arguments> for #name {
            const COUNT: usize = #count;
            fn write<SayiirTuple: #private::SerializeTuple>(
                input: &#arguments,
                into: &mut SayiirTuple,
            ) -> #private::Result<(), SayiirTuple::Error> {
                #write
            }
            fn read<'sayiir, SayiirSequence: #private::SeqAccess<'sayiir>>(
                from: &mut SayiirSequence,
            ) -> #private::Result<#arguments, SayiirSequence::Error> {
                #read
            }
        }
    }
}
