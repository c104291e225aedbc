//! Which variables are in scope.

use proc_macro2::Ident;

use super::super::ir::BindingId;

/// The variables in scope, innermost last.
#[derive(Default)]
pub(crate) struct Names(Vec<(String, BindingId)>);

impl Names {
    pub(crate) fn declare(&mut self, name: &Ident, id: BindingId) {
        self.0.push((name.to_string(), id));
    }

    /// A temporary: in scope, but no code of the user's can name it.
    pub(crate) fn declare_nameless(&mut self, id: BindingId) {
        self.0.push((String::new(), id));
    }

    pub(crate) fn lookup(&self, name: &str) -> Option<BindingId> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, id)| *id)
    }

    /// Every variable in scope that the user calls so.
    pub(crate) fn with_name(&self, name: &str) -> impl Iterator<Item = BindingId> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, id)| *id)
    }

    /// A mark to go back to at the end of a scope.
    pub(crate) fn mark(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn forget_since(&mut self, mark: usize) {
        self.0.truncate(mark);
    }

    /// The variables that can be named here, each name's innermost and every hidden one of an outer scope.
    pub(crate) fn all(&self) -> Vec<BindingId> {
        self.0.iter().map(|(_, id)| *id).collect()
    }
}
