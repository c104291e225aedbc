//! The embedded, durable backend of `sayiir`: runs kept in a directory by [sled](https://docs.rs/sled).
//!
//! `Ok` from a commit means on the device. All commits that wait become one batch with one sync, and the next batch is applied
//! while the device works on the last. Every value carries a checksum and its place, so that damage is named and never taken
//! for data.
//!
//! The way of a commit: [`SledBackend`] encodes it (`change`, with `keys`, `value`, `frame`), one of the two writing threads
//! (`committer`) takes it from the `queue`, checks it against the tree (`group`), applies it (`writer`), waits for the device
//! (`syncer`, with `mark` and `sync`, at the `pace` it has learnt) and answers. Readers (`read`, `scan`) look
//! through `store`, which hides what is not yet durable. `recovery` opens what is `readable`, `layout` and `tip` are the files around sled's.
//! As long as it is open, a `watch` is kept on what sled notes and tells nobody.
//! `compact` and `import` write a `fresh` database beside the current one; `walk` reads everything, for `export` and `check`.

mod backend;
mod change;
mod check;
mod committer;
mod compact;
mod error;
mod export;
mod frame;
mod fresh;
mod group;
mod heads;
mod import;
mod keys;
mod layout;
mod mark;
mod options;
mod pace;
mod places;
mod queue;
mod read;
mod readable;
mod recovery;
mod scan;
mod store;
mod sync;
mod syncer;
mod tip;
mod value;
mod walk;
mod watch;
mod writer;
mod written;

pub use backend::{SledBackend, Stats};
pub use check::Report;
pub use export::ExportError;
pub use import::ImportError;
pub use options::{Durability, Options};
