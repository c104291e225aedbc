//! The intermediate form of typical bodies, as a person reads it.

use super::BODIES;
use crate::diagnostics::Errors;
use crate::workflow::lowered;

#[test]
fn typical_bodies_take_their_known_form() {
    for (name, item) in BODIES {
        let mut errors = Errors::default();
        let flow = lowered(&super::tokens(item), &mut errors);
        assert!(errors.is_empty(), "{name}: {:?}", errors.messages());
        let flow = flow.unwrap_or_else(|| panic!("{name} is a function"));
        insta::assert_snapshot!(format!("ir_{name}"), flow.to_string(), item);
    }
}
