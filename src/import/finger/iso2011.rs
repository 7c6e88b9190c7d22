//! ISO/IEC 19794-2:2011 finger minutiae records.
//!
//! Header: magic, u32 length, u16 representations, u8 whether certificates follow. Each representation
//! opens with its own u32 length, by which the format is told from ANSI INCITS 378-2009 with the same
//! magic: every representation must be as long as it states. Minutiae have 5 bytes (no quality) or 6.

use super::cursor::{Cursor, Parsed};
use super::notes::Notes;
use super::view::{self, AngleUnit, RawView};
use crate::domain::finger::{Impression, Template};

/// Bytes of a representation without quality blocks, certificates, minutiae and extended data.
const LEAST_REPRESENTATION_BYTES: usize = 34;

/// Reads a record whose magic was recognised.
pub(super) fn read(mut cursor: Cursor<'_>, notes: &mut Notes) -> Parsed<Vec<Template>> {
    view::magic(&mut cursor)?;
    let length_at = cursor.at();
    let length = cursor.u32("the record length")?;
    let end = view::stated_end(&cursor, length_at, length, notes)?;
    let count_at = cursor.at();
    let count = usize::from(cursor.u16("the number of representations")?);
    let has_certificates = cursor.u8("the certification flag")? != 0;
    if cursor.left() < count * LEAST_REPRESENTATION_BYTES {
        return Err(cursor.refuse(
            count_at,
            format!(
                "{count} representations of at least {LEAST_REPRESENTATION_BYTES} bytes follow"
            ),
            format!("{} bytes before the end", cursor.left()),
            "the record was cut, or its number of representations is wrong; export it again",
        ));
    }
    let mut views = Vec::with_capacity(count);
    for _ in 0..count {
        views.push(representation(&mut cursor, has_certificates, notes)?);
    }
    view::finish(&mut cursor, end, notes)?;
    notes.convention(view::AXES);
    notes.convention(AngleUnit::Turn256.convention());
    notes.convention(view::SENSE);
    Ok(views.iter().map(|raw| view::template(raw, AngleUnit::Turn256, notes)).collect())
}

fn representation(
    cursor: &mut Cursor<'_>,
    has_certificates: bool,
    notes: &mut Notes,
) -> Parsed<RawView> {
    let start = cursor.at();
    let length = cursor.u32("the length of a representation")?;
    cursor.take(9, "the time of capture")?;
    cursor.take(5, "the capture device")?;
    let quality = quality(cursor, notes)?;
    if has_certificates {
        let count = usize::from(cursor.u8("the number of certificates")?);
        cursor.take(3 * count, "certificates")?;
    }
    let position_at = cursor.at();
    let code = cursor.u8("the finger position")?;
    let position = view::position(cursor, position_at, code)?;
    let number = cursor.u8("the representation number")?;
    let x_resolution = cursor.u16("the resolution")?;
    let y_resolution = cursor.u16("the resolution")?;
    let impression = Impression(cursor.u8("the impression type")?);
    let width = cursor.u16("the image width")?;
    let height = cursor.u16("the image height")?;
    let layout_at = cursor.at();
    let layout = cursor.u8("the length of a minutia")?;
    let minutia_length = usize::from(layout >> 4);
    if !matches!(minutia_length, 5 | 6) {
        return Err(cursor.refuse(
            layout_at,
            "a minutia has 5 or 6 bytes",
            format!("{minutia_length} bytes"),
            "the record is damaged; export it again",
        ));
    }
    let count = usize::from(cursor.u8("the count of minutiae")?);
    let minutiae = view::minutiae(cursor, count, minutia_length, notes)?;
    view::pass_extended(cursor, notes)?;
    if (cursor.at() - start) as u64 != u64::from(length) {
        return Err(cursor.refuse(
            start,
            format!("a representation is {length} bytes long, as it states"),
            format!("{} bytes", cursor.at() - start),
            "the record is damaged; export it again",
        ));
    }
    Ok(RawView {
        position,
        impression,
        number,
        quality,
        width,
        height,
        x_resolution,
        y_resolution,
        minutiae,
    })
}

/// The first quality that was computed, of several algorithms.
fn quality(cursor: &mut Cursor<'_>, notes: &mut Notes) -> Parsed<Option<u8>> {
    let count = cursor.u8("the number of quality blocks")?;
    let mut first = None;
    let mut computed = 0;
    for _ in 0..count {
        let score = cursor.u8("a quality score")?;
        cursor.take(4, "a quality algorithm")?;
        if score <= 100 {
            computed += 1;
            first = first.or(Some(score));
        }
    }
    if computed > 1 {
        notes.warn(format!(
            "a view has {computed} qualities by different algorithms; the first is kept"
        ));
    }
    Ok(first)
}
