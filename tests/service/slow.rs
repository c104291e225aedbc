//! A request whose body comes late.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::process::PATIENCE;

/// A request of which the service has seen the head, and the rest is still to come.
pub(super) struct Slow {
    connection: TcpStream,
    body: String,
}

impl Slow {
    /// Sends the head, and waits until the service wants the body.
    pub(super) fn begin(url: &str, path: &str, body: &str) -> Self {
        let mut connection = announce(url, path, body.len(), true);
        let mut wanted = [0; 25];
        connection.read_exact(&mut wanted).expect("it answers");
        assert_eq!(&wanted, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { connection, body: body.to_owned() }
    }

    /// Sends the body, and gives the answer.
    pub(super) fn finish(mut self) -> String {
        self.connection.write_all(self.body.as_bytes()).expect("it takes the body");
        let mut answer = String::new();
        self.connection.read_to_string(&mut answer).expect("it answers, and closes");
        answer
    }
}

/// What the service answers to an expense of which no more comes than was sent, with or without waiting until it is wanted.
pub(super) fn refused(url: &str, length: usize, wait: bool, sent: &str) -> String {
    let mut connection = announce(url, "/expenses", length, wait);
    connection.write_all(sent.as_bytes()).expect("it takes what there is");
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    // What was sent and not read may end the connection roughly, once the answer is here.
    while let Ok(count @ 1..) = connection.read(&mut part) {
        answer.extend_from_slice(&part[..count]);
    }
    String::from_utf8(answer).expect("an answer is text")
}

/// Sends the head of a request, whose body may have to wait until it is wanted.
fn announce(url: &str, path: &str, length: usize, wait: bool) -> TcpStream {
    let address = url.strip_prefix("http://").expect("an address");
    let mut connection = TcpStream::connect(address).expect("it listens");
    let expect = if wait { "Expect: 100-continue\r\n" } else { "" };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{expect}Connection: close\r\n\r\n"
    );
    connection.set_read_timeout(Some(PATIENCE)).expect("it can be limited");
    connection.write_all(head.as_bytes()).expect("it takes the head");
    connection
}
