//! Durations as they are written: `48h`, `1h30m`, `200ms`; or any expression of type `Duration`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, Lit};

use crate::diagnostics::Errors;

const UNITS: [(&str, u64); 6] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

const ADVICE: &str =
    "write a number and a unit, such as `48h`, `30s` or `1h30m` (units: `ms`, `s`, `m`, `h`, `d`, `w`)";

/// The tokens of a `std::time::Duration`; a placeholder of that type after an error.
pub(crate) fn lower(expr: &Expr, errors: &mut Errors) -> TokenStream {
    let span = expr.span();
    match written(expr) {
        Some(Ok(millis)) => quote_spanned!(span=> ::core::time::Duration::from_millis(#millis)),
        Some(Err(message)) => {
            errors.on(expr, message);
            quote_spanned!(span=> ::core::time::Duration::ZERO)
        }
        // An array says of what type its elements are, and adds no words of its own to rustc's.
        None => quote_spanned!(span=> [::core::time::Duration::ZERO, #expr][1]),
    }
}

/// The milliseconds of what is written as a number, or what is wrong with it; `None` for any other expression.
pub(crate) fn written(expr: &Expr) -> Option<Result<u64, String>> {
    Some(match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => parse(&number.to_string()),
            Lit::Float(number) => Err(format!("`{number}` is not a duration: {ADVICE}")),
            _ => Err(format!("this is not a duration: {ADVICE}")),
        },
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            Err(format!("a duration cannot be negative: {ADVICE}"))
        }
        Expr::Group(group) => return written(&group.expr),
        _ => return None,
    })
}

/// The milliseconds of a literal such as `1h30m`.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let clean = text.replace('_', "");
    let mut rest = clean.as_str();
    let mut total: u64 = 0;
    let mut last = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if unit.is_empty() {
            return Err(format!("the duration `{text}` has no unit: {ADVICE}"));
        }
        let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("`{unit}` is not a unit of time: {ADVICE}"));
        };
        if *factor >= last {
            return Err(format!("the units of `{text}` must go from large to small, each once"));
        }
        last = *factor;
        let part = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*factor));
        total = part
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| format!("the duration `{text}` is too long"))?;
        rest = tail;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn literals_mean_what_they_say() {
        for (text, millis) in
            [("48h", 172_800_000), ("1h30m", 5_400_000), ("200ms", 200), ("2w", 1_209_600_000), ("0s", 0)]
        {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn bad_literals_are_named() {
        for (text, word) in [
            ("48", "no unit"),
            ("48x", "`x` is not a unit"),
            ("1m1h", "large to small"),
            ("1h1h", "each once"),
            ("99999999999999999999w", "too long"),
            ("0x10", "`x` is not a unit"),
        ] {
            let message = parse(text).expect_err(text);
            assert!(message.contains(word), "{text}: {message}");
        }
    }
}
