//! The flow as a Mermaid diagram: what is done, what is waited for, what decides, where it ends.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::Input;
use crate::workflow::ir::{BlockId, End, PointId};

pub(super) fn diagram(input: &Input<'_>) -> String {
    let mut drawing = Drawing { input, lines: Vec::new(), drawn: BTreeSet::new() };
    let first = drawing.node_of(BlockId(0));
    drawing.edge("start", "", &first);
    let mut out = String::from("flowchart TD\n    start([start])\n");
    for line in &drawing.lines {
        let _ = writeln!(out, "    {line}");
    }
    out
}

struct Drawing<'a> {
    input: &'a Input<'a>,
    lines: Vec<String>,
    drawn: BTreeSet<BlockId>,
}

impl Drawing<'_> {
    fn edge(&mut self, from: &str, label: &str, to: &str) {
        let label = if label.is_empty() { String::new() } else { format!("|\"{}\"|", clean(label)) };
        self.lines.push(format!("{from} -->{label} {to}"));
    }

    /// The node that a block stands for; what merely leads on stands for what it leads to.
    fn node_of(&mut self, block: BlockId) -> String {
        let flow = self.input.flow;
        let mut block = block;
        for _ in &flow.blocks {
            if let End::Goto(to) = &flow.block(block).end {
                block = *to;
            }
        }
        match &flow.block(block).end {
            End::Goto(_) | End::Open => "start".into(),
            End::Suspend(point) => self.once(block, |this| this.wait(*point)),
            End::Return { .. } => {
                let name = format!("end{}", block.0);
                if self.drawn.insert(block) {
                    self.lines.push(format!("{name}([end])"));
                }
                name
            }
            End::Branch { cond, then, otherwise, .. } => {
                let (then, otherwise) = (*then, *otherwise);
                let text = format!("{cond}?");
                self.decision(block, &text, vec![("yes".into(), then), ("no".into(), otherwise)])
            }
            End::LetElse { pat, value, then, otherwise, .. } => {
                let text = format!("{pat} = {value}?");
                let ways = vec![("yes".into(), *then), ("no".into(), *otherwise)];
                self.decision(block, &text, ways)
            }
            End::Match { scrutinee, arms, .. } => {
                let ways = arms.iter().map(|arm| (arm.pat.to_string(), arm.body)).collect();
                self.decision(block, &scrutinee.to_string(), ways)
            }
        }
    }

    fn once(&mut self, block: BlockId, draw: impl FnOnce(&mut Self)) -> String {
        let name = self.name(block);
        if self.drawn.insert(block) {
            draw(self);
        }
        name
    }

    fn name(&self, block: BlockId) -> String {
        match &self.input.flow.block(block).end {
            End::Suspend(point) => self.input.flow.points[point.0].variant.to_string(),
            End::Open
            | End::Goto(_)
            | End::Return { .. }
            | End::Branch { .. }
            | End::LetElse { .. }
            | End::Match { .. } => {
                format!("n{}", block.0)
            }
        }
    }

    fn wait(&mut self, point: PointId) {
        let flow = self.input.flow;
        let at = &flow.points[point.0];
        let words = clean(&at.words.replace('`', ""));
        let shape =
            if at.words.starts_with('`') { format!("[\"{words}\"]") } else { format!("{{{{\"{words}\"}}}}") };
        let name = at.variant.to_string();
        self.lines.push(format!("{name}{shape}"));
        let next = self.node_of(at.resume);
        self.edge(&name, "", &next);
    }

    fn decision(&mut self, block: BlockId, text: &str, ways: Vec<(String, BlockId)>) -> String {
        let text = clean(text);
        self.once(block, |this| {
            let name = this.name(block);
            this.lines.push(format!("{name}{{\"{text}\"}}"));
            for (label, to) in ways {
                let to = this.node_of(to);
                this.edge(&name, &label, &to);
            }
        })
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
