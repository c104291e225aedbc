//! The record of a run in memory, which is handed to the store as it is, without a copy.

use std::ops::{Deref, DerefMut};

use crate::record::Record;

/// A record that the machine changes in place. While it is being written the [`RunChange`](crate::backend::RunChange) has it.
pub(super) struct Lent(Option<Box<Record>>);

impl Lent {
    pub(super) fn new(record: Record) -> Self {
        Self(Some(Box::new(record)))
    }

    /// Hands it out.
    pub(super) fn lend(&mut self) -> Box<Record> {
        self.0.take().expect(AWAY)
    }

    /// Has it back.
    pub(super) fn give_back(&mut self, record: Box<Record>) {
        self.0 = Some(record);
    }
}

const AWAY: &str = "between the end of a turn and `written` nobody asks for the record";

impl Deref for Lent {
    type Target = Record;

    fn deref(&self) -> &Record {
        self.0.as_ref().expect(AWAY)
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Record {
        self.0.as_mut().expect(AWAY)
    }
}
