//! The diagrams of workflows: the user's words, and nothing of what the compiler makes of them.

use super::BODIES;
use crate::diagnostics::Errors;
use crate::workflow::diagram;

/// Bodies in which the compiler puts code of its own in the place of the user's.
const MORE: [(&str, &str); 9] = [
    (
        "items",
        "async fn items(orders: Vec<Order>) -> u32 { for (n, order) in &orders { pack(order.id, n).await; } for n in 0..count().await { pack(n, n).await; } 1 }",
    ),
    (
        "race",
        "async fn race() -> u32 { select! { x = signal!(\"x\" as u32) => x, y = charge(1) => y, _ = sleep!(3d) => 0, _ = sleep_until!(due()) => { 2 } }.await }",
    ),
    (
        "race_for_value",
        "async fn race_for_value() -> u32 { let w = wait().await; let v = select! { x = signal!(\"x\" as u32, 1h) => { t(1).await; x }, _ = sleep!(w) => Ok(0) }.await; v.unwrap() }",
    ),
    (
        "conditions",
        "async fn conditions(n: u32) -> u32 { while t(n).await { if n > 3 { break; } } if let Ok(x) = signal!(\"x\" as u32, 1d).await { return x; } if t(1).await && !t(2).await || t(n).await == t(3).await { 1 } else { 2 } }",
    ),
    (
        "tries",
        "async fn tries(n: u32) -> Result<u32, Failure> { if t(n).await? { return Ok(u(n).await?); } let Ok(x) = v(n).await? else { return Err(Failure::Late) }; match v(x).await? { Ok(n) if n > 3 => Ok(n), Err(e) | Ok(e) => { w(e).await? } } }",
    ),
    (
        "shadowed",
        "async fn shadowed(n: u32) -> u32 { if let Some(n) = t(n).await { if n > 1 { u(n).await; } match n { n if n > 3 => { u(n).await; } n => { u(n).await; } } } n }",
    ),
    (
        "ends",
        "async fn ends(n: u32) { if n > 1 { t(n).await; } else if n > 2 { let x = n; drop(x); return; } else { panic!(\"no\"); } }",
    ),
    (
        "values",
        "async fn values(n: u32) -> u32 { let x = 'a: { if n > 1 { break 'a t(n).await; } loop { break u(n).await + if t(n).await { 1 } else { 2 }; } }; if x > 1 { t(x).await } else { let y = x + 1; y } }",
    ),
    (
        "tails",
        "async fn tails(n: u32) -> bool { compensate!(undo(n)); let audit = spawn!(id(n), other(n)).await.is_ok(); join_all!(x in list(n) => t(x)).await; try_join!(t(n), u(n)).await.is_ok() || t(n).await }",
    ),
];

#[test]
fn a_diagram_has_the_words_of_the_user_only() {
    for (name, item) in BODIES.into_iter().chain(MORE) {
        let mut errors = Errors::default();
        let drawn = diagram(&super::tokens(item), &mut errors).unwrap_or_default();
        assert!(errors.is_empty(), "{name}: {:?}", errors.messages());
        for generated in
            ["__", "sayiir", "_output", "_item", "_value", "_operand", "_inner", "await", "unreachable"]
        {
            let foreign = drawn.replace(name, "").contains(generated);
            assert!(!foreign, "{name} speaks of `{generated}`:\n{drawn}");
        }
        insta::assert_snapshot!(format!("diagram_{name}"), drawn, item);
    }
}
