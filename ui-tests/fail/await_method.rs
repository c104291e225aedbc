//! The future of a method cannot be stored.
use sayiir::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Client;

impl Client {
    async fn fetch(&self, url: &str) -> u32 {
        url.len() as u32
    }

    async fn connect() -> Self {
        Self
    }
}

#[workflow]
async fn by_method(client: Client) -> u32 {
    client.fetch("https://example.com").await
}

#[workflow]
async fn by_associated_function() -> Client {
    Client::connect().await
}

#[workflow]
async fn by_qualified_path() -> Client {
    <Client>::connect().await
}

#[workflow]
async fn spawned() -> u32 {
    std::future::ready(1).await
}

fn main() {
    let _: Invocation<by_method> = by_method(Client);
}
