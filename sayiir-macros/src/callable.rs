//! What is written for tasks and workflows alike: how the return type reads, and how arguments are stored.
//!
//! Each question about a type of the user's is asked at that type in the signature, and nowhere else.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
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
    let success = |item: &str| ask(&success(output, private), "Returned", item, private);
    let (outcome, recall) = (success("outcome"), success("recall"));
    let (outcome, recall) = if is_result(output) {
        let failure = ask(&side(output, 1, private), "Failed", "failure", private);
        let (ok, err) = (placed(quote!(#private::Ok), span), placed(quote!(#private::Err), span));
        (
            quote! {
                #[allow(unused_imports)]
                use #private::{OfError as _, OfInner as _, OfNone as _};
                match output {
                    #ok(value) => #outcome(value),
                    #err(error) => #failure(error, (&&&#private::Sourced(error)).sources()),
                }
            },
            quote!(#recall(stored).map(#ok)),
        )
    } else {
        (quote!(#outcome(output)), quote!(#recall(stored)))
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
    let recall = ask(&success(output, private), "Returned", "recall", private);
    quote!(#recall(stored))
}

/// What is stored of a return type: the `Ok` side of a `Result`, or all of it.
pub(crate) fn success(output: &Type, private: &TokenStream) -> TokenStream {
    if is_result(output) { side(output, 0, private) } else { quote!(#output) }
}

/// A side of what is written as a `Result`: as it is written, or as the type behind the name has it.
fn side(output: &Type, index: usize, private: &TokenStream) -> TokenStream {
    written_side(output, index).unwrap_or_else(|| {
        let side = Ident::new(["Ok", "Err"][index], output.span());
        let (left, right) =
            (placed(quote!(<), output.span()), placed(quote!(as #private::Sides>::#side), output.span()));
        quote!(#left #output #right)
    })
}

/// One side of a `Result` that is written with both.
fn written_side(output: &Type, index: usize) -> Option<TokenStream> {
    if let Type::Path(path) = output
        && let Some(syn::PathArguments::AngleBracketed(sides)) =
            path.path.segments.last().map(|last| &last.arguments)
        && sides.args.len() == 2
        && let Some(syn::GenericArgument::Type(side)) = sides.args.get(index)
    {
        return Some(quote!(#side));
    }
    None
}

/// `<ty as bound>::item`, at the place of the type, where rustc then reports that it does not hold.
pub(crate) fn ask(ty: &impl ToTokens, bound: &str, item: &str, private: &TokenStream) -> TokenStream {
    let (ty, bound, item) = (ty.to_token_stream(), format_ident!("{bound}"), format_ident!("{item}"));
    let span = ty.span();
    let (left, right) = (placed(quote!(<), span), placed(quote!(as #private::#bound>::#item), span));
    quote!(#left #ty #right)
}

/// A call of a function that was [asked](ask) for. All of it is at the place of the type: rustc reports of the call's value
/// what it reports of the function, and shows two equal reports as one.
pub(crate) fn call(function: &TokenStream, arguments: TokenStream) -> TokenStream {
    let mut group = Group::new(Delimiter::Parenthesis, arguments);
    group.set_span(function.span());
    quote!(#function #group)
}

/// What `?` yields behind the call: the sides of the return type, or the whole of one that has none, so that a `?` in
/// the wrong place is rustc's to report. Where the type is neither by its name, it has to be neither.
pub(crate) fn sides(name: &Ident, output: &Type, private: &TokenStream) -> TokenStream {
    let form = form_of(output);
    let (ok, err) = match form {
        ReturnForm::Result | ReturnForm::Option => {
            (quote!(<#output as #private::Sides>::Ok), quote!(<#output as #private::Sides>::Err))
        }
        ReturnForm::Plain => (quote!(#output), quote!(#private::CannotFail)),
    };
    let (ok, err) = (associated("Ok", &ok), associated("Err", &err));
    let is_alias = matches!((form, output), (ReturnForm::Plain, Type::Path(_))).then(|| {
        let ask = placed(
            quote! {
                const _: &'static dyn #private::WrittenOut = {
                    #[allow(unused_imports)]
                    use #private::PlainForm as _;
                    &#private::Form::<<#name as #private::Sides>::Ok>::WORD
                };
            },
            output.span(),
        );
        quote!(#ask)
    });
    let can_fail = is_result(output).then(|| can_fail(name, output, private));
    quote! {
        #[automatically_derived]
        impl #private::Sides for #name {
            #ok
            #err
        }
        #can_fail
        #is_alias
    }
}

/// That it can be a branch of a `try_join!`, and with which error.
fn can_fail(name: &Ident, output: &Type, private: &TokenStream) -> TokenStream {
    let checked = checked();
    let error = written_side(output, 1).unwrap_or_else(|| {
        let (left, right) = (quote!(<), quote!(as #private::ErrorOf<#name>>::Error));
        let (left, right) = (placed(left, output.span()), placed(right, output.span()));
        quote!(#left #output #right)
    });
    // On the name, where rustc shows which error it is.
    quote_spanned! {name.span()=>
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #private::CanFail for #name {
            type Itself = Self;
            #checked
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #private::FailsWith<#error> for #name {
            #checked
        }
    }
}

/// How a value is handed through by a question whose answer is yes.
pub(crate) fn checked() -> TokenStream {
    quote! {
        type Checked<SayiirValue> = SayiirValue;
        fn checked<SayiirValue>(value: SayiirValue) -> SayiirValue {
            value
        }
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
    let writes = types.iter().map(|ty| ask(ty, "Taken", "write", private));
    let reads = types.iter().map(|ty| ask(ty, "Taken", "read", private));
    implemented(
        name,
        types.len(),
        &quote! {
            let (#(#values,)*) = input;
            #(#writes(#values, into)?;)*
            #private::Ok(())
        },
        &quote!(#private::Ok((#(#reads(from)?,)*))),
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
