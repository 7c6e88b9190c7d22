//! Images of an ANSI/NIST-ITL transaction as references: types 4, 13, 14 and 15.
//!
//! What: which impression an image shows, its compression and size. Nothing is decoded, so a fault in
//! these fields is a warning, and what could not be read is absent.

use super::ImageReference;
use super::itl_record::{Record, items, whole};
use super::notes::Notes;
use crate::domain::finger::{Impression, Position};

/// Compression codes of binary records, by number.
const ALGORITHMS: [&str; 7] = ["NONE", "WSQ20", "JPEGB", "JPEGL", "JP2", "JP2L", "PNG"];

/// Whether a record type holds an image of fingers or palms that is listed.
pub(super) const fn is_listed(kind: u8) -> bool {
    matches!(kind, 4 | 13 | 14 | 15)
}

/// The reference of an image record.
pub(super) fn reference(
    record: &Record<'_>,
    native_per_metre: Option<u32>,
    notes: &mut Notes,
) -> Option<ImageReference> {
    let found = if record.kind == 4 {
        binary(record, native_per_metre, notes)
    } else {
        Some(tagged(record, notes))
    };
    if found.is_none() {
        notes.warn(format!("the image at byte {} has no whole head; not listed", record.offset));
    }
    found
}

/// Type 4: a head of 18 bytes.
fn binary(
    record: &Record<'_>,
    native_per_metre: Option<u32>,
    notes: &mut Notes,
) -> Option<ImageReference> {
    let head = record.bytes.first_chunk::<18>()?;
    let [_, _, _, _, idc, impression, positions @ .., scan, w1, w2, h1, h2, compression] = *head;
    let codes = positions.iter().filter(|code| **code != u8::MAX);
    Some(ImageReference {
        record_type: record.kind,
        idc: u16::from(idc),
        positions: codes.filter_map(|code| position(u32::from(*code), notes)).collect(),
        impression: Some(Impression(impression)),
        algorithm: ALGORITHMS
            .get(usize::from(compression))
            .map_or_else(|| format!("code {compression}"), |name| (*name).to_owned()),
        width_px: u32::from(u16::from_be_bytes([w1, w2])),
        height_px: u32::from(u16::from_be_bytes([h1, h2])),
        // 0: the nominal 500 dpi; 1: the native resolution of 1.011.
        pixels_per_metre: match scan {
            0 => Some(crate::domain::finger::UNITS_PER_METRE_500_DPI),
            _ => native_per_metre,
        },
    })
}

/// Types 13, 14 and 15.
fn tagged(record: &Record<'_>, notes: &mut Notes) -> ImageReference {
    let number = |field: u16| record.number(field);
    let codes = record.field(13).into_iter().flat_map(|field| field.subfields());
    let codes: Vec<u32> = codes.filter_map(|(_, one)| items(one).next().and_then(whole)).collect();
    ImageReference {
        record_type: record.kind,
        idc: number(2).and_then(|idc| u16::try_from(idc).ok()).unwrap_or_default(),
        positions: codes.into_iter().filter_map(|code| position(code, notes)).collect(),
        impression: number(3).and_then(|code| u8::try_from(code).ok()).map(Impression),
        algorithm: record.text(11).unwrap_or_else(|| "not stated".to_owned()),
        width_px: number(6).unwrap_or_default(),
        height_px: number(7).unwrap_or_default(),
        pixels_per_metre: number(9).and_then(|scale| per_metre(number(8)?, scale)),
    }
}

/// Units per metre of a scale: 1 is per inch, 2 per centimetre.
pub(super) fn per_metre(unit: u32, scale: u32) -> Option<u32> {
    match unit {
        1 => scale.checked_mul(10_000).map(|scaled| (scaled + 127) / 254),
        2 => scale.checked_mul(100),
        _ => None,
    }
}

/// A position by its code; codes this registry has no name for (extra digits, feet) are warned about.
pub(super) fn position(code: u32, notes: &mut Notes) -> Option<Position> {
    let known = u8::try_from(code).ok().and_then(Position::from_code);
    if known.is_none() {
        notes.warn(format!(
            "position code {code} is no finger or palm known here; taken as unknown"
        ));
    }
    known
}
