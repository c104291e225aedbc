//! The expense service as its callers meet it: a process, asked over HTTP, stopped and killed.
#![cfg(all(unix, feature = "sled"))]

#[path = "service/killed.rs"]
mod killed;
#[path = "service/links.rs"]
mod links;
#[path = "service/process.rs"]
mod process;
#[path = "service/requests.rs"]
mod requests;
#[path = "service/slow.rs"]
mod slow;
