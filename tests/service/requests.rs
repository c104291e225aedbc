//! Requests one after the other: what they get, and what they get wrong.

use serde_json::json;

use super::process::{Service, lines};
use super::slow::refused;

#[test]
fn an_expense_is_handed_in_listed_approved_and_paid() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &[]);
    let client = &service.client;
    assert_eq!(client.get("/healthz").body["status"], "ok");

    let id = client.submit();
    client.until(&id, |expense| expense["waiting_for"] == json!(["manager_approval"]));
    let inbox = client.get("/expenses?waiting_for=manager_approval").body;
    assert_eq!(inbox["expenses"][0]["id"], json!(id));
    let answer = client.post(&format!("/expenses/{id}/approve"), &json!({"by": "bob", "notes": "fine"}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let paid = client.until(&id, |expense| expense["status"] == "completed");
    assert_eq!(paid["outcome"], json!({"paid": {"approver": "bob", "receipt": "T-0001"}}));
    assert_eq!(client.get("/expenses?waiting_for=manager_approval").body, json!({"expenses": []}));

    let other = client.submit();
    client.until(&other, |expense| expense["status"] == "waiting");
    client.post(&format!("/expenses/{other}/reject"), &json!({"by": "bob", "notes": "no receipt"}));
    let rejected = client.until(&other, |expense| expense["status"] == "completed");
    assert_eq!(rejected["outcome"], json!({"rejected": {"approver": "bob", "notes": "no receipt"}}));

    let first = client.get("/expenses?limit=1").body;
    assert_eq!(first["expenses"][0]["id"], json!(id));
    let next = first["next"].as_str().expect("there is another page");
    let second = client.get(&format!("/expenses?limit=1&after={next}")).body;
    assert_eq!(second["expenses"][0]["id"], json!(other));

    let history = client.get(&format!("/expenses/{id}/history")).body;
    let senders: Vec<_> = history["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .filter_map(|entry| entry["event"]["SignalReceived"]["by"].as_str())
        .collect();
    assert_eq!(senders, ["bob"]);
    assert_eq!(lines(directory.path(), "bank.jsonl").len(), 1);
}

#[test]
fn what_a_caller_gets_wrong_is_a_problem_and_nothing_is_stored() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &[]);
    let client = &service.client;
    let send = |path: &str, body: &str| client.send(path, body, None).expect("it answers");

    send("/expenses", "{").is_problem(400, "bad-body");
    send("/expenses", "{}").is_problem(422, "bad-body");
    send("/expenses", r#"{"employee": "alice", "amount": "much"}"#).is_problem(422, "bad-body");
    send("/expenses", r#"{"employee": "alice", "amount": 5, "id": "mine"}"#).is_problem(422, "bad-body");
    send("/expenses", r#"{"employee": "alice", "amount": -5}"#).is_problem(422, "bad-expense");
    send("/expenses", r#"["alice", 5]"#).is_problem(422, "bad-body");
    for amount in ["0", "0.001", "5.005", "1000000.01", "1e300"] {
        let expense = format!(r#"{{"employee": "alice", "amount": {amount}}}"#);
        send("/expenses", &expense).is_problem(422, "bad-expense");
    }
    for employee in ["", " ", r"alice\nbob", &"x".repeat(201)] {
        let expense = format!(r#"{{"employee": "{employee}", "amount": 5}}"#);
        send("/expenses", &expense).is_problem(422, "bad-expense");
    }
    client.post_kind("/expenses", "text/plain").is_problem(415, "bad-body");
    let keyless = client.send("/expenses", r#"{"employee": "alice", "amount": 5}"#, Some(""));
    keyless.expect("it answers").is_problem(400, "bad-key");
    assert_eq!(client.get("/expenses").body, json!({"expenses": []}));

    client.get("/expenses/exp-404").is_problem(404, "not-found");
    client.get("/expenses/exp-404/history").is_problem(404, "not-found");
    client.post("/expenses/exp-404/approve", &json!({"by": "bob"})).is_problem(404, "not-found");
    client.get("/expenses?waiting_for=the_weekend").is_problem(400, "bad-query");
    client.get("/expenses?after=yesterday").is_problem(400, "bad-query");
    client.get("/expenses?limit=few").is_problem(400, "bad-query");
    client.get("/elsewhere").is_problem(404, "not-found");
    for address in ["/expenses/%ff", "/expenses/%ff/history", "/links/%ff"] {
        client.get(address).is_problem(400, "bad-address");
    }
    client.click("/links/%ff").is_problem(400, "bad-address");
    client.click("/healthz").is_problem(405, "wrong-method");

    let id = client.submit();
    client.until(&id, |expense| expense["status"] == "waiting");
    let (approve, entries) = (format!("/expenses/{id}/approve"), client.entries(&id));
    send(&approve, "yes").is_problem(400, "bad-body");
    send(&approve, r#"{"approver": "bob"}"#).is_problem(422, "bad-body");
    send(&approve, r#"{"by": 7}"#).is_problem(422, "bad-body");
    send(&approve, r#"["bob"]"#).is_problem(422, "bad-body");
    for by in ["", " ", r"bob\u0000", &"x".repeat(201)] {
        let decision = format!(r#"{{"by": "{by}"}}"#);
        send(&approve, &decision).is_problem(422, "bad-decision");
    }
    assert_eq!(client.entries(&id), entries);

    assert_eq!(client.post(&approve, &json!({"by": "bob"})).status, 200);
    client.until(&id, |expense| expense["status"] == "completed");
    let entries = client.entries(&id);
    client.post(&approve, &json!({"by": "eve"})).is_problem(409, "finished");
    client.post(&format!("/expenses/{id}/reject"), &json!({"by": "eve"})).is_problem(409, "finished");
    assert_eq!(client.entries(&id), entries);
}

/// JSON whose first text is as long as it takes to come to so many bytes.
fn filled(template: &str, bytes: usize) -> String {
    template.replacen("..", &"x".repeat(bytes + "..".len() - template.len()), 1)
}

#[test]
fn a_body_that_is_too_large_is_a_problem_and_nothing_is_stored() {
    const LIMIT: usize = 2 << 20;
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &[]);
    let client = &service.client;
    let send = |path: &str, body: &str| client.send(path, body, None).expect("it answers");

    // The server takes so much and no more, also of a body that does not say how long it is.
    let expense = r#"{"employee": "..", "amount": 5}"#;
    client.stream("/expenses", &filled(expense, LIMIT + 1)).is_problem(413, "bad-body");
    send("/expenses", &filled(expense, LIMIT)).is_problem(422, "bad-expense");
    // One that says so is refused before it is sent, and so is one that does not wait to be asked for it.
    for (wait, sent) in [(true, ""), (false, "{\"by\"")] {
        let answer = refused(&client.url, 99_999_999_999, wait, sent);
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
    assert_eq!(client.get("/expenses").body, json!({"expenses": []}));

    let id = client.submit();
    client.until(&id, |expense| expense["status"] == "waiting");
    let (approve, entries) = (format!("/expenses/{id}/approve"), client.entries(&id));
    let decision = r#"{"notes": "..", "by": "bob"}"#;
    client.stream(&approve, &filled(decision, LIMIT + 1)).is_problem(413, "bad-body");
    // What is stored of that has names around it, and so is too large for the engine.
    send(&approve, &filled(decision, LIMIT)).is_problem(413, "too-large");
    assert_eq!(client.entries(&id), entries);
}

#[test]
fn a_delivery_that_is_repeated_under_its_key_counts_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &[]);
    let client = &service.client;
    let send = |path: &str, body: &str| client.send(path, body, Some("hook-7")).expect("it answers");

    let first = send("/expenses", r#"{"employee": "alice", "amount": 250}"#);
    let again = send("/expenses", r#"{"employee": "alice", "amount": 250}"#);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.id(), again.id());
    send("/expenses", r#"{"employee": "alice", "amount": 999}"#).is_problem(422, "key-used");

    let id = first.id();
    client.until(&id, |expense| expense["status"] == "waiting");
    let approve = format!("/expenses/{id}/approve");
    assert_eq!(send(&approve, r#"{"by": "bob"}"#).status, 200);
    client.until(&id, |expense| expense["status"] == "completed");
    let entries = client.entries(&id);
    assert_eq!(send(&approve, r#"{"by": "bob"}"#).status, 200, "as the first time");
    send(&format!("/expenses/{id}/reject"), r#"{"by": "bob"}"#).is_problem(409, "finished");
    assert_eq!(client.entries(&id), entries);
    assert_eq!(lines(directory.path(), "bank.jsonl").len(), 1);
}

#[test]
fn only_who_has_the_api_key_may_ask_for_expenses() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &["--api-key", "secret"]);
    let get = |path: &str, key: &str| service.client.try_get(path, key).expect("it answers");
    get("/expenses", "").is_problem(401, "unauthorised");
    get("/expenses", "Secret").is_problem(401, "unauthorised");
    assert_eq!(get("/expenses", "secret").status, 200);
    // The name of the scheme has no case.
    for header in ["bearer secret", "BEARER  secret"] {
        assert_eq!(service.client.get_as(header).status, 200, "{header}");
    }
    for header in ["secret", "Basic secret", "bearer Secret", "bearer "] {
        service.client.get_as(header).is_problem(401, "unauthorised");
    }
    assert_eq!(get("/healthz", "").status, 200);
    get("/links/forged", "").is_problem(403, "link-forged");
}

#[test]
fn an_api_key_that_is_empty_or_that_nobody_could_show_keeps_it_from_starting() {
    let directory = tempfile::tempdir().expect("a directory");
    let refused = |arguments: &[&str], environment: &[(&str, &str)]| {
        let words = Service::refused(directory.path(), arguments, environment);
        assert!(words.contains("the API key"), "{words}");
        words
    };
    refused(&["--api-key", ""], &[]);
    refused(&[], &[("EXPENSE_API_KEY", "")]);
    refused(&["--api-key", " "], &[]);
    let words = refused(&[], &[("EXPENSE_API_KEY", "hush\n")]);
    assert!(!words.contains("hush"), "a secret is not printed: {words}");
    assert!(!directory.path().join("workflows").exists(), "nothing was opened");
}

#[test]
fn a_request_that_does_not_come_to_its_end_is_given_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let service = Service::start(directory.path(), &["--request-limit", "100ms"]);
    let answer = refused(&service.client.url, 40, false, "{\"emp");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("application/problem+json") && answer.contains("too-slow"), "{answer}");
    assert_eq!(service.client.get("/expenses").body, json!({"expenses": []}));
}
