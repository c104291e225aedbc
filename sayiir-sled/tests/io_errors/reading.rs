//! Reads from a device that fails.

use sayiir_core::backend::{Backend, BackendError, Query};
use sayiir_sled::{ExportError, SledBackend};

use crate::device::{self, Call, Fault};
use crate::files::data;
use crate::{REVISION, closed, script, told};

const READS: [&str; 11] = [
    "record",
    "history",
    "message",
    "delivered",
    "due",
    "next due",
    "ready",
    "list",
    "places",
    "check",
    "export",
];

#[tokio::test]
async fn a_read_that_fails_is_reported_and_the_next_one_is_right() {
    let device = device::alone();
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    closed(path, false).await;
    let log = data(path).join("db");
    for what in READS {
        let (mut reported, mut number) = (0, 0);
        loop {
            // Nothing is in memory.
            let backend = SledBackend::options().cache_capacity(0).open(path).expect("it opens");
            device.fails(Fault::from(Call::Read, &log, number));
            let found = read(&backend, what).await;
            let met = device.mend();
            let right = read(&backend, what).await.expect("it reads");
            assert!(
                told(&found) || found.as_ref().is_ok_and(|found| *found == right),
                "{what} {number}: {found:?}"
            );
            reported += u64::from(found.is_err());
            if met <= number {
                break;
            }
            number += 1 + met / 8;
        }
        assert!(reported > 0, "{what}: nothing failed");
    }
}

/// What a read gives, as text; the first failure that a check or an export names.
async fn read(backend: &SledBackend, what: &str) -> Result<String, BackendError> {
    let run = script::run(3);
    match what {
        "record" => Ok(format!("{:?}", backend.record(&run).await?)),
        "history" => Ok(format!("{:?}", backend.history(&run, 0, usize::MAX).await?)),
        "message" => Ok(format!("{:?}", backend.message(&run, script::SIGNAL, REVISION - 1).await?)),
        "delivered" => Ok(format!("{:?}", backend.is_delivered(&run, "key 1").await?)),
        "due" => Ok(format!("{:?}", backend.due(jiff::Timestamp::MAX, usize::MAX).await?)),
        "next due" => Ok(format!("{:?}", backend.next_due().await?)),
        "ready" => Ok(format!("{:?}", backend.ready(None, usize::MAX).await?)),
        "list" => {
            let page = backend.list(&Query { limit: usize::MAX, ..Query::default() }).await?;
            let damage = page.damage.first().map(|damaged| damaged.error.clone());
            damage.map_or_else(|| Ok(format!("{page:?}")), Err)
        }
        "places" => Ok(format!("{:?}", backend.places().await?)),
        "check" => {
            let report = backend.check()?;
            report.damage.into_iter().next().map_or(Ok(report.runs.to_string()), Err)
        }
        "export" => {
            let mut lines = Vec::new();
            let report = backend.export(&mut lines).map_err(|error| match error {
                ExportError::Store(error) => error,
                error => panic!("{error}"),
            })?;
            report.damage.into_iter().next().map_or(Ok(String::from_utf8(lines).expect("text")), Err)
        }
        other => panic!("{other}?"),
    }
}
