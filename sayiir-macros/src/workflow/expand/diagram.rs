//! The flow as a Mermaid diagram: what is done, what is waited for, what decides, where it ends.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::workflow::ir::{BlockId, End, Flow, Question};
use crate::workflow::text;

pub(in crate::workflow) fn diagram(flow: &Flow) -> String {
    let mut drawing = Drawing { flow, lines: Vec::new(), open: BTreeSet::new(), drawn: BTreeSet::new() };
    drawing.lines.push("start([start])".into());
    drawing.edge("start", "", BlockId(0));
    while let Some(block) = drawing.open.pop_first() {
        if drawing.drawn.insert(block) {
            drawing.draw(block);
        }
    }
    let lines = drawing.lines.iter().map(|line| format!("    {line}\n"));
    std::iter::once("flowchart TD\n".to_owned()).chain(lines).collect()
}

struct Drawing<'a> {
    flow: &'a Flow,
    lines: Vec<String>,
    /// Blocks that an arrow leads to, still to be drawn: the first in the source comes next.
    open: BTreeSet<BlockId>,
    drawn: BTreeSet<BlockId>,
}

impl Drawing<'_> {
    fn edge(&mut self, from: &str, label: &str, to: BlockId) {
        let to = self.follow(to);
        let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", clean(label)) };
        self.lines.push(format!("{from} -->{label} {}", self.name(to)));
        self.open.insert(to);
    }

    /// The block that is meant: one that merely leads on stands for what it leads to.
    fn follow(&self, mut block: BlockId) -> BlockId {
        for _ in &self.flow.blocks {
            if let End::Goto(to) = &self.flow.block(block).end {
                block = *to;
            }
        }
        block
    }

    fn name(&self, block: BlockId) -> String {
        match &self.flow.block(block).end {
            End::Suspend(point) => self.flow.points[point.0].variant.to_string(),
            End::Open | End::Goto(_) | End::Return { .. } => format!("end{}", block.0),
            End::Branch { .. } | End::LetElse { .. } | End::Match { .. } => format!("n{}", block.0),
        }
    }

    fn draw(&mut self, block: BlockId) {
        let flow = self.flow;
        let name = self.name(block);
        match &flow.block(block).end {
            End::Open | End::Goto(_) => self.lines.push(format!("{name}([never])")),
            End::Return { written, .. } => {
                let value = clean(&text::of(written.clone()));
                self.lines.push(format!("{name}([\"{}\"])", if value == "()" { "end" } else { &value }));
            }
            End::Suspend(point) => {
                let at = &flow.points[point.0];
                let words = clean(&at.words);
                let is_call = at.words.starts_with('`');
                let shape = if is_call { format!("[\"{words}\"]") } else { format!("{{{{\"{words}\"}}}}") };
                self.lines.push(format!("{name}{shape}"));
                self.edge(&name, "", at.resume);
            }
            End::Branch { question, then, otherwise, .. } => {
                let (text, ways) = match question {
                    Question::Holds(cond) => (asked(cond), ["yes", "no"]),
                    Question::Another { item, items } => (another(item, items), ["next", "done"]),
                };
                self.decision(&name, &text, [(ways[0], *then), (ways[1], *otherwise)]);
            }
            End::LetElse { written, then, otherwise, .. } => {
                self.decision(&name, &asked(written), [("yes", *then), ("no", *otherwise)]);
            }
            End::Match { written, arms, .. } => {
                let text = written.as_ref().map(|written| text::of(quote!(match #written)));
                let ways = arms.iter().map(|arm| (arm.words.as_str(), arm.body));
                self.decision(&name, text.as_deref().unwrap_or("what came first?"), ways);
            }
        }
    }

    fn decision<'w>(&mut self, name: &str, text: &str, ways: impl IntoIterator<Item = (&'w str, BlockId)>) {
        self.lines.push(format!("{name}{{\"{}\"}}", clean(text)));
        for (label, to) in ways {
            self.edge(name, label, to);
        }
    }
}

/// Whether a loop goes on.
fn another(item: &TokenStream, items: &TokenStream) -> String {
    format!("for each {} in {}", text::of(item.clone()), text::of(items.clone()))
}

/// A condition as a question.
fn asked(condition: &TokenStream) -> String {
    let text = text::of(condition.clone());
    if text.ends_with('?') { text } else { text + "?" }
}

/// A text, short, and without what Mermaid would misread.
fn clean(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('`', "");
    let short =
        if text.chars().count() > 60 { text.chars().take(57).chain("...".chars()).collect() } else { text };
    short.replace('"', "'").replace('<', "&lt;").replace('>', "&gt;")
}
