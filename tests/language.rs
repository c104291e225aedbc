//! What the compiler accepts: each body runs to its end with a round trip through JSON at every suspension.
mod support;

use sayiir::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use support::drive;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Approval {
    approver: String,
    approved: bool,
}

#[derive(Debug, PartialEq, thiserror::Error)]
enum Failure {
    #[error("odd: {0}")]
    Odd(u32),
    #[error(transparent)]
    Timeout(#[from] Timeout),
}

#[task]
async fn double(n: u32) -> u32 {
    n * 2
}

#[task]
async fn halve(n: u32) -> Result<u32, Failure> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err(Failure::Odd(n)) }
}

#[task]
async fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[task]
async fn nothing() {}

#[workflow]
async fn straight(n: u32) -> u32 {
    let a = double(n).await;
    let b = double(a).await;
    a + b
}

#[test]
fn values_live_across_awaits() {
    let (output, waits) = drive::<straight>((3,), vec![]);
    assert_eq!(output, 18);
    assert_eq!(waits, ["Double", "Double2"]);
}

#[workflow]
async fn inferred(words: Vec<String>) -> String {
    let lengths = words.iter().map(|word| word.len()).collect::<Vec<_>>();
    let total = lengths.iter().sum::<usize>() as f64;
    let mut seen = Vec::new();
    let ok = signal!("go" as bool).await;
    seen.push(ok);
    nothing().await;
    seen.push(!ok);
    format!("{total:.1} {:?} {seen:?}", lengths.len())
}

#[test]
fn types_of_saved_variables_are_inferred() {
    let words = vec!["ab".to_owned(), "cde".to_owned()];
    let (output, waits) = drive::<inferred>((words,), vec![("go", Some(json!(true)))]);
    assert_eq!(output, "5.0 2 [true, false]");
    assert_eq!(waits, ["Go", "Nothing"]);
}

#[workflow]
async fn approval(amount: u32) -> Result<String, Failure> {
    let pending = halve(amount).await?;
    let decision: Result<Approval, Timeout> = signal!("manager_approval", 48h).await;
    let approval = match decision {
        Ok(approval) => approval,
        Err(_timeout) => {
            nothing().await;
            signal!("director_approval" as Approval, 72h).await?
        }
    };
    if !approval.approved {
        return Ok(format!("rejected by {}", approval.approver));
    }
    let paid = add(pending, 1).await;
    Ok(format!("{} by {}", paid, approval.approver))
}

#[test]
fn the_main_program_takes_each_of_its_ways() {
    let yes = json!({"approver": "bob", "approved": true});
    let no = json!({"approver": "eve", "approved": false});
    let (output, _) = drive::<approval>((8,), vec![("manager_approval", Some(yes.clone()))]);
    assert_eq!(output, Ok("5 by bob".into()));
    let (output, _) = drive::<approval>((8,), vec![("manager_approval", Some(no.clone()))]);
    assert_eq!(output, Ok("rejected by eve".into()));
    let script = vec![("manager_approval", None), ("director_approval", Some(yes))];
    let (output, waits) = drive::<approval>((8,), script);
    assert_eq!(output, Ok("5 by bob".into()));
    assert_eq!(waits, ["Halve", "ManagerApproval", "Nothing", "DirectorApproval", "Add"]);
    let (output, _) = drive::<approval>((8,), vec![("manager_approval", None), ("director_approval", None)]);
    assert!(output.is_err_and(|error| error.to_string().contains("timeout")));
    let (output, waits) = drive::<approval>((7,), vec![]);
    assert_eq!(output, Err(Failure::Odd(7)));
    assert_eq!(waits, ["Halve"]);
}

#[workflow]
async fn loops(limit: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let mut n = 0;
    'outer: loop {
        n += 1;
        if n % 2 == 0 {
            continue;
        }
        let mut inner = n;
        while double(inner).await < limit {
            inner += 1;
            if inner > 100 {
                break 'outer;
            }
        }
        found.push(inner);
        if found.len() == 3 {
            break;
        }
    }
    let last = loop {
        let value = double(n).await;
        if value > 3 {
            break value;
        }
        n += 1;
    };
    found.push(last);
    found
}

#[test]
fn loops_break_and_continue_as_in_rust() {
    let (output, _) = drive::<loops>((8,), vec![]);
    assert_eq!(output, vec![4, 4, 5, 10]);
}

#[workflow]
async fn shadowed(x: u32) -> String {
    let y = x + 1;
    {
        let x = format!("inner {x}");
        let y = double(y).await;
        {
            let x = x.len();
            nothing().await;
            assert_eq!(x, 7);
        }
        assert_eq!(x, "inner 1");
        assert_eq!(y, 4);
    }
    let x = x + y;
    let kept = double(x).await;
    format!("{x} {y} {kept}")
}

#[test]
fn shadowed_variables_come_back() {
    let (output, _) = drive::<shadowed>((1,), vec![]);
    assert_eq!(output, "3 2 6");
}

#[workflow]
async fn hoisted(n: u32) -> Result<u32, Failure> {
    let log = [add(double(n).await, halve(4).await?).await, n];
    let total = log[0] + double(log[1]).await * 2;
    let both = double(1).await == 2 && double(total).await > 3;
    let pair = (double(1).await, n, double(2).await);
    let text = format!("{:?}", pair).len() as u32;
    Ok(if both { total + pair.2 + text } else { add(0, 0).await })
}

#[test]
fn awaits_stand_wherever_an_expression_may() {
    let (output, _) = drive::<hoisted>((3,), vec![]);
    assert_eq!(output, Ok(8 + 12 + 4 + 9));
}

#[workflow]
async fn patterns(input: Option<u32>) -> Result<u32, Failure> {
    let Some(first) = input else {
        return Ok(double(1).await);
    };
    let value = if let Ok(half) = halve(first).await
        && half > 1
        && let doubled @ 1.. = double(half).await
    {
        doubled + half
    } else if first == 3 {
        33
    } else {
        return Err(Failure::Odd(first));
    };
    let mut rest = vec![value, 1];
    let mut sum = 0;
    while let Some(next) = rest.pop() {
        sum += double(next).await;
    }
    let extra = match halve(sum).await {
        Ok(half) if half > 1000 => half,
        Ok(_) | Err(Failure::Odd(_)) => 0,
        Err(error) => return Err(error),
    };
    Ok(sum + extra)
}

#[test]
fn patterns_and_chains_bind_as_in_rust() {
    assert_eq!(drive::<patterns>((None,), vec![]).0, Ok(2));
    assert_eq!(drive::<patterns>((Some(4),), vec![]).0, Ok(14));
    assert_eq!(drive::<patterns>((Some(3),), vec![]).0, Ok(68));
    assert_eq!(drive::<patterns>((Some(5),), vec![]).0, Err(Failure::Odd(5)));
}

#[workflow]
async fn each(names: Vec<String>) -> u32 {
    let mut total = 0;
    for (index, name) in names.into_iter().enumerate().collect::<Vec<_>>() {
        if name.is_empty() {
            continue;
        }
        total += add(index as u32, name.len() as u32).await;
        for n in 0..3u32 {
            total += double(n).await;
        }
    }
    total
}

#[test]
fn for_loops_save_their_iterator() {
    let names = vec!["a".to_owned(), String::new(), "ccc".to_owned()];
    assert_eq!(drive::<each>((names,), vec![]).0, 1 + 6 + 5 + 6);
}

#[workflow]
async fn child(n: u32) -> Result<u32, Failure> {
    let half = halve(n).await?;
    if half % 2 == 0 { child(half).await } else { Ok(half) }
}

#[workflow]
async fn parent(n: u32) -> Result<u32, Failure> {
    let odd = child(n).await?;
    Ok(add(odd, child(2).await?).await)
}

#[test]
fn workflows_call_each_other_and_themselves() {
    let (output, waits) = drive::<parent>((24,), vec![]);
    assert_eq!(output, Ok(4));
    assert_eq!(waits, ["Child", "Child", "Child", "Child2", "Add"]);
}

#[workflow]
async fn deferred(n: u32) -> u32 {
    let late;
    nothing().await;
    if n > 1 {
        late = double(n).await;
    } else {
        late = 0;
    }
    sleep!(5m).await;
    late + 1
}

#[test]
fn variables_may_get_their_value_later() {
    assert_eq!(drive::<deferred>((2,), vec![]).0, 5);
    assert_eq!(drive::<deferred>((1,), vec![]).0, 1);
}

#[workflow]
async fn joined(n: u32) -> Result<(u32, u32, bool), Failure> {
    let (a, go) = join!(double(n), signal!("go" as bool)).await;
    let (b, c) = try_join!(halve(a), child(4)).await?;
    Ok((a, b + c, go))
}

#[test]
fn joined_branches_are_kept_one_by_one() {
    let (output, waits) = drive::<joined>((3,), vec![("go", Some(json!(true)))]);
    assert_eq!(output, Ok((6, 4, true)));
    assert_eq!(waits, ["DoubleAndGo", "DoubleAndGo", "HalveAndChild", "HalveAndChild", "HalveAndChild"]);
}

#[workflow]
async fn priced(items: Vec<u32>, factor: u32) -> Result<u32, Failure> {
    let doubled = join_all!(item in items.clone() => double(item), max = 2).await;
    let none: Vec<u32> = join_all!(item in Vec::new() => double(item)).await;
    let halves =
        try_join_all!(item in doubled.iter().map(|n| n * factor).collect::<Vec<_>>() => halve(item)).await?;
    Ok(halves.into_iter().sum::<u32>() + none.len() as u32)
}

#[test]
fn one_operation_for_each_item() {
    assert_eq!(drive::<priced>((vec![1, 2, 3], 1), vec![]).0, Ok(6));
    assert_eq!(drive::<priced>((vec![], 1), vec![]).0, Ok(0));
}

#[workflow]
async fn first(n: u32) -> Result<String, Timeout> {
    let mut reminders = 0;
    let words = loop {
        select! {
            approval = signal!("approval" as Approval) => break format!("{} after {reminders}", approval.approver),
            escalated = signal!("escalate" as String, 2d) => {
                let to = escalated?;
                let doubled = double(n).await;
                reminders += doubled;
                if to.is_empty() {
                    continue;
                }
                break to;
            }
        }
        .await
    };
    Ok(words)
}

#[test]
fn the_first_arm_decides() {
    let yes = json!({"approver": "bob", "approved": true});
    assert_eq!(drive::<first>((1,), vec![("approval", Some(yes))]).0, Ok("bob after 0".into()));
}

#[workflow]
async fn in_time(n: u32) -> Result<u32, Failure> {
    let chosen: u32 = select! {
        doubled = double(n) => Ok(doubled),
        _ = sleep!(2d) => Err(Failure::Odd(n)),
    }
    .await?;
    let counted: u32 = loop {
        if double(chosen).await > 3 {
            break chosen + 1;
        }
    };
    Ok(counted)
}

#[test]
fn a_select_or_a_loop_gives_its_value_to_an_annotated_variable() {
    assert_eq!(drive::<in_time>((2,), vec![]).0, Ok(5));
}

#[workflow]
async fn named(n: u32) -> u32 {
    #[at("first_review")]
    let a = double(n).await;
    #[at("second_review")]
    double(a).await
}

#[test]
fn a_place_to_wait_can_be_named() {
    assert_eq!(drive::<named>((1,), vec![]).1, ["FirstReview", "SecondReview"]);
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    lines: Vec<(String, u32)>,
}

#[workflow]
async fn borrowed(order: Order, counts: Vec<u32>) -> String {
    let mut words = Vec::new();
    for (name, count) in &order.lines {
        words.push(format!("{name} {count}"));
        double(*count).await;
    }
    let mut sum = 0;
    for &count in &counts {
        sum += double(count).await + count;
    }
    format!("{} {} {sum} {}", words.join(","), order.lines.len(), run_id!())
}

#[workflow]
async fn borrowed_across(order: Order, rates: Vec<u32>) -> String {
    let mut words = Vec::new();
    for (name, count) in &order.lines {
        let doubled = double(*count).await;
        words.push(format!("{name} {count} {doubled}"));
        for rate in &rates {
            let cost = double(*rate * *count).await;
            words.push(format!("{} {rate} {cost}", name.len()));
            if cost > 20 {
                break;
            }
        }
        words.push(name.clone());
    }
    for line in &order.lines {
        double(line.1).await;
        if line.0.is_empty() {
            continue;
        }
        let count = double(1).await + line.1;
        words.push(format!("{}{count}", line.0));
    }
    words.join(", ")
}

#[test]
fn the_items_of_loops_over_references_are_there_behind_an_await() {
    let order = Order { lines: vec![("pens".into(), 2), ("ink".into(), 3)] };
    let words = "pens 2 4, 4 1 4, 4 5 20, 4 6 24, pens, ink 3 6, 3 1 6, 3 5 30, ink, pens4, ink5";
    assert_eq!(drive::<borrowed_across>((order, vec![1, 5, 6]), vec![]).0, words);
}

#[test]
fn for_loops_over_references_keep_a_position() {
    let order = Order { lines: vec![("a".into(), 1), ("b".into(), 2)] };
    assert_eq!(drive::<borrowed>((order, vec![1, 2]), vec![]).0, "a 1,b 2 2 9 test");
}

#[workflow]
async fn leaving(n: u32) -> String {
    let late: String;
    if double(n).await > 2 {
        late = double(n).await.to_string();
    } else {
        return "early".into();
    }
    let seen = late.len();
    nothing().await;
    format!("{late} {seen}")
}

#[workflow]
async fn overwritten(n: u32) -> u32 {
    let mut found = None;
    nothing().await;
    found = Some(double(n).await);
    found.unwrap_or(2)
}

#[workflow]
async fn raw(n: u32) -> String {
    let r#type = double(n).await;
    nothing().await;
    format!("{type}")
}

#[workflow]
async fn named_like_ours(n: u32) -> String {
    let mut entry: Vec<u32> = vec![n];
    let (state, step, leave) = (n, n + 1, n + 2);
    if let Some(entry) = Some(double(n).await) {
        nothing().await;
        assert_eq!(entry, 2 * n);
    }
    entry.push(state + step + leave);
    format!("{entry:?}")
}

#[test]
fn cases_found_by_the_differential_suite() {
    assert_eq!(drive::<leaving>((2,), vec![]).0, "4 1");
    assert_eq!(drive::<leaving>((1,), vec![]).0, "early");
    assert_eq!(drive::<overwritten>((2,), vec![]).0, 4);
    assert_eq!(drive::<raw>((2,), vec![]).0, "4");
    assert_eq!(drive::<named_like_ours>((2,), vec![]).0, "[2, 9]");
}

#[workflow]
async fn configured(n: u32) -> u32 {
    let mut total = n;
    #[cfg(not(any()))]
    let extra = double(n).await;
    #[cfg(any())]
    let extra = not_there(n).await;
    #[cfg(any())]
    nowhere().await;
    nothing().await;
    #[cfg(not(any()))]
    {
        total += double(total).await;
    }
    total + extra
}

#[test]
fn statements_can_be_configured_away() {
    let (output, waits) = drive::<configured>((2,), vec![]);
    assert_eq!(output, 10);
    assert_eq!(waits, ["Double", "Nothing", "Double2"]);
}

#[workflow]
async fn left_from_macros(n: u32) -> anyhow::Result<u32> {
    let doubled = double(n).await;
    anyhow::ensure!(doubled < 10, "{doubled} is too much");
    let checked = vec![if doubled == 2 { return Ok(0) } else { u8::try_from(n)? }];
    let more = double(u32::from(checked[0])).await;
    Ok(doubled + more)
}

#[test]
fn the_arguments_of_macros_leave_the_workflow_as_in_rust() {
    let left = |n| drive::<left_from_macros>((n,), vec![]).0;
    assert_eq!(left(3).expect("neither too much nor too little"), 12);
    assert_eq!(left(1).expect("it returned early"), 0);
    assert_eq!(left(7).expect_err("it was ensured").to_string(), "14 is too much");
}
