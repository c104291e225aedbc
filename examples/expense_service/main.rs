//! The expense approval as a service: one binary, HTTP in front, the database inside.
//!
//! ```sh
//! cargo run --example expense_service -- --listen 127.0.0.1:8080
//! curl -X POST localhost:8080/expenses -H 'Content-Type: application/json' -d '{"employee": "alice", "amount": 250}'
//! curl localhost:8080/expenses?waiting_for=manager_approval
//! ```
//!
//! The mails that it would send are lines of `outbox.jsonl` in its directory; their links approve or reject that one expense, until they
//! expire. The book's page "A service" has the whole story.

mod app;
mod arguments;
#[path = "../expense_approval/bank.rs"]
mod bank;
mod decide;
mod desk;
mod expenses;
mod fields;
mod link;
mod outbox;
mod problem;
mod request;
#[path = "../expense_approval/stop.rs"]
mod stop;
mod view;
mod workflow;

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use sayiir::clock::{Clock, SystemClock};
use sayiir::prelude::*;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use app::App;
use arguments::Arguments;
use bank::Bank;
use desk::Desk;
use link::Links;
use outbox::Outbox;
use stop::Stop;
use workflow::{Expense, expense_approval};

/// How long requests that are running when the service is to stop may go on.
const GRACE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let api_key = arguments.api_key()?;
    let stop = Stop::listen()?;
    let listener = TcpListener::bind(arguments.listen).await;
    let listener = listener.with_context(|| format!("listening on {}", arguments.listen))?;
    let address = listener.local_addr()?;
    let url = arguments.url.clone().unwrap_or_else(|| format!("http://{address}"));

    let app = open(&arguments, api_key, url).await?;
    let engine = app.engine.clone();
    println!("listening on http://{address}");
    let served = serve(listener, app, stop).await;
    engine.shutdown().await;
    served
}

/// Opens what is in the directory, and goes on with every expense that is not at its end.
async fn open(arguments: &Arguments, api_key: Option<Arc<str>>, url: String) -> anyhow::Result<App> {
    let db = &arguments.db;
    fs::create_dir_all(db).with_context(|| format!("creating {}", db.display()))?;
    let backend = SledBackend::open(db.join("workflows")).context("opening the database")?;
    // After the database, whose lock keeps other processes away from these files too.
    let bank = Bank::open(&db.join("bank.jsonl")).context("opening the bank")?;
    let outbox = Outbox::open(&db.join("outbox.jsonl")).context("opening the outbox")?;
    // Links expire by the clock by which the engine's waits end.
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let links = Links::open(&db.join("link.key"), Arc::clone(&clock)).context("opening link.key")?;
    let desk = Desk { outbox, links: links.clone(), approvers: arguments.approvers(), url };
    let engine = Engine::builder()
        .backend(backend)
        .clock(clock)
        .workflow::<expense_approval>()
        .provide(bank)
        .provide(desk)
        .start()
        .await?;
    Ok(App { engine, links, api_key, request_limit: arguments.request_limit })
}

/// Answers requests until the process is asked to stop; those that are running then are answered too.
async fn serve(listener: TcpListener, app: App, stop: Stop) -> anyhow::Result<()> {
    let stopping = CancellationToken::new();
    let serving = axum::serve(listener, app::router(app))
        .with_graceful_shutdown(stopping.clone().cancelled_owned())
        .into_future();
    tokio::pin!(serving);
    tokio::select! {
        served = &mut serving => return Ok(served?),
        requested = stop.requested() => requested?,
    }
    println!("stopping: everything is kept");
    stopping.cancel();
    // A client that never ends its request does not keep the process from stopping.
    match tokio::time::timeout(GRACE, serving).await {
        Ok(served) => Ok(served?),
        Err(_too_long) => Ok(()),
    }
}
