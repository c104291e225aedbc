//! The tasks that generated bodies await. The functions are plain async functions too, so both versions of a body call the
//! same ones.
#![allow(clippy::unused_async, reason = "tasks are async by definition")]
#![allow(missing_docs, clippy::missing_errors_doc, reason = "the names say it")]
#![allow(clippy::must_use_candidate, reason = "a discarded outcome is a case to test")]

use sayiir::task;

use crate::values::{Failure, Other, Point, Shape};
use crate::world::{draw, draw_int, draw_text, note};

#[task]
pub async fn nothing() {
    note("nothing()".into());
}

#[task]
pub async fn number(n: i64) -> i64 {
    note(format!("number({n})"));
    draw_int()
}

#[task]
pub async fn add(a: i64, b: i64) -> i64 {
    note(format!("add({a}, {b})"));
    a.wrapping_add(b)
}

#[task]
pub async fn flag(n: i64) -> bool {
    note(format!("flag({n})"));
    draw(2) == 0
}

#[task]
pub async fn text(s: String) -> String {
    note(format!("text({s:?})"));
    draw_text()
}

#[task]
pub async fn join_texts(a: String, b: String) -> String {
    note(format!("join_texts({a:?}, {b:?})"));
    format!("{}{}", a.chars().take(3).collect::<String>(), b.len())
}

#[task]
pub async fn maybe(n: i64) -> Option<i64> {
    note(format!("maybe({n})"));
    (draw(3) > 0).then(draw_int)
}

#[task]
pub async fn maybe_text(s: String) -> Option<String> {
    note(format!("maybe_text({s:?})"));
    (draw(3) > 0).then(draw_text)
}

#[task]
pub async fn list(n: i64) -> Vec<i64> {
    note(format!("list({n})"));
    (0..draw(4)).map(|_| draw_int()).collect()
}

#[task]
pub async fn pair(n: i64) -> (i64, String) {
    note(format!("pair({n})"));
    (draw_int(), draw_text())
}

#[task]
pub async fn point(x: i64, label: String) -> Point {
    note(format!("point({x}, {label:?})"));
    Point { x: draw_int(), label }
}

#[task]
pub async fn shape(n: i64) -> Shape {
    note(format!("shape({n})"));
    draw_shape(2)
}

fn draw_shape(depth: u32) -> Shape {
    match draw(if depth > 0 { 5 } else { 4 }) {
        0 => Shape::Dot,
        1 => Shape::Line(draw_int()),
        2 => Shape::Rect { w: draw_int(), name: draw_text() },
        3 => Shape::Perhaps((draw(2) == 0).then(draw_int)),
        _ => Shape::Both(Box::new(draw_shape(depth - 1)), draw_int()),
    }
}

#[task]
pub async fn try_number(n: i64) -> Result<i64, Failure> {
    note(format!("try_number({n})"));
    if draw(4) == 0 { Err(Failure::Odd(draw_int())) } else { Ok(draw_int()) }
}

#[task]
pub async fn try_text(s: String) -> Result<String, Other> {
    note(format!("try_text({s:?})"));
    if draw(4) == 0 { Err(Other(draw_text())) } else { Ok(draw_text()) }
}

#[task]
pub async fn undo(n: i64) {
    note(format!("undo({n})"));
}

#[task]
pub async fn undo_both(s: String, n: i64) {
    note(format!("undo_both({s:?}, {n})"));
}
