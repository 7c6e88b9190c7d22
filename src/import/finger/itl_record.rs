//! The records of an ANSI/NIST-ITL transaction in the traditional encoding, and the fields of each.
//!
//! Separators: FS ends a record, GS a field, RS a subfield, US an item. The lengths are the authority:
//! image data may hold any byte, so a separator is searched for only inside text. Tolerated, each with a
//! warning, because the samples of the standard's own maker have them: a field that carries another
//! record's number in its tag; a record of another type than the contents (1.003) list at its place; a
//! text record whose stated length does not end at an FS, where the next FS ends it.

use super::cursor::Parsed;
use super::notes::Notes;
use crate::error::{Position as Place, Rejection};
use crate::limits::MAX_TRANSACTION_RECORDS;
use std::path::Path;

/// Ends a record.
pub(super) const FS: u8 = 0x1c;
/// Ends a field.
pub(super) const GS: u8 = 0x1d;
/// Ends a subfield.
pub(super) const RS: u8 = 0x1e;
/// Ends an item.
pub(super) const US: u8 = 0x1f;

/// Bytes of the longest tag that is read, `99.999` and leading zeros.
const MAX_TAG_BYTES: usize = 12;
/// The field of image data, always the last.
const DATA_FIELD: u16 = 999;

/// One record of a transaction.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: u8,
    /// Information designation character by which the contents (1.003) list it.
    pub(super) listed_idc: Option<u32>,
    /// Byte of the file at which it begins.
    pub(super) offset: usize,
    /// All its bytes.
    pub(super) bytes: &'a [u8],
    /// Fields of a tagged record, without image data; empty for a binary one.
    pub(super) fields: Vec<Field<'a>>,
}

/// One field of a tagged record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) number: u16,
    /// Byte of the file at which its value begins.
    pub(super) offset: usize,
    pub(super) value: &'a [u8],
}

impl<'a> Record<'a> {
    /// The first field of a number.
    pub(super) fn field(&self, number: u16) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.number == number)
    }

    /// A field as a number, where it is one.
    pub(super) fn number(&self, number: u16) -> Option<u32> {
        self.field(number).and_then(|field| whole(field.value))
    }

    /// A field as text, where it is printable.
    pub(super) fn text(&self, number: u16) -> Option<String> {
        let text = std::str::from_utf8(self.field(number)?.value).ok()?.trim();
        let is_clean = !text.is_empty() && !text.contains(char::is_control);
        (is_clean && text.len() <= crate::limits::MAX_ID_BYTES).then(|| text.to_owned())
    }
}

impl<'a> Field<'a> {
    /// Subfields with the byte of the file at which each begins.
    pub(super) fn subfields(&self) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        let mut offset = self.offset;
        self.value.split(|byte| *byte == RS).map(move |part| {
            let at = offset;
            offset += part.len() + 1;
            (at, part)
        })
    }
}

/// The items of a subfield.
pub(super) fn items(subfield: &[u8]) -> impl Iterator<Item = &[u8]> {
    subfield.split(|byte| *byte == US)
}

/// Bytes as a whole number: digits, white space around them, at most nine.
pub(super) fn whole(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.trim_ascii();
    if digits.is_empty() || digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
}

/// Bytes as people read them, for messages.
pub(super) fn quoted(bytes: &[u8]) -> String {
    let start = bytes.get(..crate::limits::MAX_QUOTED_CHARS).unwrap_or(bytes);
    String::from_utf8_lossy(start).into_owned()
}

/// A refusal of the byte at `offset`.
pub(super) fn refuse(
    path: &Path,
    offset: usize,
    rule: impl Into<String>,
    found: impl Into<String>,
    help: impl Into<String>,
) -> Box<Rejection> {
    Box::new(Rejection::new(path, Place::Offset(offset as u64), rule, found, help))
}

const CUT: &str = "the transaction was cut; transfer or export it again";

/// Whether `bytes` begin as a transaction does: `1.001:` with any number of leading zeros, and a length.
pub(super) fn is_transaction(bytes: &[u8]) -> bool {
    tag(bytes).is_some_and(|(kind, number, length)| {
        kind == 1 && number == 1 && bytes.get(length).is_some_and(u8::is_ascii_digit)
    })
}

/// A tag such as `9.012:`: record type, field number, bytes it takes.
fn tag(bytes: &[u8]) -> Option<(u8, u16, usize)> {
    let start = bytes.get(..MAX_TAG_BYTES).unwrap_or(bytes);
    let colon = start.iter().position(|byte| *byte == b':')?;
    let (before, _) = start.split_at(colon);
    let dot = before.iter().position(|byte| *byte == b'.')?;
    let kind = u8::try_from(whole(before.get(..dot)?)?).ok()?;
    let number = u16::try_from(whole(before.get(dot + 1..)?)?).ok()?;
    Some((kind, number, colon + 1))
}

/// Splits a transaction into its records.
pub(super) fn records<'a>(
    path: &Path,
    bytes: &'a [u8],
    notes: &mut Notes,
) -> Parsed<Vec<Record<'a>>> {
    let first = tagged_record(path, bytes, 0, notes)?;
    let mut at = first.bytes.len();
    let contents = contents(path, &first)?;
    let mut records = vec![first];
    for (listed, listed_idc) in contents {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.is_empty() {
            let rule = "the transaction holds every record its contents (1.003) list";
            let found = format!("its end, where a record of type {listed} is listed");
            return Err(refuse(path, at, rule, found, CUT));
        }
        let mut record = match tag(rest) {
            Some((_, 1, _)) => tagged_record(path, bytes, at, notes)?,
            _ if matches!(listed, 3..=8) => binary_record(path, bytes, at, listed)?,
            _ => {
                let rule = "a record begins with the tag of its length";
                let help = "a length before it is wrong, or the file is damaged; export it again";
                return Err(refuse(path, at, rule, quoted(rest), help));
            }
        };
        if record.kind != listed {
            notes.warn(format!(
                "a record of type {} stands where the contents (1.003) list type {listed}",
                record.kind
            ));
        }
        record.listed_idc = listed_idc;
        at += record.bytes.len();
        records.push(record);
    }
    let left = bytes.len() - at.min(bytes.len());
    if left > 0 {
        notes.warn(format!("{left} bytes after the last record listed in 1.003 are not read"));
    }
    Ok(records)
}

/// Types and designations of the records after the first, in file order.
fn contents(path: &Path, first: &Record<'_>) -> Parsed<Vec<(u8, Option<u32>)>> {
    let rule = "a transaction lists its records (1.003)";
    let help = "the transaction is damaged; export it again";
    let field =
        first.field(3).ok_or_else(|| refuse(path, first.offset, rule, "no field 1.003", help))?;
    let kind_of = |(offset, subfield): (usize, &[u8])| {
        let mut items = items(subfield).map(whole);
        let kind = items.next().flatten().and_then(|kind| u8::try_from(kind).ok());
        kind.map(|kind| (kind, items.next().flatten())).ok_or_else(|| {
            let rule = "an entry of 1.003 is a record type and a designation";
            refuse(path, offset, rule, quoted(subfield), help)
        })
    };
    let count = field.subfields().count();
    if count > MAX_TRANSACTION_RECORDS {
        let rule = format!("a transaction lists at most {MAX_TRANSACTION_RECORDS} records (1.003)");
        let help = "give each person a transaction of its own";
        return Err(refuse(path, field.offset, rule, format!("{count} records"), help));
    }
    field.subfields().skip(1).map(kind_of).collect()
}

fn binary_record<'a>(path: &Path, bytes: &'a [u8], at: usize, kind: u8) -> Parsed<Record<'a>> {
    let rest = bytes.get(at..).unwrap_or_default();
    let length = rest.first_chunk::<4>().map_or(0, |head| u32::from_be_bytes(*head));
    let whole = usize::try_from(length).ok().filter(|length| *length > 4);
    match whole.and_then(|length| rest.get(..length)) {
        Some(bytes) => Ok(Record { kind, listed_idc: None, offset: at, bytes, fields: Vec::new() }),
        None => {
            let rule = format!("a record of type {kind} is as long as its first four bytes state");
            let found = format!("a length of {length}, and {} bytes before the end", rest.len());
            Err(refuse(path, at, rule, found, CUT))
        }
    }
}

fn tagged_record<'a>(
    path: &Path,
    bytes: &'a [u8],
    at: usize,
    notes: &mut Notes,
) -> Parsed<Record<'a>> {
    let rest = bytes.get(at..).unwrap_or_default();
    let fault = |found: String| {
        let rule = "a record begins with its length, as in 9.001:250";
        refuse(path, at, rule, found, "the transaction is damaged; export it again")
    };
    let (kind, _, tag_length) = tag(rest).ok_or_else(|| fault(quoted(rest)))?;
    let after_tag = rest.get(tag_length..).unwrap_or_default();
    let digits = after_tag.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = whole(after_tag.get(..digits).unwrap_or_default());
    let length = length.ok_or_else(|| fault(quoted(rest)))? as usize;
    let ends_well = |end: usize| end > tag_length + digits && rest.get(end - 1) == Some(&FS);
    let length = if ends_well(length) {
        length
    } else if matches!(kind, 1 | 2 | 9) && length <= rest.len() {
        let end = rest.iter().position(|byte| *byte == FS).map(|place| place + 1);
        let end = end.ok_or_else(|| fault("no record separator to the end".to_owned()))?;
        notes.warn(format!(
            "a record of type {kind} states {length} bytes and has {end}; it is read to its separator"
        ));
        end
    } else {
        let rule = format!("a record of type {kind} ends with a separator at its stated length");
        let found = format!("{length} bytes, and {} before the end", rest.len());
        return Err(refuse(path, at, rule, found, CUT));
    };
    let bytes = rest.get(..length).unwrap_or(rest);
    let fields = fields(path, bytes, kind, at, notes)?;
    Ok(Record { kind, listed_idc: None, offset: at, bytes, fields })
}

/// The fields of a record up to its image data.
fn fields<'a>(
    path: &Path,
    record: &'a [u8],
    kind: u8,
    offset: usize,
    notes: &mut Notes,
) -> Parsed<Vec<Field<'a>>> {
    let text = record.strip_suffix(&[FS]).unwrap_or(record);
    let mut fields = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (tagged, number, tag_length) = tag(rest).ok_or_else(|| {
            let rule = format!("a field of a type-{kind} record begins with its tag");
            let help = "the transaction is damaged; export it again";
            refuse(path, offset + at, rule, quoted(rest), help)
        })?;
        if number == DATA_FIELD {
            break;
        }
        if tagged != kind {
            notes.warn(format!(
                "a field tagged {tagged}.{number:03} stands in a record of type {kind}; it is read as \
{kind}.{number:03}"
            ));
        }
        let after_tag = rest.get(tag_length..).unwrap_or_default();
        let end = after_tag.iter().position(|byte| *byte == GS).unwrap_or(after_tag.len());
        let value = after_tag.get(..end).unwrap_or(after_tag);
        fields.push(Field { number, offset: offset + at + tag_length, value });
        at += tag_length + end + 1;
    }
    Ok(fields)
}
