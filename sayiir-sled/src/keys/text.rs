//! Texts inside of keys: `text` in the key space.

use super::Key;

/// Puts a text in, so that texts in keys are in the order of their bytes and none is the beginning of another.
pub(super) fn put_text(key: &mut Key, text: &str) {
    for &byte in text.as_bytes() {
        key.push(byte);
        if byte == 0 {
            key.push(0xff);
        }
    }
    key.extend_from_slice(&[0, 1]);
}

/// Reads a text and gives what is behind it.
pub(super) fn take_text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let mut text = Vec::new();
    let mut rest = bytes;
    loop {
        match rest {
            [0, 1, behind @ ..] => return Some((String::from_utf8(text).ok()?, behind)),
            [0, 0xff, behind @ ..] => {
                text.push(0);
                rest = behind;
            }
            [0, ..] | [] => return None,
            [byte, behind @ ..] => {
                text.push(*byte);
                rest = behind;
            }
        }
    }
}
