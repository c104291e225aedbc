//! Decisions: by other systems, who say who decided, and by people, who follow a link.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Html;
use sayiir::prelude::*;
use serde::Deserialize;

use crate::app::App;
use crate::expenses::{idempotency_key, settled};
use crate::problem::Problem;
use crate::view::View;
use crate::workflow::{Decision, expense_approval};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    by: String,
    #[serde(default)]
    notes: String,
}

type Body = Result<Json<Answer>, JsonRejection>;

pub(crate) async fn approve(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<View>, Problem> {
    decide(&app, id, true, idempotency_key(&headers)?, body?.0).await
}

pub(crate) async fn reject(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<View>, Problem> {
    decide(&app, id, false, idempotency_key(&headers)?, body?.0).await
}

/// Decides for whoever's turn it is. Where it is nobody's, the engine says why, unless this is a repeated delivery.
async fn decide(
    app: &App,
    id: String,
    approved: bool,
    key: Option<&str>,
    Answer { by, notes }: Answer,
) -> Result<Json<View>, Problem> {
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
pub(crate) async fn ask(State(app): State<App>, Path(link): Path<String>) -> Result<Html<String>, Problem> {
    let link = app.links.open_link(&link)?;
    let verb = if link.approve { "Approve" } else { "Reject" };
    let (run, approver) = (escaped(&link.run), escaped(&link.approver));
    Ok(Html(format!(
        "<!doctype html><title>{verb} {run}</title><p>{verb} the expense {run}, as {approver}?</p>\
         <form method=\"post\"><button>{verb}</button></form>"
    )))
}

/// The button of that page. The run waits for this decision once, so the link counts once: a second click is refused.
pub(crate) async fn follow(State(app): State<App>, Path(link): Path<String>) -> Result<Json<View>, Problem> {
    let link = app.links.open_link(&link)?;
    let run = app.engine.run::<expense_approval>(&link.run).await?;
    let decision = Decision { approved: link.approve, notes: String::new() };
    app.engine.signal(&link.run, link.signal, &decision).by(link.approver).only_if_waiting().await?;
    Ok(Json(settled(&run).await?))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
