//! The options of `#[task(..)]`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Expr, LitStr, RangeLimits};

use crate::diagnostics::Errors;
use crate::signature::Head;
use crate::workflow::model::is_result;
use crate::{duration, options};

const KNOWN: [(&str, &str); 8] = [
    ("name", "name = \"charge\""),
    ("retries", "retries = 5"),
    ("backoff", "backoff = 200ms..30s"),
    ("timeout", "timeout = 10s"),
    ("retry_if", "retry_if = is_temporary"),
    ("at_most_once", "at_most_once"),
    ("max_concurrent", "max_concurrent = 8"),
    ("crate", "crate = sayiir"),
];

/// What they say.
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) retries: Option<u32>,
    /// First and longest wait.
    pub(crate) backoff: Option<(TokenStream, TokenStream)>,
    pub(crate) timeout: Option<(TokenStream, Span)>,
    pub(crate) retry_if: Option<syn::Path>,
    pub(crate) at_most_once: Option<Span>,
    pub(crate) max_concurrent: Option<u32>,
    pub(crate) krate: TokenStream,
}

pub(super) fn parse(tokens: TokenStream, head: &Head, errors: &mut Errors) -> Options {
    let mut read = Options {
        name: None,
        retries: None,
        backoff: None,
        timeout: None,
        retry_if: None,
        at_most_once: None,
        max_concurrent: None,
        krate: quote!(::sayiir),
    };
    let fallible = is_result(&head.output());
    for entry in options::parse(tokens, "task", &KNOWN, errors) {
        let key = entry.key.to_string();
        let example = KNOWN.iter().find(|(known, _)| *known == key).map_or("", |(_, example)| example);
        // `retries` and `backoff` are not among them: an attempt also fails by a panic.
        let wants_error = matches!(key.as_str(), "timeout" | "retry_if" | "at_most_once");
        if wants_error && !fallible {
            let words = format!(
                "`{key}` is for a task that can return an error: let it return a `Result`, or remove this"
            );
            errors.on(&entry.key, words);
            continue;
        }
        match key.as_str() {
            "name" => read.name = entry.text(example, errors),
            "retries" => read.retries = entry.number(1, example, errors),
            "backoff" => read.backoff = entry.expect(example, errors).map(|range| backoff(range, errors)),
            "timeout" => {
                let limit = entry.expect(example, errors).map(|limit| duration::lower(limit, errors));
                read.timeout = limit.map(|limit| (limit, entry.span()));
            }
            "retry_if" => read.retry_if = entry.path(example, errors),
            "at_most_once" => {
                entry.flag(errors);
                read.at_most_once = Some(entry.span());
            }
            "max_concurrent" => read.max_concurrent = entry.number(1, example, errors),
            _ => {
                if let Some(path) = entry.path(example, errors) {
                    read.krate = quote!(#path);
                }
            }
        }
    }
    read
}

/// `A..B`, or `A` for always the same.
fn backoff(range: &Expr, errors: &mut Errors) -> (TokenStream, TokenStream) {
    match range {
        Expr::Range(range) => match (&range.start, &range.limits, &range.end) {
            (Some(first), RangeLimits::HalfOpen(_), Some(most)) => {
                if let (Some(Ok(shortest)), Some(Ok(longest))) =
                    (duration::written(first), duration::written(most))
                    && longest < shortest
                {
                    errors
                        .on(most, "the longest wait is shorter than the first: write `backoff = 200ms..30s`");
                }
                (duration::lower(first, errors), duration::lower(most, errors))
            }
            (_, _, _) => {
                errors.on(
                    range,
                    "`backoff` wants the first and the longest wait: write `backoff = 200ms..30s`",
                );
                (quote!(::core::time::Duration::ZERO), quote!(::core::time::Duration::ZERO))
            }
        },
        constant => {
            let constant = duration::lower(constant, errors);
            (constant.clone(), constant)
        }
    }
}
