//! Operations that speak to the engine: runs that are started, tasks that are remembered, the run's own id.

use super::Writer;
use super::code::{Code, Known};
use super::types::Ty;

impl Writer {
    /// `compensate!(..)`, without its semicolon.
    pub(crate) fn remembered(&mut self) -> Option<String> {
        if self.opaque > 0 {
            return None;
        }
        let n = self.leaf(&Ty::Int).value();
        if self.rng.chance(60) {
            return Some(format!("compensate!(undo({n}))"));
        }
        // A text is moved into it, or cloned.
        let text = self.leaf(&Ty::Text).value();
        Some(format!("compensate!(undo_both({text}, {n}))"))
    }

    /// `spawn!(..).await`, as far as it gives this type.
    pub(crate) fn spawned(&mut self, ty: &Ty) -> Option<Code> {
        let n = self.leaf(&Ty::Int);
        let id = match self.rng.below(3) {
            0 => "\"side\"".to_owned(),
            1 => format!("format!(\"side {{:?}}\", {})", n.value()),
            _ => "format!(\"{}-side\", run_id!())".to_owned(),
        };
        let spawn = format!("spawn!({id}, gather({})).await", self.leaf(&Ty::Int).value());
        Some(Code::atom(match ty {
            Ty::Text if self.can_try() && self.rng.chance(60) => format!("{spawn}?.to_string()"),
            Ty::Text => format!("{spawn}.map_or_else(|taken| taken.to_string(), |id| id.to_string())"),
            Ty::Bool => format!("{spawn}.is_ok()"),
            _ => return None,
        }))
    }

    /// A wait for a point in time.
    pub(crate) fn until(&mut self) -> String {
        let moment = self.opaquely(|w| w.frozen(|w| w.expr(&Ty::Int, 1).value()));
        format!("sleep_until!(moment({moment})).await;\n")
    }

    /// A signal together with who sent it, kept for a while.
    pub(crate) fn received(&mut self) -> Option<String> {
        if !self.can_await() {
            return None;
        }
        self.awaits += 1;
        let got = self.unique("got");
        let fresh = *self.rng.one_of(&["", ", fresh"]);
        let pause = self.pause().unwrap_or_default();
        let read = self.fresh_name(&[]);
        self.declare(&read, &Ty::Int, false, Known::Fully);
        Some(format!(
            "let {got} = signal!(\"int-go\" as Received<i64>{fresh}).await;\n{pause}\
            trace!(\"{{:?}} {{:?}}\", {got}.by, {got}.at);\nlet {read} = {got}.payload;\n"
        ))
    }
}
