//! The service as a process, and a client.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::{Agent, SendBody};

/// How long something may take that has to happen.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// A running service. It is killed when this is dropped.
pub(super) struct Service {
    process: Child,
    output: BufReader<ChildStdout>,
    pub(super) client: Client,
}

/// Who asks it. A clone shares the connections.
#[derive(Clone)]
pub(super) struct Client {
    agent: Agent,
    pub(super) url: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) body: Value,
}

/// The example, built once by cargo, which has done so already unless only this test was asked for.
fn executable() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["build", "--workspace", "--example", "expense_service", "--message-format=json"]);
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        let command = command.current_dir(env!("CARGO_MANIFEST_DIR")).stderr(Stdio::inherit());
        let output = command.output().expect("cargo can be started");
        assert!(output.status.success(), "the example does not build");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "expense_service")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .expect("cargo says where it put the example")
    })
}

impl Service {
    /// Starts one on this directory, and waits until it says where it listens.
    pub(super) fn start(directory: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(executable())
            .args(["--listen", "127.0.0.1:0", "--db"])
            .arg(directory)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service can be started");
        let mut output = BufReader::new(process.stdout.take().expect("stdout is a pipe"));
        let mut line = String::new();
        output.read_line(&mut line).expect("what it prints is text");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("it prints {line:?}"));
        let agent =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        let client = Client { agent: agent.into(), url: url.to_owned() };
        Self { process, output, client }
    }

    /// Starts one that does not want to, and gives what it says about that.
    pub(super) fn refused(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let mut command = Command::new(executable());
        command.args(["--listen", "127.0.0.1:0", "--db"]).arg(directory).args(arguments);
        command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::piped()).spawn().expect("the service can be started");
        // Where it does start, this is what it prints, and it would go on for ever.
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("stdout is a pipe")).read_line(&mut line).expect("text");
        if !line.is_empty() {
            process.kill().expect("it runs");
        }
        let output = process.wait_with_output().expect("it ends");
        assert!(line.is_empty() && !output.status.success(), "it starts: {line}");
        String::from_utf8(output.stderr).expect("what it prints is text")
    }

    /// Ends it at once.
    pub(super) fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }

    /// Asks it to stop, as service managers do.
    pub(super) fn terminate(&self) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("there is `kill`");
        assert!(sent.success(), "it runs");
    }

    /// Waits until it has ended: how, and what it printed last.
    pub(super) fn ended(mut self) -> (ExitStatus, String) {
        let mut printed = String::new();
        self.output.read_to_string(&mut printed).expect("what it prints is text");
        (self.process.wait().expect("it ends"), printed)
    }

    pub(super) fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("what it prints is text");
        line
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended, as the test wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Client {
    pub(super) fn get(&self, path: &str) -> Answer {
        self.try_get(path, "").expect("it answers")
    }

    /// With this API key.
    pub(super) fn try_get(&self, path: &str, key: &str) -> Result<Answer, ureq::Error> {
        let request = self.agent.get(self.at(path)).header("Authorization", format!("Bearer {key}"));
        answer(request.call()?)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, &body.to_string(), None).expect("it answers")
    }

    /// Posts text that should be JSON, perhaps under an `Idempotency-Key`. An error is a service that is gone.
    pub(super) fn send(&self, path: &str, body: &str, key: Option<&str>) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(self.at(path)).header("Content-Type", "application/json");
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        answer(request.send(body)?)
    }

    /// Posts nothing, as a button does.
    pub(super) fn click(&self, path: &str) -> Answer {
        answer(self.agent.post(self.at(path)).send_empty().expect("it answers")).expect("it answers")
    }

    pub(super) fn post_kind(&self, path: &str, kind: &str) -> Answer {
        let request = self.agent.post(self.at(path)).header("Content-Type", kind);
        answer(request.send("x").expect("it answers")).expect("it answers")
    }

    /// Asks for the expenses with this header.
    pub(super) fn get_as(&self, authorization: &str) -> Answer {
        let request = self.agent.get(self.at("/expenses")).header("Authorization", authorization);
        answer(request.call().expect("it answers")).expect("it answers")
    }

    /// Posts JSON without saying how long it is.
    pub(super) fn stream(&self, path: &str, body: &str) -> Answer {
        let request = self.agent.post(self.at(path)).header("Content-Type", "application/json");
        let mut body = body.as_bytes();
        answer(request.send(SendBody::from_reader(&mut body)).expect("it answers")).expect("it answers")
    }

    /// Hands in an expense and gives its id.
    pub(super) fn submit(&self) -> String {
        let answer = self.post("/expenses", &json!({"employee": "alice", "amount": 250}));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id()
    }

    /// Asks for an expense until it is as wanted.
    pub(super) fn until(&self, id: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let answer = self.get(&format!("/expenses/{id}"));
            assert_eq!(answer.status, 200, "{answer:?}");
            if is_wanted(&answer.body) {
                return answer.body;
            }
            assert!(begin.elapsed() < PATIENCE, "it does not come to it: {answer:?}");
        }
    }

    /// How many entries the history has, which has to hold.
    pub(super) fn entries(&self, id: &str) -> usize {
        let answer = self.get(&format!("/expenses/{id}/history"));
        assert_eq!(answer.body["verified"], true, "{answer:?}");
        answer.body["entries"].as_array().expect("entries").len()
    }

    /// A path, or a link that has an address already.
    fn at(&self, path: &str) -> String {
        if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.url) }
    }
}

impl Answer {
    pub(super) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id: {self:?}")).to_owned()
    }

    /// Asserts that it is a problem with this status and code.
    #[track_caller]
    pub(super) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.kind, "application/problem+json", "{self:?}");
        assert_eq!((&self.body["status"], &self.body["code"]), (&json!(status), &json!(code)), "{self:?}");
        for member in ["title", "detail"] {
            assert!(self.body[member].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        }
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let kind = response.headers().get("Content-Type").and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let text = response.body_mut().read_to_string()?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Answer { status: response.status().as_u16(), kind, body })
}

/// The lines of a file in the service's directory.
pub(super) fn lines(directory: &Path, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(directory.join(file)).expect("the file is there");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}
