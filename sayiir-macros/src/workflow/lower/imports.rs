//! `use` in a body: what it brings in has that name there, and not where the state of the workflow is declared.

use syn::visit::{self, Visit};
use syn::{Ident, Type, UseTree};

/// The names that a body imports.
#[derive(Default)]
pub(super) struct Imported {
    names: Vec<Ident>,
    /// Whether there is a `use module::*`, which may bring in any name.
    anything: bool,
}

impl Imported {
    pub(super) fn add(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.add(&path.tree),
            UseTree::Name(name) => self.names.push(name.ident.clone()),
            UseTree::Rename(renamed) => self.names.push(renamed.rename.clone()),
            UseTree::Glob(_) => self.anything = true,
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree)),
        }
    }

    /// Whether a path begins with an imported name.
    pub(super) fn leads_to(&self, path: &syn::Path) -> bool {
        let first = path.segments.first().filter(|_| path.leading_colon.is_none());
        first.is_some_and(|first| self.names.contains(&first.ident))
    }

    /// Whether a type names something that is imported, or may be.
    pub(super) fn is_in(&self, ty: &Type) -> bool {
        struct Find<'i>(&'i Imported, bool);
        impl<'ast> Visit<'ast> for Find<'_> {
            fn visit_path(&mut self, path: &'ast syn::Path) {
                let unknown =
                    path.get_ident().is_some_and(|name| name.to_string().starts_with(char::is_uppercase));
                self.1 |= self.0.leads_to(path) || (self.0.anything && unknown);
                visit::visit_path(self, path);
            }
        }
        let mut find = Find(self, false);
        find.visit_type(ty);
        find.1
    }
}
