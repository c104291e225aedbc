//! What callers write into fields: which amounts and which names there are.

/// The largest amount that an expense has here.
pub(crate) const MOST: f64 = 1_000_000.0;

/// Letters of a name, at most.
pub(crate) const LETTERS: usize = 200;

/// Whether this can be paid: whole cents, which are more than none and not beyond [`MOST`].
pub(crate) fn is_amount(amount: f64) -> bool {
    // Both sides are the number that is nearest to so many cents, so that they are equal to the last bit.
    #[expect(clippy::float_cmp, reason = "to the last bit")]
    let is_whole = (amount * 100.0).round() / 100.0 == amount;
    is_whole && (0.01..=MOST).contains(&amount)
}

/// What a name is, in words.
pub(crate) const NAME: &str = "a name of 1 to 200 characters on one line";

/// Whether this can be the name of somebody: not blank, not too long, and nothing that moves a cursor or breaks a line.
pub(crate) fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LETTERS && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_of_whole_cents_from_one_to_the_limit() {
        for cents in (1..=100_000_u32).chain([99_999_999, 100_000_000]) {
            let text = format!("{}.{:02}", cents / 100, cents % 100);
            assert!(is_amount(text.parse().expect("a number")), "{text}");
        }
        for amount in [0.0, -5.0, 0.001, 0.005, 0.015, 250.001, 1_000_000.01, 1e300, f64::INFINITY, f64::NAN]
        {
            assert!(!is_amount(amount), "{amount}");
        }
    }

    #[test]
    fn a_name_has_something_in_it_and_is_one_short_line() {
        assert!(is_name("bob") && is_name("Zoë Müller") && is_name(&"ü".repeat(LETTERS)));
        for name in ["", " ", "\t", "bob\nPaid", "\u{1b}[2J", "bob\0", &"x".repeat(LETTERS + 1)] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
