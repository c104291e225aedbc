//! Copying a record over another one: of two revisions of one run most is the same, and what the older one holds is kept.

use std::sync::Arc;

use super::{LeafRecord, Phase, Record};

impl Record {
    /// Becomes a copy of another one.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        // All fields by name: one that is added and forgotten here does not compile.
        let Self {
            run,
            incarnation,
            workflow,
            revision,
            created,
            updated,
            input_digest,
            steps,
            deadline,
            state,
            place,
            phase,
            inbox,
            history,
            parent,
            compensations,
            ending,
        } = other;
        (self.incarnation, self.revision, self.created) = (*incarnation, *revision, *created);
        (self.updated, self.input_digest, self.steps) = (*updated, *input_digest, *steps);
        (self.deadline, self.history) = (*deadline, *history);
        if self.run != *run {
            self.run.clone_from(run);
        }
        if !Arc::ptr_eq(&self.inbox, inbox) {
            self.inbox.clone_from(inbox);
        }
        self.workflow.clone_from(workflow);
        self.state.clone_from(state);
        self.place.clone_from(place);
        self.phase.copy_from(phase);
        self.parent.clone_from(parent);
        self.compensations.clone_from(compensations);
        self.ending.clone_from(ending);
    }
}

impl Phase {
    fn copy_from(&mut self, other: &Self) {
        match (self, other) {
            (Self::Live { leaves }, Self::Live { leaves: new }) if leaves.len() == new.len() => {
                leaves.iter_mut().zip(new).for_each(|(leaf, new)| leaf.copy_from(new));
            }
            (phase, new) => *phase = new.clone(),
        }
    }
}

impl LeafRecord {
    fn copy_from(&mut self, other: &Self) {
        let Self { path, scheduled, kind } = other;
        self.path.0.clone_from(&path.0);
        self.scheduled = *scheduled;
        self.kind.clone_from(kind);
    }
}

#[cfg(test)]
mod tests;
