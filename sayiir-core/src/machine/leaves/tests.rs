//! The leaves of some states after those of each other one, in every order.

use super::*;
use crate::durable::Stored;

/// A wait for a signal: its branch, and the signal's name.
type Wait = (u32, &'static str);

const NEXT: StepNumber = StepNumber(100);

fn path(branch: u32) -> LeafPath {
    // A compensation has no branch either.
    LeafPath(if branch == 0 { Vec::new() } else { vec![branch] })
}

fn record((branch, name): Wait, scheduled: StepNumber, from: u64) -> LeafRecord {
    let kind = LeafKind::Signal { name: name.into(), deadline: None, from };
    LeafRecord { path: path(branch), scheduled, kind }
}

/// A compensation that has failed twice so far.
fn undo() -> LeafRecord {
    let mut kind = LeafKind::task("release");
    if let LeafKind::Task { attempts, undoes, .. } = &mut kind {
        (*attempts, *undoes) = (2, Some(Stored::encode(&()).expect("it encodes")));
    }
    LeafRecord { path: LeafPath::default(), scheduled: StepNumber(50), kind }
}

/// None, some or all of three branches, in every order.
fn branches() -> impl Iterator<Item = Vec<u32>> {
    let digits = |code: u32| [code / 16, code / 4 % 4, code % 4].into_iter().filter(|digit| *digit < 3);
    let all = (0..64).map(move |code| digits(code).collect());
    all.filter(|some: &Vec<u32>| (0..3).all(|one| some.iter().filter(|other| **other == one).count() < 2))
}

/// Looked up by itself: what is known of a wait, unless its place is new.
fn expected(old: &[Wait], new: Wait, renewed: Option<&[u32]>) -> LeafRecord {
    let is_new_place = renewed.is_some_and(|renewed| path(new.0).is_under(renewed));
    if old.contains(&new) && !is_new_place { record(new, StepNumber(7), 3) } else { record(new, NEXT, 0) }
}

fn assert_met(old: &[Wait], undo_at: usize, new: &[Wait], renewed: Option<&[u32]>) {
    let mut leaves: LeafRecords = old.iter().map(|wait| record(*wait, StepNumber(7), 3)).collect();
    leaves.insert(undo_at, undo());
    let (leaves_then, inbox) = (&mut leaves, &[]);
    let mut list =
        List { leaves: leaves_then, met: 0, inbox, renewed, next: NEXT, is_new: false, failed: Vec::new() };
    for (branch, name) in new {
        list.meet(&path(*branch), &Leaf::Signal { name, deadline: None, fresh: false });
    }
    let (met, is_new) = (list.met, list.is_new);
    let wanted: Vec<LeafRecord> = new.iter().map(|wait| expected(old, *wait, renewed)).collect();
    assert_eq!(leaves[..met], wanted, "{new:?} after {old:?}, {renewed:?} renewed");
    assert_eq!(is_new, wanted.iter().any(|leaf| leaf.scheduled == NEXT));
    assert_eq!(leaves[met..].iter().filter(|leaf| **leaf == undo()).count(), 1, "{new:?} after {old:?}");
}

#[test]
fn a_leaf_that_stays_keeps_what_is_known_of_it_in_whatever_order_they_come() {
    for old in branches().map(|old| old.into_iter().map(|branch| (branch, "go")).collect::<Vec<Wait>>()) {
        for new in branches() {
            for other in 0..4 {
                let name = |branch| (branch, if branch == other { "stop" } else { "go" });
                let new: Vec<Wait> = new.iter().copied().map(name).collect();
                for renewed in [None, Some(&[][..]), Some(&[1][..])] {
                    (0..=old.len()).for_each(|undo_at| assert_met(&old, undo_at, &new, renewed));
                }
            }
        }
    }
}
