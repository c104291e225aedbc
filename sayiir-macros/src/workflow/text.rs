//! The user's tokens as a person would write them, for documentation: the same text whichever compiler prints them.
//!
//! The `.await`s are left out: that something is waited for is shown by other means.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// The text of a piece of code, on one line.
pub(crate) fn of(tokens: TokenStream) -> String {
    let mut writer = Writer { text: String::new(), before: Before::Nothing, generics: 0 };
    writer.tokens(tokens);
    writer.text
}

const KEYWORDS: [&str; 12] =
    ["let", "if", "else", "match", "in", "for", "while", "loop", "return", "break", "mut", "as"];

/// The operators of more than one character.
const LONG: [&str; 20] = [
    "::", "..=", "&&", "||", "==", "!=", "<=", ">=", "=>", "->", "+=", "-=", "*=", "/=", "%=", "^=", "&=",
    "|=", "<<=", ">>=",
];

/// What the text ends with, as far as a space behind it depends on that.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing, or what is written without a space behind it, such as `.` or an opening bracket.
    Nothing,
    /// A name or a value.
    Operand,
    /// `let`, `match`, …
    Keyword,
    /// `::`.
    PathSeparator,
    /// `,`, `+`, …
    Operator,
}

struct Writer {
    text: String,
    before: Before,
    /// How many `<` of lists of types are open.
    generics: usize,
}

impl Writer {
    fn tokens(&mut self, tokens: TokenStream) {
        let mut rest = tokens.into_iter().peekable();
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Group(group) => self.group(&group),
                TokenTree::Literal(literal) => self.operand(&literal.to_string()),
                TokenTree::Ident(word) if KEYWORDS.iter().any(|keyword| word == keyword) => {
                    self.operand(&word.to_string());
                    self.before = Before::Keyword;
                }
                TokenTree::Ident(word) => self.operand(&word.to_string()),
                TokenTree::Punct(first) => {
                    let mut operator = String::from(first.as_char());
                    let mut joint = first.spacing() == Spacing::Joint;
                    while joint && let Some(TokenTree::Punct(next)) = rest.peek() {
                        let longer = format!("{operator}{}", next.as_char());
                        if !LONG.iter().any(|known| known.starts_with(&longer)) {
                            break;
                        }
                        operator = longer;
                        joint = next.spacing() == Spacing::Joint;
                        rest.next();
                    }
                    let awaits = matches!(rest.peek(), Some(TokenTree::Ident(word)) if word == "await");
                    if operator == "." && awaits {
                        rest.next();
                    } else {
                        self.operator(&operator);
                    }
                }
            }
        }
    }

    fn space(&mut self) {
        if matches!(self.before, Before::Operand | Before::Keyword | Before::Operator) {
            self.text.push(' ');
        }
    }

    fn operand(&mut self, text: &str) {
        self.space();
        self.text.push_str(text);
        self.before = Before::Operand;
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace if group.stream().is_empty() => ("{", "}"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::None => return self.tokens(group.stream()),
        };
        let called = self.before == Before::Operand && group.delimiter() != Delimiter::Brace;
        if !called {
            self.space();
        }
        self.text.push_str(open);
        self.before = Before::Nothing;
        self.tokens(group.stream());
        self.text.push_str(close);
        self.before = Before::Operand;
    }

    fn operator(&mut self, operator: &str) {
        let behind_a_value = self.before == Before::Operand;
        let of_types = operator == "<" && (self.before == Before::PathSeparator || self.ends_in_a_type());
        let (before, after) = match operator {
            "." | ".." | "..=" | "::" | "!" if behind_a_value => (false, false),
            "?" | "," | ";" | ":" => (false, true),
            _ if of_types => {
                self.generics += 1;
                (false, false)
            }
            _ if self.generics > 0 && operator.starts_with('>') => {
                self.generics = self.generics.saturating_sub(operator.len());
                (false, true)
            }
            _ if behind_a_value => (true, true),
            "=" | "=>" | "->" => (true, true),
            _ => (true, false),
        };
        if before {
            self.space();
        }
        self.text.push_str(operator);
        self.before = match operator {
            "::" => Before::PathSeparator,
            "?" => Before::Operand,
            _ if after && operator.starts_with('>') && !before => Before::Operand,
            _ if after => Before::Operator,
            _ => Before::Nothing,
        };
    }

    /// Whether the text ends in a name that begins with a capital, as types do.
    fn ends_in_a_type(&self) -> bool {
        let name = self.text.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
        self.before == Before::Operand && name.is_some_and(|name| name.starts_with(char::is_uppercase))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn code_reads_as_it_is_written() {
        for code in [
            "let Ok(x) = signal!(\"x\" as u32, 1d)",
            "charge(order.id, &order.items[0], -1)?",
            "a && !b || *c == -d - 1",
            "for item in &items",
            "0..n",
            "0..=order.count + 1",
            "Vec::<u32>::new().len() > 3",
            "let paid: Option<Vec<u32>> = none()",
            "Order { id: 1, .. }",
            "[1, 2].contains(&x)",
            "Some(x) if x > 3",
            "x as u32",
            "Failure::Declined(..)",
            "(a, _)",
            "y?.z",
        ] {
            let tokens = code.parse().unwrap_or_else(|error| panic!("{code}: {error}"));
            assert_eq!(super::of(tokens), code);
        }
    }

    #[test]
    fn awaits_are_left_out() {
        let tokens = "charge(price(1).await).await?".parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(super::of(tokens), "charge(price(1))?");
    }
}
