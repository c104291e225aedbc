//! The binary form of plain data, written into a vector that has room for a record from the beginning: postcard's own begins
//! empty and grows step by step, which costs a record more than its encoding.

use postcard::ser_flavors::Flavor;
use serde::Serialize;

/// As many bytes as most records and entries need.
const ROOM: usize = 512;

/// What has been written.
pub(crate) struct Written(Vec<u8>);

/// The binary form of one value.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    Written::default().and(value).0
}

impl Default for Written {
    fn default() -> Self {
        Self(Vec::with_capacity(ROOM))
    }
}

impl Written {
    /// Adds the binary form of a value.
    pub(crate) fn and<T: Serialize>(self, value: &T) -> Self {
        let all = postcard::serialize_with_flavor(value, self);
        all.expect("plain data of known length always has a binary form")
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Cuts off what was written last.
    pub(crate) fn split_off(&mut self, at: usize) -> Self {
        Self(self.0.split_off(at))
    }
}

impl Flavor for Written {
    type Output = Self;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Self> {
        Ok(self)
    }
}
