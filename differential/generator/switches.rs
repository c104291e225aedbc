//! Constructs that are left out because of a known defect, each with what is wrong. All of them are to be removed.

/// Whether a text jumps: then it does not go into the arguments of a macro.
///
/// A `break` or `continue` inside a macro's arguments cannot be seen by the compiler, which writes loops in another way.
pub(crate) fn jumps(text: &str) -> bool {
    text.contains("break") || text.contains("continue")
}

/// A variable without a value, given one in a branch while another branch returns, is lost.
pub(crate) const DEFERRED_WITH_JUMP: bool = true;

/// Raw identifiers are written without their `r#`.
pub(crate) const RAW_NAMES: bool = true;

/// A statement with an await that `#[cfg]` takes away is compiled all the same.
pub(crate) const CFG_ON_AWAIT: bool = true;

/// `let mut x = None;` whose value is overwritten, never read, is not tied to the later one's type.
pub(crate) const OVERWRITTEN_UNSEEN: bool = true;

/// A variable that is renamed because it shadows another may be taken for one of the expansion's own.
pub(crate) const NAMES_OF_THE_EXPANSION: bool = true;

/// Items of one name in different blocks are all put into one.
pub(crate) const ITEMS_OF_ONE_NAME: bool = true;
