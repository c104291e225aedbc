//! Writes random function bodies. One file holds one family of constructs; all draw from one seeded sequence.
//!
//! Whatever is written compiles as a plain async function: names are in scope, types fit, what is borrowed does not move,
//! loops end. Nothing is in it that a workflow may refuse: references across an await other than items of loops, values that JSON cannot hold.

mod arrays;
mod assignments;
mod awaits;
mod bindings;
mod bools;
mod branches;
mod choices;
mod closures;
mod code;
mod combined;
mod containers;
mod expressions;
mod ints;
mod items;
mod jumps;
mod loops;
mod macros;
mod operations;
mod order;
mod patterns;
mod records;
mod references;
mod scope;
mod statements;
mod texts;
mod types;
mod values;

use crate::rng::Rng;
use code::Known;
use items::Item;
use jumps::Target;
use scope::Variable;
use types::Ty;

/// How many awaits one function may have: what a body costs rustc grows faster than they do.
const AWAITS: u32 = 14;

/// The parameters of the child workflow.
const KID: &str = "fuel: i64, mut n: i64, (s, flagged): (String, bool)";

/// How its plain form begins, which calls itself through a box.
const BOXED: &str = "fn kid(fuel: i64, n: i64, pair: (String, bool)) \
    -> std::pin::Pin<Box<dyn Future<Output = Result<i64, Failure>>>> {\n\
    Box::pin(undoing(unboxed(fuel, n, pair)))\n}\n\
    async fn unboxed(fuel: i64, mut n: i64, (s, flagged): (String, bool)";

/// The text of a body, with `#[workflow]` in the line before each function.
pub(crate) struct Body(String);

/// Writes the body with this number.
pub(crate) fn body(seed: u64, number: u64) -> Body {
    let mut rng = Rng::of(seed, number);
    let mut text = String::new();
    let child = rng.chance(25);
    if child {
        let mut writer = Writer::new(rng.number(), Ty::result(Ty::Int), 12);
        writer.child = Some("fuel - 1");
        text += &writer.function(
            "kid",
            KID,
            &[("n", Ty::Int, true), ("s", Ty::Text, false), ("flagged", Ty::Bool, false)],
        );
    }
    let output = Ty::output(&mut rng);
    let size = 24 + rng.below(40);
    let mut writer = Writer::new(rng.number(), output, size.cast_signed());
    writer.child = child.then_some("2");
    let head = if rng.chance(50) {
        "n: i64, mut s: String, v: Vec<i64>, (x, flagged): (i64, bool)"
    } else {
        "mut n: i64, s: String, mut v: Vec<i64>, (mut x, flagged): (i64, bool)"
    };
    let mutable = head.starts_with("mut");
    text += &writer.function(
        "body",
        head,
        &[
            ("n", Ty::Int, mutable),
            ("s", Ty::Text, !mutable),
            ("v", Ty::list(Ty::Int), mutable),
            ("x", Ty::Int, mutable),
            ("flagged", Ty::Bool, false),
        ],
    );
    Body(text)
}

impl Body {
    /// As it is shown to people.
    pub(crate) fn text(&self) -> String {
        code::indented(&self.0)
    }

    /// The module that is compiled.
    pub(crate) fn module(&self, seed: u64, number: u64) -> String {
        let durable = self.text();
        let plain: String = durable
            .lines()
            .filter(|line| *line != "#[workflow]" && !line.trim_start().starts_with("#[at("))
            .map(|line| format!("{line}\n"))
            .collect();
        let plain = plain.replace(&format!("pub async fn kid({KID}"), BOXED);
        format!(
            "//! Seed {seed}, body {number}.\n\
            use sayiir_differential::case::{{Case, at_once, through_json}};\n\
            pub(crate) const CASE: Case = Case {{\n\
                seed: {seed},\n\
                number: {number},\n\
                source: include_str!(\"body_{number}.txt\"),\n\
                plain: |(n, s, v, x)| format!(\"{{:?}}\", at_once(plain::body(n, s, v, x))),\n\
                durable: |input| format!(\"{{:?}}\", through_json::<durable::body>(input)),\n\
            }};\n\
            mod plain {{\nuse sayiir_differential::plain::*;\n{plain}}}\n\
            mod durable {{\nuse sayiir_differential::durable::*;\n{durable}}}\n"
        )
    }
}

/// Writes one function.
pub(crate) struct Writer {
    pub(crate) rng: Rng,
    pub(crate) variables: Vec<Variable>,
    pub(crate) targets: Vec<Target>,
    pub(crate) output: Ty,
    /// How many more constructs may be written.
    pub(crate) budget: i32,
    pub(crate) awaits: u32,
    /// Where nothing can be awaited: closures, guards, arguments of macros.
    pub(crate) opaque: u32,
    /// Where nothing can jump or return: closures, guards.
    pub(crate) sealed: u32,
    /// Where no variable may change.
    pub(crate) frozen: u32,
    /// How many loops and closures are around.
    pub(crate) loops: u32,
    pub(crate) labels: u32,
    /// How many targets are outside of the condition that is written at the moment.
    pub(crate) conditions: usize,
    /// How many blocks are around.
    pub(crate) depth: u32,
    /// Constants and functions that are in scope.
    pub(crate) items: Vec<Item>,
    /// How much deeper the child workflow `kid` may go, if there is one.
    pub(crate) child: Option<&'static str>,
}

impl Writer {
    fn new(seed: u64, output: Ty, budget: i32) -> Self {
        Self {
            rng: Rng::new(seed),
            variables: Vec::new(),
            targets: Vec::new(),
            output,
            budget,
            awaits: 0,
            opaque: 0,
            sealed: 0,
            frozen: 0,
            loops: 0,
            labels: 0,
            conditions: 0,
            depth: 0,
            items: Vec::new(),
            child: None,
        }
    }

    fn function(&mut self, name: &str, head: &str, parameters: &[(&str, Ty, bool)]) -> String {
        for (name, ty, mutable) in parameters {
            self.declare(name, ty, *mutable, Known::Fully);
        }
        let output = self.output.clone();
        // A workflow that calls itself waits for something first.
        let mut statements = if name == "kid" { "nothing().await;\n".to_owned() } else { String::new() };
        while self.budget > 0 {
            statements += &self.statement(3);
        }
        statements += &self.trace_all();
        let tail = self.tail(&output);
        format!(
            "#[workflow]\npub async fn {name}({head}) -> {} {{\n{statements}{tail}\n}}\n",
            output.source()
        )
    }

    /// Whether an await may stand here.
    pub(crate) fn can_await(&self) -> bool {
        self.opaque == 0 && self.awaits < AWAITS
    }

    /// Whether `?` on a `Result` may stand here.
    pub(crate) fn can_try(&self) -> bool {
        self.sealed == 0 && matches!(self.output, Ty::Result(_))
    }

    /// Whether `?` on an `Option` may stand here.
    pub(crate) fn can_try_option(&self) -> bool {
        self.sealed == 0 && matches!(self.output, Ty::Option(_))
    }

    /// Code in which nothing is awaited.
    pub(crate) fn opaquely<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        self.opaque += 1;
        let result = body(self);
        self.opaque -= 1;
        result
    }

    /// Code out of which nothing jumps, in which nothing is awaited and no variable of outside moves or changes.
    pub(crate) fn sealed<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        self.opaque += 1;
        self.sealed += 1;
        self.frozen += 1;
        self.loops += 1;
        let result = body(self);
        self.loops -= 1;
        self.frozen -= 1;
        self.sealed -= 1;
        self.opaque -= 1;
        result
    }
}

/// Only for readers of this module: what a table of constructs holds.
pub(crate) type Maker = fn(&mut Writer, &Ty, u32) -> Option<code::Code>;
