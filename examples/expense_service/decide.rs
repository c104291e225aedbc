//! Decisions: by other systems, who say who decided, and by people, who follow a link.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use sayiir::prelude::*;
use serde::Deserialize;

use crate::app::App;
use crate::expenses::{idempotency_key, settled, standing};
use crate::fields::{self, is_name};
use crate::problem::Problem;
use crate::request::{Body, Named};
use crate::view::View;
use crate::workflow::{Decision, expense_approval};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    by: String,
    #[serde(default)]
    notes: String,
}

pub(crate) async fn approve(
    State(app): State<App>,
    Named(id): Named,
    headers: HeaderMap,
    Body(answer): Body<Answer>,
) -> Result<Json<View>, Problem> {
    decide(&app, id, true, idempotency_key(&headers)?, answer).await
}

pub(crate) async fn reject(
    State(app): State<App>,
    Named(id): Named,
    headers: HeaderMap,
    Body(answer): Body<Answer>,
) -> Result<Json<View>, Problem> {
    decide(&app, id, false, idempotency_key(&headers)?, answer).await
}

/// Decides for whoever's turn it is. Where it is nobody's, the engine says why, unless this is a repeated delivery.
async fn decide(
    app: &App,
    id: String,
    approved: bool,
    key: Option<&str>,
    Answer { by, notes }: Answer,
) -> Result<Json<View>, Problem> {
    if !is_name(&by) {
        let detail = format!("`by` is {}", fields::NAME);
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-decision", &detail));
    }
    let run = app.engine.run::<expense_approval>(id).await?;
    let signal = match run.status().await? {
        WorkflowStatus::WaitingForSignal { signals, .. }
            if signals == [expense_approval::DIRECTOR_APPROVAL.name()] =>
        {
            expense_approval::DIRECTOR_APPROVAL
        }
        _ => expense_approval::MANAGER_APPROVAL,
    };
    // Of two who decide at the same time, one is refused: a decision that is acknowledged counts.
    let mut send = run.signal(signal, &Decision { approved, notes }).by(by).only_if_waiting();
    if let Some(key) = key {
        // A yes and a no under one key are two deliveries.
        send = send.idempotency_key(format!("{approved} {key}"));
    }
    send.await?;
    Ok(Json(settled(&run).await?))
}

/// What a link in a mail leads to: a page that asks. Mail programs follow links to look what is there, so that nothing is decided yet.
/// One that was used, or that another decision came before, says so.
pub(crate) async fn ask(State(app): State<App>, Named(link): Named) -> Result<Html<String>, Problem> {
    let link = app.links.open_link(&link)?;
    let run = app.engine.run::<expense_approval>(&link.run).await?;
    match standing(&run).await? {
        WorkflowStatus::WaitingForSignal { signals, .. } if signals.contains(&link.signal) => {}
        status => {
            let code = match status {
                WorkflowStatus::Completed(_)
                | WorkflowStatus::Failed(_)
                | WorkflowStatus::Cancelled { .. } => "finished",
                _ => "not-waiting",
            };
            let detail = format!("the expense {} does not wait for this decision any more", link.run);
            return Err(Problem::new(StatusCode::CONFLICT, code, &detail));
        }
    }
    let verb = if link.approve { "Approve" } else { "Reject" };
    let (run, approver) = (escaped(&link.run), escaped(&link.approver));
    Ok(Html(format!(
        "<!doctype html><title>{verb} {run}</title><p>{verb} the expense {run}, as {approver}?</p>\
         <form method=\"post\"><button>{verb}</button></form>"
    )))
}

/// The button of that page. The run waits for this decision once, so the link counts once: a second click is refused.
pub(crate) async fn follow(State(app): State<App>, Named(link): Named) -> Result<Json<View>, Problem> {
    let link = app.links.open_link(&link)?;
    let run = app.engine.run::<expense_approval>(&link.run).await?;
    let decision = Decision { approved: link.approve, notes: String::new() };
    app.engine.signal(&link.run, link.signal, &decision).by(link.approver).only_if_waiting().await?;
    Ok(Json(settled(&run).await?))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
