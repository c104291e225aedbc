//! Several operations at once, any of them, nested as deep as a script wants: what `join!` and `select!` do for workflows, written
//! out.

use sayiir_core::operation::{Leaves, Polled};
use sayiir_core::step::{Fault, Step};
use serde::{Deserialize, Serialize};

use super::Op;
use super::current::{Current, Line};

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Branch {
    Open(Box<Current>),
    Done(String),
}

impl Branch {
    pub(super) fn new(op: Op) -> Self {
        Self::Open(Box::new(Current::new(op)))
    }
}

/// Waits for all.
pub(super) fn all(branches: Vec<Branch>, step: &mut Step<'_>) -> Result<Polled<Current, Line>, Fault> {
    let branches = match poll(branches, step)? {
        Ok(branches) => branches,
        Err(error) => return Ok(Polled::Ready(Err(error))),
    };
    let done = |branch: &Branch| match branch {
        Branch::Done(line) => Some(line.clone()),
        Branch::Open(_) => None,
    };
    Ok(match branches.iter().map(done).collect::<Option<Vec<_>>>() {
        Some(lines) => Polled::Ready(Ok(lines.join(" & "))),
        None => Polled::Pending(Current::All(branches)),
    })
}

/// Waits for one.
pub(super) fn first(branches: Vec<Branch>, step: &mut Step<'_>) -> Result<Polled<Current, Line>, Fault> {
    let branches = match poll(branches, step)? {
        Ok(branches) => branches,
        Err(error) => return Ok(Polled::Ready(Err(error))),
    };
    let winner = branches.iter().find_map(|branch| match branch {
        Branch::Done(line) => Some(format!("first: {line}")),
        Branch::Open(_) => None,
    });
    Ok(match winner {
        Some(line) => {
            step.cancel_branches();
            Polled::Ready(Ok(line))
        }
        None => Polled::Pending(Current::First(branches)),
    })
}

pub(super) fn leaves(branches: &[Branch], leaves: &mut Leaves<'_>) {
    for (number, branch) in (0..).zip(branches) {
        if let Branch::Open(open) = branch {
            leaves.within(number, |leaves| open.leaves(leaves));
        }
    }
}

fn poll(branches: Vec<Branch>, step: &mut Step<'_>) -> Result<Result<Vec<Branch>, String>, Fault> {
    let chosen = step.branch();
    let mut polled = Vec::new();
    for (number, branch) in (0..).zip(branches) {
        let is_meant = chosen.is_none_or(|chosen| chosen == number);
        polled.push(match branch {
            Branch::Open(open) if is_meant => match step.within(number, |step| open.poll(step))? {
                Polled::Pending(open) => Branch::Open(Box::new(open)),
                Polled::Ready(Ok(line)) => Branch::Done(line),
                Polled::Ready(Err(error)) => {
                    step.cancel_branches();
                    return Ok(Err(error));
                }
            },
            branch @ (Branch::Open(_) | Branch::Done(_)) => branch,
        });
    }
    Ok(Ok(polled))
}
