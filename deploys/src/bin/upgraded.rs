//! The edited program with an upgrade for each edit that would strand runs.
//!
//! `upgraded check DATABASE`, `upgraded upgrade DATABASE` and `upgraded go-on DATABASE RUNS`.
#![forbid(unsafe_code)]

#[path = "../after/harmless.rs"]
mod harmless;
#[path = "../after/stranding.rs"]
mod stranding;

use sayiir_deploys::{Edit, Error};

/// A workflow with its upgrade.
macro_rules! with_upgrade {
    ($upgrade:ident |$old:ident| $body:block => async fn $name:ident $($workflow:tt)*) => {
        fn $upgrade<S: sayiir::WorkflowState>(mut $old: sayiir::versions::StoredState) -> Result<S, sayiir::versions::UpgradeError> $body

        #[sayiir::workflow(upgrade = $upgrade)]
        async fn $name $($workflow)*
    };
}
use with_upgrade;

fn edits() -> Vec<Edit> {
    harmless::edits().into_iter().chain(stranding::edits()).collect()
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check", database] => sayiir_deploys::check(database.as_ref(), &edits()).await,
        ["upgrade", database] => sayiir_deploys::upgrade(database.as_ref(), &edits()).await,
        ["go-on", database, runs] => sayiir_deploys::go_on(database.as_ref(), &edits(), runs.parse()?).await,
        _ => Err("upgraded check DATABASE | upgraded upgrade DATABASE | upgraded go-on DATABASE RUNS".into()),
    }
}
