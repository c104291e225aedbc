//! Expenses are handed in and looked at.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sayiir::backend::Cursor;
use sayiir::prelude::*;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::fields::{self, is_amount, is_name};
use crate::problem::Problem;
use crate::request::{Body, Named};
use crate::view::{Listing, Trail, View};
use crate::workflow::{Expense, Outcome, expense_approval};

/// How long an answer waits to tell what came of it. What is not done by then goes on behind it.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Submission {
    employee: String,
    amount: f64,
}

/// Hands in an expense. Under an `Idempotency-Key`, handing it in again is no second one.
pub(crate) async fn submit(
    State(app): State<App>,
    headers: HeaderMap,
    Body(Submission { employee, amount }): Body<Submission>,
) -> Result<Response, Problem> {
    let bad = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-expense", &detail);
    if !is_name(&employee) {
        return Err(bad(format!("`employee` is {}", fields::NAME)));
    }
    if !is_amount(amount) {
        return Err(bad(format!("`amount` is of whole cents, from 0.01 to {}", fields::MOST)));
    }
    let id = match idempotency_key(&headers)? {
        Some(key) => name(&Sha256::digest(key)),
        None => name(&random()?),
    };
    let expense = Expense { id: id.clone(), employee, amount };
    let run = app.engine.start(&id, expense_approval(expense)).or_attach().await?;
    let location = format!("/expenses/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(settled(&run).await?)).into_response())
}

pub(crate) async fn show(State(app): State<App>, Named(id): Named) -> Result<Json<View>, Problem> {
    let run = app.engine.run::<expense_approval>(id).await?;
    Ok(Json(View::new(run.id(), run.status().await?)))
}

pub(crate) async fn history(State(app): State<App>, Named(id): Named) -> Result<Json<Trail>, Problem> {
    let run = app.engine.run::<expense_approval>(id).await?;
    Ok(Json(Trail::of(run.history().await?)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    waiting_for: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// Lists expenses, oldest first, a page at a time.
pub(crate) async fn list(
    State(app): State<App>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Listing>, Problem> {
    let Query(wanted) = wanted?;
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, "bad-query", &detail);
    let mut filter = Filter::new().workflow::<expense_approval>();
    if let Some(signal) = wanted.waiting_for {
        let known = [expense_approval::MANAGER_APPROVAL.name(), expense_approval::DIRECTOR_APPROVAL.name()];
        if !known.contains(&signal.as_str()) {
            return Err(bad(format!("no expense waits for `{signal}`, but for {}", known.join(", "))));
        }
        filter = filter.waiting_for(signal);
    }
    if let Some(limit) = wanted.limit {
        filter = filter.limit(limit.min(MOST));
    }
    if let Some(after) = wanted.after {
        let place = place(&after).ok_or_else(|| bad("`after` is the `next` of another page".into()))?;
        filter = filter.after(place);
    }
    let page = app.engine.list(filter).await?;
    let next = page.next.map(|place| format!("{}~{}", place.created, place.run));
    Ok(Json(Listing { expenses: page.runs.into_iter().map(View::listed).collect(), next }))
}

/// Expenses of a page, at most.
const MOST: usize = 1_000;

fn place(text: &str) -> Option<Cursor> {
    let (created, run) = text.split_once('~')?;
    Some(Cursor { created: created.parse().ok()?, run: RunId::new(run).ok()? })
}

/// Where the expense stands once it waits for somebody or has ended, if that comes soon.
pub(crate) async fn standing(run: &Run<expense_approval>) -> Result<WorkflowStatus<Outcome>, Problem> {
    match tokio::time::timeout(PATIENCE, run.settled()).await {
        Ok(status) => Ok(status?),
        Err(_too_long) => Ok(run.status().await?),
    }
}

/// What a caller is told of [`standing`].
pub(crate) async fn settled(run: &Run<expense_approval>) -> Result<View, Problem> {
    Ok(View::new(run.id(), standing(run).await?))
}

/// The key under which a delivery counts once, if there is one.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    let bad = || {
        Problem::new(StatusCode::BAD_REQUEST, "bad-key", &"an Idempotency-Key has 1 to 255 ASCII characters")
    };
    key.map(Some).ok_or_else(bad)
}

fn random() -> Result<[u8; 16], Problem> {
    let mut bytes = [0; 16];
    let unavailable = |error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", &error);
    getrandom::fill(&mut bytes).map_err(unavailable)?;
    Ok(bytes)
}

/// An id from at least 16 bytes.
fn name(bytes: &[u8]) -> String {
    let digits = bytes.iter().take(16).fold(0, |digits: u128, byte| digits << 8 | u128::from(*byte));
    format!("exp-{digits:032x}")
}
