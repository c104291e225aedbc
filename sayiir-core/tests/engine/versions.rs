//! What `check()` reads: every state, and everything that is to be undone, that a run comes back to, and nothing else.

use sayiir_core::backend::{Backend, RunChange};
use sayiir_core::durable::Stored;
use sayiir_core::engine::WorkflowStatus;
use sayiir_core::ids::RunId;
use sayiir_core::record::{LeafKind, Phase, Record};
use sayiir_core::testing::{Database, TestEngine, VirtualClock};
use sayiir_core::versions::{VersionReport, Why};

use crate::Disk;
use crate::promises::scripted::{Op, Scripted, wait};
use crate::promises::world::{Act, World, break_stretch};
use crate::promises::{engine, in_world, start};

/// A task that succeeds, and whose release fails at first, or for good.
fn reserve(world: &World, label: &str, release: Act) -> Op {
    world.plan(label, [Act::Succeed, release]);
    Op::Reserve(label.into())
}

fn refused(world: &World) -> Op {
    world.plan("refused", [Act::FailForGood]);
    Op::Try("refused".into())
}

/// A database with a run for each way to be undone, or blocked; none of them has anything to do just now.
async fn parked(world: &World) -> (Disk, VirtualClock) {
    let engine = engine(world).await;
    let child = Op::Caught(vec![reserve(world, "a", Act::Fail), refused(world)]);
    start(&engine, "child-undone", [child]).await;
    start(&engine, "ending", [reserve(world, "b", Act::Fail), refused(world)]).await;
    start(&engine, "stuck", [reserve(world, "c", Act::FailForGood), refused(world)]).await;
    break_stretch("of a version");
    let run = start(&engine, "blocked", [wait("go"), Op::Buggy("of a version".into())]).await;
    run.signal(Scripted::GO, &"1".into()).await.expect("accepted");
    engine.idle().await;
    let status = async |id| {
        let run = engine.run::<Scripted>(id).await.expect("the run is there");
        run.status().await.expect("a status")
    };
    for id in ["child-undone", "ending"] {
        assert!(matches!(status(id).await, WorkflowStatus::Compensating { .. }), "{id}");
    }
    for id in ["stuck", "blocked"] {
        assert!(matches!(status(id).await, WorkflowStatus::Blocked { .. }), "{id}");
    }
    drop(run);
    engine.crash().await
}

/// Stores each run as a binary would have that differs from this one.
async fn store_otherwise(disk: &Disk, runs: &[&str], edit: impl Fn(&mut Record)) {
    let backend = disk.open().await;
    for id in runs {
        let run = RunId::new(id).expect("a valid id");
        let before = backend.record(&run).await.expect("a read").expect("it is there");
        let mut after = (*before).clone();
        after.revision.0 += 1;
        edit(&mut after);
        backend.commit(&RunChange::new(Some(&before), Some(after)).into()).await.expect("a commit");
    }
}

async fn check(disk: &Disk, clock: VirtualClock) -> VersionReport {
    let engine = TestEngine::start_on(disk.open().await, clock, in_world(&World::default())).await;
    let engine = engine.expect("the engine starts");
    let report = engine.check().await.expect("the store reads");
    engine.crash().await;
    report
}

fn examples(report: &VersionReport) -> Vec<&str> {
    let mut runs: Vec<&str> =
        report.misfits.iter().flat_map(|misfit| &misfit.examples).map(RunId::as_str).collect();
    runs.sort_unstable();
    runs
}

#[tokio::test]
async fn a_state_is_checked_if_the_run_comes_back_to_it_and_not_once_it_is_ending() {
    let (disk, clock) = parked(&World::default()).await;
    assert!(check(&disk, clock.clone()).await.is_empty());
    let unknown = Stored::from_json("{\"Gone\":{}}".into()).expect("JSON");
    let all = ["child-undone", "ending", "stuck", "blocked"];
    store_otherwise(&disk, &all, |record| record.state = Some(unknown.clone())).await;
    let report = check(&disk, clock).await;
    assert_eq!(examples(&report), ["blocked", "child-undone"], "{report}");
}

#[tokio::test]
async fn what_is_still_to_be_undone_is_checked() {
    let (disk, clock) = parked(&World::default()).await;
    store_otherwise(&disk, &["child-undone", "ending", "stuck"], |record| {
        record.compensations[0].task = "gone".into();
        if let Phase::Live { leaves } = &mut record.phase
            && let LeafKind::Task { name, .. } = &mut leaves[0].kind
        {
            *name = "gone".into();
        }
    })
    .await;
    let report = check(&disk, clock).await;
    assert_eq!(examples(&report), ["child-undone", "ending", "stuck"], "{report}");
    let detail = "there is no task `gone` any more, for a compensation".into();
    assert_eq!(report.misfits[0].why, Why::Incompatible { detail });
}
