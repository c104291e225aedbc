//! Durable operations become suspension points.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprAwait, Type};

use super::super::ir::{BindingId, End, Point, PointId, SignalUse};
use super::super::model::{bare, snake, upper_camel};
use super::super::operation::{self, Operation, Signal};
use super::super::resolve;
use super::{Lowerer, words};
use crate::duration;

/// An operation ready to be awaited: how it is made, and its type.
pub(super) struct Made {
    pub(super) expression: Expr,
    pub(super) ty: TokenStream,
    /// The type of its output.
    output: Option<Type>,
    /// What has to hold, as [`Point::conditions`] has it.
    pub(super) conditions: Vec<TokenStream>,
    pub(super) span: Span,
}

impl Made {
    pub(super) fn new(expression: TokenStream, ty: TokenStream, output: TokenStream, span: Span) -> Self {
        let expression = syn::parse2(expression).unwrap_or_else(|_| super::unit());
        Self { expression, ty, output: syn::parse2(output).ok(), conditions: Vec::new(), span }
    }

    /// The same, if this holds.
    pub(super) fn provided(mut self, conditions: impl IntoIterator<Item = TokenStream>) -> Self {
        self.conditions.extend(conditions);
        self
    }

    pub(super) fn output_type(&self, private: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        self.output
            .as_ref()
            .map_or_else(|| quote!(<#ty as #private::Operation>::Output), |output| quote!(#output))
    }
}

impl Lowerer<'_> {
    /// Makes a suspension point; what is left is its output.
    pub(super) fn suspend(&mut self, awaited: &ExprAwait, expected: Option<&Type>) -> Expr {
        let mut operation = match operation::parse(&awaited.base) {
            Ok(operation) => operation,
            Err(error) => {
                self.errors.take(error);
                return syn::parse_quote!(::core::unreachable!());
            }
        };
        let words = words::awaited(&operation);
        // The arguments of a call are lowered where it is known what the parameters expect.
        if !matches!(operation, Operation::Call { .. }) {
            self.values_in_order(operation.operands());
        }
        let mut made = self.make(&operation, expected);
        let effect = self.resolve(&mut made.expression);
        let (variant, numbered) = self.name_point(&operation);
        let output = self.output(&variant, made.span, made.output);
        let resume = self.block(self.scope);
        let point = Point {
            variant: Ident::new(&variant, made.span.resolved_at(Span::call_site())),
            numbered,
            operation_type: made.ty,
            operation: quote::ToTokens::into_token_stream(&made.expression),
            effect,
            output,
            resume,
            conditions: made.conditions,
            calls: operation.calls(),
            words,
        };
        self.flow.points.push(point);
        self.end(End::Suspend(PointId(self.flow.points.len() - 1)));
        self.begin(resume);
        resolve::awaited(output, awaited)
    }

    /// The variant's name: the one given by `#[at(..)]`, or the next of its kind, with what that is counted under.
    fn name_point(&mut self, operation: &Operation) -> (String, Option<String>) {
        match self.at.take() {
            Some(given) => {
                let variant = upper_camel(&given.value());
                if self.flow.points.iter().any(|point| point.variant == variant) || variant == "Start" {
                    self.errors.on(
                        &given,
                        format!(
                            "there is another place to wait that is called `{variant}`: choose another name"
                        ),
                    );
                }
                (variant, None)
            }
            None => {
                let (variant, base) = (self.next_variant(operation), base_of(operation));
                *self.occurrences.entry(base.clone()).or_default() += 1;
                (variant, Some(base))
            }
        }
    }

    fn output(&mut self, variant: &str, span: Span, ty: Option<Type>) -> BindingId {
        let id = self.temporary(&format!("{}_output", snake(variant)), span);
        self.flow.bindings[id.0].ty = ty;
        id
    }

    /// The name of the variant that the next occurrence of this operation gets.
    pub(super) fn next_variant(&self, operation: &Operation) -> String {
        if let Some(given) = &self.at {
            return upper_camel(&given.value());
        }
        let base = base_of(operation);
        match self.occurrences.get(&base) {
            None | Some(0) => base,
            Some(count) => format!("{base}{}", count + 1),
        }
    }

    pub(super) fn make(&mut self, operation: &Operation, expected: Option<&Type>) -> Made {
        match operation {
            Operation::Call { path, arguments, span } => self.call(path, arguments, *span),
            Operation::Signal(signal) => self.signal(signal, expected),
            Operation::Sleep { length, span } => {
                let private = &self.private;
                let length = duration::lower(length, self.errors);
                let expression = quote_spanned!(*span=> #private::Sleep::For(#length));
                self.sleep(expression, *span)
            }
            Operation::SleepUntil { until, span } => {
                let private = &self.private;
                // An array says of what type its elements are, and adds no words of its own to rustc's.
                let expression = quote_spanned!(*span=> #private::Sleep::Until([#private::Timestamp::UNIX_EPOCH, #until][1]));
                self.sleep(expression, *span)
            }
            Operation::Join(join) => self.join(join, expected),
            Operation::JoinAll(join) => self.join_all(join),
            Operation::Select(select) => self.select_operation(select),
            Operation::Spawn(spawn) => self.spawn(spawn),
        }
    }

    fn sleep(&self, expression: TokenStream, span: Span) -> Made {
        let private = &self.private;
        Made::new(expression, quote!(#private::Sleep), quote!(()), span)
    }

    fn call(&mut self, path: &syn::Path, arguments: &[Expr], span: Span) -> Made {
        let private = self.private.clone();
        if self.imported.leads_to(path) {
            self.errors.on(
                path,
                "what a workflow calls is named in its state, outside of the function: put this `use` there",
            );
        }
        let mut call = syn::ExprCall {
            attrs: Vec::new(),
            func: Box::new(syn::parse_quote_spanned!(path.span()=> <#path>::call)),
            paren_token: syn::token::Paren(span),
            args: arguments.iter().cloned().collect(),
        };
        self.call_arguments(&mut call, path);
        if !self.flow.callees.contains(path) {
            self.flow.callees.push(path.clone());
        }
        Made {
            expression: Expr::Call(call),
            ty: quote_spanned!(path.span()=> <#path as #private::Callable>::Operation),
            output: syn::parse2(quote_spanned!(path.span()=> <<#path as #private::Callable>::Operation as #private::Operation>::Output)).ok(),
            conditions: Vec::new(),
            span: path.segments.last().map_or(span, |last| last.ident.span()),
        }
    }

    fn signal(&mut self, signal: &Signal, expected: Option<&Type>) -> Made {
        let private = self.private.clone();
        let span = signal.span;
        let name = &signal.name;
        let (payload, known) = match self.payload(signal, expected) {
            Ok(payload) => (payload, true),
            Err(error) => {
                self.errors.take(error);
                (quote!(#private::Plain<()>), false)
            }
        };
        self.flow.signals.push(SignalUse { name: name.clone(), span, payload: payload.clone(), known });
        let fresh = signal.fresh.then(|| quote!(.fresh()));
        let wait = quote_spanned!(span=> #private::SignalWait::<#payload>::new(#name)#fresh);
        let value = value_of(&payload);
        let (expression, ty, output) = match &signal.limit {
            None => (wait, quote!(#private::SignalWait<#payload>), value),
            Some(limit) => {
                let limit = duration::lower(limit, self.errors);
                (
                    quote_spanned!(span=> #wait.within(#limit)),
                    quote!(#private::SignalWithin<#payload>),
                    quote!(#private::Result<#value, #private::Timeout>),
                )
            }
        };
        Made {
            expression: syn::parse2(expression).unwrap_or_else(|_| super::unit()),
            ty,
            output: syn::parse2(output).ok(),
            conditions: Vec::new(),
            span,
        }
    }

    /// The payload's marker, from `as T` or from what the code around the wait expects.
    fn payload(&self, signal: &Signal, expected: Option<&Type>) -> syn::Result<TokenStream> {
        let private = &self.private;
        let named = match (&signal.payload, expected) {
            (Some(ty), _) => Some((ty.clone(), quote!(#ty))),
            (None, Some(ty)) => match (&signal.limit, tried(ty)) {
                (Some(_), Some(inner)) => Some((inner.clone(), quote!(#inner))),
                (Some(_), None) => match ok_side(ty) {
                    Some(payload) => Some((payload.clone(), quote!(#payload))),
                    None => {
                        return Err(syn::Error::new_spanned(
                            ty,
                            "with a limit, this is a `Result`: write `Result<_, Timeout>`, or add `?` behind the `.await`",
                        ));
                    }
                },
                (None, None) => Some((ty.clone(), quote!(#ty))),
                (None, Some(_)) => None,
            },
            (None, None) => None,
        };
        let Some((written, content)) = named else {
            return Err(syn::Error::new_spanned(
                &signal.name,
                format!(
                    "the type of this signal's payload is not known here: write `signal!({} as Payload)`",
                    quote::ToTokens::to_token_stream(&signal.name)
                ),
            ));
        };
        if !self.can_be_named(&written) {
            return Err(syn::Error::new_spanned(
                &written,
                "a signal's payload is sent from outside the workflow, so its type must have a name there: write the whole type, and declare it outside the function",
            ));
        }
        Ok(if received(&content) { content } else { quote!(#private::Plain<#content>) })
    }

    fn call_arguments(&mut self, call: &mut syn::ExprCall, callee: &syn::Path) {
        let private = self.private.clone();
        // A signal that is an argument takes its type from the parameter.
        let expected = |index: usize| -> Option<Type> {
            let index = proc_macro2::Literal::usize_unsuffixed(index);
            syn::parse2(
                quote!(<<#callee as #private::Callable>::Arguments as #private::Argument<#index>>::Type),
            )
            .ok()
        };
        let mut expr = Expr::Call(call.clone());
        self.operands_expecting(&mut expr, &expected);
        if let Expr::Call(lowered) = expr {
            *call = lowered;
        }
    }
}

/// The base of the variant's name: what the run waits for.
fn base_of(operation: &Operation) -> String {
    match operation {
        Operation::Call { path, .. } => {
            path.segments.last().map(|last| upper_camel(&bare(&last.ident))).unwrap_or_default()
        }
        Operation::Signal(signal) => upper_camel(&signal.name.value()),
        Operation::Sleep { .. } | Operation::SleepUntil { .. } => "Sleep".into(),
        Operation::Join(join) => joined(join.branches.iter(), "And"),
        Operation::JoinAll(join) => format!("Each{}", base_of(&join.branch)),
        Operation::Spawn(spawn) => {
            let name = spawn.workflow.segments.last().map(|last| upper_camel(&bare(&last.ident)));
            format!("Spawn{}", name.unwrap_or_default())
        }
        Operation::Select(select) => joined(select.arms.iter().map(|arm| &arm.operation), "Or"),
    }
}

/// `ReimburseAndNotify`, with every part: each is stored by its place among them, so an edit of their order is another name.
fn joined<'a>(parts: impl Iterator<Item = &'a Operation>, word: &str) -> String {
    parts.map(base_of).collect::<Vec<_>>().join(word)
}

/// The `T` of our own marker `Tried<T>`: the await stands before `?`, and the whole is a `T`.
pub(super) fn tried(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Tried")?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        syn::GenericArgument::Type(inner) => Some(inner.clone()),
        _ => None,
    }
}

/// The `T` of a type that is written `Result<T, ..>`.
fn ok_side(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    let syn::PathArguments::AngleBracketed(sides) = &last.arguments else { return None };
    match sides.args.first()? {
        syn::GenericArgument::Type(ok) => Some(ok),
        _ => None,
    }
}

/// What a wait yields: the payload of `Plain<T>`, or the whole `Received<T>`.
fn value_of(payload: &TokenStream) -> TokenStream {
    let plain = syn::parse2::<syn::TypePath>(payload.clone()).ok().and_then(|path| {
        let last = path.path.segments.last().filter(|last| last.ident == "Plain")?;
        let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.first().map(|content| quote!(#content))
    });
    plain.unwrap_or_else(|| payload.clone())
}

/// Whether a payload is written as `Received<T>`.
fn received(content: &TokenStream) -> bool {
    syn::parse2::<syn::TypePath>(content.clone()).is_ok_and(|path| {
        path.qself.is_none() && path.path.segments.last().is_some_and(|last| last.ident == "Received")
    })
}
