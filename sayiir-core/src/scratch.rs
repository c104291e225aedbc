//! A buffer for bytes on their way: each thread keeps one, so that what is written piece by piece is allocated once, at its size.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use postcard::ser_flavors::Flavor;

/// A larger one is not kept.
const LARGEST: usize = 64 * 1024;

thread_local! {
    static KEPT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// An empty buffer, given back when it is dropped. Whoever takes a second one meanwhile gets one of its own.
#[derive(Debug)]
pub(crate) struct Scratch(Vec<u8>);

impl Scratch {
    #[inline]
    pub(crate) fn new() -> Self {
        let mut kept = KEPT.take();
        kept.clear();
        Self(kept)
    }
}

impl Deref for Scratch {
    type Target = Vec<u8>;
    #[inline]
    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Scratch {
    #[inline]
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// Takes what postcard writes: bytes that lie together in one piece, which its own flavor for anything that can be extended does
/// not.
impl Flavor for Scratch {
    type Output = Self;

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        // Most lengths and numbers are one byte, not worth the call that copies more.
        if let [byte] = bytes {
            self.0.push(*byte);
        } else {
            self.0.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Self> {
        Ok(self)
    }
}

impl Drop for Scratch {
    #[inline]
    fn drop(&mut self) {
        if self.0.capacity() <= LARGEST {
            // Late in the life of a thread there is no place for it any more.
            let _ = KEPT.try_with(|kept| kept.set(std::mem::take(&mut self.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_empty_however_it_was_left_and_two_do_not_mix() {
        let mut outer = Scratch::new();
        outer.extend_from_slice(b"outer");
        let mut inner = Scratch::new();
        assert!(inner.is_empty());
        inner.extend_from_slice(b"inner");
        assert_eq!((outer.as_slice(), inner.as_slice()), (b"outer".as_slice(), b"inner".as_slice()));
        drop(outer);
        drop(inner);
        assert!(Scratch::new().is_empty());
    }

    #[test]
    fn a_large_one_is_not_kept() {
        let mut large = Scratch::new();
        large.reserve(LARGEST + 1);
        drop(large);
        assert_eq!(Scratch::new().capacity(), 0);
    }
}
