//! A payload goes through JSON.
use sayiir::prelude::*;

#[derive(Debug)]
pub struct Approval {
    pub approved: bool,
}

#[workflow]
async fn by_name() -> bool {
    let approval = signal!("manager" as Approval).await;
    approval.approved
}

#[workflow]
async fn by_let() -> bool {
    let approval: Result<Approval, Timeout> = signal!("manager", 48h).await;
    approval.is_ok_and(|approval| approval.approved)
}

#[workflow]
async fn received() -> bool {
    signal!("manager" as Received<Approval>).await.payload.approved
}

fn main() {}
