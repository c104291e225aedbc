//! The runs that the store may name as due, and that are left alone: they are being woken, could not be, or have just said that
//! there is nothing to do.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use crate::ids::RunId;
use crate::operation::deadline;

/// How long a run is left alone that could not be woken, or was due for nothing: the first time, and at most. Twice as long each
/// time.
const SHORTEST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Away {
    runs: HashMap<RunId, Entry>,
    /// Those that could not be woken, by when they are tried again.
    tries: BTreeSet<(Timestamp, RunId)>,
    /// Until when the first is believed of those that have answered and are still named.
    believed: Timestamp,
}

impl Default for Away {
    fn default() -> Self {
        Self { runs: HashMap::new(), tries: BTreeSet::new(), believed: Timestamp::MAX }
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// For which it was told.
    at: Timestamp,
    state: State,
    /// How long it was left alone last.
    rest: Duration,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// It has not answered yet.
    Told,
    /// It could not be woken, and is tried again then.
    Refused(Timestamp),
    /// It did what there was to do. If the store still names it as due for the same time, it is believed for so long.
    Answered(Timestamp),
}

impl Away {
    /// A run is being woken for this time; says whether it has answered before that there is nothing to do.
    pub(super) fn is_told(&mut self, run: RunId, at: Timestamp) -> bool {
        let before = self.runs.get(&run).copied();
        if let Some(State::Refused(until)) = before.map(|before| before.state) {
            self.tries.remove(&(until, run.clone()));
        }
        let before = before.filter(|before| before.at == at);
        let rest = before.map(|before| before.rest).unwrap_or_default();
        self.runs.insert(run, Entry { at, state: State::Told, rest });
        before.is_some_and(|before| matches!(before.state, State::Answered(_)))
    }

    pub(super) fn has_answered(&mut self, run: &RunId, now: Timestamp) {
        if let Some(entry) = self.runs.get_mut(run) {
            entry.rest = longer(entry.rest);
            entry.state = State::Answered(deadline(now, entry.rest));
        }
    }

    pub(super) fn has_refused(&mut self, run: RunId, now: Timestamp) {
        if let Some(entry) = self.runs.get_mut(&run) {
            entry.rest = longer(entry.rest);
            let until = deadline(now, entry.rest);
            entry.state = State::Refused(until);
            self.tries.insert((until, run));
        }
    }

    /// Whether a run that is due at this time is to be left alone now.
    pub(super) fn passes_over(&mut self, run: &RunId, at: Timestamp, now: Timestamp) -> bool {
        let Some(entry) = self.runs.get(run) else { return false };
        match entry.state {
            // What it waits for by now comes later.
            State::Told => at == entry.at || at <= now,
            State::Refused(_) => at == entry.at,
            State::Answered(until) => {
                let is_believed = at == entry.at && until > now;
                if is_believed {
                    self.believed = self.believed.min(until);
                }
                is_believed
            }
        }
    }

    /// When to look at the store again for those that have answered, and that it named all the same.
    pub(super) fn look_again(&mut self) -> Timestamp {
        std::mem::replace(&mut self.believed, Timestamp::MAX)
    }

    /// Forgets those that have answered, and are no longer named.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.runs.retain(|_, entry| !matches!(entry.state, State::Answered(until) if until <= now));
    }

    /// When one of those that could not be woken is tried again.
    pub(super) fn next_try(&self) -> Timestamp {
        self.tries.first().map_or(Timestamp::MAX, |(until, _)| *until)
    }

    /// Those that are to be tried again by now; they count as told.
    pub(super) fn take_tries(&mut self, now: Timestamp) -> Vec<RunId> {
        let mut found = Vec::new();
        while let Some((until, _)) = self.tries.first()
            && *until <= now
            && let Some((_, run)) = self.tries.pop_first()
        {
            if let Some(entry) = self.runs.get_mut(&run) {
                entry.state = State::Told;
                found.push(run);
            }
        }
        found
    }
}

fn longer(rest: Duration) -> Duration {
    (rest * 2).clamp(SHORTEST_REST, LONGEST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn run() -> RunId {
        RunId::new("exp-001").expect("a good id")
    }

    #[test]
    fn a_run_that_is_being_woken_is_left_alone_but_not_for_what_comes_later() {
        let mut away = Away::default();
        assert!(!away.is_told(run(), at(10)));
        assert!(away.passes_over(&run(), at(10), at(12)));
        assert!(away.passes_over(&run(), at(11), at(12)), "it will say so");
        assert!(!away.passes_over(&run(), at(13), at(12)));
    }

    #[test]
    fn a_run_that_cannot_be_woken_is_tried_at_longer_and_longer_intervals() {
        let mut away = Away::default();
        away.is_told(run(), at(0));
        let mut now = at(0);
        for millis in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            away.has_refused(run(), now);
            let next = deadline(now, Duration::from_millis(millis));
            assert_eq!(away.next_try(), next);
            assert!(away.take_tries(deadline(now, Duration::from_millis(millis - 1))).is_empty());
            assert_eq!(away.take_tries(next), [run()]);
            now = next;
        }
        away.has_answered(&run(), now);
        assert_eq!(away.next_try(), Timestamp::MAX);
    }

    #[test]
    fn a_run_that_is_named_again_for_what_it_has_answered_is_believed_for_longer_and_longer() {
        let mut away = Away::default();
        let mut now = at(0);
        for (millis, is_again) in [(500, false), (1_000, true), (2_000, true)] {
            assert_eq!(away.is_told(run(), at(0)), is_again);
            away.has_answered(&run(), now);
            let until = deadline(now, Duration::from_millis(millis));
            assert!(away.passes_over(&run(), at(0), now) && !away.passes_over(&run(), at(0), until));
            assert_eq!((away.look_again(), away.look_again()), (until, Timestamp::MAX));
            now = until;
        }
        away.forget(now);
        assert!(!away.is_told(run(), at(0)));
    }
}
