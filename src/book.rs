//! The book's pages, so that its programs are compiled and run as doc tests.

#[doc = include_str!("../docs/src/start.md")]
pub struct Start;

#[doc = include_str!("../docs/src/language.md")]
pub struct Language;

#[doc = include_str!("../docs/src/builder.md")]
pub struct Builder;

#[doc = include_str!("../docs/src/testing.md")]
pub struct Testing;
