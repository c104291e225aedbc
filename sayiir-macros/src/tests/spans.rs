//! Each error underlines the smallest piece of the user's text that is wrong.

use proc_macro2::{Span, TokenStream, TokenTree};

use super::{tokens, workflow};

/// What the errors in an expansion underline, each with its message.
fn underlined(expansion: TokenStream) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut before: Option<Span> = None;
    let mut path_begins: Option<Span> = None;
    for token in expansion {
        match &token {
            TokenTree::Group(group) => {
                if let Some(begin) = path_begins.take() {
                    let whole = begin.join(group.span()).unwrap_or(begin);
                    let message = group.stream().to_string();
                    found.push((whole.source_text().unwrap_or_default(), message));
                } else {
                    found.extend(underlined(group.stream()));
                }
            }
            TokenTree::Ident(word) if word == "compile_error" => path_begins = before.or(Some(word.span())),
            TokenTree::Ident(_) | TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
        before = Some(token.span());
    }
    found
}

/// Asserts that these pieces of the body of a workflow are underlined, with messages that contain these words.
fn assert_underlined(body: &str, expected: &[(&str, &str)]) {
    let found =
        underlined(workflow(&format!("async fn settle(cents: u32, text: String) -> u32 {{ {body} }}")));
    let texts: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
    let wanted: Vec<&str> = expected.iter().map(|(text, _)| *text).collect();
    assert_eq!(texts, wanted, "{body}: {found:?}");
    for ((_, message), (_, words)) in found.iter().zip(expected) {
        assert!(message.contains(words), "{body}: {message}");
    }
}

#[test]
fn awaits_of_what_cannot_be_stored() {
    assert_underlined("client.fetch(cents).await", &[("fetch", "the future of a method")]);
    assert_underlined("let f = charge(1); f.await", &[("f", "a future in a variable")]);
    assert_underlined("jobs.first.await", &[("jobs.first", "a future in a field")]);
    assert_underlined("async { 1 }.await", &[("async", "an `async` block")]);
    assert_underlined("tokio::time::sleep(limit).await; 1", &[("tokio::time::sleep", "use `sleep!")]);
    assert_underlined("Client::connect().await", &[("Client::connect", "an associated function")]);
    assert_underlined("Charge(1).await", &[("Charge", "is not a task")]);
    assert_underlined("charge::<u32>(1).await", &[("::<u32>", "no type parameters")]);
}

#[test]
fn awaits_that_cannot_be_taken_apart() {
    assert_underlined(
        "let mut a = [1, 2]; (a[charge(1).await], a[0]) = (1, 2); 1",
        &[("(a[charge(1).await], a[0]) = (1, 2)", "bind the awaited value first")],
    );
    let moved = "let mut n = 1; apply(move || n, { n += 1; charge(n).await })";
    assert_underlined(moved, &[("move", "is changed before the await")]);
}

#[test]
fn callees_that_only_the_body_imports() {
    assert_underlined("use payments::charge; charge(1).await", &[("charge", "put this `use` there")]);
}

#[test]
fn awaits_where_nothing_can_wait() {
    assert_underlined("let f = || charge(1).await; f()", &[("await", "inside a closure")]);
    assert_underlined("unsafe { charge(1).await }", &[("await", "an `unsafe` block")]);
    assert_underlined("println!(\"{}\", charge(1).await); 1", &[("await", "`println!` decides itself")]);
    assert_underlined("match cents { n if charge(n).await > 1 => 1, _ => 2 }", &[("await", "a match guard")]);
}

#[test]
fn what_a_method_may_change_before_an_await() {
    let body = |later: &str| {
        format!("let mut v = vec![1]; let b = v[0] < {{ {later}; charge(1).await }}; drop(v); b as u32")
    };
    assert_underlined(&body("v.insert(0, 9)"), &[("v[0]", "may be changed before the await")]);
    assert_underlined(&body("v.len()"), &[]);
    assert_underlined(
        "let mut o = order(); let b = o.limit < { o.items.push(1); charge(1).await }; drop(o); b as u32",
        &[],
    );
}

#[test]
fn operations_that_are_not_awaited_or_not_complete() {
    assert_underlined("signal!(\"paid\" as u32); 1", &[("signal", "does nothing by itself")]);
    assert_underlined("sleep!(48x).await; 1", &[("48x", "`x` is not a unit")]);
    assert_underlined("sleep!(-1h).await; 1", &[("-1h", "cannot be negative")]);
    assert_underlined("signal!(\"paid\", 48).await", &[("48", "no unit")]);
    assert_underlined("signal!(NAME).await", &[("NAME", "a string literal")]);
    assert_underlined("let paid = signal!(\"paid\").await; paid", &[("\"paid\"", "is not known here")]);
    assert_underlined("let paid: u32 = signal!(\"paid\", 48h).await; paid", &[("u32", "with a limit")]);
    assert_underlined(
        "signal!(\"a-b\" as u32).await + signal!(\"a_b\" as u32).await",
        &[("\"a_b\"", "would both be the constant `A_B`")],
    );
}

#[test]
fn macros_that_wait_for_nothing() {
    assert_underlined(
        "compensate!(refund(1)).await; 1",
        &[("await", "`compensate!` is not awaited: remove `.await`")],
    );
    assert_underlined(
        "let id = run_id!().await; 1",
        &[("await", "`run_id!` is not awaited: remove `.await`")],
    );
    assert_underlined(
        "join!(charge(1), compensate!(refund(1))).await; 1",
        &[("compensate", "waits for nothing")],
    );
}

#[test]
fn durations_with_a_space() {
    assert_underlined("signal!(\"z\" as u32, 1d 2h).await", &[("1d 2h", "without a space: `1d2h`")]);
    assert_underlined("sleep!(1d 2h).await; 1", &[("1d 2h", "without a space: `1d2h`")]);
    assert_underlined("sleep!(2h 1d).await; 1", &[("2h 1d", "from large to small")]);
    assert_underlined("signal!(\"z\" as u32, 1d fresh).await", &[("fresh", "write a `,` before this")]);
}

#[test]
fn iterators_that_borrow_around_an_await() {
    assert_underlined("for x in v.iter() { charge(x).await; } 1", &[("v.iter()", "go over `&v` instead")]);
    assert_underlined(
        "for x in order.items.iter() { charge(x).await; } 1",
        &[("order.items.iter()", "`&order.items`")],
    );
    assert_underlined("for x in text.as_bytes().iter() { drop(x); } charge(1).await", &[]);
    assert_underlined("let v = [1]; for x in v.iter() { drop(x); } charge(1).await", &[]);
}

#[test]
fn variables_across_an_await() {
    assert_underlined("let r = &text; charge(1).await; r.len()", &[("r", "is a reference")]);
    assert_underlined("let r: &str = x(); charge(1).await; r.len()", &[("r", "is a reference")]);
    assert_underlined("let n = 1; charge(n).await; n = 2; n", &[("n", "has a value already")]);
    assert_underlined("let n: u32; charge(1).await; n", &[("n", "may have no value here")]);
}

#[test]
fn all_errors_at_once_in_the_order_of_the_source() {
    assert_underlined(
        "a.b().await; sleep!(1); async {}.await; 5.await",
        &[
            ("b", "the future of a method"),
            ("sleep", "does nothing by itself"),
            ("async", "an `async` block"),
            ("5", "a workflow can await"),
        ],
    );
}

#[test]
fn heads_and_options() {
    let cases = [
        ("", "fn charge() {}", "fn", "`async fn`"),
        ("", "async fn charge<T>(t: T) {}", "<T>", "cannot be generic"),
        ("", "async fn charge(t: &str) {}", "&str", "cannot be borrowed"),
        ("", "async fn charge(t: impl Copy) {}", "impl Copy", "must be named"),
        ("", "async fn charge(&self) {}", "&self", "cannot take `self`"),
        ("", "async fn str() {}", "str", "choose another name"),
        ("", "async fn charge(cx: TaskContext) {}", "TaskContext", "write `&TaskContext`"),
        ("retrys = 3", "async fn charge() {}", "retrys", "is not an option"),
        ("max-concurrent = 3", "async fn charge() {}", "max-concurrent", "is not an option"),
        ("name", "async fn charge() {}", "name", "wants a value"),
        ("name = 5", "async fn charge() {}", "5", "wants a text"),
        ("timeout = 5", "async fn charge() -> Result<(), E> {}", "5", "no unit"),
        ("retries = 3, timeout = 5s", "async fn charge() {}", "timeout", "can return an error"),
        ("backoff = 5s, retry_if = f", "async fn charge() {}", "retry_if", "can return an error"),
        ("backoff = 30s..200ms", "async fn charge() {}", "200ms", "shorter than the first"),
        ("name = \"a\", name = \"b\"", "async fn charge() {}", "name", "given twice"),
        ("name = \"a\" retries = 3", "async fn charge() {}", "retries", "by commas"),
    ];
    for (options, item, text, words) in cases {
        let found = underlined(crate::task::compile(tokens(options), &tokens(item)));
        assert_eq!(found.len(), 1, "{options} {item}: {found:?}");
        assert_eq!(found[0].0, text, "{options} {item}");
        assert!(found[0].1.contains(words), "{options} {item}: {}", found[0].1);
    }
}
