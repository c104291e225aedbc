//! Runs that start other runs.

use std::sync::Arc;

use sayiir::prelude::*;
use sayiir::testing::{TestEngine, crash_everywhere};

use super::{Ledger, reserve, with};

#[workflow]
async fn audit(what: String) -> String {
    reserve(what).await
}

#[workflow]
async fn order(what: String) -> Result<Vec<String>, AlreadyExists> {
    let first = spawn!(format!("{}-audit", run_id!()), audit(what.clone())).await?;
    let again = spawn!(first.to_string(), audit(what)).await;
    Ok(vec![first.to_string(), format!("{:?}", again.is_err())])
}

#[tokio::test]
async fn a_spawned_run_begins_exactly_once_whatever_crashes() {
    let ledger = Arc::new(Ledger::default());
    let scenario = async |engine: &TestEngine| {
        let run = engine.start("o-1", order("paper".into())).or_attach().await.expect("it starts");
        let spawned = run.result().await.expect("it succeeds");
        let audited = engine.run::<audit>("o-1-audit").await.expect("it was started").result().await;
        (spawned, audited.expect("it succeeds"))
    };
    let (outcome, crashes) = crash_everywhere(with::<order>(&ledger), scenario).await;
    assert_eq!(outcome, (vec!["o-1-audit".to_owned(), "true".to_owned()], "paper".to_owned()));
    assert!(crashes > 0);
}
