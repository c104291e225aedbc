//! Sending a signal.

use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use serde::Serialize;

use super::command::Command;
use super::{Engine, SignalError};
use crate::durable::Stored;
use crate::ids::RunId;
use crate::machine::NewMessage;

impl Engine {
    /// Sends a signal to a run, by names: for callers that only have strings, such as a webhook. `.await` the answer: it
    /// comes once the signal is durable. The payload is checked against the declared type before anything is stored.
    ///
    /// ```
    /// # use sayiir::prelude::*;
    /// # #[workflow]
    /// # async fn approval(amount: u32) -> Result<String, Timeout> {
    /// #     let by: String = signal!("approved", 48h).await?;
    /// #     Ok(format!("{amount} approved by {by}"))
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let engine = Engine::builder().backend(InMemoryBackend::new()).workflow::<approval>().start().await?;
    /// # let run = engine.start("exp-001", approval(250)).await?;
    /// engine.signal("exp-001", "approved", &"bob").by("bob@corp.example").idempotency_key("mail-1").await?;
    /// assert_eq!(run.result().await?, "250 approved by bob");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SignalError`], when it is awaited.
    #[must_use = "nothing is sent before this is awaited"]
    pub fn signal<T: Serialize + ?Sized>(
        &self,
        id: impl AsRef<str>,
        signal: impl Into<String>,
        payload: &T,
    ) -> SendSignal {
        SendSignal::new(self.clone(), id.as_ref(), signal.into(), payload)
    }
}

/// A signal that is sent when this is awaited.
///
/// # Cancel safety
/// When the future is dropped before it is done, the signal may or may not have been accepted. With an
/// [`idempotency_key`](SendSignal::idempotency_key) it can be sent again without counting twice.
#[derive(Debug)]
#[must_use = "nothing is sent before this is awaited"]
pub struct SendSignal {
    engine: Engine,
    id: String,
    signal: String,
    payload: Result<Stored, serde_json::Error>,
    by: Option<String>,
    idempotency_key: Option<String>,
    only_if_waiting: bool,
}

impl SendSignal {
    pub(super) fn new<T: Serialize + ?Sized>(engine: Engine, id: &str, signal: String, payload: &T) -> Self {
        Self {
            engine,
            id: id.to_owned(),
            signal,
            payload: Stored::encode(payload),
            by: None,
            idempotency_key: None,
            only_if_waiting: false,
        }
    }

    /// Says who sends it: kept in the history, and handed to waits that ask for `Received<T>`.
    pub fn by(mut self, actor: impl Into<String>) -> Self {
        self.by = Some(actor.into());
        self
    }

    /// Makes a repeated delivery count once: of all signals of one name to one run with the same key, only the first is taken. The
    /// others are answered with success, whatever their payload is. Kept as long as the run is. An empty key is refused.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Refuses the signal, with [`SignalError::NotWaiting`], unless the run waits for it at this very moment: for a decision that
    /// means what the run asks now, and must not lie in the inbox until it asks again. Of several that are sent at the same
    /// time, one is accepted. Default: a signal that comes before its wait is kept.
    ///
    /// A repeated delivery under one [`idempotency_key`](SendSignal::idempotency_key) is still answered with success.
    pub fn only_if_waiting(mut self) -> Self {
        self.only_if_waiting = true;
        self
    }

    async fn send(self) -> Result<(), SignalError> {
        let run = RunId::new(&self.id)?;
        let shared = self.engine.shared();
        let payload = match self.payload {
            Ok(payload) => payload,
            Err(source) => {
                let signal = self.signal;
                return Err(SignalError::Unencodable { run, signal, source });
            }
        };
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let bytes = payload.as_str().len() + length(&self.by) + length(&self.idempotency_key);
        let limit = shared.largest_payload;
        if bytes > limit {
            return Err(SignalError::TooLarge { run, signal: self.signal, bytes, limit });
        }
        if self.idempotency_key.as_ref().is_some_and(String::is_empty) {
            return Err(SignalError::EmptyKey { run, signal: self.signal });
        }
        let message = NewMessage {
            // The store knows one set of keys for each run: as JSON no two pairs are written alike.
            idempotency_key: self
                .idempotency_key
                .map(|key| serde_json::json!([self.signal, key]).to_string()),
            signal: self.signal.clone(),
            payload,
            by: self.by,
            only_if_waiting: self.only_if_waiting,
        };
        let sent = shared.ask(&run, |reply| Command::Signal(message, reply)).await;
        sent.map_err(|refusal| SignalError::from_refusal(run, self.signal, refusal))
    }
}

impl IntoFuture for SendSignal {
    type Output = Result<(), SignalError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
