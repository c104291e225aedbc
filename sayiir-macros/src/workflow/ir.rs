//! The body as basic blocks: what `lower` makes, `liveness` reads and `expand` writes out.
//!
//! A block is straight-line code of the user's followed by one [`End`]. Blocks are numbered in source order. A block that is
//! neither the start of a stretch nor the exit of a scope has exactly one predecessor, so that it can be written in place.

use std::collections::BTreeMap;
use std::fmt;

use proc_macro2::{Ident, TokenStream};
use syn::Type;

use super::bindings::Bindings;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(pub(crate) usize);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

id!(
    /// A basic block.
    BlockId, "b");
id!(
    /// A variable of the body, or a temporary of the compiler; shadowed ones have ids of their own.
    BindingId, "v");
id!(
    /// A lexical scope that contains an await.
    ScopeId, "s");
id!(
    /// A suspension point.
    PointId, "p");

/// The body of one workflow.
#[derive(Default)]
pub(crate) struct Flow {
    pub(crate) blocks: Vec<Block>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) points: Vec<Point>,
    pub(crate) signals: Vec<SignalUse>,
    /// Everything the body calls: tasks and workflows, each path once.
    pub(crate) callees: Vec<syn::Path>,
    /// The workflows that the body starts as runs of their own, each path once.
    pub(crate) spawned: Vec<syn::Path>,
    /// Whether the body remembers compensations.
    pub(crate) compensates: bool,
    /// The variables for which rustc's words about an unused one fit: none by which a pattern names a field.
    pub(crate) reported_unused: Bindings,
    /// The references that are made anew where a stretch begins, since they cannot be stored.
    pub(crate) renewed: Vec<Renewed>,
    /// Items declared in the body, which every stretch may name.
    pub(crate) items: Vec<syn::Item>,
}

/// References into variables that are stored: the item of a loop over `&items`.
pub(crate) struct Renewed {
    /// The references.
    pub(crate) references: Bindings,
    /// The statements that make them.
    pub(crate) statements: TokenStream,
    /// What those need.
    pub(crate) uses: Bindings,
    pub(crate) scope: ScopeId,
}

/// Straight-line code.
pub(crate) struct Block {
    pub(crate) scope: ScopeId,
    pub(crate) statements: Vec<Statement>,
    pub(crate) end: End,
    /// The variables in scope where the block begins.
    pub(crate) visible: Vec<BindingId>,
    /// Loop heads are reached again from behind, and so always begin a stretch.
    pub(crate) is_loop_head: bool,
}

/// One statement of the user's, free of awaits.
pub(crate) struct Statement {
    pub(crate) tokens: TokenStream,
    pub(crate) effect: Effect,
}

/// What a piece of code does to variables.
#[derive(Clone, Default)]
pub(crate) struct Effect {
    /// Needs their values.
    pub(crate) uses: Bindings,
    /// Where each is named first, for reports.
    pub(crate) places: BTreeMap<BindingId, proc_macro2::Span>,
    /// Gives each a new value without looking at the old one, on every path.
    pub(crate) kills: Bindings,
    /// May give them a new value.
    pub(crate) assigns: Bindings,
    /// May change them, wholly or in part: by assignment of any kind, or through `&mut`.
    pub(crate) changes: Bindings,
    /// Brings them into being; the flag says whether with a value.
    pub(crate) declares: Vec<(BindingId, bool)>,
}

/// How a block ends.
pub(crate) enum End {
    /// Not decided yet, or never reached.
    Open,
    /// Goes on elsewhere.
    Goto(BlockId),
    /// `if cond { then } else { otherwise }`; the condition may bind (`if let`).
    Branch { question: Question, cond: TokenStream, effect: Effect, then: BlockId, otherwise: BlockId },
    /// `match`. `written` is the user's scrutinee; `None` for what came first in a `select!`.
    Match { written: Option<TokenStream>, scrutinee: TokenStream, effect: Effect, arms: Vec<MatchArm> },
    /// `let pat = value else { otherwise };`. `written` is the user's `pat = value`.
    LetElse {
        written: TokenStream,
        attrs: TokenStream,
        pat: TokenStream,
        value: TokenStream,
        effect: Effect,
        then: BlockId,
        otherwise: BlockId,
    },
    /// Waits.
    Suspend(PointId),
    /// Ends the workflow. `written` is the user's value.
    Return { written: TokenStream, keyword: TokenStream, value: TokenStream, effect: Effect },
}

/// What a branch asks, in the tokens of the user, for the diagram.
pub(crate) enum Question {
    /// Whether this holds.
    Holds(TokenStream),
    /// Whether a `for` has another item.
    Another { item: TokenStream, items: TokenStream },
}

pub(crate) struct MatchArm {
    /// The user's pattern, or the operation of a `select!`, for the diagram.
    pub(crate) words: String,
    pub(crate) attrs: TokenStream,
    /// The pattern with its guard.
    pub(crate) pat: TokenStream,
    /// What the guard uses, and what the pattern binds.
    pub(crate) effect: Effect,
    pub(crate) body: BlockId,
    /// Where it ends in the user's code: behind it, rustc writes the arms that are missing.
    pub(crate) end: proc_macro2::Span,
}

/// A variable.
pub(crate) struct Binding {
    /// As it is written out. Differs from the user's only in hygiene, where an outer variable of the name is still needed.
    pub(crate) ident: Ident,
    /// Whether `ident` is not what stands in the user's code.
    pub(crate) renamed: bool,
    /// The variables of outer scopes that have its name.
    pub(crate) hides: Vec<BindingId>,
    pub(crate) mutable: bool,
    /// Its type, where the syntax gives it and it can be named outside the body.
    pub(crate) ty: Option<Type>,
    pub(crate) origin: Origin,
    pub(crate) scope: ScopeId,
    /// Whether it is known to be a reference.
    pub(crate) reference: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    Parameter,
    User,
    /// A value in the middle of an expression.
    Temporary,
}

/// A lexical scope: what `{ .. }`, an arm or a loop body brings into being ends with it.
pub(crate) struct Scope {
    pub(crate) parent: Option<ScopeId>,
    /// Where the code goes on behind it.
    pub(crate) exit: Option<BlockId>,
    /// Functions, constants and imports that the block declares.
    pub(crate) items: Vec<syn::Item>,
}

/// A place where the run can wait.
pub(crate) struct Point {
    /// The variant's name.
    pub(crate) variant: Ident,
    /// What the variant is named after, if that is numbered: not given by `#[at(..)]`.
    pub(crate) numbered: Option<String>,
    /// The type of the operation.
    pub(crate) operation_type: TokenStream,
    /// An expression that makes the operation.
    pub(crate) operation: TokenStream,
    pub(crate) effect: Effect,
    /// Receives the operation's output.
    pub(crate) output: BindingId,
    pub(crate) resume: BlockId,
    /// What has to hold for the operation, as functions that hand a value through: `<charge as CanFail>::checked`.
    pub(crate) conditions: Vec<TokenStream>,
    /// The tasks and workflows that the operation calls.
    pub(crate) calls: Vec<syn::Path>,
    /// In words, for documentation: ``the task `charge` ``.
    pub(crate) words: String,
}

/// One `signal!` in the body.
#[derive(Clone)]
pub(crate) struct SignalUse {
    pub(crate) name: syn::LitStr,
    /// Where the wait begins.
    pub(crate) span: proc_macro2::Span,
    /// The payload marker: `Plain<T>` or `Received<T>`.
    pub(crate) payload: TokenStream,
    /// Whether that is what was meant. Else it has been reported.
    pub(crate) known: bool,
}

impl Flow {
    pub(crate) fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0]
    }

    pub(crate) fn binding(&self, id: BindingId) -> &Binding {
        &self.bindings[id.0]
    }

    /// What has to hold for the operation whose output this is.
    pub(crate) fn conditions_of(&self, output: BindingId) -> &[TokenStream] {
        let point = self.points.iter().find(|point| point.output == output);
        point.map_or(&[], |point| &point.conditions)
    }

    /// How a reference is made anew, if it is.
    pub(crate) fn renewed(&self, id: BindingId) -> Option<&Renewed> {
        self.renewed.iter().find(|renewed| renewed.references.contains(id))
    }

    pub(crate) fn block_ids(&self) -> impl DoubleEndedIterator<Item = BlockId> + use<> {
        (0..self.blocks.len()).map(BlockId)
    }
}

impl End {
    /// Where control can go from here without waiting.
    pub(crate) fn successors(&self) -> Vec<BlockId> {
        match self {
            Self::Open | Self::Suspend(_) | Self::Return { .. } => Vec::new(),
            Self::Goto(to) => vec![*to],
            Self::Branch { then, otherwise, .. } | Self::LetElse { then, otherwise, .. } => {
                vec![*then, *otherwise]
            }
            Self::Match { arms, .. } => arms.iter().map(|arm| arm.body).collect(),
        }
    }
}

/// The dump that tests and people read.
impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, block) in self.blocks.iter().enumerate() {
            let head = if block.is_loop_head { " (loop)" } else { "" };
            writeln!(f, "{:?}{head} in {:?}:", BlockId(index), block.scope)?;
            for statement in &block.statements {
                writeln!(f, "    {}", statement.tokens)?;
            }
            match &block.end {
                End::Open => writeln!(f, "    unreachable")?,
                End::Goto(to) => writeln!(f, "    goto {to:?}")?,
                End::Branch { cond, then, otherwise, .. } => {
                    writeln!(f, "    if {cond} goto {then:?} else {otherwise:?}")?;
                }
                End::Match { scrutinee, arms, .. } => {
                    writeln!(f, "    match {scrutinee}")?;
                    for arm in arms {
                        writeln!(f, "        {} => {:?}", arm.pat, arm.body)?;
                    }
                }
                End::LetElse { pat, value, then, otherwise, .. } => {
                    writeln!(f, "    let {pat} = {value} then {then:?} else {otherwise:?}")?;
                }
                End::Suspend(point) => {
                    let point = &self.points[point.0];
                    writeln!(
                        f,
                        "    wait at {} for {} then {:?}",
                        point.variant, point.operation, point.resume
                    )?;
                }
                End::Return { value, .. } => writeln!(f, "    return {value}")?,
            }
        }
        Ok(())
    }
}
