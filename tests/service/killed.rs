//! The service is killed while many ask at the same time, and is stopped in good order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::process::{Client, Service, lines};
use super::slow::Slow;

/// Callers at a time.
const CALLERS: usize = 8;
/// How many answers a service gives before it is killed, in each of its lives.
const LIVES: [usize; 3] = [40, 75, 110];

/// What was acknowledged, over all lives.
#[derive(Default)]
struct Acknowledged {
    submitted: Mutex<BTreeMap<String, String>>,
    approved: Mutex<BTreeSet<String>>,
}

impl Acknowledged {
    /// Hands in and approves expenses until the service is gone. The keys are those of this caller in this life.
    fn call(&self, client: &Client, caller: &str, answered: &AtomicUsize) {
        for number in 0.. {
            let key = format!("{caller}-{number}");
            let body = json!({"employee": key, "amount": 12.5}).to_string();
            let Ok(submitted) = client.send("/expenses", &body, Some(&key)) else { return };
            assert_eq!(submitted.status, 201, "{submitted:?}");
            let id = submitted.id();
            self.submitted.lock().expect("nobody panicked").insert(id.clone(), key.clone());
            answered.fetch_add(1, Ordering::Relaxed);
            if submitted.body["status"] != "waiting" {
                continue;
            }
            let approve = format!("/expenses/{id}/approve");
            let Ok(approved) = client.send(&approve, r#"{"by": "bob"}"#, Some(&key)) else { return };
            assert_eq!(approved.status, 200, "{approved:?}");
            self.approved.lock().expect("nobody panicked").insert(id);
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Kills a service in the midst of its answers.
    fn live(&self, directory: &Path, life: usize) {
        let service = Service::start(directory, &[]);
        let (client, answered) = (service.client.clone(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for caller in 0..CALLERS {
                let (client, answered) = (&client, &answered);
                scope.spawn(move || self.call(client, &format!("{life}-{caller}"), answered));
            }
            while answered.load(Ordering::Relaxed) < LIVES[life] {
                std::thread::yield_now();
            }
            service.kill();
        });
    }
}

#[test]
fn killed_under_load_nothing_acknowledged_is_lost_and_nothing_paid_twice() {
    let directory = tempfile::tempdir().expect("a directory");
    let acknowledged = Acknowledged::default();
    for life in 0..LIVES.len() {
        acknowledged.live(directory.path(), life);
    }
    let submitted = acknowledged.submitted.into_inner().expect("nobody panicked");
    let approved = acknowledged.approved.into_inner().expect("nobody panicked");
    assert!(approved.len() >= LIVES.len(), "{} of {} were approved", approved.len(), submitted.len());

    let service = Service::start(directory.path(), &[]);
    let client = &service.client;
    for (id, key) in &submitted {
        client.until(id, |expense| expense["status"] == "waiting" || expense["status"] == "completed");
        // Who got no answer asks again; what was answered is answered as before.
        let approve = format!("/expenses/{id}/approve");
        let answer = client.send(&approve, r#"{"by": "bob"}"#, Some(key)).expect("it answers");
        assert_eq!(answer.status, 200, "{answer:?}");
        client.until(id, |expense| expense["outcome"]["paid"]["approver"] == "bob");
        assert_eq!(client.get(&format!("/expenses/{id}/history")).body["verified"], true);
    }
    let mut paid = BTreeSet::new();
    for transfer in lines(directory.path(), "bank.jsonl") {
        let id = transfer["expense"].as_str().expect("an id").to_owned();
        assert!(paid.insert(id), "paid twice: {transfer}");
    }
    assert!(submitted.keys().all(|id| paid.contains(id)), "everything that was approved is paid");
    println!("{} submitted, {} approved before a kill, {} paid", submitted.len(), approved.len(), paid.len());
}

#[test]
fn what_was_approved_when_it_was_killed_is_paid_without_anybody_asking() {
    let directory = tempfile::tempdir().expect("a directory");
    let acknowledged = Acknowledged::default();
    acknowledged.live(directory.path(), 0);

    let service = Service::start(directory.path(), &[]);
    for id in acknowledged.approved.into_inner().expect("nobody panicked") {
        service.client.until(&id, |expense| expense["outcome"]["paid"]["approver"] == "bob");
    }
}

#[test]
fn sigterm_ends_it_well_and_the_next_one_goes_on() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut service = Service::start(directory.path(), &[]);
    let client = service.client.clone();
    let id = client.submit();
    client.until(&id, |expense| expense["status"] == "waiting");

    // A request whose body comes only after the signal is still answered.
    let slow = Slow::begin(&client.url, &format!("/expenses/{id}/approve"), r#"{"by": "bob"}"#);
    service.terminate();
    assert_eq!(service.next_line(), "stopping: everything is kept\n");
    let answer = slow.finish();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (status, _) = service.ended();
    assert_eq!(status.code(), Some(0));

    let service = Service::start(directory.path(), &[]);
    let paid = service.client.until(&id, |expense| expense["status"] == "completed");
    assert_eq!(paid["outcome"]["paid"]["approver"], "bob");
}
