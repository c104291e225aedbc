//! A task lends its name to a type, and some names are taken.
use sayiir::prelude::*;

#[task]
async fn str(text: String) -> String {
    text
}

#[workflow]
async fn bool(text: String) -> String {
    text
}

fn main() {}
