//! The links of the mails.

use std::path::Path;

use serde_json::{Value, json};

use super::process::{Service, lines};

/// The links of the newest mail about an expense: to approve, and to reject.
fn mailed(directory: &Path, id: &str) -> (String, String) {
    let mails = lines(directory, "outbox.jsonl");
    let mail = mails.iter().rfind(|mail| mail["expense"] == id).expect("somebody was asked");
    let link = |name: &str| mail[name].as_str().expect("a link").to_owned();
    (link("approve"), link("reject"))
}

fn waits_for(signal: &str) -> impl Fn(&Value) -> bool {
    move |expense| expense["waiting_for"] == json!([signal])
}

#[test]
fn a_link_approves_one_expense_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &["--manager", "bob@corp.example"]);
    let client = &service.client;
    let (id, other) = (client.submit(), client.submit());
    client.until(&id, waits_for("manager_approval"));
    client.until(&other, waits_for("manager_approval"));
    let (approve, reject) = mailed(directory.path(), &id);

    // Whoever only looks decides nothing.
    let page = client.get(&approve);
    assert_eq!((page.status, &*page.kind), (200, "text/html; charset=utf-8"));
    assert!(page.body.as_str().is_some_and(|page| page.contains("bob@corp.example")), "{page:?}");
    client.until(&id, waits_for("manager_approval"));

    // Two clicks at the same time.
    let click = || client.click(&approve).status;
    let mut clicks = std::thread::scope(|scope| {
        let clicks = [scope.spawn(click), scope.spawn(click)];
        clicks.map(|click| click.join().expect("it answers"))
    });
    clicks.sort_unstable();
    assert_eq!(clicks, [200, 409]);
    let paid = client.until(&id, |expense| expense["status"] == "completed");
    assert_eq!(paid["outcome"]["paid"]["approver"], "bob@corp.example");

    for link in [&approve, &reject] {
        client.get(link).is_problem(409, "finished");
    }
    client.click(&approve).is_problem(409, "finished");
    client.click(&reject).is_problem(409, "finished");
    client.until(&other, waits_for("manager_approval"));
    assert_eq!(lines(directory.path(), "bank.jsonl").len(), 1);
}

#[test]
fn a_link_that_is_forged_or_of_another_service_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &[]);
    let stranger = Service::start(elsewhere.path(), &[]);
    let client = &service.client;
    let (id, other) = (client.submit(), client.submit());
    for id in [&id, &other] {
        client.until(id, waits_for("manager_approval"));
    }
    let token = |link: &str| link.rsplit('/').next().expect("a token").to_owned();
    let (mine, its) = (token(&mailed(directory.path(), &id).0), token(&mailed(directory.path(), &other).0));
    let (words, _) = mine.split_once('.').expect("two parts");
    let (_, mac) = its.split_once('.').expect("two parts");
    let of_another = stranger.client.submit();
    stranger.client.until(&of_another, waits_for("manager_approval"));
    let foreign = token(&mailed(elsewhere.path(), &of_another).0);
    for token in [format!("{words}.{mac}"), foreign, format!("{words}."), "x".into()] {
        client.click(&format!("/links/{token}")).is_problem(403, "link-forged");
        client.get(&format!("/links/{token}")).is_problem(403, "link-forged");
    }
    assert_eq!(client.entries(&id), 2, "started, and somebody was asked");
}

#[test]
fn a_link_expires_with_its_wait_and_outlives_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &["--manager-limit", "1ms"]);
    let id = service.client.submit();
    service.client.until(&id, waits_for("director_approval"));
    let mails = lines(directory.path(), "outbox.jsonl");
    let expired = mails[0]["approve"].as_str().expect("a link").to_owned();
    service.client.click(&expired).is_problem(410, "link-expired");
    service.client.until(&id, waits_for("director_approval"));
    service.kill();

    let service = Service::start(directory.path(), &[]);
    let token = mailed(directory.path(), &id).0.rsplit('/').next().expect("a token").to_owned();
    let answer = service.client.click(&format!("/links/{token}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let paid = service.client.until(&id, |expense| expense["status"] == "completed");
    assert_eq!(paid["outcome"]["paid"]["approver"], "director@corp.example");
}
