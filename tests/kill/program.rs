//! The example as a program: built, started, and killed.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use sayiir::testing::random::Random;

/// SIGKILL.
const KILLED: i32 = 9;

/// The program with its database.
pub(super) struct Program {
    executable: PathBuf,
    database: PathBuf,
    /// How long the last undisturbed process lived, by its first argument.
    lives: BTreeMap<String, Duration>,
}

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    /// So long after its start.
    After(Duration),
    /// When it has printed so many lines, and so long after that.
    AfterLines(u64, Duration),
}

/// How a process ended.
pub(super) enum Ended {
    /// By our SIGKILL.
    Killed,
    /// Before it, or without one.
    ByItself { status: ExitStatus, output: String, errors: String },
}

/// A number that the environment gives.
pub(super) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

/// A seed that nobody chose.
pub(super) fn any_seed() -> u64 {
    RandomState::new().hash_one(0) >> 32
}

impl Program {
    /// Asks cargo for the example, which `cargo test` has built already unless only this test was asked for.
    pub(super) fn build(directory: &Path) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--workspace", "--example", "expense_approval", "--message-format=json"]);
        if !cfg!(debug_assertions) {
            command.arg("--release");
        }
        let output = command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo can be started");
        assert!(output.status.success(), "the example does not build");
        let executable = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|message| message["target"]["name"] == "expense_approval")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .expect("cargo says where it put the example");
        Self { executable, database: directory.join("expenses.db"), lives: BTreeMap::new() }
    }

    /// A moment at which this process is probably still alive.
    pub(super) fn moment(&self, random: &mut Random, stage: &str) -> Moment {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if random.one_in(2) {
            // Of `approve`, the first line is printed when the payment begins.
            let lines = if stage == "decide" { 1 } else { random.below(3) };
            return Moment::AfterLines(lines, Duration::from_micros(random.below(3_000)));
        }
        let life = self.lives.values().max().copied().unwrap_or(Duration::from_millis(100));
        Moment::After(Duration::from_micros(random.below(micros(life))))
    }

    /// Starts a process, and kills it at that moment.
    pub(super) fn run_until(&self, arguments: &[&str], moment: Moment) -> Ended {
        let mut child = self.start(arguments);
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let mut output = String::new();
        let pause = match moment {
            Moment::After(pause) => pause,
            Moment::AfterLines(count, pause) => {
                for _ in 0..count {
                    lines.read_line(&mut output).expect("what it prints is text");
                }
                pause
            }
        };
        pass(pause);
        child.kill().expect("a process that was not waited for can be killed");
        end(child, lines, output)
    }

    /// Starts a process, and waits until it ends.
    fn run(&mut self, arguments: &[&str]) -> (ExitStatus, String, String) {
        let start = Instant::now();
        let mut child = self.start(arguments);
        let lines = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        match end(child, lines, String::new()) {
            Ended::ByItself { status, output, errors } => {
                self.lives.insert(arguments[0].to_owned(), start.elapsed());
                (status, output, errors)
            }
            Ended::Killed => panic!("somebody else killed {arguments:?}"),
        }
    }

    /// Runs a command that has to succeed, and gives what it printed.
    pub(super) fn succeeds(&mut self, arguments: &[&str]) -> String {
        let (status, output, errors) = self.run(arguments);
        assert!(status.success(), "{arguments:?}: {status}\n{output}{errors}");
        output
    }

    /// Runs a command until it prints this. On a machine with much else to do, a command may run out of patience.
    pub(super) fn comes_to(&mut self, arguments: &[&str], text: &str) {
        let mut printed = String::new();
        for _ in 0..20 {
            printed = self.succeeds(arguments);
            if printed.contains(text) {
                return;
            }
        }
        panic!("{arguments:?} does not come to {text:?}: {printed}");
    }

    /// Repeats a decision: it succeeds, or it says that an earlier process had already got it through.
    pub(super) fn decided(&mut self, arguments: &[&str]) {
        let (status, output, errors) = self.run(arguments);
        let already = status.code() == Some(1) && errors.contains("waits for nobody (");
        assert!(status.success() || already, "{arguments:?}: {status}\n{output}{errors}");
    }

    fn start(&self, arguments: &[&str]) -> Child {
        Command::new(&self.executable)
            .arg("--db")
            .arg(&self.database)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example can be started")
    }
}

fn end(mut child: Child, mut lines: impl Read, mut output: String) -> Ended {
    lines.read_to_string(&mut output).expect("what it prints is text");
    let mut errors = String::new();
    let mut pipe = child.stderr.take().expect("stderr is a pipe");
    pipe.read_to_string(&mut errors).expect("what it prints is text");
    let status = child.wait().expect("it ends");
    if status.signal() == Some(KILLED) { Ended::Killed } else { Ended::ByItself { status, output, errors } }
}

/// Lets time pass in which nothing is expected to happen: the moment of a kill is random.
fn pass(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        std::thread::park_timeout(left);
    }
}
