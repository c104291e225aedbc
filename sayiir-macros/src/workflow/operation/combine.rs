//! How the combinators are written: `join!(a(x), b(y))`, `join_all!(item in items => price(item), max = 16)`,
//! `select! { pattern = operation => expression, … }`.

use proc_macro2::Span;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Pat, Token};

use super::{Operation, parse};

/// The most branches of one `join!` or arms of one `select!`.
pub(crate) const MOST: usize = 8;

/// `join!` and `try_join!`.
pub(crate) struct Join {
    pub(crate) fallible: bool,
    pub(crate) branches: Vec<Operation>,
    pub(crate) span: Span,
}

/// `join_all!` and `try_join_all!`.
pub(crate) struct JoinAll {
    pub(crate) fallible: bool,
    pub(crate) item: Pat,
    pub(crate) items: Expr,
    pub(crate) branch: Box<Operation>,
    pub(crate) max: Option<Expr>,
    pub(crate) span: Span,
}

/// `select!`.
pub(crate) struct Select {
    pub(crate) arms: Vec<Arm>,
    pub(crate) span: Span,
}

/// `pattern = operation => expression`.
pub(crate) struct Arm {
    pub(crate) pat: Pat,
    pub(crate) operation: Operation,
    pub(crate) body: Expr,
}

struct Branches(Vec<Operation>);

impl Parse for Branches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let written = Punctuated::<Expr, Token![,]>::parse_terminated(input)?;
        each(written.iter().map(branch)).map(Self)
    }
}

/// Collects, with all errors of all branches.
fn each<T>(results: impl Iterator<Item = syn::Result<T>>) -> syn::Result<Vec<T>> {
    let mut done = Vec::new();
    let mut failed: Option<syn::Error> = None;
    for result in results {
        match (result, &mut failed) {
            (Ok(value), _) => done.push(value),
            (Err(error), Some(all)) => all.combine(error),
            (Err(error), none) => *none = Some(error),
        }
    }
    failed.map_or(Ok(done), Err)
}

/// One operation inside a combinator, which is not awaited by itself.
fn branch(written: &Expr) -> syn::Result<Operation> {
    match written {
        Expr::Await(awaited) => Err(syn::Error::new(
            awaited.await_token.span,
            "the branches run together, so the whole is awaited and not each of them: remove this `.await`",
        )),
        Expr::Try(attempt) => Err(syn::Error::new(
            attempt.question_token.span(),
            "a branch is an operation that is not done yet: remove this `?`, and use `try_join!(..).await?`",
        )),
        other => parse(other),
    }
}

/// Whether there is something to try, as far as the syntax tells: of a task or workflow only rustc knows.
fn can_fail(branch: &Operation) -> syn::Result<()> {
    let (name, span) = match branch {
        Operation::Call { .. } | Operation::Spawn(_) => return Ok(()),
        Operation::Signal(signal) if signal.limit.is_some() => return Ok(()),
        Operation::Join(join) if join.fallible => return Ok(()),
        Operation::JoinAll(join) if join.fallible => return Ok(()),
        Operation::Signal(signal) => ("a signal without a limit", signal.span),
        Operation::Sleep { span, .. } | Operation::SleepUntil { span, .. } => ("this wait", *span),
        Operation::Join(join) => ("a join", join.span),
        Operation::JoinAll(join) => ("a join", join.span),
        Operation::Select(select) => ("a `select!`", select.span),
    };
    Err(syn::Error::new(
        span,
        format!("{name} cannot fail, so there is nothing to try: write `join!` or `join_all!`"),
    ))
}

pub(super) fn join(mac: &syn::Macro, fallible: bool) -> syn::Result<Join> {
    let span = mac.path.span();
    let Branches(branches) = syn::parse2(mac.tokens.clone())?;
    if branches.is_empty() || branches.len() > MOST {
        return Err(syn::Error::new(
            span,
            format!(
                "this takes 1 to {MOST} operations; for one for each item of a list there is `join_all!`"
            ),
        ));
    }
    if fallible {
        each(branches.iter().map(can_fail))?;
    }
    Ok(Join { fallible, branches, span })
}

impl Parse for JoinAll {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let item = Pat::parse_single(input)?;
        input.parse::<Token![in]>()?;
        let items = input.call(Expr::parse_without_eager_brace)?;
        input.parse::<Token![=>]>()?;
        let branch = Box::new(branch(&input.parse()?)?);
        let mut max = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "max" {
                return Err(syn::Error::new(key.span(), "the only option here is `max = 16`"));
            }
            input.parse::<Token![=]>()?;
            max = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Self { fallible: false, item, items, branch, max, span })
    }
}

pub(super) fn join_all(mac: &syn::Macro, fallible: bool) -> syn::Result<JoinAll> {
    let written = syn::parse2::<JoinAll>(mac.tokens.clone())?;
    if fallible {
        can_fail(&written.branch)?;
    }
    Ok(JoinAll { fallible, span: mac.path.span(), ..written })
}

/// An arm as it is written.
struct WrittenArm {
    pat: Pat,
    operation: Expr,
    body: Expr,
}

impl Parse for WrittenArm {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let pat = input.call(Pat::parse_multi_with_leading_vert)?;
        input.parse::<Token![=]>()?;
        let operation = input.parse()?;
        input.parse::<Token![=>]>()?;
        let body: Expr = input.parse()?;
        let braced = matches!(body, Expr::Block(_));
        if !input.is_empty() && (!braced || input.peek(Token![,])) {
            input.parse::<Token![,]>()?;
        }
        Ok(Self { pat, operation, body })
    }
}

struct Arms(Vec<WrittenArm>);

impl Parse for Arms {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut arms = Vec::new();
        while !input.is_empty() {
            arms.push(input.parse()?);
        }
        Ok(Self(arms))
    }
}

/// Shows what the arms of a `select!` lead to, which is code of the body, and writes it back. Nothing happens to any other
/// macro, nor to one that does not parse: that is reported where it is compiled.
pub(crate) fn visit_arms(mac: &mut syn::Macro, visit: &mut dyn FnMut(&mut Expr)) {
    if mac.path.segments.last().is_none_or(|last| last.ident != "select") {
        return;
    }
    let Ok(Arms(mut arms)) = syn::parse2(mac.tokens.clone()) else { return };
    for arm in &mut arms {
        visit(&mut arm.body);
    }
    let arms = arms.iter().map(|WrittenArm { pat, operation, body }| quote!(#pat = #operation => #body,));
    mac.tokens = quote!(#(#arms)*);
}

pub(super) fn select(mac: &syn::Macro) -> syn::Result<Select> {
    let span = mac.path.span();
    let Arms(written) = syn::parse2(mac.tokens.clone())?;
    let arms = written
        .into_iter()
        .map(|WrittenArm { pat, operation, body }| Ok(Arm { pat, operation: branch(&operation)?, body }));
    let arms = each(arms)?;
    if arms.is_empty() || arms.len() > MOST {
        return Err(syn::Error::new(
            span,
            format!(
                "`select!` takes 1 to {MOST} arms: `select! {{ answer = signal!(\"answer\" as Answer) => …, _ = sleep!(2d) => … }}`"
            ),
        ));
    }
    Ok(Select { arms, span })
}
