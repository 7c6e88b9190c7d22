//! Big-endian reading of a binary record: never past its end, every refusal with its byte offset.

use std::path::Path;

use crate::error::{Position, Rejection};

/// The result of reading a part of a file. Boxed: a rejection is larger than most values.
pub(super) type Parsed<T> = std::result::Result<T, Box<Rejection>>;

/// A place in the bytes of a record.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(path: &'a Path, bytes: &'a [u8]) -> Self {
        Cursor { path, bytes, at: 0 }
    }

    /// The offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Bytes not yet read.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The offset after the last byte.
    pub(super) fn end(&self) -> usize {
        self.bytes.len()
    }

    /// The next `length` bytes; `what` names them in a refusal.
    pub(super) fn take(&mut self, length: usize, what: &str) -> Parsed<&'a [u8]> {
        let end = self.at.checked_add(length);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at += length;
                Ok(taken)
            }
            None => Err(self.refuse(
                self.at,
                format!("{length} bytes of {what} follow"),
                format!("{} bytes before the end", self.left()),
                "the record was cut, or a count or length in it is wrong; export it again",
            )),
        }
    }

    pub(super) fn u8(&mut self, what: &str) -> Parsed<u8> {
        Ok(self.take(1, what)?.first().copied().unwrap_or_default())
    }

    pub(super) fn u16(&mut self, what: &str) -> Parsed<u16> {
        Ok(self.take(2, what)?.iter().fold(0, |value, byte| value << 8 | u16::from(*byte)))
    }

    pub(super) fn u32(&mut self, what: &str) -> Parsed<u32> {
        Ok(self.take(4, what)?.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    /// A refusal of the byte at `offset`.
    pub(super) fn refuse(
        &self,
        offset: usize,
        rule: impl Into<String>,
        found: impl Into<String>,
        help: impl Into<String>,
    ) -> Box<Rejection> {
        Box::new(Rejection::new(self.path, Position::Offset(offset as u64), rule, found, help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian_and_a_read_past_the_end_names_its_offset() {
        let mut cursor = Cursor::new(Path::new("f"), &[1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(cursor.u8("a").unwrap(), 1);
        assert_eq!(cursor.u16("b").unwrap(), 0x0203);
        assert_eq!(cursor.u32("c").unwrap(), 0x0405_0607);
        let refusal = cursor.u16("d").unwrap_err();
        assert_eq!(refusal.position, Position::Offset(7));
        assert_eq!(cursor.u8("d").unwrap(), 8, "a refused read takes nothing");
        assert!(cursor.take(usize::MAX, "all").is_err());
    }
}
