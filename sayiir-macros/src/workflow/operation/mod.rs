//! What stands before a durable `.await`: a call, or one of the operation macros.

mod combine;

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitStr, Token, Type};

use crate::duration;
pub(crate) use combine::{Join, JoinAll, Select, visit_arms};

/// The macros that are durable operations. Each has to be awaited.
pub(crate) const MACROS: [&str; 9] =
    ["signal", "sleep", "sleep_until", "join", "try_join", "join_all", "try_join_all", "select", "spawn"];

/// The macros that wait for nothing.
const AT_ONCE: [&str; 2] = ["compensate", "run_id"];

/// A durable operation as it is written.
pub(crate) enum Operation {
    /// `path(arguments)`.
    Call { path: syn::Path, arguments: Vec<Expr>, span: Span },
    /// `signal!(..)`.
    Signal(Signal),
    /// `sleep!(length)`.
    Sleep { length: Expr, span: Span },
    /// `sleep_until!(timestamp)`.
    SleepUntil { until: Expr, span: Span },
    /// `join!(..)`, `try_join!(..)`.
    Join(Join),
    /// `join_all!(..)`, `try_join_all!(..)`.
    JoinAll(JoinAll),
    /// `select! { .. }`.
    Select(Select),
    /// `spawn!("id", workflow(arguments))`.
    Spawn(Spawn),
}

/// `spawn!("id", workflow(arguments))`.
pub(crate) struct Spawn {
    pub(crate) id: Expr,
    pub(crate) workflow: syn::Path,
    pub(crate) arguments: Vec<Expr>,
    pub(crate) span: Span,
}

/// `signal!("name" as Payload, limit, fresh)`.
pub(crate) struct Signal {
    pub(crate) name: LitStr,
    pub(crate) payload: Option<Type>,
    pub(crate) limit: Option<Expr>,
    pub(crate) fresh: bool,
    pub(crate) span: Span,
}

impl Parse for Signal {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Err(syn::Error::new(
                input.span(),
                "a signal has a name: `signal!(\"manager_approval\", 48h)`",
            ));
        }
        let name: LitStr = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "a signal's name is a string literal: `signal!(\"manager_approval\", 48h)`",
            )
        })?;
        let payload = if input.peek(Token![as]) {
            input.parse::<Token![as]>()?;
            Some(input.parse().map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "write the payload's type behind `as`: `signal!(\"name\" as Payload)`",
                )
            })?)
        } else {
            None
        };
        let mut signal = Self { span: name.span(), name, payload, limit: None, fresh: false };
        while !input.is_empty() {
            if !input.peek(Token![,]) {
                if let Some(spaced) = signal.limit.as_ref().and_then(|limit| spaced_duration(limit, input)) {
                    return Err(spaced);
                }
                return Err(syn::Error::new(
                    input.span(),
                    "write a `,` before this: `signal!(\"name\" as Payload, 48h, fresh)`",
                ));
            }
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let last = input.fork().parse::<Ident>().is_ok_and(|word| word == "fresh");
            if last && !signal.fresh {
                input.parse::<Ident>()?;
                signal.fresh = true;
            } else if signal.limit.is_none() && !signal.fresh {
                signal.limit = Some(input.parse()?);
            } else {
                return Err(syn::Error::new(
                    input.span(),
                    "`signal!` takes a name, a limit and `fresh`, in this order",
                ));
            }
        }
        Ok(signal)
    }
}

impl Operation {
    /// The tasks and workflows that it calls.
    pub(crate) fn calls(&self) -> Vec<syn::Path> {
        match self {
            Self::Call { path, .. } => vec![path.clone()],
            // A run of its own is not part of this one.
            Self::Signal(_) | Self::Sleep { .. } | Self::SleepUntil { .. } | Self::Spawn(_) => Vec::new(),
            Self::Join(join) => join.branches.iter().flat_map(Self::calls).collect(),
            Self::JoinAll(join) => join.branch.calls(),
            Self::Select(select) => select.arms.iter().flat_map(|arm| arm.operation.calls()).collect(),
        }
    }
}

impl Operation {
    /// What is evaluated once, in this order, before the wait begins.
    pub(crate) fn operands(&mut self) -> Vec<&mut Expr> {
        match self {
            Self::Call { arguments, .. } => arguments.iter_mut().collect(),
            Self::Signal(signal) => signal.limit.iter_mut().collect(),
            Self::Sleep { length, .. } => vec![length],
            Self::SleepUntil { until, .. } => vec![until],
            Self::Join(join) => join.branches.iter_mut().flat_map(Self::operands).collect(),
            Self::JoinAll(join) => vec![&mut join.items],
            Self::Select(select) => select.arms.iter_mut().flat_map(|arm| arm.operation.operands()).collect(),
            Self::Spawn(spawn) => std::iter::once(&mut spawn.id).chain(&mut spawn.arguments).collect(),
        }
    }
}

/// Reads what is awaited. The error is for the user.
pub(crate) fn parse(base: &Expr) -> syn::Result<Operation> {
    match base {
        Expr::Paren(inner) => parse(&inner.expr),
        Expr::Group(inner) => parse(&inner.expr),
        Expr::Call(call) => parse_call(call),
        Expr::Macro(call) => parse_macro(&call.mac),
        Expr::MethodCall(call) => Err(syn::Error::new(
            call.method.span(),
            format!(
                "the future of a method cannot be stored: put the call into a `#[task]` function and await `{}(..)`",
                call.method
            ),
        )),
        Expr::Async(block) => Err(syn::Error::new(
            block.async_token.span,
            "an `async` block cannot be stored: put its code into a `#[task]` function, or write it without the block",
        )),
        Expr::Path(path) => Err(syn::Error::new_spanned(
            path,
            "a future in a variable cannot be stored: call the task where it is awaited, `task(..).await`",
        )),
        Expr::Field(field) => Err(syn::Error::new_spanned(
            field,
            "a future in a field cannot be stored: call the task where it is awaited, `task(..).await`",
        )),
        other => Err(syn::Error::new_spanned(
            other,
            "a workflow can await tasks, other workflows and sayiir's operations: `task(..).await`, `signal!(..).await`, `sleep!(..).await`",
        )),
    }
}

/// Whether the operation is a `select!`, whose arms are code of the body.
pub(crate) fn is_select(base: &Expr) -> bool {
    match base {
        Expr::Paren(inner) => is_select(&inner.expr),
        Expr::Group(inner) => is_select(&inner.expr),
        Expr::Macro(call) => call.mac.path.segments.last().is_some_and(|last| last.ident == "select"),
        _ => false,
    }
}

/// The name of the macro, if it is one that waits for nothing.
pub(crate) fn at_once(base: &Expr) -> Option<&'static str> {
    match base {
        Expr::Paren(inner) => at_once(&inner.expr),
        Expr::Group(inner) => at_once(&inner.expr),
        Expr::Macro(call) => {
            let segments = &call.mac.path.segments;
            let ours = segments.len() == 1 || segments.first().is_some_and(|first| first.ident == "sayiir");
            let last = segments.last().filter(|_| ours)?;
            AT_ONCE.into_iter().find(|name| last.ident == name)
        }
        _ => None,
    }
}

fn parse_call(call: &syn::ExprCall) -> syn::Result<Operation> {
    let Expr::Path(function) = &*call.func else {
        return Err(syn::Error::new_spanned(
            &call.func,
            "only a task or a workflow can be called and awaited here: name it, `task(..).await`",
        ));
    };
    let path = &function.path;
    if let Some(qself) = &function.qself {
        return Err(syn::Error::new(
            qself.ty.span(),
            "the future of an associated function cannot be stored: put the call into a `#[task]` function and await that",
        ));
    }
    let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    if let Some(first) = words.first().filter(|_| words.len() > 1) {
        let last = words.last().map_or("", String::as_str);
        let advice = match (first.as_str(), last) {
            ("tokio" | "time", "sleep") => {
                Some("a timer of tokio's does not survive a restart: use `sleep!(5m).await`")
            }
            ("tokio" | "time", "sleep_until") => {
                Some("a timer of tokio's does not survive a restart: use `sleep_until!(timestamp).await`")
            }
            ("tokio" | "time", "timeout") => Some(
                "a timeout of tokio's does not survive a restart: use `signal!(\"name\", 48h)`, or `#[task(timeout = 10s)]`",
            ),
            ("tokio" | "futures" | "futures_util" | "async_std" | "smol", _) => {
                Some("this future cannot be stored: put the call into a `#[task]` function and await that")
            }
            _ => None,
        };
        if let Some(advice) = advice {
            return Err(syn::Error::new_spanned(path, advice));
        }
    }
    if let Some(refused) = refuse_by_case(path) {
        return Err(refused);
    }
    if let Some(generic) = path.segments.iter().find(|segment| !segment.arguments.is_none()) {
        return Err(syn::Error::new_spanned(
            &generic.arguments,
            "a task has no type parameters: remove them",
        ));
    }
    Ok(Operation::Call {
        path: path.clone(),
        arguments: call.args.iter().cloned().collect(),
        span: call.paren_token.span.join(),
    })
}

/// Tasks and workflows are functions, which Rust's conventions write in lower case: what is not is a type, a variant, or
/// belongs to a type, and rustc would speak of traits and associated types.
fn refuse_by_case(path: &syn::Path) -> Option<syn::Error> {
    let upper = |ident: &Ident| ident.to_string().starts_with(char::is_uppercase);
    let mut backwards = path.segments.iter().rev();
    let last = backwards.next()?;
    if upper(&last.ident) {
        return Some(syn::Error::new_spanned(
            path,
            format!(
                "`{}` is not a task: only tasks, workflows and sayiir's operations can be awaited",
                last.ident
            ),
        ));
    }
    backwards.next().filter(|owner| upper(&owner.ident)).map(|_| {
        syn::Error::new_spanned(
            path,
            "the future of an associated function cannot be stored: put the call into a `#[task]` function and await that",
        )
    })
}

fn parse_macro(mac: &syn::Macro) -> syn::Result<Operation> {
    let span = mac.path.span();
    let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let first = mac.path.segments.first().map(|first| first.ident.to_string()).unwrap_or_default();
    if mac.path.segments.len() > 1 && matches!(first.as_str(), "tokio" | "futures" | "futures_util") {
        return Err(syn::Error::new(
            span,
            format!("`{first}::{name}!` does not survive a restart: use sayiir's own `{name}!(..).await`"),
        ));
    }
    match name.as_str() {
        "signal" => {
            let mut signal: Signal = syn::parse2(mac.tokens.clone()).map_err(|error| inside(error, span))?;
            signal.span = span;
            Ok(Operation::Signal(signal))
        }
        "sleep" => Ok(Operation::Sleep { length: one(mac, "a duration: `sleep!(5m)`")?, span }),
        "sleep_until" => {
            Ok(Operation::SleepUntil { until: one(mac, "a timestamp: `sleep_until!(due)`")?, span })
        }
        "join" | "try_join" => {
            combine::join(mac, name == "try_join").map(Operation::Join).map_err(|error| inside(error, span))
        }
        "join_all" | "try_join_all" => combine::join_all(mac, name == "try_join_all")
            .map(Operation::JoinAll)
            .map_err(|error| inside(error, span)),
        "spawn" => spawn(mac, span).map(Operation::Spawn),
        "select" => combine::select(mac).map(Operation::Select).map_err(|error| inside(error, span)),
        _ if AT_ONCE.contains(&name.as_str()) => Err(syn::Error::new(
            span,
            format!(
                "`{name}!` waits for nothing, so it cannot stand here: write it in a statement before this"
            ),
        )),
        _ => Err(syn::Error::new(
            span,
            format!(
                "`{name}!` is not one of sayiir's operations: put what it awaits into a `#[task]` function"
            ),
        )),
    }
}

/// What is wrong with `1d 2h`, if that is what is written.
fn spaced_duration(first: &Expr, input: ParseStream<'_>) -> Option<syn::Error> {
    let next = input.fork().parse::<syn::LitInt>().ok()?;
    let Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(first), .. }) = first else { return None };
    let whole = format!("{first}{next}");
    duration::parse(&first.to_string()).and(duration::parse(&next.to_string())).ok()?;
    let message = match duration::parse(&whole) {
        Ok(_) => format!("a duration of several units is written without a space: `{whole}`"),
        Err(message) => message,
    };
    Some(syn::Error::new_spanned(quote::quote!(#first #next), message))
}

fn spawn(mac: &syn::Macro, span: Span) -> syn::Result<Spawn> {
    const ADVICE: &str =
        "write the new run's id and the workflow's call: `spawn!(format!(\"{id}-audit\"), audit(order))`";
    let parser = |input: ParseStream<'_>| {
        let id = input.parse::<Expr>()?;
        input.parse::<Token![,]>()?;
        let call = input.parse::<Expr>()?;
        input.parse::<Option<Token![,]>>()?;
        Ok((id, call))
    };
    let (id, call) = parser.parse2(mac.tokens.clone()).map_err(|_| syn::Error::new(span, ADVICE))?;
    if matches!(call, Expr::Path(_)) {
        return Err(syn::Error::new(call.span(), ADVICE));
    }
    match parse(&call) {
        Ok(Operation::Call { path, arguments, .. }) => Ok(Spawn { id, workflow: path, arguments, span }),
        Ok(_) => Err(syn::Error::new(call.span(), ADVICE)),
        Err(error) => Err(error),
    }
}

/// The call in `compensate!(task(arguments))`, if the expression is one.
pub(crate) fn compensation(mac: &syn::Macro) -> Option<syn::Result<(syn::Path, Vec<Expr>)>> {
    let last = mac.path.segments.last().filter(|last| last.ident == "compensate")?;
    let advice = || {
        syn::Error::new(
            last.ident.span(),
            "write the call of the task that undoes it: `compensate!(refund(receipt.id))`",
        )
    };
    let call = syn::parse2::<Expr>(mac.tokens.clone()).ok().filter(|call| !matches!(call, Expr::Path(_)));
    Some(match call.map_or_else(|| Err(advice()), |call| parse(&call)) {
        Ok(Operation::Call { path, arguments, .. }) => Ok((path, arguments)),
        Ok(_) => Err(advice()),
        Err(error) => Err(error),
    })
}

fn one(mac: &syn::Macro, what: &str) -> syn::Result<Expr> {
    let parser = |input: ParseStream<'_>| {
        let expr = input.parse::<Expr>()?;
        if let Some(spaced) = spaced_duration(&expr, input) {
            input.parse::<proc_macro2::TokenStream>()?;
            return Ok(Err(spaced));
        }
        input.parse::<Option<Token![,]>>()?;
        Ok(Ok(expr))
    };
    let read = parser.parse2(mac.tokens.clone()).map_err(|error| {
        let span = if mac.tokens.is_empty() { mac.path.span() } else { error.span() };
        syn::Error::new(span, format!("expected {what}"))
    });
    read.flatten()
}

/// An error at the end of a macro's arguments would be on the whole attribute: it is put on the macro's name.
fn inside(error: syn::Error, name: Span) -> syn::Error {
    if format!("{:?}", error.span()) == format!("{:?}", Span::call_site()) {
        syn::Error::new(name, error.to_string())
    } else {
        error
    }
}
