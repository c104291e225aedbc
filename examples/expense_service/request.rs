//! What handlers take from a request. A mistake in it is a [`Problem`], and a request that does not come to its end ends nevertheless.

use std::fmt;
use std::marker::PhantomData;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::app::App;
use crate::problem::Problem;

/// Bytes of a body, at most.
pub(crate) const LARGEST: usize = 2 << 20;

/// The part of the address that the route leaves open.
pub(crate) struct Named(pub(crate) String);

impl FromRequestParts<App> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path(name) = Path::from_request_parts(parts, app).await?;
        Ok(Self(name))
    }
}

/// The body: one JSON object, which has arrived in time.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let length =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > LARGEST as u64) {
            let detail = format!("a body has at most {LARGEST} bytes");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "bad-body", &detail));
        }
        // Only reading is limited: what is given up here has stored nothing.
        let body = tokio::time::timeout(app.request_limit, Json::from_request(request, app)).await;
        let late =
            |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", &"the body did not arrive in time");
        let Json(Object(body)) = body.map_err(late)??;
        Ok(Self(body))
    }
}

/// A `T` that is an object: what serde derives for a struct takes a list of its fields as well.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}
