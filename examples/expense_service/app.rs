//! The routes, and who may use them.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use sayiir::prelude::*;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::link::Links;
use crate::problem::Problem;
use crate::request::LARGEST;
use crate::{decide, expenses};

/// What handlers work with.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) links: Links,
    /// What callers of `/expenses` have to show.
    pub(crate) api_key: Option<Arc<str>>,
    /// How long the body of a request may take to arrive.
    pub(crate) request_limit: Duration,
}

pub(crate) fn router(app: App) -> Router {
    let for_systems = Router::new()
        .route("/expenses", post(expenses::submit).get(expenses::list))
        .route("/expenses/{id}", get(expenses::show))
        .route("/expenses/{id}/history", get(expenses::history))
        .route("/expenses/{id}/approve", post(decide::approve))
        .route("/expenses/{id}/reject", post(decide::reject))
        .route_layer(from_fn_with_state(app.clone(), authorise));
    // A link is its own permission.
    let for_people = Router::new().route("/links/{link}", get(decide::ask).post(decide::follow));
    Router::new()
        .merge(for_systems)
        .merge(for_people)
        .route("/healthz", get(health))
        .fallback(async || Problem::not_found(&"there is nothing at this address"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", &"not with this method")
        })
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(app)
}

async fn authorise(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(key) = &app.api_key else { return next.run(request).await };
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, shown) = header.and_then(|value| value.split_once(' ')).unwrap_or_default();
    // Hashes are compared: where they differ says nothing about the key.
    let is_right = Sha256::digest(shown.trim_start_matches(' ')) == Sha256::digest(&**key);
    if is_right && scheme.eq_ignore_ascii_case("Bearer") {
        return next.run(request).await;
    }
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", &"the API key is missing or wrong");
    ([(WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

async fn health(State(app): State<App>) -> Response {
    let health = app.engine.health();
    let is_well = health.store.is_none() && !health.is_closed;
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "status": if is_well { "ok" } else { "unavailable" },
        "active_runs": health.active_runs,
        "store": health.store.map(|trouble| trouble.error.to_string()),
    });
    (status, Json(body)).into_response()
}
