//! Pieces of source text that know where they need parentheses.

/// What kind of expression a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Stands anywhere.
    Atom,
    /// Operators: an operand of another operator needs parentheses.
    Operator,
    /// Ends with a block.
    Braced,
    /// A struct literal: not in conditions.
    Record,
}

/// How much rustc knows of an expression's type from the expression alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    Fully,
    /// There is an integer without a suffix in it.
    Loosely,
    /// There is a parameter that only later code settles: `None`, `Vec::new()`.
    Open,
}

/// An expression.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    text: String,
    form: Form,
    pub(crate) known: Known,
}

impl Code {
    pub(crate) fn atom(text: impl Into<String>) -> Self {
        Self::new(text, Form::Atom)
    }

    pub(crate) fn operator(text: impl Into<String>) -> Self {
        Self::new(text, Form::Operator)
    }

    pub(crate) fn braced(text: impl Into<String>) -> Self {
        Self::new(text, Form::Braced)
    }

    pub(crate) fn record(text: impl Into<String>) -> Self {
        Self::new(text, Form::Record)
    }

    fn new(text: impl Into<String>, form: Form) -> Self {
        Self { text: text.into(), form, known: Known::Fully }
    }

    pub(crate) fn known(mut self, known: Known) -> Self {
        self.known = known;
        self
    }

    /// As an argument or initialiser.
    pub(crate) fn value(&self) -> String {
        self.text.clone()
    }

    /// As an operand or receiver.
    pub(crate) fn operand(&self) -> String {
        match self.form {
            Form::Atom => self.text.clone(),
            Form::Operator | Form::Braced | Form::Record => format!("({})", self.text),
        }
    }

    /// As the last thing in a block.
    pub(crate) fn leading(&self) -> String {
        self.text.clone()
    }

    /// As the condition of `if` and `while`.
    pub(crate) fn condition(&self) -> String {
        match self.form {
            Form::Atom | Form::Operator | Form::Braced => self.text.clone(),
            Form::Record => format!("({})", self.text),
        }
    }
}

/// Indents by braces. A line's own braces balance, except for those that open or close a block.
pub(crate) fn indented(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let closing = line.chars().take_while(|c| *c == '}').count();
        out += &"    ".repeat(depth.saturating_sub(closing));
        out += line;
        out.push('\n');
        let count = |wanted: char| line.chars().filter(|c| *c == wanted).count();
        depth = (depth + count('{')).saturating_sub(count('}'));
    }
    out
}
