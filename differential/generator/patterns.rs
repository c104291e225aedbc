//! Patterns for a type, with the variables they bind.

use super::Writer;
use super::scope::Bound;
use super::types::Ty;

impl Writer {
    fn bind(&mut self, ty: &Ty, bound: &mut Vec<Bound>) -> String {
        let name = self.fresh_name(bound);
        let mutable = self.rng.chance(30);
        bound.push(Bound { name: name.clone(), ty: ty.clone(), mutable });
        if mutable { format!("mut {name}") } else { name }
    }

    /// A pattern that always matches.
    pub(crate) fn irrefutable(&mut self, ty: &Ty, bound: &mut Vec<Bound>) -> String {
        if self.rng.chance(10) {
            return "_".into();
        }
        match ty {
            Ty::Pair(first, second) if self.rng.chance(75) => {
                let first = self.irrefutable(first, bound);
                let second = self.irrefutable(second, bound);
                format!("({first}, {second})")
            }
            Ty::Point if self.rng.chance(60) => self.point_pattern(bound),
            _ => self.bind(ty, bound),
        }
    }

    fn point_pattern(&mut self, bound: &mut Vec<Bound>) -> String {
        let free = |name: &str, bound: &[Bound]| !bound.iter().any(|known| known.name == name);
        if self.rng.chance(40) && free("x", bound) {
            bound.push(Bound { name: "x".into(), ty: Ty::Int, mutable: false });
            return "Point { x, .. }".into();
        }
        let x = self.bind(&Ty::Int, bound);
        let label = self.bind(&Ty::Text, bound);
        format!("Point {{ x: {x}, label: {label} }}")
    }

    /// A pattern that may not match. For a type without such patterns, one that always does.
    pub(crate) fn refutable(&mut self, ty: &Ty, bound: &mut Vec<Bound>) -> String {
        match ty {
            Ty::Int => self.int_pattern(bound),
            Ty::Bool => (*self.rng.one_of(&["true", "false"])).to_owned(),
            Ty::Option(inner) => {
                if self.rng.chance(20) {
                    return "None".into();
                }
                let inner = self.either(inner, bound);
                format!("Some({inner})")
            }
            Ty::Result(inner) => match self.rng.below(5) {
                0 => {
                    let failure = self.bind(&Ty::Failure, bound);
                    format!("Err({failure})")
                }
                1 => {
                    let n = self.either(&Ty::Int, bound);
                    format!("Err(Failure::Odd({n}))")
                }
                2 if **inner == Ty::Int => {
                    let n = self.fresh_name(bound);
                    bound.push(Bound { name: n.clone(), ty: Ty::Int, mutable: false });
                    format!("Ok({n}) | Err(Failure::Odd({n}))")
                }
                _ => {
                    let inner = self.either(inner, bound);
                    format!("Ok({inner})")
                }
            },
            Ty::Shape => self.shape_pattern(bound),
            Ty::Pair(first, second) => {
                let first = self.either(first, bound);
                let second = self.either(second, bound);
                format!("({first}, {second})")
            }
            Ty::Unit | Ty::Text | Ty::List(_) | Ty::Failure | Ty::Point | Ty::Boxed | Ty::Borrowed(_) => {
                self.irrefutable(ty, bound)
            }
        }
    }

    fn either(&mut self, ty: &Ty, bound: &mut Vec<Bound>) -> String {
        if self.rng.chance(30) { self.refutable(ty, bound) } else { self.irrefutable(ty, bound) }
    }

    fn int_pattern(&mut self, bound: &mut Vec<Bound>) -> String {
        let low = self.rng.below(5);
        match self.rng.below(4) {
            0 => format!("{low}"),
            1 => format!("-3..={low}"),
            2 => format!("{low} | -1 | 7.."),
            _ => {
                let name = self.bind(&Ty::Int, bound);
                format!("{name} @ ..={low}")
            }
        }
    }

    fn shape_pattern(&mut self, bound: &mut Vec<Bound>) -> String {
        match self.rng.below(7) {
            0 => "Shape::Dot".into(),
            1 => {
                let n = self.either(&Ty::Int, bound);
                format!("Shape::Line({n})")
            }
            2 => {
                let (w, name) = (self.either(&Ty::Int, bound), self.irrefutable(&Ty::Text, bound));
                format!("Shape::Rect {{ w: {w}, name: {name} }}")
            }
            3 => {
                let n = self.refutable(&Ty::option(Ty::Int), bound);
                format!("Shape::Perhaps({n})")
            }
            4 => {
                let n = self.fresh_name(bound);
                bound.push(Bound { name: n.clone(), ty: Ty::Int, mutable: false });
                format!(
                    "Shape::Line({n}) | Shape::Rect {{ w: {n}, .. }} | Shape::Both(_, {n}) | Shape::Perhaps(Some({n}))"
                )
            }
            5 => {
                let name = self.bind(&Ty::Shape, bound);
                format!("{name} @ (Shape::Line(_) | Shape::Perhaps(_))")
            }
            _ => {
                let (inner, n) = (self.bind(&Ty::Boxed, bound), self.either(&Ty::Int, bound));
                format!("Shape::Both({inner}, {n})")
            }
        }
    }
}
