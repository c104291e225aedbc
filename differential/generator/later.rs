//! Operations that wait for several things at once: `join!` and its kind.

use super::code::Code;
use super::types::Ty;
use super::{Maker, Writer};

/// What can be awaited besides single operations.
pub(crate) const COMBINED: &[Maker] = &[];

impl Writer {
    /// An await of several operations, where one gives this type.
    pub(crate) fn combined(&mut self, ty: &Ty, depth: u32) -> Option<Code> {
        if COMBINED.is_empty() {
            return None;
        }
        let maker = *self.rng.one_of(COMBINED);
        maker(self, ty, depth)
    }
}
