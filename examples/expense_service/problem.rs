//! What went wrong, in the form of RFC 9457: `application/problem+json`.

use std::fmt::Display;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sayiir::errors::{FindError, HistoryError, ListError, SignalError, StartError, StatusError};
use serde::Serialize;

use crate::link::LinkError;

/// A refusal. Nothing was stored.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    /// One word for programs. The title is the status in words, as the RFC wants it where there is no `type`.
    code: &'static str,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    detail: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: &dyn Display) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self { code, title, status, detail: detail.to_string() }
    }

    pub(crate) fn not_found(what: &dyn Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", what)
    }

    /// The service cannot answer just now, and may later.
    fn unavailable(error: &dyn std::error::Error) -> Self {
        eprintln!("unavailable: {error}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", &"the service cannot do this just now")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), "bad-body", &rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), "bad-address", &rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), "bad-query", &rejection.body_text())
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Forged => Self::new(StatusCode::FORBIDDEN, "link-forged", &error),
            LinkError::Expired(_) => Self::new(StatusCode::GONE, "link-expired", &error),
        }
    }
}

impl From<SignalError> for Problem {
    fn from(error: SignalError) -> Self {
        match error {
            SignalError::NotFound { .. } | SignalError::InvalidId(_) => Self::not_found(&error),
            SignalError::Finished { .. } => Self::new(StatusCode::CONFLICT, "finished", &error),
            SignalError::NotWaiting { .. } => Self::new(StatusCode::CONFLICT, "not-waiting", &error),
            SignalError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", &error),
            SignalError::Payload { .. } | SignalError::UnknownSignal { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong-payload", &error)
            }
            other => Self::unavailable(&other),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        match error {
            StartError::AlreadyExists { .. } => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-used",
                &"another expense was handed in under this Idempotency-Key",
            ),
            StartError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", &error),
            other => Self::unavailable(&other),
        }
    }
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotFound { .. } | FindError::InvalidId(_) | FindError::OtherWorkflow { .. } => {
                Self::not_found(&error)
            }
            other => Self::unavailable(&other),
        }
    }
}

impl From<StatusError> for Problem {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::NotFound { .. } => Self::not_found(&error),
            other => Self::unavailable(&other),
        }
    }
}

impl From<HistoryError> for Problem {
    fn from(error: HistoryError) -> Self {
        match error {
            HistoryError::NotFound { .. } | HistoryError::InvalidId(_) => Self::not_found(&error),
            other => Self::unavailable(&other),
        }
    }
}

impl From<ListError> for Problem {
    fn from(error: ListError) -> Self {
        Self::unavailable(&error)
    }
}
