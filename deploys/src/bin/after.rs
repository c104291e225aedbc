//! The edited program, which knows nothing of the versions before.
//!
//! `after check DATABASE`, `after go-on DATABASE RUNS` and `after schema DIRECTORY`.
#![forbid(unsafe_code)]

#[path = "../after/harmless.rs"]
mod harmless;
#[path = "../after/stranding.rs"]
mod stranding;
#[path = "../after/unseen.rs"]
mod unseen;

use sayiir_deploys::{Edit, Error};

/// Leaves the upgrade out.
macro_rules! with_upgrade {
    ($upgrade:ident |$old:ident| $body:block => async fn $name:ident $($workflow:tt)*) => {
        #[sayiir::workflow]
        async fn $name $($workflow)*
    };
}
use with_upgrade;

fn edits() -> Vec<Edit> {
    harmless::edits().into_iter().chain(stranding::edits()).collect()
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check", database] => sayiir_deploys::check(database.as_ref(), &edits()).await,
        ["go-on", database, runs] => sayiir_deploys::go_on(database.as_ref(), &edits(), runs.parse()?).await,
        ["schema", directory] => {
            sayiir_deploys::schema(directory.as_ref(), &edits());
            sayiir_deploys::schema(directory.as_ref(), &unseen::edits());
            Ok(())
        }
        _ => Err("after check DATABASE | after go-on DATABASE RUNS | after schema DIRECTORY".into()),
    }
}
