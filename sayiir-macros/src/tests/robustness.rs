//! Any tokens in, tokens out: what does not make sense is an error in the expansion, never a panic.

use proc_macro2::TokenStream;
use proptest::prelude::*;

/// Pieces from which both sense and nonsense can be made.
const PIECES: [&str; 96] = [
    "async",
    "fn",
    "pub",
    "name",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "->",
    "u32",
    "Result",
    "<",
    ">",
    ",",
    ";",
    ":",
    "::",
    "=",
    "==",
    "=>",
    "+",
    "+=",
    "-",
    "*",
    "&",
    "&&",
    "||",
    "|",
    "!",
    "?",
    ".",
    "..",
    "..=",
    "'a",
    "'outer",
    "_",
    "let",
    "mut",
    "ref",
    "if",
    "else",
    "match",
    "loop",
    "while",
    "for",
    "in",
    "break",
    "continue",
    "return",
    "await",
    "task",
    "charge",
    "signal",
    "sleep",
    "sleep_until",
    "join",
    "try_join",
    "join_all",
    "select",
    "spawn",
    "compensate",
    "run_id",
    "\"text\"",
    "\"{x}\"",
    "\"\"",
    "5",
    "48h",
    "1.5",
    "99999999999999999999w",
    "0x10",
    "true",
    "x",
    "y",
    "self",
    "Self",
    "Some",
    "None",
    "Ok",
    "Err",
    "struct",
    "impl",
    "unsafe",
    "const",
    "static",
    "move",
    "as",
    "where",
    "#",
    "#[at(\"x\")]",
    "#[cfg(unix)]",
    "#[inject]",
    "timeout",
    "retries",
    "r#fn",
];

fn pieces(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..most)
        .prop_map(|pieces| pieces.join(" "))
}

/// Statements that mostly parse, so that the passes behind the parser see something too.
fn statement() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("charge(x).await".to_owned()),
        Just("signal!(\"go\" as u32, 48h).await".to_owned()),
        Just("signal!(\"go\").await".to_owned()),
        Just("sleep!(5m).await".to_owned()),
        Just("x".to_owned()),
        Just("&x".to_owned()),
        Just("y.len()".to_owned()),
        Just("format!(\"{x}\")".to_owned()),
        Just("break".to_owned()),
        Just("continue 'outer".to_owned()),
        Just("return x".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} + {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{ let x = {a}; {b} }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("if {a} {{ {b} }} else {{ x }}")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("match {a} {{ Some(y) => {b}, _ => x }}")),
            inner.clone().prop_map(|a| format!("'outer: loop {{ let y = {a}; x = y; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("for x in {a} {{ {b}; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("while let Ok(x) = {a} {{ {b}; }}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("charge({a}, {b}).await?")),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| format!("join!(charge({a}), charge({b})).await")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!(
                "select! {{ y = charge({a}) => {b}, _ = sleep!(1h) => x }}.await"
            )),
            (inner.clone(), inner)
                .prop_map(|(a, b)| format!("{{ let Some(y) = {a} else {{ return x }}; y = {b}; y }}")),
        ]
    })
}

fn compile_both(options: &str, item: &str) {
    let (Ok(options), Ok(item)) = (options.parse::<TokenStream>(), item.parse::<TokenStream>()) else {
        return;
    };
    let _ = crate::task::compile(options.clone(), &item).to_string();
    let _ = crate::workflow::compile(options, &item).to_string();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_tokens_make_the_attributes_panic(options in pieces(8), item in pieces(40)) {
        compile_both(&options, &item);
    }

    #[test]
    fn no_body_makes_the_attributes_panic(body in pieces(40)) {
        compile_both("", &format!("async fn name(x: u32, y: String) -> u32 {{ {body} }}"));
    }

    #[test]
    fn no_statements_make_the_attributes_panic(first in statement(), second in statement()) {
        compile_both("", &format!("async fn name(mut x: u32, y: String) -> u32 {{ {first}; {second} }}"));
    }

    #[test]
    fn no_head_makes_the_attributes_panic(head in pieces(20)) {
        compile_both("", &format!("{head} async fn name({head}) -> {head} {{ charge(x).await }}"));
    }
}
