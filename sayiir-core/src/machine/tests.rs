//! The machine alone: a turn is given what happened, and what it decides is looked at. No engine, no store, no clock.

mod approval;
mod runs;

use self::approval::Notify;
use self::runs::{
    at, changed, decision, events, first_attempt, first_turn, notifying, only_leaf, read_by, reread, resumed,
    returned, settle, started,
};
use super::settle::Ready;
use super::{Need, NewMessage};
use crate::durable::Stored;
use crate::record::{BlockReason, LeafKind, Phase, Queue, StatusKind};
use crate::task::Task;

#[test]
fn a_run_begins_in_one_commit_where_it_first_waits() {
    let (change, run) = started(100);
    assert!(change.expected.is_none());
    assert_eq!(events(&change), ["started"]);
    assert_eq!(run.record().status(), StatusKind::WaitingForSignal);
    assert_eq!(run.due(), Some(at(3_600)));
    assert_eq!((run.record().revision.0, run.record().steps.0), (1, 1));
}

#[test]
fn a_body_that_never_waits_is_done_in_its_first_commit() {
    let (change, run) = started(0);
    assert_eq!(events(&change), ["started", "completed"]);
    assert_eq!(run.record().state, None);
}

#[test]
fn a_signal_is_received_taken_and_followed_in_one_commit() {
    let (_, run) = started(100);
    let mut turn = resumed(run, 10);
    turn.accept(decision("yes"));
    settle(&mut turn);
    let (change, run) = changed(turn);
    assert_eq!(events(&change), ["received", "taken"]);
    assert!(change.accepted[0].taken, "it need not be stored");
    assert!(change.removed.is_empty());
    assert!(matches!(&run.record().leaves()[0].kind, LeafKind::Task { name, .. } if name == "notify"));
}

#[test]
fn an_inbox_knows_how_many_of_its_messages_had_an_idempotency_key() {
    let (_, run) = started(100);
    let mut turn = resumed(run, 10);
    for key in [None, Some("hook-7".to_owned()), Some("hook-8".to_owned())] {
        turn.accept(NewMessage { idempotency_key: key, ..decision("yes") });
    }
    settle(&mut turn);
    let (_, run) = changed(turn);
    let [Queue { head, tail, keyed, .. }] = run.record().inbox[..] else { panic!("one name is declared") };
    assert_eq!((head, tail, keyed), (1, 3, 2));
}

#[test]
fn a_message_that_does_not_decode_is_set_aside_and_the_wait_keeps_its_deadline() {
    let (_, run) = started(100);
    let before = only_leaf(&run);
    let mut turn = resumed(run, 10);
    turn.accept(NewMessage { payload: Stored::encode(&17).expect("a number encodes"), ..decision("") });
    settle(&mut turn);
    let (change, run) = changed(turn);
    assert_eq!(events(&change), ["received", "rejected"]);
    assert_eq!(only_leaf(&run), before);
    assert_eq!(run.due(), Some(at(3_600)));
}

#[test]
fn nothing_fires_before_its_time() {
    let (_, run) = started(100);
    let mut turn = resumed(run, 3_599);
    settle(&mut turn);
    assert!(turn.close().is_none());
}

#[test]
fn a_deadline_leads_on_and_fires_once() {
    let (_, run) = started(100);
    let mut turn = resumed(run, 3_600);
    settle(&mut turn);
    let (change, run) = changed(turn);
    assert_eq!(events(&change), ["fired"]);
    assert_eq!(run.record().status(), StatusKind::Running);
}

#[test]
fn a_signal_wins_against_a_deadline_that_has_passed_but_not_fired() {
    let (_, run) = started(100);
    let mut turn = resumed(run, 9_999);
    turn.accept(decision("yes"));
    settle(&mut turn);
    assert_eq!(events(&changed(turn).0), ["received", "taken"]);
}

#[test]
fn a_state_read_from_the_store_goes_on_like_the_one_in_memory() {
    let run = notifying();
    let mut from_store = resumed(reread(&run), 20);
    let mut from_memory = resumed(run, 20);
    from_store.attempt_ended(&first_attempt(&from_store), returned(Ok("sent".into())));
    from_memory.attempt_ended(&first_attempt(&from_memory), returned(Ok("sent".into())));
    assert_eq!(changed(from_store).0.record, changed(from_memory).0.record);
}

#[test]
fn an_end_is_stored_with_what_follows_from_it() {
    let run = notifying();
    let facts = first_attempt(&run);
    let mut turn = resumed(run, 20);
    turn.attempt_ended(&facts, returned(Ok("sent".into())));
    let (change, run) = changed(turn);
    assert_eq!(events(&change), ["done", "completed"]);
    assert!(matches!(&run.record().phase, Phase::Completed { output } if output.as_str() == "\"yes, sent\""));
}

#[test]
fn a_failed_attempt_plans_the_next_and_moves_nothing() {
    let run = notifying();
    let state = run.record().state.clone();
    let facts = first_attempt(&run);
    let mut turn = resumed(run, 20);
    turn.attempt_ended(&facts, returned(Err("no line".into())));
    let (change, run) = changed(turn);
    assert_eq!(events(&change), ["failed attempt"]);
    assert_eq!(run.record().state, state);
    let first = i64::try_from(Notify::OPTIONS.backoff.first.as_secs()).expect("a short wait");
    assert_eq!(run.due(), Some(at(20 + first)));
    let mut turn = resumed(run, 20 + first);
    settle(&mut turn);
    assert!(changed(turn).1.record.index().ready);
}

#[test]
fn an_end_that_nobody_waits_for_changes_the_history_alone() {
    let run = notifying();
    let late = first_attempt(&run);
    let mut turn = resumed(run, 20);
    turn.cancel("enough".into());
    let (_, run) = changed(turn);
    let phase = run.record().phase.clone();
    let mut turn = resumed(run, 21);
    turn.attempt_ended(&late, returned(Ok("sent".into())));
    let (change, run) = changed(turn);
    assert_eq!(events(&change), ["discarded"]);
    assert_eq!(run.record().phase, phase);
}

#[test]
fn a_panic_between_two_awaits_keeps_the_state_and_what_led_into_it() {
    let (_, run) = started(100);
    let (state, leaf) = (run.record().state.clone(), only_leaf(&run));
    let mut turn = resumed(run, 10);
    turn.accept(decision("panic"));
    settle(&mut turn);
    let (change, run) = changed(turn);
    assert_eq!(events(&change), ["received", "taken", "blocked"]);
    assert_eq!(run.record().state, state);
    let Phase::Blocked { reason: BlockReason::StretchPanicked { message }, cause: Some(cause) } =
        &run.record().phase
    else {
        panic!("not blocked by a panic: {:?}", run.record().phase);
    };
    assert_eq!(message, "the body panics");
    assert_eq!(cause.path, leaf.path);
    let mut turn = resumed(reread(&run), 20);
    turn.retry().expect("it is blocked");
    assert_eq!(
        events(&changed(turn).0),
        ["retried", "blocked"],
        "the same message leads into the same panic"
    );
}

#[test]
fn a_run_of_an_unknown_workflow_is_blocked_when_touched_and_loses_nothing() {
    let (_, run) = started(100);
    let mut turn = resumed(read_by(None, &run), 3_600);
    settle(&mut turn);
    let (change, blocked) = changed(turn);
    assert_eq!(events(&change), ["blocked"]);
    let mut turn = resumed(reread(&blocked), 3_601);
    turn.retry().expect("it is blocked");
    // The deadline that had passed fires now.
    settle(&mut turn);
    assert_eq!(events(&changed(turn).0), ["retried", "fired"]);
}

#[test]
fn the_end_of_a_task_of_an_unknown_workflow_is_kept_for_who_knows_it() {
    let run = notifying();
    let facts = first_attempt(&run);
    let mut turn = resumed(read_by(None, &run), 20);
    turn.attempt_ended(&facts, returned(Ok("sent".into())));
    let (change, blocked) = changed(turn);
    assert_eq!(events(&change), ["done", "blocked"]);
    let mut turn = resumed(reread(&blocked), 21);
    turn.retry().expect("it is blocked");
    assert_eq!(events(&changed(turn).0), ["retried", "completed"]);
}

#[test]
fn a_message_for_an_unknown_workflow_stays_in_the_inbox_for_who_knows_it() {
    let (_, run) = started(100);
    let mut turn = resumed(read_by(None, &run), 10);
    turn.accept(decision("yes"));
    settle(&mut turn);
    let (change, blocked) = changed(turn);
    assert_eq!(events(&change), ["received", "blocked"]);
    assert!(!change.accepted[0].taken, "it is stored");
    let mut turn = resumed(reread(&blocked), 11);
    turn.retry().expect("it is blocked");
    let Some(Need::Message(wanted)) = turn.settle() else { panic!("the message is still to be taken") };
    turn.take(wanted, change.accepted[0].message.clone());
    let (change, _) = changed(turn);
    assert_eq!(events(&change), ["retried", "taken"]);
    assert_eq!(change.removed, [("decision".to_owned(), 0)]);
}

#[test]
fn a_turn_writes_nothing_again_that_the_turn_before_it_wrote() {
    let (_, run) = started(100);
    let mut turn = resumed(run, 10);
    turn.accept(decision("yes"));
    let Some(Ready::Take(wanted)) = turn.next_ready() else { panic!("it is awaited") };
    let message = turn.held(&wanted).expect("it came in this turn");
    turn.adopt(first_turn("exp-002", 100));
    assert_eq!(turn.close().expect("a commit").changes.len(), 2, "the run and the one that begins with it");
    turn.written();

    let mut turn = resumed(turn, 20);
    let Some(Need::Message(wanted)) = turn.settle() else { panic!("it is still awaited") };
    turn.take(wanted, message);
    let commit = turn.close().expect("a commit").clone();
    assert_eq!((commit.changes.len(), commit.changes[0].accepted.len()), (1, 0));
    assert_eq!(commit.changes[0].removed.len(), 1);
    turn.written();

    let facts = first_attempt(&turn);
    let mut turn = resumed(turn, 30);
    turn.attempt_ended(&facts, returned(Err("no line".into())));
    let (change, _) = changed(turn);
    assert_eq!((events(&change), change.removed), (vec!["failed attempt"], Vec::new()));
}

#[test]
fn a_turn_without_news_writes_nothing() {
    let (_, run) = started(100);
    let mut turn = resumed(run, 1);
    settle(&mut turn);
    assert!(turn.close().is_none());
}

#[test]
fn the_history_of_all_turns_is_one_chain() {
    let (first, run) = started(100);
    let mut turn = resumed(reread(&run), 10);
    turn.accept(decision("yes"));
    settle(&mut turn);
    let (second, run) = changed(turn);
    let mut chain = crate::history::Chain::new(
        &run.record().run,
        run.record().incarnation,
        crate::history::HistoryHead::default(),
    );
    for entry in first.history.iter().chain(&second.history) {
        chain.verify(&run.record().run, entry).expect("the chain holds");
    }
    assert_eq!(chain.head(), run.record().history);
}
