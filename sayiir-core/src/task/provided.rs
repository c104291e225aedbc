//! What tasks want injected, and what the engine was provided with.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// What `Engine::builder().provide(..)` collected: one value for each type.
#[derive(Default)]
pub struct Provided {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl Provided {
    /// Adds a value; a second one of the same type replaces the first.
    pub fn insert<T: ?Sized + Send + Sync + 'static>(&mut self, value: Arc<T>) {
        self.values.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// The value of type `T`.
    #[must_use]
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref::<Arc<T>>().cloned()
    }

    /// The value of type `T`, for a task that declared the need.
    ///
    /// # Panics
    /// If it was never provided; the engine checks that before anything runs.
    #[must_use]
    pub fn expect<T: ?Sized + Send + Sync + 'static>(&self) -> Arc<T> {
        self.get().expect("the engine checks at start that every injected type is provided")
    }

    pub(crate) fn has(&self, need: &Need) -> bool {
        self.values.contains_key(&need.id)
    }
}

impl fmt::Debug for Provided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provided").field("values", &self.values.len()).finish()
    }
}

/// One `#[inject]` parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    id: TypeId,
    /// The type, as rustc prints it.
    pub type_name: &'static str,
    /// The task that wants it.
    pub task: &'static str,
}

/// The `#[inject]` parameters of all registered tasks.
#[derive(Debug, Default)]
pub struct Needs {
    all: Vec<Need>,
}

impl Needs {
    /// Says that `task` wants a `T`.
    pub fn add<T: ?Sized + 'static>(&mut self, task: &'static str) {
        let need = Need { id: TypeId::of::<T>(), type_name: std::any::type_name::<T>(), task };
        if !self.all.contains(&need) {
            self.all.push(need);
        }
    }

    /// In the order of registration.
    #[must_use]
    pub fn all(&self) -> &[Need] {
        &self.all
    }
}
