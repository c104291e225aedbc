//! The tutorial's programs, run as a reader would: exactly what they print, and how they end.

#[path = "tutorial/crashed.rs"]
mod crashed;

use std::process::{Command, Output};

/// Runs an example as a process of its own.
fn run(example: &str) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", example])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // With it, `anyhow` adds a backtrace to the error.
        .env_remove("RUST_BACKTRACE")
        .env_remove("RUST_LIB_BACKTRACE")
        .output()
        .expect("cargo can be run")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the program prints text")
}

#[test]
fn the_approval_is_parked_signalled_and_resumed() {
    let output = run("tutorial_approval");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(
        text(&output.stdout),
        "Workflow parked, awaiting signal...\n\
         Signal sent!\n\
         Completed: Expense approved by Bob Johnson — processing reimbursement. Notes: Valid expense, approved\n"
    );
    assert!(output.status.success());
}

#[test]
fn the_escalation_ends_as_its_code_says_when_no_signal_comes() {
    let output = run("tutorial_escalation");
    assert_eq!(text(&output.stdout), "");
    assert_eq!(text(&output.stderr), "Error: Unexpected workflow state\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_complete_program_submits_approves_and_processes() {
    let output = run("tutorial_complete");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(
        text(&output.stdout),
        "Submitted expense 1001 by Alice Smith\n\
         Workflow waiting for approval...\n\
         Result: Approved by Bob Johnson\n"
    );
    assert!(output.status.success());
}
