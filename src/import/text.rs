//! Bytes to text: byte-order marks, UTF-8, UTF-16, and what is not text at all.

use std::borrow::Cow;
use std::path::Path;

use crate::error::{Position, Rejection, Result};

/// First bytes of files that are given by mistake, with what they are.
const NOT_TEXT: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "a ZIP archive (an Excel workbook is one)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ABIF", "raw electrophoresis data (.fsa, .hid)"),
    (b"FMR\0", "a fingerprint template"),
    (b"%PDF", "a PDF document"),
];

/// The text of `bytes`, without byte-order mark.
///
/// # Errors
/// The bytes are empty, a known binary format, invalid in their encoding, or hold a NUL character.
pub(super) fn decode<'a>(path: &Path, bytes: &'a [u8]) -> Result<Cow<'a, str>> {
    let refuse = |position, rule: &str, found: &str, help: &str| {
        Err(Rejection::new(path, position, rule, found, help).into())
    };
    if let Some((_, what)) = NOT_TEXT.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return refuse(
            Position::Offset(0),
            "an import file is text or XML",
            what,
            "export the profiles as CSV, as a GeneMapper table or as CODIS CMF",
        );
    }
    let text = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding != encoding_rs::UTF_8 => {
            let (text, had_errors) = encoding.decode_without_bom_handling(&bytes[mark..]);
            if had_errors {
                return refuse(
                    Position::File,
                    "a file with a UTF-16 byte-order mark is UTF-16 to its end",
                    encoding.name(),
                    "export the file as UTF-8",
                );
            }
            text
        }
        mark => {
            let start = mark.map_or(0, |(_, length)| length);
            match std::str::from_utf8(&bytes[start..]) {
                Ok(text) => Cow::Borrowed(text),
                Err(error) => {
                    let at = start + error.valid_up_to();
                    return refuse(
                        Position::Offset(at as u64),
                        "a file is UTF-8, or UTF-16 with a byte-order mark",
                        &format!("byte 0x{:02x}", bytes[at]),
                        "export the file as UTF-8; legacy code pages cannot be told apart safely",
                    );
                }
            }
        }
    };
    if let Some(at) = text.find('\0') {
        return refuse(
            Position::Offset(at as u64),
            "a text file holds no NUL character",
            "NUL",
            "export the file as UTF-8; UTF-16 needs its byte-order mark",
        );
    }
    if text.trim().is_empty() {
        return refuse(
            Position::File,
            "a file holds at least one record",
            "no text",
            "check that the export finished",
        );
    }
    Ok(text)
}

/// A warning when the last line has no line end: a cut inside the last cell looks the same.
pub(super) fn unfinished_line_warning(text: &str) -> Option<String> {
    (!text.ends_with(['\n', '\r'])).then(|| {
        "the last line has no line end; if the file was cut in transfer, its last value may be short"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String> {
        decode(Path::new("f"), bytes).map(Cow::into_owned)
    }

    #[test]
    fn byte_order_marks_of_utf8_and_utf16_are_understood_and_removed() {
        assert_eq!(read(b"\xef\xbb\xbfid\n").unwrap(), "id\n");
        assert_eq!(read(b"\xff\xfei\0d\0\n\0").unwrap(), "id\n");
        assert_eq!(read(b"\xfe\xff\0i\0d\0\n").unwrap(), "id\n");
    }

    #[test]
    fn invalid_bytes_are_refused_with_their_offset() {
        let error = read(b"\xef\xbb\xbfab\xe9c").unwrap_err().to_string();
        assert!(error.starts_with("f:byte 5"), "{error}");
        assert!(read(b"\xff\xfei").is_err(), "half a UTF-16 unit");
        assert!(read(b"i\0d\0").is_err(), "UTF-16 without mark");
        assert!(read(b"PK\x03\x04...").unwrap_err().to_string().contains("Excel"));
        assert!(read(b" \n").is_err());
    }
}
