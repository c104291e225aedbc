//! What the service is told when it starts, by flags or by the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;

use crate::desk::{Approver, Approvers};

/// Expense approvals over HTTP.
#[derive(Debug, Parser)]
#[command(name = "expense_service")]
pub(crate) struct Arguments {
    /// Where it listens; port 0 takes any that is free.
    #[arg(long, env = "EXPENSE_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The directory that keeps everything.
    #[arg(long, env = "EXPENSE_DB", value_name = "DIR", default_value = "expense_service.db")]
    pub(crate) db: PathBuf,
    /// How links in mails begin. Default: http:// and where it listens.
    #[arg(long, env = "EXPENSE_URL", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// What callers of /expenses have to show as a bearer token. Without one, whoever reaches the port may decide.
    #[arg(long, env = "EXPENSE_API_KEY", value_name = "KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// How long the body of a request may take to arrive.
    #[arg(long, env = "EXPENSE_REQUEST_LIMIT", value_name = "TIME", default_value = "30s", value_parser = length)]
    pub(crate) request_limit: Duration,
    /// Who is asked first.
    #[arg(long, env = "EXPENSE_MANAGER", value_name = "MAIL", default_value = "manager@corp.example")]
    manager: String,
    /// How long the manager has before the director is asked.
    #[arg(long, env = "EXPENSE_MANAGER_LIMIT", value_name = "TIME", default_value = "48h", value_parser = length)]
    manager_limit: Duration,
    /// Who is asked after that.
    #[arg(long, env = "EXPENSE_DIRECTOR", value_name = "MAIL", default_value = "director@corp.example")]
    director: String,
    /// How long the director has before the expense fails.
    #[arg(long, env = "EXPENSE_DIRECTOR_LIMIT", value_name = "TIME", default_value = "72h", value_parser = length)]
    director_limit: Duration,
}

impl Arguments {
    /// What callers of `/expenses` have to show.
    ///
    /// # Errors
    ///
    /// When it is empty, as a variable is whose secret was not found, or when no caller could show it.
    pub(crate) fn api_key(&self) -> anyhow::Result<Option<Arc<str>>> {
        let Some(key) = &self.api_key else { return Ok(None) };
        ensure!(
            !key.is_empty(),
            "the API key is empty (--api-key, EXPENSE_API_KEY): leave it away to let everybody decide who reaches the port"
        );
        ensure!(
            key.chars().all(|letter| letter.is_ascii_graphic()),
            "the API key (--api-key, EXPENSE_API_KEY) has characters that do not go into a header: it is of visible ASCII"
        );
        Ok(Some(key.as_str().into()))
    }

    pub(crate) fn approvers(&self) -> Approvers {
        Approvers {
            manager: Approver { address: self.manager.clone(), limit: self.manager_limit },
            director: Approver { address: self.director.clone(), limit: self.director_limit },
        }
    }
}

fn length(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is a number with a unit, such as 5s, 90m or 48h".to_owned();
    let length: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    // One that leads out of the calendar is a mistake, too.
    jiff::Timestamp::now().checked_add(length).map_err(|_| wrong())?;
    Duration::try_from(length).map_err(|_| wrong())
}
