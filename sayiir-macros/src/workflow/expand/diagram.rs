//! The flow as a Mermaid diagram: what is done, what is waited for, what decides, where it ends.

use std::collections::BTreeSet;

use super::Input;
use crate::workflow::ir::{BlockId, End};

pub(super) fn diagram(input: &Input<'_>) -> String {
    let mut drawing = Drawing { input, lines: Vec::new(), open: BTreeSet::new(), drawn: BTreeSet::new() };
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
    input: &'a Input<'a>,
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
        for _ in &self.input.flow.blocks {
            if let End::Goto(to) = &self.input.flow.block(block).end {
                block = *to;
            }
        }
        block
    }

    fn name(&self, block: BlockId) -> String {
        match &self.input.flow.block(block).end {
            End::Suspend(point) => self.input.flow.points[point.0].variant.to_string(),
            End::Open | End::Goto(_) | End::Return { .. } => format!("end{}", block.0),
            End::Branch { .. } | End::LetElse { .. } | End::Match { .. } => format!("n{}", block.0),
        }
    }

    fn draw(&mut self, block: BlockId) {
        let flow = self.input.flow;
        let name = self.name(block);
        match &flow.block(block).end {
            End::Open | End::Goto(_) => self.lines.push(format!("{name}([never])")),
            End::Return { value, .. } => {
                let value = clean(&value.to_string());
                self.lines.push(format!("{name}([\"{}\"])", if value == "()" { "end" } else { &value }));
            }
            End::Suspend(point) => {
                let at = &flow.points[point.0];
                let words = clean(&at.words.replace('`', ""));
                let is_call = at.words.starts_with('`');
                let shape = if is_call { format!("[\"{words}\"]") } else { format!("{{{{\"{words}\"}}}}") };
                self.lines.push(format!("{name}{shape}"));
                self.edge(&name, "", at.resume);
            }
            End::Branch { cond, then, otherwise, .. } => {
                self.decision(
                    &name,
                    &format!("{cond}?"),
                    &[("yes".into(), *then), ("no".into(), *otherwise)],
                );
            }
            End::LetElse { pat, value, then, otherwise, .. } => {
                let ways = [("yes".into(), *then), ("no".into(), *otherwise)];
                self.decision(&name, &format!("{pat} = {value}?"), &ways);
            }
            End::Match { scrutinee, arms, .. } => {
                let ways: Vec<_> = arms.iter().map(|arm| (arm.pat.to_string(), arm.body)).collect();
                self.decision(&name, &format!("match {scrutinee}"), &ways);
            }
        }
    }

    fn decision(&mut self, name: &str, text: &str, ways: &[(String, BlockId)]) {
        self.lines.push(format!("{name}{{\"{}\"}}", clean(text)));
        for (label, to) in ways {
            self.edge(name, label, *to);
        }
    }
}

/// Tokens as people write them, short, and without what Mermaid would misread.
fn clean(text: &str) -> String {
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in [
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ?", "?"),
        ("! ", "!"),
        (" ,", ","),
        (" :: ", "::"),
        ("& ", "&"),
    ] {
        text = text.replace(from, to);
    }
    let text: String = text.chars().filter(|c| !matches!(c, '`' | '\n')).collect();
    let text = text.replace('"', "'").replace('<', "&lt;").replace('>', "&gt;");
    if text.chars().count() > 60 { text.chars().take(57).chain("...".chars()).collect() } else { text }
}
