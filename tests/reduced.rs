//! What the differential suite found, reduced: each body runs to its end with a round trip at every suspension.
#![allow(
    clippy::similar_names,
    unused_variables,
    reason = "shadowing is what some of these bodies are about"
)]

mod support;

use sayiir::prelude::*;
use support::drive;

#[task]
async fn number(n: i64) -> i64 {
    n + 1
}

#[workflow]
async fn hidden_twice(s: String) -> String {
    let mut turns = 0;
    while turns < 2 {
        let s = number(turns).await;
        let s = Some(s);
        turns = s.unwrap_or(9);
    }
    s
}

#[test]
fn a_variable_hidden_twice_in_one_scope_comes_back() {
    assert_eq!(drive::<hidden_twice>(("kept".to_owned(),), vec![]).0, "kept");
}

#[workflow]
async fn names_of_ours(entry: String, number_output: i64) -> String {
    let state = 1;
    for step in vec![2, 3] {
        let entry = number(step).await;
        let state = entry + number(state).await;
        let number_output = state + number(entry).await;
        assert_eq!(number_output, state + entry + 1);
    }
    format!("{entry} {state} {number_output}")
}

#[test]
fn variables_may_be_named_like_those_of_the_compiler() {
    let (output, _) = drive::<names_of_ours>(("kept".to_owned(), 7), vec![]);
    assert_eq!(output, "kept 1 7");
}

struct Numbers {
    first: i64,
}

fn traced(what: &str, order: &mut Vec<String>) -> usize {
    order.push(what.to_owned());
    0
}

#[workflow]
async fn changed_later(mut x: i64) -> Vec<i64> {
    let method = x.max({
        x += 5;
        number(x).await - 100
    });
    let compared = x < {
        x += 1;
        number(x).await - 1
    };
    let mut numbers = [x, 0];
    let indexed = numbers[0].max({
        numbers[0] = 100;
        number(1).await
    });
    vec![method, i64::from(compared), indexed]
}

#[test]
fn an_operand_that_changes_later_keeps_its_value() {
    assert_eq!(drive::<changed_later>((1,), vec![]).0, [1, 1, 7]);
}

#[workflow]
async fn places(numbers: Vec<i64>) -> String {
    let mut order = Vec::new();
    let less = numbers[traced("index", &mut order)]
        < number({
            traced("argument", &mut order);
            7
        })
        .await;
    let field = Numbers { first: traced("field", &mut order) as i64 }.first == number(-1).await;
    format!("{less} {field} {}", order.join(" "))
}

#[test]
fn the_index_of_a_place_is_evaluated_before_a_later_await() {
    assert_eq!(drive::<places>((vec![1],), vec![]).0, "true true index argument field");
}

#[workflow]
async fn late_in_a_loop(mut x: i64) -> i64 {
    loop {
        let late;
        x = number(x).await;
        if x < 3 {
            late = 1;
        } else {
            late = x;
        }
        if x > 4 {
            break late;
        }
    }
}

#[test]
fn a_variable_declared_without_a_value_has_none_in_the_next_turn() {
    assert_eq!(drive::<late_in_a_loop>((0,), vec![]).0, 5);
}

#[task]
async fn maybe(n: i64) -> Option<i64> {
    Some(n)
}

#[workflow]
#[allow(unreachable_code, reason = "that is the case")]
async fn never_there(n: i64) -> i64 {
    let found = Some(if n > 1 {
        maybe(n).await
    } else {
        if n > 0 {
            return 10;
        } else {
            return 20;
        }
        None
    });
    found.flatten().unwrap_or(3)
}

#[test]
fn a_value_behind_code_that_always_leaves_still_has_its_type() {
    assert_eq!(drive::<never_there>((2,), vec![]).0, 2);
    assert_eq!(drive::<never_there>((1,), vec![]).0, 10);
    assert_eq!(drive::<never_there>((0,), vec![]).0, 20);
}

#[workflow]
async fn configured_arm(n: i64) -> i64 {
    select! {
        _ = number(n) => {
            #[cfg(any())]
            let missing = not_there().await;
            #[cfg(not(any()))]
            let found = number(n + 1).await;
            found
        },
        _ = sleep!(2d) => 0,
    }
    .await
}

#[test]
fn conditions_hold_in_the_arms_of_a_select() {
    assert_eq!(drive::<configured_arm>((1,), vec![]).0, 3);
}

#[task]
async fn place(n: i64) -> usize {
    usize::try_from(n).unwrap_or_default()
}

#[workflow]
async fn assigned_places(mut at: i64) -> [i64; 3] {
    let mut numbers = [0; 3];
    numbers[place(at).await] = {
        at += 1;
        7
    };
    numbers[place(at).await] += {
        at -= 2;
        at + 5
    };
    numbers
}

#[test]
fn what_is_assigned_is_evaluated_before_an_await_in_the_place() {
    assert_eq!(drive::<assigned_places>((1,), vec![]).0, [5, 0, 7]);
}

#[workflow]
async fn late_pairs(n: i64) -> i64 {
    let late;
    let (x, y);
    (late, _) = (number(n).await, 2);
    number(1).await;
    [x, y] = [number(late).await, late];
    number(1).await;
    late + x + y
}

#[test]
fn several_variables_may_get_their_first_values_at_once() {
    assert_eq!(drive::<late_pairs>((1,), vec![]).0, 7);
}

#[workflow]
async fn named_like_hidden(a: i64) -> String {
    let inner = {
        let a = number(a).await;
        format!("{a} {}", a, a = a + 10)
    };
    let shown = if let Some(a) = Some(a + 1)
        && number(a).await > 0
    {
        format!("{a} {{inner}}")
    } else {
        String::new()
    };
    format!("{a} {inner} {shown}")
}

#[test]
fn an_argument_of_a_format_string_may_be_named_like_a_variable_that_hides_another() {
    assert_eq!(drive::<named_like_hidden>((1,), vec![]).0, "1 12 2 2 {inner}");
}

#[workflow]
async fn left_from_an_operation(mut n: i64) -> i64 {
    let mut turns = 0;
    loop {
        turns += 1;
        let length = std::time::Duration::from_secs(60);
        sleep!(if n > 2 { break } else { length }).await;
        let (next, _) = join!(
            number(n),
            number(match turns {
                2 => continue,
                other => other,
            })
        )
        .await;
        n = next;
    }
    turns * 10 + n
}

#[test]
fn a_loop_is_left_from_the_arguments_of_an_operation() {
    assert_eq!(drive::<left_from_an_operation>((1,), vec![]).0, 43);
}

mod elsewhere {
    #[derive(Debug, serde::Serialize, serde::Deserialize)]
    pub(super) enum Kind {
        Big,
        Small(i64),
    }
}

#[workflow]
async fn imports(n: i64) -> String {
    use elsewhere::*;
    use std::collections::BTreeMap as Map;
    let mut map: Map<i64, String> = Map::new();
    let kind: Kind = if n > 5 { Kind::Big } else { Kind::Small(number(n).await) };
    map.insert(number(n).await, "two".to_owned());
    number(1).await;
    format!("{map:?} {kind:?}")
}

#[test]
fn types_that_the_body_imports_are_stored() {
    assert_eq!(drive::<imports>((1,), vec![]).0, "{2: \"two\"} Small(2)");
}

#[task]
async fn small(n: u8) -> u8 {
    n + 1
}

#[workflow]
async fn counted(numbers: Vec<i64>) -> i64 {
    let mut sum = 0;
    for at in 0..2 {
        sum += number(numbers[at]).await;
    }
    for n in 1..=2 {
        sum += i64::from(small(n).await);
    }
    for n in 0..3 {
        number(1).await;
        sum += n;
    }
    sum
}

#[test]
fn the_type_of_a_range_comes_from_the_use_of_its_numbers() {
    assert_eq!(drive::<counted>((vec![1, 2],), vec![]).0, 13);
}

#[workflow]
async fn hidden_by_configuration(total: Vec<i64>) -> i64 {
    #[cfg(not(any()))]
    let mut total: i64 = total.iter().sum();
    number(total).await;
    total += 1;
    number(total).await + total
}

#[test]
fn what_would_be_wrong_in_a_configuration_that_does_not_hold_is_not_reported() {
    assert_eq!(drive::<hidden_by_configuration>((vec![1, 2],), vec![]).0, 9);
}

#[workflow]
async fn texts_with_braces(name: i64) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(name) = Some(number(name).await) {
        texts.extend(vec!["{name}".to_owned(), format!("{name}")]);
        assert!(!matches!(texts[0].as_str(), "{name}?"), "{name} {:?}", ["{name}"]);
        number(name).await;
    }
    texts.push(name.to_string());
    texts
}

#[test]
fn a_text_with_braces_is_a_format_string_only_where_something_formats() {
    assert_eq!(drive::<texts_with_braces>((1,), vec![]).0, ["{name}", "2", "1"]);
}
