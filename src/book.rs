//! The book's pages, so that its programs are compiled and run as doc tests.

#[doc = include_str!("../docs/src/start.md")]
pub struct Start;

#[doc = include_str!("../docs/src/tutorial.md")]
pub struct Tutorial;

#[doc = include_str!("../docs/src/language.md")]
pub struct Language;

#[doc = include_str!("../docs/src/signals.md")]
pub struct Signals;

#[doc = include_str!("../docs/src/time.md")]
pub struct Time;

#[doc = include_str!("../docs/src/errors.md")]
pub struct Errors;

#[doc = include_str!("../docs/src/builder.md")]
pub struct Builder;

#[doc = include_str!("../docs/src/testing.md")]
pub struct Testing;

#[doc = include_str!("../docs/src/versions.md")]
pub struct Versions;

#[doc = include_str!("../docs/src/coming_from.md")]
pub struct ComingFrom;

#[doc = include_str!("../docs/src/operations.md")]
pub struct Operations;

#[doc = include_str!("../docs/src/design.md")]
pub struct Design;
