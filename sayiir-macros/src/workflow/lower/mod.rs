//! Takes the body apart at its awaits, and nowhere else: from the syntax tree to basic blocks.
//!
//! Code without an await stays as the user wrote it. An expression that awaits is replaced by what is left of it once the
//! awaits inside have been made into suspension points; operands that come before them are kept in temporaries, so that
//! everything is evaluated in Rust's order.

mod combine;
mod control;
mod expressions;
mod imports;
mod loops;
mod methods;
mod operands;
mod shadowing;
mod spawn;
mod statements;
mod suspend;
mod types;
mod words;

use std::collections::HashMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, Lifetime, Pat};

use super::bindings::Bindings;
use super::diverges;
use super::ir::{Binding, BindingId, Block, BlockId, Effect, End, Flow, Origin, Scope, ScopeId, Statement};
use super::model::Model;
use super::resolve::{self, Names};
use crate::diagnostics::Errors;
use imports::Imported;

/// Where the value of a piece of code goes.
#[derive(Clone, Copy)]
pub(super) enum Dest {
    /// Nowhere.
    Discard,
    /// Into a variable that was declared without a value.
    Into(BindingId),
    /// Out of the workflow.
    Return,
}

/// A construct that `break` or `continue` can name.
struct Target {
    label: Option<Lifetime>,
    /// Where `continue` goes; `None` for a labelled block.
    head: Option<BlockId>,
    exit: BlockId,
    dest: Dest,
    /// Whether `break` may give a value: out of a `loop` or a block, and not out of a `while` or `for`.
    gives_value: bool,
}

/// Lowers a checked body: first with every variable apart from those that it hides, then with those only that have to be.
pub(crate) fn lower(model: &Model, body: syn::Block, errors: &mut Errors) -> Flow {
    let flow = lower_with(model, body.clone(), None, errors);
    let is_simple = flow.bindings.iter().all(|binding| binding.hides.is_empty());
    if is_simple || !errors.is_empty() {
        return flow;
    }
    lower_with(model, body, Some(shadowing::to_be_apart(&flow)), errors)
}

fn lower_with(model: &Model, body: syn::Block, apart: Option<Bindings>, errors: &mut Errors) -> Flow {
    let mut lowerer = Lowerer::new(model, errors);
    lowerer.apart = apart;
    lowerer.function(body);
    lowerer.finish()
}

pub(super) struct Lowerer<'a> {
    model: &'a Model,
    private: TokenStream,
    errors: &'a mut Errors,
    flow: Flow,
    names: Names,
    current: BlockId,
    scope: ScopeId,
    targets: Vec<Target>,
    /// The blocks in the order in which they were begun, which is that of the source.
    layout: Vec<BlockId>,
    /// How often each base name of a suspension point occurred.
    occurrences: HashMap<String, usize>,
    temporaries: HashMap<String, usize>,
    /// The name that `#[at(..)]` gives to the next suspension point.
    at: Option<syn::LitStr>,
    /// The variables that are written apart from those that they hide; `None` is all of them.
    apart: Option<Bindings>,
    /// Types declared in the body: they cannot be named outside of it.
    local_types: Vec<String>,
    /// What the body imports: that has another name outside, or none.
    imported: Imported,
}

impl<'a> Lowerer<'a> {
    fn new(model: &'a Model, errors: &'a mut Errors) -> Self {
        let mut flow = Flow::default();
        flow.scopes.push(Scope { parent: None, exit: None, items: Vec::new() });
        let occurrences = HashMap::from([("Start".to_owned(), 1)]);
        Self {
            model,
            private: model.private(),
            errors,
            flow,
            names: Names::default(),
            current: BlockId(0),
            scope: ScopeId(0),
            targets: Vec::new(),
            layout: Vec::new(),
            occurrences,
            temporaries: HashMap::new(),
            at: None,
            apart: None,
            local_types: Vec::new(),
            imported: Imported::default(),
        }
    }

    fn function(&mut self, body: syn::Block) {
        for parameter in &self.model.parameters {
            let (mutable, renamed) = match &parameter.pat {
                Pat::Ident(simple) => (simple.mutability.is_some(), false),
                _ => (false, true),
            };
            let id = self.binding(Binding {
                ident: parameter.field.clone(),
                renamed,
                hides: Vec::new(),
                mutable,
                ty: Some(parameter.ty.clone()),
                origin: Origin::Parameter,
                scope: ScopeId(0),
                reference: false,
            });
            if renamed {
                self.names.declare_nameless(id);
            } else {
                self.flow.reported_unused.insert(id);
                self.names.declare(&parameter.field, id);
            }
        }
        let start = self.block(ScopeId(0));
        self.begin(start);
        for (index, parameter) in self.model.parameters.iter().enumerate() {
            if !matches!(parameter.pat, Pat::Ident(_)) {
                let value = resolve::marker(BindingId(index), parameter.field.span());
                self.bind_pattern(parameter.pat.clone(), Some(parameter.ty.clone()), value, &quote!());
            }
        }
        self.statements(body.stmts, Dest::Return);
    }

    /// Numbers the blocks in source order.
    fn finish(mut self) -> Flow {
        let mut place = vec![BlockId(usize::MAX); self.flow.blocks.len()];
        for (index, id) in self.layout.iter().enumerate() {
            place[id.0] = BlockId(index);
        }
        let moved = |id: &mut BlockId| *id = place[id.0];
        let mut blocks: Vec<(usize, Block)> = Vec::new();
        for (index, mut block) in std::mem::take(&mut self.flow.blocks).into_iter().enumerate() {
            match &mut block.end {
                End::Open | End::Suspend(_) | End::Return { .. } => {}
                End::Goto(to) => moved(to),
                End::Branch { then, otherwise, .. } | End::LetElse { then, otherwise, .. } => {
                    moved(then);
                    moved(otherwise);
                }
                End::Match { arms, .. } => arms.iter_mut().for_each(|arm| moved(&mut arm.body)),
            }
            blocks.push((place[index].0, block));
        }
        blocks.sort_by_key(|(index, _)| *index);
        self.flow.blocks = blocks.into_iter().map(|(_, block)| block).collect();
        self.flow.scopes.iter_mut().filter_map(|scope| scope.exit.as_mut()).for_each(moved);
        self.flow.points.iter_mut().map(|point| &mut point.resume).for_each(moved);
        self.flow
    }

    // ---- blocks ----

    /// A new block, not begun.
    fn block(&mut self, scope: ScopeId) -> BlockId {
        let id = BlockId(self.flow.blocks.len());
        self.flow.blocks.push(Block {
            scope,
            statements: Vec::new(),
            end: End::Open,
            visible: Vec::new(),
            is_loop_head: false,
        });
        id
    }

    /// Goes on in this block, with what is in scope now.
    fn begin(&mut self, id: BlockId) {
        self.layout.push(id);
        self.current = id;
        self.flow.blocks[id.0].visible = self.names.all();
    }

    /// Ends the current block and goes on in a new one that nothing leads to, unless it is made a target.
    fn end(&mut self, end: End) {
        let block = &mut self.flow.blocks[self.current.0];
        if matches!(block.end, End::Open) {
            block.end = end;
        }
    }

    /// Ends the current block; what follows in the source is never reached.
    fn end_for_good(&mut self, end: End) {
        self.end(end);
        let dead = self.block(self.scope);
        self.begin(dead);
    }

    fn statement(&mut self, tokens: TokenStream, effect: Effect) {
        self.flow.blocks[self.current.0].statements.push(Statement { tokens, effect });
    }

    // ---- scopes ----

    /// Runs `body` in a new scope that the code leaves towards `exit`.
    fn scoped<R>(&mut self, exit: Option<BlockId>, body: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope;
        let mark = self.names.mark();
        self.scope = ScopeId(self.flow.scopes.len());
        self.flow.scopes.push(Scope { parent: Some(outer), exit, items: Vec::new() });
        let result = body(self);
        self.names.forget_since(mark);
        self.scope = outer;
        result
    }

    /// Begins the first block of the current scope, coming from the current block.
    fn enter(&mut self) {
        let first = self.block(self.scope);
        self.end(End::Goto(first));
        self.begin(first);
    }

    // ---- variables ----

    fn binding(&mut self, binding: Binding) -> BindingId {
        let id = BindingId(self.flow.bindings.len());
        self.flow.bindings.push(binding);
        id
    }

    /// A temporary named after the suspension point it belongs to. It stands in the tree as its marker.
    fn temporary(&mut self, base: &str, span: Span) -> BindingId {
        let mut count = self.temporaries.get(base).copied().unwrap_or_default();
        let name = loop {
            count += 1;
            let name = if count == 1 { base.to_owned() } else { format!("{base}{count}") };
            if !self.is_written(&name) {
                break name;
            }
        };
        self.temporaries.insert(base.to_owned(), count);
        let ident = Ident::new(&name, Span::mixed_site().located_at(span));
        let id = self.binding(Binding {
            ident,
            renamed: true,
            hides: Vec::new(),
            mutable: false,
            ty: None,
            origin: Origin::Temporary,
            scope: self.scope,
            reference: false,
        });
        self.names.declare_nameless(id);
        id
    }

    /// Declares what a pattern binds, in the current scope.
    fn declare_pattern(&mut self, pat: &mut Pat, ty: Option<&syn::Type>) -> Vec<(BindingId, bool)> {
        let mut found = types::Found::default();
        types::of_pattern(pat, ty.cloned(), &self.private, &mut found);
        let mut declared = Vec::new();
        for variable in found.variables {
            let name = variable.ident.clone();
            // One of the same scope it takes the place of: nothing can reach that any more.
            let is_outer = |id: &BindingId| self.flow.binding(*id).scope != self.scope;
            let hides: Vec<_> = self.names.with_name(&name.to_string()).filter(is_outer).collect();
            let renamed = !hides.is_empty() && self.is_apart(BindingId(self.flow.bindings.len()));
            let id = self.binding(Binding {
                ident: if renamed { self.apart(&name) } else { name.clone() },
                renamed,
                hides,
                mutable: variable.mutable,
                ty: variable.ty.filter(|ty| self.can_be_named(ty)),
                origin: Origin::User,
                scope: self.scope,
                reference: variable.reference,
            });
            if variable.stands_alone && !renamed {
                self.flow.reported_unused.insert(id);
            }
            declared.push((name, id));
        }
        for (name, id) in &declared {
            self.names.declare(name, *id);
        }
        resolve::rename_pattern(pat, &self.names, &self.flow.bindings);
        declared.into_iter().map(|(_, id)| (id, true)).collect()
    }

    fn is_apart(&self, id: BindingId) -> bool {
        self.apart.as_ref().is_none_or(|apart| apart.contains(id))
    }

    /// A name that reads the same but is another variable than the one it hides, so that both can be reached.
    fn apart(&self, name: &Ident) -> Ident {
        let mut text = name.to_string();
        while self.is_written(&text) {
            text.push_str("_inner");
        }
        let span = Span::mixed_site().located_at(name.span());
        text.strip_prefix("r#").map_or_else(|| Ident::new(&text, span), |raw| Ident::new_raw(raw, span))
    }

    /// Whether a variable in scope is written like this under our own hygiene.
    fn is_written(&self, text: &str) -> bool {
        let written = |id: &BindingId| {
            let binding = self.flow.binding(*id);
            binding.renamed && binding.ident == text
        };
        self.names.all().iter().any(written)
    }

    fn resolve(&self, expr: &mut Expr) -> Effect {
        resolve::resolve_expr(expr, &self.names, &self.flow.bindings)
    }

    /// Evaluates for its effect.
    fn discard(&mut self, mut expr: Expr) {
        if is_inert(&expr) {
            return;
        }
        let ends_here = diverges::expr(&expr);
        let effect = self.resolve(&mut expr);
        self.statement(quote!(#expr;), effect);
        if ends_here {
            self.end_for_good(End::Open);
        }
    }

    /// Hands a value of the user's to its destination, and with `Return` ends the block.
    fn deliver(&mut self, value: Expr, dest: Dest) {
        let written = words::value(&value);
        self.deliver_written(written, value, dest);
    }

    /// The same for a value that stands for what was `written`.
    fn deliver_written(&mut self, written: TokenStream, mut value: Expr, dest: Dest) {
        match dest {
            Dest::Discard => self.discard(value),
            Dest::Into(id) => {
                // Also where it never comes to that: the assignment tells rustc the value's type.
                let ends_here = diverges::expr(&value);
                if self.flow.binding(id).ty.is_none() {
                    self.flow.bindings[id.0].ty = self.type_of(&value);
                }
                let mut effect = self.resolve(&mut value);
                effect.kills.insert(id);
                effect.assigns.insert(id);
                let target = &self.flow.binding(id).ident;
                let tokens = quote!(#target = #value;);
                self.statement(tokens, effect);
                if ends_here {
                    self.end_for_good(End::Open);
                }
            }
            Dest::Return => {
                let effect = self.resolve(&mut value);
                self.end(End::Return {
                    written,
                    keyword: quote!(return),
                    value: value.into_token_stream(),
                    effect,
                });
            }
        }
    }
}

/// Whether evaluating the expression as a statement does nothing: what is left of a construct whose value is not wanted.
fn is_inert(expr: &Expr) -> bool {
    matches!(expr, Expr::Tuple(tuple) if tuple.elems.is_empty() && tuple.attrs.is_empty())
}

/// `()`.
fn unit() -> Expr {
    unit_at(Span::call_site())
}

/// `()` at a token of the user's, who wrote no value there.
fn unit_at(span: Span) -> Expr {
    syn::parse_quote_spanned!(span=> ())
}
