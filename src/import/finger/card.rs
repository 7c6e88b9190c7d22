//! ISO/IEC 19794-2:2005 compact card format: minutiae of three bytes without header, as smart cards
//! hold them: x and y in 0.1 mm from the top left, then two bits of type and six of angle (1/64 turn).
//!
//! Why only when asked for: any bytes whose number divides by three could be one, so recognising the
//! format would be guessing. Limits: no image size and no position is stated. The normal card format
//! (five bytes) is not read: no sample or second source could be had for its unit. The tags around a
//! record on a card (7F2E, 81) are to be taken off first.

use super::cursor::{Cursor, Parsed};
use super::notes::Notes;
use super::view;
use crate::domain::finger::{Impression, Minutia, MinutiaKind, Position, Template};

/// Bytes of a minutia.
const MINUTIA_BYTES: usize = 3;
/// Units of [`Minutia::direction`] in 1/64 of a turn.
const STEP: u16 = 180;
/// 0.1 mm.
const UNITS_PER_METRE: u32 = 10_000;
/// As many as the count of a record can state; cards take fewer.
const MAX_MINUTIAE: usize = 255;

/// Reads minutiae of 3 bytes to the end of the file.
pub(super) fn read_compact(mut cursor: Cursor<'_>, notes: &mut Notes) -> Parsed<Vec<Template>> {
    let count = cursor.left() / MINUTIA_BYTES;
    if !cursor.left().is_multiple_of(MINUTIA_BYTES) || count > MAX_MINUTIAE {
        return Err(cursor.refuse(
            0,
            format!("a compact card record is up to {MAX_MINUTIAE} minutiae of 3 bytes each"),
            format!("{} bytes", cursor.left()),
            "give the minutiae alone, without tag and length, or the record format",
        ));
    }
    let mut minutiae = Vec::with_capacity(count);
    for _ in 0..count {
        let x = cursor.u8("a minutia")?;
        let y = cursor.u8("a minutia")?;
        let kind_and_angle = cursor.u8("a minutia")?;
        minutiae.push(Minutia {
            x: i32::from(x),
            y: -i32::from(y),
            direction: u16::from(kind_and_angle & 63) * STEP,
            kind: match kind_and_angle >> 6 {
                1 => MinutiaKind::Ending,
                2 => MinutiaKind::Bifurcation,
                _ => MinutiaKind::Other,
            },
            quality: None,
        });
    }
    notes.convention("0.1 mm from the top left corner, y down; stored with y up and negative");
    notes.convention("angles in 1/64 of a turn (5.625 degrees)");
    notes.convention(view::SENSE);
    notes.convention("the record states no position: unknown");
    Ok(vec![Template {
        position: Position::UNKNOWN,
        impression: Impression::LIVE_PLAIN,
        view: 0,
        quality: None,
        width: None,
        height: None,
        units_per_metre_x: UNITS_PER_METRE,
        units_per_metre_y: UNITS_PER_METRE,
        minutiae,
    }])
}
