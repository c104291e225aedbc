//! The backend contract as tests: one function for each promise, which panics where the promise does not hold.
//!
//! A backend's own tests call [`all`] and, if it keeps anything beyond its handle, [`reopening()`]. Every function takes an
//! empty store, so that a failing promise can also be run alone.

#![expect(
    clippy::missing_panics_doc,
    reason = "every function here is an assertion, and panics where the promise in its first line does not hold"
)]

mod each;
mod fixture;
pub mod histories;
pub mod inboxes;
pub mod indexes;
pub mod listings;
pub mod model;
pub mod names;
pub mod places;
pub mod records;
pub mod reopening;

use crate::backend::Backend;

/// Runs promises, each on a store of its own, and says which one is being tried when it panics.
macro_rules! promises {
    ($make:expr, $($promise:path),+ $(,)?) => {
        $({
            tracing::debug!(promise = stringify!($promise), "conformance");
            let backend = $make().await;
            $promise(&backend).await;
        })+
    };
}

/// Every promise that needs no reopening. `make` gives an empty store each time.
pub async fn all<B: Backend>(make: impl AsyncFn() -> B) {
    promises!(
        make,
        records::nothing_is_found_in_an_empty_store,
        records::a_record_reads_back_as_it_was_written,
        records::every_phase_reads_back_as_it_was_written,
        records::every_ending_reads_back_as_it_was_written,
        records::a_record_of_several_megabytes_reads_back,
        records::a_later_revision_replaces_the_earlier_one,
        records::an_id_that_is_taken_is_refused,
        records::a_change_of_an_unknown_run_is_refused,
        records::a_change_that_builds_on_an_old_revision_is_refused,
        records::a_refused_commit_leaves_nothing_of_any_run,
        records::several_runs_change_together,
        records::of_two_commits_on_one_revision_one_wins,
        records::commits_in_flight_together_all_arrive,
        records::a_removed_run_leaves_nothing,
        records::an_id_can_be_used_again_after_its_removal,
        names::runs_with_similar_ids_are_kept_apart,
        names::removing_a_run_touches_no_similar_id,
        names::signals_with_similar_names_are_kept_apart,
        inboxes::an_accepted_message_is_kept_until_it_is_removed,
        inboxes::messages_are_kept_apart_by_position,
        inboxes::a_message_taken_at_once_is_not_stored,
        inboxes::an_idempotency_key_outlives_its_message,
        inboxes::an_idempotency_key_counts_for_its_run_alone,
        inboxes::a_refused_commit_accepts_no_message,
        inboxes::a_large_payload_reads_back,
        inboxes::an_event_rings_for_those_who_listen,
        histories::entries_come_back_in_order_across_commits,
        histories::a_history_is_read_in_pages,
        histories::nothing_lies_behind_the_end,
        histories::the_chain_holds_as_it_was_written,
        histories::a_refused_commit_appends_nothing,
        indexes::due_runs_come_earliest_first,
        indexes::a_run_is_due_at_its_very_nanosecond,
        indexes::a_timer_moves_with_its_run,
        indexes::the_ends_of_time_are_in_order,
        indexes::a_finished_run_is_never_due,
        indexes::ready_runs_are_found_in_pages,
        indexes::a_run_that_waits_is_not_ready,
        indexes::a_run_that_starts_another_or_undoes_is_ready,
        indexes::a_run_that_ends_no_longer_gives_up,
        indexes::a_run_with_a_message_to_take_is_ready,
        places::runs_are_counted_where_they_wait,
        places::a_run_is_counted_once,
        listings::runs_are_listed_by_creation_then_by_id,
        listings::pages_hold_every_run_once,
        listings::a_rewritten_run_keeps_its_place,
        listings::filters_hold_together,
        listings::runs_are_found_by_each_status,
        listings::a_listing_shows_the_current_record,
    );
    for seed in 0..8 {
        model::random_commits_read_as_the_model_says(&make().await, seed, 150).await;
    }
}

/// Every promise about a store that is closed and opened again. `reopen` closes the store it is given and opens its data
/// anew.
pub async fn reopening<B: Backend>(make: impl AsyncFn() -> B, reopen: impl AsyncFn(B) -> B) {
    reopening::everything_acknowledged_is_there_again(make().await, &reopen).await;
    reopening::everything_that_can_be_stored_is_there_again(make().await, &reopen).await;
    reopening::a_refused_commit_is_still_not_there(make().await, &reopen).await;
    reopening::removed_runs_stay_removed(make().await, &reopen).await;
    for seed in 0..4 {
        reopening::random_commits_survive(make().await, &reopen, seed).await;
    }
}
